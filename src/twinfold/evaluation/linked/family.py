"""Customers with their rows in all tables, brought into an order in which a customer's rows stand together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from twinfold.evaluation.alignment import text
from twinfold.synthesis.hierarchy import Branch
from twinfold.tables.dataset import Dataset
from twinfold.tables.keys import find_places, sort_rows, values_of
from twinfold.tables.schema import Column, Kind, Table, Treatment
from twinfold.tables.values import to_numbers, to_values

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Places = npt.NDArray[np.int64]


CUSTOMERS = 20_000
"""Customers of each side that are compared and attacked, at most, drawn at random."""

ATTACKED_ROWS, ATTACKED = 3, 400
"""Customers with so many rows are attacked, where there are so many on each side: with fewer, many are alike."""


@dataclass(frozen=True)
class Member:
    """The rows of one table that have a customer; those of a customer stand together, those of a parent in time order.

    Attributes:
        table: what its columns are.
        parent: the name of the table above it; empty for the customers' own.
        columns: those that are compared: learned, and saying more than whose row it is.
        alone: whether every parent has exactly one such row.
        frame: the rows as stored.
        place: the place of each row's parent among that table's rows, (rows,).
        owner: the place of each row's customer, (rows,), from 0.
        time: when, in the time column's own unit, NaN where it is missing, (rows,); None where rows have no order.
    """

    table: Table
    columns: tuple[Column, ...]
    parent: str
    alone: bool
    frame: pl.DataFrame
    place: Places
    owner: Places
    time: Floats | None

    def numbers(self, column: str) -> Floats:
        """The values of a numeric column, NaN where missing, (rows,)."""
        return to_numbers(to_values(self.frame[column], self.table[column]))

    def texts(self, column: str) -> pl.Series:
        """The levels of a category, (rows,)."""
        return text(to_values(self.frame[column], self.table[column]))

    def take(self, rows: int) -> Member:
        """The first rows."""
        time = None if self.time is None else self.time[:rows]
        return replace(self, frame=self.frame[:rows], place=self.place[:rows], owner=self.owner[:rows], time=time)


@dataclass(frozen=True)
class Family:
    """Customers, in a random order, and their rows in each table: the customers' own first, parents before children."""

    members: dict[str, Member]

    @property
    def root(self) -> Member:
        """The table of the customers."""
        return next(iter(self.members.values()))

    @property
    def customers(self) -> int:
        """How many customers there are."""
        return self.root.frame.height

    @property
    def children(self) -> list[Member]:
        """The other tables."""
        return list(self.members.values())[1:]

    def first(self, customers: int) -> Family:
        """The first customers, with all their rows."""
        return Family({n: m.take(int(np.searchsorted(m.owner, customers))) for n, m in self.members.items()})

    def histories(self) -> Places:
        """How many rows each customer has in tables where that varies, (customers,)."""
        counts = [np.bincount(m.owner, minlength=self.customers) for m in self.children if not m.alone]
        total: Places = np.sum(counts, axis=0, dtype=np.int64) if counts else np.zeros(self.customers, np.int64)
        return total


def gather(dataset: Dataset, root: Table, branches: list[Branch], *, rng: np.random.Generator | None) -> Family:
    """The customers of a dataset in a random order, and all rows that hang on one; others are left out.

    `root` and `branches` are how the train tables hang together (`synthesis.hierarchy.arrange`). Where several rows of
    a parent share a key, the first has all that point to it. Without `rng` customers stay in their own order.
    """
    frame = dataset.tables[root.name]
    if rng is not None:
        frame = frame[rng.permutation(frame.height)]
    places = np.arange(frame.height)
    hung = {root.name, *(branch.table.name for branch in branches)}
    members = {root.name: Member(root, compared_columns(root, hung), "", True, frame, places, places, None)}
    for branch in branches:
        above = members[branch.link.table]
        frame = dataset.tables[branch.table.name]
        values, keys = values_of(frame, branch.link.columns), values_of(above.frame, branch.link.targets)
        parent = find_places(values, keys)
        there = parent >= 0
        frame, parent = frame.filter(pl.Series(there)), parent[there]
        column = branch.table.time
        time = None if column is None else to_numbers(to_values(frame[column], branch.table[column]))
        order = sort_rows(parent, time)
        parent = parent[order]
        members[branch.table.name] = Member(
            branch.table,
            compared_columns(branch.table, hung),
            above.table.name,
            branch.turned,
            frame[order],
            parent,
            above.owner[parent],
            None if time is None else time[order],
        )
    return Family(members)


def compared_columns(table: Table, hung: set[str]) -> tuple[Column, ...]:
    """The columns of a table that are learned, but for its key and those that point to a table of customers' rows."""
    linking = {table.key, *(column for link in table.links if link.table in hung for column in link.columns)}
    return tuple(c for c in table if c.treatment is Treatment.LEARN and c.name not in linking)


def ancestors(family: Family, name: str) -> list[tuple[Member, Places]]:
    """The tables above one, nearest first, each with the place there of the ancestor of every row, (rows,)."""
    member = family.members[name]
    found: list[tuple[Member, Places]] = []
    place = np.arange(member.frame.height)
    while member.parent:
        place, member = member.place[place], family.members[member.parent]
        found.append((member, place))
    return found


def is_moment(column: Column) -> bool:
    """Whether a column says when."""
    return column.kind in (Kind.DATE, Kind.DATETIME)
