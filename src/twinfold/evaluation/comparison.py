"""Columns and pairs of columns, real beside synthetic, ready to be drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from twinfold.evaluation.alignment import Aligned, Feature
from twinfold.evaluation.fidelity import Fidelity
from twinfold.evaluation.finding import ColumnComparison, PairComparison
from twinfold.evaluation.grids import OTHER, Grid, codes, written

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

_LABELS, _BINS, _PAIRS = 20, 24, 12


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
        feature.name, str(feature.column.kind), error, yardstick, tuple(written(feature, e) for e in edges),
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
        edges: Floats = low + step * np.arange(np.ceil((high - low + 1) / step) + 1)
        return edges
    return np.linspace(low, high, _BINS + 1) if high > low else np.array([low - 0.5, low + 0.5])


def compare_pairs(aligned: Aligned, fidelity: Fidelity) -> tuple[PairComparison, ...]:
    """Of all pairs the ones that fit worst beyond their yardstick, and the ones that hang together most: six of "
    "each."""
    grids = fidelity.grids
    real, synthetic = (codes(grids, side) for side in (aligned.holdout, aligned.synthetic))
    excess = fidelity.joints.error - fidelity.joints_yardstick
    strengths = np.array([_strength(_table(real, grids, a, b)) for a, b in fidelity.pairs])
    chosen = list(np.argsort(-excess, kind="stable")[: _PAIRS // 2])
    chosen += [i for i in np.argsort(-strengths, kind="stable") if i not in set(chosen)][: _PAIRS - len(chosen)]
    return tuple(
        PairComparison(
            first=aligned.features[a].name,
            second=aligned.features[b].name,
            error=float(fidelity.joints.error[i]),
            yardstick=float(fidelity.joints_yardstick[i]),
            strength=float(strengths[i]),
            first_labels=grids[a].labels,
            second_labels=grids[b].labels,
            real=_rows(_table(real, grids, a, b)),
            synthetic=_rows(_table(synthetic, grids, a, b)),
        )
        for i in chosen
        for a, b in [fidelity.pairs[i]]
    )


def _table(sides: list[npt.NDArray[np.int64]], grids: tuple[Grid, ...], a: int, b: int) -> Floats:
    shape = len(grids[a].labels), len(grids[b].labels)
    cells = np.bincount(sides[a] * shape[1] + sides[b], minlength=shape[0] * shape[1])
    return cells.reshape(shape) / len(sides[a])


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
