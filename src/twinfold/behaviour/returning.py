"""Returning: a lifetime model with the histories that it was learned from, asked of rows that name customers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import polars as pl

from twinfold.behaviour.evidence import Identification
from twinfold.behaviour.expectation import Expectation
from twinfold.behaviour.forecast import Forecast
from twinfold.behaviour.lifetime import LifetimeModel, fit_lifetime
from twinfold.behaviour.purchases import Histories, read_histories
from twinfold.behaviour.rows import hash_names
from twinfold.errors import DataError, OptionError
from twinfold.synthesis.named_arrays import put_under, take_from
from twinfold.tables.schema import Column, Kind

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

DAY = 86_400_000_000.0
"""Microseconds."""

MOST_REACH = 3
"""Times the learned window beyond which a horizon is no more than a guess."""

_UNITS = {"d": 1.0, "w": 7.0, "m": 30.4375, "y": 365.25}
_HORIZON = re.compile(r"(\d+(?:\.\d+)?)([dwmy]?)")


@dataclass(frozen=True)
class ReturningModel:
    """What was learned of customers who come back.

    Attributes:
        model: how often and for how much; see `lifetime`.
        histories: of the learned customers, whose codes are the first 64 bits of the SHA-256 of how they are called.
        customer, time, value: the columns, `value` empty where purchases have none; `unit`, how many of what the column
            of the time counts make a day.
    """

    model: LifetimeModel
    histories: Histories
    customer: str
    time: str
    value: str
    unit: float

    def forecast(self, frame: pl.DataFrame, horizon: float | None = None) -> Forecast:
        """How often, and for how much, the customer of each row comes back within a horizon of days.

        Rows with times are purchases: what is known of a customer is what they say, up to the latest of all or to the
        end of what was learned, whichever is later. Rows without are customers, of whom what was learned is known;
        somebody unknown has just bought for the first time. Without a horizon: as long as was learned.
        """
        days = self.model.window if horizon is None else horizon
        if self.customer not in frame.columns:
            raise DataError(f"the rows have no column {self.customer!r}; say whose each is")
        asked = hash_names(frame[self.customer])
        histories = self.histories if self.time not in frame.columns else self._read(frame, asked)
        place = np.searchsorted(histories.customers, asked)
        place = np.minimum(place, len(histories.customers) - 1)
        known = histories.customers[place] == asked
        purchases = self.model.expect_purchases(histories, days)
        counted = self._expect(purchases, place, known, days, value=False)
        more: dict[str, Floats] = {}
        if self.model.spending is not None:
            worth = self._expect(self.model.expect_value(histories, days), place, known, days, value=True)
            more = dict(zip(("value", "value_lower", "value_upper"), worth, strict=True))
        labels = np.full(frame.height, str(Identification.OBSERVATIONAL))
        return Forecast(
            *counted, labels, known, more, self._tell(purchases, place, known, days), window=(histories.end, days)
        )

    def _tell(
        self, found: Expectation, place: npt.NDArray[np.int64], known: npt.NDArray[np.bool_], days: float
    ) -> tuple[str, ...]:
        notes, which = [f"Expected within {days:g} days."], np.unique(place[known])
        if len(which):
            customers = len(found.mean)
            asked = np.isin(np.arange(customers), which).astype(np.int64)
            sums = found.total() if len(which) == customers else found.by(asked)
            (low, high), mean = sums.limits(), sums.mean[-1]
            told = f"{mean:,.0f} times [{low[-1]:,.0f}, {high[-1]:,.0f}]"
            notes = [f"{len(which):,} customers are expected to buy {told} within {days:g} days."]
        if days > MOST_REACH * self.model.window:
            notes.append(f"That is {days / self.model.window:.0f} times what was seen: no more than a guess.")
        if not known.all():
            notes.append(f"{(~known).sum():,} rows are of customers who are not known: taken for new ones.")
        return tuple(notes)

    def _expect(
        self,
        found: Expectation,
        place: npt.NDArray[np.int64],
        known: npt.NDArray[np.bool_],
        days: float,
        *,
        value: bool,
    ) -> tuple[Floats, Floats, Floats]:
        """The mean and limits of each row's customer; of somebody unknown, those of a new one."""
        own = [each[place] for each in (found.mean, *found.limits())]
        if not known.all():
            new = self.model.expect_value_of_new(days) if value else self.model.expect_purchases_of_new(days)
            own = [np.where(known, of, n[0]) for of, n in zip(own, (new.mean, *new.limits()), strict=True)]
        mean, low, high = own
        return mean, np.minimum(low, mean), np.maximum(high, mean)

    def _read(self, frame: pl.DataFrame, asked: npt.NDArray[np.uint64]) -> Histories:
        times = read_days(frame[self.time], self.time, self.unit)
        value = None
        if self.model.spending is not None and self.value in frame.columns:
            value = _values(frame[self.value], self.value)
        found = read_histories(asked, times, value, max(float(np.floor(times.max())), self.histories.end))
        if self.model.spending is not None and value is None:
            raise DataError(f"the rows have no column {self.value!r}; say what each purchase was worth")
        return found

    def describe(self) -> list[str]:
        """What was learned, line by line, in plain words."""
        histories = self.histories
        lines = [
            f"{len(histories.customers):,} customers, {len(histories.owner):,} purchases over "
            f"{self.model.window:.0f} days; {np.mean(histories.frequency > 0):.0%} came back."
        ]
        total = self.model.expect_purchases(histories, self.model.window).total()
        low, high = total.limits()
        lines.append(f"Expected in as many days again: {total.mean[0]:,.0f} purchases [{low[0]:,.0f}, {high[0]:,.0f}].")
        return lines

    def record(self) -> dict[str, Any]:
        """What JSON can say of the model."""
        names = {"customer": self.customer, "time": self.time, "value": self.value}
        return names | {"unit": self.unit, "end": self.histories.end}

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """What was learned, as plain arrays."""
        own = {"customers": self.histories.customers, "owner": self.histories.owner, "time": self.histories.time}
        if self.histories.value is not None:
            own["value"] = self.histories.value
        return put_under("model", self.model.arrays()) | put_under("histories", own)

    @classmethod
    def restored(cls, record: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]]) -> Self:
        """The model that a record and arrays came from. Raises `ValueError`, `KeyError` or `TypeError`."""
        own, end, unit = take_from("histories", arrays), float(record["end"]), float(record["unit"])
        customers, owner, time, value = own["customers"], own["owner"], own["time"], own.get("value")
        if customers.dtype != np.uint64 or owner.dtype != np.int64 or time.dtype != np.float64 or not unit > 0:
            raise ValueError("histories of the wrong type")
        counts = np.bincount(owner[(owner >= 0) & (owner < len(customers))], minlength=len(customers))
        if not len(customers) or (np.diff(customers.astype(object)) <= 0).any() or (counts == 0).any():
            raise ValueError("customers out of order")
        if owner.shape != time.shape or counts.sum() != len(owner) or (np.diff(owner) < 0).any():
            raise ValueError("purchases of nobody")
        if not (np.isfinite(time).all() and np.isfinite(end) and time.max() <= end):
            raise ValueError("purchases after the end")
        if value is not None and (value.shape != time.shape or not np.isfinite(value).all() or (value < 0).any()):
            raise ValueError("values that are none")
        histories = Histories(customers, owner, time, value, end)
        names = {key: str(record[key]) for key in ("customer", "time", "value")}
        return cls(LifetimeModel.from_arrays(take_from("model", arrays)), histories, **names, unit=unit)


def learn_returning(frame: pl.DataFrame, customer: str, time: Column, value: str) -> ReturningModel:
    """Learn how customers come back.

    Args:
        frame: purchases, their values read.
        customer: the column that says whose each is; time: when; value: for how much, empty where that is not known.
    """
    usable = frame.filter(pl.col(customer).is_not_null() & pl.col(time.name).is_not_null())
    if not usable.height:
        raise DataError(f"no row has both a {customer} and a {time.name}; give purchases")
    unit = DAY if time.kind is Kind.DATETIME else 1.0
    times = read_days(usable[time.name], time.name, unit)
    values = _values(usable[value], value) if value else None
    histories = read_histories(hash_names(usable[customer]), times, values, float(np.floor(times.max())))
    return ReturningModel(fit_lifetime(histories), histories, customer, time.name, value, unit)


def count_returns(
    frame: pl.DataFrame, customer: str, time: Column, names: npt.NDArray[np.uint64], window: tuple[float, float]
) -> Floats:
    """On how many days each customer bought within a window, (customers,).

    Args:
        frame: purchases, their values read; customer: the column that says whose each is; time: when.
        names: of customers, as `hash_names` gives them, each once.
        window: the day after which, and for how many days.

    Raises `DataError` where the purchases end before the window does.
    """
    days = np.floor(read_days(frame[time.name], time.name, DAY if time.kind is Kind.DATETIME else 1.0))
    begin, length = window
    if days.max(initial=-np.inf) < begin + length - 1:
        short = begin + length - days.max(initial=begin)
        raise DataError(f"the purchases end {short:.0f} days before the horizon of {length:g} days; give later ones")
    histories = read_histories(hash_names(frame[customer]), days, None, float(days.max()))
    order = np.argsort(names)
    counts = np.empty(len(names))
    counts[order], _ = histories.until(begin + length).bought_after(begin, names[order])
    return counts


def read_horizon(text: str | float | None) -> float | None:
    """Days of a horizon: "39w", "90d", "12m", "1y", or a number of days; None stays None. Raises `OptionError`.

    >>> read_horizon("39w")
    273.0
    """
    if text is None:
        return None
    found = _HORIZON.fullmatch(str(text).strip().lower())
    if found is None or not float(found[1]) > 0:
        raise OptionError(f"horizon {str(text)[:40]!r} is none; give days, weeks, months or years: 90d, 39w, 12m, 1y")
    return float(found[1]) * _UNITS[found[2] or "d"]


def read_days(times: pl.Series, name: str, unit: float) -> Floats:
    """Times as days. Raises `DataError` where one is missing or no time."""
    if not times.dtype.is_numeric():
        raise DataError(f"column {name!r} holds no times; give dates, date-times or numbers of days")
    if times.null_count():
        raise DataError(f"column {name!r} has {times.null_count():,} rows without a time; leave them out")
    days: Floats = times.cast(pl.Float64).to_numpy() / unit
    return days


def _values(column: pl.Series, name: str) -> Floats:
    values = column.cast(pl.Float64, strict=False)
    if values.null_count():
        raise DataError(
            f"column {name!r} has {values.null_count():,} rows without a value; leave them out, or fill them"
        )
    return values.to_numpy().astype(np.float64)
