"""Columns and pairs of columns, real beside synthetic, ready to be drawn."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from twinfold.evaluation.alignment import Aligned, Feature
from twinfold.evaluation.fidelity import Fidelity
from twinfold.evaluation.finding import ColumnComparison, PairComparison
from twinfold.evaluation.grids import OTHER, Grid, codes, written

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

_LABELS, _BINS, _PAIRS = 20, 23, 12


def compare_columns(aligned: Aligned, fidelity: Fidelity, *, table: str = "") -> tuple[ColumnComparison, ...]:
    """Every column, in the table's order; `table` is its name where there are several."""
    found = []
    for j, feature in enumerate(aligned.features):
        errors = fidelity.shapes.error[j], fidelity.shapes_yardstick[j]
        error, yardstick = (float(np.nan_to_num(e)) for e in errors)
        real, synthetic = aligned.holdout[j], aligned.synthetic[j]
        if feature.numeric:
            edges = _edges(_reaches(aligned, j), whole=feature.whole, min_count=aligned.min_count)
            drawn = _numbers(feature, real, synthetic, error, yardstick, edges)
        else:
            drawn = _categories(feature, real, synthetic, error, yardstick)
        found.append(replace(drawn, table=table))
    return tuple(found)


def _categories(feature: Feature, real: Any, synthetic: Any, error: float, yardstick: float) -> ColumnComparison:
    shares = [np.bincount(side, minlength=len(feature.levels)) / len(side) for side in (real, synthetic)]
    present = [k for k in range(len(feature.levels)) if k != feature.missing and (shares[0][k] or shares[1][k])]
    named = [k for k in present if k not in feature.nameless]
    shown = named if len(named) == len(present) <= _LABELS else named[: _LABELS - 1]
    labels, cut = [feature.levels[k] for k in shown], [list(s[shown]) for s in shares]
    if len(shown) < len(present):
        others = [k for k in present if k not in shown]
        labels, cut = [*labels, OTHER], [[*c, s[others].sum()] for c, s in zip(cut, shares, strict=True)]
    missing = [float(s[feature.missing]) if feature.missing is not None else 0.0 for s in shares]
    return ColumnComparison(
        feature.name, str(feature.column.kind), error, yardstick, tuple(labels), None,
        tuple(map(float, cut[0])), tuple(map(float, cut[1])), missing[0], missing[1],
    )  # fmt: skip


def _numbers(
    feature: Feature, real: Floats, synthetic: Floats, error: float, yardstick: float, edges: Floats
) -> ColumnComparison:
    present = [side[~np.isnan(side)] for side in (real, synthetic)]
    shares = [_bin_shares(values, edges) for values in present]
    missing = [1 - len(p) / len(side) for p, side in zip(present, (real, synthetic), strict=True)]
    return ColumnComparison(
        feature.name, str(feature.column.kind), error, yardstick, tuple(written(feature, e) for e in edges),
        tuple(map(float, edges)), tuple(map(float, shares[0])), tuple(map(float, shares[1])), missing[0], missing[1],
    )  # fmt: skip


def _bin_shares(present: Floats, edges: Floats) -> Floats:
    """The share of values in each bin; the outermost hold what lies beyond them."""
    inside = np.clip(present, edges[0], np.nextafter(edges[-1], -np.inf))
    shares: Floats = np.histogram(inside, edges)[0] / max(len(present), 1)
    return shares


def compare_number(aligned: Aligned, fidelity: Fidelity, *, table: str, name: str) -> ColumnComparison:
    """The only feature of aligned tables, a number that is called `name`, train rows beside the others."""
    [drawn] = compare_columns(aligned, fidelity, table=table)
    train = aligned.train[0][~np.isnan(aligned.train[0])]
    shares = _bin_shares(train, np.array(drawn.edges))
    return replace(drawn, name=name, train=tuple(map(float, shares)))


def _reaches(aligned: Aligned, j: int) -> list[tuple[Floats, Floats]]:
    """Of the holdout and the synthetic table, each customer's least and greatest number of a feature, sorted."""
    found = []
    for place, side in ((1, aligned.holdout), (2, aligned.synthetic)):
        present = ~np.isnan(side[j])
        values = np.sort(side[j][present])
        if aligned.owners is None or not len(values):
            found.append((values, values))
            continue
        values, owner = side[j][present], aligned.owners[place][present]
        begin = np.flatnonzero(np.r_[True, np.diff(owner) != 0])
        found.append((np.sort(np.minimum.reduceat(values, begin)), np.sort(np.maximum.reduceat(values, begin))))
    return found


def _edges(reaches: list[tuple[Floats, Floats]], *, whole: bool, min_count: int) -> Floats:
    """Round edges of equal bins over all but the outermost half a percent on either side, and at least over all but the
    `min_count` most extreme customers: the end bins take these in, and no edge tells of one.

    Bins of whole numbers hold equally many of them, so that no comb shows.
    """
    sides = [reach for reach in reaches if len(reach[0]) >= 2 * min_count]
    if not sides:  # too few to show where they lie
        every = np.concatenate([values for reach in reaches for values in reach])
        usual = float(np.median(np.abs(every))) if len(every) else 0.0
        reach = float(10.0 ** np.ceil(np.log10(max(usual, 1.0))))
        return np.array([-reach, 0.0, reach])
    low = high = 0.0
    for share in (0.005, 0.0):
        outer = [max(min_count - 1, int(share * len(lows))) for lows, _ in sides]
        low = min(float(lows[k]) for (lows, _), k in zip(sides, outer, strict=True))
        high = max(float(highs[-1 - k]) for (_, highs), k in zip(sides, outer, strict=True))
        if high > low:
            break
    if whole:
        step = max(1.0, _round_step((high - low + 1) / _BINS))
        edges: Floats = step * np.arange(np.floor(low / step), np.floor(high / step) + 2)
        return edges
    if high == low:
        return np.array([low - 0.5, low + 0.5])
    step = _round_step((high - low) / _BINS)
    edges = step * np.arange(np.floor(low / step), np.ceil(high / step) + 1)
    return edges.round(max(0, -int(np.floor(np.log10(step)))))


def _round_step(width: float) -> float:
    """The smallest of 1, 2, 5, 10, 20, … (and 0.5, 0.2, …) that is as wide."""
    unit = 10.0 ** np.floor(np.log10(width))
    return float(next(factor * unit for factor in (1, 2, 5, 10) if factor * unit >= width * (1 - 1e-9)))


def compare_pairs(aligned: Aligned, fidelity: Fidelity, *, table: str = "") -> tuple[PairComparison, ...]:
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
            table=table,
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
