"""Where in a wide bin a number lies, given others: of large orders the largest cost the most, and come from those who
ordered much before.

A bin of large numbers is wide, and trees know only that a number lies in it. So the place among a bin's numbers is
drawn given others: the row's numbers drawn before, the last one's and the mean so far. Normal scores of the places are
regressed on their logarithms, within bins (a Gaussian copula inside a bin; Nelsen 2006, "An introduction to copulas").
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri

from twinfold.synthesis.encoding.number import NumberEncoding

Array = npt.NDArray[Any]

LEAST_ROWS, MOST_CODES, COVERED = 20, 24, 0.98
"""Rows that a bin must hold, bins at most, and how much of what lies in bins they must cover, by variance."""

LEAST_WEIGHT, RIDGE, MOST = 0.2, 10.0, 4.0
"""The least weight, in any bin, of a number that helps, rows by which weights are shrunk, and spreads that a number may
lie off its mean."""


@dataclass(frozen=True)
class Positions:
    """How the place of one column's numbers in their bins follows from others.

    Attributes:
        guides: the names of the others.
        scales: what each is divided by before the logarithm, (guides,).
        codes: the bins of which this is known, in order.
        means, spreads, weights: of the guides within each bin, (bins, guides); the rest of the score is chance.
    """

    guides: tuple[str, ...]
    scales: Array
    codes: Array
    means: Array
    spreads: Array
    weights: Array

    def draw(self, codes: Array, numbers: Mapping[str, Array], rng: np.random.Generator) -> npt.NDArray[np.float64]:
        """Places from 0 to 1 of rows, NaN where nothing is known of a bin.

        Args:
            codes: of the rows, (rows,).
            numbers: of the guides, NaN where missing, (rows,) each.
            rng: the rest of chance.
        """
        out = np.full(len(codes), np.nan)
        place = np.searchsorted(self.codes, codes).clip(0, len(self.codes) - 1)
        here = np.flatnonzero(self.codes[place] == codes)
        if len(here):
            bins = place[here]
            logs = np.stack([_log(numbers[g][here], s) for g, s in zip(self.guides, self.scales, strict=True)], axis=1)
            scores = np.nan_to_num((logs - self.means[bins]) / self.spreads[bins]).clip(-MOST, MOST)
            said = (scores * self.weights[bins]).sum(axis=1)
            left = np.sqrt((1 - (self.weights**2).sum(axis=1)).clip(0))[bins]
            out[here] = ndtr(said + left * rng.standard_normal(len(here)))
        return out

    def state(self) -> dict[str, Array]:
        """Everything learned but the guides' names, as plain arrays."""
        return {name: getattr(self, name) for name in _ARRAYS}

    @classmethod
    def restored(cls, guides: tuple[str, ...], arrays: Mapping[str, Array]) -> Self:
        """The positions with such arrays from a model file. Raises `KeyError` or `ValueError` where these are none."""
        made = cls(guides, **{name: np.asarray(arrays[name], dtype) for name, dtype in _ARRAYS.items()})
        n, k = len(guides), len(made.codes)
        shapes = {"scales": (n,), "codes": (k,), "means": (k, n), "spreads": (k, n), "weights": (k, n)}
        sound = all(getattr(made, name).shape == shape for name, shape in shapes.items())
        sound = sound and n > 0 and k > 0 and all(np.isfinite(getattr(made, name)).all() for name in _ARRAYS)
        if not sound or (made.scales <= 0).any() or (made.spreads <= 0).any() or (np.diff(made.codes) <= 0).any():
            raise ValueError("positions that don't fit together")
        return made


_ARRAYS: dict[str, Any] = {
    "scales": np.float64,
    "codes": np.int64,
    "means": np.float64,
    "spreads": np.float64,
    "weights": np.float64,
}


def learn_positions(encoding: NumberEncoding, values: Array, guides: Mapping[str, Array]) -> Positions | None:
    """Learn where values lie in their bins, given guides; None where these say nothing.

    `values`, `guides`: NaN where missing, (rows,) each.
    """
    codes = encoding.encode(values).astype(np.int64)
    rare = ~np.isnan(values) & ~np.isin(values, encoding.piece_low[encoding.exact])
    wide = _widest(codes[rare], values[rare])
    rows = np.flatnonzero(rare & np.isin(codes, wide))
    if not len(wide) or not len(rows) or not guides:
        return None
    codes, values = codes[rows], values[rows]
    names = tuple(guides)
    own = [guides[name][rows] for name in names]
    scales = np.array([max(float(np.nanmedian(np.abs(g))) if (~np.isnan(g)).any() else 1.0, 1e-9) for g in own])
    logs = np.stack([_log(g, s) for g, s in zip(own, scales, strict=True)], axis=1)
    place = np.searchsorted(wide, codes)
    means, spreads, targets = np.zeros((len(wide), len(names))), np.ones((len(wide), len(names))), np.empty(len(rows))
    for k in range(len(wide)):
        mine = np.flatnonzero(place == k)
        ranks = np.argsort(np.argsort(values[mine] + 0.0, kind="stable"), kind="stable")
        targets[mine] = ndtri((ranks + 0.5) / len(mine))
        for j in range(len(names)):
            known = logs[mine, j][~np.isnan(logs[mine, j])]
            if len(known) >= LEAST_ROWS // 2 and known.std() > 1e-6:
                means[k, j], spreads[k, j] = known.mean(), known.std()
    scores = np.nan_to_num((logs - means[place]) / spreads[place]).clip(-MOST, MOST)
    kept = list(range(len(names)))
    weights = np.zeros((len(wide), 0))
    while kept:
        weights = np.stack([_regress(scores[place == k][:, kept], targets[place == k]) for k in range(len(wide))])
        most = np.abs(weights).max(axis=0)
        if most.min() >= LEAST_WEIGHT:
            break
        kept.pop(int(most.argmin()))
    if not kept:
        return None
    return Positions(tuple(names[j] for j in kept), scales[kept], wide, means[:, kept], spreads[:, kept], weights)


def _regress(scores: Array, targets: Array) -> npt.NDArray[np.float64]:
    """The weights of scores, (rows, guides), that say the most of targets, (rows,), both with spread 1."""
    weights = np.linalg.solve(scores.T @ scores + RIDGE * np.eye(scores.shape[1]), scores.T @ targets)
    return np.asarray(weights * min(1.0, 0.98 / max(float(np.sqrt(weights @ weights)), 1e-9)))


def _widest(codes: Array, values: Array) -> npt.NDArray[np.int64]:
    """The codes whose numbers differ the most, those of enough rows."""
    found, place, counts = np.unique(codes, return_inverse=True, return_counts=True)
    total = np.bincount(place, values, minlength=len(found)) / np.maximum(counts, 1)
    spread = np.bincount(place, (values - total[place]) ** 2, minlength=len(found))
    order = np.argsort(-spread, kind="stable")
    covered = np.cumsum(spread[order]) / max(float(spread.sum()), 1e-300)
    most = order[: int(np.searchsorted(covered, COVERED)) + 1][:MOST_CODES]
    return np.sort(found[most][(counts[most] >= LEAST_ROWS) & (spread[most] > 0)])


def _log(values: Array, scale: float) -> npt.NDArray[np.float64]:
    return np.asarray(np.arcsinh(values / scale))
