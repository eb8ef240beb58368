"""SMOTE-NC: more positive rows between the positive rows that there are, the rival of synthetic customers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from twinfold.evaluation.boosting import Design
from twinfold.evaluation.tasks.question import Side

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

NEIGHBOURS = 5


def oversample(side: Side, rng: np.random.Generator, *, neighbours: int = NEIGHBOURS) -> Side:
    """The rows, and so many new ones of the rarer answer that there are as many of both.

    A new row lies at random between a row and one of its nearest neighbours of the same answer; its categories are
    those that most of these neighbours hold (Chawla et al. 2002, section 6.1). Numbers are measured in standard
    deviations of the rarer rows, so that a different category counts as the paper has it: the median of these. A
    missing number is the median to its neighbours and stays missing. Fewer than two rare rows are left as they are.
    """
    positive = side.y > 0
    answer = bool(positive.mean() <= 0.5)
    rare = np.flatnonzero(positive == answer)
    wanted = len(side) - 2 * len(rare)
    if len(rare) < 2 or wanted < 1:
        return side
    x, near = side.x.x[rare], _nearest(side.x[rare], min(neighbours, len(rare) - 1))
    base = rng.integers(len(rare), size=wanted)
    other = near[base, rng.integers(near.shape[1], size=wanted)]
    step = x[other] - x[base]
    made = x[base] + rng.random((wanted, 1)) * np.where(np.isnan(step), 0.0, step)
    for j in side.x.categories:
        made[:, j] = _most_held(x[:, j], near)[base]
    return side + Side(Design(made, side.x.categories), np.full(wanted, float(answer)))


def _nearest(rows: Design, count: int) -> npt.NDArray[np.int64]:
    """The places of the nearest other rows, shape (rows, count)."""
    from sklearn.neighbors import NearestNeighbors

    columns = []
    for j in range(rows.x.shape[1]):
        values = rows.x[:, j]
        if j in rows.categories:
            columns.append((values[:, None] == np.unique(values)) / np.sqrt(2))  # two levels are 1 apart
            continue
        present = values[~np.isnan(values)]
        middle, spread = (np.median(present), present.std()) if len(present) else (0.0, 0.0)
        filled = np.where(np.isnan(values), middle, values)
        columns.append((filled / (spread if spread > 0 else 1.0))[:, None])
    points = np.column_stack(columns)
    found = NearestNeighbors(n_neighbors=count).fit(points).kneighbors(return_distance=False)
    return np.asarray(found, np.int64)


def _most_held(levels: Floats, near: npt.NDArray[np.int64]) -> Floats:
    """The level that most neighbours of each row hold, shape (rows,)."""
    held, codes = np.unique(levels, return_inverse=True)
    votes = (codes[near][:, :, None] == np.arange(len(held))).sum(1)
    return np.asarray(held[votes.argmax(1)])
