"""Rules between the columns of a row, of a row and its parent's, and of a row and the one before; as texts, and back.

- a formula: `amount = payments * duration`, `total = price + fee`
- an order: `opened <= closed`; or with a parent's column, `account.date <= date`
- an equality: `payments = one of order.amount`, a number that stands in another table's row of the same parent, or
  in the parent
- transitions: `status: new -> paid, new -> late, late -> paid`, what a status may be in the row after; others never are
- a ratio: `amount per pieces`, an amount that is learned and drawn per piece
- a running number: `stock = previous stock + bought`, or with a column that says whether an amount comes or goes,
  `balance = previous balance + amount if type = 'in' else - amount`
"""

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

_NAME = r'"[^"]+"|[^\s"*+=<>,()]+'
_TEXT = r"'(?:[^']|'')*'"
_FORMULA = re.compile(rf"\s*({_NAME})\s*=\s*({_NAME})\s*([*+])\s*({_NAME})\s*")
_ORDER = re.compile(rf"\s*({_NAME})\s*<=\s*({_NAME})\s*")
_ONE_OF = re.compile(rf"\s*({_NAME})\s*=\s*one\s+of\s+({_NAME})\s*")
_RATIO = re.compile(rf"\s*({_NAME})\s+per\s+({_NAME})\s*")
_LEVEL = r"(?:'(?:[^']|'')*'|[^\s,'\">]+)"
_TRANSITIONS = re.compile(rf"\s*({_NAME}?)\s*:\s*({_LEVEL}\s*->\s*{_LEVEL}(?:\s*,\s*{_LEVEL}\s*->\s*{_LEVEL})*)\s*")
_RUNNING = re.compile(
    rf"\s*({_NAME})\s*=\s*previous\s+({_NAME})\s*([+-])\s+({_NAME})"
    rf"(?:\s+if\s+({_NAME})\s*(?:=\s*({_TEXT})|in\s*\(\s*({_TEXT}(?:\s*,\s*{_TEXT})*)\s*\))\s+else\s+([+-])\s+({_NAME}))?\s*"
)


@dataclass(frozen=True)
class Formula:
    """`target` is `left` times or plus `right`; `operator` is "*" or "+"."""

    target: str
    left: str
    operator: str
    right: str

    def __str__(self) -> str:
        return f"{_quoted(self.target)} = {_quoted(self.left)} {self.operator} {_quoted(self.right)}"

    def compute(self, left: Array, right: Array) -> Array:
        """The target's numbers, NaN where one of the others is missing; all of shape (rows,)."""
        out: Array = left * right if self.operator == "*" else left + right
        return out


@dataclass(frozen=True)
class Order:
    """`low` is never more than `high`; one of them may be a column of a parent, as "table.column"."""

    low: str
    high: str

    def __str__(self) -> str:
        return f"{_quoted(self.low)} <= {_quoted(self.high)}"


@dataclass(frozen=True)
class Ratio:
    """`target` goes with `base`: what is learned and drawn is how much of it there is for each of `base`."""

    target: str
    base: str

    def __str__(self) -> str:
        return f"{_quoted(self.target)} per {_quoted(self.base)}"


@dataclass(frozen=True)
class OneOf:
    """`target` is what `column` is in one of the rows in `table` that have the same parent, or in the parent."""

    target: str
    table: str
    column: str

    def __str__(self) -> str:
        return f"{_quoted(self.target)} = one of {_quoted(f'{self.table}.{self.column}')}"


@dataclass(frozen=True)
class Transitions:
    """`target` goes from row to row of a parent by these pairs of levels alone; levels not named are free."""

    target: str
    pairs: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        shown = (f"{_level(before)} -> {_level(after)}" for before, after in self.pairs)
        return f"{_quoted(self.target)}: {', '.join(shown)}"


@dataclass(frozen=True)
class Running:
    """`target` is what it was in the row before of the same parent, plus or minus `amount`.

    Attributes:
        by, plus: `amount` is added in rows in which the column `by` holds one of the texts `plus`, and subtracted in
            the others; without `by`, in all rows it is added, or subtracted where `sign` is -1.
    """

    target: str
    amount: str
    by: str | None = None
    plus: tuple[str, ...] = ()
    sign: int = 1

    def __str__(self) -> str:
        amount = _quoted(self.amount)
        text = f"{_quoted(self.target)} = previous {_quoted(self.target)} {'+' if self.sign > 0 else '-'} {amount}"
        if self.by is None:
            return text
        shown = ", ".join("'" + level.replace("'", "''") + "'" for level in self.plus)
        how = f"= {shown}" if len(self.plus) == 1 else f"in ({shown})"
        return f"{text} if {_quoted(self.by)} {how} else {'-' if self.sign > 0 else '+'} {amount}"

    def signs(self, levels: Array) -> npt.NDArray[np.float64]:
        """1 where the amount is added and -1 where it is subtracted, by what `by` holds; both of shape (rows,)."""
        return np.where(np.isin(levels, self.plus) | (self.by is None), 1.0, -1.0) * self.sign


Rule = Formula | Order | Ratio | OneOf | Transitions | Running


def parse_rule(text: str) -> Rule:
    """The rule that a text says; names with blanks in double quotes, values in single ones.

    Raises `ValueError` where it says none.

    >>> parse_rule("amount = payments * duration")
    Formula(target='amount', left='payments', operator='*', right='duration')
    >>> parse_rule("account.date <= date")
    Order(low='account.date', high='date')
    >>> parse_rule("balance = previous balance + amount if type in ('in', 'back') else - amount").plus
    ('in', 'back')
    """
    if found := _FORMULA.fullmatch(text):
        target, left, operator, right = (part.strip('"') for part in found.groups())
        if target in (left, right):
            raise ValueError(f"rule {text!r} says of {target!r} what it is by itself; name two other columns")
        return Formula(target, left, operator, right)
    if found := _ORDER.fullmatch(text):
        low, high = (part.strip('"') for part in found.groups())
        if low == high:
            raise ValueError(f"rule {text!r} compares {low!r} with itself; name two columns")
        return Order(low, high)
    if found := _ONE_OF.fullmatch(text):
        target, source = (part.strip('"') for part in found.groups())
        table, _, column = source.rpartition(".")
        if not table:
            raise ValueError(
                f"rule {text!r} asks for {source!r}; a column of another table is accepted, as order.amount"
            )
        return OneOf(target, table, column)
    if found := _TRANSITIONS.fullmatch(text):
        levels = [_read_level(level) for level in re.findall(_LEVEL, found[2].replace("->", " "))]
        return Transitions(found[1].strip('"'), tuple(zip(levels[::2], levels[1::2], strict=True)))
    if found := _RATIO.fullmatch(text):
        target, base = (part.strip('"') for part in found.groups())
        if target == base:
            raise ValueError(f"rule {text!r} measures {target!r} by itself; name two columns")
        return Ratio(target, base)
    if found := _RUNNING.fullmatch(text):
        return _running(text, *found.groups())
    raise ValueError(
        f"rule {text!r} can't be read; accepted are a sum or a product (amount = payments * duration), an order "
        "(opened <= closed, account.date <= date), an equality (payments = one of order.amount), a ratio (amount per "
        "pieces), transitions (status: new -> paid, new -> late) and a running number (balance = previous balance + "
        "amount if type = 'in' else - amount)"
    )


def _running(text: str, *groups: str | None) -> Running:
    target, again, sign, amount, by, one, several, other, repeated = groups
    names = [name.strip('"') for name in (target, again, amount, repeated or amount) if name]
    if names[0] != names[1] or names[2] != names[3] or names[0] == names[2] or (other is not None and other == sign):
        raise ValueError(
            f"rule {text!r} can't be read; a running number is said so: balance = previous balance + amount if "
            "type = 'in' else - amount"
        )
    levels = tuple(level[1:-1].replace("''", "'") for level in re.findall(_TEXT, one or several or ""))
    return Running(names[0], names[2], by and by.strip('"'), levels, 1 if sign == "+" else -1)


def _level(text: str) -> str:
    return text if re.fullmatch(r"\w+", text) else "'" + text.replace("'", "''") + "'"


def _read_level(text: str) -> str:
    return text[1:-1].replace("''", "'") if text.startswith("'") else text


def _quoted(name: str) -> str:
    return name if re.fullmatch(_NAME, name) and '"' not in name else f'"{name}"'
