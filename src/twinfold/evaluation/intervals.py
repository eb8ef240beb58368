"""Intervals of 95 % around what was measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

Z = 1.959963984540054  # the 97.5 % point of the normal distribution


def clopper_pearson(successes: float, trials: int, *, error: float = 0.05) -> tuple[float, float]:
    """The exact interval of a proportion (Clopper and Pearson 1934), which misses it with a probability of `error`.

    >>> low, high = clopper_pearson(0, 100)
    >>> low, round(high, 4)
    (0.0, 0.0362)
    """
    from scipy.stats import beta

    if trials == 0:
        return 0.0, 1.0
    low = float(beta.ppf(error / 2, successes, trials - successes + 1)) if successes > 0 else 0.0
    high = float(beta.ppf(1 - error / 2, successes + 1, trials - successes)) if successes < trials else 1.0
    return low, high


def beside(successes: int, trials: int, other: int, other_trials: int) -> tuple[float, float]:
    """The interval of a proportion seen beside another: that of their difference, moved to the other's value.

    It takes in what is unknown of both: each one's exact limits recovered into limits of the difference (MOVER: Zou and
    Donner 2008, equation 1).

    >>> [round(limit, 3) for limit in beside(50, 100, 0, 10)]
    [0.175, 0.602]
    """
    share, yardstick = successes / trials, other / other_trials
    low, high = clopper_pearson(successes, trials)
    other_low, other_high = clopper_pearson(other, other_trials)
    return (
        max(0.0, share - float(np.hypot(share - low, other_high - yardstick))),
        min(1.0, share + float(np.hypot(high - share, yardstick - other_low))),
    )


def excess(
    successes: int, trials: int, control: int, control_trials: int, *, error: float = 0.05
) -> tuple[float, float, float]:
    """What of the room that a control leaves is won beyond it, (p - c) / (1 - c), and its interval, within -1 to 1.

    1 less it is the ratio of two independent shares of failures, whose exact limits are recovered into limits of the
    ratio (MOVER-R: Donner and Zou 2012). 0 where the control never fails: there is nothing left to win.

    >>> [round(figure, 3) for figure in excess(60, 100, 20, 100)]
    [0.5, 0.352, 0.626]
    >>> excess(100, 100, 100, 100)
    (0.0, -1.0, 1.0)
    """
    fail, other = 1 - successes / trials, 1 - control / control_trials
    low, high = clopper_pearson(trials - successes, trials, error=error)
    other_low, other_high = clopper_pearson(control_trials - control, control_trials, error=error)
    product = fail * other
    lower, other_upper = low * (2 * fail - low), other_high * (2 * other - other_high)
    upper, other_lower = high * (2 * fail - high), other_low * (2 * other - other_low)
    down = product + float(np.sqrt(max(0.0, product**2 - lower * other_upper)))
    up = product + float(np.sqrt(max(0.0, product**2 - upper * other_lower)))
    least = lower / down if down > 0 else 0.0
    most = up / other_lower if other_lower > 0 else np.inf
    value = 1 - fail / other if other > 0 else float(fail == 0) - 1
    return max(-1.0, value), max(-1.0, 1 - most), max(-1.0, 1 - least)


def delong(
    score: Floats, positive: npt.NDArray[np.bool_], owner: npt.NDArray[np.int64] | None = None
) -> tuple[float, float]:
    """The area under the ROC curve and its variance (DeLong et al. 1988; ranks as in Sun and Xu 2014).

    Args:
        score: shape (n,), higher for what is thought positive; ties count half.
        positive: shape (n,), the truth; at least two of each.
        owner: shape (n,), whose row each is, where rows of one owner go together (Obuchowski 1997); an owner has
            positive rows or others, never both. None: all are independent.

    >>> delong(np.array([0.1, 0.4, 0.35, 0.8]), np.array([False, False, True, True]))[0]
    0.75
    """
    from scipy.stats import rankdata

    hits, misses = score[positive], score[~positive]
    m, n = len(hits), len(misses)
    ranks = rankdata(score)
    area = (ranks[positive].sum() - m * (m + 1) / 2) / (m * n)
    above = (ranks[positive] - rankdata(hits)) / n  # share of the misses below each hit
    below = 1 - (ranks[~positive] - rankdata(misses)) / m
    if owner is None:
        return float(area), float(above.var(ddof=1) / m + below.var(ddof=1) / n)
    return float(area), clustered_variance(above, owner[positive]) + clustered_variance(below, owner[~positive])


def clustered_variance(values: Floats, owner: npt.NDArray[np.int64]) -> float:
    """The variance of the mean of values that go together by their owner; infinite where all are one's."""
    sums = np.bincount(np.unique(owner, return_inverse=True)[1], weights=values - values.mean())
    owners = len(sums)
    return float(owners / (owners - 1) * (sums**2).sum() / len(values) ** 2) if owners > 1 else float("inf")


def around(value: float, variance: float, *, floor: float = 0.0, ceiling: float = 1.0) -> tuple[float, float]:
    """The normal interval around a value, kept within what it can be."""
    half = Z * float(np.sqrt(variance))
    return max(floor, value - half), min(ceiling, value + half)


def jackknife(without: Floats) -> Floats:
    """The variance of a statistic from its values with each of G groups left out (Shao and Tu 1995, section 2.3).

    Args:
        without: shape (G, ...), the statistic without each group in turn.

    Returns:
        Variance of shape (...).
    """
    groups = len(without)
    variance: Floats = (groups - 1) / groups * ((without - without.mean(0)) ** 2).sum(0)
    return variance
