"""Items that are answered from what is recorded of customers: a column, a formula, or conditions."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from twinfold.errors import SpecificationError, unknown_name
from twinfold.personas.questions.words import fold
from twinfold.personas.survey.knowledge import Knowledge, write_numbers
from twinfold.personas.survey.panel import Panel, holds
from twinfold.personas.survey.responses import Responses, unanswered
from twinfold.personas.survey.specification import BETWEEN, MOST_OPTIONS, NONE_OF_THESE, Item
from twinfold.personas.survey.tallies import no_unknown
from twinfold.simulation.formula import read_formula
from twinfold.tables.schema import Column, Kind
from twinfold.tables.values import format_value

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Ints = npt.NDArray[np.int64]

OTHER = "(other)"
"""The option of those whose level is none of those that were named, or too seldom to have one of its own."""


def answer_from_records(item: Item, panel: Panel, knowledge: Knowledge) -> Responses:
    """What a panel says to an item of a column, a formula or conditions.

    Raises `SpecificationError` where the item asks for what is not there or is of another kind; `ConditionError` where
    a condition is none.
    """
    if item.conditions:
        return _answer_conditions(item, panel)
    place = f"item {item.id!r}"
    if item.formula is not None:
        found = read_formula(item.formula, place).value(knowledge.all_numbers, panel.memory.count)[panel.places]
        known = np.isfinite(found)
        made = pick_numbers(item, np.where(known, found, np.nan), None)
        return made if known.all() or made.reason else replace(made, notes=(*made.notes, _tell_gaps(known)))
    assert item.column is not None
    column = knowledge.column(item.column, place)
    numbers = knowledge.numbers(item.column)
    if item.kind == "numeric" or item.cuts:
        if numbers is None or column.kind in (Kind.DATE, Kind.DATETIME):
            said = "a time" if numbers is not None else f"of kind {column.kind}"
            raise SpecificationError(f"{place}: column {item.column!r} is {said}; give one of numbers, or conditions")
        return pick_numbers(item, numbers[panel.places], column)
    levels = knowledge.levels(item.column)[panel.places]
    if item.kind == "likert":
        return pick_points(item, levels, numbers[panel.places] if numbers is not None else None)
    return pick_levels(item, levels, knowledge.levels(item.column), column)


def pick_levels(item: Item, levels: pl.Series, every: pl.Series, column: Column | None = None) -> Responses:
    """Answers of levels, (asked,): as the options name them, whatever their case, or else the commonest.

    Args:
        item, levels: of those who are asked; every: the levels of all customers, among which an option is looked up.
        column: that they are of; of one of amounts every number is a level, whether or not somebody has it.

    Raises `SpecificationError` where an option is no level, or two are the same.
    """
    options = item.choices or _commonest(levels)
    known = every.drop_nulls().unique().sort().to_list()
    place_of: dict[str, int] = {}
    for number, option in enumerate(options):
        level = _find_level(item, option, known, column)
        if level in place_of:
            other = options[place_of[level]]
            raise SpecificationError(f"item {item.id!r}: {other!r} and {option!r} are both {level!r}; keep one of them")
        place_of[level] = number
    code = levels.replace_strict(place_of, default=len(options), return_dtype=pl.Int64)
    found = code.set(levels.is_null(), -1).to_numpy()
    return picked(item, (*options, OTHER) if (found == len(options)).any() else options, found)


def _find_level(item: Item, option: str, known: Sequence[str], column: Column | None) -> str:
    """The level that an option names."""
    if option in known or not known:
        return option
    if column is not None and column.kind in (Kind.INTEGER, Kind.DECIMAL):
        with suppress(ValueError):
            if np.isfinite(number := float(option)):
                return format_value(number, column)
    alike = [level for level in known if fold(level) == fold(option)]
    if len(alike) == 1:
        return alike[0]
    raise SpecificationError(f"item {item.id!r}: {unknown_name('option', option, known, among='the levels')}")


def _tell_gaps(known: npt.NDArray[np.bool_]) -> str:
    return f"It comes to no number for {int((~known).sum()):,} of {len(known):,} customers, who are left out."


def _commonest(levels: pl.Series) -> tuple[str, ...]:
    """The levels of a column, the commonest first."""
    counted = (
        levels.drop_nulls()
        .value_counts(sort=True)
        .rename({levels.name: "level"})
        .sort(["count", "level"], descending=[True, False])
    )
    return tuple(counted["level"].head(MOST_OPTIONS - 1).to_list())


def pick_numbers(item: Item, numbers: Floats, column: Column | None) -> Responses:
    """Answers of numbers, (asked,), NaN where there is none, written as those of a column; by cuts they are options."""
    if np.isnan(numbers).all():
        return unanswered(item, len(numbers), "it comes to no number for anybody who was asked")
    if item.cuts:
        code = np.searchsorted(item.cuts, numbers, side="right")
        return picked(item, item.choices, np.where(np.isnan(numbers), -1, code))
    return Responses(item, write_numbers(numbers, column), numbers)


def pick_points(item: Item, levels: pl.Series, numbers: Floats | None) -> Responses:
    """Answers of points, (asked,): words of the scale, or numbers from 1. Raises `SpecificationError` for others."""
    known = {name: place for place, name in enumerate(item.scale)}
    code = levels.replace_strict(known, default=-2, return_dtype=pl.Int64).set(levels.is_null(), -1).to_numpy()
    if (code == -2).any() and numbers is not None:
        points = numbers - 1
        whole = (points == np.round(points)) & (points >= 0) & (points < len(item.scale))
        code = np.where(np.isnan(numbers), -1, np.where(whole, np.nan_to_num(points), -2)).astype(np.int64)
    if (code == -2).any():
        odd = levels.filter(pl.Series(code == -2))[0]
        raise SpecificationError(
            f"item {item.id!r} is answered by {odd[:60]!r}; give a column of the scale's words, or of numbers from 1 "
            f"to {len(item.scale)}, or cuts that make points of numbers"
        )
    return picked(item, item.scale, code)


def _answer_conditions(item: Item, panel: Panel) -> Responses:
    held = np.stack([holds(said, panel.memory)[panel.places] for said in item.conditions.values()], axis=1)
    options = item.choices
    if item.kind == "multiple":
        return several(item, options, held.astype(np.float64), held)
    code = np.where(held.any(axis=1), held.argmax(axis=1), len(options))
    return picked(item, (*options, NONE_OF_THESE) if (code == len(options)).any() else options, code)


def several(
    item: Item, options: Sequence[str], chances: Floats, named: npt.NDArray[np.bool_], *, seen: bool = True
) -> Responses:
    """Answers of several options: how likely each is named, and which ones each customer names, (asked, options)."""
    patterns, place = np.unique(named, axis=0, return_inverse=True)
    written = [BETWEEN.join(np.array(options, object)[pattern]) or NONE_OF_THESE for pattern in patterns]
    said = pl.Series(np.array(written, object)[place.reshape(-1)], dtype=pl.String)
    count = named.sum(axis=1).astype(np.float64)
    return Responses(item, said, count, tuple(options), chances, seen=seen, unknown=no_unknown(len(options)))


def picked(item: Item, options: Sequence[str], code: Ints) -> Responses:
    """Answers of one option each, by its number, (asked,), -1 where there is none."""
    if (code < 0).all():
        return unanswered(item, len(code), "it is missing for everybody who was asked")
    words = np.array([*options, None], object)
    chances = np.where(code[:, None] >= 0, code[:, None] == np.arange(len(options)), np.nan)
    point = np.where(code >= 0, code + 1.0, np.nan) if item.kind == "likert" else np.full(len(code), np.nan)
    said = pl.Series(words[code], dtype=pl.String)
    return Responses(item, said, point, tuple(options), chances, unknown=no_unknown(len(options)))
