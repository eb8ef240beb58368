"""A behaviour: a decision model with what it was learned of, as `twinfold calibrate` makes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from twinfold.behaviour.assumed import AssumedModel
from twinfold.behaviour.choosing import ChoosingModel, learn_choosing
from twinfold.behaviour.evidence import Identification
from twinfold.behaviour.features import labels, learn_feature
from twinfold.behaviour.forecast import Forecast
from twinfold.behaviour.response import ResponseModel
from twinfold.behaviour.response_learning import fit_response
from twinfold.behaviour.returning import ReturningModel, learn_returning, read_horizon
from twinfold.behaviour.rows import number_customers, read_outcome, read_values
from twinfold.behaviour.screening import screen
from twinfold.behaviour.specification import Assumption, Specification
from twinfold.behaviour.strata import learn_strata
from twinfold.behaviour.treatment import Treatment, learn_treatment, no_treatment
from twinfold.errors import DataError, OptionError
from twinfold.protocols import DecisionModel, Progress, silent
from twinfold.tables.frames import take_frame
from twinfold.tables.schema import Column, Kind, Table

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

LEAST = 100
"""Rows that it takes to learn from."""


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

    def forecast(self, data: Any, horizon: str | float | None = None) -> Forecast:
        """What is expected of each row of a pandas, Polars or Arrow frame; see `forecast.Forecast`.

        Raises `DataError` where a stratum or the treatment is not there.

        `horizon`, of a lifetime: how far ahead, in days or as "39w"; None is as long as was learned.
        """
        frame, treatment = self._taken(data), self.specification.treatment
        if treatment and treatment not in frame.columns:
            raise DataError(f"the rows have no column {treatment!r}, whose effect was learned; say what each row gets")
        values = read_values(frame, self.columns)
        if isinstance(self.model, ReturningModel):
            return self.model.forecast(values, read_horizon(horizon))
        if horizon is not None:
            raise OptionError(f"a {self.specification.kind} has no horizon; leave it out")
        return self.model.forecast(values)

    def average(self, found: Forecast) -> tuple[float, float, float] | None:
        """What the rows of a forecast are expected to do on average, and its 95 % interval; None where not known."""
        if not isinstance(self.model, ResponseModel) or not np.isfinite(found.prediction).any():
            return None
        return self.model.average(found)

    def gain(self, data: Any, treatment: Any, instead: Any) -> Gain:
        """How much more rows are expected to do if all get one treatment and not another.

        Args:
            data: rows as they were learned, a pandas, Polars or Arrow frame; their own treatment is not looked at.
            treatment, instead: the two.

        Raises:
            OptionError: the behaviour has no treatment, or one of the two was never tried; DataError: no rows, or none
                of what it is learned within.
        """
        name, frame = self.specification.treatment, self._taken(data)
        if name is None or not isinstance(self.model, ResponseModel | AssumedModel):
            raise OptionError(f"this {self.specification.kind} was learned without a treatment; no gain is known")
        frames = [frame.with_columns(pl.lit(value).alias(name)) for value in (treatment, instead)]
        for value, each in zip((treatment, instead), frames, strict=True):
            if not np.isfinite(self.forecast(each).prediction).any():
                raise OptionError(
                    f"{name} {value!r} was never tried, or its effect is not identified; no gain is known"
                )
        label = self.model.assignment.label if isinstance(self.model, ResponseModel) else Identification.ASSUMED
        return Gain(*self.model.gain(*(read_values(each, self.columns) for each in frames)), identification=str(label))

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


def learn_behaviour(
    frame: pl.DataFrame, table: Table, specification: Specification, *, progress: Progress = silent
) -> Behaviour:
    """Learn a decision model.

    Args:
        frame: the rows as they are stored; table: what its columns are.
        specification: what to learn.
        progress: told "calibrating" from 0 to 1.

    Raises:
        SpecificationError: a column that is not there; DataError: rows that nothing can be learned from.
    """
    specification.check_columns(frame.columns, table.name)
    progress("calibrating", 0.0)
    if specification.kind == "lifetime":
        made = _learn_lifetime(frame, table, specification)
    elif specification.kind == "choice":
        made = _learn_choice(frame, table, specification, progress)
    else:
        made = _learn_response(frame, table, specification, progress)
    progress("calibrating", 1.0)
    return made


def _learn_response(frame: pl.DataFrame, table: Table, asked: Specification, progress: Progress) -> Behaviour:
    """A response, or a hazard: the same with a baseline in time, and perhaps without a treatment."""
    assert asked.outcome
    values = read_values(frame, table)
    if values.height < LEAST:
        raise DataError(f"{values.height:,} rows are too few to learn from; give {LEAST} at least")
    outcome = read_outcome(values[asked.outcome], asked.outcome)
    usable = np.isfinite(outcome)
    varied = None if asked.assumed else asked.treatment
    for name in filter(None, (varied, asked.time if asked.kind == "hazard" else None)):
        usable &= values[name].is_not_null().to_numpy()
    notes = []
    if not usable.all():
        notes.append(f"{(~usable).sum():,} rows without an outcome, a treatment or a time were left out.")
    if usable.sum() < LEAST:
        raise DataError(f"{usable.sum():,} rows have an outcome and a treatment; give {LEAST} at least")
    values, outcome = values.filter(usable), outcome[usable]
    if asked.kind == "hazard" and not np.isin(outcome, (0, 1)).all():
        raise DataError(
            f"outcome {asked.outcome!r} of a hazard is {outcome.max():g} in some row; give 1 and 0 a period"
        )
    strata = learn_strata(values, _intercepts(asked))
    cells, _ = strata.cells(values)
    treatment = no_treatment(strata.count)
    if varied:
        treatment = learn_treatment(values, varied, cells, strata.count)
        _check_arms(treatment, values, outcome, asked)
    given, _ = treatment.encode(values)
    progress("calibrating", 0.1)
    parts = {asked.outcome, asked.treatment, asked.customer, asked.time, *asked.strata, *asked.afterwards}
    candidates = [name for name in table.names if name not in parts]
    found = screen(values, table, candidates, outcome=outcome, treatment=given if varied else None, cells=cells)
    named = asked.covariates
    if named is None and found.left_out:
        notes.append(_tell_left_out(found.left_out))
    for name in named or ():
        if name in found.left_out:
            notes.append(f"{name} was named as a covariate and left out: {found.left_out[name]}.")
    features = [f for f in found.features if named is None or f.name in named]
    others = [f for f in found.features if f not in features]
    if not strata.columns:  # nobody says that they are records of what was drawn by lot
        others += found.followers
    baseline = [asked.time] if asked.kind == "hazard" and asked.time else []
    progress("calibrating", 0.3)
    model = fit_response(
        values,
        outcome,
        [*features, *(learn_feature(name, values[name]) for name in baseline)],
        strata,
        treatment,
        others=others,
        baseline=baseline,
        clusters=_clusters(values, asked.customer),
    )
    used = {feature.name for feature in model.features} | {asked.treatment, *strata.columns}
    columns = tuple(c for c in table if c.name in used)
    if asked.assumed and asked.treatment:
        largest = max(abs(asked.assumed.lower), abs(asked.assumed.upper))
        if model.regression.binary and largest > 1:
            raise DataError(f"an effect of {largest:g} is assumed on an outcome of 0 and 1; give shares, such as 0.02")
        if asked.treatment not in table.names:
            columns = (*columns, _assumed_column(asked.treatment, asked.assumed))
        return Behaviour(
            asked, AssumedModel(model, asked.treatment, asked.assumed), columns, len(outcome), tuple(notes)
        )
    notes.insert(0, model.assignment.sentence(asked.treatment or "", strata.columns))
    return Behaviour(asked, model, columns, len(outcome), tuple(notes))


def _assumed_column(name: str, assumed: Assumption) -> Column:
    """The column of a treatment that the learned rows lack."""
    if assumed.arm is None:
        return Column(name=name, kind=Kind.DECIMAL, physical="Float64")
    return Column(name=name, kind=Kind.CATEGORY, physical="String")


def _learn_lifetime(frame: pl.DataFrame, table: Table, asked: Specification) -> Behaviour:
    assert asked.customer
    assert asked.time
    model = learn_returning(read_values(frame, table), asked.customer, table[asked.time], asked.outcome or "")
    used = (asked.customer, asked.time, asked.outcome)
    return Behaviour(asked, model, tuple(c for c in table if c.name in used), frame.height, tuple(model.model.notes))


def _learn_choice(frame: pl.DataFrame, table: Table, asked: Specification, progress: Progress) -> Behaviour:
    assert asked.outcome
    assert asked.customer
    values = read_values(frame, table)
    model, assignment = learn_choosing(
        values,
        asked.outcome,
        asked.customer,
        asked.attributes,
        progress=lambda _, done: progress("calibrating", 0.1 + 0.8 * done),
    )
    used = (asked.customer, *asked.attributes)
    told = (
        "Nothing that is known of customers says otherwise than that they were asked by lot: nothing is known of them."
    )
    notes = (assignment.sentence("What customers were asked", ()) if assignment.tested else told,)
    return Behaviour(asked, model, tuple(c for c in table if c.name in used), frame.height, notes)


def _clusters(values: pl.DataFrame, customer: str | None) -> npt.NDArray[np.int64] | None:
    """Whose each row is; None where everybody has one."""
    if customer is None:
        return None
    found = number_customers(values[customer])
    return None if found.max() == len(found) - 1 else found


def _intercepts(asked: Specification) -> tuple[str, ...]:
    """The columns whose levels differ in what is expected: the strata, and the round that a row belongs to."""
    rounds = asked.kind == "response" and asked.time and asked.time not in asked.strata
    return (*asked.strata, *([asked.time] if rounds and asked.time else []))


def _check_arms(treatment: Treatment, values: pl.DataFrame, outcome: Floats, asked: Specification) -> None:
    """Raise `DataError` where an arm has one outcome alone: how much it does is then without bound."""
    found = labels(values[treatment.name], values.height)
    for arm in treatment.arms:
        own = outcome[(found == arm).to_numpy()]
        if own.min() == own.max():
            raise DataError(
                f"outcome {asked.outcome!r} is {own[0]:g} in all {len(own):,} rows of {treatment.name} = {arm!r}, so "
                "that its effect has no bound; leave that arm out, or give more rows"
            )


def _tell_left_out(left_out: dict[str, str]) -> str:
    reasons: dict[str, list[str]] = {}
    for name, why in left_out.items():
        reasons.setdefault(why, []).append(name)
    told = (f"{', '.join(_first(names))} ({why})" for why, names in reasons.items())
    return f"Left out: {'; '.join(told)}."


def _first(names: Sequence[str], most: int = 8) -> list[str]:
    return [*names[:most], *([f"{len(names) - most} more"] if len(names) > most else [])]
