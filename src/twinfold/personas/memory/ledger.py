"""The ledger: questions about a customer's own rows, answered by query and not by prose, for many customers at once.

A question costs one pass over the rows of the customers who are asked, however many others there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from twinfold.personas.memory.fact import Fact, FactKind
from twinfold.personas.memory.memory import Memory, Rows
from twinfold.personas.questions.plan import Act, Filter, Plan
from twinfold.synthesis.clock import DAYS
from twinfold.tables.schema import Column, Kind
from twinfold.tables.values import decimals_of, format_value

if TYPE_CHECKING:
    import numpy.typing as npt

    Places = npt.NDArray[np.int64]
    Floats = npt.NDArray[np.float64]
    Flags = npt.NDArray[np.bool_]

SHOWN = 5
"""Rows that are given as evidence of one answer, at most: the last ones."""

MOST_NAMED = 20
"""Different values that are named in one answer, at most."""


@dataclass(frozen=True)
class Entries:
    """What a ledger says of some customers, to one plan.

    Attributes:
        plan: what was asked; memory: of whom; whom: the places of the customers, (customers,).
        rows: the places of the rows that are meant, those of a customer together and in time order; who: the place in
            `whom` of whose each is.
        values: the answer for each customer, (customers,): a number, a truth, a text; None where there is none.
        chosen: the place of the one row that answers, (customers,); -1 where it is no single one.
    """

    plan: Plan
    memory: Memory
    whom: Places
    rows: Places
    who: Places
    values: Sequence[float | bool | str | None]
    chosen: Places

    @cached_property
    def begins(self) -> Places:
        """Where each customer's rows begin in `rows`, (customers + 1,)."""
        return np.searchsorted(self.who, np.arange(len(self.whom) + 1))

    @cached_property
    def _held(self) -> Rows:
        return self.memory[self.plan.table]

    def count(self, place: int) -> int:
        """How many rows of one customer are meant."""
        return int(self.begins[place + 1] - self.begins[place])

    def said(self, place: int) -> str:
        """The answer for one customer as people read it; empty where there is none."""
        value, act = self.values[place], self.plan.act
        if value is None:
            return ""
        if isinstance(value, str):
            return value
        if isinstance(value, bool):
            return "yes" if value else "no"
        if act is Act.COUNT:
            return f"{int(value):,}"
        if act is Act.DISTINCT:
            return f"{int(value):,}"
        column = self._held[self.plan.columns[0][1]]
        return write_number(value, column, mean=act in (Act.MEAN, Act.MEDIAN))

    def when(self, place: int) -> str:
        """The date of the row that answers; empty where it has none."""
        time = self._held.table.time
        row = int(self.chosen[place])
        return self._held.said(time, row) if time is not None and row >= 0 else ""

    def evidence(self, place: int, called: tuple[str, str]) -> tuple[Fact, ...]:
        """What the answer for one customer rests on: what was reckoned and the number of rows, called so, and the last
        of the rows."""
        owner, table = self.memory.keys[int(self.whom[place])], self._held.name
        count, value, facts = self.count(place), self.values[place], []
        if value is not None and self.plan.act not in (Act.COUNT, Act.EVER, Act.LIST):
            facts.append(Fact(FactKind.COUNTED, owner, called[0], value, self.said(place), table))
        facts.append(Fact(FactKind.COUNTED, owner, called[1], float(count), f"{count:,}", table))
        row = int(self.chosen[place])
        own = self.rows[self.begins[place] : self.begins[place + 1]]
        shown = [row] if row >= 0 else own[-SHOWN:].tolist()
        return (*facts, *(self.memory.event(self._held, each) for each in shown))


def read_ledger(plan: Plan, memory: Memory, whom: Places) -> Entries:
    """What the rows of some customers say to a plan of a ledger.

    Args:
        plan: with an act of `plan.LEDGER`, a table, and the column that it reckons with.
        memory: of all customers; whom: the places of those who are asked, (customers,).
    """
    held = memory[plan.table]
    rows, who = held.rows_of(whom)
    kept = keep(held, rows, plan.filters)
    rows, who = rows[kept], who[kept]
    column = plan.columns[0][1] if plan.columns else ""
    for name in {column, plan.by} - {""} if plan.act not in (Act.COUNT, Act.EVER, Act.LIST) else ():
        present = _present(held, name)[rows]  # a gap says nothing, neither of a sum nor of the last
        rows, who = rows[present], who[present]
    values, chosen = _reckon(plan, held, rows, who, len(whom), column)
    return Entries(plan, memory, whom, rows, who, values, chosen)


def keep(held: Rows, rows: Places, filters: Sequence[Filter]) -> Flags:
    """Which rows all filters let through, (rows,)."""
    kept = np.ones(len(rows), bool)
    for each in filters:
        if each.levels:
            values = held.values(each.column).gather(rows).cast(pl.String)
            among = values.is_in(list(each.levels)).fill_null(each.outside).to_numpy()
            kept &= ~among if each.outside else among
            continue
        if each.days and held.day is not None and each.column == held.table.time:
            numbers = held.day[rows]
        else:
            numbers = held.numbers(each.column)[rows] / (DAYS[held[each.column].kind] if each.days else 1.0)
        with np.errstate(invalid="ignore"):
            if each.days:
                kept &= (numbers >= each.low) & (numbers < each.high)
            elif each.strict:
                kept &= (numbers > each.low) & (numbers < each.high)
            else:
                kept &= (numbers >= each.low) & (numbers <= each.high)
    return kept


def write_number(value: float, column: Column, *, mean: bool = False) -> str:
    """A number that was reckoned from a column, with its digits; a mean of whole numbers with two."""
    if column.kind is Kind.INTEGER and not mean and value == round(value):
        return f"{int(value):,}"
    if column.kind in (Kind.DATE, Kind.DATETIME):
        return format_value(value, column)
    digits = max(decimals_of(column) if column.decimals is not None or column.kind is Kind.INTEGER else 2, 2 * mean)
    return f"{value:,.{digits}f}"


def _present(held: Rows, column: str) -> Flags:
    values = held.values(column)
    present = values.is_not_null()
    return (present & values.is_not_nan()).to_numpy() if values.dtype.is_float() else present.to_numpy()


def _reckon(
    plan: Plan, held: Rows, rows: Places, who: Places, customers: int, column: str
) -> tuple[list[float | bool | str | None], Places]:
    counts = np.bincount(who, minlength=customers)
    nothing = np.full(customers, -1)
    begins = np.concatenate([[0], np.cumsum(counts)])
    match plan.act:
        case Act.COUNT:
            return [float(each) for each in counts.tolist()], nothing
        case Act.EVER:
            return [bool(each) for each in counts], nothing
        case Act.MEDIAN:
            table = pl.DataFrame({"who": who, "number": held.numbers(plan.by)[rows]})
            middle = dict(table.group_by("who").agg(pl.col("number").median()).iter_rows())
            found = [middle.get(place) for place in range(customers)]
            return [None if each is None else _rounded(each, held[plan.by], 2) for each in found], nothing
        case Act.SUM | Act.MEAN:
            sums = np.asarray(np.bincount(who, held.numbers(plan.by)[rows], customers), np.float64)
            if plan.act is Act.MEAN:
                means = sums / np.maximum(counts, 1)
                return [
                    _rounded(m, held[plan.by], 2) if c else None for m, c in zip(means, counts, strict=True)
                ], nothing
            return [_rounded(each, held[plan.by], 0) for each in sums], nothing
        case Act.MOST | Act.LEAST:
            numbers = held.numbers(plan.by)[rows]
            order = np.lexsort((np.arange(len(rows)), numbers if plan.act is Act.LEAST else -numbers, who))
            chosen = _at(rows[order], begins[:-1] + plan.nth - 1, counts >= plan.nth)
            return [_value(held, column, int(row)) for row in chosen], chosen
        case Act.LAST | Act.FIRST:
            ends = begins[1:] - plan.nth if plan.act is Act.LAST else begins[:-1] + plan.nth - 1
            chosen = _at(rows, ends, counts >= plan.nth)
            return [_value(held, column, int(row)) for row in chosen], chosen
        case Act.COMMONEST | Act.RAREST | Act.TOP:
            weights = held.numbers(plan.by)[rows] if plan.act is Act.TOP else np.ones(len(rows))
            levels = held.values(column).gather(rows)
            return _foremost(levels, who, weights, customers, least=plan.act is Act.RAREST), nothing
        case Act.DISTINCT | Act.LEVELS:
            return _differing(held, column, rows, who, customers, counted=plan.act is Act.DISTINCT), nothing
    return [None] * customers, nothing


def _at(rows: Places, places: Places, there: Flags) -> Places:
    """The row at a place for each customer who has as many; else -1."""
    return np.array([rows[place] if has else -1 for place, has in zip(places, there, strict=True)], np.int64)


def _value(held: Rows, column: str, row: int) -> float | bool | str | None:
    """What a row says in a column, or, without one, when it was."""
    if row < 0:
        return None
    if not column or held[column].kind in (Kind.DATE, Kind.DATETIME):
        name = column or held.table.time
        return (held.said(name, row) or None) if name else None
    value = held.values(column)[row]
    return value if isinstance(value, bool | str) else float(value)


def _foremost(
    levels: pl.Series, who: Places, weights: Floats, customers: int, *, least: bool
) -> list[float | bool | str | None]:
    """The level of each customer whose rows weigh most, or least; of several alike, the first by name."""
    out: list[float | bool | str | None] = [None] * customers
    if len(levels):
        table = pl.DataFrame({"who": who, "level": levels.cast(pl.String), "weight": weights})
        sums = table.group_by("who", "level").agg(pl.col("weight").sum().round(9))
        best = sums.sort(["who", "weight", "level"], descending=[False, not least, False])
        for place, level in best.unique("who", keep="first").select("who", "level").iter_rows():
            out[place] = level
    return out


def _differing(
    held: Rows, column: str, rows: Places, who: Places, customers: int, *, counted: bool
) -> list[float | bool | str | None]:
    """How many different values the rows of each customer have, or which, as text."""
    said = held.values(column).gather(rows)
    if not counted:
        said = pl.Series([held.said(column, int(row)) for row in rows], dtype=pl.String)
    out: list[float | bool | str | None] = [0.0 if counted else None] * customers
    if len(rows):
        table = pl.DataFrame({"who": who, "value": said}).unique().sort("who", "value")
        for place, values in table.group_by("who").agg("value").iter_rows():
            out[place] = float(len(values)) if counted else ", ".join(map(str, values[:MOST_NAMED]))
    return out


def _rounded(value: float, column: Column, more: int) -> float:
    """A sum without the dust of adding floats up."""
    digits = decimals_of(column) if column.decimals is not None or column.kind is Kind.INTEGER else 6
    return round(float(value), digits + more)
