"""Results: the rows of an experiment as it is judged, with each row's arm, outcome and customer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from twinfold.behaviour.rows import number_customers, numbers, read_outcome, read_values, texts
from twinfold.errors import DataError, unknown_name
from twinfold.simulation.experiments.specification import Experiment
from twinfold.tables.schema import Table

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Ints = npt.NDArray[np.int64]

LEAST = 30
"""Customers of an arm that can be judged."""


@dataclass(frozen=True)
class Results:
    """The rows of an experiment.

    Attributes:
        frame: their values, read.
        arm: (rows,) the place of each row's arm among the experiment's.
        outcome: (rows,), NaN where it is not known.
        clusters: (rows,) from 0, whose each row is; None where everybody has one.
        assigned: (arms,) how many customers each arm has, those of unknown outcome with them.
        missing: (arms,) how many of these have no outcome.
    """

    frame: pl.DataFrame
    arm: Ints
    outcome: Floats
    clusters: Ints | None
    assigned: Ints
    missing: Ints

    def known(self) -> Results:
        """The rows whose outcome is known."""
        kept = np.isfinite(self.outcome)
        clusters = None if self.clusters is None else self.clusters[kept]
        frame = self.frame.filter(pl.Series(kept))
        return Results(frame, self.arm[kept], self.outcome[kept], clusters, self.assigned, self.missing)


def read_results(frame: pl.DataFrame, table: Table, asked: Experiment) -> Results:
    """The rows of an experiment.

    Raises `SpecificationError` where a column is not there; `DataError` where an arm is unknown, or has no rows, where
    the outcome can't be read, or a customer is in two arms.
    """
    names = [asked.outcome, asked.treatment, *([asked.customer] if asked.customer else [])]
    asked.check_columns([*names, *asked.covariates, *asked.segments], frame.columns, table.name)
    values = read_values(frame, table)
    arm = _read_arms(values, asked)
    outcome = take_outcome(frame, values, asked.outcome)
    _check_outcome(outcome, arm, asked)
    clusters = number_customers(values[asked.customer]) if asked.customer else np.arange(values.height)
    _check_apart(values, clusters, arm, asked)
    first = np.unique(clusters, return_index=True)[1]
    told = np.bincount(clusters, weights=np.isfinite(outcome)) > 0
    arms = len(asked.arms)
    return Results(
        frame=values,
        arm=arm,
        outcome=outcome,
        clusters=clusters if len(first) < len(clusters) else None,
        assigned=np.bincount(arm[first], minlength=arms),
        missing=np.bincount(arm[first][~told], minlength=arms),
    )


def take_outcome(frame: pl.DataFrame, values: pl.DataFrame, name: str) -> Floats:
    """An outcome as numbers, (rows,), NaN where it is missing: as it is stored where that is as numbers, however few
    there are. Raises `DataError` as `read_outcome`."""
    stored = frame[name]
    plain = stored.dtype.is_numeric() or stored.dtype == pl.Boolean
    return read_outcome(stored if plain else values[name], name)


def _read_arms(values: pl.DataFrame, asked: Experiment) -> Ints:
    column, place = texts(values, asked.treatment), np.full(values.height, -1, np.int64)
    doses = numbers(values, asked.treatment) if values[asked.treatment].dtype.is_numeric() else None
    for number, (arm, label) in enumerate(zip(asked.arms, asked.labels, strict=True)):
        if doses is not None and not isinstance(arm, str):
            place[np.isclose(doses, arm, rtol=1e-9, atol=0)] = number
        else:
            place[(column == label).fill_null(False).to_numpy()] = number
    strange = column.filter(pl.Series(place < 0))
    if len(strange):
        said = strange.fill_null("nothing")[0]
        named = unknown_name("arm", said, asked.labels, among="the experiment")
        raise DataError(f"{named}: {len(strange):,} rows of {asked.treatment} are of none; name it, or leave them out")
    held = np.bincount(place, minlength=len(asked.arms))
    if held.min() == 0:
        arm = asked.labels[int(held.argmin())]
        raise DataError(
            f"no row has {asked.treatment} = {arm!r}; an experiment is judged by all its arms: leave it out"
        )
    return place


def _check_outcome(outcome: Floats, arm: Ints, asked: Experiment) -> None:
    known = np.isfinite(outcome)
    if asked.kind == "binary" and not np.isin(outcome[known], (0, 1)).all():
        raise DataError(f"outcome {asked.outcome!r} is {outcome[known].max():g} in some row, and kind is 'binary'")
    for place, label in enumerate(asked.labels):
        own = outcome[known & (arm == place)]
        if len(own) < LEAST:
            raise DataError(f"{len(own)} rows of {asked.treatment} = {label!r} have an outcome; {LEAST} are needed")
        if own.min() == own.max():
            raise DataError(
                f"outcome {asked.outcome!r} is {own[0]:g} in all {len(own):,} rows of {asked.treatment} = {label!r}: "
                "how much it varies is not known; wait for more, or leave that arm out"
            )


def _check_apart(values: pl.DataFrame, clusters: Ints, arm: Ints, asked: Experiment) -> None:
    low, high = np.full(clusters.max() + 1, len(asked.arms)), np.full(clusters.max() + 1, -1)
    np.minimum.at(low, clusters, arm)
    np.maximum.at(high, clusters, arm)
    several = np.flatnonzero(low < high)
    if len(several):
        assert asked.customer
        who = values[asked.customer][int(np.flatnonzero(clusters == several[0])[0])]
        raise DataError(
            f"{asked.customer} {who!r} is in {asked.labels[low[several[0]]]!r} and {asked.labels[high[several[0]]]!r}, "
            f"as {len(several):,} are in several arms; leave them out, or say what tells customers apart"
        )
