"""What a purchase is worth: gamma-gamma (Fader and Hardie 2013, "The gamma-gamma model of monetary value").

The values of a customer's purchases are gamma distributed with shape p and a scale of their own, whose inverse is
gamma distributed over customers with shape q and rate v; nothing of it depends on how often the customer buys.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from scipy import special

from twinfold.behaviour import estimates
from twinfold.behaviour.purchases import Histories
from twinfold.errors import DataError

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

FEWEST = 30
"""Customers with a repeat purchase of value that a fit needs."""

STARTS = ((6.0, 3.0, 3.0), (1.0, 1.0, 1.0))
"""p, q - 1, v in units of the mean value: the descent begins at each."""


@dataclass(frozen=True)
class Spending:
    """A fitted gamma-gamma.

    Args:
        parameters: shape (4,), p, q - 1, v (in the money of the values), and the share of repeat purchases worth more
            than 0: those of 0 are left out of the rest, and bring nothing.
        covariance: shape (4, 4), of their logs.
    """

    parameters: Floats
    covariance: Floats

    def moments(self, number: Floats, mean: Floats) -> tuple[Floats, Floats, Floats]:
        """What a customer's purchases are worth, (rows,) each: the mean of their own mean and of its square, and the
        mean variance of a purchase around it.

        Args:
            number: shape (rows,), the repeat purchases of value that were seen.
            mean: shape (rows,), their mean value; anything where there are none.
        """
        return _moments(self.parameters, number, mean)

    def gradient(self, number: Floats, mean: Floats) -> Floats:
        """How the mean worth of a purchase changes with the log of each parameter, (rows, 4)."""
        return estimates.gradient(lambda logs: _moments(np.exp(logs), number, mean)[0], np.log(self.parameters))

    def draw(self, drawn: Integers, number: Floats, mean: Floats, rng: np.random.Generator) -> Floats:
        """Draw what as many purchases of each customer as were drawn are worth together, (rows,).

        Args:
            drawn: shape (rows,), how many purchases.
            number, mean: as in `moments`.
        """
        p, over, v, share = self.parameters
        worth = rng.binomial(drawn, share)
        rate = rng.gamma(p * number + over + 1) / (v + number * np.where(number > 0, mean, 0.0))
        return np.where(worth > 0, rng.gamma(np.maximum(p * worth, 1e-9)) / rate, 0.0)

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Everything learned, as plain arrays."""
        return {"parameters": self.parameters, "covariance": self.covariance}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[Any]]) -> Self:
        """What `arrays` came from. Raises `KeyError` or `ValueError`."""
        parameters, covariance = estimates.check_estimates(arrays, 4)
        if parameters[3] > 1:
            raise ValueError("a share above 1")
        return cls(parameters, covariance)


def fit_spending(histories: Histories) -> Spending:
    """The gamma-gamma of greatest likelihood, of customers with a repeat purchase worth more than 0.

    Raises:
        DataError: purchases without values, or too few repeat purchases worth more than 0.
    """
    own = histories.valued > 0
    if own.sum() < FEWEST:
        raise DataError(
            f"{own.sum()} customers have a repeat purchase worth more than 0, and what purchases are worth needs "
            f"{FEWEST}; leave the values out to learn how often customers come back alone"
        )
    number, mean = histories.valued[own], histories.mean_value[own]
    unit = float(mean.mean())
    logs, covariance = estimates.estimate(lambda at: _likelihood(at, number, mean / unit), STARTS, np.ones(len(number)))
    repeats, valued = histories.frequency, histories.valued
    share = float(valued.sum() / repeats.sum())
    whole = np.zeros((4, 4))
    whole[:3, :3] = covariance
    # A share of sums: customers, not purchases, are independent
    whole[3, 3] = ((valued - share * repeats) ** 2).sum() / valued.sum() ** 2
    return Spending(np.append(np.exp(logs) * np.array([1, 1, unit]), share), whole)


def _likelihood(logs: Floats, number: Floats, mean: Floats) -> tuple[Floats, Floats]:
    """Equation 1a there, less what no parameter changes; (rows,), and its gradient by log parameters, (rows, 3)."""
    p, over, v = np.exp(logs)
    q = over + 1
    pn = p * number
    every = np.log(v + number * mean)
    known = np.log(number * mean)
    value = special.gammaln(pn + q) - special.gammaln(pn) - special.gammaln(q) + q * np.log(v) + pn * known
    both = special.digamma(pn + q)
    slopes = [
        pn * (both - special.digamma(pn) + known - every),
        over * (both - special.digamma(q) + np.log(v) - every),
        q - v * (pn + q) / (v + number * mean),
    ]
    return value - (pn + q) * every, np.stack(slopes, axis=1)


def _moments(parameters: Floats, number: Floats, mean: Floats) -> tuple[Floats, Floats, Floats]:
    p, over, v, share = parameters
    shape, rate = p * number + over + 1, v + number * np.where(number > 0, mean, 0.0)
    first = p * rate / (shape - 1)
    # The inverse of a gamma has no variance at a shape of 2 and below
    square = rate**2 / ((shape - 1) * np.maximum(shape - 2, 0.1))
    paid = share * (p * square + p**2 * square)
    return share * first, share**2 * p**2 * square, paid - share**2 * p**2 * square
