"""Parity between groups, reached by moving as little as can be.

Of all distributions in which the favourable outcome is as frequent in every group, and groups and outcomes keep their
shares, the one of least relative entropy to a given one (the information projection: Csiszár 1975, "I-divergence
geometry of probability distributions and minimization problems") changes the shares of group and outcome alone. Given
both, every other column stays as it is: what it adds to the relative entropy is never negative, and is zero so. Rows
of a cell then count in proportion to its new share (reweighing: Kamiran and Calders 2012, "Data preprocessing
techniques for classification without discrimination").
"""

from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

_HALVINGS = 60


def project(shares: Floats, gap: float) -> Floats:
    """The nearest shares whose groups' rates lie within a gap of each other.

    Args:
        shares: shape (groups, 2), how much of all is in each group with the favourable and with another outcome; all
            above zero.
        gap: how far the highest rate of the favourable outcome may lie above the lowest, from 0 to 1.

    Returns:
        Shares of the same shape, with the same sums over groups and over outcomes.

    >>> project(np.array([[0.3, 0.3], [0.1, 0.3]]), 0.0).round(3).tolist()
    [[0.24, 0.36], [0.16, 0.24]]
    """
    size = shares.sum(1)
    rate, mean = shares[:, 0] / size, float(shares[:, 0].sum() / size.sum())
    if np.ptp(rate) <= gap:
        return shares
    floor = _least(lambda low: _divergence(_within(rate, size, mean, low, low + gap), rate, size), mean, gap)
    moved = _within(rate, size, mean, floor, floor + gap)
    near: Floats = np.column_stack([moved, 1 - moved]) * size[:, None]
    return near


def relative_entropy(moved: Floats, shares: Floats) -> float:
    """How far shares moved, in nats: the mean log ratio of the new to the old, under the new."""
    some = moved > 0
    return float((moved[some] * np.log(moved[some] / shares[some])).sum())


def _least(distance: Any, mean: float, gap: float) -> float:
    """The lowest rate at which the distance, which is convex in it, is least: by thirds of what is possible."""
    low, high = max(0.0, mean - gap), min(mean, 1 - gap)
    for _ in range(_HALVINGS):
        first, second = low + (high - low) / 3, high - (high - low) / 3
        low, high = (low, second) if distance(first) <= distance(second) else (first, high)
    return (low + high) / 2


def _within(rate: Floats, size: Floats, mean: float, low: float, high: float) -> Floats:
    """The nearest rates between two bounds that have a mean: all log odds move alike, and are held at the bounds."""
    odds = np.log(rate) - np.log1p(-rate)
    least, most = -50.0, 50.0
    for _ in range(_HALVINGS):
        shift = (least + most) / 2
        moved: Floats = (1 / (1 + np.exp(-odds - shift))).clip(low, high)
        least, most = (shift, most) if moved @ size < mean * size.sum() else (least, shift)
    return moved


def _divergence(moved: Floats, rate: Floats, size: Floats) -> float:
    """The relative entropy of rates to others, of each group by its size."""
    old, new = (np.column_stack([each, 1 - each]) * size[:, None] for each in (rate, moved))
    return relative_entropy(new, old)
