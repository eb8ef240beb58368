"""Measurement: how a point of a scale comes of a utility.

An ordered logit (McCullagh 1980, "Regression models for ordinal data"): whoever has a score s answers one of the first
k points with the odds exp(t_k - b s). Thresholds t and the slope b are of greatest likelihood among real answers, whose
likelihood is concave (Pratt 1981), so that Newton's steps end at the one place. Without real answers the slope is 1,
that of the decision itself, and thresholds are cut so that assumed shares come out of these customers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit
from scipy.stats import chi2

from twinfold.errors import DataError

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Ints = npt.NDArray[np.int64]

LEAST_ANSWERS, LEAST_OF_EACH = 50, 5
"""Real answers that it takes to measure a scale, and of each of its points."""

STEPS, SETTLED = 100, 1e-10
"""Newton's steps at most, and the gain of likelihood an answer from which on it has ended."""

FIFTHS = 5
"""Groups of like scores in which answers are compared with what the scale expects."""

FARTHEST = 60.0
"""How far from every score a threshold may lie, in log odds."""

STEEPEST = 30.0
"""The slope of scores of unit spread from which on points follow scores without fail."""


@dataclass(frozen=True)
class Scale:
    """How scores become points.

    Attributes:
        thresholds: rising, (points - 1,); slope: of the score.
        covariance: of both, thresholds first, (points, points); zeros where they are assumed.
        answers: real ones that it was measured by; 0 where it is assumed.
        fits: the p-value of what is expected of fifths of like scores beside what they answered; NaN where assumed.
    """

    thresholds: Floats
    slope: float
    covariance: Floats
    answers: int
    fits: float

    @property
    def measured(self) -> bool:
        """Whether real answers stand behind it."""
        return self.answers > 0

    @property
    def points(self) -> int:
        """How many there are."""
        return len(self.thresholds) + 1

    def chances(self, score: Floats) -> Floats:
        """How likely each point is at such scores, (..., points)."""
        return chances_of(self.thresholds, self.slope, score)

    def draw(self, draws: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
        """Draws of thresholds, (draws, points - 1), in rising order, and of the slope, (draws,), as well as both are
        known."""
        middle = np.append(self.thresholds, self.slope)
        found = rng.multivariate_normal(middle, self.covariance, draws, method="eigh")
        return np.sort(found[:, :-1], axis=1), found[:, -1]


def chances_of(thresholds: Floats, slope: Floats | float, score: Floats) -> Floats:
    """How likely each point is, (..., points), at scores, (...,), by thresholds, (..., points - 1), and slopes."""
    below = expit(thresholds - np.asarray(slope * score)[..., None])
    ends = np.zeros((*below.shape[:-1], 1)), np.ones((*below.shape[:-1], 1))
    return np.diff(np.concatenate([ends[0], below, ends[1]], axis=-1), axis=-1)


def measure_scale(score: Floats, answer: Ints, points: int, place: str) -> Scale:
    """The scale of greatest likelihood.

    Args:
        score: (answers,); answer: (answers,) the point of each, from 0.
        points: of the scale; place: of whose answers it is, in an error.

    Raises `DataError` where there are too few answers, of one point above all, where all scores are alike, or where
    points follow scores without fail, so that no slope is likeliest.
    """
    counts = np.bincount(answer, minlength=points)
    if len(answer) < LEAST_ANSWERS or counts.min() < LEAST_OF_EACH:
        few = int(counts.argmin()) + 1
        raise DataError(
            f"{place}: {len(answer):,} answers, {counts.min()} of them of point {few}; a scale is measured by "
            f"{LEAST_ANSWERS} or more, {LEAST_OF_EACH} of each point: give more, or fewer points"
        )
    middle, spread = float(score.mean()), float(score.std())
    if not spread > 1e-9 * max(1.0, abs(middle)):
        raise DataError(f"{place}: all scores are {middle:g}; give answers of customers who differ")
    try:
        found, information = _climb((score - middle) / spread, answer, counts)
        covariance = np.linalg.inv(information)
    except np.linalg.LinAlgError:
        found = np.full(points, np.inf)
    if not abs(found[-1]) < STEEPEST:
        raise DataError(f"{place}: points follow scores without fail, so that no scale is likeliest; give more answers")
    # Back from scores of unit spread: t + b m / s, and b / s
    turn = np.eye(points)
    turn[:-1, -1], turn[-1, -1] = middle / spread, 1 / spread
    found, covariance = turn @ found, turn @ covariance @ turn.T
    thresholds, slope = found[:-1], float(found[-1])
    fits = _judge_fit(chances_of(thresholds, slope, score), answer)
    return Scale(thresholds, slope, np.asarray(covariance, np.float64), len(answer), fits)


def _climb(score: Floats, answer: Ints, counts: Ints) -> tuple[Floats, Floats]:
    """The parameters of greatest likelihood, by Newton's steps, and the information there."""
    below = counts.cumsum()[:-1]
    found = np.append(np.log(below / (len(answer) - below)), 0.0)
    value, slopes, information = _likelihood(found, score, answer)
    for _ in range(STEPS):
        step = np.linalg.solve(information, slopes)
        for _ in range(40):  # halve until it is likelier, and thresholds rise
            tried = found + step
            there = _likelihood(tried, score, answer)
            if (np.diff(tried[:-1]) > 0).all() and there[0] >= value:
                break
            step = step / 2
        else:
            break
        gained = there[0] - value
        found, (value, slopes, information) = tried, there
        if gained < SETTLED * len(answer):
            break
    return found, information


def _likelihood(parameters: Floats, score: Floats, answer: Ints) -> tuple[float, Floats, Floats]:
    """The log likelihood of answers, its gradient, and the information, by thresholds and the slope."""
    points = len(parameters)
    thresholds, slope = parameters[:-1], parameters[-1]
    edges = np.concatenate([[-np.inf], thresholds, [np.inf]])
    upper, lower = (expit(edges[answer + side] - slope * score) for side in (1, 0))
    chance = np.maximum(upper - lower, 1e-300)
    du, dl = upper * (1 - upper), lower * (1 - lower)
    rows = np.arange(len(answer))
    up, down = np.zeros((len(answer), points)), np.zeros((len(answer), points))  # how the two ends move
    inner, outer = answer < points - 1, answer > 0
    up[rows[inner], answer[inner]] = 1.0
    down[rows[outer], answer[outer] - 1] = 1.0
    up[:, -1] = down[:, -1] = -score
    slopes = (du[:, None] * up - dl[:, None] * down) / chance[:, None]
    bent = (up * (du * (1 - 2 * upper) / chance)[:, None]).T @ up
    bent -= (down * (dl * (1 - 2 * lower) / chance)[:, None]).T @ down
    return float(np.log(chance).sum()), slopes.sum(axis=0), slopes.T @ slopes - bent


def _judge_fit(expected: Floats, answer: Ints) -> float:
    """The p-value of answers in groups of like expected answers beside what is expected there (Fagerland and Hosmer
    2013, "A goodness-of-fit test for the proportional odds regression model"): small where one slope is not enough.

    `expected`: how likely each point was, (answers, points).
    """
    rows, points = expected.shape
    group = np.argsort(np.argsort(expected @ np.arange(points), kind="stable")) * FIFTHS // rows
    seen = np.zeros((FIFTHS, points))
    np.add.at(seen, (group, answer), 1.0)
    held = np.stack([expected[group == each].sum(axis=0) for each in range(FIFTHS)])
    statistic = float(((seen - held) ** 2 / np.maximum(held, 1e-9)).sum())
    return float(chi2.sf(statistic, (FIFTHS - 2) * (points - 1) + points - 2))


def assume_scale(score: Floats, shares: Floats, weight: Floats, slope: float = 1.0) -> Scale:
    """The scale by which customers of such scores answer each point so often.

    Args:
        score: (customers,); weight: (customers,), how many each stands for.
        shares: (points,), of their answers, which add to 1.
        slope: of the score; 1 is that of a decision whose log odds the score is.
    """
    whole, steep = weight / weight.sum(), slope * score
    low, high = float(steep.min()) - FARTHEST, float(steep.max()) + FARTHEST

    def cut(below: float) -> float:
        return float(brentq(lambda at: float(whole @ expit(at - steep)) - below, low, high, xtol=1e-10))

    thresholds = np.array([cut(below) for below in np.cumsum(shares)[:-1] / shares.sum()])
    return Scale(thresholds, slope, np.zeros((len(shares), len(shares))), 0, float("nan"))


def cut_again(scores: Floats, shares: Floats, start: Floats, slope: float) -> Floats:
    """The thresholds that give assumed shares in each of several truths, (truths, points - 1), by Newton's steps.

    Args:
        scores: (truths, customers), who all weigh alike; shares: (points,); slope: of the score.
        start: (points - 1,), near which they lie.
    """
    wanted, steep = np.cumsum(shares)[:-1] / shares.sum(), slope * scores[:, None, :]
    cuts = np.repeat(start[None], len(scores), axis=0) + (steep - steep[:1]).mean(axis=2)
    for _ in range(30):
        below = expit(cuts[:, :, None] - steep)
        step = (below.mean(axis=2) - wanted) / np.maximum((below * (1 - below)).mean(axis=2), 1e-12)
        cuts = cuts - np.clip(step, -2.0, 2.0)
        if np.abs(step).max() < 1e-8:
            break
    return np.asarray(cuts)
