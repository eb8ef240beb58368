"""How near rows of mixed columns lie to others, and how crowded the places are where they lie.

Distances are Gower's, see `privacy.neighbours`: no embedding is learned, so that nothing depends on how well one was.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from twinfold.privacy.neighbours import Points

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Codes = npt.NDArray[np.int64]

K = 5  # the neighbour whose distance says how unusual a place is, as in Naeem et al.
_CHUNK = 500


@dataclass(frozen=True)
class Beside:
    """Two tables of as many rows, one beside the other.

    `unusual`, of shape (rows of the other,), and `unreached`, (rows of the real,): how far each row lies from its K-th
    nearest of the other table, as a rank from 0 to 1 among that table's own rows. `nearest`, (rows of the other,): the
    real row nearest to each.
    """

    unusual: Floats
    unreached: Floats
    nearest: Codes


def lay_beside(real: Points, own: Floats, other: Points) -> Beside:
    """Lay a table beside the real one, whose rows lie `own`, (rows,), from each other: see `spacing`."""
    to_other = np.empty(len(real))
    to_real = np.full((K, len(other)), np.inf, np.float32)
    least, nearest = np.full(len(other), np.inf), np.zeros(len(other), np.int64)
    for start, distance in _rows(real, other):
        to_other[start : start + len(distance)] = np.partition(distance, K - 1, axis=1)[:, K - 1]
        to_real = np.partition(np.concatenate([to_real, distance]), K - 1, axis=0)[:K]
        row = distance.argmin(0)
        near = distance[row, np.arange(len(other))]
        nearest = np.where(near < least, start + row, nearest)
        least = np.minimum(near, least)
    return Beside(_ranks(to_real[K - 1], own), _ranks(to_other, spacing(other)), nearest)


def spacing(points: Points) -> Floats:
    """How far each row lies from its K-th nearest other row, shape (rows,)."""
    out = np.empty(len(points))
    for start, distance in _rows(points, points):
        rows = np.arange(len(distance))
        distance[rows, start + rows] = np.inf
        out[start + rows] = np.partition(distance, K - 1, axis=1)[:, K - 1]
    return out


def _rows(points: Points, among: Points) -> Iterator[tuple[int, npt.NDArray[np.float32]]]:
    """Distances of some of the points to all others, shape (some, among), and the place of the first of them."""
    from scipy.spatial.distance import cdist

    for start in range(0, len(points), _CHUNK):
        part = points[start : start + _CHUNK]
        distance = np.zeros((len(part), len(among)))
        if part.numbers.shape[1]:
            distance += cdist(part.numbers, among.numbers, "cityblock")
        if part.categories.shape[1]:
            distance += cdist(part.categories, among.categories, "hamming") * part.categories.shape[1]
        yield start, distance.astype(np.float32)


def _ranks(distance: Floats | npt.NDArray[np.float32], reference: Floats) -> Floats:
    """The share of the reference that lies nearer than each distance, and half of what lies as near."""
    ordered = np.sort(reference.astype(np.float32))
    values = distance.astype(np.float32)
    below = np.searchsorted(ordered, values) + np.searchsorted(ordered, values, side="right")
    ranks: Floats = below / (2 * len(ordered))
    return ranks


def companions(nearest: Codes, groups: Codes) -> tuple[float, Floats]:
    """How many other rows share a row's nearest real row, on average, and the same without each group, (groups,).

    That is Simpson's index of concentration (1949) times the number of other rows.
    """
    cells = np.unique(nearest, return_inverse=True)[1]
    counts = np.zeros((groups.max() + 1, cells.max() + 1))
    np.add.at(counts, (groups, cells), 1)
    others = len(nearest) - 1
    left = counts.sum(0) - counts
    return float(_simpson(counts.sum(0)) * others), _simpson(left) * others


def _simpson(counts: Floats) -> Floats:
    total = counts.sum(-1)
    index: Floats = (counts * (counts - 1)).sum(-1) / np.maximum(total * (total - 1), 1)
    return index


def repeated(points: Points) -> float:
    """The share of rows that repeat another in every column."""
    _, place, count = np.unique(
        np.hstack([points.numbers, points.categories]), axis=0, return_inverse=True, return_counts=True
    )
    return float((count[place.ravel()] > 1).mean())
