"""Faithful? How histories go on: a row beside the one before it, what repeats, and the time between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from twinfold.evaluation import fidelity
from twinfold.evaluation.alignment import Aligned, Feature, Values
from twinfold.evaluation.comparison import compare_number
from twinfold.evaluation.discrimination import LEAST
from twinfold.evaluation.distances import Errors
from twinfold.evaluation.finding import ColumnComparison, Finding, StepComparison, Subject, measured, three
from twinfold.evaluation.linked.family import Member, is_moment
from twinfold.evaluation.linked.views import GAP, PLACE, before_name, repeats_name

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

STEPS: Subject = ("step_c2st_auc", "Steps told apart from real ones", "faithful")
_TRANSITIONS: Subject = ("transition_error", "What follows what", "faithful")
_LAG: Subject = ("lag1_gap", "Numbers that follow the row before", "faithful")
_REPEATS: Subject = ("repeat_error", "Values that repeat", "faithful")
_GAP: Subject = ("gap_error", "Time between rows", "faithful")
_YARDSTICK = "Jackknife over groups of customers; the yardstick puts train customers in the synthetic ones' place."
_TRANSITIONS_METHOD = (
    "Mean over columns of the total variation distance to the holdout of a row's value with the value of the row "
    f"before, in at most eight bins each. {_YARDSTICK}"
)
_LAG_METHOD = (
    "Mean over numeric columns but the time of the gap to the holdout in lag-one autocorrelation, the correlation of a "
    f"number with the one in the row before. {_YARDSTICK}"
)
_REPEATS_METHOD = (
    "Of the column that goes farthest beyond its yardstick, the gap to the holdout in the share of rows that have "
    f"exactly the value of the row before. Its yardstick is the largest of any column. {_YARDSTICK}"
)
_GAP_METHOD = f"Kolmogorov-Smirnov distance to the holdout of the time from a row to the next. {_YARDSTICK}"


@dataclass(frozen=True)
class Steps:
    """What was found of a history's steps: findings, the times between rows to be drawn, and each column's steps."""

    findings: list[Finding]
    gaps: ColumnComparison
    columns: list[StepComparison]


def has_steps(aligned: Aligned) -> bool:
    """Whether enough rows follow another one in each table, by the view of steps."""
    if PLACE not in {feature.name for feature in aligned.features}:
        return False
    return min(int(mask.sum()) for mask in _later(aligned)) >= LEAST


def shown_to_classifier(aligned: Aligned) -> Aligned:
    """The features of a step that a classifier sees: all but whether values repeat, which it can tell by itself."""
    return aligned.pick([feature.name for feature in aligned.features if not feature.name.endswith(repeats_name(""))])


def measure_steps(aligned: Aligned, member: Member, *, rng: np.random.Generator) -> Steps:
    """Compare the steps of a table's histories, by the view of steps; `member` are its train rows."""
    table, time = member.table, member.table.time
    columns = [column.name for column in member.columns]
    unit = "days" if time is None or is_moment(table[time]) else f"change of {time}"
    moves = aligned.where(_later(aligned))
    gap = moves.pick([GAP])
    compared_gap = fidelity.compare(gap, rng=rng)
    repeats = moves.pick([repeats_name(name) for name in columns])
    compared_repeats = fidelity.compare(repeats, rng=rng, pairs=[])
    both = moves.pick([*columns, *map(before_name, columns)])
    compared = fidelity.compare(both, rng=rng, pairs=[(j + len(columns), j) for j in range(len(columns))])
    findings = [
        _measure_transitions(compared, columns),
        *_measure_lags(compared, both.features[: len(columns)], time),
        _measure_repeats(compared_repeats, repeats, columns),
        _measure_gaps(compared_gap, gap),
    ]
    drawn = compare_number(gap, compared_gap, table=table.name, name=f"{unit} since the row before")
    steps = [replace(step, table=table.name) for step in _compare_steps(both, repeats, columns, time)]
    return Steps([finding.about(table.name) for finding in findings], drawn, steps)


def _later(aligned: Aligned) -> list[npt.NDArray[np.bool_]]:
    """The rows that follow another one."""
    place = aligned.pick([PLACE])
    return [side[0] > 0 for side in (place.train, place.holdout, place.synthetic)]


def _measure_transitions(compared: fidelity.Fidelity, columns: Sequence[str]) -> Finding:
    errors, yardstick = compared.joints, compared.joints_yardstick
    worst = columns[int((errors.error - yardstick).argmax())]
    figures = errors.mean()
    sentence = (
        f"A value with the one before it is off by {figures[0]:.1%} on average (real customers against each other: "
        f"{yardstick.mean():.1%}); {worst!r} most."
    )
    return measured(
        _TRANSITIONS, figures, yardstick=float(yardstick.mean()), sentence=sentence, method=_TRANSITIONS_METHOD
    )


def _measure_lags(compared: fidelity.Fidelity, features: Sequence[Feature], time: str | None) -> list[Finding]:
    """Half the difference of correlations is what trends of two numbers are: twice it is the gap."""
    numeric = np.array([feature.numeric and feature.name != time for feature in features])
    error = 2 * compared.trends.error[numeric]
    if np.isnan(error).all():
        return []
    real, other = (2 * without[:, numeric] for without in compared.trends.without)
    figures = Errors(error, (real, other)).mean()
    yardstick = float(np.nanmean(2 * compared.trends_yardstick[numeric]))
    worst = features[int(np.flatnonzero(numeric)[np.nanargmax(error)])].name
    sentence = (
        f"How strongly a number follows the one before it is off by {figures[0]:.3f} on average (real customers "
        f"against each other: {yardstick:.3f}), on a scale from 0 to 2; {worst!r} most."
    )
    return [measured(_LAG, figures, yardstick=yardstick, sentence=sentence, method=_LAG_METHOD)]


def _measure_repeats(compared: fidelity.Fidelity, repeats: Aligned, columns: Sequence[str]) -> Finding:
    j = int((compared.shapes.error - compared.shapes_yardstick).argmax())
    yardstick = float(compared.shapes_yardstick.max())
    shares = [_share(repeats.features[j], side, j) for side in (repeats.holdout, repeats.synthetic)]
    sentence = (
        f"{columns[j]!r} goes farthest beyond chance: it repeats in {shares[1]:.1%} of synthetic steps, in "
        f"{shares[0]:.1%} of real ones."
    )
    return measured(_REPEATS, compared.shapes.one(j), yardstick=yardstick, sentence=sentence, method=_REPEATS_METHOD)


def _measure_gaps(compared: fidelity.Fidelity, gap: Aligned) -> Finding:
    medians = [float(np.nanmedian(side[0])) for side in (gap.holdout, gap.synthetic)]
    yardstick = float(compared.shapes_yardstick[0])
    sentence = (
        f"The next row comes after {medians[1]:.4g} in the middle, a real one after {medians[0]:.4g}; the "
        f"distributions are {compared.shapes.error[0]:.1%} apart at most (two real samples: {yardstick:.1%})."
    )
    return measured(_GAP, compared.shapes.one(0), yardstick=yardstick, sentence=sentence, method=_GAP_METHOD)


def _compare_steps(both: Aligned, repeats: Aligned, columns: Sequence[str], time: str | None) -> list[StepComparison]:
    sides = (both.train, both.holdout, both.synthetic)
    repeated = (repeats.train, repeats.holdout, repeats.synthetic)
    found = []
    for j, name in enumerate(columns):
        numeric = both.features[j].numeric and name != time
        lags = [_correlation(side[j], side[j + len(columns)]) if numeric else float("nan") for side in sides]
        shares = [_share(repeats.features[j], side, j) for side in repeated]
        found.append(StepComparison("", name, three(lags), three(shares)))
    return found


def _share(feature: Feature, side: Values, j: int) -> float:
    """The share of rows that a yes-or-no feature is true of."""
    return float((side[j] == feature.levels.index("true")).mean()) if "true" in feature.levels else 0.0


def _correlation(values: Floats, before: Floats) -> float:
    there = ~np.isnan(values) & ~np.isnan(before)
    values, before = values[there], before[there]
    if len(values) < 2 or values.min() == values.max() or before.min() == before.max():
        return float("nan")
    return float(np.corrcoef(values, before)[0, 1])
