"""The clock of a history: when its first row is, how long until each next one, and what the calendar says then."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from twinfold.protocols import CodeColumn, Codes
from twinfold.synthesis.encoding.number import NumberEncoding, count_holders, cut, learn_number
from twinfold.synthesis.kernels import find_bins, read_calendar
from twinfold.synthesis.named_arrays import put_under, take_from
from twinfold.tables.schema import Kind

Array = npt.NDArray[Any]

MOST_LATE = 10
"""Customers with rows, for each of those who say when the last ones are."""

MOST_BINS, MOST_MOMENTS = 120, 250
"""Bins of a running number, and of time, at most."""


DAYS = {Kind.DATE: 1.0, Kind.DATETIME: 86_400e6}
"""How many units of a time make a day; numbers (years, steps) have no days."""


@dataclass(frozen=True)
class Binning:
    """Numbers as the codes that trees split on: bins between `edges`, and the last code where there is none."""

    edges: Array

    @classmethod
    def of(cls, values: Array, owners: Array, *, most: int = MOST_BINS) -> Self:
        """Bins of like size, `most` at most, of values, NaN where there is none; an edge is nobody's value.

        `owners`: whose each value is, (rows,): each counts once for a value, so that no one has bins of their own by
        repeating it.
        """
        known = ~np.isnan(values)
        if not known.any():
            return cls(np.zeros(0))
        return cls(cut(np.unique(values[known]), count_holders(values[known], owners[known])[0], most)[0])

    @classmethod
    def restored(cls, edges: Array) -> Self:
        """The binning with edges from a model file. Raises `ValueError` where these are none."""
        sound = edges.dtype == np.float64 and edges.ndim == 1 and len(edges) < MOST_MOMENTS
        if not sound or not (np.diff(edges) > 0).all() or not np.isfinite(edges).all():
            raise ValueError("bins out of order")
        return cls(edges)

    def column(self, name: str) -> CodeColumn:
        """What an engine may know of the codes."""
        return CodeColumn(name, len(self.edges) + 2, True, len(self.edges) + 1)

    def encode(self, values: Array) -> npt.NDArray[np.uint16]:
        """Codes of numbers, NaN where there is none; both of shape (rows,)."""
        out = np.empty(len(values), np.uint16)
        find_bins(self.edges, np.asarray(values, np.float64), len(self.edges) + 1, out)
        return out


@dataclass(frozen=True)
class Clock:
    """What is known of a history's times.

    Attributes:
        begins, gaps: the encodings of first times, as they are or since a date of the parent's, and of what lies
            between a row and the next; no gaps where no parent has two rows, or too few have.
        moments: bins of time.
        day: how many of the time's units make a day; 0 where it has no calendar (years, steps).
        end: the last time that was learned, which the rows of `min_count` customers reach; None where fewer than ten
            times as many have rows, of whom it may lie far before the end of the data.
    """

    begins: NumberEncoding
    gaps: NumberEncoding | None
    moments: Binning
    day: float
    end: float | None

    @classmethod
    def learn(
        cls, time: Array, since: Array, parent: Array, owners: Array, *, day: float, min_count: int
    ) -> Self | None:
        """Learn the clock of rows, those of a parent together; None where too few say when the first ones are.

        `since`: from when each row's parent counts the first time, (rows,).
        `owners`: whose each row is; `min_count` of them must share a time or a gap before it may come out as itself.
        """
        first = np.append(True, parent[1:] != parent[:-1])
        gap, step = np.diff(time), 1.0
        begins = learn_number(
            (time - since)[first], step=step, min_count=min_count, tails="clipped", owners=owners[first]
        )
        if begins is None:
            return None
        gaps = None
        if not first.all():
            gaps = learn_number(
                gap[~first[1:]], step=step, min_count=min_count, tails="clipped", owners=owners[1:][~first[1:]]
            )
        return cls(begins, gaps, Binning.of(time, owners, most=MOST_MOMENTS), day, _end(time, owners, min_count))

    @property
    def begin_column(self) -> CodeColumn:
        """What an engine may know of the first row's time."""
        return CodeColumn("begin", self.begins.cardinality, True, self.begins.missing)

    @property
    def gap_column(self) -> CodeColumn:
        """What an engine may know of the time to the next row."""
        if self.gaps is None:
            return CodeColumn("gap", 1, True)
        return CodeColumn("gap", self.gaps.cardinality, True, self.gaps.missing)

    def encode_gap(self, gap: Array) -> Codes:
        """Codes of gaps, NaN where one is missing; both of shape (rows,)."""
        return np.zeros(len(gap), np.uint16) if self.gaps is None else self.gaps.encode(gap).astype(np.uint16)

    def decode_gap(self, codes: Codes, rng: np.random.Generator) -> Array:
        """Gaps, NaN where one is missing, of codes; both of shape (rows,)."""
        return np.zeros(len(codes)) if self.gaps is None else self.gaps.decode(codes, rng)

    @property
    def calendar_columns(self) -> tuple[CodeColumn, ...]:
        """What an engine may know of the calendar.

        The weekday, the day of the month, how many are left of it, the month, and the hour.
        """
        sizes = {"weekday": 7, "day": 31, "days left": 31, "month": 12, "hour": 24}
        names = [] if not self.day else list(sizes) if self.day > 1 else list(sizes)[:4]
        return tuple(CodeColumn(name, sizes[name] + 1, True, sizes[name]) for name in names)

    def calendar(self, time: Array) -> Codes:
        """The calendar's codes at some times, (columns, rows)."""
        columns = self.calendar_columns
        out = np.empty((len(columns), len(time)), np.uint16)
        if columns:
            missing = np.array([column.cardinality - 1 for column in columns])
            read_calendar(np.asarray(time, np.float64), self.day, missing, out)
        return out

    @property
    def moment_columns(self) -> tuple[CodeColumn, ...]:
        """What an engine may know of a moment: the time, and the calendar."""
        return (self.moments.column("time"), *self.calendar_columns)

    def moment(self, time: Array) -> Codes:
        """The codes of some moments, (columns, rows)."""
        return np.concatenate([self.moments.encode(time)[None], self.calendar(time)])

    def arrays(self) -> dict[str, Array]:
        """Everything learned, as plain arrays."""
        out: dict[str, Array] = {
            "moments": self.moments.edges,
            "day": np.array([self.day, np.nan if self.end is None else self.end]),
        }
        for name, encoding in (("begins", self.begins), ("gaps", self.gaps)):
            if encoding is not None:
                settings, found = encoding.state()
                own = np.array([settings["step"], settings["has_missing"]], np.float64)
                out |= put_under(name, found | {"settings": own})
        return out

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array]) -> Self:
        """The clock that `arrays` came from. Raises `KeyError` or `ValueError`."""
        begins, (day, end) = _restore(arrays, "begins"), (float(value) for value in arrays["day"])
        if begins is None or day not in (0.0, *DAYS.values()) or np.isinf(end):
            raise ValueError("a clock without a beginning")
        return cls(
            begins, _restore(arrays, "gaps"), Binning.restored(arrays["moments"]), day, None if np.isnan(end) else end
        )


def _end(time: Array, owners: Array, min_count: int) -> float | None:
    known = ~np.isnan(time)
    latest = np.full(int(owners.max()) + 1, -np.inf)
    np.maximum.at(latest, owners[known], time[known])
    latest = np.sort(latest[np.isfinite(latest)])
    return float(latest[-min_count]) if len(latest) >= MOST_LATE * min_count else None


def _restore(arrays: Mapping[str, Array], name: str) -> NumberEncoding | None:
    if f"{name}_settings" not in arrays:
        return None
    step, has_missing = (float(value) for value in arrays[f"{name}_settings"])
    return NumberEncoding.from_state({"step": step, "has_missing": has_missing}, take_from(name, arrays))
