"""SMOTE-NC: new rows between rows that there are (Chawla et al. 2002, "SMOTE: synthetic minority over-sampling
technique", sections 4.2 and 6.1)."""

from typing import Any

import numpy as np

from twinfold.synthesis.augmenting.values import Floats, Places, Values

NEIGHBOURS = 5
"""As the paper has it."""

MOST_DENSE = 500
"""Columns of points, one for a number and one for a level, up to which zeros are stored too: that is faster."""


def interpolate(rows: Values, wanted: int, rng: np.random.Generator, *, neighbours: int = NEIGHBOURS) -> Values:
    """So many new rows, each at random between a row and one of its nearest neighbours.

    Categories are those that most of these neighbours hold, by lot where several are held by as many. Numbers are
    measured in standard deviations of the rows, so that a different category counts as the paper has it: the median of
    these. A missing number is the median to its neighbours, and stays missing where the row itself has none.

    Args:
        rows: of one kind, two or more.
        wanted: how many new ones.
        rng: chooses rows, neighbours and places between them.
        neighbours: how many are near; all others, where there are fewer.
    """
    x = rows.x
    base = rng.integers(len(x), size=wanted)
    asked, place = np.unique(base, return_inverse=True)
    near = find_nearest(rows, asked, min(neighbours, len(x) - 1))
    other = near[place, rng.integers(near.shape[1], size=wanted)]
    step = x[other] - x[base]
    made = x[base] + rng.random((wanted, 1)) * np.where(np.isnan(step), 0.0, step)
    for j in rows.categories:
        made[:, j] = _most_held(x[:, j], near[place], rng)
    return Values(made, rows.categories)


def find_nearest(rows: Values, asked: Places, count: int) -> Places:
    """The places of the rows nearest to some of them, but for these themselves; shape (asked, count)."""
    from sklearn.neighbors import NearestNeighbors

    points = _points(rows)
    found = NearestNeighbors(n_neighbors=count + 1).fit(points).kneighbors(points[asked], return_distance=False)
    own = found == asked[:, None]
    own[~own.any(1), -1] = True  # rows alike hide the one that was asked for
    return np.asarray(found[~own].reshape(len(asked), count), np.int64)


def _points(rows: Values) -> Any:
    """The rows as points with SMOTE-NC's distance, in standard deviations; sparse where levels are many."""
    from scipy.sparse import csr_matrix, hstack

    columns: list[Any] = []
    for j in range(rows.x.shape[1]):
        values = rows.x[:, j]
        if j in rows.categories:
            held, codes = np.unique(values, return_inverse=True)
            here = np.full(len(codes), 1 / np.sqrt(2))  # two levels are 1 apart
            columns.append(csr_matrix((here, codes, np.arange(len(codes) + 1)), shape=(len(codes), len(held))))
            continue
        present = values[~np.isnan(values)]
        middle, spread = (np.median(present), present.std()) if len(present) else (0.0, 0.0)
        filled = np.where(np.isnan(values), middle, values)
        columns.append(csr_matrix((filled / (spread if spread > 0 else 1.0))[:, None]))
    points = hstack(columns, format="csr")
    return points if points.shape[1] > MOST_DENSE else points.toarray()


def _most_held(levels: Floats, near: Places, rng: np.random.Generator) -> Floats:
    """The level that most of the neighbours hold, shape (rows,); by lot where several are held by as many."""
    held = levels[near]
    votes = (held[:, :, None] == held[:, None, :]).sum(2) + rng.random(held.shape) / 2
    return np.asarray(held[np.arange(len(held)), votes.argmax(1)])
