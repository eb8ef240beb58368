"""Why a synthetic customer is as it is: for each value how likely it was, and which values before it made it so."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from twinfold.errors import DataError, OptionError
from twinfold.protocols import Codes
from twinfold.synthesis.calibration import CalibratedModel, uncalibrated
from twinfold.synthesis.encoding.category import CategoryEncoding
from twinfold.synthesis.encoding.filled import FilledEncoding
from twinfold.synthesis.encoding.number import NumberEncoding
from twinfold.synthesis.engines.attribution import Attribution, attribute
from twinfold.synthesis.engines.pooled_trees import PooledTrees
from twinfold.synthesis.engines.trees import TreesModel
from twinfold.synthesis.leaves import as_bins
from twinfold.synthesis.observation import observe
from twinfold.synthesis.ranges import NumberRange
from twinfold.synthesis.synthesizer import Synthesizer
from twinfold.tables.values import format_value, to_numbers, to_values

Array = npt.NDArray[Any]

LEAST_CAUSE, MOST_CAUSES = 0.1, 4
"""What a column must add to a probability, up or down, as a part of the largest such sum, to be told in words, and how
many are told."""

NEAR = 0.1
"""The share of customers whose numbers count as about the same as a number."""


@dataclass(frozen=True)
class Cause:
    """A column drawn before, and what the row holds there: `added` to the probability of the value explained."""

    column: str
    where: str
    added: float

    def text(self) -> str:
        """The cause in a few words."""
        return f"{100 * self.added:+.1f} for {self.column} {self.where}"


@dataclass(frozen=True)
class Reason:
    """Why one column of a row is as it is.

    Attributes:
        column, value: what the row holds.
        among: the values that are looked at: the level itself, or a range about a number.
        probability: how likely these are for a customer with the same values in the columns drawn before; NaN where the
            row holds what was never learned.
        usual: how likely they are for a customer of whom nothing is known.
        causes: what the columns drawn before add to that, up or down, the largest first; together they lead from the
            usual probability to this one. Of a value that one column fixes, only that one.
        fixed: whether the first cause fixes the column, as a level of education does its number.
    """

    column: str
    value: str
    among: str
    probability: float
    usual: float
    causes: tuple[Cause, ...] = ()
    fixed: bool = False

    def text(self) -> str:
        """The reason in one plain sentence."""
        said = f"{self.column} = {self.value}:"
        if np.isnan(self.probability):
            return f"{said} the model never learned this value."
        if self.fixed:
            how = "fixed by" if self.probability else "never drawn with"
            return f"{said} {how} {self.causes[0].column} {self.causes[0].where}."
        if not self.causes:
            return f"{said} {self.usual:.1%} of all customers have {self.column} {self.among}."
        held = f"{said} {self.probability:.1%} of customers drawn alike so far have {self.column} {self.among}"
        most = abs(self.causes[0].added)
        if most < min(0.01, 0.1 * max(self.probability, self.usual)):
            return f"{held}, about as many as of all."
        told = [cause.text() for cause in self.causes[:MOST_CAUSES] if abs(cause.added) >= LEAST_CAUSE * most]
        return f"{held}, {self.usual:.1%} of all; in percentage points, {', '.join(told)}."


@dataclass(frozen=True)
class Explanation:
    """Why one synthetic row is as it is: its columns in the order in which they were drawn.

    `row` counts from 1. `kept` is how likely calibration keeps such a row once it is drawn, 1 as likely as the average.
    """

    row: int
    reasons: tuple[Reason, ...]
    kept: float

    def text(self) -> str:
        """The explanation in plain lines."""
        kept = f"Rows like it are kept {self.kept:.2f} times as often as the average row that is drawn."
        lines = [f"Row {self.row}, column by column as it was drawn", *(reason.text() for reason in self.reasons), kept]
        return "\n  ".join(lines)

    def json(self) -> dict[str, Any]:
        """The explanation as plain values for `json.dump`."""
        return {
            "row": self.row,
            "kept": self.kept,
            "columns": [
                {
                    "column": reason.column,
                    "value": reason.value,
                    "among": reason.among,
                    "probability": None if np.isnan(reason.probability) else reason.probability,
                    "usual": None if np.isnan(reason.usual) else reason.usual,
                    "fixed": reason.fixed,
                    "causes": [vars(cause) for cause in reason.causes],
                }
                for reason in self.reasons
            ],
        }


def explain_rows(synthesizer: Synthesizer, frame: pl.DataFrame) -> Iterator[Explanation]:
    """Explain rows, stored as the model's table is, one by one; see `twinfold.explain`.

    Raises:
        OptionError: the model is not one of trees.
        DataError: a learned column is not there.
    """
    model = synthesizer.model
    base = uncalibrated(model)
    if isinstance(base, PooledTrees):
        raise OptionError(
            "trees that began with an older model can't be explained yet; give a model that was fitted anew"
        )
    if not isinstance(base, TreesModel):
        raise OptionError(
            f"this model was learned by the engine {synthesizer.engine!r}, which has no branches to read; "
            "give one that fit made with --engine trees"
        )
    absent = [name for name in synthesizer.codebook.learned if name not in frame.columns]
    if absent:
        raise DataError(f"column {absent[0]!r} is not in the data; an explanation needs every learned column")
    words = _Words(synthesizer, base)
    seen = observe(synthesizer.codebook, frame)
    kept = np.ones(frame.height)
    if isinstance(model, CalibratedModel):
        kept = model.acceptance.weights(as_bins(model.acceptance.columns, seen.codes))
    values = [words.values(name, frame[name]) for name in synthesizer.codebook.learned]
    for row in range(frame.height):
        known = seen.known[:, row] & ~seen.beyond[:, row]
        reasons = [words.reason(j, values[j][row], seen.codes[:, row], known=bool(known[j])) for j in base.order]
        yield Explanation(row + 1, tuple(reasons), float(kept[row]))


class _Words:
    """A model of trees, and how its codes are said."""

    def __init__(self, synthesizer: Synthesizer, base: TreesModel) -> None:
        self.base, self.codebook = base, synthesizer.codebook
        self.names = self.codebook.learned

    def values(self, name: str, series: pl.Series) -> list[str]:
        """The values of a stored column as people write them."""
        column, held = self.codebook.table[name], to_values(series, self.codebook.table[name])
        if isinstance(self.codebook.encodings[name], NumberEncoding):
            return [format_value(number, column) for number in to_numbers(held)]
        return ["(missing)" if value is None else format_value(value, column) for value in held]

    def reason(self, j: int, value: str, codes: Codes, *, known: bool) -> Reason:
        """Why a row of `codes`, (columns,), holds a value in column j."""
        name = self.names[j]
        if not known:
            return Reason(name, value, f"= {value}", float("nan"), float("nan"))
        low, high, among = self._near(j, int(codes[j]))
        found = attribute(self.base, j, codes, low, high)
        order = [int(i) for i in np.argsort(-np.abs(found.added), kind="stable") if found.added[i]]
        order = [found.fixed] if found.fixed is not None else order
        causes = tuple(Cause(self.names[i], self._where(i, int(codes[i]), found), float(found.added[i])) for i in order)
        return Reason(name, value, among, found.probability, found.usual, causes, found.fixed is not None)

    def _near(self, j: int, code: int) -> tuple[int, int, str]:
        """The codes that are about the same as one, from the first to the last, and how they are said."""
        encoding = self.codebook.encodings[self.names[j]]
        if not isinstance(encoding, NumberEncoding) or code == encoding.missing:
            return code, code, self._level(j, code)
        near = NumberRange.around(encoding, code, NEAR)
        return near.first, near.last, near.said(self.codebook.table[self.names[j]])

    def _where(self, i: int, code: int, found: Attribution) -> str:
        """What the row holds in a column before: a level, or the range that trees take for the same."""
        encoding = self.codebook.encodings[self.names[i]]
        if not isinstance(encoding, NumberEncoding) or code == encoding.missing:
            return self._level(i, code)
        last = min(int(found.high[i]), encoding.cardinality - 1 - encoding.has_missing)
        whole = NumberRange.between(encoding, min(int(found.low[i]), code), max(last, code), NEAR)
        if np.isinf([whole.low, whole.high]).all():
            return self._near(i, code)[2]
        return whole.said(self.codebook.table[self.names[i]])

    def _level(self, j: int, code: int) -> str:
        name = self.names[j]
        encoding = self.codebook.encodings[name]
        if code == self.base.columns[j].missing:
            return "= (missing)"
        if isinstance(encoding, CategoryEncoding) and code < len(encoding.levels):
            return f"= {format_value(encoding.levels[code], self.codebook.table[name])}"
        return "that is not missing" if isinstance(encoding, FilledEncoding) else "that is rare"
