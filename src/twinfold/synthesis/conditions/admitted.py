"""Sets of values that a condition admits of one column: unions of intervals, or levels in or out."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt
import polars as pl

Level = str | bool | int | float
"""A value of a column that is no number or time, in the type that `tables.values.to_values` gives it."""

_EXACT = 2.0**53
_TYPES: dict[type, type[pl.DataType]] = {str: pl.String, bool: pl.Boolean, int: pl.Int128, float: pl.Float64}


@dataclass(frozen=True, order=True)
class Interval:
    """Numbers from `low` to `high`, never empty; infinite ends are closed, so that an infinite value lies inside."""

    low: float
    high: float
    low_closed: bool = True
    high_closed: bool = True

    def __post_init__(self) -> None:
        if not (self.low < self.high or (self.low == self.high and self.low_closed and self.high_closed)):
            raise ValueError(f"nothing lies in {self}")

    def __str__(self) -> str:
        return f"{'[' if self.low_closed else '('}{self.low:g}, {self.high:g}{']' if self.high_closed else ')'}"


@dataclass(frozen=True)
class AdmittedNumbers:
    """Numbers or times that are admitted: disjoint intervals in ascending order, and whether a missing value is.

    `whole`: the column holds whole numbers only (integers, days, microseconds), and ends are whole and closed.
    """

    intervals: tuple[Interval, ...]
    null: bool = False
    whole: bool = False

    @classmethod
    def between(
        cls, low: float, high: float, *, low_closed: bool = True, high_closed: bool = True, whole: bool = False
    ) -> Self:
        """The numbers of one interval, which may be empty; no missing value."""
        interval = _interval(low, high, low_closed, high_closed, whole)
        return cls((interval,) if interval else (), whole=whole)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is admitted, not even a missing value."""
        return not self.intervals and not self.null

    @property
    def is_full(self) -> bool:
        """Whether anything is admitted, a missing value included."""
        return self.null and self.intervals == (Interval(-math.inf, math.inf),)

    def complement(self) -> "AdmittedNumbers":
        """Everything else, a missing value included where it was not admitted."""
        found = []
        low, low_closed = -math.inf, True
        for interval in self.intervals:
            if interval.low > -math.inf:
                found.append(_interval(low, interval.low, low_closed, not interval.low_closed, self.whole))
            low, low_closed = interval.high, not interval.high_closed
        if low < math.inf:
            found.append(_interval(low, math.inf, low_closed, True, self.whole))
        return AdmittedNumbers(tuple(i for i in found if i), not self.null, self.whole)

    def intersect(self, other: "Admitted") -> "AdmittedNumbers":
        """What both admit."""
        assert isinstance(other, AdmittedNumbers)
        found = []
        mine, theirs = iter(self.intervals), iter(other.intervals)
        a, b = next(mine, None), next(theirs, None)
        while a and b:
            low, low_open = max((a.low, not a.low_closed), (b.low, not b.low_closed))
            high, high_closed = min((a.high, a.high_closed), (b.high, b.high_closed))
            found.append(_interval(low, high, not low_open, high_closed, self.whole))
            if (a.high, a.high_closed) < (b.high, b.high_closed):
                a = next(mine, None)
            else:
                b = next(theirs, None)
        return AdmittedNumbers(tuple(i for i in found if i), self.null and other.null, self.whole)

    def union(self, other: "Admitted") -> "AdmittedNumbers":
        """What either admits."""
        return self.complement().intersect(other.complement()).complement()

    def without_null(self) -> "AdmittedNumbers":
        """The same but for a missing value."""
        return AdmittedNumbers(self.intervals, False, self.whole)

    def admits(self, values: pl.Series) -> npt.NDArray[np.bool_]:
        """Which of the values, shape (rows,), are admitted: numbers as `tables.values.to_values` gives them."""
        numbers = values.cast(pl.Float64).to_numpy()
        inside: npt.NDArray[np.bool_] = np.isnan(numbers) & self.null
        for interval in self.intervals:
            above = numbers >= interval.low if interval.low_closed else numbers > interval.low
            below = numbers <= interval.high if interval.high_closed else numbers < interval.high
            inside |= above & below
        return inside


@dataclass(frozen=True)
class AdmittedLevels:
    """Levels that are admitted: those of `levels`, or all but those if `excluded`; and whether a missing value is."""

    levels: frozenset[Level]
    excluded: bool = False
    null: bool = False

    def __post_init__(self) -> None:
        if self.excluded and self.levels and all(isinstance(level, bool) for level in self.levels):
            object.__setattr__(self, "levels", frozenset({True, False}) - self.levels)
            object.__setattr__(self, "excluded", False)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is admitted, not even a missing value."""
        return not self.levels and not self.excluded and not self.null

    @property
    def is_full(self) -> bool:
        """Whether anything is admitted, a missing value included."""
        everything = self.excluded and not self.levels
        return self.null and (everything or _both_booleans(self.levels))

    def complement(self) -> "AdmittedLevels":
        """Everything else, a missing value included where it was not admitted."""
        return AdmittedLevels(self.levels, not self.excluded, not self.null)

    def intersect(self, other: "Admitted") -> "AdmittedLevels":
        """What both admit."""
        assert isinstance(other, AdmittedLevels)
        null = self.null and other.null
        if self.excluded and other.excluded:
            return AdmittedLevels(self.levels | other.levels, True, null)
        if self.excluded:
            return AdmittedLevels(other.levels - self.levels, False, null)
        kept = self.levels - other.levels if other.excluded else self.levels & other.levels
        return AdmittedLevels(kept, False, null)

    def union(self, other: "Admitted") -> "AdmittedLevels":
        """What either admits."""
        return self.complement().intersect(other.complement()).complement()

    def without_null(self) -> "AdmittedLevels":
        """The same but for a missing value."""
        return AdmittedLevels(self.levels, self.excluded, False)

    def admits(self, values: pl.Series) -> npt.NDArray[np.bool_]:
        """Which of the values, shape (rows,), are admitted: as `tables.values.to_values` gives them."""
        missing = values.is_null().to_numpy()
        inside = is_among(values, self.levels)
        return np.where(missing, self.null, inside != self.excluded)


Admitted = AdmittedNumbers | AdmittedLevels


def is_among(values: pl.Series, levels: Iterable[Level]) -> npt.NDArray[np.bool_]:
    """Which values, shape (rows,), are one of the levels; a missing value is not."""
    wanted = list(levels)
    if not wanted:
        return np.zeros(len(values), dtype=np.bool_)
    dtype = _TYPES[type(wanted[0])]
    return values.cast(dtype, strict=False).is_in(wanted).fill_null(False).to_numpy()


def _both_booleans(levels: frozenset[Level]) -> bool:
    return len(levels) == 2 and all(isinstance(level, bool) for level in levels)


def _interval(low: float, high: float, low_closed: bool, high_closed: bool, whole: bool) -> Interval | None:
    """An interval, with whole and closed ends where the numbers are whole; None where nothing lies in it."""
    if whole:
        if abs(low) < _EXACT:
            low, low_closed = (math.ceil(low) if low_closed else math.floor(low) + 1.0), True
        if abs(high) < _EXACT:
            high, high_closed = (math.floor(high) if high_closed else math.ceil(high) - 1.0), True
    if low < high or (low == high and low_closed and high_closed):
        return Interval(float(low), float(high), low_closed, high_closed)
    return None
