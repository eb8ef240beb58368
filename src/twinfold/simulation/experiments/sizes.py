"""Sizes: how many customers it takes to find an effect, or what effect the customers that there are can show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import optimize
from scipy.special import ndtr, ndtri

from twinfold.simulation.experiments.boundaries import crossing, find_boundaries, find_drift, share_alpha


@dataclass(frozen=True)
class Noise:
    """What the outcome is where nothing is done, and how much customers vary.

    Attributes:
        mean: of the outcome; variance: of one customer's.
        binary: whether it is of two values: an effect then changes the variance with the mean.
        explained: the part of the variance that covariates take away.
        design: how many times the variance counts because a customer has several rows; 1 where each has one.
    """

    mean: float
    variance: float
    binary: bool
    explained: float = 0.0
    design: float = 1.0

    def left(self, effect: float) -> float:
        """The variance of one customer's outcome under an effect, after adjusting."""
        moved = self.mean + effect
        own = moved * (1 - moved) if self.binary else self.variance
        return max(own, 0.0) * self.design * (1 - self.explained)


@dataclass(frozen=True)
class Rule:
    """How results will be judged: the share of customers in each arm, the control's place, the looks, the chance of a
    false alarm in any arm, and the power."""

    parts: tuple[float, ...]
    reference: int
    times: tuple[float, ...]
    alpha: float
    power: float

    @property
    def each(self) -> float:
        """The chance of a false alarm that one arm may have."""
        return share_alpha(self.alpha, self.parts, self.reference)

    @property
    def bounds(self) -> tuple[float, ...]:
        """How many standard errors a lift must be from nothing at each look, (looks,)."""
        return find_boundaries(self.times, self.each)


def customers_needed(noise: Noise, rule: Rule, effect: float) -> int:
    """How many customers in all arms together show an effect, as likely as is asked, in every arm that has it.

    For a number a few more than by the normal distribution, for its variance must be estimated (Guenther 1981).

    >>> half = Rule((0.5, 0.5), 0, (1.0,), 0.05, 0.8)
    >>> customers_needed(Noise(0.10, 0.09, True), half, 0.02)
    7677
    >>> customers_needed(Noise(0.0, 1.0, False), half, 0.5)
    128
    """
    drift = find_drift(rule.times, rule.each, rule.power)
    whole = drift**2 * _variance(noise, rule, effect) / effect**2
    extra = 0.0 if noise.binary else len(rule.parts) * ndtri(rule.each / 2) ** 2 / 4
    return int(np.ceil(whole + extra - 1e-9))


def detectable_effect(noise: Noise, rule: Rule, customers: int) -> float | None:
    """The least effect, upwards, that so many customers show as likely as is asked; None where none would be.

    >>> half = Rule((0.5, 0.5), 0, (1.0,), 0.05, 0.8)
    >>> round(detectable_effect(Noise(0.10, 0.09, True), half, 7677), 4)
    0.02
    """
    drift = find_drift(rule.times, rule.each, rule.power)
    most = 1 - noise.mean if noise.binary else drift * 1e3 * np.sqrt(max(noise.variance, 1e-300))

    def lack(effect: float) -> float:
        return effect - drift * float(np.sqrt(_variance(noise, rule, effect) / customers))

    if most <= 0 or lack(most) < 0:
        return None
    return float(optimize.brentq(lack, 0.0, most, xtol=1e-12 * max(1.0, most)))


def chance_to_stop(noise: Noise, rule: Rule, effect: float, customers: int) -> Sequence[float]:
    """The chance that each look is the first at which an effect is found, (looks,), of an arm that has it."""
    error = float(np.sqrt(_variance(noise, rule, effect) / customers))
    return [float(chance) for chance in crossing(rule.times, rule.bounds, effect / error if error else np.inf)]


def nominal_p(bound: float) -> float:
    """The p-value, two-sided, that is so many standard errors."""
    return float(2 * ndtr(-bound))


def _variance(noise: Noise, rule: Rule, effect: float) -> float:
    """The variance of a lift times all customers, of the arm that has the fewest."""
    least = min(part for place, part in enumerate(rule.parts) if place != rule.reference)
    return noise.left(effect) / least + noise.left(0.0) / rule.parts[rule.reference]
