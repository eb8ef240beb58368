"""Faithful? Columns one by one and two by two, missing values, and levels that never came out."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from twinfold.evaluation.alignment import Aligned, Feature, Owners, Values
from twinfold.evaluation.distances import Errors, joint_errors, shape_errors, trend_errors
from twinfold.evaluation.finding import Finding, Subject, measured, unmeasured
from twinfold.evaluation.grids import Grid, codes, cut
from twinfold.evaluation.intervals import around
from twinfold.protocols import Progress, silent

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

_PAIRS = 600  # compared at most, drawn at random beyond

_SHAPE_METHOD = (
    "Mean over columns of the total variation distance (categories) or the Kolmogorov-Smirnov distance (numbers) to "
    "the holdout, as in SDMetrics' Column Shapes; delete-a-group jackknife. The yardstick puts train rows in the "
    "synthetic rows' place."
)
_WORST_METHOD = (
    "The column whose distance exceeds its own yardstick most, distances as for columns one by one; its distance "
    "itself may be smaller than another's. Its yardstick is the largest of any: of many columns one is worst."
)
_JOINT_METHOD = (
    "Mean over pairs of columns of the total variation distance to the holdout, each column in at most eight bins: "
    "its most frequent categories, or equally full ranges of the holdout's numbers; delete-a-group jackknife."
)
_TREND_METHOD = (
    "As SDMetrics' Column Pair Trends, for comparison with what others report: half the difference in correlation, or "
    "the total variation distance of contingency tables with each table's own ten equal bins. One extreme row moves "
    "every bin, so that it has no threshold here."
)
_MISSING_METHOD = "The largest difference of a column's share of missing values to the holdout's; normal interval."
_LEVELS_METHOD = (
    "The share of categories that never came out, of those that five or more synthetic rows should hold and that are "
    "not so rare in train or holdout rows that a model withholds them. A count, not a sample: it has no interval."
)


@dataclass(frozen=True)
class Fidelity:
    """Errors of synthetic against holdout rows, with the yardstick: as many train rows against the same holdout rows.

    `pairs` are the two features of each item of `joints` (by `grids`) and of `trends` (as SDMetrics has them).
    """

    shapes: Errors
    shapes_yardstick: Floats
    pairs: tuple[tuple[int, int], ...]
    grids: tuple[Grid, ...]
    joints: Errors
    joints_yardstick: Floats
    trends: Errors
    trends_yardstick: Floats
    notes: tuple[str, ...]


def compare(
    aligned: Aligned,
    *,
    rng: np.random.Generator,
    pairs: list[tuple[int, int]] | None = None,
    progress: Progress = silent,
) -> Fidelity:
    """Compare all columns, and pairs of them: all pairs unless some are named by their features' places."""
    features, holdout, synthetic = aligned.features, aligned.holdout, aligned.synthetic
    train, owners, real_owners = yardstick_rows(aligned)
    pairs = list(combinations(range(len(features)), 2)) if pairs is None else pairs
    notes: tuple[str, ...] = ()
    if len(pairs) > _PAIRS:
        notes = (f"{len(pairs):,} pairs of columns: {_PAIRS:,} of them, drawn at random, were compared.",)
        pairs = [pairs[i] for i in np.sort(rng.permutation(len(pairs))[:_PAIRS])]
    grids = cut(aligned)
    sizes = [len(grid.labels) for grid in grids]
    binned = [codes(grids, side) for side in (holdout, synthetic, train)]
    return Fidelity(
        shapes=shape_errors(features, holdout, synthetic, owners=owners),
        shapes_yardstick=shape_errors(features, holdout, train, owners=real_owners).error,
        pairs=tuple(pairs),
        grids=grids,
        joints=joint_errors(binned[0], binned[1], sizes, pairs, owners=owners, progress=progress),
        joints_yardstick=joint_errors(binned[0], binned[2], sizes, pairs, owners=real_owners).error,
        trends=trend_errors(features, pairs, holdout, synthetic, owners=owners),
        trends_yardstick=trend_errors(features, pairs, holdout, train, owners=real_owners).error,
        notes=notes,
    )


def yardstick_rows(aligned: Aligned) -> tuple[Values, Owners | None, Owners | None]:
    """As many train rows as there are synthetic ones; owners of holdout and synthetic, of holdout and these rows."""
    rows = len(aligned.synthetic[0])
    train = tuple(values[:rows] for values in aligned.train)
    if aligned.owners is None:
        return train, None, None
    return train, aligned.owners[1:], (aligned.owners[1], aligned.owners[0][:rows])


def measure(aligned: Aligned, fidelity: Fidelity) -> list[Finding]:
    """What the comparison of columns and pairs found."""
    return [
        *_shape_findings(aligned, fidelity),
        *_pair_findings(aligned, fidelity),
        _missing_finding(aligned),
        _levels_finding(aligned),
    ]


def _shape_findings(aligned: Aligned, fidelity: Fidelity) -> list[Finding]:
    mean: Subject = ("shape_error", "Columns one by one", "faithful")
    worst: Subject = ("worst_column_error", "The column farthest beyond chance", "faithful")
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
    one, largest = fidelity.shapes.one(j), float(yardsticks.max())
    at = f"'{aligned.features[j].name}' goes farthest beyond chance: off by {_beside(one[0], float(yardsticks[j]))}."
    return [
        measured(mean, figures, yardstick=yardstick, sentence=sentence, method=_SHAPE_METHOD),
        measured(worst, one, yardstick=largest, sentence=at, method=_WORST_METHOD),
    ]


def _pair_findings(aligned: Aligned, fidelity: Fidelity) -> list[Finding]:
    joint: Subject = ("pair_error", "Columns two by two", "faithful")
    trend: Subject = ("trend_error", "Columns two by two, by SDMetrics", "faithful")
    if not fidelity.pairs:
        return [unmeasured(joint, sentence="There is but one column.", method=_JOINT_METHOD)]
    figures, yardstick = fidelity.joints.mean(), _mean(fidelity.joints_yardstick)
    worst = int((fidelity.joints.error - fidelity.joints_yardstick).argmax())
    a, b = (aligned.features[j].name for j in fidelity.pairs[worst])
    sentence = f"On average a pair of columns is off by {_beside(figures[0], yardstick)}; '{a}' with '{b}' most."
    found = [measured(joint, figures, yardstick=yardstick, sentence=sentence, method=_JOINT_METHOD)]
    if not np.isnan(fidelity.trends.error).all():
        figures, yardstick = fidelity.trends.mean(), _mean(fidelity.trends_yardstick)
        sentence = f"As SDMetrics counts, a pair of columns is off by {_beside(figures[0], yardstick)} on average."
        found.append(measured(trend, figures, yardstick=yardstick, sentence=sentence, method=_TREND_METHOD))
    return found


def _mean(errors: Floats) -> float:
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
    expected = 0
    absent: list[str] = []
    for j, feature in enumerate(aligned.features):
        if feature.numeric:
            continue
        sides = (aligned.train[j], aligned.holdout[j], aligned.synthetic[j])
        train, holdout, synthetic = (np.bincount(side, minlength=len(feature.levels)) for side in sides)
        due = (np.minimum(train, holdout) >= aligned.min_count) & (holdout / len(sides[1]) * len(sides[2]) >= 5)
        expected += int(due.sum())
        absent += [f"{feature.name} = {feature.levels[k]}" for k in np.flatnonzero(due & (synthetic == 0))]
    if not expected:
        return unmeasured(named, sentence="No category is frequent enough to be expected.", method=_LEVELS_METHOD)
    share = len(absent) / expected
    listed = ": " + ", ".join(absent[:3]) + (", …" if len(absent) > 3 else "") if absent else ""
    sentence = f"{len(absent) or 'None'} of the {expected} categories that should have come out never did{listed}."
    return measured(named, (share, share, share), yardstick=0.0, sentence=sentence, method=_LEVELS_METHOD)
