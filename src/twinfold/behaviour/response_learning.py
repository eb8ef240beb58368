"""Learning a response: the regression, how the treatment was assigned, and what its effect moves by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from twinfold.behaviour.design import Block, before_treatment, groups_of, make_design, span_of
from twinfold.behaviour.effect import Effect, average_effect
from twinfold.behaviour.evidence import Identification, check_assignment
from twinfold.behaviour.features import Feature, encode_all
from twinfold.behaviour.reference import Reference
from twinfold.behaviour.regression import Regression, fit_regression
from twinfold.behaviour.response import ResponseModel
from twinfold.behaviour.strata import Strata
from twinfold.behaviour.treatment import Treatment

if TYPE_CHECKING:
    Floats = npt.NDArray[np.float64]
    Ints = npt.NDArray[np.int64]


class _Fit(NamedTuple):
    """A regression, and the design that it is of."""

    regression: Regression
    design: npt.NDArray[np.float32]
    blocks: list[Block]


def fit_response(
    frame: pl.DataFrame,
    outcome: Floats,
    features: Sequence[Feature],
    strata: Strata,
    treatment: Treatment,
    *,
    others: Sequence[Feature] = (),
    baseline: Sequence[str] = (),
    clusters: Ints | None = None,
) -> ResponseModel:
    """Learn a response.

    Args:
        frame: the rows, their values read.
        outcome: (rows,), 0 and 1, or a number.
        features: of what was known before, and may explain the outcome.
        strata, treatment: how both become columns.
        others: features that were known before as well: whether the treatment goes with them is looked at alone.
        baseline: names of features that are never set aside.
        clusters: (rows,) from 0, whose each row is; None: everybody has one.
    """
    every, binary = [*features, *others], bool(np.isin(outcome, (0, 1)).all())
    known = dict(zip((feature.name for feature in every), encode_all(every, frame), strict=True))
    (cells, _), (given, _), levels = strata.cells(frame), treatment.encode(frame), strata.encode(frame)
    assignment = check_assignment(given, cells, known, declared=bool(strata.columns))

    def fit(own: Sequence[Feature]) -> _Fit:
        design, blocks = make_design(own, [known[feature.name] for feature in own], levels, given, treatment)
        found = fit_regression(design, outcome, groups_of(blocks), binary=binary, clusters=clusters)
        return _Fit(found, design, blocks)

    regression, design, blocks = fit(features)
    average, error = average_effect(regression, design, blocks)
    hidden, other = np.zeros(treatment.kinds), np.full(treatment.kinds, np.nan)
    if assignment.imbalanced:
        some = [feature for feature in every if feature.name in assignment.imbalanced]
        ways = [average_effect(*fit(own))[0] for own in ([], some)]
        ways.append(average_effect(*fit(every))[0] if others else average)
        hidden, other = np.ptp(ways, axis=0).astype(np.float64), ways[0]
    if assignment.imbalanced and assignment.label is Identification.RANDOMISED:
        # A slip: the average effect is the lot's, and what adjusting for the slip makes of it is said beside it
        coefficients = regression.coefficients.copy()
        coefficients[span_of(blocks, "treatment")] += other - average
        regression, average, other = replace(regression, coefficients=coefficients), other, average
    natural = _natural(design[:, : before_treatment(blocks)], given)
    return ResponseModel(
        features=tuple(features),
        reference=Reference.learn(regression, design, blocks, [known[feature.name] for feature in features], cells),
        strata=strata,
        treatment=treatment,
        blocks=tuple(blocks),
        regression=regression,
        assignment=assignment,
        effect=Effect(average, np.hypot(error, hidden), hidden, other, natural),
        between=_between(levels, outcome, binary),
        baseline=tuple(baseline),
        low=float(outcome.min()),
        high=float(outcome.max()),
    )


def _between(levels: Sequence[tuple[str, npt.NDArray[np.float32]]], outcome: Floats, binary: bool) -> dict[str, float]:
    """How far the outcomes of a stratum's levels lie apart: the standard deviation of their scores, less chance."""
    out = {}
    for name, centred in levels:
        block = (centred > 0).astype(np.float64)  # of each row the level that is its own
        counts = np.maximum(block.sum(axis=0), 1.0)
        means = (block.T @ outcome + 0.5) / (counts + 1) if binary else block.T @ outcome / counts
        scores = np.log(means / (1 - means)) if binary else means
        chance = 1 / (counts * means * (1 - means)) if binary else outcome.var() / counts
        if len(scores) > 1:
            out[name] = float(np.sqrt(max(scores.var(ddof=1) - chance.mean(), 0.0)))
    return out


def _natural(before: npt.NDArray[np.float32], given: Floats) -> Floats:
    """Coefficients of the treatment on what stands before it in the design, (columns, kinds): least squares, with a
    ridge that keeps columns alike from blowing up."""
    wide = before.astype(np.float64)
    gram = wide.T @ wide + 1e-6 * len(wide) * np.eye(wide.shape[1])
    return np.linalg.solve(gram, wide.T @ given).astype(np.float64)
