"""The baseline: what the outcome is where nothing is done, how much it varies, and what of that was known before."""

from __future__ import annotations

import numpy as np
import polars as pl

from twinfold.behaviour.rows import number_customers, read_values, texts
from twinfold.errors import DataError, SpecificationError
from twinfold.simulation.experiments.lifts import encode_covariates, estimate_means, explained_variance
from twinfold.simulation.experiments.results import LEAST, take_outcome
from twinfold.simulation.experiments.sizes import Noise
from twinfold.simulation.experiments.specification import Experiment
from twinfold.tables.schema import Table


def noise_of(asked: Experiment) -> Noise:
    """What the outcome is where nothing is done, as the experiment's baseline says it. Raises `SpecificationError`."""
    known = asked.baseline
    if known is None:
        raise SpecificationError(
            "the experiment has no [baseline] and no data were given; give rows of the past, or a mean"
        )
    binary = asked.kind == "binary" or (asked.kind is None and known.deviation is None)
    if binary:
        if not 0 < known.mean < 1:
            raise SpecificationError(
                f"baseline.mean {known.mean:g} is no share; give one between 0 and 1, or kind and deviation of a number"
            )
        return Noise(known.mean, known.mean * (1 - known.mean), True, known.explained)
    if known.deviation is None:
        raise SpecificationError("the baseline of a number needs its deviation beside the mean; give both")
    return Noise(known.mean, known.deviation**2, False, known.explained)


def learn_noise(frame: pl.DataFrame, table: Table, asked: Experiment) -> tuple[Noise, int, tuple[str, ...]]:
    """What the outcome is where nothing is done, as rows of the past show it; how many customers they are; and the
    covariates that can be used.

    Where the rows have a treatment, those of the control say what the outcome is.
    """
    names = [asked.outcome, *([asked.customer] if asked.customer else []), *asked.covariates]
    asked.check_columns(names, frame.columns, table.name)
    values = read_values(frame, table)
    everybody = values[asked.customer].n_unique() if asked.customer else values.height
    if asked.treatment in values.columns:
        untreated = (texts(values, asked.treatment) == asked.labels[asked.reference]).fill_null(False)
        if untreated.any():
            frame, values = frame.filter(untreated), values.filter(untreated)
    outcome = take_outcome(frame, values, asked.outcome)
    kept = np.isfinite(outcome)
    values, outcome = values.filter(pl.Series(kept)), outcome[kept]
    if len(outcome) < LEAST:
        raise DataError(f"{len(outcome)} rows of {table.name} have an outcome; give {LEAST} at least")
    binary = bool(np.isin(outcome, (0, 1)).all())
    if asked.kind == "binary" and not binary:
        raise DataError(f"outcome {asked.outcome!r} is {outcome.max():g} in some row, and kind is 'binary'")
    binary = binary and asked.kind != "number"
    known, used = encode_covariates(values, asked.covariates, len(outcome))
    variance, design = float(outcome.var(ddof=1)), 1.0
    if asked.customer and (people := values[asked.customer].n_unique()) < len(outcome):
        clusters = number_customers(values[asked.customer])
        whole = estimate_means(outcome, np.zeros(len(outcome), np.int64), 1, np.zeros((len(outcome), 0)), clusters)
        design = float(whole.covariance[0, 0]) * people / variance
    noise = Noise(float(outcome.mean()), variance, binary, explained_variance(outcome, known), design)
    return noise, everybody, used
