"""Acceptance: which of the rows that are drawn are kept, by a tilt and by quotas."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from twinfold.protocols import CodeColumn, Codes
from twinfold.synthesis.leaves import as_bins, bin_sizes
from twinfold.synthesis.named_arrays import put_under, take_from
from twinfold.synthesis.quotas import Quotas, Selection
from twinfold.synthesis.tilt import Tilt

Array = npt.NDArray[Any]

LEAST_WEIGHT, MOST_WEIGHT = 0.05, 1.8
"""How many times the mean weight a row weighs at least, and at most, so that half of the rows drawn are kept."""


@dataclass(frozen=True)
class Acceptance:
    """A tilt, whose `scale` is the log of its mean over drawn rows, a weight of one; and quotas; over such columns."""

    columns: tuple[CodeColumn, ...]
    tilt: Tilt
    scale: float
    quotas: Quotas

    def weights(self, bins: Array) -> npt.NDArray[np.float64]:
        """How likely rows of `bins`, (rows, columns), are among real ones, against drawn ones; (rows,)."""
        return tilt_weights(self.tilt, self.scale, bins)

    def begin(self, n: int) -> Selection:
        """A selection of n rows, of which none is chosen yet."""
        return Selection(self.quotas, n)

    def choose(self, selection: Selection, codes: Codes, rng: np.random.Generator) -> npt.NDArray[np.int64]:
        """The places of the drawn rows, codes of shape (columns, rows), that are kept."""
        bins = as_bins(self.columns, codes)
        return selection.choose(codes, bins, self.weights(bins) / MOST_WEIGHT, rng)

    def arrays(self) -> dict[str, Array]:
        """Everything learned, as plain arrays."""
        tilt = self.tilt.arrays() | {"scale": np.array([self.scale])}
        return put_under("tilt", tilt) | put_under("quotas", self.quotas.arrays())

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array], columns: Sequence[CodeColumn]) -> Self:
        """The acceptance that `arrays` came from. Raises `KeyError`, `ValueError`, `IndexError` or `TypeError`."""
        tilt, sizes = take_from("tilt", arrays), bin_sizes(columns)
        scale = float(tilt["scale"][0])
        if not abs(scale) <= 100:
            raise ValueError("a scale out of bounds")
        quotas = Quotas.from_arrays(take_from("quotas", arrays), columns, sizes)
        return cls(tuple(columns), Tilt.from_arrays(tilt, sizes), scale, quotas)


def tilt_weights(tilt: Tilt, scale: float, bins: Array) -> npt.NDArray[np.float64]:
    """How likely rows of `bins`, (rows, columns), are among real ones, against drawn ones; (rows,)."""
    weights: npt.NDArray[np.float64] = np.exp(tilt.scores(bins) - scale)
    return np.clip(weights, LEAST_WEIGHT, MOST_WEIGHT)


def tilt_scale(scores: Array) -> float:
    """The log of the mean of exp(scores), each at most `MOST_WEIGHT` times that mean."""
    scale = float(np.log(np.exp(scores).mean()))
    for _ in range(20):
        scale = float(np.log(np.exp(np.minimum(scores, scale + np.log(MOST_WEIGHT))).mean()))
    return scale
