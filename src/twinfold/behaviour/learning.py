"""Learning a behaviour from rows: what `twinfold calibrate` does, by the kind that is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from twinfold.behaviour.assumed import AssumedModel
from twinfold.behaviour.behaviour import Behaviour
from twinfold.behaviour.choosing import learn_choosing
from twinfold.behaviour.features import Feature, learn_feature
from twinfold.behaviour.response import ResponseModel
from twinfold.behaviour.response_learning import fit_response
from twinfold.behaviour.returning import learn_returning
from twinfold.behaviour.rows import number_customers, read_outcome, read_values, texts
from twinfold.behaviour.screening import screen
from twinfold.behaviour.specification import Assumption, Specification
from twinfold.behaviour.strata import learn_strata
from twinfold.behaviour.treatment import Treatment, learn_treatment, no_treatment
from twinfold.errors import DataError
from twinfold.protocols import Progress, silent
from twinfold.tables.schema import Column, Kind, Table

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Ints = npt.NDArray[np.int64]

LEAST = 100
"""Rows that it takes to learn from."""


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
    varied = None if asked.assumed else asked.treatment
    values, outcome, notes = _take_outcomes(read_values(frame, table), asked, varied)
    strata = learn_strata(values, _intercepts(asked))
    cells, _ = strata.cells(values)
    treatment = no_treatment(strata.count)
    if varied:
        treatment = learn_treatment(values, varied, cells, strata.count)
        _check_arms(treatment, values, outcome, asked)
    progress("calibrating", 0.1)
    given = treatment.encode(values)[0] if varied else None
    features, others, left_out = _choose_features(values, table, asked, outcome, given, cells)
    baseline = [asked.time] if asked.kind == "hazard" and asked.time else []
    progress("calibrating", 0.3)
    model = fit_response(
        values,
        outcome,
        [*features, *(learn_feature(values, name) for name in baseline)],
        strata,
        treatment,
        others=others,
        baseline=baseline,
        clusters=_clusters(values, asked.customer),
    )
    used = {feature.name for feature in model.features} | {asked.treatment, *strata.columns}
    columns = tuple(column for column in table if column.name in used)
    if asked.assumed and asked.treatment:
        _check_assumed(asked.assumed, model)
        if asked.treatment not in table.names:
            columns = (*columns, _assumed_column(asked.treatment, asked.assumed))
        own = AssumedModel(model, asked.treatment, asked.assumed)
        return Behaviour(asked, own, columns, len(outcome), (*notes, *left_out))
    told = model.assignment.sentence(asked.treatment or "", strata.columns)
    return Behaviour(asked, model, columns, len(outcome), (told, *notes, *left_out))


def _take_outcomes(
    values: pl.DataFrame, asked: Specification, varied: str | None
) -> tuple[pl.DataFrame, Floats, list[str]]:
    """The rows of which the outcome, the treatment and, of a hazard, the time are known; their outcome; and notes.

    Raises `DataError` where they are too few, or a hazard's outcome is not 0 or 1.
    """
    assert asked.outcome
    if values.height < LEAST:
        raise DataError(f"{values.height:,} rows are too few to learn from; give {LEAST} at least")
    outcome = read_outcome(values[asked.outcome], asked.outcome)
    usable = np.isfinite(outcome)
    for name in filter(None, (varied, asked.time if asked.kind == "hazard" else None)):
        usable &= values[name].is_not_null().to_numpy()
    left = int((~usable).sum())
    notes = [f"{left:,} rows without an outcome, a treatment or a time were left out."] if left else []
    values, outcome = values.filter(usable), outcome[usable]
    if values.height < LEAST:
        raise DataError(f"{values.height:,} rows have an outcome and a treatment; give {LEAST} at least")
    if asked.kind == "hazard" and not np.isin(outcome, (0, 1)).all():
        raise DataError(
            f"outcome {asked.outcome!r} of a hazard is {outcome.max():g} in some row; give 1 and 0 a period"
        )
    return values, outcome, notes


def _choose_features(
    values: pl.DataFrame, table: Table, asked: Specification, outcome: Floats, given: Floats | None, cells: Ints
) -> tuple[list[Feature], list[Feature], list[str]]:
    """The features that explain the outcome, further ones that were known before, and notes of what is left out."""
    parts = {asked.outcome, asked.treatment, asked.customer, asked.time, *asked.strata, *asked.afterwards}
    candidates = [name for name in table.names if name not in parts]
    found, named = screen(values, table, candidates, outcome=outcome, treatment=given, cells=cells), asked.covariates
    if named is None:
        features, others = list(found.features), []
        notes = [_tell_left_out(found.left_out)] if found.left_out else []
    else:
        features = [feature for feature in found.features if feature.name in named]
        others = [feature for feature in found.features if feature.name not in named]
        left = [name for name in named if name in found.left_out]
        notes = [f"{name} was named as a covariate and left out: {found.left_out[name]}." for name in left]
    if not _intercepts(asked):
        others += found.followers  # nobody says that they are records of what was drawn by lot
    return features, others, notes


def _check_assumed(assumed: Assumption, model: ResponseModel) -> None:
    """Raise `DataError` where a share is assumed to move by more than all of it."""
    largest = max(abs(assumed.lower), abs(assumed.upper))
    if model.regression.binary and largest > 1:
        raise DataError(f"an effect of {largest:g} is assumed on an outcome of 0 and 1; give shares, such as 0.02")


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


def _clusters(values: pl.DataFrame, customer: str | None) -> Ints | None:
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
    found = texts(values, treatment.name)
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
