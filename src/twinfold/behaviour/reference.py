"""The reference: what the learned rows were like, for new rows of which some columns say nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from twinfold.behaviour.design import Block, span_of
from twinfold.behaviour.estimates import check_array
from twinfold.behaviour.regression import Regression

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Ints = npt.NDArray[np.int64]
    Encoded = Sequence[npt.NDArray[np.float32]]

SAMPLED = 5_000
"""Learned rows, at most, whose scores are kept."""

LEAST_SAMPLED = 30
"""Sampled rows of a stratum that say what to expect of it; of fewer, all rows say it."""


@dataclass(frozen=True)
class Reference:
    """What the learned rows were like.

    Attributes:
        usual: the mean of each feature's columns in each stratum, (strata, columns of all features).
        sampled: of some rows the score, and what each feature adds to it beyond its stratum's mean,
            (rows, 1 + features); and `cells`, their strata, (rows,).
    """

    usual: Floats
    sampled: Floats
    cells: Ints

    @classmethod
    def learn(
        cls,
        regression: Regression,
        design: npt.NDArray[np.float32],
        blocks: Sequence[Block],
        encoded: Encoded,
        cells: Ints,
    ) -> Self:
        """The reference of learned rows: their design, their features, and their strata, (rows,)."""
        strata = int(cells.max()) + 1
        counts = np.maximum(np.bincount(cells, minlength=strata), 1)
        sums = [np.bincount(cells, column, minlength=strata) for block in encoded for column in block.T]
        usual = np.stack(sums, axis=1) / counts[:, None] if sums else np.zeros((strata, 0))
        rows = np.linspace(0, len(cells) - 1, min(len(cells), SAMPLED)).astype(np.int64)
        kept = [block[rows] for block in encoded]
        added = _added(regression, blocks, kept, usual[cells[rows]])
        sampled = np.stack([regression.score(design[rows]), *added], axis=1)
        return cls(usual, sampled, cells[rows])

    def set_aside(
        self,
        regression: Regression,
        blocks: Sequence[Block],
        encoded: list[npt.NDArray[np.float32]],
        cells: Ints,
        aside: npt.NDArray[np.bool_],
        gone: npt.NDArray[np.bool_],
    ) -> Floats:
        """Put the mean of each row's stratum in the place of some features, `aside`, (features,): what they would have
        added to the score, (rows,), those left out that are not there, `gone`, (features,)."""
        usual, lost = self.usual[cells], np.zeros(len(cells))
        added = _added(regression, blocks, encoded, usual)
        ends = np.cumsum([block.shape[1] for block in encoded])
        for number in np.flatnonzero(aside):
            lost += 0.0 if gone[number] else added[number]
            width = encoded[number].shape[1]
            encoded[number] = usual[:, ends[number] - width : ends[number]].astype(np.float32)
        return lost

    def spread(self, which: npt.NDArray[np.bool_]) -> float:
        """How far what some features, (features,), add to the score differs between learned rows of a stratum: a
        standard deviation."""
        return float((self.sampled[:, 1:] @ which).std()) if which.any() else 0.0

    def offsets(self, regression: Regression, aside: npt.NDArray[np.bool_]) -> Floats:
        """What to add to the score in each stratum where features are put to their mean, so that as much is expected of
        the learned rows as before, (strata,): the mean of a curve is not the curve of the mean."""
        out = np.zeros(len(self.usual))
        if not regression.binary or not aside.any():
            return out
        score = self.sampled[:, 0]
        means = np.stack([regression.expect(each) for each in (score, score - self.sampled[:, 1:] @ aside)])
        for cell in range(len(out)):
            own = self.cells == cell
            kept = means[:, own] if own.sum() >= LEAST_SAMPLED else means
            before, after = np.clip(kept.mean(axis=1), 1e-9, 1 - 1e-9)
            out[cell] = np.log(before / (1 - before)) - np.log(after / (1 - after))
        return out

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """What was learned, as plain arrays."""
        return {"usual": self.usual, "sampled": self.sampled, "sampled_cells": self.cells}

    @classmethod
    def restored(cls, arrays: Mapping[str, npt.NDArray[Any]], strata: int, features: Sequence[int]) -> Self:
        """The reference that arrays came from, of so many strata and of features of such widths.

        Raises `ValueError` or `KeyError`.
        """
        usual, sampled, cells = (arrays[name] for name in ("usual", "sampled", "sampled_cells"))
        check_array("usual", usual, (strata, sum(features)))
        check_array("sampled", sampled, (len(cells), 1 + len(features)))
        if cells.dtype != np.int64 or not len(cells) or not ((cells >= 0) & (cells < strata)).all():
            raise ValueError("sampled rows of no stratum")
        return cls(usual, sampled, cells)


def _added(regression: Regression, blocks: Sequence[Block], encoded: Encoded, usual: Floats) -> list[Floats]:
    """What each feature adds to the score beyond what is usual, (rows, columns of all features); (rows,) each."""
    out, begin = [], span_of(blocks, "feature 0").start if encoded else 0
    place = 0
    for block in encoded:
        own = slice(place, place + block.shape[1])
        out.append((block - usual[:, own]) @ regression.coefficients[begin + own.start : begin + own.stop])
        place = own.stop
    return out
