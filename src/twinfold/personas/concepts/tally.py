"""Shares of options, counted in draws of what is not known of a choice, with what is uncertain of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import expit

from twinfold.evaluation.intervals import Z
from twinfold.simulation.outcome import Figure

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

TRIES = 20
"""Draws of what adding up misses, and of who the people are, beside each draw of the model."""

TIE = 1e-9
"""Shares that lie closer than this are equal."""


class Tally:
    """Sums over people of how likely they take each option, draw by draw.

    Intervals of 95 % are those of `choice.ChoiceModel.shares`: they take in the draws, that the people are a sample,
    and what adding attributes up misses of an option (to first order).

    Args:
        spread: (draws,) what adding up misses of a pair, a standard deviation of log odds.
        options: how many.
    """

    def __init__(self, spread: Floats, options: int) -> None:
        self.spread, self.people = spread, 0
        self._total = np.zeros((len(spread), options))
        self._cross = np.zeros((len(spread), options, options))

    def add(self, draw: int, chance: Floats) -> None:
        """Take in people, in one draw: how likely each takes each option, (options, people)."""
        self.people += chance.shape[1] if draw == 0 else 0
        self._total[draw] += chance.sum(axis=1)
        self._cross[draw] += chance @ chance.T

    def figures(self) -> tuple[Figure, ...]:
        """The share of each option, and its interval."""
        shares, cross = self._means()
        within = (np.diagonal(cross, axis1=1, axis2=2) - shares**2) / self.people
        missed = self.spread[:, None] ** 2 / 2 * (self._slope() ** 2).sum(axis=2)
        deviation = np.sqrt(shares.var(axis=0) + np.maximum(within, 0).mean(axis=0) + missed.mean(axis=0))
        return tuple(map(figure_of, shares.mean(axis=0), deviation))

    def first(self, rng: np.random.Generator) -> Floats:
        """How certain it is that each option is taken most, (options,); equal ones halve it."""
        shares, cross = self._means()
        sampling = (cross - shares[:, :, None] * shares[:, None, :]) / self.people
        slope = self._slope()
        missed = self.spread[:, None, None] ** 2 / 2 * slope @ slope.transpose(0, 2, 1)
        values, vectors = np.linalg.eigh(sampling + missed)
        root = vectors * np.sqrt(np.maximum(values, 0))[:, None, :]
        drawn = shares[:, None] + rng.standard_normal((len(shares), TRIES, shares.shape[1])) @ root.transpose(0, 2, 1)
        best = drawn >= drawn.max(axis=2, keepdims=True) - TIE
        found: Floats = (best / best.sum(axis=2, keepdims=True)).mean(axis=(0, 1))
        return found

    def _means(self) -> tuple[Floats, Floats]:
        return self._total / self.people, self._cross / self.people

    def _slope(self) -> Floats:
        """How shares move with the log odds of each option, (draws, options, options)."""
        shares, cross = self._means()
        found: Floats = shares[:, :, None] * np.eye(shares.shape[1]) - cross
        return found


def share_out(utility: Floats) -> Floats:
    """How likely each option is taken, of log odds, (options, people) both: the logit formula."""
    odds: Floats = np.exp(utility - utility.max(axis=0))
    odds /= odds.sum(axis=0)
    return odds


def figure_of(share: float, deviation: float) -> Figure:
    """A share with its interval of 95 %, which stays between nothing and all.

    >>> figure_of(0.5, 0.1)
    Figure(value=0.5, lower=0.31..., upper=0.68...)
    """
    inner = min(max(float(share), 1e-9), 1 - 1e-9)
    half, middle = Z * float(deviation) / (inner * (1 - inner)), np.log(inner / (1 - inner))
    low, high = float(expit(middle - half)), float(expit(middle + half))
    return Figure(float(share), min(low, float(share)), max(high, float(share)))
