"""Faithful? Columns one by one and two by two, missing values, and levels that never came out."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from twinfold.evaluation.alignment import Aligned, Feature
from twinfold.evaluation.distances import Errors, shape_errors, trend_errors
from twinfold.evaluation.finding import Finding, Subject, measured, unmeasured
from twinfold.evaluation.intervals import around
from twinfold.protocols import Progress, silent

if TYPE_CHECKING:
    import numpy.typing as npt

_PAIRS = 1_500  # compared at most, drawn at random beyond

_SHAPE_METHOD = (
    "Mean over columns of the total variation distance (categories) or the Kolmogorov-Smirnov distance (numbers) to "
    "the holdout, as in SDMetrics' Column Shapes; delete-a-group jackknife. The yardstick puts train rows in the "
    "synthetic rows' place."
)
_WORST_METHOD = "The largest distance of a single column beyond its own yardstick; distances as for columns one by one."
_TREND_METHOD = (
    "Mean over pairs of columns of half the difference in correlation (two numbers) or the total variation distance of "
    "contingency tables (numbers in ten bins), as in SDMetrics' Column Pair Trends; delete-a-group jackknife."
)
_MISSING_METHOD = "The largest difference of a column's share of missing values to the holdout's; normal interval."
_LEVELS_METHOD = (
    "The share of categories that never came out, of those with at least ten holdout rows that five or more synthetic "
    "rows should hold. A count, not a sample: it has no interval."
)


@dataclass(frozen=True)
class Fidelity:
    """Errors of synthetic against holdout rows, with the yardstick: as many train rows against the same holdout rows.

    `pairs` are the two features of each item of `trends`.
    """

    shapes: Errors
    shapes_yardstick: npt.NDArray[np.float64]
    pairs: tuple[tuple[int, int], ...]
    trends: Errors
    trends_yardstick: npt.NDArray[np.float64]
    notes: tuple[str, ...]


def compare(aligned: Aligned, *, rng: np.random.Generator, progress: Progress = silent) -> Fidelity:
    """Compare all columns, and pairs of them."""
    rows = min(len(aligned.train[0]), len(aligned.synthetic[0]))
    train = tuple(values[:rows] for values in aligned.train)
    shapes = shape_errors(aligned.features, aligned.holdout, aligned.synthetic)
    shapes_yardstick = shape_errors(aligned.features, aligned.holdout, train)
    pairs = list(combinations(range(len(aligned.features)), 2))
    notes: tuple[str, ...] = ()
    if len(pairs) > _PAIRS:
        notes = (f"{len(pairs):,} pairs of columns: {_PAIRS:,} of them, drawn at random, were compared.",)
        pairs = [pairs[i] for i in np.sort(rng.permutation(len(pairs))[:_PAIRS])]
    trends = trend_errors(aligned.features, pairs, aligned.holdout, aligned.synthetic, progress=progress)
    trends_yardstick = trend_errors(aligned.features, pairs, aligned.holdout, train)
    return Fidelity(shapes, shapes_yardstick.error, tuple(pairs), trends, trends_yardstick.error, notes)


def measure(aligned: Aligned, fidelity: Fidelity) -> list[Finding]:
    """What the comparison of columns and pairs found."""
    return [
        *_shape_findings(aligned, fidelity),
        _trend_finding(aligned, fidelity),
        _missing_finding(aligned),
        _levels_finding(aligned),
    ]


def _shape_findings(aligned: Aligned, fidelity: Fidelity) -> list[Finding]:
    mean: Subject = ("shape_error", "Columns one by one", "faithful")
    worst: Subject = ("worst_column_error", "The column that fits worst", "faithful")
    if np.isnan(fidelity.shapes.error).all():
        why = "No column holds a value that could be compared."
        return [
            unmeasured(mean, sentence=why, method=_SHAPE_METHOD),
            unmeasured(worst, sentence=why, method=_WORST_METHOD),
        ]
    figures, yardstick = fidelity.shapes.mean(), _mean(fidelity.shapes_yardstick)
    sentence = f"On average a column's distribution is off by {_beside(figures[0], yardstick)}."
    yardsticks = np.nan_to_num(fidelity.shapes_yardstick)
    j = int(np.nanargmax(fidelity.shapes.error - yardsticks))
    one, own = fidelity.shapes.one(j), float(yardsticks[j])
    at = f"'{aligned.features[j].name}' fits worst: off by {_beside(one[0], own)}."
    return [
        measured(mean, figures, yardstick=yardstick, sentence=sentence, method=_SHAPE_METHOD),
        measured(worst, one, yardstick=own, sentence=at, method=_WORST_METHOD),
    ]


def _trend_finding(aligned: Aligned, fidelity: Fidelity) -> Finding:
    named: Subject = ("trend_error", "Columns two by two", "faithful")
    if np.isnan(fidelity.trends.error).all():  # also where there is no pair
        return unmeasured(named, sentence="There is no pair of columns that varies.", method=_TREND_METHOD)
    figures, yardstick = fidelity.trends.mean(), _mean(fidelity.trends_yardstick)
    a, b = (aligned.features[j].name for j in fidelity.pairs[int(np.nanargmax(fidelity.trends.error))])
    sentence = f"On average a pair of columns is off by {_beside(figures[0], yardstick)}; '{a}' with '{b}' most."
    return measured(named, figures, yardstick=yardstick, sentence=sentence, method=_TREND_METHOD)


def _mean(errors: npt.NDArray[np.float64]) -> float:
    return float(np.nan_to_num(errors).mean())


def _beside(value: float, yardstick: float) -> str:
    return f"{value:.1%} (real customers against each other: {yardstick:.1%})"


def _missing_finding(aligned: Aligned) -> Finding:
    shares = [
        [_missing_share(feature, side[j]) for side in (aligned.train, aligned.holdout, aligned.synthetic)]
        for j, feature in enumerate(aligned.features)
    ]
    train, holdout, synthetic = np.array(shares).T
    gaps = np.abs(synthetic - holdout)
    j, (_, *rows) = int(gaps.argmax()), aligned.rows
    variance = sum(p[j] * (1 - p[j]) / n for p, n in zip((holdout, synthetic), rows, strict=True))
    sentence = (
        f"'{aligned.features[j].name}' is missing in {synthetic[j]:.1%} of synthetic rows and in {holdout[j]:.1%} of "
        "real ones: no gap is wider."
        if max(holdout.max(), synthetic.max()) > 0
        else "No value is missing, neither in real nor in synthetic rows."
    )
    return measured(
        ("missing_error", "Missing values", "faithful"),
        (gaps[j], *around(gaps[j], variance)),
        yardstick=float(np.abs(train - holdout).max()),
        sentence=sentence,
        method=_MISSING_METHOD,
    )


def _missing_share(feature: Feature, values: Any) -> float:
    if feature.numeric:
        return float(np.isnan(values).mean())
    return float((values == feature.missing).mean()) if feature.missing is not None else 0.0


def _levels_finding(aligned: Aligned) -> Finding:
    named: Subject = ("missing_levels", "Categories that never came out", "faithful")
    expected, train_lacks = 0, 0
    absent: list[str] = []
    for j, feature in enumerate(aligned.features):
        if feature.numeric:
            continue
        sides = (aligned.train[j], aligned.holdout[j], aligned.synthetic[j])
        train, holdout, synthetic = (np.bincount(side, minlength=len(feature.levels)) for side in sides)
        due = (holdout >= 10) & (holdout / len(sides[1]) * len(sides[2]) >= 5)
        expected += int(due.sum())
        absent += [f"{feature.name} = {feature.levels[k]}" for k in np.flatnonzero(due & (synthetic == 0))]
        train_lacks += int((due & (train == 0)).sum())
    if not expected:
        return unmeasured(named, sentence="No category is frequent enough to be expected.", method=_LEVELS_METHOD)
    share = len(absent) / expected
    listed = ": " + ", ".join(absent[:3]) + (", …" if len(absent) > 3 else "") if absent else ""
    sentence = f"{len(absent) or 'None'} of the {expected} categories that should have come out never did{listed}."
    return measured(
        named, (share, share, share), yardstick=train_lacks / expected, sentence=sentence, method=_LEVELS_METHOD
    )
