"""Formulas that hold in part of a history's rows: a total that is most often the price and the fee."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from twinfold.synthesis.encoding.codebook import Codebook
from twinfold.synthesis.encoding.number import NumberEncoding
from twinfold.synthesis.following import or_else
from twinfold.synthesis.past import Past, Rows
from twinfold.tables.rules import Formula
from twinfold.tables.values import decimals_of

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class FormulaColumn:
    """A number among codes that is the sum or the product of two others in as many rows as it really was.

    Attributes:
        rule: what is said of it.
        decimals: digits after the decimal point.
    """

    rule: Formula
    decimals: int

    @property
    def target(self) -> str:
        """The column that follows."""
        return self.rule.target

    @classmethod
    def of(cls, rule: Formula, codebook: Codebook) -> "FormulaColumn | None":
        """The column that a formula says; None where one of its columns was not learned well enough."""
        for name in (rule.target, rule.left, rule.right):
            if not isinstance(codebook.encodings.get(name), NumberEncoding) or name not in codebook.learned:
                return None
        return cls(rule, decimals_of(next(column for column in codebook.table if column.name == rule.target)))

    def among(self, _parents: Array) -> Self:
        """The column for some of the parents: the same."""
        return self

    def must(self, _past: Past | None) -> bool:
        """Never: what holds in every row is computed, and not learned."""
        return False

    def value(self, rows: Rows, _past: Past | None) -> npt.NDArray[np.float64]:
        """What rows hold by the formula, (rows,)."""
        return or_else(self._computed(rows), rows.numbers[self.target])

    def goes_on(self, rows: Rows, _past: Past | None) -> npt.NDArray[np.bool_]:
        """In which real rows the formula holds; (rows,)."""
        with np.errstate(invalid="ignore"):
            off = np.abs(self._computed(rows) - rows.numbers[self.target])
        return np.asarray(off <= 0.5 * 10.0**-self.decimals + 1e-9)

    def _computed(self, rows: Rows) -> npt.NDArray[np.float64]:
        made = self.rule.compute(rows.numbers[self.rule.left], rows.numbers[self.rule.right])
        return np.asarray(np.round(made, self.decimals) + 0.0)
