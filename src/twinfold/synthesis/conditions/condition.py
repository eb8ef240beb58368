"""A condition: parsed, typed, known to be possible."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl

from twinfold.errors import ConditionError
from twinfold.synthesis.conditions.clauses import Clause, clauses_of, emptied_column
from twinfold.synthesis.conditions.grammar import grow
from twinfold.synthesis.conditions.summaries import Summary
from twinfold.synthesis.conditions.tokens import printable, shown
from twinfold.synthesis.conditions.tree import And, Node, Not, Or, Test, truth
from twinfold.tables.schema import Table
from twinfold.tables.values import to_values


@dataclass(frozen=True)
class Condition:
    """What is asked of rows. `str()` gives canonical text, which parses to an equal condition."""

    tree: Node
    _clauses: tuple[Clause, ...] = field(repr=False, compare=False)

    def __str__(self) -> str:
        return str(self.tree)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that the condition names, in the order in which it names them first."""
        return tuple(dict.fromkeys(test.column.name for test in _tests(self.tree)))

    @property
    def summaries(self) -> tuple[Summary, ...]:
        """What it names of other tables' rows, in the same order."""
        found = (test.column for test in _tests(self.tree))
        return tuple(dict.fromkeys(column for column in found if isinstance(column, Summary)))

    def split(self, names: Collection[str]) -> tuple["Condition | None", "Condition | None"]:
        """Two conditions that must both hold: one of columns among `names` only, and the rest; None for nothing."""
        parts = self.tree.parts if isinstance(self.tree, And) else (self.tree,)
        own = [part for part in parts if all(test.column.name in names for test in _tests(part))]
        return _joined(own), _joined([part for part in parts if part not in own])

    def clauses(self) -> tuple[Clause, ...]:
        """Disjoint conjunctions that admit together what the condition holds for; from 1 to 256."""
        return self._clauses

    def holds(self, values: Mapping[str, pl.Series]) -> npt.NDArray[np.bool_]:
        """Where the condition is true, shape (rows,).

        `values`: the columns that it names, as `tables.values.to_values` gives them; a missing value is null. They are
        compared as 64-bit floats where they are numbers, days since 1970 or microseconds since 1970.
        """
        true, _ = truth(self.tree, values)
        return true

    def holds_in(self, frame: pl.DataFrame, table: Table) -> npt.NDArray[np.bool_]:
        """Where it is true in a table's rows, (rows,); `frame` is stored as `table` says."""
        return self.holds({name: to_values(frame[name], table[name]) for name in self.columns})


def parse(text: str, table: Table, below: Sequence[Table] = ()) -> Condition:
    """Read a condition on a table.

    Args:
        text: at most 10,000 characters, 50 levels of nesting and 1,000 values; `docs/conditions.md` gives the language.
        table: the columns that may be named, and the kinds that say how a literal is read.
        below: tables that hang on it, of which summaries may be named: count(loan), sum(payments.amount).

    Raises:
        ConditionError: the text is no condition, asks something that the columns can't answer, can't hold for any row,
            or needs more than 256 clauses.

    Example:
        >>> from twinfold.tables.schema import Column, Kind
        >>> age = Column(name="age", kind=Kind.INTEGER, physical="Int64")
        >>> job = Column(name="job", kind=Kind.CATEGORY, physical="String")
        >>> customers = Table(name="customers", columns=(age, job))
        >>> str(parse("age>=60 AND job == 'retired'", customers))
        "age >= 60 and job = 'retired'"
        >>> parse("job = retired", customers)
        Traceback (most recent call last):
        twinfold.errors.ConditionError: condition, character 7, job = ^retired: a text stands in quotes: 'retired'
    """
    tree = grow(text, table, below)
    clauses = clauses_of(tree)
    if not clauses:
        column = emptied_column(tree)
        why = f"no value of {shown(column)} meets it" if column else "its parts contradict each other"
        said = printable(text if len(text) <= 200 else text[:200] + "…")
        raise ConditionError(f"the condition {said} can't hold for any row: {why}; ask for less")
    return Condition(tree, clauses)


def _joined(parts: Sequence[Node]) -> Condition | None:
    if not parts:
        return None
    tree = And(tuple(parts)) if len(parts) > 1 else parts[0]
    return Condition(tree, clauses_of(tree))


def _tests(node: Node) -> list[Test]:
    match node:
        case Not(part):
            return _tests(part)
        case And(parts) | Or(parts):
            return [test for part in parts for test in _tests(part)]
        case Test():
            return [node]
