"""Columns that are filled with fakes: their form is learned, their values are not."""

from twinfold.tables.filling.form import Form, fill, learn_form

__all__ = ["Form", "fill", "learn_form"]
