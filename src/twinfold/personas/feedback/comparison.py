"""Comparisons: a share or a mean of a persona beside everybody's, with intervals that take in what is unknown of both.

All are of strata that nobody shares, each with an exact interval of its share (Clopper and Pearson 1934) or Student's
of its mean. Intervals of what is added up of them are recovered from these (MOVER: Zou and Donner 2008), and those of
ratios by asking which ratio leaves a difference of nothing possible (Donner and Zou 2012).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from twinfold.evaluation.intervals import clopper_pearson

if TYPE_CHECKING:
    import numpy.typing as npt

    Flags = npt.NDArray[np.bool_]
    Floats = npt.NDArray[np.float64]
    Places = npt.NDArray[np.int64]

Three = tuple[float, float, float]
"""A value and the ends of its interval."""

FARTHEST = 9.0
"""Effects are kept within so many nats: what lies beyond is as good as always or never."""

BY_SPREAD = math.pi / math.sqrt(3)
"""The log odds ratio that is as much as one standard deviation (Chinn 2000)."""

STEPS = 40
"""Halvings by which the ends of a ratio are found."""


@dataclass(frozen=True)
class Beside:
    """A share, or a mean, of a persona beside everybody's.

    Attributes:
        value, lower, upper: of the persona, with its interval; overall: of everybody.
        apart: the first less the last, with its interval.
        share: whether it is a share, and no mean.
        times: of a share, the first over the last, with its interval; None of a mean, and where nobody has it.
        effect: how far the persona is from everybody, in nats, so that shares and means can be compared: the log of
            `times`, or `apart` in standard deviations times pi / sqrt(3); within -9 to 9.
        units: how many it is of, of the persona; all that is known where it is of texts of a shared column.
    """

    value: float
    lower: float
    upper: float
    overall: float
    apart: Three
    share: bool
    times: Three | None
    effect: Three
    units: int

    @property
    def sign(self) -> int:
        """1 where the persona surely has it more than everybody, -1 where less, 0 where that can't be told."""
        return int(self.apart[1] > 0) - int(self.apart[2] < 0)


@dataclass(frozen=True)
class Group:
    """A persona and everybody, as parts of strata.

    Attributes:
        stratum: of each unit (a person, or a text), (units,), from 0; -1 is left out.
        own, every: what each stratum counts for in the persona and in everybody, (strata,), each summing to 1.
    """

    stratum: Places
    own: Floats
    every: Floats

    def known(self, known: Flags) -> Group | None:
        """The same of those units of which something is known, (units,): None where none of the persona's is."""
        stratum = np.where(known, self.stratum, -1)
        there = np.bincount(stratum[stratum >= 0], minlength=len(self.own))
        before = np.bincount(self.stratum[self.stratum >= 0], minlength=len(self.own))
        if not (there > 0)[self.own > 0].all():
            return None
        share = there / np.maximum(before, 1)
        own, every = self.own * share, self.every * share
        return Group(stratum, own / own.sum(), every / every.sum())


def group_people(inside: Flags) -> Group:
    """Those inside, (people,), beside everybody."""
    share = float(inside.mean())
    return Group(np.where(inside, 0, 1), np.array([1.0, 0.0]), np.array([share, 1 - share]))


def group_halves(one: Flags, other: Flags) -> Group:
    """Some people beside others, (people,): what is said of everybody is of the others."""
    stratum = np.where(one, 0, np.where(other, 1, -1))
    return Group(stratum, np.array([1.0, 0.0]), np.array([0.0, 1.0]))


def compare_shares(has: Flags, group: Group, *, error: float) -> Beside:
    """The share of a persona that has something, `has` (units,), beside everybody's; intervals miss it with a chance of
    at most `error`."""
    counted = group.stratum >= 0
    trials = np.bincount(group.stratum[counted], minlength=len(group.own))
    hits = np.bincount(group.stratum[counted & has], minlength=len(group.own))
    ends = np.array([clopper_pearson(int(hit), int(n), error=error) for hit, n in zip(hits, trials, strict=True)])
    shares = hits / np.maximum(trials, 1)
    limits = ends[:, 0], ends[:, 1]
    value, overall = float(group.own @ shares), float(group.every @ shares)
    low, high = _add(group.own, shares, *limits)
    times = None if overall <= 0 else (value / overall, *_divide(group, shares, *limits))
    effect = 0.0, -FARTHEST, FARTHEST
    if times is not None:
        least = 0.5 / max(int(trials[group.own > 0].sum()), 1)  # of nobody as of half a person
        effect = _nats(max(value, least) / overall), _nats(times[1]), _nats(times[2])
    apart = value - overall, *_add(group.own - group.every, shares, *limits)
    units = int(trials[group.own > 0].sum())
    return Beside(value, max(0.0, low), min(1.0, high), overall, apart, True, times, effect, units)


def compare_means(values: Floats, group: Group, *, error: float) -> Beside | None:
    """The mean of a persona, `values` (units,), NaN where it is not known, beside everybody's; None where it is known
    of too few to say how it varies."""
    from scipy.stats import t

    some = group.known(np.isfinite(values))
    if some is None:
        return None
    counted = some.stratum >= 0
    stratum, own = some.stratum[counted], values[counted]
    number = np.bincount(stratum, minlength=len(some.own)).astype(float)
    needed = (some.own > 0) | (some.every > 0)
    if number[needed].min() < 2:
        return None
    mean = np.bincount(stratum, own, minlength=len(some.own)) / np.maximum(number, 1)
    squares = np.bincount(stratum, (own - mean[stratum]) ** 2, minlength=len(some.own))
    half = np.sqrt(squares / np.maximum(number - 1, 1) / np.maximum(number, 1))
    half *= t.isf(error / 2, np.maximum(number - 1, 1))
    value, overall = float(some.own @ mean), float(some.every @ mean)
    low, high = _add(some.own, mean, mean - half, mean + half)
    apart = value - overall, *_add(some.own - some.every, mean, mean - half, mean + half)
    spread = float(own.std())
    scaled = [float(np.clip(BY_SPREAD * each / spread, -FARTHEST, FARTHEST)) if spread > 0 else 0.0 for each in apart]
    units = int(number[some.own > 0].sum())
    return Beside(value, low, high, overall, apart, False, None, (scaled[0], scaled[1], scaled[2]), units)


def _add(weights: Floats, values: Floats, low: Floats, high: Floats) -> tuple[float, float]:
    """The ends of a weighted sum of values whose ends are known."""
    down = np.where(weights > 0, values - low, high - values) * weights
    up = np.where(weights > 0, high - values, values - low) * weights
    total = float(weights @ values)
    return total - float(np.sqrt((down**2).sum())), total + float(np.sqrt((up**2).sum()))


def _divide(group: Group, shares: Floats, low: Floats, high: Floats) -> tuple[float, float]:
    """The ends of the ratio of a persona's share to everybody's: those at which their difference could be none."""
    both = group.every > 0
    most = float((group.own[both] / group.every[both]).max())
    if (group.own[~both] > 0).any():
        most = math.exp(FARTHEST)
    ends = []
    for side in (0, 1):
        left, right = 0.0, most
        for _ in range(STEPS):
            middle = (left + right) / 2
            beyond = _add(group.own - middle * group.every, shares, low, high)[side] > 0
            left, right = (middle, right) if beyond else (left, middle)
        ends.append(left if side == 0 else right)
    return ends[0], ends[1]


def _nats(ratio: float) -> float:
    return max(-FARTHEST, min(FARTHEST, math.log(ratio))) if ratio > 0 else -FARTHEST
