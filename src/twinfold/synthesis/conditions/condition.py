"""A condition: parsed, typed, known to be possible."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl

from twinfold.errors import ConditionError
from twinfold.synthesis.conditions.clauses import Clause, clauses_of, emptied_column
from twinfold.synthesis.conditions.grammar import grow
from twinfold.synthesis.conditions.tokens import printable, shown
from twinfold.synthesis.conditions.tree import And, Node, Not, Or, truth
from twinfold.tables.schema import Table


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
        return tuple(dict.fromkeys(_names(self.tree)))

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


def parse(text: str, table: Table) -> Condition:
    """Read a condition on a table.

    Args:
        text: at most 10,000 characters, 50 levels of nesting and 1,000 values; `docs/conditions.md` gives the language.
        table: the columns that may be named, and the kinds that say how a literal is read.

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
    tree = grow(text, table)
    clauses = clauses_of(tree)
    if not clauses:
        column = emptied_column(tree)
        why = f"no value of {shown(column)} meets it" if column else "its parts contradict each other"
        said = printable(text if len(text) <= 200 else text[:200] + "…")
        raise ConditionError(f"the condition {said} can't hold for any row: {why}; ask for less")
    return Condition(tree, clauses)


def _names(node: Node) -> list[str]:
    match node:
        case Not(part):
            return _names(part)
        case And(parts) | Or(parts):
            return [name for part in parts for name in _names(part)]
    return [node.column.name]
