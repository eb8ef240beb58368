"""When the next row of a kind is due: a salary, a standing order, a fee on each month's last day."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

MONTHS = (1, 3, 6, 12)
"""Periods of the calendar that are tried, in months; others are whole numbers of the time's units."""

LEAST_SHARE, LEAST_OWNERS = 0.5, 20
"""The share of a kind's rows that must come a period after the one before, and the owners who must have such rows."""

LAST, MOST_DAY, NEARLY = -1, 28, 0.9
"""The last day of a month; the latest other day on which all rows of a kind may come; the share that nearly all are."""

MOST_DUE = 3
"""Times at which something is due that a next row is told of: what will not come any more must not hide what will."""

MOST_BESIDE = 3
"""Rows of other kinds that may come at a time at which something is due, before it is not due any more."""

WHENS = 2 * MOST_DUE + 1
"""When a row may come, by these times: before the first of them, at it, between it and the second, and so on."""


@dataclass(frozen=True)
class Dues:
    """After what period the rows of each kind come again.

    Attributes:
        months: of each kind, whole months, (kinds,); 0 for none.
        places: the day of the month on which those rows come whosever they are, `LAST` for the last one; 0 for none.
        everyones: whether nearly everybody has such rows, so that the first of them is due too.
        units: of each kind that has no months, units of time; 0 for none.
        day: how many units make a day; 0 where time has no calendar.
    """

    months: npt.NDArray[np.int64]
    places: npt.NDArray[np.int64]
    everyones: npt.NDArray[np.bool_]
    units: npt.NDArray[np.float64]
    day: float

    def __len__(self) -> int:
        """How many kinds there are."""
        return len(self.months)

    def after(self, kind: Array, time: Array) -> npt.NDArray[np.float64]:
        """When the row after one of a kind at a time is due, NaN where none is; all of shape (rows,)."""
        months, units = self.months[kind], self.units[kind]
        out = np.where(units > 0, time + units, np.nan)
        for number in np.unique(months[months > 0]):
            own = months == number
            out[own] = add_months(time[own], int(number), self.day, self.places[kind[own]])
        return out

    def begin(self, time: Array) -> npt.NDArray[np.float64]:
        """When the first row of each kind is due after some time, (rows, kinds), NaN where none is."""
        out = np.full((len(time), len(self.months)), np.nan)
        for kind in np.flatnonzero(self.everyones):
            out[:, kind] = next_day(time, int(self.places[kind]), self.day)
        return out

    def go_on(self, due: Array, time: Array) -> None:
        """Let what has its day in each month be due on the next such day, where a time has passed it; in place."""
        for kind in np.flatnonzero((self.places != 0) & (self.months == 1)):
            passed = np.flatnonzero(due[:, kind] < time)
            due[passed, kind] = next_day(time[passed], int(self.places[kind]), self.day)

    def arrays(self) -> dict[str, Array]:
        """Everything learned, as plain arrays."""
        known = {name: getattr(self, name) for name in ("months", "places", "everyones", "units")}
        return known | {"day": np.array([self.day])}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array], kinds: int, day: float) -> Self:
        """The dues that `arrays` came from. Raises `KeyError` or `ValueError`."""
        months, places, everyones, units = (arrays[name] for name in ("months", "places", "everyones", "units"))
        sound = (
            months.dtype == places.dtype == np.int64
            and everyones.dtype == np.bool_
            and units.dtype == np.float64
            and months.shape == places.shape == everyones.shape == units.shape == (kinds,)
            and set(months.tolist()) <= {0, *MONTHS}
            and ((places == LAST) | ((places >= 0) & (places <= MOST_DAY))).all()
            and not (places[months == 0]).any()
            and not (everyones & (places == 0)).any()
            and np.isfinite(units).all()
            and (units >= 0).all()
            and ((months > 0) | (units > 0)).any()
            and float(arrays["day"][0]) == day
            and (day > 0 or not months.any())
        )
        if not sound:
            raise ValueError("dues that don't fit together")
        return cls(months, places, everyones, units, day)


def find_dues(
    kind: Array, time: Array, before: Array, parent: Array, owners: Array, *, kinds: int, day: float
) -> Dues | None:
    """After what period rows come again, of each kind of which half do so; None where no kind is like that.

    Args:
        kind, time: of each row; NaN where a time is missing.
        before: the place of the last row of the same kind and parent, -1 where there is none.
        parent, owners: whose each row is, and the customer whom that belongs to.
        kinds: how many there are.
        day: how many of the time's units make a day; 0 where it has no calendar.
    """
    none = np.zeros(kinds, np.int64)
    found = Dues(none, none.copy(), none.astype(bool), none.astype(float), day)
    parents = len(np.unique(parent))
    for k in range(kinds):
        every = np.flatnonzero(kind == k)
        rows = every[before[every] >= 0]
        now, last = time[rows], time[before[rows]]
        gaps, counts = np.unique((now - last)[now > last], return_counts=True)
        commonest = [(0, gap) for gap in gaps[np.argsort(-counts, kind="stable")[:1]]]
        best = LEAST_SHARE * len(rows)
        for months, units in [*((number, 0.0) for number in MONTHS if day), *commonest]:
            came = now == (add_months(last, months, day) if months else last + units)
            if came.sum() > best and len(np.unique(owners[rows[came]])) >= LEAST_OWNERS:
                found.months[k], found.units[k], best = months, units, came.sum()
        if found.months[k]:
            found.places[k] = _find_place(time[every], day)
            everyones = found.months[k] == 1 and found.places[k] and len(np.unique(parent[every])) >= NEARLY * parents
            found.everyones[k] = bool(everyones)
    return found if found.months.any() or found.units.any() else None


def _find_place(time: Array, day: float) -> int:
    """The day of the month on which nearly all rows come, `LAST` for the last one, 0 where there is none."""
    date = _dates(time[np.isfinite(time)], day)
    month = date.astype("datetime64[M]")
    place = (date - month.astype("datetime64[D]")).astype(np.int64) + 1
    if (place == _length(month)).mean() >= NEARLY:
        return LAST
    counts = np.bincount(place, minlength=32)
    common = int(counts.argmax())
    return common if common <= MOST_DAY and counts[common] >= NEARLY * len(place) else 0


def find_waiting(due: Array, now: Array, beside: Array) -> npt.NDArray[np.bool_]:
    """Which rows are waited for, (rows, kinds), as is `due`: when the next of each kind is, NaN for none.

    What should have come before `now`, (rows,), is not due any more, nor what should come now, where `MOST_BESIDE`
    others have, `beside`, (rows,): else a history in which it never comes would not leave that day.
    """
    waiting: npt.NDArray[np.bool_] = (due > now[:, None]) | ((due == now[:, None]) & (beside < MOST_BESIDE)[:, None])
    return waiting


def next_due(due: Array, now: Array, beside: Array) -> npt.NDArray[np.float64]:
    """The next times at which something is due, (rows, `MOST_DUE`), each once and in order; infinite where none is.

    Arguments as of `find_waiting`.
    """
    out = np.full((len(now), MOST_DUE), np.inf)
    coming = np.where(find_waiting(due, now, beside), due, np.inf)
    for k in range(MOST_DUE):
        out[:, k] = coming.min(axis=1)
        coming[coming == out[:, k : k + 1]] = np.inf
    return out


def find_when(due: Array, time: Array) -> npt.NDArray[np.uint16]:
    """When rows come, one of `WHENS`, by the times at which something is due, (rows, `MOST_DUE`); (rows,)."""
    later = (due < time[:, None]).sum(axis=1)
    return np.asarray(2 * later + (due == time[:, None]).any(axis=1), np.uint16)


def add_months(time: Array, months: int, day: float, places: Array | int = 0) -> npt.NDArray[np.float64]:
    """The same day some months later, NaN where there is no time; the last day of a month comes on the last one.

    `time`: since 1970, of which `day` units make a day; (rows,). `places`: another day of the month, see `Dues`.
    """
    date = _dates(time, day)
    month = date.astype("datetime64[M]")
    place = (date - month.astype("datetime64[D]")).astype(np.int64) + 1
    place = np.where(place == _length(month), LAST, place)
    return _moved(time, date, month + months, np.where(np.equal(places, 0), place, places), day)


def next_day(time: Array, place: int, day: float) -> npt.NDArray[np.float64]:
    """The next time at which it is some day of the month, see `Dues`, at the same time of day; now, if it is."""
    date = _dates(time, day)
    month = date.astype("datetime64[M]")
    own = _moved(time, date, month, place, day)
    return np.where(own >= time, own, _moved(time, date, month + 1, place, day))


def _dates(time: Array, day: float) -> npt.NDArray[np.datetime64]:
    days = np.floor(np.where(np.isfinite(time), time, 0.0) / day)
    return days.astype(np.int64).view("datetime64[D]")


def _moved(time: Array, date: Array, month: Array, place: Array | int, day: float) -> npt.NDArray[np.float64]:
    """Times moved to a day of a month, the last one where it has no such day; NaN where there is no time."""
    length = _length(month)
    target = month.astype("datetime64[D]") + np.where(np.equal(place, LAST), length, np.minimum(place, length)) - 1
    return np.where(np.isfinite(time), (target - date).astype(np.int64) * day + time, np.nan)


def _length(month: Array) -> npt.NDArray[np.int64]:
    """How many days months have."""
    days = (month + 1).astype("datetime64[D]") - month.astype("datetime64[D]")
    return np.asarray(days.astype(np.int64))
