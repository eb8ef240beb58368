"""Numbers that a row has from another table of its parent, or from the parent: an order of a loan's instalments."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from twinfold.synthesis.differences import measured_columns
from twinfold.synthesis.encoding.codebook import Codebook
from twinfold.synthesis.encoding.number import NumberEncoding
from twinfold.synthesis.following import or_else
from twinfold.synthesis.past import Past, Rows
from twinfold.tables.equalities import Equality, Pair
from twinfold.tables.rules import OneOf
from twinfold.tables.schema import Table
from twinfold.tables.values import decimals_of

Array = npt.NDArray[Any]

REDRAWS = 50
"""How often a parent's rows are drawn again until one of them has the number that one must have."""


@dataclass(frozen=True)
class CopiedColumn:
    """A number among codes that may be that of a table drawn before.

    Attributes:
        rule: what is said of it; of a parent with several rows there, one of them, drawn at random, is copied.
        always: whether every row copies, of parents that have any there; else as many do as really did.
        every: whether each row there has one here that copies it.
        digits: to how many two numbers must agree to be equal.
        numbers, at: those there, and the place of each one's parent; none until it is bound to them.
        chosen: by parent, the number that is copied, NaN without one.
    """

    rule: OneOf
    always: bool
    every: bool
    digits: int
    numbers: Array = field(default_factory=lambda: np.zeros(0))
    at: Array = field(default_factory=lambda: np.zeros(0, np.int64))
    chosen: Array = field(default_factory=lambda: np.zeros(0))

    @property
    def target(self) -> str:
        """The copying column."""
        return self.rule.target

    def bound(self, numbers: Array, at: Array, parents: int, rng: np.random.Generator) -> "CopiedColumn":
        """The column with the numbers that can be copied, and the places of their parents; (rows,) both."""
        there = np.flatnonzero(~np.isnan(numbers) & (at >= 0))
        chosen = np.full(parents, np.nan)
        chosen[at[there]] = numbers[there]
        mixed = rng.permutation(there)
        chosen[at[mixed]] = numbers[mixed]
        return replace(self, numbers=numbers[there], at=at[there], chosen=chosen)

    def among(self, parents: Array) -> "CopiedColumn":
        """The column for some of the parents, by their places."""
        place = np.full(len(self.chosen), -1)
        place[parents] = np.arange(len(parents))
        kept = place[self.at] >= 0
        return replace(self, numbers=self.numbers[kept], at=place[self.at[kept]], chosen=self.chosen[parents])

    def free(self) -> "CopiedColumn":
        """The column without anybody's numbers."""
        return CopiedColumn(self.rule, self.always, self.every, self.digits)

    def must(self, _past: Past | None) -> bool:
        """Whether all rows copy whose parent has a number to be copied."""
        return self.always

    def value(self, rows: Rows, _past: Past | None) -> npt.NDArray[np.float64]:
        """What rows copy, (rows,); where there is nothing to be copied, a number as other rows have it."""
        return or_else(self.chosen[rows.parent], rows.numbers[self.target])

    def goes_on(self, rows: Rows, _past: Past | None) -> npt.NDArray[np.bool_]:
        """Which real rows have a number that is there; (rows,)."""
        if self.always:
            return ~np.isnan(self.chosen[rows.parent])
        return Pair(rows.numbers[self.target], rows.parent, self.numbers, self.at, self.digits).holds()

    def lacking(self, rows: Rows) -> npt.NDArray[np.bool_]:
        """Which of the numbers that can be copied no row copies, (numbers,); none where not every one must be."""
        if not self.every:
            return np.zeros(len(self.numbers), bool)
        return ~Pair(self.numbers, self.at, rows.numbers[self.target], rows.parent, self.digits).holds()

    def fill(self, rows: Rows, encoding: NumberEncoding) -> None:
        """Put numbers that no row copies into rows of their parents that copy none, as far as there are any."""
        free = ~Pair(rows.numbers[self.target], rows.parent, self.numbers, self.at, self.digits).holds()
        for place in np.flatnonzero(self.lacking(rows)):
            row = np.flatnonzero(free & (rows.parent == self.at[place]))[:1]
            rows.numbers[self.target][row] = self.numbers[place]
            rows.codes[self.target][row] = encoding.encode(rows.numbers[self.target][row])
            free[row] = False


def plan_copies(
    order: Sequence[tuple[Table, str | None]], found: Sequence[Equality]
) -> dict[str, list[tuple[CopiedColumn, bool]]]:
    """By table, the columns of its rows that copy numbers of tables drawn before, and whether the schema says so.

    `order`: the tables in the order in which they are drawn, each with its parent, if it has one.
    """
    tables = {table.name: table for table, _ in order}
    parents = {table.name: parent for table, parent in order}
    before: dict[str, set[str]] = {}
    for place, (table, parent) in enumerate(order):
        beside = {other.name for other, above in order[:place] if above == parent}
        before[table.name] = {*beside, parent} if parent is not None else set()
    said = [(table.name, rule) for table, _ in order for rule in table.parsed_rules if isinstance(rule, OneOf)]
    wanted: list[tuple[str, OneOf, bool, bool, bool]] = []
    for name, rule in said:
        if rule.table in before[name]:
            wanted.append((name, rule, True, False, True))
        elif name in before.get(rule.table, ()) and parents[rule.table] == parents[name]:
            wanted.append((rule.table, OneOf(rule.column, name, rule.target), False, True, True))
    likely = sorted((each for each in found if each.single), key=lambda each: -each.share)
    wanted += [(e.table, e.rule, False, False, False) for e in likely if e.rule.table in before.get(e.table, ())]
    out: dict[str, list[tuple[CopiedColumn, bool]]] = {name: [] for name in tables}
    for name, rule, always, every, declared in wanted:
        if rule.column in measured_columns(tables[rule.table]) and rule.table != parents[name]:
            continue  # a sibling's distances are nobody's number
        if all(column.target != rule.target for column, _ in out[name]):
            digits = min(decimals_of(tables[name][rule.target]), decimals_of(tables[rule.table][rule.column]))
            out[name].append((CopiedColumn(rule, always, every, digits), declared))
    return out


def can_copy(column: CopiedColumn, codebook: Codebook) -> bool:
    """Whether enough is known of the copying column."""
    return isinstance(codebook.encodings.get(column.target), NumberEncoding) and column.target in codebook.learned


def numbers_there(
    column: CopiedColumn, rows: Mapping[str, Rows], bases: Mapping[str, Array]
) -> tuple[Array, Array] | None:
    """The numbers that a column may copy, and the place of each one's parent; None where none were drawn.

    `rows`: those of tables drawn before; `bases`: by "table.column", the numbers of the parents, (parents,) each.
    """
    source = bases.get(f"{column.rule.table}.{column.rule.column}")
    if source is not None:
        return source, np.arange(len(source))
    there = rows.get(column.rule.table)
    if there is None or column.rule.column not in there.numbers:
        return None
    return there.numbers[column.rule.column], there.parent
