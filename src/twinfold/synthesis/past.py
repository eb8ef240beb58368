"""The rows of a child table, and what is known of those that each parent has so far."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import polars as pl

from twinfold.synthesis.differences import of_ratio
from twinfold.synthesis.dues import MOST_DUE, find_waiting, next_due
from twinfold.synthesis.encoding.codebook import Codebook
from twinfold.synthesis.encoding.filled import FilledEncoding
from twinfold.synthesis.encoding.number import NumberEncoding

if TYPE_CHECKING:
    from twinfold.synthesis.dues import Dues
    from twinfold.synthesis.kinds import Kinds

Array = npt.NDArray[Any]

NOBODY = -1
"""The name in a row that has none."""


@dataclass
class Rows:
    """Rows of a child table: whose, when, and what they hold; those of a parent together, in their order.

    Attributes:
        parent: the place of the parent, (rows,).
        time: in the time column's own unit, NaN where it is missing, (rows,); None where the table has no time.
        numbers, codes: by column, the numbers of a numeric one, NaN where missing, and the codes of each.
        names: by made-up column, which rows have the same value: a number each, `NOBODY` where it is missing.
        shown: of columns that are learned per another, the numbers that rows will be stored with.
    """

    parent: npt.NDArray[np.int64]
    time: Array | None
    numbers: dict[str, Array]
    codes: dict[str, Array]
    names: dict[str, Array] = field(default_factory=dict)
    shown: dict[str, Array] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.parent)

    @property
    def tracked(self) -> dict[str, Array]:
        """The numbers that are remembered: of a column that is learned per another, both."""
        return self.numbers | {tracked_name(name): values for name, values in self.shown.items()}

    def take(self, places: Array) -> Rows:
        """Some of the rows, by their places or a mask."""
        return Rows(
            self.parent[places],
            None if self.time is None else self.time[places],
            *(
                {name: values[places] for name, values in of.items()}
                for of in (self.numbers, self.codes, self.names, self.shown)
            ),
        )

    @classmethod
    def together(cls, parts: Sequence[Rows]) -> Rows:
        """Rows of several steps, those of a parent together and in the order of the steps."""
        order = np.argsort(np.concatenate([part.parent for part in parts]), kind="stable")
        times = [part.time for part in parts if part.time is not None]

        def join(of: Sequence[Mapping[str, Array]]) -> dict[str, Array]:
            return {name: np.concatenate([values[name] for values in of])[order] for name in of[0]}

        return cls(
            np.concatenate([part.parent for part in parts])[order],
            np.concatenate(times)[order] if times else None,
            join([part.numbers for part in parts]),
            join([part.codes for part in parts]),
            join([part.names for part in parts]),
            join([part.shown for part in parts]),
        )


def tracked_name(name: str) -> str:
    """What the numbers that a column is stored with are called, where others are learned."""
    return f"{name} in all"


def show(numbers: Mapping[str, Array], ratios: Mapping[str, str]) -> dict[str, Array]:
    """The numbers that rows will be stored with, of columns that are learned per another; (rows,) each.

    `ratios`: by column, the one that it goes with, which comes before it if it is a ratio itself.
    """
    out: dict[str, Array] = {}
    for name, base in ratios.items():
        if name in numbers and base in numbers:
            out[name] = of_ratio(numbers[name], out.get(base, numbers[base]))
    return out


@dataclass(frozen=True)
class Last:
    """The last row of a kind that each of some parents has; where `there` is false it has none: its last row of any."""

    numbers: Mapping[str, Array]
    codes: Mapping[str, Array]
    names: Mapping[str, Array]
    there: Array
    ago: Array


@dataclass(frozen=True)
class Known:
    """What is known of parents before their next row: running numbers, the last row, and when it was; (parents,)."""

    numbers: Mapping[str, Array]
    codes: Mapping[str, Array]
    time: Array | None


class Past:
    """What was drawn so far for each of some parents, of whom each has at least one row."""

    def __init__(self, first: Rows, kinds: Kinds | None = None, dues: Dues | None = None) -> None:
        """`first` holds the first row of each; `kinds`, if any, are remembered each for itself, and what is due."""
        self.place = np.ones(len(first))
        self.begun = self.time = first.time
        self.gap, self.beside = np.full(len(first), np.nan), np.zeros(len(first))
        self.last, self.before = first.tracked, {name: self.gap.copy() for name in first.tracked}
        self.sums = {name: np.nan_to_num(values) for name, values in first.tracked.items()}
        self.codes, self.names = dict(first.codes), dict(first.names)
        self.kinds, self.dues = kinds, dues
        self.memory: dict[str, dict[str, Array]] = {"numbers": {}, "codes": {}, "names": {}, "": {}}
        if kinds is not None:
            shape = (len(first), len(kinds))
            self.memory[""]["when"] = np.full(shape, np.nan)
            for of, known, nothing in (
                ("numbers", first.tracked, np.nan),
                ("codes", first.codes, 0),
                ("names", first.names, NOBODY),
            ):
                self.memory[of] = {name: np.full(shape, nothing, values.dtype) for name, values in known.items()}
        if dues is not None:
            self.memory[""]["due"] = dues.begin(self._clock())
        self._remember(first)

    def keep(self, chosen: Array) -> None:
        """Go on with some of the parents, a mask."""
        self.place, self.gap, self.beside = self.place[chosen], self.gap[chosen], self.beside[chosen]
        if self.time is not None and self.begun is not None:
            self.time, self.begun = self.time[chosen], self.begun[chosen]
        for known in (self.last, self.before, self.sums, self.codes, self.names, *self.memory.values()):
            for name in known:
                known[name] = known[name][chosen]

    def split(self, chosen: Array) -> Past:
        """Leave some of the parents, a mask, and give back the past of the others."""
        rest = copy(self)
        for name in ("last", "before", "sums", "codes", "names"):
            setattr(rest, name, dict(getattr(self, name)))
        rest.memory = {of: dict(known) for of, known in self.memory.items()}
        rest.keep(~chosen)
        self.keep(chosen)
        return rest

    @classmethod
    def together(cls, parts: Sequence[Past]) -> Past:
        """The pasts of several groups of parents as one, in their order."""
        out = copy(parts[0])
        for name in ("place", "gap", "beside"):
            setattr(out, name, np.concatenate([getattr(part, name) for part in parts]))
        for name in ("time", "begun"):
            known = [getattr(part, name) for part in parts]
            setattr(out, name, None if known[0] is None else np.concatenate(known))
        for name in ("last", "before", "sums", "codes", "names"):
            setattr(out, name, _joined([getattr(part, name) for part in parts]))
        out.memory = {of: _joined([part.memory[of] for part in parts]) for of in out.memory}
        return out

    def add(self, rows: Rows) -> None:
        """Add the next row of each parent."""
        self.place = self.place + 1
        if rows.time is not None and self.time is not None:
            now = np.where(np.isnan(rows.time), self.time, rows.time)
            self.gap, self.time = rows.time - self.time, now
            if self.begun is not None:
                self.begun = np.where(np.isnan(self.begun), now, self.begun)
        self.before, self.last = self.last, rows.tracked
        self.sums = {name: self.sums[name] + np.nan_to_num(values) for name, values in rows.tracked.items()}
        self.codes, self.names = dict(rows.codes), dict(rows.names)
        self._remember(rows)

    def known(self) -> Known:
        """What is known before the next rows."""
        out = {"place": self.place}
        if self.time is not None and self.begun is not None:
            since = self.time - self.begun
            with np.errstate(divide="ignore", invalid="ignore"):
                mean = np.where(self.place > 1, since / (self.place - 1), np.nan)
            out |= {"last time": self.time, "last gap": self.gap, "since first": since, "mean gap": mean}
        for name in self.last:
            out |= {f"last {name}": self.last[name], f"before last {name}": self.before[name]}
            out[f"mean {name}"] = self.mean(name)
        if self.kinds is not None:
            ago = self._clock()[:, None] - self.memory[""]["when"]
            out |= {f"since kind {k}": ago[:, k] for k in range(len(self.kinds))}
        if self.dues is not None:
            due = self.due() - self._clock()[:, None]
            out |= {f"due {k}": np.where(np.isfinite(due[:, k]), due[:, k], np.nan) for k in range(MOST_DUE)}
        return Known(out, dict(self.codes), self.time)

    def due(self) -> npt.NDArray[np.float64]:
        """The next times at which something is due, (parents, `MOST_DUE`), infinite where nothing is."""
        return next_due(self.memory[""]["due"], self._clock(), self.beside)

    def kind_due(self, time: Array, places: Array | None = None) -> npt.NDArray[np.uint16]:
        """Of which kind a row is due at a time, the first of them, one number more for none; (parents,) each.

        `places`: of the parents that are asked about; None for all.
        """
        due, own = self.memory[""]["due"], slice(None) if places is None else places
        same = (due[own] == time[:, None]) & find_waiting(due[own], self._clock()[own], self.beside[own])
        return np.asarray(np.where(same.any(axis=1), same.argmax(axis=1), due.shape[1]), np.uint16)

    def mean(self, name: str) -> npt.NDArray[np.float64]:
        """The mean of a column so far, (parents,)."""
        return np.asarray(self.sums[name] / self.place)

    def last_of(self, rows: Rows) -> Last:
        """The last row of the kind that each of the next rows has, `rows`; without kinds, the last row."""
        everyone = np.arange(len(self.place))
        if self.kinds is None:
            there = np.ones(len(everyone), bool)
            return Last(dict(self.last), dict(self.codes), dict(self.names), there, self.gap)
        kind = self.kinds.find(rows.codes)
        when = self.memory[""]["when"][everyone, kind]
        there = ~np.isnan(when)
        numbers, codes, names = (
            {name: np.where(there, values[everyone, kind], last[name]) for name, values in self.memory[of].items()}
            for of, last in (("numbers", self.last), ("codes", self.codes), ("names", self.names))
        )
        now = self.place + 1 if rows.time is None else rows.time
        return Last(numbers, codes, names, there, now - when)

    def _clock(self) -> Array:
        return self.place if self.time is None else self.time

    def _remember(self, rows: Rows) -> None:
        if self.kinds is None and self.dues is None:
            return
        kind = find_kind(self.kinds, rows)
        everyone, now = np.arange(len(rows)), self._clock()
        if self.dues is not None:
            due = self.memory[""]["due"]
            self.beside = np.where(self.gap == 0, self.beside, 0) + (due[everyone, kind] != now)
            due[everyone, kind] = self.dues.after(kind, now)
            self.dues.go_on(due, now)
        if self.kinds is None:
            return
        self.memory[""]["when"][everyone, kind] = now
        for of, known in (("numbers", rows.tracked), ("codes", rows.codes), ("names", rows.names)):
            for name, values in known.items():
                self.memory[of][name][everyone, kind] = values


def _joined(parts: Sequence[Mapping[str, Array]]) -> dict[str, Array]:
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def find_kind(kinds: Kinds | None, rows: Rows) -> npt.NDArray[np.int64]:
    """The kind of each row, (rows,); without kinds all are of one."""
    return np.zeros(len(rows), np.int64) if kinds is None else kinds.find(rows.codes)


def remember(rows: Rows, kinds: Kinds | None, dues: Dues | None) -> tuple[Array, Past]:
    """The parents of rows, those of a parent together and in their order, one at least; and what is known of them."""
    begin = np.flatnonzero(np.append(True, rows.parent[1:] != rows.parent[:-1]))
    length, alive = np.diff(np.append(begin, len(rows))), np.arange(len(begin))
    past, ended = Past(rows.take(begin), kinds, dues), list[tuple[Array, Past]]()
    for step in range(1, int(length.max())):
        on = length[alive] > step
        ended.append((alive[~on], past.split(on)))
        alive = alive[on]
        past.add(rows.take(begin[alive] + step))
    ended.append((alive, past))
    return rows.parent[begin[np.concatenate([own for own, _ in ended])]], Past.together([part for _, part in ended])


def running_names(numeric: Sequence[str], *, timed: bool, kinds: Kinds | None, dues: Dues | None) -> list[str]:
    """The names of the running numbers that are known of a past, of such numeric columns."""
    times = ["last time", "last gap", "since first", "mean gap"] if timed else []
    numbers = [f"{how} {name}" for name in numeric for how in ("last", "before last", "mean")]
    since = [f"since kind {k}" for k in range(0 if kinds is None else len(kinds))]
    due = [f"due {k}" for k in range(0 if dues is None else MOST_DUE)]
    return ["place", *times, *numbers, *since, *due]


def read_rows(frame: pl.DataFrame, codebook: Codebook, parent: Array, time: Array | None) -> Rows:
    """A child table's rows, those of a parent together and in their order; `time` is None where there is none."""
    table = codebook.encode(frame)
    codes = {column.name: own for column, own in zip(table.columns, table.codes, strict=True)}
    numbers = {
        name: codebook.read_numbers(name, frame[name])
        for name in codebook.learned
        if isinstance(codebook.encodings[name], NumberEncoding)
    }
    made_up = [name for name, encoding in codebook.encodings.items() if isinstance(encoding, FilledEncoding)]
    ranks = {name: frame[name].rank("dense").cast(pl.Int64).fill_null(NOBODY).to_numpy() for name in made_up}
    return Rows(parent.astype(np.int64), time, numbers, codes, ranks)
