"""Columns cut into a few bins, so that two of them can be counted, compared and drawn together."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from twinfold.evaluation.alignment import Aligned, Feature, Values

if TYPE_CHECKING:
    import numpy.typing as npt

OTHER = "(other)"
_BINS = 8


@dataclass(frozen=True)
class Grid:
    """A column in at most eight bins, called `labels`: of a category its most frequent levels and the rest; of a number
    bins that are about equally full, parted by `cuts` (a bin begins with its cut), and the missing."""

    feature: Feature
    labels: tuple[str, ...]
    cuts: npt.NDArray[np.float64]

    def codes(self, values: Any) -> npt.NDArray[np.int64]:
        """The bin of each value."""
        if not self.feature.numeric:
            capped: npt.NDArray[np.int64] = np.minimum(values, _BINS - 1).astype(np.int64)
            return capped
        return np.where(np.isnan(values), len(self.labels) - 1, np.searchsorted(self.cuts, values, side="right"))


def cut(aligned: Aligned) -> tuple[Grid, ...]:
    """Every column, cut by its holdout values."""
    return tuple(_grid(feature, values) for feature, values in zip(aligned.features, aligned.holdout, strict=True))


def codes(grids: tuple[Grid, ...], side: Values) -> list[npt.NDArray[np.int64]]:
    """The bins of every column of a table."""
    return [grid.codes(values) for grid, values in zip(grids, side, strict=True)]


def _grid(feature: Feature, values: Any) -> Grid:
    if not feature.numeric:
        levels = feature.levels
        labels = levels if len(levels) <= _BINS else (*levels[: _BINS - 1], OTHER)
        return Grid(feature, labels, np.array([]))
    present = values[~np.isnan(values)]
    inner = np.quantile(present, np.linspace(0, 1, _BINS)[1:-1], method="nearest") if len(present) else np.array([])
    cuts = np.unique(inner[inner > present.min()] if len(present) else inner)
    bounds = [written(feature, bound) for bound in cuts]
    spans = [f"{a} – {b}" for a, b in pairwise(bounds)]
    named = [f"< {bounds[0]}", *spans, f"≥ {bounds[-1]}"] if bounds else ["any"]
    return Grid(feature, (*named, "(missing)"), cuts)


def written(feature: Feature, value: float) -> str:
    """A number or time as people write it."""
    from twinfold.tables.values import format_value

    try:
        return format_value(int(value) if feature.whole else value, feature.column)
    except OverflowError:  # the end of a bin that reaches beyond the year 9999
        return "later"
