"""Linkability: whether two halves of a customer's record, held by two parties, meet in the same released rows.

The second risk of the Article 29 Working Party's opinion 05/2014 (WP 216), as a game (Giomi et al. 2023).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from twinfold.privacy.neighbours import Points

if TYPE_CHECKING:
    import numpy.typing as npt

    Booleans = npt.NDArray[np.bool_]

_SLACK = 1e-5  # sums of float32 differ in their last digits


@dataclass(frozen=True)
class Links:
    """Of each customer, shape (customers,): whether the two halves were `linked`, and the `chance` of it had each half
    led to as many rows drawn at random."""

    linked: Booleans
    chance: npt.NDArray[np.float64]


def link(halves: tuple[Points, Points], released: tuple[Points, Points], *, most: int = 5) -> Links:
    """Link two halves of customers' records through the released rows nearest to each.

    Each half leads to the rows whose distance is that of the `most`-th nearest or less: rows as near as each other
    can't be told apart, so all of them. The halves are linked where both lead to at least one and at most `most` rows.

    Args:
        halves: of the same customers, the columns that one party knows and those that the other does.
        released: the same columns of the release.
        most: 5: fewer miss rows that were changed a little, more are shared by chance.

    The distances of all rows are measured: customers x rows x columns steps.
    """
    from scipy.stats import poisson

    columns = [_by_column(half) for half in released]
    rows = len(released[0])
    linked, expected = np.zeros(len(halves[0]), bool), np.zeros(len(halves[0]))
    for i in range(len(halves[0])):
        one, other = (_reached(half, i, *side, most) for half, side in zip(halves, columns, strict=True))
        linked[i] = 1 <= int((one & other).sum()) <= most
        expected[i] = float(one.sum()) * float(other.sum()) / rows
    return Links(linked, poisson.cdf(most, expected) - poisson.cdf(0, expected))


def _by_column(points: Points) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    return np.ascontiguousarray(points.numbers.T), np.ascontiguousarray(points.categories.T)


def _reached(
    points: Points, i: int, numbers: npt.NDArray[np.float32], categories: npt.NDArray[np.float32], most: int
) -> Booleans:
    """Which rows are no farther from a point than its `most`-th nearest."""
    distance = np.abs(numbers - points.numbers[i][:, None]).sum(0)
    distance = distance + (categories != points.categories[i][:, None]).sum(0, dtype=np.float32)
    last = min(most, len(distance)) - 1
    reached: Booleans = distance <= np.partition(distance, last)[last] + _SLACK
    return reached
