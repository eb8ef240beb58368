"""Segments: whether an arm does more to some customers than to others, and how sure one may be after looking at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

from twinfold.behaviour.rows import texts
from twinfold.errors import DataError
from twinfold.simulation.experiments.boundaries import find_boundaries
from twinfold.simulation.experiments.lifts import encode_covariates, estimate_means
from twinfold.simulation.experiments.results import LEAST, Results
from twinfold.simulation.experiments.specification import Experiment

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

MOST_LEVELS = 20
"""Levels of a segment, at most."""


@dataclass(frozen=True)
class SegmentLift:
    """The lift of an arm among the customers of one level; the interval holds for all levels, segments and arms."""

    arm: str
    segment: str
    level: str
    rows: int
    lift: float
    lower: float
    upper: float


@dataclass(frozen=True)
class Difference:
    """Whether the lift of an arm differs between the levels of a segment: the p-value, corrected for all that were
    asked (Holm 1979)."""

    arm: str
    segment: str
    p: float


@dataclass(frozen=True)
class Segments:
    """What was found in segments: each lift, whether they differ, and levels that were too few to judge."""

    lifts: tuple[SegmentLift, ...] = ()
    differences: tuple[Difference, ...] = ()
    few: tuple[str, ...] = ()


def compare_segments(results: Results, asked: Experiment, look: int) -> Segments:
    """The lifts in each level of each segment, and whether they differ.

    Args:
        results: of known outcomes.
        look: which one it is, from 1.

    The chance of a false alarm is divided by all arms and levels (Bonferroni).

    Raises `DataError` where a segment has too many levels.
    """
    found, few = [], []
    for name in asked.segments:
        column = texts(results.frame, name).fill_null("missing")
        levels = column.unique().sort().to_list()
        if len(levels) > MOST_LEVELS:
            raise DataError(f"segment {name!r} has {len(levels):,} levels; give at most {MOST_LEVELS}, such as bands")
        for level in levels:
            own = (column == level).to_numpy()
            if np.bincount(results.arm[own], minlength=len(asked.arms)).min() < LEAST:
                few.append(f"{name} = {level}")
                continue
            found.append((name, level, int(own.sum()), _lifts(results, own, asked)))
    every = max(len(found), 1) * len(asked.others)
    bound = find_boundaries(asked.times, asked.alpha / every)[look - 1]
    lifts = [
        SegmentLift(asked.labels[place], name, level, rows, float(lift), *_ends(float(lift), bound * float(error)))
        for name, level, rows, each_arm in found
        for place, lift, error in zip(asked.others, *each_arm, strict=True)
    ]
    differences = [
        Difference(asked.labels[place], name, p)
        for name in asked.segments
        for kind, place in enumerate(asked.others)
        if np.isfinite(p := _differ([(e[0][kind], e[1][kind]) for n, _, _, e in found if n == name]))
    ]
    return Segments(tuple(lifts), _holm(differences), tuple(few))


def _lifts(results: Results, own: npt.NDArray[np.bool_], asked: Experiment) -> tuple[Floats, Floats]:
    frame, arm = results.frame.filter(own), results.arm[own]
    known, _ = encode_covariates(frame, asked.covariates, int(np.bincount(arm).min()))
    clusters = None if results.clusters is None else results.clusters[own]
    means = estimate_means(results.outcome[own], arm, len(asked.arms), known, clusters)
    lifts, covariance = means.lifts(asked.reference, asked.others)
    return lifts, np.sqrt(np.diag(covariance))


def _ends(middle: float, half: float) -> tuple[float, float]:
    return middle - half, middle + half


def _differ(found: Sequence[tuple[float, float]]) -> float:
    """The p-value of lifts of levels, each with its error, being one and the same; not a number for a single level."""
    if len(found) < 2:
        return float("nan")
    lifts, errors = np.array(found).T
    if not (errors > 0).all():
        return float("nan")
    weights = errors**-2
    apart = lifts - np.average(lifts, weights=weights)
    return float(stats.chi2.sf((weights * apart**2).sum(), len(lifts) - 1))


def _holm(differences: Sequence[Difference]) -> tuple[Difference, ...]:
    order = np.argsort([each.p for each in differences], kind="stable")
    largest, out = 0.0, list(differences)
    for rank, place in enumerate(order):
        largest = max(largest, min(1.0, (len(out) - rank) * out[place].p))
        out[place] = Difference(out[place].arm, out[place].segment, largest)
    return tuple(out)
