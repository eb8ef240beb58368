"""A condition as disjoint clauses: each says, column by column, which values it admits."""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from twinfold.errors import ConditionError
from twinfold.synthesis.conditions.admitted import Admitted, AdmittedLevels, AdmittedNumbers
from twinfold.synthesis.conditions.literals import is_whole
from twinfold.synthesis.conditions.tree import And, Node, Not, Or, Test

MAX_CLAUSES = 256
_MAX_BOXES = 512
"""How many boxes may stand while clauses are worked out; some vanish again."""

Box = dict[str, Admitted]


@dataclass(frozen=True, eq=False)
class Clause(Mapping[str, Admitted]):
    """A conjunction: what it admits of each column that it names; a column that it doesn't name may be anything."""

    admitted: Mapping[str, Admitted]

    def __getitem__(self, column: str) -> Admitted:
        return self.admitted[column]

    def __iter__(self) -> Iterator[str]:
        return iter(self.admitted)

    def __len__(self) -> int:
        return len(self.admitted)

    def holds(self, values: Mapping[str, pl.Series], rows: int) -> npt.NDArray[np.bool_]:
        """Which of the rows, shape (rows,), the clause admits; values as `tables.values.to_values` gives them."""
        found = np.ones(rows, dtype=np.bool_)
        for column, admitted in self.admitted.items():
            found &= admitted.admits(values[column])
        return found


def clauses_of(node: Node) -> tuple[Clause, ...]:
    """Disjoint clauses that admit together what the node holds for. Raises `ConditionError` above 256 of them."""
    boxes = _boxes(node, True)
    if len(boxes) > MAX_CLAUSES:
        raise _too_involved()
    return tuple(Clause(box) for box in boxes)


def admitted_by(test: Test) -> Admitted:
    """What a test admits of its column."""
    null = test.operator in ("is null", "is not null")
    admitted = _numbers_of(test) if test.column.kind.numeric else _levels_of(test)
    if test.operator.startswith(("not", "!", "is not")):
        admitted = admitted.complement()
        return admitted if null else admitted.without_null()
    return admitted


def emptied_column(node: Node) -> str | None:
    """The column of which tests that must all hold leave nothing, or None where no single column is to blame."""
    admitted: Box = {}
    for part in node.parts if isinstance(node, And) else (node,):
        if isinstance(part, Test):
            name, found = part.column.name, admitted_by(part)
            admitted[name] = admitted[name].intersect(found) if name in admitted else found
    return next((name for name, found in admitted.items() if found.is_empty), None)


def _numbers_of(test: Test) -> AdmittedNumbers:
    """What the test admits, or what it excludes where it is negative."""
    whole = is_whole(test.column)
    numbers = sorted(float(literal.value) for literal in test.literals)
    if not numbers:
        return AdmittedNumbers((), null=True, whole=whole)
    if test.operator.endswith("between"):
        return AdmittedNumbers.between(numbers[0], numbers[1], whole=whole)
    if test.operator.startswith("<"):
        return AdmittedNumbers.between(-math.inf, numbers[0], high_closed=test.operator == "<=", whole=whole)
    if test.operator.startswith(">"):
        return AdmittedNumbers.between(numbers[0], math.inf, low_closed=test.operator == ">=", whole=whole)
    points = (AdmittedNumbers.between(number, number, whole=whole) for number in numbers)
    return AdmittedNumbers(tuple(interval for point in points for interval in point.intervals), whole=whole)


def _levels_of(test: Test) -> AdmittedLevels:
    return AdmittedLevels(frozenset(literal.value for literal in test.literals), null=not test.literals)


def _boxes(node: Node, truth: bool) -> list[Box]:
    """Disjoint boxes that cover where a node is true, or where it is false."""
    match node:
        case Not(part):
            return _boxes(part, not truth)
        case Test():
            admitted = admitted_by(node)
            if not truth:
                unknown = node.operator not in ("is null", "is not null")
                admitted = admitted.complement().without_null() if unknown else admitted.complement()
            return [] if admitted.is_empty else [_box({node.column.name: admitted})]
        case And(parts) | Or(parts):
            inner = [_boxes(part, truth) for part in parts]
            return _intersection(inner) if isinstance(node, And) == truth else _union(inner)


def _box(admitted: Box) -> Box:
    return {name: found for name, found in admitted.items() if not found.is_full}


def _intersection(parts: Iterable[list[Box]]) -> list[Box]:
    found: list[Box] = [{}]
    for part in sorted(parts, key=len):
        met = (_meet(one, other) for one in found for other in part)
        found = [box for box in met if box is not None]
        _check_number(found)
    return found


def _union(parts: Iterable[list[Box]]) -> list[Box]:
    found: list[Box] = []
    for box in _joined(box for part in parts for box in part):
        pieces = [box]
        for other in found:
            pieces = [piece for whole in pieces for piece in _subtract(whole, other)]
            _check_number(pieces)
        found += pieces
        _check_number(found)
    return found


def _joined(boxes: Iterable[Box]) -> list[Box]:
    """The boxes, with those that ask of one and the same column alone made one, and first."""
    single: dict[str, list[Admitted]] = {}
    others = []
    for box in boxes:
        if len(box) == 1:
            ((name, admitted),) = box.items()
            single.setdefault(name, []).append(admitted)
        else:
            others.append(box)
    return [_box({name: _united(parts)}) for name, parts in single.items()] + others


def _united(parts: list[Admitted]) -> Admitted:
    """What any of the parts admits, by halves, so that a thousand parts take no time."""
    if len(parts) == 1:
        return parts[0]
    half = len(parts) // 2
    return _united(parts[:half]).union(_united(parts[half:]))


def _meet(one: Box, other: Box) -> Box | None:
    shared: Box = {}
    for name in one.keys() & other.keys():
        shared[name] = one[name].intersect(other[name])
        if shared[name].is_empty:
            return None
    return {**one, **other, **shared}


def _subtract(box: Box, other: Box) -> list[Box]:
    """Disjoint boxes that cover `box` without `other`: split off along one column after the other."""
    met = _meet(box, other)
    if met is None:
        return [box]
    pieces = []
    rest = dict(box)
    for name, admitted in other.items():
        outside = admitted.complement()
        if name in box:
            outside = box[name].intersect(outside)
        if not outside.is_empty:
            pieces.append({**rest, name: outside})
        rest[name] = met[name]
    return pieces


def _check_number(boxes: list[Box]) -> None:
    if len(boxes) > _MAX_BOXES:
        raise _too_involved()


def _too_involved() -> ConditionError:
    return ConditionError(
        f"the condition is too involved: it falls apart into more than {MAX_CLAUSES} separate cases; "
        "join alternatives with in (…), or sample it in parts"
    )
