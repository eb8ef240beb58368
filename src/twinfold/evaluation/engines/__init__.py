"""Engines side by side on a table: tried within a budget, ranked, and one of them recommended."""
