"""How often combinations of a few values stand in rows: the questions that a query-based attack asks of a release.

A learned customer leaves traces in the combinations that they have and hardly anyone else, even where no released row
is near to them as a whole (Houssiau et al. 2022, "TAPAS: a toolbox for adversarial privacy auditing of synthetic data";
Meeus et al. 2023, "Achilles' heels: vulnerable record identification in synthetic data publishing").
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from twinfold.privacy.neighbours import Points

if TYPE_CHECKING:
    import numpy.typing as npt

    Ints = npt.NDArray[np.int64]
    Floats = npt.NDArray[np.float64]

SETS, FEWEST, MOST = 200, 2, 4
"""Sets of columns that are asked for, and how many columns each has."""

BINS = 24
"""Bins of a number, each with as many rows."""


@dataclass(frozen=True)
class Questions:
    """Sets of columns, and the `edges` by which numbers are cut, one array a number."""

    sets: tuple[tuple[int, ...], ...]
    edges: tuple[npt.NDArray[np.float32], ...]

    def bins(self, points: Points) -> Ints:
        """Categories as they are, numbers as bins: shape (columns, rows)."""
        numbers = [np.searchsorted(e, column, "right") for e, column in zip(self.edges, points.numbers.T, strict=True)]
        rows = [*points.categories.T.astype(np.int64), *numbers]
        return np.array(rows, np.int64).reshape(len(rows), len(points))

    def ask(self, targets: Points, among: Points) -> Floats:
        """For each target the sum over sets of log (rows of `among` with its combination + ½), shape (targets,)."""
        asked, held = self.bins(targets), self.bins(among)
        base = (
            max(int(asked.max(initial=0)), int(held.max(initial=0))) + 1
        ) | 1  # odd: no column is lost where keys wrap
        total = np.zeros(len(targets))
        for columns in self.sets:
            keys, wanted = (_keys(bins, columns, base) for bins in (held, asked))
            keys.sort()
            alike = np.searchsorted(keys, wanted, "right") - np.searchsorted(keys, wanted, "left")
            total += np.log(alike + 0.5)
        return total


def _keys(bins: Ints, columns: tuple[int, ...], base: int) -> Ints:
    keys = np.zeros(bins.shape[1], np.int64)
    for column in columns:
        keys = keys * base + bins[column]
    return keys


def choose_questions(reference: Points, *, rng: np.random.Generator) -> Questions:
    """Sets of columns at random, numbers cut by quantiles of the reference."""
    columns = reference.categories.shape[1] + reference.numbers.shape[1]
    edges = [np.unique(np.quantile(column, np.arange(1, BINS) / BINS)) for column in reference.numbers.T]
    sizes = rng.integers(min(FEWEST, columns), min(MOST, columns) + 1, SETS)
    sets = tuple(tuple(int(c) for c in rng.choice(columns, size, replace=False)) for size in sizes)
    return Questions(sets, tuple(edge.astype(np.float32) for edge in edges))
