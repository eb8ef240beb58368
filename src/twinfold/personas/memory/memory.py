"""A memory: everything that customers of a dataset know of themselves, as a graph of rows that hang on them.

Nodes are rows, typed by their table; edges are the schema's links, turned into slices: the rows of a customer in a
table stand together in time order, so that asking one of a hundred thousand costs no more than their own rows. What
reference tables say (a district, a merchant) is read along the link that points there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from twinfold.errors import DataError
from twinfold.evaluation.linked.family import Family, Member, gather
from twinfold.personas.memory.fact import Fact, FactKind, on_one_line
from twinfold.personas.memory.periods import split_period, write_periods
from twinfold.synthesis.clock import DAYS
from twinfold.synthesis.hierarchy import arrange
from twinfold.tables.dataset import Dataset
from twinfold.tables.keys import find_own_key, find_places, values_of
from twinfold.tables.schema import Column, Kind, Table, Treatment
from twinfold.tables.values import format_value, to_numbers, to_values

if TYPE_CHECKING:
    import numpy.typing as npt

    from twinfold.personas.memory.clauses import Clause

    Places = npt.NDArray[np.int64]
    Floats = npt.NDArray[np.float64]


STALE = 92
"""Days that a table may end before the others do and still be of the same day."""


@dataclass(frozen=True)
class Edge:
    """Rows of one table that point to rows of another: `count` of them, by the columns `by`."""

    source: str
    by: str
    target: str
    count: int


@dataclass(frozen=True)
class Rows:
    """The rows of a table that belong to customers, those of each together and in time order.

    Attributes:
        table: what they are; columns: those that a customer would speak of: no keys, nothing dropped, with those of
            reference tables that they point to, called "district: region".
        frame: the rows as stored, with the columns of reference tables.
        owner: the place of each row's customer, ascending, (rows,); begins: where each customer's begin, (customers +
            1,).
        day: when each was, in days since 1970, NaN where unknown, (rows,); None where rows have no dates.
        single: whether nobody has more than one.
    """

    table: Table
    columns: tuple[Column, ...]
    frame: pl.DataFrame
    owner: Places
    begins: Places
    day: Floats | None
    single: bool
    _read: dict[str, pl.Series] = field(default_factory=dict, repr=False)

    @cached_property
    def last(self) -> float | None:
        """The last day of any row, in days since 1970; None where there are no dates."""
        days = np.zeros(0) if self.day is None else self.day[np.isfinite(self.day)]
        return float(days.max()) if len(days) else None

    @property
    def name(self) -> str:
        """The table's."""
        return self.table.name

    def __getitem__(self, name: str) -> Column:
        found = next((column for column in self.columns if column.name == name), None)
        if found is None and (grouped := split_period(name, self.columns)):
            return grouped[0].model_copy(update={"name": name, "kind": Kind.CATEGORY, "format": None})
        if found is None:
            raise KeyError(name)
        return found

    def values(self, name: str) -> pl.Series:
        """The values of a column, or of a period of one of dates ("paid_on by year"), (rows,), null where missing; read
        once."""
        if name not in self._read:
            grouped = None if name in self.frame.columns else split_period(name, self.columns)
            if grouped is None:
                self._read[name] = to_values(self.frame[name], self[name])
            else:
                self._read[name] = write_periods(self.numbers(grouped[0].name) / DAYS[grouped[0].kind], grouped[1])
        return self._read[name]

    def numbers(self, name: str) -> Floats:
        """The values of a column of numbers or times, NaN where missing, (rows,)."""
        return to_numbers(self.values(name))

    def rows_of(self, whom: Places) -> tuple[Places, Places]:
        """The places of the rows of some customers, and for each the place in `whom` of whose it is."""
        counts = self.begins[whom + 1] - self.begins[whom]
        who = np.repeat(np.arange(len(whom)), counts)
        first = np.repeat(self.begins[whom] - np.concatenate([[0], np.cumsum(counts)[:-1]]), counts)
        return first + np.arange(len(who)), who

    def said(self, name: str, row: int) -> str:
        """One value as people read it; empty where it is missing."""
        column = self[name]
        value = self.values(name)[row]
        if value is None or value != value:
            return ""
        return format_value(value, column) if column.kind.numeric else on_one_line(str(value))

    def source(self, row: int) -> str:
        """Where a row stands: its table, with its key, or else its number among its customer's, from 1."""
        if self.table.key is not None and self.table.key in self.frame.columns:
            return f"{self.name} {self.frame[self.table.key][row]}"
        return f"{self.name}, row {row - self.begins[self.owner[row]] + 1}"


@dataclass(frozen=True)
class Memory:
    """What all customers of a dataset remember.

    Attributes:
        people: their own table, a row each, in their own order.
        histories: what hangs on them, by table, at any remove.
        keys: how each is called, (customers,) texts.
        clauses: of documents that everybody knows; edges: how many rows point where.
        now: the last day that any history tells of, in days since 1970; None where there are no dates.
    """

    people: Rows
    histories: Mapping[str, Rows]
    keys: tuple[str, ...]
    clauses: tuple[Clause, ...]
    edges: tuple[Edge, ...]
    now: float | None

    @property
    def count(self) -> int:
        """How many customers there are."""
        return len(self.keys)

    def __getitem__(self, table: str) -> Rows:
        return self.people if table == self.people.name else self.histories[table]

    def today(self, rows: Rows) -> float | None:
        """The day from which a question about a table counts: the last that is known of anything, or, of a table that
        ends more than `STALE` days before, its own last."""
        if self.now is None or rows.last is None:
            return self.now
        return self.now if self.now - rows.last <= STALE else rows.last

    @cached_property
    def place(self) -> dict[str, int]:
        """The place of each customer by their key."""
        return {key: place for place, key in enumerate(self.keys)}

    def find(self, key: str | int) -> int:
        """The place of a customer. Raises `DataError` where nobody is called so."""
        key = str(key)
        if key not in self.place:
            shown = ", ".join(self.keys[:5])
            raise DataError(f"customer {key[:60]!r} is not in {self.people.name}; there are {shown}, …")
        return self.place[key]

    def attributes(self, customer: int) -> list[Fact]:
        """All that a customer is, and has once at most, without what is missing."""
        facts = []
        for rows in (self.people, *(each for each in self.histories.values() if each.single)):
            for row in range(*rows.begins[customer : customer + 2].tolist()):
                facts += [fact for column in rows.columns if (fact := self.attribute(rows, column, row)) is not None]
        return facts

    def attribute(self, rows: Rows, column: Column, row: int) -> Fact | None:
        """One value of a row as a fact; None where it is missing."""
        said = rows.said(column.name, row)
        if not said:
            return None
        own = rows is self.people
        name = column.name if own else f"{rows.name}: {column.name}"
        owner = self.keys[rows.owner[row]]
        return Fact(FactKind.ATTRIBUTE, owner, name, _plain(rows, column, row), said, f"{rows.name}.{column.name}")

    def event(self, rows: Rows, row: int) -> Fact:
        """A row of a history as a fact."""
        time = rows.table.time
        parts = [(c.name, rows.said(c.name, row)) for c in rows.columns if c.name != time]
        said = ", ".join(f"{name} {value}" for name, value in parts if value)
        if time is not None and (when := rows.said(time, row)):
            said = f"{when}: {said}" if said else when
        return Fact(FactKind.EVENT, self.keys[rows.owner[row]], rows.name, None, said, rows.source(row))


def remember(dataset: Dataset, clauses: Sequence[Clause] = ()) -> Memory:
    """Build the memory of a dataset's customers: one table, or several that hang on one.

    Args:
        dataset: the tables; the customers are its subject, or what all others hang on.
        clauses: of the documents that all of them know.

    Raises `DataError` where there is nobody, or tables hang on nothing.
    """
    if len(dataset.tables) == 1:
        table, frame, _ = dataset.single()
        alone = np.arange(frame.height)
        family = Family({table.name: Member(table, (), "", True, frame, alone, alone, None)})
    else:
        tree = arrange(dataset).trees[0]
        family = gather(dataset, tree.root, list(tree.branches), rng=None)
    if not family.customers:
        raise DataError(f"{family.root.table.name} has no rows; give customers to be asked")
    tables = {name: _hold(dataset, member, family) for name, member in family.members.items()}
    people = tables.pop(family.root.table.name)
    now = max((rows.last for rows in tables.values() if rows.last is not None), default=None)
    return Memory(
        people=people,
        histories=tables,
        keys=_keys(people),
        clauses=tuple(clauses),
        edges=tuple(_edges(dataset, {people.name: people, **tables})),
        now=now,
    )


def _keys(people: Rows) -> tuple[str, ...]:
    """How customers are called: by their key or identifiers, else by the number of their row, from 1."""
    key = find_own_key(people.table, people.frame)
    if key is not None:
        return tuple(people.frame[key].cast(pl.String).to_list())
    return tuple(str(number) for number in range(1, people.frame.height + 1))


def _hold(dataset: Dataset, member: Member, family: Family) -> Rows:
    frame, columns = member.frame, [column for column in member.table if _is_spoken(column, member.table, family)]
    for link in member.table.links:
        target = dataset.schema[link.table]
        if target.reference:
            more, added = _follow(dataset, frame, link.columns, link.targets, target)
            codes = link.columns if added else ()  # what a code stands for is said in its place
            columns = [*(column for column in columns if column.name not in codes), *added]
            frame = frame.hstack(more)
    owner = np.asarray(member.owner, np.int64)
    begins = np.searchsorted(owner, np.arange(family.customers + 1))
    time, day = member.table.time, None
    if time is not None and member.time is not None and member.table[time].kind in (Kind.DATE, Kind.DATETIME):
        day = member.time / DAYS.get(member.table[time].kind, 1.0)
    single = bool((np.diff(begins) <= 1).all())
    return Rows(member.table, tuple(columns), frame, owner, begins, day, single)


def _is_spoken(column: Column, table: Table, family: Family) -> bool:
    """Whether a customer would speak of a column: it is no key, names nobody, and points to no row of theirs."""
    linking = {name for link in table.links if link.table in family.members for name in link.columns}
    hidden = {table.key, *linking}
    nameless = column.personal is None and column.kind is not Kind.IDENTIFIER
    return column.name not in hidden and nameless and column.treatment is not Treatment.DROP


def _follow(
    dataset: Dataset, frame: pl.DataFrame, columns: Sequence[str], targets: Sequence[str], target: Table
) -> tuple[list[pl.Series], list[Column]]:
    """What rows of a reference table say of each row that points to one."""
    other = dataset.tables[target.name]
    place = find_places(values_of(frame, tuple(columns)), values_of(other, tuple(targets)))
    at = pl.Series(place).set(pl.Series(place < 0), None)
    kept = [column for column in target if column.name not in targets and column.personal is None]
    renamed = [column.model_copy(update={"name": f"{target.name}: {column.name}"}) for column in kept]
    fresh = [(old, new) for old, new in zip(kept, renamed, strict=True) if new.name not in frame.columns]
    return [other[old.name].gather(at).rename(new.name) for old, new in fresh], [new for _, new in fresh]


def _edges(dataset: Dataset, held: Mapping[str, Rows]) -> list[Edge]:
    return [
        Edge(name, " + ".join(link.columns), link.table, rows.frame.height)
        for name, rows in held.items()
        for link in rows.table.links
        if link.table in dataset.tables
    ]


def _plain(rows: Rows, column: Column, row: int) -> float | bool | str | None:
    """A value as JSON can say it: dates as ISO text."""
    value = rows.values(column.name)[row]
    if column.kind in (Kind.DATE, Kind.DATETIME):
        return rows.said(column.name, row)
    return value if isinstance(value, bool | str) else float(value)
