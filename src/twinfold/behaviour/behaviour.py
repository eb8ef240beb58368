"""A behaviour: a decision model with what it was learned of, as `twinfold calibrate` makes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

from twinfold.behaviour.assumed import AssumedModel
from twinfold.behaviour.choosing import ChoosingModel
from twinfold.behaviour.evidence import Identification
from twinfold.behaviour.forecast import Forecast
from twinfold.behaviour.response import ResponseModel
from twinfold.behaviour.returning import ReturningModel, read_horizon
from twinfold.behaviour.rows import read_values
from twinfold.behaviour.specification import Specification
from twinfold.errors import DataError, OptionError
from twinfold.protocols import DecisionModel
from twinfold.tables.frames import take_frame
from twinfold.tables.schema import Column


@dataclass(frozen=True)
class Gain:
    """How much more is expected under one treatment than under another: the mean over rows, and its 95 % interval."""

    value: float
    lower: float
    upper: float
    in_support: float
    identification: str

    def text(self) -> str:
        """In a line."""
        return (
            f"{self.value:+.4g} [{self.lower:+.4g}, {self.upper:+.4g}] on average ({self.identification}; "
            f"{self.in_support:.0%} of the rows within what was learned under both)."
        )


@dataclass(frozen=True, repr=False)
class Behaviour:
    """A decision model and where it comes from.

    Attributes:
        specification: what it is of.
        model: what was learned.
        columns: those that it reads, as they were stored.
        rows: that it was learned from.
        notes: what a user must know, in plain words.
        origin: when and of what it was made: Twinfold's version, the time, the data's digest.
    """

    specification: Specification
    model: DecisionModel
    columns: tuple[Column, ...]
    rows: int
    notes: tuple[str, ...] = ()
    origin: Mapping[str, str] = field(default_factory=dict)

    def forecast(self, data: Any, horizon: str | float | None = None, *, among: Any = None) -> Forecast:
        """What is expected of each row of a pandas, Polars or Arrow frame; see `forecast.Forecast`.

        Raises `DataError` where a stratum or the treatment is not there.

        `horizon`, of a lifetime: how far ahead, in days or as "39w"; None is as long as was learned. `among`: the rows
        that these are some of, where they are a part that was picked; see `gain`.
        """
        frame, treatment = self._taken(data), self.specification.treatment
        if treatment and treatment not in frame.columns:
            raise DataError(f"the rows have no column {treatment!r}, whose effect was learned; say what each row gets")
        values = read_values(frame, self.columns)
        if among is not None and not isinstance(self.model, ResponseModel | AssumedModel):
            raise OptionError(f"a {self.specification.kind} looks at each row by itself; leave out the others")
        if isinstance(self.model, ReturningModel):
            return self.model.forecast(values, read_horizon(horizon))
        if horizon is not None:
            raise OptionError(f"a {self.specification.kind} has no horizon; leave it out")
        if isinstance(self.model, ResponseModel | AssumedModel):
            return self.model.forecast(values, None if among is None else read_values(self._taken(among), self.columns))
        return self.model.forecast(values)

    def gain(self, data: Any, treatment: Any, instead: Any, *, among: Any = None) -> Gain:
        """How much more rows are expected to do if all get one treatment and not another.

        Args:
            data: rows as they were learned, a pandas, Polars or Arrow frame; their own treatment is not looked at.
            treatment, instead: the two.
            among: the rows that these are some of, where they are a part that was picked: by all of them it is judged
                whether people are of others than the learned ones. None is `data` itself.

        Raises:
            OptionError: the behaviour has no treatment, or one of the two was never tried; DataError: no rows, or none
                of what it is learned within.
        """
        name, frame = self.specification.treatment, self._taken(data)
        if name is None or not isinstance(self.model, ResponseModel | AssumedModel):
            raise OptionError(f"this {self.specification.kind} was learned without a treatment; no gain is known")
        frames = [frame.with_columns(pl.lit(value).alias(name)) for value in (treatment, instead)]
        every = None if among is None else read_values(self._taken(among), self.columns)
        for value, each in zip((treatment, instead), frames, strict=True):
            if not np.isfinite(self.forecast(each.head(1)).prediction).any():  # all rows have the same treatment
                raise OptionError(
                    f"{name} {value!r} was never tried, or its effect is not identified; no gain is known"
                )
        label = self.model.assignment.label if isinstance(self.model, ResponseModel) else Identification.ASSUMED
        read = [read_values(each, self.columns) for each in frames]
        return Gain(*self.model.gain(read[0], read[1], every), identification=str(label))

    def _taken(self, data: Any) -> pl.DataFrame:
        """Rows as a Polars frame. Raises `DataError` where there are none, or a stratum is not there."""
        frame = data if isinstance(data, pl.DataFrame) else take_frame(data, "rows")[0]
        if not frame.height:
            raise DataError("there is no row; give at least one")
        for name in self.specification.strata:
            if name not in frame.columns:
                raise DataError(f"the rows have no column {name!r}, within which the effect was learned; give it")
        return frame

    def shares(self, options: Any) -> pl.DataFrame:
        """Which share of the learned customers takes each of several options; see `choosing.ChoosingModel.shares`.

        Raises `OptionError` where the behaviour is no choice; `DataError` where an attribute is missing.
        """
        if not isinstance(self.model, ChoosingModel):
            raise OptionError(f"a {self.specification.kind} has no options; shares are of a behaviour of choices")
        return self.model.shares(self._taken(options))

    def __repr__(self) -> str:
        return f"<Behaviour: {self.specification.kind} learned from {self.rows:,} rows>"

    def describe(self) -> list[str]:
        """What was learned, line by line, in plain words."""
        return [f"Learned {self.specification.kind} from {self.rows:,} rows.", *self.model.describe(), *self.notes]
