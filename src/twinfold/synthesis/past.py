"""The rows of a child table, and what is known of those that each parent has so far."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from twinfold.synthesis.encoding.codebook import Codebook
from twinfold.synthesis.encoding.number import NumberEncoding

Array = npt.NDArray[Any]


@dataclass
class Rows:
    """Rows of a child table: whose, when, and what they hold; those of a parent together, in their order.

    Attributes:
        parent: the place of the parent, (rows,).
        time: in the time column's own unit, NaN where it is missing, (rows,); None where the table has no time.
        numbers, codes: by column, the numbers of a numeric one, NaN where missing, and the codes of each.
    """

    parent: npt.NDArray[np.int64]
    time: Array | None
    numbers: dict[str, Array]
    codes: dict[str, Array]

    def __len__(self) -> int:
        return len(self.parent)

    def take(self, places: Array) -> "Rows":
        """Some of the rows, by their places or a mask."""
        return Rows(
            self.parent[places],
            None if self.time is None else self.time[places],
            {name: values[places] for name, values in self.numbers.items()},
            {name: values[places] for name, values in self.codes.items()},
        )

    @classmethod
    def together(cls, parts: Sequence["Rows"]) -> "Rows":
        """Rows of several steps, those of a parent together and in the order of the steps."""
        order = np.argsort(np.concatenate([part.parent for part in parts]), kind="stable")
        times = [part.time for part in parts if part.time is not None]
        return cls(
            np.concatenate([part.parent for part in parts])[order],
            np.concatenate(times)[order] if times else None,
            {name: np.concatenate([part.numbers[name] for part in parts])[order] for name in parts[0].numbers},
            {name: np.concatenate([part.codes[name] for part in parts])[order] for name in parts[0].codes},
        )


class Past:
    """What was drawn so far for each of some parents, of whom each has at least one row."""

    def __init__(self, first: Rows) -> None:
        """`first` holds the first row of each."""
        self.place = np.ones(len(first))
        self.begun = self.time = first.time
        self.gap = np.full(len(first), np.nan)
        self.last, self.before = dict(first.numbers), {name: self.gap.copy() for name in first.numbers}
        self.sums = {name: np.nan_to_num(values) for name, values in first.numbers.items()}
        self.codes = dict(first.codes)

    def keep(self, chosen: Array) -> None:
        """Go on with some of the parents, a mask."""
        self.place, self.gap = self.place[chosen], self.gap[chosen]
        if self.time is not None and self.begun is not None:
            self.time, self.begun = self.time[chosen], self.begun[chosen]
        for known in (self.last, self.before, self.sums, self.codes):
            for name in known:
                known[name] = known[name][chosen]

    def copy(self) -> "Past":
        """The same past, which changes of this one leave alone."""
        out = Past.__new__(Past)
        out.__dict__ |= {name: dict(v) if isinstance(v, dict) else v for name, v in self.__dict__.items()}
        return out

    def add(self, rows: Rows) -> None:
        """Add the next row of each parent."""
        self.place = self.place + 1
        if rows.time is not None and self.time is not None:
            now = np.where(np.isnan(rows.time), self.time, rows.time)
            self.gap, self.time = rows.time - self.time, now
            if self.begun is not None:
                self.begun = np.where(np.isnan(self.begun), now, self.begun)
        self.before, self.last = self.last, dict(rows.numbers)
        self.sums = {name: self.sums[name] + np.nan_to_num(values) for name, values in rows.numbers.items()}
        self.codes = dict(rows.codes)

    def numbers(self) -> dict[str, Array]:
        """The running numbers, by name, (parents,) each."""
        out = {"place": self.place}
        if self.time is not None and self.begun is not None:
            since = self.time - self.begun
            with np.errstate(divide="ignore", invalid="ignore"):
                mean = np.where(self.place > 1, since / (self.place - 1), np.nan)
            out |= {"last time": self.time, "last gap": self.gap, "since first": since, "mean gap": mean}
        for name in self.last:
            out |= {f"last {name}": self.last[name], f"before last {name}": self.before[name]}
            out[f"mean {name}"] = self.sums[name] / self.place
        return out


def running_names(numeric: Sequence[str], *, timed: bool) -> list[str]:
    """The names of the running numbers that a past has, of such numeric columns."""
    times = ["last time", "last gap", "since first", "mean gap"] if timed else []
    return ["place", *times, *(f"{how} {name}" for name in numeric for how in ("last", "before last", "mean"))]


def read_rows(frame: pl.DataFrame, codebook: Codebook, parent: Array, time: Array | None) -> Rows:
    """A child table's rows, those of a parent together and in their order; `time` is None where there is none."""
    table = codebook.encode(frame)
    codes = {column.name: own for column, own in zip(table.columns, table.codes, strict=True)}
    numbers = {
        name: codebook.read_numbers(name, frame[name])
        for name in codebook.learned
        if isinstance(codebook.encodings[name], NumberEncoding)
    }
    return Rows(parent.astype(np.int64), time, numbers, codes)
