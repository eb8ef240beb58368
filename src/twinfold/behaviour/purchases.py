"""Customers' purchases up to a day, and what models of buying need of them: how many, how lately, for how long."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from twinfold.errors import DataError, OptionError

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Rows:
    """Each different history once, with the repeat purchases after which its customer may have lapsed.

    Args:
        frequency: shape (rows,), repeat purchases x.
        age: shape (rows,), days from the first purchase to the end of observation, T.
        weight: shape (rows,), how many customers have this history.
        place: shape (customers,), the row of each customer.
        owner: shape (repeats,), the row of each repeat purchase, ascending.
        order: shape (repeats,), which one it is there, from 1.
        time: shape (repeats,), days from the first purchase to it.
    """

    frequency: Floats
    age: Floats
    weight: Floats
    place: Integers
    owner: Integers
    order: Floats
    time: Floats


@dataclass(frozen=True)
class Histories:
    """Purchases of customers up to the end of observation, by customer and time; `read_histories` makes them.

    Args:
        customers: shape (customers,), their codes, ascending.
        owner: shape (purchases,), the place of each purchase's customer there, ascending.
        time: shape (purchases,), days, ascending for each customer.
        value: shape (purchases,), or None where purchases have none.
        end: the day at which observation ended.
    """

    customers: npt.NDArray[Any]
    owner: Integers
    time: Floats
    value: Floats | None
    end: float

    @cached_property
    def starts(self) -> Integers:
        """The place of each customer's first purchase, (customers,)."""
        return np.searchsorted(self.owner, np.arange(len(self.customers))).astype(np.int64)

    @cached_property
    def first(self) -> Floats:
        """The day of each customer's first purchase, (customers,)."""
        return self.time[self.starts]

    @cached_property
    def frequency(self) -> Floats:
        """How often each customer came back, x, (customers,)."""
        return np.bincount(self.owner, minlength=len(self.customers)).astype(float) - 1

    @cached_property
    def recency(self) -> Floats:
        """Days from each customer's first purchase to the last, t_x, (customers,)."""
        return self.time[self.starts + self.frequency.astype(np.int64)] - self.first

    @cached_property
    def age(self) -> Floats:
        """Days from each customer's first purchase to the end of observation, T, (customers,)."""
        return self.end - self.first

    def rows(self, *, last: bool) -> Rows:
        """Each different history once.

        Args:
            last: of each customer's repeat purchases keep the last alone, which is all that BG/NBD asks for.
        """
        rank = np.arange(len(self.owner)) - self.starts[self.owner]
        kept = rank == self.frequency[self.owner] if last else rank > 0
        kept &= rank > 0
        # Two repeat purchases are told by the first and the last; three or more are rarely alike
        second = self.time[self.starts + np.minimum(self.frequency, 1).astype(np.int64)] - self.first
        between = np.where(self.frequency > 2, -1.0 - np.arange(len(second)), second)
        keys = [self.frequency, self.recency, self.age] + ([] if last else [between])
        chosen, place, weight = _different(keys)
        row = np.full(len(place), -1)
        row[chosen] = np.arange(len(chosen))
        own = kept & (row[self.owner] >= 0)
        owner = row[self.owner[own]]
        order = np.argsort(owner, kind="stable")
        time = self.time[own] - self.first[self.owner[own]]
        return Rows(
            self.frequency[chosen],
            self.age[chosen],
            weight,
            place,
            owner[order],
            rank[own][order].astype(float),
            time[order],
        )

    @cached_property
    def valued(self) -> Floats:
        """How many repeat purchases of each customer have a value above 0, (customers,)."""
        return self._sum_repeats(np.asarray(self._values() > 0, float))

    @cached_property
    def mean_value(self) -> Floats:
        """The mean value of each customer's repeat purchases that have one above 0, (customers,); 0 where none has."""
        return self._sum_repeats(self._values()) / np.maximum(self.valued, 1)

    def until(self, day: float) -> "Histories":
        """What had been seen at the end of an earlier day: its customers are those who had bought by then."""
        seen = self.time <= day
        kept, owner = np.unique(self.owner[seen], return_inverse=True)
        value = None if self.value is None else self.value[seen]
        return Histories(self.customers[kept], owner.astype(np.int64), self.time[seen], value, day)

    def thinned(self, most: int) -> "Histories":
        """Of so many customers at most, those at even distances in the order of their codes."""
        step = -(-len(self.customers) // most)
        own = self.owner % step == 0
        value = None if self.value is None else self.value[own]
        return Histories(self.customers[::step], self.owner[own] // step, self.time[own], value, self.end)

    def bought_after(self, day: float, customers: npt.NDArray[Any]) -> tuple[Floats, Floats]:
        """How many purchases the customers of these codes made after a day, and for how much, (customers,) each."""
        own = np.isin(self.customers, customers)[self.owner] & (self.time > day)
        place = np.searchsorted(customers, self.customers[self.owner[own]])
        weights = None if self.value is None else self.value[own]
        number = np.bincount(place, minlength=len(customers)).astype(float)
        return number, np.bincount(place, weights=weights, minlength=len(customers)).astype(float)

    def _values(self) -> Floats:
        if self.value is None:
            raise DataError("purchases have no value; name the column that holds what each was worth")
        return self.value

    def _sum_repeats(self, values: Floats) -> Floats:
        repeats = values.copy()
        repeats[self.starts] = 0
        return np.bincount(self.owner, weights=repeats, minlength=len(self.customers)).astype(float)


def _different(keys: list[Floats]) -> tuple[Integers, Integers, Floats]:
    """One of each combination of keys, (customers,) each; the combination of each customer; how many have each."""
    code = np.zeros(len(keys[0]), np.int64)
    for values in keys:
        different, own = np.unique(values, return_inverse=True)
        code = np.unique(code * len(different) + own, return_inverse=True)[1]
    _, first, place, weight = np.unique(code, return_index=True, return_inverse=True, return_counts=True)
    return first, place, weight.astype(float)


def read_histories(
    customers: npt.NDArray[Any],
    times: npt.NDArray[Any],
    values: npt.NDArray[Any] | None,
    end: float,
    *,
    period: float = 1.0,
) -> Histories:
    """Bring events in order; those of a customer within the same day are one purchase, of their values' sum.

    Args:
        customers: shape (events,), whose each is, integers.
        times: shape (events,), days since any one day, whole or not.
        values: shape (events,), what each was worth, 0 or more; None: nothing is known of it.
        end: the day at which observation ended, in the same days.
        period: how many days are one as the above means it; 0 keeps any two times apart.

    Raises:
        DataError: an array of another length, a time or value that is no number, below 0, or after the end.
        OptionError: a period below 0.

    >>> found = read_histories(np.array([7, 7, 7, 3]), np.array([0, 10.2, 10.7, 4]), None, 30)
    >>> found.customers, found.frequency, found.recency, found.age
    (array([3, 7]), array([0., 1.]), array([ 0., 10.]), array([26., 30.]))
    """
    _check_events(customers, times, values, end, period)
    days = times.astype(float) if period == 0 else np.floor(times / period) * period
    codes, owner = np.unique(customers, return_inverse=True)
    order = np.lexsort((days, owner))
    owner, days = owner[order], days[order]
    new = np.ones(len(order), bool)
    new[1:] = (np.diff(owner) > 0) | (np.diff(days) > 0)
    starts = np.flatnonzero(new)
    summed = None if values is None else np.add.reduceat(values[order].astype(float), starts)
    return Histories(codes, owner[starts].astype(np.int64), days[starts], summed, float(end))


def _check_events(
    customers: npt.NDArray[Any], times: npt.NDArray[Any], values: npt.NDArray[Any] | None, end: float, period: float
) -> None:
    if not (np.isfinite(period) and period >= 0):
        raise OptionError(f"period {period} is not a number of days of 0 or more; 1 makes a purchase of each day")
    if len(customers) == 0:
        raise DataError("there are 0 events; histories need some, so choose a table or a period that has any")
    for what, array in (("times", times), ("values", values)):
        if array is not None and array.shape != customers.shape:
            raise DataError(f"{what} of shape {array.shape} beside {len(customers)} customers; give each event one")
    if customers.dtype.kind not in "iu":
        raise DataError(f"customers are of type {customers.dtype}, not integers; give each customer a whole number")
    if not np.isfinite(times).all():
        raise DataError(f"{(~np.isfinite(times)).sum()} of {len(times)} times are no number; leave such events out")
    if not np.isfinite(end) or times.max() > end:
        raise DataError(f"an event at day {times.max():g} is after the end, day {end:g}; drop it or give a later end")
    if values is None:
        return
    if not np.isfinite(values).all():
        raise DataError(f"{(~np.isfinite(values)).sum()} of {len(values)} values are no number; fill or drop them")
    if values.min() < 0:
        raise DataError(f"a value of {values.min():g} is below 0; take refunds off the purchase that they belong to")
