"""How far the columns of one table are from another's, one by one and two by two, each with its jackknife."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from twinfold.evaluation.alignment import Feature, Owners, Values
from twinfold.evaluation.intervals import around, jackknife
from twinfold.protocols import Progress, silent

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Codes = npt.NDArray[np.int64]

GROUPS = 20  # random groups of rows, of customers where these own several, that the jackknife leaves out in turn
_BINS = 10  # equal bins of a number beside a category, as numpy and SDMetrics make them by default
_LEVELS = 100  # levels of a category in a pair; the rest are one
_Item = tuple[float, "Floats", "Floats"]  # an error, and without each group of the real, of the other rows


@dataclass(frozen=True)
class Errors:
    """Distances between a real and another table. `error` of shape (items,): a column or a pair each, NaN where neither
    table has anything to compare. `without`, two arrays of shape (groups, items): the same with each group of the
    real, then of the other rows left out."""

    error: Floats
    without: tuple[Floats, Floats]

    def mean(self) -> tuple[float, float, float]:
        """The mean over items and its interval."""
        defined = ~np.isnan(self.error)
        value = float(self.error[defined].mean())
        variance = sum(float(jackknife(w[:, defined].mean(1))) for w in self.without)
        return value, *around(value, variance)

    def one(self, item: int) -> tuple[float, float, float]:
        """An item and its interval."""
        value = float(self.error[item])
        return value, *around(value, sum(float(jackknife(w[:, item])) for w in self.without))


def shape_errors(features: tuple[Feature, ...], real: Values, other: Values, *, owners: Owners | None = None) -> Errors:
    """The distance of each column's distribution: total variation of categories, Kolmogorov-Smirnov of numbers.

    A missing value is a level of a category; of numbers, the present values are compared. A number that is missing
    throughout in one table alone is at distance 1. `owners` of the real and the other rows, here and below: whole
    customers are left out by the jackknife.
    """
    groups = _groups(owners, len(real[0]), len(other[0])) if features else []
    return _collected([_column_error(f, r, o, groups) for f, r, o in zip(features, real, other, strict=True)])


def _groups(owners: Owners | None, *rows: int) -> list[Codes]:
    """The group of each row of several tables."""
    return [side % GROUPS for side in owners or map(np.arange, rows)]


def _column_error(feature: Feature, real: Floats, other: Floats, by_row: list[Codes]) -> _Item:
    if not feature.numeric:
        counts = [_counts(side, len(feature.levels), g) for side, g in zip((real, other), by_row, strict=True)]
        return _jackknifed(counts[0], counts[1], _total_variation)
    present = ~np.isnan(real), ~np.isnan(other)
    if not present[0].any() or not present[1].any():
        return _same(np.nan if not present[0].any() and not present[1].any() else 1.0)
    values, ranks = np.unique(np.concatenate([real[present[0]], other[present[1]]]), return_inverse=True)
    split, groups = int(present[0].sum()), [g[p] for g, p in zip(by_row, present, strict=True)]
    counts = [_counts(ranks[:split], len(values), groups[0]), _counts(ranks[split:], len(values), groups[1])]
    return _jackknifed(counts[0], counts[1], _kolmogorov_smirnov)


def joint_errors(
    real: list[Codes],
    other: list[Codes],
    sizes: list[int],
    pairs: list[tuple[int, int]],
    *,
    owners: Owners | None = None,
    progress: Progress = silent,
) -> Errors:
    """The total variation distance of each pair of columns' joint distribution, columns given as codes below "
    "`sizes`."""
    items = []
    groups = _groups(owners, len(real[0]), len(other[0])) if pairs else []
    for done, (a, b) in enumerate(pairs):
        size = sizes[a] * sizes[b]
        counts = [_counts(side[a] * sizes[b] + side[b], size, g) for side, g in zip((real, other), groups, strict=True)]
        items.append(_jackknifed(counts[0], counts[1], _total_variation))
        if done % 16 == 0:
            progress("comparing pairs of columns", done / len(pairs))
    progress("comparing pairs of columns", 1.0)
    return _collected(items)


def trend_errors(
    features: tuple[Feature, ...],
    pairs: list[tuple[int, int]],
    real: Values,
    other: Values,
    *,
    owners: Owners | None = None,
) -> Errors:
    """The distance of each pair's joint distribution, as SDMetrics' Column Pair Trends has it.

    Two numbers: half the difference of their correlations (Pearson; rows where both are present). Otherwise the total
    variation of their contingency tables, where a number is cut into ten equal bins of *its own table's* range.
    """
    numeric = [j for j, feature in enumerate(features) if feature.numeric]
    place = {j: i for i, j in enumerate(numeric)}
    groups = _groups(owners, len(real[0]), len(other[0])) if features else []
    sides = list(zip((real, other), groups, strict=bool(features)))
    correlations = [_correlations([side[j] for j in numeric], g) for side, g in sides]
    coded = [
        [_binned(feature, values) for feature, values in zip(features, side, strict=True)] for side in (real, other)
    ]
    sizes = [min(len(f.levels), _LEVELS) if not f.numeric else _BINS + 3 for f in features]
    items: list[_Item] = []
    for a, b in pairs:
        if a in place and b in place:
            items.append(_correlation_error(*(c[:, place[a], place[b]] for c in correlations)))
        else:
            size = sizes[a] * sizes[b]
            counts = [_counts(side[a] * sizes[b] + side[b], size, g) for side, g in zip(coded, groups, strict=True)]
            items.append(_jackknifed(counts[0], counts[1], _total_variation))
    return _collected(items)


def _collected(items: list[_Item]) -> Errors:
    error, real, other = zip(*items, strict=True) if items else ((), (), ())
    return Errors(np.array(error), (np.array(real).T, np.array(other).T))


def _same(value: float) -> _Item:
    return value, np.full(GROUPS, value), np.full(GROUPS, value)


def _counts(codes: Any, size: int, groups: Codes) -> Floats:
    """How often each code stands in each group of rows, shape (groups, codes)."""
    cells = groups * size + codes
    return np.bincount(cells, minlength=GROUPS * size).reshape(GROUPS, size).astype(np.float64)


def _jackknifed(real: Floats, other: Floats, distance: Callable[[Floats], Floats]) -> _Item:
    """A distance of shares, whole and without each group; `distance` takes differences of shares, shape (..., "
    "codes)."""
    whole = [_shares(counts.sum(0)) for counts in (real, other)]
    value = float(distance(whole[0] - whole[1]))
    return (
        value,
        distance(_shares(real.sum(0) - real) - whole[1]),
        distance(whole[0] - _shares(other.sum(0) - other)),
    )


def _shares(counts: Floats) -> Floats:
    shares: Floats = counts / np.maximum(counts.sum(-1, keepdims=True), 1)
    return shares


def _total_variation(difference: Floats) -> Floats:
    distance: Floats = np.abs(difference).sum(-1) / 2
    return distance


def _kolmogorov_smirnov(difference: Floats) -> Floats:
    distance: Floats = np.abs(difference.cumsum(-1)).max(-1)
    return distance


def _binned(feature: Feature, values: Any) -> Codes:
    if not feature.numeric:
        capped: Codes = np.minimum(values, _LEVELS - 1).astype(np.int64)
        return capped
    missing = np.isnan(values)
    codes = np.full(len(values), _BINS + 2, np.int64)
    if not missing.all():
        present = values[~missing]
        codes[~missing] = np.digitize(present, np.histogram_bin_edges(present, _BINS))
    return codes


def _correlations(columns: list[Floats], groups: Codes) -> Floats:
    """Correlations over rows where both are present, shape (1 + groups, columns, columns): of all rows, then without
    each group. NaN where one of the two does not vary."""
    if not columns:
        return np.zeros((1 + GROUPS, 0, 0))
    values = np.column_stack(columns)
    present = ~np.isnan(values)
    rows = np.maximum(present.sum(0), 1)
    centred = np.where(present, values - np.where(present, values, 0).sum(0) / rows, 0.0)
    spread = np.sqrt((centred**2).sum(0) / rows)
    scaled, mask = centred / np.where(spread > 0, spread, 1.0), present.astype(np.float64)
    parts = [(scaled[groups == g], mask[groups == g]) for g in range(GROUPS)]
    sums = np.array([[m.T @ m, x.T @ m, (x * x).T @ m, x.T @ x] for x, m in parts])
    n, x, xx, xy = np.moveaxis(np.concatenate([sums.sum(0)[None], sums.sum(0) - sums]), 1, 0)
    across = np.swapaxes(x, 1, 2)
    variances = (n * xx - x * x) * (n * np.swapaxes(xx, 1, 2) - across * across)
    correlation: Floats = (n * xy - x * across) / np.sqrt(np.where(variances > 1e-9, variances, np.nan))
    return correlation


def _correlation_error(real: Floats, other: Floats) -> _Item:
    if np.isnan(real[0]):
        return _same(np.nan)
    real, other = np.nan_to_num(real), np.nan_to_num(other)  # what doesn't vary follows nothing
    half = np.abs(real[0] - other) / 2
    return float(half[0]), np.abs(real[1:] - other[0]) / 2, half[1:]
