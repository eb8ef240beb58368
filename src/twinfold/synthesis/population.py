"""Populations: customers as codes, with their rows in all tables; drawn, chosen from, and joined."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from twinfold.protocols import CodeColumn, Codes, LikelihoodModel
from twinfold.synthesis.clock import Binning
from twinfold.synthesis.copied import REDRAWS, CopiedColumn, numbers_there
from twinfold.synthesis.differences import Difference
from twinfold.synthesis.encoding.codebook import Codebook
from twinfold.synthesis.encoding.number import NumberEncoding
from twinfold.synthesis.following import FollowingColumn
from twinfold.synthesis.histories import History
from twinfold.synthesis.past import Rows, read_rows, show
from twinfold.synthesis.summaries import Told
from twinfold.tables.birth_numbers import NO_BIRTH_NUMBERS, BirthNumbers
from twinfold.tables.layout import Layout
from twinfold.tables.orders import in_unit_of
from twinfold.tables.schema import Link, Table

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Part:
    """What was learned of one table.

    Attributes:
        codebook: of its columns, without those that point to other learned tables and, of a history, the time.
        link: to its parent; None for the customers. Where `turned`, its column is this table's own key, and the
            parent's column `to` points to it: every row of the parent has one of its own here.
        history: of a child table; None for the customers, and for a table with too few rows to learn.
        times: the bins of its time, by which its own children know it.
        rows: how many there were.
        differences: what its columns are counted from, that of its time included.
        asked: columns whose numbers tables below count from.
        counting: the column of its key that counts the rows of each parent, and the number of the first.
        told: what its rows say to the parent's rows in tables that are drawn later; None where these are none.
        births: its columns that are stored as numbers, and learned as the dates of birth and the sexes they say.
    """

    table: Table
    layout: Layout
    codebook: Codebook
    rows: int
    link: Link | None = None
    turned: bool = False
    history: History | None = None
    times: Binning | None = None
    differences: tuple[Difference, ...] = ()
    asked: tuple[str, ...] = ()
    told: Told | None = None
    counting: tuple[str, int] | None = None
    births: BirthNumbers = NO_BIRTH_NUMBERS

    @property
    def stored(self) -> Table:
        """The table as it is stored, with its birth numbers."""
        return self.births.stored_table(self.table)

    def since(self, bases: Mapping[str, Array]) -> Array | None:
        """From when each parent counts its first row's time, in the time's unit, (parents,); None from nothing.

        `bases`: by "table.column", the numbers of the parents.
        """
        counted = (each for each in self.differences if each.column.name == self.table.time)
        return next((in_unit_of(each.column, bases[each.base], each.of) for each in counted), None)

    def bases(self, numbers: Mapping[str, Array], time: Array | None, above: Mapping[str, Array]) -> dict[str, Array]:
        """What tables below count from: what this one's rows count from, and their own columns that are asked.

        Args:
            numbers: of this table's columns, distances where these are learned, (rows,) each.
            time: of its rows.
            above: by "table.column", the numbers of its parents' columns, (rows,) each.
        """
        known = dict(numbers)
        if self.table.time is not None and time is not None:
            known[self.table.time] = time
        for each in self.differences:
            base = above.get(each.base, known.get(each.base))
            if each.column.name != self.table.time and each.column.name in known and base is not None:
                known[each.column.name] = each.values(known[each.column.name], base)
        return {**above, **{f"{self.table.name}.{name}": known[name] for name in self.asked if name in known}}

    def read(self, measured: pl.DataFrame, parent: Array, time: Array | None) -> Rows:
        """Rows with distances in the place of what is counted from others (`differences.measure`), as they were
        learned.

        Args:
            measured: those of a parent together and in their order.
            parent: the place of each one's parent; time: of each, None where rows have no order that was learned.
        """
        rows = read_rows(measured, self.codebook, parent, time)
        return replace(rows, shown=show(rows.numbers, {} if self.history is None else self.history.ratios))

    def context(self, rows: Rows, above: Codes) -> Codes:
        """What its children know of its rows: the parent's codes, and their own; (columns, rows)."""
        own = [rows.codes[name] for name in self.codebook.learned]
        if self.times is not None and rows.time is not None:
            own.append(self.times.encode(rows.time))
        parent = above[:, rows.parent]
        return np.concatenate([parent, np.stack(own).astype(np.uint16)]) if own else parent

    def context_columns(self, above: Sequence[CodeColumn]) -> tuple[CodeColumn, ...]:
        """What an engine may know of those codes."""
        own = self.codebook.code_columns
        return (*above, *own, *([] if self.times is None else [self.times.column("time")]))


@dataclass
class Population:
    """Drawn or real customers as codes, and their rows in other tables.

    `numbers` are those of the customers' columns that others are counted from, drawn first; (customers,) each.
    """

    codes: Codes
    numbers: dict[str, Array] = field(default_factory=dict)
    rows: dict[str, Rows] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """How many customers there are."""
        return int(self.codes.shape[1])


def children_of(parts: Sequence[Part]) -> list[tuple[Part, Link]]:
    """The parts of child tables, each with its link; every parent before its children."""
    return [(part, part.link) for part in parts if part.link is not None]


def draw_population(
    parts: Sequence[Part], model: LikelihoodModel | None, n: int, rng: np.random.Generator
) -> Population:
    """Draw n customers and their rows, each independently of the others."""
    codes = np.zeros((0, n), np.uint16) if model is None else model.sample(n, allowed={}, given={}, rng=rng).codes
    root = parts[0]
    return draw_rows(parts, Population(codes, root.codebook.draw_numbers(codes, counted_from(root), rng)), rng)


def draw_rows(parts: Sequence[Part], drawn: Population, rng: np.random.Generator) -> Population:
    """Draw the rows of customers that have none yet."""
    root = parts[0]
    contexts, bases = {root.table.name: drawn.codes}, {root.table.name: root.bases(drawn.numbers, None, {})}
    for part, link in children_of(parts):
        above, known = contexts[link.table], bases[link.table]
        rows = no_rows(part) if part.history is None else _draw_history(part, above, known, drawn, rng)
        drawn.rows[part.table.name] = rows
        contexts[part.table.name] = part.context(rows, above)
        if part.told is not None:
            contexts[link.table] = np.concatenate([above, part.told.tell(rows, above.shape[1])])
        bases[part.table.name] = part.bases(rows.numbers, rows.time, gather(known, rows.parent))
    return drawn


def _draw_history(
    part: Part, above: Codes, known: Mapping[str, Array], drawn: Population, rng: np.random.Generator
) -> Rows:
    """The rows of a child table, given the parents' codes and numbers; each number that must be copied is in one."""
    assert part.history is not None
    since, history = part.since(known), bind(part.history, drawn.rows, known, above.shape[1], rng)
    columns, rows = history.running, history.draw(above, rng, since)
    every = [column for column in columns if isinstance(column, CopiedColumn) and column.every]
    for _ in range(REDRAWS):
        lacking = np.unique(np.concatenate([c.at[c.lacking(rows)] for c in every])) if every else np.zeros(0, np.int64)
        if not len(lacking):
            return rows
        own = None if since is None else since[lacking]
        again = history.among(lacking).draw(above[:, lacking], rng, own)
        kept = rows.take(~np.isin(rows.parent, lacking))
        rows = Rows.together([kept, replace(again, parent=lacking[again.parent])])
    for column in every:
        encoding = part.codebook.encodings[column.target]
        if isinstance(encoding, NumberEncoding):
            column.fill(rows, encoding)
    return rows


def bind(
    history: History, rows: Mapping[str, Rows], known: Mapping[str, Array], parents: int, rng: np.random.Generator
) -> History:
    """A history whose columns have the numbers that they may copy: of `rows` drawn before, or of the parents."""

    def bound(column: FollowingColumn) -> FollowingColumn:
        if not isinstance(column, CopiedColumn):
            return column
        numbers, at = numbers_there(column, rows, known) or (np.zeros(0), np.zeros(0, np.int64))
        return column.bound(numbers, at, parents, rng)

    return replace(history, running=tuple(map(bound, history.running)))


def counted_from(part: Part) -> list[str]:
    """The columns of a table whose numbers must be known before tables below it can be drawn."""
    if not part.asked:
        return []
    own = [name for each in part.differences for name in (each.column.name, each.base)]
    return [name for name in part.codebook.encodings if name in {*part.asked, *own}]


def gather(bases: Mapping[str, Array], parent: Array) -> dict[str, Array]:
    """The numbers of the parents of rows."""
    return {name: numbers[parent] for name, numbers in bases.items()}


def owners_of(parts: Sequence[Part], drawn: Population) -> dict[str, npt.NDArray[np.int64]]:
    """By table, the place of the customer whose each row is, (rows,)."""
    owners = {parts[0].table.name: np.arange(drawn.size)}
    for part, link in children_of(parts):
        owners[part.table.name] = owners[link.table][drawn.rows[part.table.name].parent]
    return owners


def no_rows(part: Part) -> Rows:
    """None of a table's rows."""
    nothing = np.zeros(0)
    codes = {name: nothing.astype(np.uint16) for name in part.codebook.learned}
    return Rows(nothing.astype(np.int64), nothing if part.table.time else None, {}, codes)


def take_customers(parts: Sequence[Part], drawn: Population, places: Array) -> Population:
    """Some of the customers, by their places, with their rows in all tables."""
    renumbered = {parts[0].table.name: np.full(drawn.size, -1)}
    renumbered[parts[0].table.name][places] = np.arange(len(places))
    out = Population(drawn.codes[:, places], gather(drawn.numbers, places))
    for part, link in children_of(parts):
        rows = drawn.rows[part.table.name]
        parent = renumbered[link.table][rows.parent]
        order = np.flatnonzero(parent >= 0)
        order = order[np.argsort(parent[order], kind="stable")]
        out.rows[part.table.name] = replace(rows.take(order), parent=parent[order])
        renumbered[part.table.name] = np.full(len(rows), -1)
        renumbered[part.table.name][order] = np.arange(len(order))
    return out


def join_populations(parts: Sequence[Part], pieces: Sequence[Population]) -> Population:
    """Customers of several populations as one."""
    numbers = {name: np.concatenate([piece.numbers[name] for piece in pieces]) for name in pieces[0].numbers}
    out = Population(np.concatenate([piece.codes for piece in pieces], axis=1), numbers)
    for part, link in children_of(parts):
        above = link.table
        sizes = [piece.size if above == parts[0].table.name else len(piece.rows[above]) for piece in pieces]
        starts = np.cumsum([0, *sizes[:-1]])
        moved = [
            replace(piece.rows[part.table.name], parent=piece.rows[part.table.name].parent + start)
            for piece, start in zip(pieces, starts, strict=True)
        ]
        out.rows[part.table.name] = Rows.together(moved)
    return out
