"""How near rows of mixed columns lie to others, and how crowded the places are where they lie.

Distances are Gower's, see `privacy.neighbours`: no embedding is learned, so that nothing depends on how well one was.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from twinfold.privacy.neighbours import Points, neighbours

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Codes = npt.NDArray[np.int64]

K = 5  # the neighbour whose distance says how unusual a place is, as in Naeem et al.
_DIGITS = 5  # sums of float32 that are as far differ beyond these


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
    to_real, row = neighbours(other, real, K)
    to_other, _ = neighbours(real, other, K)
    return Beside(_ranks(to_real[:, -1], own), _ranks(to_other[:, -1], spacing(other)), row[:, 0])


def spacing(points: Points) -> Floats:
    """How far each row lies from its K-th nearest other row, shape (rows,)."""
    return neighbours(points, points, K, skip_self=True)[0][:, -1].astype(np.float64)


def _ranks(distance: Floats | npt.NDArray[np.float32], reference: Floats) -> Floats:
    """The share of the reference that lies nearer than each distance, and half of what lies as near."""
    ordered, values = np.sort(reference.round(_DIGITS)), distance.astype(np.float64).round(_DIGITS)
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
