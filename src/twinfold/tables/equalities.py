"""Equal numbers in two tables, found: a row's number that stands in a sibling of another table, or in the parent."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from twinfold.tables.formulas import LEAST_ROWS
from twinfold.tables.keys import find_places, parent_link, values_of
from twinfold.tables.ruled_columns import ruled_columns
from twinfold.tables.rules import OneOf
from twinfold.tables.schema import Column, Kind, Table, Treatment
from twinfold.tables.values import decimals_of, to_numbers, to_values

Array = npt.NDArray[Any]

LEAST_SHARE, BEYOND_CHANCE = 0.3, 5
"""Rows in which a number must equal another table's, as a share of those of either, and as a multiple of what chance
gives."""

LEAST_VALUES, MOST_PARENTS = 20, 2_000
"""Different numbers that either column must have, and parents with rows in both that are looked at first."""


@dataclass(frozen=True)
class Equality:
    """A number of `table` that is one of another's.

    Attributes:
        share: of its rows, those of parents that have any there, in which it is.
        single: whether a parent has one row there at most, so that it is known which one.
        surprise: the share of its rows in which it would not, were the parents dealt at random.
    """

    table: str
    rule: OneOf
    share: float
    single: bool
    surprise: float


def find_equalities(frames: Mapping[str, pl.DataFrame], tables: Sequence[Table]) -> list[Equality]:
    """The numbers of tables that equal one of a table that hangs on the same parent, or the parent's.

    Of siblings both directions are given: who has a loan has an order of its instalments, but few orders are. Where a
    parent has several rows in both, nothing is looked for.
    """
    known = {table.name: table for table in tables}
    learned = [table for table in tables if not table.reference]
    hung = {each.name: up for each in learned if (up := _parents(each, known, frames)) is not None}
    found = []
    for name, (parent, place) in hung.items():
        own = list(_numbers(known[name], frames[name]))
        above = ((parent, np.arange(frames[parent].height)),)
        beside = tuple((other, at) for other, (its, at) in hung.items() if its == parent and other != name)
        for other, at in (*above, *beside):
            if not _single(at) and not _single(place):
                continue  # nothing says which of several goes with which
            for target, values in own:
                for source, others in _numbers(known[other], frames[other]):
                    pair = Pair(values, place, others, at, _common(target, source))
                    found += _look(pair, name, other, (target.name, source.name))
    return found


@dataclass(frozen=True)
class Pair:
    """The numbers of two tables' rows, and the place of each row's parent, -1 without one; to so many digits."""

    values: Array
    place: Array
    others: Array
    at: Array
    decimals: int

    def some(self) -> "Pair":
        """The rows of parents that have numbers in both, or of some thousands of these."""
        one, two = (~np.isnan(v) & (p >= 0) for v, p in ((self.values, self.place), (self.others, self.at)))
        both = np.intersect1d(self.place[one], self.at[two])
        both = both[np.linspace(0, len(both) - 1, min(len(both), MOST_PARENTS)).astype(np.int64)]
        one, two = one & np.isin(self.place, both), two & np.isin(self.at, both)
        return Pair(self.values[one], self.place[one], self.others[two], self.at[two], self.decimals)

    def holds(self) -> npt.NDArray[np.bool_]:
        """Of which rows one of the other rows of their parent has the number, (rows,)."""
        scale, out = 10.0**self.decimals, np.zeros(len(self.values), bool)
        pairs = pl.concat(
            pl.DataFrame({"parent": self.at, "number": _rounded(self.others * scale, up)}) for up in (True, False)
        )
        pairs = pairs.unique().with_columns(there=True)
        for up in (True, False):  # a half goes either way
            rows = pl.DataFrame(
                {"parent": self.place.astype(self.at.dtype), "number": _rounded(self.values * scale, up)}
            )
            found = rows.join(pairs, on=["parent", "number"], how="left", maintain_order="left")
            out |= found["there"].fill_null(False).to_numpy()
        return out

    def turned(self) -> "Pair":
        """The other table's rows in the place of these."""
        return Pair(self.others, self.at, self.values, self.place, self.decimals)

    def dealt(self) -> "Pair":
        """The same with the other table's parents dealt at random."""
        parents, place = np.unique(self.at, return_inverse=True)
        return Pair(
            self.values, self.place, self.others, np.random.default_rng(0).permutation(parents)[place], self.decimals
        )


def _rounded(numbers: Array, up: bool) -> Array:
    return np.asarray(np.floor(numbers + 0.5) if up else np.ceil(numbers - 0.5))


def _look(pair: Pair, name: str, other: str, columns: tuple[str, str]) -> list[Equality]:
    some = pair.some()
    distinct = (len(np.unique(numbers)) for numbers in (some.values, some.others))
    if len(some.values) < LEAST_ROWS or min(distinct) < LEAST_VALUES:
        return []
    holds = some.holds()
    if max(holds.mean(), some.turned().holds().mean()) < LEAST_SHARE:
        return []
    by_chance = float(some.dealt().holds().mean())
    if len(np.unique(some.place[holds])) < LEAST_ROWS or holds.mean() < BEYOND_CHANCE * by_chance:
        return []
    asked = ~np.isnan(pair.values) & np.isin(pair.place, pair.at[~np.isnan(pair.others) & (pair.at >= 0)])
    share = float(pair.holds()[asked & (pair.place >= 0)].mean())
    return [Equality(name, OneOf(columns[0], other, columns[1]), share, _single(pair.at), 1 - by_chance)]


def _single(place: Array) -> bool:
    there = place[place >= 0]
    return len(np.unique(there)) == len(there)


def _common(one: Column, other: Column) -> int:
    """The digits to which two columns can be compared: those of the coarser."""
    return min(decimals_of(one), decimals_of(other))


def _parents(
    table: Table, tables: Mapping[str, Table], frames: Mapping[str, pl.DataFrame]
) -> tuple[str, npt.NDArray[np.int64]] | None:
    """The table that a table's rows hang on, and the place of each row's parent there; None without one."""
    link = parent_link(table, tables, frames)
    if link is None:
        return None
    keys = values_of(frames[link.table], link.targets)
    return link.table, find_places(values_of(frames[table.name], link.columns), keys)


def _numbers(table: Table, frame: pl.DataFrame) -> Iterator[tuple[Column, Array]]:
    """The columns of numbers that are learned as they are."""
    said = {name for rule in table.parsed_rules for name in said_of(rule)} | ruled_columns(table)
    for column in table:
        amount = column.kind in (Kind.INTEGER, Kind.DECIMAL) and column.treatment is Treatment.LEARN
        if amount and column.name not in said and column.name != table.time:
            yield column, to_numbers(to_values(frame[column.name], column))


def said_of(rule: object) -> tuple[str, ...]:
    """The column of which a rule says what it is, but for one that it is one of others."""
    return (str(rule.target),) if hasattr(rule, "target") and not isinstance(rule, OneOf) else ()
