"""Formulas: what an event is worth, as arithmetic on columns; read, and never run as code."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from twinfold.errors import SpecificationError, unknown_name

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

LONGEST, DEEPEST = 1_000, 40
"""Characters of a formula, and how deep its brackets may go."""

_OPERATORS: dict[type[ast.operator], Callable[..., Floats]] = {
    ast.Add: np.add,
    ast.Sub: np.subtract,
    ast.Mult: np.multiply,
    ast.Div: np.divide,
}
_FUNCTIONS: dict[str, Callable[..., Floats]] = {"min": np.minimum, "max": np.maximum}


@dataclass(frozen=True)
class Formula:
    """Arithmetic on columns: numbers, names, + - * /, brackets, min and max of two; a name of several words in quotes.

    Example:
        >>> worth = read_formula("max(loan * rate / 100 - 5, 0)", "margin")
        >>> worth.names
        ('loan', 'rate')
        >>> worth.value({"loan": np.array([100.0, 1000.0]), "rate": np.array(3.0)}, 2).tolist()
        [0.0, 25.0]
        >>> read_formula("loan ** 2", "margin")
        Traceback (most recent call last):
        twinfold.errors.SpecificationError: margin: 'loan ** 2' is no formula: numbers, names, + - * /, min, max
    """

    text: str
    tree: ast.expr
    place: str

    @property
    def names(self) -> tuple[str, ...]:
        """The names that it asks for, each once."""
        return tuple(dict.fromkeys(_names(self.tree)))

    def value(self, known: Mapping[str, npt.NDArray[np.float64]], rows: int) -> Floats:
        """What it comes to in each of so many rows, (rows,); `known`, by name, are (rows,) or a number each.

        Raises `SpecificationError` where a name is not known.
        """
        for name in self.names:
            if name not in known:
                raise SpecificationError(f"{self.place}: {unknown_name('name', name, known, among='what it may use')}")
        with np.errstate(all="ignore"):
            found = _value(self.tree, known)
        return np.broadcast_to(np.asarray(found, np.float64), (rows,))

    def weights(self) -> dict[str, float]:
        """By name, how many times each is added. Raises `SpecificationError` where it is no such sum.

        Example:
            >>> read_formula("margin - 2 * (cost + fee) / 4", "profit").weights()
            {'margin': 1.0, 'cost': -0.5, 'fee': -0.5}
        """
        found = _weights(self.tree)
        if found is None or found.get("", 0.0) or not np.isfinite([*found.values()]).all():
            raise SpecificationError(
                f"{self.place}: {self.text[:80]!r} is no sum of names, each times a number; write such as 'a - 2 * b'"
            )
        found.pop("", None)
        return found


def read_formula(text: str | float, place: str) -> Formula:
    """Read a formula; `place` says whose it is. Raises `SpecificationError` where it is none."""
    written = str(text).strip()
    why = SpecificationError(f"{place}: {written[:80]!r} is no formula: numbers, names, + - * /, min, max")
    if not written or len(written) > LONGEST:
        raise why
    try:
        tree = ast.parse(written, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise why from None
    if not _is_formula(tree, 0):
        raise why
    return Formula(written, tree, place)


def _is_formula(node: ast.expr, depth: int) -> bool:
    if depth > DEEPEST:
        return False
    match node:
        case ast.Constant(value=bool() | complex() | None):
            return False
        case ast.Constant(value=int() | float() | str()):
            return True
        case ast.Name():
            return node.id.isprintable() and not node.id.startswith("__")
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return _is_formula(operand, depth + 1)
        case ast.BinOp(op=op):
            return type(op) in _OPERATORS and all(_is_formula(side, depth + 1) for side in (node.left, node.right))
        case ast.Call(func=ast.Name(id=name), args=[one, other], keywords=[]):
            return name in _FUNCTIONS and all(_is_formula(side, depth + 1) for side in (one, other))
    return False


def _names(node: ast.expr) -> list[str]:
    match node:
        case ast.Name(id=name) | ast.Constant(value=str(name)):
            return [name]
        case ast.UnaryOp(operand=operand):
            return _names(operand)
        case ast.BinOp(left=left, right=right):
            return [*_names(left), *_names(right)]
        case ast.Call(args=args):
            return [name for each in args for name in _names(each)]
    return []


def _weights(node: ast.expr) -> dict[str, float] | None:
    """How many times each name is added, and under an empty name, what is added to all; None where it is no sum."""
    match node:
        case ast.Name(id=name) | ast.Constant(value=str(name)):
            return {name: 1.0}
        case ast.Constant(value=value):
            return {"": float(str(value))}
        case ast.UnaryOp(operand=operand):
            return _times(_weights(operand), -1.0)
        case ast.BinOp(op=ast.Add() | ast.Sub() as op, left=left, right=right):
            one, other = _weights(left), _times(_weights(right), 1.0 if isinstance(op, ast.Add) else -1.0)
            if one is None or other is None:
                return None
            return {name: one.get(name, 0.0) + other.get(name, 0.0) for name in (*one, *other)}
        case ast.BinOp(op=ast.Mult(), left=left, right=right):
            one, other = _weights(left), _weights(right)
            if one is None or other is None or ({*one} - {""} and {*other} - {""}):
                return None
            return _times(one, other.get("", 0.0)) if not {*other} - {""} else _times(other, one.get("", 0.0))
        case ast.BinOp(op=ast.Div(), left=left, right=right):
            one, other = _weights(left), _weights(right)
            if other is None or {*other} - {""} or not other.get("", 0.0):
                return None
            return _times(one, 1.0 / other[""])
    return None


def _times(weights: dict[str, float] | None, by: float) -> dict[str, float] | None:
    return None if weights is None else {name: by * weight for name, weight in weights.items()}


def _value(node: ast.expr, known: Mapping[str, npt.NDArray[np.float64]]) -> npt.NDArray[np.float64]:
    match node:
        case ast.Name(id=name) | ast.Constant(value=str(name)):
            return known[name]
        case ast.Constant(value=value):
            return np.asarray(float(str(value)))
        case ast.UnaryOp(operand=operand):
            return -_value(operand, known)
        case ast.BinOp(op=op, left=left, right=right):
            return _OPERATORS[type(op)](_value(left, known), _value(right, known))
        case ast.Call(func=ast.Name(id=name), args=[one, other]):
            return _FUNCTIONS[name](_value(one, known), _value(other, known))
    raise AssertionError(node)
