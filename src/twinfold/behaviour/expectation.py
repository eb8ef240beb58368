"""What customers, or groups of them, are expected to do, with limits around it."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt
from scipy import linalg

from twinfold.behaviour.buying import Buying
from twinfold.behaviour.purchases import Histories
from twinfold.behaviour.spending import Spending
from twinfold.errors import OptionError
from twinfold.evaluation.intervals import Z

Floats = npt.NDArray[np.float64]

T = 3.182446305284263
"""The 97.5 % point of Student's distribution with 3 degrees of freedom: what a few forecasts that overlap tell."""


@dataclass(frozen=True)
class Expectation:
    """The expected number of purchases, or their value, of rows: customers, groups of them, or everybody.

    Args:
        mean: shape (rows,), what is expected.
        noise: shape (rows,), the variance of what happens around it.
        gradient: shape (rows, parameters), the mean's, by the log of each parameter.
        covariance: shape (parameters, parameters), of these logs.
        common: the standard deviation of the log error that all rows share.
        group: that of each row's own, apart from chance.
    """

    mean: Floats
    noise: Floats
    gradient: Floats
    covariance: Floats
    common: float = 0.0
    group: float = 0.0

    def by(self, groups: npt.NDArray[np.integer]) -> Self:
        """The expectation of each group's sum.

        Args:
            groups: shape (rows,), the group of each row, 0 to the number of groups less 1.
        """
        if groups.shape != self.mean.shape or groups.min(initial=0) < 0:
            raise OptionError(f"groups of shape {groups.shape} for {len(self.mean)} rows; give each a number from 0 on")
        mean, noise, *slopes = (
            np.bincount(groups, weights=each).astype(float) for each in (self.mean, self.noise, *self.gradient.T)
        )
        gradient = np.stack(slopes, axis=1)
        return type(self)(mean, noise, gradient, self.covariance, self.common, self.group)

    def total(self) -> Self:
        """The expectation of everybody's sum, one row."""
        sums = self.by(np.zeros(len(self.mean), np.int64))
        return type(self)(sums.mean, sums.noise, sums.gradient, sums.covariance, self.common, 0.0)

    def limits(self, *, seen: bool = False) -> tuple[Floats, Floats]:
        """The interval of 95 % around each expectation, (rows,) twice: parameters, and what past forecasts were off.

        Args:
            seen: around what will be seen, chance added, instead of around its expectation. Fit for sums of many
                customers; of one customer, `LifetimeModel.draw` tells more.
        """
        mean = np.maximum(self.mean, 1e-300)
        relative = np.einsum("ij,jk,ik->i", self.gradient, self.covariance, self.gradient) / mean**2
        half = np.sqrt(Z**2 * relative + T**2 * (self.common**2 + self.group**2))
        low, high = self.mean * np.exp(-half), self.mean * np.exp(half)
        if not seen:
            return low, high
        chance = Z * np.sqrt(self.noise)
        below, above = np.hypot(self.mean - low, chance), np.hypot(high - self.mean, chance)
        return np.maximum(self.mean - below, 0), self.mean + above


def expect_purchases(buying: Buying, histories: Histories, horizon: float, *, limits: bool = True) -> Expectation:
    """How often each customer is expected to buy in the days after the end of observation.

    Args:
        limits: work out the gradient that limits need; else it is 0.
    """
    rows = buying.rows(histories)
    mean, noise = buying.moments(rows, horizon)
    gradient = buying.gradient(rows, horizon) if limits else np.zeros((len(mean), len(buying.parameters)))
    return Expectation(mean[rows.place], noise[rows.place], gradient[rows.place], buying.covariance)


def expect_value(purchases: Expectation, spending: Spending, histories: Histories) -> Expectation:
    """What each customer is expected to spend, who is expected to buy so often.

    Args:
        purchases: of the customers of `histories`.
    """
    number, mean_value = histories.valued, histories.mean_value
    each, square, within = spending.moments(number, mean_value)
    noise = purchases.mean * within + (purchases.noise + purchases.mean**2) * square - (purchases.mean * each) ** 2
    slopes = purchases.gradient * each[:, None], spending.gradient(number, mean_value) * purchases.mean[:, None]
    covariance = linalg.block_diag(purchases.covariance, spending.covariance)
    return Expectation(purchases.mean * each, noise, np.hstack(slopes), covariance)
