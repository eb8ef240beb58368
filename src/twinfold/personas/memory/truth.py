"""Truth: which values of a column are a yes, and which a no."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from twinfold.personas.memory.fact import Fact, FactKind
from twinfold.personas.memory.memory import Rows
from twinfold.tables.schema import Kind

TRUTHS = {"yes": True, "no": False, "true": True, "false": False, "y": True, "n": False, "t": True, "f": False}
"""How a truth is written."""

_NOES = frozenset({"no", "none", "not", "never", "false"})
_UNKNOWN = frozenset({"unknown", "n/a", "na", "missing", "not known", "unspecified", "other"})

LEVELS = 8
"""Levels of a column that says yes and no, at most: no, and of yes several kinds."""


def find_truths(rows: Rows, name: str, *, counted: bool = False) -> Mapping[str, bool]:
    """Which values of a column are a yes and which a no, by their text; empty where it is no column of yes and no.

    Such are truths however they are written, numbers of nothing but 0 and 1, and labels one of which is a no, as "No"
    beside "DSL" and "Fiber": what isn't a no is then a yes, and "No phone service" is one.

    Args:
        counted: whether whole numbers count things: nought of them is a no, and any other number a yes.
    """
    column = rows[name]
    levels = rows.values(name).drop_nulls().unique()
    if levels.dtype.is_numeric():
        numbers = {float(each) for each in levels.to_list()}
        several = counted and column.kind is Kind.INTEGER and min(numbers, default=-1.0) == 0
        if numbers and (numbers <= {0.0, 1.0} or several):
            return {str(each): float(each) != 0 for each in levels.to_list()}
        return {}
    if column.kind.numeric:
        return {}
    if levels.dtype == pl.Boolean:
        return {str(each): bool(each) for each in levels.to_list()}
    if len(levels) > LEVELS:
        return {}
    known = {level: level.strip().casefold() for level in map(str, levels.to_list())}
    known = {level: plain for level, plain in known.items() if plain not in _UNKNOWN}
    noes = {level for level, plain in known.items() if not TRUTHS.get(plain, plain.partition(" ")[0] not in _NOES)}
    if not any(plain in _NOES or TRUTHS.get(plain) is False for plain in known.values()):
        return {} if not all(plain in TRUTHS for plain in known.values()) else dict.fromkeys(known, True)
    return {level: level not in noes for level in known}


def truth_of(fact: Fact) -> bool | None:
    """What a fact of yes and no says; None of any other."""
    if isinstance(fact.value, bool):
        return fact.value
    written = isinstance(fact.value, str) and fact.kind is FactKind.ATTRIBUTE
    return TRUTHS.get(fact.said.strip().casefold()) if written else None
