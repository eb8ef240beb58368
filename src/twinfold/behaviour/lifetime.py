"""Lifetime models: how often, and for how much, each customer will come back, learned from their purchases."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from twinfold.behaviour.buying import Buying, fit_buying
from twinfold.behaviour.estimates import check_array
from twinfold.behaviour.expectation import Expectation, expect_purchases, expect_value
from twinfold.behaviour.hindsight import Allowance, look_back
from twinfold.behaviour.purchases import Histories
from twinfold.behaviour.spending import Spending, fit_spending
from twinfold.errors import DataError, OptionError
from twinfold.synthesis.named_arrays import put_under, take_from

Floats = npt.NDArray[np.float64]
Arrays = Mapping[str, npt.NDArray[Any]]

FEWEST = 50
"""Customers that a fit needs."""

DEPENDENT = 0.15
"""The correlation of frequency and value from which on it is noted."""


PARTS = ("buying", "purchases", "spending", "value")

NEW = Histories(np.zeros(1, np.int64), np.zeros(1, np.int64), np.zeros(1), np.zeros(1), 0.0)
"""A customer who has just bought for the first time."""


@dataclass(frozen=True)
class LifetimeModel:
    """How often customers come back and, where purchases have values, for how much.

    Args:
        buying: BG/NBD, or the same with customers who buy on when they have lapsed.
        purchases: how far its forecasts from earlier days were off.
        spending: gamma-gamma; None where purchases had no values.
        value: how far forecasts of value were off; None where there are none.
        window: days from the first purchase of all to the end of observation.
        correlation: of frequency and mean value, over customers who came back; 0 without values.
    """

    buying: Buying
    purchases: Allowance
    spending: Spending | None
    value: Allowance | None
    window: float
    correlation: float = 0.0

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of the forecasts must know, a sentence each."""
        found = []
        if self.purchases.forecasts == 0:
            found.append("too little was seen to forecast from an earlier day: how far forecasts are off is assumed")
        if abs(self.correlation) > DEPENDENT:
            found.append(
                f"frequency and value go together (correlation {self.correlation:.2f}): gamma-gamma takes them to be "
                "independent, so the value of frequent customers is off"
            )
        if self.spending is not None and self.spending.parameters[3] < 1:
            free = 1 - self.spending.parameters[3]
            found.append(f"{free:.2%} of repeat purchases are worth 0: they count as purchases that bring nothing")
        return tuple(found)

    def alive(self, histories: Histories) -> Floats:
        """The probability that each customer has not lapsed by the end of observation, (customers,)."""
        rows = self.buying.rows(histories)
        return self.buying.alive(rows)[rows.place]

    def expect_purchases(self, histories: Histories, horizon: float) -> Expectation:
        """How often each customer will buy after the end of observation, on different days.

        Args:
            histories: of customers, learned or not.
            horizon: days, more than 0.
        """
        check_horizon(horizon)
        expected = expect_purchases(self.buying, histories, horizon)
        return self.purchases.widen(expected, horizon / self.window)

    def expect_value(self, histories: Histories, horizon: float) -> Expectation:
        """What each customer will spend after the end of observation.

        Args:
            histories: of customers, learned or not, whose purchases have values.
            horizon: days, more than 0.
        """
        check_horizon(horizon)
        if self.spending is None or self.value is None:
            raise DataError("the model was learned of purchases without values; learn it with values to forecast them")
        expected = expect_value(expect_purchases(self.buying, histories, horizon), self.spending, histories)
        return self.value.widen(expected, horizon / self.window)

    def expect_purchases_of_new(self, horizon: float) -> Expectation:
        """How often a customer who has just bought for the first time will buy again; one row. Horizon as above."""
        return self.expect_purchases(NEW, horizon)

    def expect_value_of_new(self, horizon: float) -> Expectation:
        """What a customer who has just bought for the first time will spend; one row. Horizon as above."""
        return self.expect_value(NEW, horizon)

    def draw(
        self, histories: Histories, horizon: float, rng: np.random.Generator
    ) -> tuple[npt.NDArray[np.int64], Floats | None]:
        """Draw how often each customer buys in the days to come, and for how much in all, (customers,) each.

        Parameters are taken as known, and the future as like the past. What is spent is None where values are unknown.
        """
        check_horizon(horizon)
        number = self.buying.draw(self.buying.rows(histories), horizon, rng)
        if self.spending is None or histories.value is None:
            return number, None
        return number, self.spending.draw(number, histories.valued, histories.mean_value, rng)

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Everything learned, as plain arrays."""
        found = {"lifetime": np.array([self.window, self.correlation])}
        for name in PARTS:
            part = getattr(self, name)
            found |= put_under(name, part.arrays() if part else {})
        return found

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> Self:
        """The model that `arrays` came from. Raises `KeyError` or `ValueError`."""
        check_array("lifetime", arrays["lifetime"], (2,))
        window, correlation = map(float, arrays["lifetime"])
        if window <= 0 or abs(correlation) > 1:
            raise ValueError("lifetime out of bounds")
        parts = {name: take_from(name, arrays) for name in PARTS}
        if bool(parts["spending"]) != bool(parts["value"]):
            raise ValueError("spending and value, of which one is missing")
        return cls(
            Buying.from_arrays(parts["buying"]),
            Allowance.from_arrays(parts["purchases"]),
            Spending.from_arrays(parts["spending"]) if parts["spending"] else None,
            Allowance.from_arrays(parts["value"]) if parts["value"] else None,
            window,
            correlation,
        )


def fit_lifetime(histories: Histories, *, plain: bool = False) -> LifetimeModel:
    """Learn how often customers come back and, where purchases have values, for how much.

    Args:
        histories: of 50 customers or more, some of whom came back.
        plain: BG/NBD, in which who has lapsed buys no more; by default they may buy on, at a lower rate.

    Raises:
        DataError: too few customers, nobody came back, or too few repeat purchases worth more than 0.
    """
    customers = len(histories.customers)
    if customers < FEWEST:
        raise DataError(f"{customers} customers are too few to learn from, {FEWEST} or more are needed; add customers")
    if not histories.frequency.any():
        raise DataError(
            f"0 of {customers} customers came back by day {histories.end:g}, and some must; observe them for longer"
        )
    spending = None if histories.value is None else fit_spending(histories)
    purchases, value = look_back(histories, plain=plain)
    window = histories.end - float(histories.time.min())
    correlation = 0.0 if spending is None else _correlation(histories)
    return LifetimeModel(fit_buying(histories, plain=plain), purchases, spending, value, window, correlation)


def _correlation(histories: Histories) -> float:
    own = histories.valued > 0
    number, mean = histories.valued[own], histories.mean_value[own]
    return float(np.corrcoef(number, mean)[0, 1]) if number.std() > 0 and mean.std() > 0 else 0.0


def check_horizon(horizon: float) -> None:
    """Raise `OptionError` unless a horizon is a number of days above 0."""
    if not (np.isfinite(horizon) and horizon > 0):
        raise OptionError(f"horizon {horizon:g} is not a number of days above 0; give how far to look ahead, say 90")
