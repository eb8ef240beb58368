"""The nearest point of one set to each point of another, for rows of mixed columns.

Distances are Gower's (1971, "A general coefficient of similarity", without the division by the number of columns): the
sum over columns of |x - y| for numbers already brought to the unit range, and of 0 or 1 for categories.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from twinfold.protocols import Progress, silent

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float32]

_BLOCK = 128  # rows of the searched set that are measured together: 8 vector registers of 16 floats
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
) -> tuple[Floats, npt.NDArray[np.int64]]:
    """The distance of each of `points` to the nearest of `among`, and which row of it that is, both of shape (points,).

    The searched rows are sorted by their distance to a pivot and kept in blocks. By the triangle inequality a row can
    be no nearer than the difference of the two distances to the pivot, so the search goes outward from the query's
    place and ends as soon as that difference passes the best distance so far; a block is left once its partial sums
    all do.

    Args:
        points, among: with the same columns.
        skip_self: `points` and `among` are the same rows, and a row is no neighbour of itself.
        progress: told "measuring distances" from 0 to 1.

    Returns:
        Distances and rows; infinity and -1 where there is nothing to be near to.
    """
    distance, row = np.full(len(points), np.inf, np.float32), np.full(len(points), -1)
    if not len(among) or not len(points):
        return distance, row
    pivot = _pivot(among)
    key_among, key_points = _to_pivot(among, pivot), _to_pivot(points, pivot)
    order = np.argsort(key_among, kind="stable")
    searched, keys = _blocks(among, order), key_among[order]
    own = np.full(len(points), -1, np.int64)
    if skip_self:
        own[order] = np.arange(len(order))
    queries = np.argsort(key_points, kind="stable")  # neighbours in turn read the same blocks
    flat = points.flat()
    search = _search()
    for start in range(0, len(queries), _CHUNK):
        rows = queries[start : start + _CHUNK]
        categories = among.categories.shape[1]
        distance[rows], row[rows] = search(flat[rows], key_points[rows], own[rows], searched, keys, categories)
        progress("measuring distances", min(1.0, (start + _CHUNK) / len(queries)))
    return distance, np.where(row < 0, row, order[row])


def _pivot(points: Points) -> Points:
    """A point far from most: each number's own extreme on the short side, each category's rarest level."""
    numbers = np.where(np.mean(points.numbers, 0) > 0.5, points.numbers.min(0), points.numbers.max(0))
    rarest = [np.unique(c, return_counts=True) for c in points.categories.T]
    categories = np.array([levels[np.argmin(counts)] for levels, counts in rarest], np.float32)
    return Points(numbers.astype(np.float32)[None, :], categories.reshape(1, -1))


def _to_pivot(points: Points, pivot: Points) -> Floats:
    distance = np.abs(points.numbers - pivot.numbers).sum(1) + (points.categories != pivot.categories).sum(1)
    out: Floats = distance.astype(np.float32)
    return out


def _blocks(points: Points, order: npt.NDArray[np.int64]) -> Floats:
    """Points in order as (blocks, columns, rows of a block), categories first, the last block filled up with "
    "infinity."""
    flat = points.flat()[order]
    blocks = -(-len(flat) // _BLOCK)
    padded = np.full((blocks * _BLOCK, flat.shape[1]), np.inf, np.float32)
    padded[: len(flat)] = flat
    return np.ascontiguousarray(padded.reshape(blocks, _BLOCK, -1).transpose(0, 2, 1))


@cache
def _search() -> Callable[..., tuple[Floats, npt.NDArray[np.int64]]]:
    """The compiled search, built at first use because numba takes a second to import."""
    import numba

    slack = np.float32(1e-4)  # sums of float32 differ in their last digits from one order of addition to another

    @numba.njit(cache=True, nogil=True, error_model="numpy", fastmath={"nsz", "contract", "reassoc", "arcp"})
    def search(queries, query_keys, own, blocks, keys, categories):  # type: ignore[no-untyped-def]
        count, columns, size = blocks.shape
        rows = len(keys)
        distance, row = np.empty(len(queries), np.float32), np.full(len(queries), -1)
        sums = np.empty(size, np.float32)
        for q in range(len(queries)):
            best, key = np.float32(np.inf), query_keys[q]
            high = min(np.searchsorted(keys, key) // size, count - 1)  # the next block upward
            low = high - 1  # and downward
            upward = True
            while low >= 0 or high < count:
                if high < count and (upward or low < 0):
                    b, gap = high, keys[high * size] - key
                    high = high + 1 if gap <= best + slack else count
                else:
                    b, gap = low, key - keys[(low + 1) * size - 1]
                    low = low - 1 if gap <= best + slack else -1
                upward = not upward
                if gap > best + slack:
                    continue
                sums[:] = 0
                for c in range(columns):
                    x = queries[q, c]
                    if c < categories:
                        for i in range(size):
                            sums[i] += np.float32(1) if blocks[b, c, i] != x else np.float32(0)
                    else:
                        for i in range(size):
                            sums[i] += abs(blocks[b, c, i] - x)
                    if c % 4 == 3 and sums.min() > best:
                        break
                for i in range(min(size, rows - b * size)):
                    if sums[i] < best and b * size + i != own[q]:
                        best = sums[i]
                        row[q] = b * size + i
            distance[q] = best
        return distance, row

    return search
