"""Tallies: how often each option is answered, or what numbers come to, by persona and over all, with 95 % intervals.

An interval has two parts, which are put together as the sides of a right angle. One is of the customers who were asked:
weighted shares have exact limits of as many answers as vary as much (Korn and Graubard 1998, "Confidence intervals for
proportions with small expected number of positive counts estimated from survey data"), quantiles those of the share
below them (Woodruff 1952). The other is of what a behaviour, or a scale, does not know: asking more customers leaves it
as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Flags = npt.NDArray[np.bool_]
    Places = npt.NDArray[np.int64]

    Unknown = Callable[[Places, Floats], Floats]
    """Of some who were asked, by their places, and their weights: how far the share of each option, and last the mean
    of their numbers, may lie below and above by what is not known, (options + 1, 2)."""

LEAST = 5
"""Answers of a group that are told of, at least."""

MEAN = "mean"
QUANTILES = {"lower quarter": 0.25, "median": 0.5, "upper quarter": 0.75}
"""What is told of numbers."""


@dataclass(frozen=True)
class Tally:
    """One figure of one group.

    Attributes:
        group: the persona's name; empty of everybody.
        what: the option whose share it is, or of numbers "mean", "median", ….
        answers: of how many customers; effective: of as many that weigh alike (Kish 1965).
        value, lower, upper: a share from 0 to 1, or a number, and its 95 % interval; NaN where there is none.
        stays: half the width of the part of the interval that asking more customers leaves.
    """

    group: str
    what: str
    answers: int
    effective: float
    value: float
    lower: float
    upper: float
    stays: float = 0.0

    def record(self) -> dict[str, Any]:
        """The figure as JSON can say it."""
        numbers = {name: getattr(self, name) for name in ("effective", "value", "lower", "upper", "stays")}
        told = {name: each if np.isfinite(each) else None for name, each in numbers.items()}
        return {"group": self.group, "what": self.what, "answers": self.answers, **told}


def tally_shares(
    group: str, options: Sequence[str], chances: Floats, weight: Floats, unknown: Floats, *, seen: bool
) -> list[Tally]:
    """How often a group answers each option.

    Args:
        group, options: what they are called.
        chances: (answers, options), how likely each customer answers each, or 0 and 1 where that is `seen`.
        weight: (answers,), how many each stands for.
        unknown: (options, 2), how far a share may lie below and above by what is not known.
    """
    share, lower, upper = share_limits(chances, weight, seen=seen)
    low = np.maximum(share - np.hypot(share - lower, unknown[:, 0]), 0.0)
    high = np.minimum(share + np.hypot(upper - share, unknown[:, 1]), 1.0)
    answers, effective, stays = len(weight), effective_size(weight), unknown.mean(axis=1)
    return [
        Tally(group, name, answers, effective, float(share[k]), float(low[k]), float(high[k]), float(stays[k]))
        for k, name in enumerate(options)
    ]


def tally_numbers(group: str, values: Floats, weight: Floats, unknown: Floats, *, seen: bool) -> list[Tally]:
    """The mean of a group's numbers, and, of those that are seen and not expected, quarters and the middle.

    `values`, `weight`: (answers,); `unknown`: (…, 2), of which the last is the mean's.
    """
    answers, effective = len(weight), effective_size(weight)
    mean, half = mean_limits(values, weight)
    below, above = unknown[-1]
    low, high = mean - float(np.hypot(half, below)), mean + float(np.hypot(half, above))
    out = [Tally(group, MEAN, answers, effective, mean, low, high, float(below + above) / 2)]
    if seen:
        order = np.argsort(values, kind="stable")
        ranked, reached = values[order], np.cumsum(weight[order]) / weight.sum()
        for name, share in QUANTILES.items():
            below, above = exact_limits(np.array([share]), np.array([effective]))
            value, low, high = (quantile(ranked, reached, float(at)) for at in (share, below[0], above[0]))
            out.append(Tally(group, name, answers, effective, value, low, high))
    return out


def effective_size(weight: Floats) -> float:
    """How many answers that weigh alike tell as much (Kish 1965, "Survey sampling", section 11.7).

    >>> effective_size(np.array([1.0, 1.0])), effective_size(np.array([3.0, 1.0]))
    (2.0, 1.6)
    """
    return float(weight.sum() ** 2 / (weight**2).sum())


def share_limits(chances: Floats, weight: Floats, *, seen: bool) -> tuple[Floats, Floats, Floats]:
    """Weighted means of numbers from 0 to 1, by column, (columns,), and the limits of each.

    A mean m whose variance is v varies as the share of m (1 - m) / v answers does, and has its exact limits. Where all
    are 0, or all 1, there are as many as Kish's number of answers; of expectations that are all alike no limits but m.
    """
    whole = weight.sum()
    mean = np.clip(weight @ chances / whole, 0.0, 1.0)
    variance = weight**2 @ (chances - mean) ** 2 / whole**2 * len(weight) / max(len(weight) - 1, 1)
    kish = effective_size(weight)
    flat = variance <= 1e-15
    size = np.where(flat, kish, mean * (1 - mean) / np.where(flat, 1.0, variance))
    low, high = exact_limits(mean, np.minimum(size, kish) if seen else size)
    if not seen:
        low, high = np.where(flat, mean, low), np.where(flat, mean, high)
    return mean, low, high


def exact_limits(share: Floats, size: Floats) -> tuple[Floats, Floats]:
    """The limits of shares of so many answers, which need not be whole numbers (Clopper and Pearson 1934).

    >>> low, high = exact_limits(np.array([0.0]), np.array([100.0]))
    >>> float(low[0]), round(float(high[0]), 4)
    (0.0, 0.0362)
    """
    from scipy.stats import beta

    hits, misses = size * share, size * (1 - share)
    low = np.where(hits > 0, beta.ppf(0.025, np.maximum(hits, 1e-12), misses + 1), 0.0)
    high = np.where(misses > 0, beta.ppf(0.975, hits + 1, np.maximum(misses, 1e-12)), 1.0)
    return np.minimum(low, share), np.maximum(high, share)


def mean_limits(values: Floats, weight: Floats) -> tuple[float, float]:
    """A weighted mean, and half the width of its interval by Student's law; NaN of one answer."""
    from scipy.stats import t

    whole, answers = weight.sum(), len(weight)
    mean = float(weight @ values / whole)
    if answers < 2:
        return mean, float("nan")
    variance = float(weight**2 @ (values - mean) ** 2 / whole**2) * answers / (answers - 1)
    freedom = max(effective_size(weight) - 1, 1.0)
    return mean, float(t.ppf(0.975, freedom) * np.sqrt(variance))


def quantile(ranked: Floats, below: Floats, share: float) -> float:
    """The least of ranked values that at least a share lies at or below; `below` is each one's share."""
    place = int(np.searchsorted(below, share - 1e-12))
    return float(ranked[min(place, len(ranked) - 1)])


def no_unknown(options: int) -> Unknown:
    """That of what is seen: nothing."""
    return lambda *_: np.zeros((options + 1, 2))
