"""Learning a response: the regression, how the treatment was assigned, and what its effect moves by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from twinfold.behaviour.design import Block, groups_of, make_design
from twinfold.behaviour.evidence import Identification, check_assignment
from twinfold.behaviour.features import Feature, encode_all
from twinfold.behaviour.regression import Regression, fit_regression
from twinfold.behaviour.response import ResponseModel
from twinfold.behaviour.strata import Strata
from twinfold.behaviour.treatment import Treatment

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Ints = npt.NDArray[np.int64]


SAMPLED = 5_000
"""Learned rows, at most, whose scores are kept."""


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
    binary = bool(np.isin(outcome, (0, 1)).all())
    encoded = encode_all(features, frame)
    cells, _ = strata.cells(frame)
    given, _ = treatment.encode(frame)
    every = [*features, *others]
    known_before = dict(zip((f.name for f in every), [*encoded, *encode_all(others, frame)], strict=True))
    assignment = check_assignment(given, cells, known_before, declared=bool(strata.columns))
    parts = (strata.encode(frame), given, treatment)
    design, blocks = make_design(features, encoded, *parts)
    regression = fit_regression(design, outcome, groups_of(blocks), binary=binary, clusters=clusters)
    usual = _usual(encoded, cells, strata.count)
    sampled, sampled_cells = _sample(regression, design, blocks, encoded, usual, cells)
    before = sum(block.width for block in blocks if not block.name.startswith("treatment"))
    natural = np.linalg.lstsq(_gram(design[:, :before]), design[:, :before].T.astype(np.float64) @ given, rcond=None)[0]
    hidden, plain = np.zeros(treatment.kinds), np.full(treatment.kinds, np.nan)
    if assignment.imbalanced:
        ways = []
        for own in ([], [f for f in every if f.name in assignment.imbalanced], every):
            some, named = make_design(own, [known_before[f.name] for f in own], *parts)
            found = fit_regression(some, outcome, groups_of(named), binary=binary, clusters=clusters)
            ways.append(_effects(found, some, named, treatment.kinds)[0])
        hidden, plain = np.ptp(ways, axis=0).astype(np.float64), ways[0]
    effects, errors = _effects(regression, design, blocks, treatment.kinds)
    if assignment.imbalanced and assignment.label is Identification.RANDOMISED:
        # A slip: the average effect is the lot's, and what adjusting for the slip makes of it is said beside it
        begin = sum(block.width for block in blocks[: [block.name for block in blocks].index("treatment")])
        coefficients = regression.coefficients.copy()
        coefficients[begin : begin + treatment.kinds] += plain - effects
        regression, effects, plain = replace(regression, coefficients=coefficients), plain, effects
    return ResponseModel(
        features=tuple(features),
        usual=usual,
        sampled=sampled,
        sampled_cells=sampled_cells,
        strata=strata,
        treatment=treatment,
        blocks=tuple(blocks),
        regression=regression,
        assignment=assignment,
        natural=np.asarray(natural, np.float64),
        hidden=hidden,
        effects=effects,
        errors=np.hypot(errors, hidden),
        plain=plain,
        between=_between(strata, frame, outcome, binary),
        baseline=tuple(baseline),
        low=float(outcome.min()),
        high=float(outcome.max()),
    )


def _between(strata: Strata, frame: pl.DataFrame, outcome: Floats, binary: bool) -> dict[str, float]:
    """How far the outcomes of a stratum's levels lie apart: the standard deviation of their scores, less chance."""
    out = {}
    for name, centred in strata.encode(frame):
        block = (centred > 0).astype(np.float64)  # of each row the level that is its own
        counts = np.maximum(block.sum(axis=0), 1.0)
        means = (block.T @ outcome + 0.5) / (counts + 1) if binary else block.T @ outcome / counts
        scores = np.log(means / (1 - means)) if binary else means
        chance = 1 / (counts * means * (1 - means)) if binary else outcome.var() / counts
        if len(scores) > 1:
            out[name] = float(np.sqrt(max(scores.var(ddof=1) - chance.mean(), 0.0)))
    return out


def _effects(
    regression: Regression, design: npt.NDArray[np.float32], blocks: Sequence[Block], kinds: int
) -> tuple[Floats, Floats]:
    """What the treatment adds to the score on average, of each arm, or of a number's mean slope; and its error."""
    weights = np.zeros((kinds, design.shape[1]))
    ends = np.cumsum([block.width for block in blocks])
    spans = {block.name: slice(end - block.width, end) for block, end in zip(blocks, ends, strict=True)}
    weights[:, spans["treatment"]] = np.eye(kinds)
    for name, span in spans.items():
        if name == "treatment bends":
            given = design[:, spans["treatment"]].astype(np.float64)
            apart = given - given.mean(axis=0)
            weights[:, span] = apart.T @ design[:, span] / (apart**2).sum()
        elif name.startswith("treatment by "):  # a stratum's levels, one after another, all kinds of each together
            shares = design[:, spans[name.replace("treatment by", "stratum")]].mean(axis=0)
            weights[:, span] = np.kron(shares, np.eye(kinds))
    errors = np.sqrt(((weights @ regression.covariance) * weights).sum(axis=1))
    return weights @ regression.coefficients, errors


def _gram(design: npt.NDArray[Any]) -> Floats:
    wide = design.astype(np.float64)
    gram: Floats = wide.T @ wide + 1e-6 * len(wide) * np.eye(design.shape[1])
    return gram


def _usual(encoded: Sequence[npt.NDArray[np.float32]], cells: Ints, strata: int) -> Floats:
    """The mean of each column of features in each stratum, (strata, columns)."""
    counts = np.maximum(np.bincount(cells, minlength=strata), 1)
    sums = [np.bincount(cells, column, minlength=strata) for block in encoded for column in block.T]
    return np.stack(sums, axis=1) / counts[:, None] if sums else np.zeros((strata, 0))


def _sample(
    regression: Regression,
    design: npt.NDArray[np.float32],
    blocks: Sequence[Block],
    encoded: Sequence[npt.NDArray[np.float32]],
    usual: Floats,
    cells: Ints,
) -> tuple[Floats, Ints]:
    """Of some rows the score, and what each feature adds to it beyond its stratum's mean, (rows, 1 + features); and
    their strata."""
    rows = np.linspace(0, len(cells) - 1, min(len(cells), SAMPLED)).astype(np.int64)
    parts = [regression.score(design[rows])[0]]
    begin = (
        sum(block.width for block in blocks[: [block.name for block in blocks].index("feature 0")]) if encoded else 0
    )
    place = 0
    for block in encoded:
        span = slice(place, place + block.shape[1])
        own = regression.coefficients[begin + span.start : begin + span.stop]
        parts.append((block[rows] - usual[cells[rows], span]) @ own)
        place = span.stop
    return np.stack(parts, axis=1).astype(np.float64), cells[rows]
