"""The tree of a condition: what it says, and which rows it holds for.

Truth has three values, as in SQL: a comparison with a missing value is neither true nor false, `not` leaves it so, and
a condition holds where it is true.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from twinfold.synthesis.conditions.admitted import is_among
from twinfold.synthesis.conditions.literals import Typed
from twinfold.synthesis.conditions.summaries import Summary
from twinfold.synthesis.conditions.tokens import KEYWORDS
from twinfold.tables.schema import Column

Operator = Literal["=", "!=", "<", "<=", ">", ">=", "in", "not in", "between", "not between", "is null", "is not null"]
_PLAIN = re.compile(r"[^\W\d]\w*")
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Test:
    """One column against literals: none for `is null`, two for `between`, one for a comparison, any number for `in`."""

    __test__ = False

    column: Column
    operator: Operator
    literals: tuple[Typed, ...] = ()

    def __str__(self) -> str:
        said = f"{column_text(self.column)} {self.operator}"
        if self.operator in ("in", "not in"):
            return f"{said} ({', '.join(literal.text for literal in self.literals)})"
        return " ".join([said, " and ".join(literal.text for literal in self.literals)]).rstrip()


@dataclass(frozen=True)
class Not:
    """What is true where its part is false."""

    part: "Node"

    def __str__(self) -> str:
        return f"not {self.part}" if isinstance(self.part, Test | Not) else f"not ({self.part})"


@dataclass(frozen=True)
class And:
    """What is true where all of its parts are; none of them is an `And`."""

    parts: tuple["Node", ...]

    def __str__(self) -> str:
        return " and ".join(f"({part})" if isinstance(part, Or) else str(part) for part in self.parts)


@dataclass(frozen=True)
class Or:
    """What is true where one of its parts is; none of them is an `Or`."""

    parts: tuple["Node", ...]

    def __str__(self) -> str:
        return " or ".join(str(part) for part in self.parts)


Node = Test | Not | And | Or


def name_text(name: str) -> str:
    """A column's name as a condition has it: bare where any SQL would read it so, else in double quotes."""
    if _PLAIN.fullmatch(name) and name.lower() not in KEYWORDS:
        return name
    return '"' + name.replace('"', '""') + '"'


def column_text(column: Column) -> str:
    """A column, or what is summarised in its place, as a condition has it."""
    return column.name if isinstance(column, Summary) else name_text(column.name)


def truth(node: Node, values: Mapping[str, pl.Series]) -> tuple[Mask, Mask]:
    """Where a node is true and where it is false, each of shape (rows,)."""
    match node:
        case Not(part):
            true, false = truth(part, values)
            return false, true
        case And(parts):
            both = [truth(part, values) for part in parts]
            return reduce(np.logical_and, (t for t, _ in both)), reduce(np.logical_or, (f for _, f in both))
        case Or(parts):
            both = [truth(part, values) for part in parts]
            return reduce(np.logical_or, (t for t, _ in both)), reduce(np.logical_and, (f for _, f in both))
        case Test():
            return _test_truth(node, values[node.column.name])


def _test_truth(test: Test, values: pl.Series) -> tuple[Mask, Mask]:
    missing = values.is_null().to_numpy()
    if test.column.kind.numeric:
        numbers = values.cast(pl.Float64).to_numpy()
        missing = missing | np.isnan(numbers)
    if test.operator == "is null":
        return missing, ~missing
    if test.operator == "is not null":
        return ~missing, missing
    if test.column.kind.numeric:
        found = _compare_numbers(test.operator, numbers, [float(literal.value) for literal in test.literals])
    else:
        found = is_among(values, (literal.value for literal in test.literals))
        if test.operator in ("!=", "not in"):
            found = ~found
    return found & ~missing, ~found & ~missing


def _compare_numbers(operator: Operator, numbers: npt.NDArray[np.float64], literals: list[float]) -> Mask:
    found: Mask
    match operator, literals:
        case "=", [value]:
            found = numbers == value
        case "!=", [value]:
            found = numbers != value
        case "<", [value]:
            found = numbers < value
        case "<=", [value]:
            found = numbers <= value
        case ">", [value]:
            found = numbers > value
        case ">=", [value]:
            found = numbers >= value
        case "between", [low, high]:
            found = (numbers >= low) & (numbers <= high)
        case "not between", [low, high]:
            found = (numbers < low) | (numbers > high)
        case "in", _:
            found = np.isin(numbers, literals)
        case _:
            found = ~np.isin(numbers, literals)
    return found
