"""Running numbers of a history: a balance that goes on from the row before by what came in or went out."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import polars as pl

from twinfold.synthesis.encoding.category import CategoryEncoding
from twinfold.synthesis.encoding.codebook import Codebook
from twinfold.synthesis.encoding.number import NumberEncoding
from twinfold.synthesis.past import Past, Rows
from twinfold.tables.rules import Running
from twinfold.tables.values import decimals_of

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class RunningColumn:
    """A running number among codes.

    Attributes:
        rule: what is said of it.
        always: whether every row after a parent's first goes on from the one before; else as many do as really did.
        decimals: digits after the decimal point.
        plus: for each code of the column that says so, 1 where an amount is added and -1 where it is subtracted.
    """

    rule: Running
    always: bool
    decimals: int
    plus: Array

    @property
    def target(self) -> str:
        """The running column."""
        return self.rule.target

    @classmethod
    def of(cls, rule: Running, codebook: Codebook, *, always: bool) -> "RunningColumn | None":
        """The running number that a rule says; None where a column of it was not learned well enough to keep it."""
        for name in (rule.target, rule.amount):
            if not isinstance(codebook.encodings.get(name), NumberEncoding) or name not in codebook.learned:
                return None
        plus = np.full(1, float(rule.sign))
        if rule.by is not None:
            by = codebook.encodings.get(rule.by)
            if not isinstance(by, CategoryEncoding) or rule.by not in codebook.learned:
                return None
            levels = by.decode(np.arange(by.cardinality), np.random.default_rng(0)).cast(pl.String)
            plus = rule.signs(np.array(levels.to_list(), object))
        column = next(column for column in codebook.table if column.name == rule.target)
        return cls(rule, always, decimals_of(column), plus)

    def among(self, _parents: Array) -> Self:
        """The column for some of the parents: the same."""
        return self

    def must(self, past: Past | None) -> bool:
        """Whether it goes on in all rows; a parent's first has nothing to go on from."""
        return self.always and past is not None

    def value(self, rows: Rows, past: Past | None) -> npt.NDArray[np.float64]:
        """What rows would hold if they went on from the past, or for first rows from nothing; (rows,)."""
        plus = self.plus[rows.codes[self.rule.by]] if self.rule.by is not None else self.plus[0]
        before = 0.0 if past is None else past.last[self.target]
        amount = np.nan_to_num(rows.numbers[self.rule.amount])
        return np.asarray(np.round(before + plus * amount, self.decimals) + 0.0)

    def goes_on(self, rows: Rows, past: Past | None) -> npt.NDArray[np.bool_]:
        """Which real rows go on from the past, or are taken to; (rows,)."""
        if self.must(past):
            return np.ones(len(rows), bool)
        with np.errstate(invalid="ignore"):
            off = np.abs(self.value(rows, past) - rows.numbers[self.target])
        return np.asarray(off <= 0.5 * 10.0**-self.decimals + 1e-6)
