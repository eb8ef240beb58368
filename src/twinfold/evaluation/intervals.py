"""Intervals of 95 % around what was measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

Z = 1.959963984540054  # the 97.5 % point of the normal distribution


def clopper_pearson(successes: float, trials: int, *, error: float = 0.05) -> tuple[float, float]:
    """The exact interval of a proportion (Clopper and Pearson 1934), which misses it with a chance of at most `error`.

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


def beside(successes: int, trials: int, other: int, other_trials: int, *, error: float = 0.05) -> tuple[float, float]:
    """The interval of a proportion seen beside another: that of their difference, moved to the other's value.

    It takes in what is unknown of both: each one's exact limits recovered into limits of the difference (MOVER: Zou and
    Donner 2008, equation 1).

    >>> [round(limit, 3) for limit in beside(50, 100, 0, 10)]
    [0.175, 0.602]
    """
    share, yardstick = successes / trials, other / other_trials
    low, high = clopper_pearson(successes, trials, error=error)
    other_low, other_high = clopper_pearson(other, other_trials, error=error)
    return (
        max(0.0, share - float(np.hypot(share - low, other_high - yardstick))),
        min(1.0, share + float(np.hypot(high - share, yardstick - other_low))),
    )


def between(before: tuple[float, float, float], after: tuple[float, float, float]) -> tuple[float, float]:
    """The interval of `after - before`, each a value with its interval's ends, as if they were independent.

    Each one's limits recovered into limits of the difference (MOVER: Zou and Donner 2008, equation 1). Of two measures
    by the same holdout, which rise and fall together, it is wider than it need be. NaN where either is not known.

    >>> [round(limit, 3) for limit in between((0.6, 0.57, 0.63), (0.5, 0.46, 0.54))]
    [-0.15, -0.05]
    """
    (old, old_low, old_high), (new, new_low, new_high) = before, after
    low = new - old - float(np.hypot(new - new_low, old_high - old))
    return low, new - old + float(np.hypot(new_high - new, old - old_low))


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
    above, below = placements(score, positive)
    area = float(above.mean())
    if owner is None:
        return area, float(above.var(ddof=1) / len(above) + below.var(ddof=1) / len(below))
    return area, clustered_variance(above, owner[positive]) + clustered_variance(below, owner[~positive])


def delong_together(scores: Floats, positive: npt.NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """The areas of several scores of the same things, shape (scores,), and their covariance, (scores, scores).

    Args:
        scores: shape (scores, n), as in `delong`.
        positive: shape (n,), the truth; at least two of each.
    """
    placed = [placements(score, positive) for score in scores]
    above, below = (np.array([each[side] for each in placed]) for side in (0, 1))
    covariance = np.cov(above) / above.shape[1] + np.cov(below) / below.shape[1]
    return above.mean(1), covariance.reshape(len(scores), len(scores))


def placements(score: Floats, positive: npt.NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """The share of the misses below each hit, and of the hits above each miss, shape (hits,) and (misses,): the area
    under the ROC curve is the mean of either."""
    from scipy.stats import rankdata

    hits, misses = score[positive], score[~positive]
    ranks = rankdata(score)
    return (ranks[positive] - rankdata(hits)) / len(misses), 1 - (ranks[~positive] - rankdata(misses)) / len(hits)


def simultaneous(covariance: Floats, *, error: float = 0.05) -> float:
    """How many standard errors around each of several estimates hold all of them at once, with a chance of 1 - `error`.

    By 20,000 draws of their normal distribution (the single-step procedure of Hothorn, Bretz and Westfall 2008): fewer
    than for independent estimates where they go together. An estimate that can't vary is left out.

    >>> round(simultaneous(np.eye(5)), 1), round(simultaneous(np.ones((5, 5))), 1)
    (2.6, 2.0)
    """
    spread = np.sqrt(np.diag(covariance))
    varies = spread > 0
    if not varies.any():
        return Z
    correlation = (covariance / np.outer(spread, spread).clip(1e-300))[np.ix_(varies, varies)]
    values, vectors = np.linalg.eigh(correlation)
    draws = np.random.default_rng(0).standard_normal((20_000, len(values)))
    largest = np.abs(draws * np.sqrt(values.clip(0)) @ vectors.T).max(1)
    return float(np.quantile(largest, 1 - error))


def clustered_variance(values: Floats, owner: npt.NDArray[np.int64]) -> float:
    """The variance of the mean of values that go together by their owner; infinite where all are one's."""
    sums = np.bincount(np.unique(owner, return_inverse=True)[1], weights=values - values.mean())
    owners = len(sums)
    return float(owners / (owners - 1) * (sums**2).sum() / len(values) ** 2) if owners > 1 else float("inf")


def around(value: float, variance: float, *, floor: float = 0.0, ceiling: float = 1.0) -> tuple[float, float]:
    """The normal interval around a value, kept within what it can be."""
    half = Z * float(np.sqrt(variance))
    return max(floor, value - half), min(ceiling, value + half)


def stretch(
    figures: tuple[float, float, float], tried: int, *, floor: float = 0.0, ceiling: float = 1.0
) -> tuple[float, float, float]:
    """A value with its 95 % interval as one of several that were tried and of which the worst is told: as wide as holds
    all of them at once (Bonferroni), by the normal law's tails, and kept within what it can be.

    Example:
        >>> stretch((0.5, 0.45, 0.55), 1)
        (0.5, 0.45, 0.55)
        >>> [round(each, 3) for each in stretch((0.5, 0.45, 0.55), 4)]
        [0.5, 0.436, 0.564]
    """
    from scipy.stats import norm

    if tried < 2:
        return figures
    value, low, high = figures
    wider = float(norm.isf(0.025 / tried)) / Z
    return value, max(floor, value - wider * (value - low)), min(ceiling, value + wider * (high - value))


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
