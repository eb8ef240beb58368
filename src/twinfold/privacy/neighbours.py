"""The nearest points of one set to each point of another, for rows of mixed columns.

Distances are Gower's (1971, "A general coefficient of similarity", without the division by the number of columns): the
sum over columns of |x - y| for numbers already brought to the unit range, and of 0 or 1 for categories.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from twinfold.protocols import Progress, silent

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float32]
    Rows = npt.NDArray[np.int64]

_CHUNK = 1024  # queries between two words about progress


@dataclass(frozen=True)
class Points:
    """Rows as points: `numbers` of shape (rows, numeric columns), scaled, and `categories` of shape (rows, categorical
    columns), codes from 0 to 2**24 held as floats. Neither holds a missing value: missing is a category, or an
    indicator among the numbers."""

    numbers: Floats
    categories: Floats

    def __post_init__(self) -> None:
        if len(self.numbers) != len(self.categories):
            raise ValueError(f"{len(self.numbers)} rows of numbers beside {len(self.categories)} rows of categories")

    def __len__(self) -> int:
        return len(self.numbers)

    def __getitem__(self, rows: Any) -> Points:
        return Points(self.numbers[rows], self.categories[rows])

    def flat(self) -> Floats:
        """All columns side by side, categories first: shape (rows, columns)."""
        return np.hstack([self.categories, self.numbers])

    def join(self, other: Points) -> Points:
        """These points, then the other ones."""
        return Points(
            np.concatenate([self.numbers, other.numbers]), np.concatenate([self.categories, other.categories])
        )


def nearest(
    points: Points, among: Points, *, skip_self: bool = False, progress: Progress = silent
) -> tuple[Floats, Rows]:
    """The distance of each of `points` to the nearest of `among`, and which row of it that is, both of shape (points,).

    Arguments and progress as in `neighbours`. Infinity and -1 where there is nothing to be near to.
    """
    distance, row = neighbours(points, among, 1, skip_self=skip_self, progress=progress)
    return distance[:, 0], row[:, 0]


def neighbours(
    points: Points, among: Points, k: int, *, skip_self: bool = False, progress: Progress = silent
) -> tuple[Floats, Rows]:
    """The distances of each of `points` to the k nearest of `among`, the nearest first, and which rows of it these are,
    both of shape (points, k).

    The searched rows stand in leaves of rows that are alike, each in its box of values: no row is nearer than its box,
    so that only leaves are searched whose boxes are nearer than what was found.

    Args:
        points, among: with the same columns.
        k: at least 1.
        skip_self: `points` and `among` are the same rows, and a row is no neighbour of itself.
        progress: told "measuring distances" from 0 to 1.

    Returns:
        Distances and rows; infinity and -1 where there are fewer than k.
    """
    distance, row = np.full((len(points), k), np.inf, np.float32), np.full((len(points), k), -1)
    if not len(among) or not len(points):
        return distance, row
    from twinfold.privacy.kernels import search

    asked, categories, leaves = points.flat(), among.categories.shape[1], _leaves(among)
    own = np.arange(len(points)) if skip_self else np.full(len(points), -1)
    for start in range(0, len(points), _CHUNK):
        part = slice(start, start + _CHUNK)
        distance[part], row[part] = search(asked[part], own[part], categories, k, *leaves)
        progress("measuring distances", min(1.0, (start + _CHUNK) / len(points)))
    return distance, row


def count_within(points: Points, among: Points, radius: Floats) -> Rows:
    """How many of `among` are no farther from each of `points` than its radius, both of shape (points,)."""
    from twinfold.privacy import kernels

    if not len(among):
        return np.zeros(len(points), np.int64)
    _, *leaves = _leaves(among)
    counts: Rows = kernels.count_within(points.flat(), radius, among.categories.shape[1], *leaves)
    return counts


def _leaves(points: Points) -> tuple[Any, ...]:
    """Rows arranged in leaves, as the kernels search them."""
    from twinfold.privacy.kernels import arrange, enclose

    flat = points.flat()
    order, starts = arrange(flat, points.categories.shape[1])
    return order, starts, *enclose(flat, order, starts)
