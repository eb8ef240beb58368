"""How far forecasts from earlier days were off: what no standard error of a parameter tells.

Season, drift and whatever else the model leaves out move all customers at once, so that more customers don't make
a forecast surer. Past forecasts show how much: at days within the time of learning the model is fitted to what had been
seen by then, and forecasts the rest of that time.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from twinfold.behaviour.buying import fit_buying
from twinfold.behaviour.estimates import check_array
from twinfold.behaviour.expectation import Expectation, expect_purchases, expect_value
from twinfold.behaviour.purchases import Histories
from twinfold.behaviour.spending import FEWEST, fit_spending

Floats = npt.NDArray[np.float64]
Errors = tuple[float, float, float, float]

ORIGINS = (0.4, 0.5, 0.6, 0.7, 0.8)
"""The shares of the time of learning after which it is forecast."""

FLOOR = 0.03
"""The least that forecasts are taken to be off, as a share: five lucky ones prove no more."""

ASSUMED = (0.15, 0.1, 1.5)
"""What is assumed of an `Allowance` where nothing can be forecast from earlier days."""

FEWEST_RETURNS = 100
"""Repeat purchases before an earlier day, and as many after it, that a forecast from there needs."""

GROUPS = 10

MOST = 100_000
"""Customers whose forecasts are looked at."""


@dataclass(frozen=True)
class Allowance:
    """How far forecasts of one kind are off beyond what chance does.

    Args:
        common: the standard deviation of the log error of everybody's total.
        group: that of a group's, beyond everybody's.
        noise: how many times the model's variance customers vary around their expectation, 1 or more.
        forecasts: from how many earlier days this was learned; 0 says that it is assumed.
        reach: how far ahead these forecasts went, as a share of the time seen; their mean.
    """

    common: float
    group: float
    noise: float
    forecasts: int
    reach: float

    def widen(self, expected: Expectation, reach: float) -> Expectation:
        """The expectation with what forecasts so far ahead are off: beyond what was tried, as a random walk is."""
        growth = float(np.sqrt(max(1.0, reach / self.reach)))
        common, group, noise = self.common * growth, self.group * growth, expected.noise * self.noise
        return Expectation(expected.mean, noise, expected.gradient, expected.covariance, common, group)

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Everything learned, as plain arrays."""
        return {"allowance": np.array([self.common, self.group, self.noise, self.forecasts, self.reach], float)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[Any]]) -> Self:
        """What `arrays` came from. Raises `KeyError` or `ValueError`."""
        check_array("allowance", arrays["allowance"], (5,))
        common, group, noise, forecasts, reach = map(float, arrays["allowance"])
        if min(common, group, forecasts) < 0 or noise < 1 or reach <= 0 or not forecasts.is_integer():
            raise ValueError("allowance out of bounds")
        return cls(common, group, noise, int(forecasts), reach)


def look_back(histories: Histories, *, plain: bool = False) -> tuple[Allowance, Allowance | None]:
    """How far forecasts from earlier days were off, of purchases and of their value (None where they have none).

    Args:
        histories: all that was seen; of more than 100,000 customers, some at even distances are looked at.
        plain: forecast by BG/NBD.
    """
    histories = histories.thinned(MOST)
    start = float(histories.time.min())
    days = start + np.floor(np.array(ORIGINS) * (histories.end - start))
    found = [_forecast_from(float(day), histories, plain) for day in days]
    return _summarise([each[0] for each in found]), (
        None if histories.value is None else _summarise([each[1] for each in found])
    )


def _forecast_from(day: float, histories: Histories, plain: bool) -> tuple[Errors | None, Errors | None]:
    """What `judge` says of purchases and of their value after a day, and how far that was; None where too few are."""
    earlier = histories.until(day)
    number, spent = histories.bought_after(day, earlier.customers)
    if min(earlier.frequency.sum(), number.sum()) < FEWEST_RETURNS:
        return None, None
    horizon = histories.end - day
    reach = horizon / (day - float(histories.time.min()))
    expected = expect_purchases(fit_buying(earlier, plain=plain), earlier, horizon, limits=False)
    purchases = (*judge(expected, number, earlier.first), reach)
    if histories.value is None or (earlier.valued > 0).sum() < FEWEST or spent.sum() == 0:
        return purchases, None
    worth = expect_value(expected, fit_spending(earlier), earlier)
    return purchases, (*judge(worth, spent, earlier.first), reach)


def _summarise(found: Sequence[Errors | None]) -> Allowance:
    errors = [each for each in found if each is not None]
    if not errors:
        return Allowance(*ASSUMED, forecasts=0, reach=1.0)
    common, group, noise, reach = (float(np.mean(each)) for each in zip(*errors, strict=True))
    least = FLOOR**2
    return Allowance(max(common, least) ** 0.5, max(group, least) ** 0.5, max(noise, 1.0), len(errors), reach)


def judge(expected: Expectation, real: Floats, first: Floats) -> tuple[float, float, float]:
    """The squared log errors of the total and of groups, less what chance does to them, and the excess of noise.

    Args:
        expected: of each customer.
        real: shape (customers,), what each did.
        first: shape (customers,), the day of each one's first purchase: groups are tenths of it, and of the mean.
    """
    noise = max(1.0, float(((real - expected.mean) ** 2).sum() / expected.noise.sum()))
    everybody = expected.total()
    off = float(np.log(real.sum() / everybody.mean[0]))
    common = off**2 - noise * float(everybody.noise[0] / everybody.mean[0] ** 2)
    squares, weights = [], []
    for order in (expected.mean, first):
        tenth = np.argsort(np.argsort(order, kind="stable")) * GROUPS // len(order)
        sums = expected.by(tenth)
        # No difference of logs: a group may have bought nothing
        residual = np.bincount(tenth, weights=real) / (sums.mean * np.exp(off)) - 1
        squares.append(residual**2 - noise * sums.noise / sums.mean**2)
        weights.append(sums.mean)
    return common, float(np.average(np.concatenate(squares), weights=np.concatenate(weights))), noise
