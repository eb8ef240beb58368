"""Columns and pairs of columns, real beside synthetic, ready to be drawn."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from twinfold.evaluation.alignment import Aligned, Feature
from twinfold.evaluation.fidelity import Fidelity
from twinfold.evaluation.finding import ColumnComparison, PairComparison

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

OTHER = "(other)"
_LABELS, _BINS, _GRID, _PAIRS = 20, 24, 8, 12


def compare_columns(aligned: Aligned, fidelity: Fidelity) -> tuple[ColumnComparison, ...]:
    """Every column, in the table's order."""
    return tuple(
        (_numbers if feature.numeric else _categories)(
            feature,
            aligned.holdout[j],
            aligned.synthetic[j],
            float(np.nan_to_num(fidelity.shapes.error[j])),
            float(np.nan_to_num(fidelity.shapes_yardstick[j])),
        )
        for j, feature in enumerate(aligned.features)
    )


def _categories(feature: Feature, real: Any, synthetic: Any, error: float, yardstick: float) -> ColumnComparison:
    shares = [np.bincount(side, minlength=len(feature.levels)) / len(side) for side in (real, synthetic)]
    shown = [k for k in range(len(feature.levels)) if k != feature.missing and (shares[0][k] or shares[1][k])]
    labels = [feature.levels[k] for k in shown]
    cut = [list(s[shown]) for s in shares]
    if len(shown) > _LABELS:
        labels = [*labels[: _LABELS - 1], OTHER]
        cut = [[*s[: _LABELS - 1], sum(s[_LABELS - 1 :])] for s in cut]
    missing = [float(s[feature.missing]) if feature.missing is not None else 0.0 for s in shares]
    return ColumnComparison(
        feature.name, str(feature.column.kind), error, yardstick, tuple(labels), None,
        tuple(map(float, cut[0])), tuple(map(float, cut[1])), missing[0], missing[1],
    )  # fmt: skip


def _numbers(feature: Feature, real: Floats, synthetic: Floats, error: float, yardstick: float) -> ColumnComparison:
    present = [side[~np.isnan(side)] for side in (real, synthetic)]
    edges = _edges(np.concatenate(present), whole=feature.whole)
    shares = [
        np.histogram(np.clip(p, edges[0], np.nextafter(edges[-1], -np.inf)), edges)[0] / max(len(p), 1) for p in present
    ]
    missing = [1 - len(p) / len(side) for p, side in zip(present, (real, synthetic), strict=True)]
    return ColumnComparison(
        feature.name, str(feature.column.kind), error, yardstick, tuple(_label(feature, e) for e in edges),
        tuple(map(float, edges)), tuple(map(float, shares[0])), tuple(map(float, shares[1])), missing[0], missing[1],
    )  # fmt: skip


def _edges(values: Floats, *, whole: bool) -> Floats:
    """Edges of equal bins over all but the outermost half a percent on either side, which the end bins take in.

    Bins of whole numbers hold equally many of them, so that no comb shows.
    """
    if not len(values):
        return np.array([0.0, 1.0])
    low, high = np.quantile(values, [0.005, 0.995], method="nearest")
    if low == high:
        low, high = values.min(), values.max()
    if whole:
        step = max(1.0, np.ceil((high - low + 1) / _BINS))
        edges: Floats = np.arange(low, high + 1.5 * step, step)  # one edge beyond the highest
        return edges
    return np.linspace(low, high, _BINS + 1) if high > low else np.array([low - 0.5, low + 0.5])


def _label(feature: Feature, value: float) -> str:
    from twinfold.tables.values import format_value

    try:
        return format_value(int(value) if feature.whole else value, feature.column)
    except OverflowError:  # the end of a bin that reaches beyond the year 9999
        return "later"


def compare_pairs(aligned: Aligned, fidelity: Fidelity) -> tuple[PairComparison, ...]:
    """Of all pairs the ones that fit worst beyond their yardstick, and the ones that hang together most: six of "
    "each."""
    if not fidelity.pairs:
        return ()
    excess = np.nan_to_num(fidelity.trends.error - np.nan_to_num(fidelity.trends_yardstick), nan=-1.0)
    grids = [_Cut(feature, aligned.holdout[j]) for j, feature in enumerate(aligned.features)]
    real = [grid.codes(aligned.holdout[j]) for j, grid in enumerate(grids)]
    synthetic = [grid.codes(aligned.synthetic[j]) for j, grid in enumerate(grids)]
    strengths = np.array([_strength(_table(real, grids, a, b)) for a, b in fidelity.pairs])
    chosen = list(np.argsort(-excess, kind="stable")[: _PAIRS // 2])
    chosen += [i for i in np.argsort(-strengths, kind="stable") if i not in set(chosen)][: _PAIRS - len(chosen)]
    return tuple(
        PairComparison(
            aligned.features[a].name, aligned.features[b].name, float(np.nan_to_num(fidelity.trends.error[i])),
            float(np.nan_to_num(fidelity.trends_yardstick[i])), float(strengths[i]), grids[a].labels, grids[b].labels,
            _rows(_table(real, grids, a, b)), _rows(_table(synthetic, grids, a, b)),
        )
        for i in chosen
        for a, b in [fidelity.pairs[i]]
    )  # fmt: skip


class _Cut:
    """A column in at most eight bins: its most frequent levels and the rest, or equally full bins and the missing."""

    def __init__(self, feature: Feature, real: Any) -> None:
        self.feature, self.cuts = feature, np.array([])
        if not feature.numeric:
            labels = feature.levels
            self.labels = labels if len(labels) <= _GRID else (*labels[: _GRID - 1], OTHER)
            return
        present = real[~np.isnan(real)]
        if len(present):
            inner = np.unique(np.quantile(present, np.linspace(0, 1, _GRID)[1:-1], method="nearest"))
            self.cuts = inner[inner > present.min()]
        bounds = [_label(feature, cut) for cut in self.cuts]
        spans = [f"{a} – {b}" for a, b in pairwise(bounds)]
        named = [f"< {bounds[0]}", *spans, f"≥ {bounds[-1]}"] if bounds else ["any"]
        self.labels = (*named, "(missing)")

    def codes(self, values: Any) -> npt.NDArray[np.int64]:
        if not self.feature.numeric:
            capped: npt.NDArray[np.int64] = np.minimum(values, _GRID - 1).astype(np.int64)
            return capped
        return np.where(np.isnan(values), len(self.labels) - 1, np.searchsorted(self.cuts, values, side="right"))


def _table(codes: list[Any], grids: list[_Cut], a: int, b: int) -> Floats:
    shape = len(grids[a].labels), len(grids[b].labels)
    cells = np.bincount(codes[a] * shape[1] + codes[b], minlength=shape[0] * shape[1])
    return cells.reshape(shape) / len(codes[a])


def _strength(table: Floats) -> float:
    """Cramér's V of a table of shares, 0 (independent) to 1."""
    table = table[table.sum(1) > 0][:, table.sum(0) > 0]
    smaller = min(table.shape) - 1
    if smaller < 1:
        return 0.0
    expected = np.outer(table.sum(1), table.sum(0))
    return float(np.sqrt(((table - expected) ** 2 / expected).sum() / smaller))


def _rows(table: Floats) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(map(float, row)) for row in table)
