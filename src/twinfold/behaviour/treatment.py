"""Treatments: what was varied, as columns of a regression, and which of it was tried in each stratum."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import polars as pl

from twinfold.behaviour.rows import numbers, texts
from twinfold.errors import DataError

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Ints = npt.NDArray[np.int64]

PIECES = 40
"""Pieces of a number's range in which it is noted how often it was tried."""

LEAST_TRIED = 5
"""Rows of a stratum that make a treatment tried in it: of an arm, or of a piece of the range and those beside it."""

NOTHING = re.compile(r"(no|none|control|placebo|holdout|untreated|nothing|off|0)\b", re.IGNORECASE)
"""How the arm is called in which nothing is done."""

MOST_ARMS, LEAST_ARM = 30, 10
"""Arms at most, and rows of each at least."""


@dataclass(frozen=True)
class Treatment:
    """What was learned of a treatment.

    Attributes:
        name: its column.
        arms: its labels, the first of them the one that others are compared with; none where it is a number; a single
            one where nothing was varied, and the name is empty.
        mean, spread, low, high: of a number.
        knots: of a number, where its effect may bend, in spreads from the mean.
        tried: how many rows of each stratum had each arm, or a number in each piece of its range,
            (strata, arms or pieces).
    """

    name: str
    arms: tuple[str, ...]
    mean: float
    spread: float
    low: float
    high: float
    knots: tuple[float, ...]
    tried: Ints

    @property
    def numeric(self) -> bool:
        """Whether it is a number."""
        return not self.arms

    @property
    def kinds(self) -> int:
        """Columns that it takes."""
        return 1 if self.numeric else len(self.arms) - 1

    def encode(self, frame: pl.DataFrame) -> tuple[Floats, npt.NDArray[np.bool_]]:
        """Its columns, (rows, kinds), zero where it is not known; and whether it is known and anything like it was
        ever tried: any number is, a label only where it is one of the arms."""
        if not self.name:
            return np.zeros((frame.height, 0)), np.ones(frame.height, bool)
        if self.numeric:
            values = numbers(frame, self.name)
            known = np.isfinite(values)
            return np.where(known, (values - self.mean) / self.spread, 0.0)[:, None], known
        found = texts(frame, self.name)
        shown = [(found == arm).fill_null(False).to_numpy() for arm in self.arms[1:]]
        return np.stack(shown, axis=1).astype(np.float64), found.is_in(self.arms).fill_null(False).to_numpy()

    def bends(self, given: Floats) -> Floats:
        """Further columns of a number, by which its effect may bend, (rows, knots)."""
        if not self.knots:
            return np.zeros((len(given), 0))
        inside = np.clip(given, (self.low - self.mean) / self.spread, (self.high - self.mean) / self.spread)
        return np.asarray(np.maximum(inside - np.array(self.knots), 0.0))

    def supported(self, frame: pl.DataFrame, cells: Ints) -> npt.NDArray[np.bool_]:
        """Which rows have a treatment that was tried in their stratum, (rows,)."""
        if not self.name:
            return np.ones(frame.height, bool)
        given, known = self._places(frame)
        return known & self._enough[cells, given]

    def tell(self, frame: pl.DataFrame, within: npt.NDArray[np.bool_]) -> tuple[str, ...]:
        """Which treatments were never tried, in plain words; `within`, (rows,), are those that were."""
        if not self.name or within.all():
            return ()
        known = self.encode(frame)[1]
        notes = []
        if self.numeric:
            missing, strange = int((~known).sum()), int((known & ~within).sum())
            if missing:
                notes.append(f"{self.name} is missing, or no number, in {missing:,} rows: nothing can be said of them.")
            if strange:
                notes.append(
                    f"{self.name} of {strange:,} rows was never tried in their stratum (in all: {self.low:g} to "
                    f"{self.high:g}): the effect is carried on, and wider with the distance."
                )
            return tuple(notes)
        names = texts(frame, self.name).filter(pl.Series(~known)).fill_null("nothing").unique().sort().head(3)
        if len(names):
            shown = ", ".join(repr(name) for name in names)
            notes.append(
                f"{self.name} {shown} ({int((~known).sum()):,} rows) was never tried ({', '.join(self.arms)}): nothing "
                "can be said of them."
            )
        return tuple(notes)

    def distance(self, frame: pl.DataFrame, cells: Ints) -> Floats:
        """Of a number: how far it lies from the nearest one tried in the stratum, in spreads, (rows,)."""
        values = numbers(frame, self.name)
        centres = self.low + (np.arange(PIECES) + 0.5) * self._step
        out = np.zeros(len(values))
        for cell in np.unique(cells):
            tried = centres[self._enough[cell]]
            rows = cells == cell
            if not len(tried):
                tried = centres[self._enough.any(axis=0)]
            if not len(tried):
                continue
            place = np.clip(np.searchsorted(tried, values[rows]), 1, max(len(tried) - 1, 1))
            beside = tried[np.minimum(np.stack([place - 1, place]), len(tried) - 1)]
            out[rows] = np.abs(values[rows] - beside).min(axis=0)
        return np.nan_to_num(np.maximum(out - self._step / 2, 0.0)) / self.spread

    @property
    def _step(self) -> float:
        return (self.high - self.low) / PIECES or 1.0

    @cached_property
    def _enough(self) -> npt.NDArray[np.bool_]:
        """Which arms, or pieces of the range, were tried in each stratum."""
        if not self.numeric:
            return np.asarray(self.tried >= LEAST_TRIED)
        padded = np.pad(self.tried, ((0, 0), (1, 1)))
        enough: npt.NDArray[np.bool_] = padded[:, :-2] + padded[:, 1:-1] + padded[:, 2:] >= LEAST_TRIED
        return enough

    def _places(self, frame: pl.DataFrame) -> tuple[Ints, npt.NDArray[np.bool_]]:
        """The arm or piece of each row, and whether it is one."""
        if self.numeric:
            values = numbers(frame, self.name)
            slack = 1e-9 * max(abs(self.low), abs(self.high), 1e-300)
            known = (values >= self.low - slack) & (values <= self.high + slack)
            place = np.where(known, (np.nan_to_num(values) - self.low) / self._step, 0)
            return np.clip(place.astype(np.int64), 0, PIECES - 1), known
        found, place = texts(frame, self.name), np.zeros(frame.height, np.int64)
        known = np.zeros(frame.height, bool)
        for number, arm in enumerate(self.arms):
            own = (found == arm).fill_null(False).to_numpy()
            place[own], known[own] = number, True
        return place, known

    def record(self) -> dict[str, Any]:
        """The treatment as JSON can say it."""
        numbers_ = {key: getattr(self, key) for key in ("mean", "spread", "low", "high")}
        return {"name": self.name, "arms": list(self.arms), "knots": list(self.knots), **numbers_}

    @classmethod
    def restored(cls, record: Mapping[str, Any], tried: npt.NDArray[Any], strata: int) -> Self:
        """The treatment that a record and an array came from. Raises `ValueError`, `KeyError` or `TypeError`."""
        arms = tuple(map(str, record["arms"]))
        mean, spread, low, high = (float(record[key]) for key in ("mean", "spread", "low", "high"))
        knots = tuple(float(knot) for knot in record["knots"])
        if (
            not np.isfinite([mean, spread, low, high, *knots]).all()
            or spread <= 0
            or low > high
            or (len(arms) == 1) == bool(record["name"])
        ):
            raise ValueError("a treatment out of bounds")
        if tried.shape != (strata, len(arms) or PIECES) or tried.dtype != np.int64 or (tried < 0).any():
            raise ValueError("treatments tried of the wrong shape")
        return cls(str(record["name"]), arms, mean, spread, low, high, knots, tried)


def learn_treatment(frame: pl.DataFrame, name: str, cells: Ints, strata: int) -> Treatment:
    """What a treatment is: a number, or arms where it is text or has two values.

    Args:
        frame: the rows, none without a treatment; name: its column.
        cells: (rows,) the stratum of each row; strata: how many there are.

    Raises `DataError` where it never varies, or has too many arms.
    """
    column = frame[name]
    if column.n_unique() < 2:
        raise DataError(f"treatment {name!r} has one value in all {frame.height:,} rows; give data in which it varied")
    if column.dtype.is_numeric():
        values = numbers(frame, name)
        low, high = float(values.min()), float(values.max())
        mean, spread = float(values.mean()), float(values.std())
        plain = Treatment(name, (), mean, spread, low, high, (), np.zeros((strata, PIECES), np.int64))
        places, _ = plain._places(frame)
        several = np.unique(np.quantile(values, (0.2, 0.4, 0.6, 0.8)))
        inner = several[(several > low) & (several < high)]
        knots = tuple((inner - mean) / spread) if len(np.unique(values)) > 4 else ()
        tried = _count(cells, places, strata, PIECES)
        return Treatment(name, (), mean, spread, low, high, tuple(map(float, knots)), tried)
    counts = texts(frame, name).value_counts(sort=True)
    arms = tuple(sorted(counts[name].to_list(), key=lambda arm: (not NOTHING.match(arm), arm)))
    if len(arms) > MOST_ARMS:
        raise DataError(f"treatment {name!r} has {len(arms)} labels; give at most {MOST_ARMS}, or a number")
    few = counts.filter(pl.col("count") < LEAST_ARM)
    if few.height:
        arm, held = few.row(0)
        raise DataError(f"treatment {name!r} has {held} rows of {arm!r}; leave out arms of fewer than {LEAST_ARM} rows")
    plain = Treatment(name, arms, 0.0, 1.0, 0.0, 0.0, (), np.zeros((strata, len(arms)), np.int64))
    places, _ = plain._places(frame)
    return Treatment(name, arms, 0.0, 1.0, 0.0, 0.0, (), _count(cells, places, strata, len(arms)))


def no_treatment(strata: int) -> Treatment:
    """The treatment of rows in which nothing was varied."""
    return Treatment("", ("",), 0.0, 1.0, 0.0, 0.0, (), np.zeros((strata, 1), np.int64))


def _count(cells: Ints, places: Ints, strata: int, width: int) -> Ints:
    return np.bincount(cells * width + places, minlength=strata * width).reshape(strata, width)
