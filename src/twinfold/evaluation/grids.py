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
    bins that are about equally full, parted by `cuts` (a bin begins with its cut), and the missing. `places` is the bin
    of each level."""

    feature: Feature
    labels: tuple[str, ...]
    cuts: npt.NDArray[np.float64]
    places: npt.NDArray[np.int64]

    def codes(self, values: Any) -> npt.NDArray[np.int64]:
        """The bin of each value."""
        if not self.feature.numeric:
            places: npt.NDArray[np.int64] = self.places[values]
            return places
        return np.where(np.isnan(values), len(self.labels) - 1, np.searchsorted(self.cuts, values, side="right"))


def cut(aligned: Aligned) -> tuple[Grid, ...]:
    """Every column, cut by its holdout values."""
    return tuple(_grid(feature, values) for feature, values in zip(aligned.features, aligned.holdout, strict=True))


def codes(grids: tuple[Grid, ...], side: Values) -> list[npt.NDArray[np.int64]]:
    """The bins of every column of a table."""
    return [grid.codes(values) for grid, values in zip(grids, side, strict=True)]


def _grid(feature: Feature, values: Any) -> Grid:
    if not feature.numeric:
        return _levels_grid(feature)
    present = values[~np.isnan(values)]
    inner = np.quantile(present, np.linspace(0, 1, _BINS)[1:-1], method="nearest") if len(present) else np.array([])
    return _parted(feature, _round_cuts(np.sort(present), inner, whole=feature.whole))


def cut_finely(feature: Feature, values: Any, *, least: int, most: int) -> Grid:
    """A column cut into as many bins as hold at least so many of the values each, and `most` levels of a category.

    A number that so many share begins a bin of its own.
    """
    if not feature.numeric:
        return _levels_grid(feature, most)
    unique, counts = np.unique(values[~np.isnan(values)], return_counts=True)
    wanted, held = [], 0
    for value, count in zip(unique, counts, strict=True):
        if held >= least or (held and count >= least):
            wanted.append(value)
            held = 0
        held += int(count)
    return _parted(feature, _round_cuts(unique, wanted, whole=feature.whole))


def _parted(feature: Feature, cuts: npt.NDArray[np.float64]) -> Grid:
    bounds = [written(feature, bound) for bound in cuts]
    spans = [f"{a} – {b}" for a, b in pairwise(bounds)]
    named = [f"< {bounds[0]}", *spans, f"≥ {bounds[-1]}"] if bounds else ["any"]
    return Grid(feature, (*named, "(missing)"), cuts, np.zeros(0, np.int64))


def _levels_grid(feature: Feature, most: int = _BINS) -> Grid:
    """The most frequent levels, and one bin for those that are too many or may not be named."""
    shown = [k for k in range(len(feature.levels)) if k not in feature.nameless]
    pooled = len(shown) < len(feature.levels) or len(shown) > most
    shown = shown[: most - 1] if pooled else shown
    places = np.full(len(feature.levels), len(shown))
    places[shown] = np.arange(len(shown))
    labels = [feature.levels[k] for k in shown] + [OTHER] * pooled
    return Grid(feature, tuple(labels), np.array([]), places)


def _round_cuts(ordered: npt.NDArray[np.float64], wanted: Any, *, whole: bool) -> npt.NDArray[np.float64]:
    """Cuts that part sorted values where the wanted ones do, with as few digits as that takes: nobody's value."""
    cuts = []
    for cut in np.unique(wanted):
        below = np.searchsorted(ordered, cut)
        if below:
            cuts.append(roundest(ordered[below - 1], cut, whole=whole))
    return np.array(cuts)


def roundest(low: float, high: float, *, whole: bool) -> float:
    """The number with the fewest digits above `low` and not above `high`.

    >>> roundest(41_100, 41_233, whole=True), roundest(0.12, 0.1234, whole=False), roundest(-3, 0, whole=True)
    (41200.0, 0.123, 0.0)
    """
    for digits in range(-15, 1 if whole else 13):
        candidate = float(np.round(np.floor(high * 10.0**digits) / 10.0**digits, max(digits, 0)))
        if low < candidate <= high:
            return candidate
    return float(high)


def written(feature: Feature, value: float) -> str:
    """A number or time as people write it."""
    from twinfold.tables.values import format_value

    try:
        return format_value(int(value) if feature.whole else value, feature.column)
    except OverflowError:  # the end of a bin that reaches beyond the year 9999
        return "later"
