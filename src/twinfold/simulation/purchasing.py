"""Purchasing: what a lifetime model says of people who buy again or not, in several draws of what is not known."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from twinfold.behaviour.evidence import Identification
from twinfold.behaviour.lifetime import NEW
from twinfold.behaviour.returning import ReturningModel
from twinfold.simulation.levels import Level, tell_unknown
from twinfold.simulation.luck import TRAITS, draw_uniforms

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]


FREEDOM = 3
"""Forecasts from earlier days that say how far forecasts are off: a few that overlap."""


class Purchasing:
    """Purchases, and the draws of what is not known of them; arguments as of `Responding`."""

    treatment, binary, names, moved, spread = "", True, (), (), 1.0
    label = Identification.OBSERVATIONAL

    def __init__(
        self,
        model: ReturningModel,
        codes: npt.NDArray[np.uint64],
        draws: int,
        seed: int,
        decision: int,
        *,
        days: float,
        rng: np.random.Generator,
    ) -> None:
        self.model, self.columns = model, ()
        buying, people = model.model.buying, len(codes)
        luck = np.stack([draw_uniforms(seed, codes, TRAITS + number, decision) for number in range(3)])
        place = np.minimum(np.searchsorted(model.histories.customers, codes), len(model.histories.customers) - 1)
        self.known = model.histories.customers[place] == codes
        self.place = place
        self.notes = tell_unknown(self.known, "have just bought for the first time")
        size = len(buying.parameters)
        drawn = rng.multivariate_normal(np.zeros(size), buying.covariance, draws, check_valid="ignore")
        logs = drawn if draws else np.zeros((1, size))
        allowance = model.model.purchases
        growth = float(np.sqrt(max(1.0, days / model.model.window / allowance.reach)))
        off = np.exp(allowance.common * growth * rng.standard_t(FREEDOM, draws)) if draws else np.ones(1)
        parts = [self._people(np.exp(np.log(buying.parameters) + log), luck) for log in logs]
        rate, lapsing, lapsed = (np.stack(each) for each in zip(*parts, strict=True))
        # Who has lapsed buys at a lower rate, or not at all
        slow = np.minimum(np.exp(np.log(buying.parameters[4]) + logs[:, 4]), 1.0) if size == 5 else np.zeros(len(logs))
        rate = rate * off[:, None]
        self.rate, self.slow = (each.ravel().astype(np.float32) for each in (rate, rate * slow[:, None]))
        self.lapsing, self.lapsed = lapsing.ravel().astype(np.float32), lapsed.ravel()
        self.people = people
        self.amount = self._worth(draws, days, rng)

    def _people(self, parameters: Floats, luck: Floats) -> tuple[Floats, Floats, npt.NDArray[np.bool_]]:
        made = replace(self.model.model.buying, parameters=parameters)
        rate, lapsing = np.empty(luck.shape[1]), np.empty(luck.shape[1])
        lapsed = np.zeros(luck.shape[1], bool)
        for own, histories, place in (
            (self.known, self.model.histories, self.place[self.known]),
            (~self.known, NEW, np.zeros(int((~self.known).sum()), np.int64)),
        ):
            if own.any():
                rows = made.rows(histories)
                which = replace(rows, place=rows.place[place])
                rate[own], lapsing[own], lapsed[own] = made.people(which, luck[:, own])
        return rate, lapsing, lapsed

    def _worth(self, draws: int, days: float, rng: np.random.Generator) -> Floats | None:
        """What a purchase of each agent is expected to be worth, (agents,); None where purchases have no values."""
        model, histories = self.model.model, self.model.histories
        if model.spending is None or model.value is None:
            return None
        number = np.where(self.known, histories.valued[self.place], 0.0)
        mean = np.where(self.known, histories.mean_value[self.place], 0.0)
        likeliest = model.spending.moments(number, mean)[0]
        if not draws:
            return likeliest
        size = len(model.spending.parameters)
        logs = rng.multivariate_normal(np.zeros(size), model.spending.covariance, draws, check_valid="ignore")
        # How far values were off beyond what purchases were
        common = np.sqrt(max(model.value.common**2 - model.purchases.common**2, 0.0))
        growth = float(np.sqrt(max(1.0, days / model.window / model.value.reach)))
        off = np.exp(common * growth * rng.standard_t(FREEDOM, draws))
        each = [
            replace(model.spending, parameters=_within(model.spending.parameters * np.exp(log))).moments(number, mean)[
                0
            ]
            for log in logs
        ]
        return np.asarray((np.stack(each) * off[:, None]).ravel())

    def level(self, frame: pl.DataFrame) -> Level:  # noqa: ARG002  (nothing changes what is learned of purchases)
        """The level of people: rates a day, and what a purchase is expected to be worth."""
        zero = np.zeros(self.people, np.int8)
        return Level(
            self.rate,
            np.ones(self.people, bool),
            self.known,
            zero,
            zero.astype(np.float32),
            slow=self.slow,
            lapsing=self.lapsing,
            amount=self.amount,
        )


def _within(parameters: Floats) -> Floats:
    """Parameters of spending whose share of purchases that bring something is one."""
    return np.append(parameters[:-1], min(parameters[-1], 1.0))
