"""Lifts: how much more comes of an arm than of the control, adjusted for what was known before, and how sure that is.

Each arm has a regression of its own on the covariates, and arms are compared where all customers' covariates have their
mean (Lin 2013, "Agnostic notes on regression adjustments": interactions, so that adjusting never hurts; with one
covariate from before it is CUPED, Deng et al. 2013). Errors hold for unequal variances (HC2) and by customer, and take
in that the customers are a sample (Negi and Wooldridge 2021).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from twinfold.behaviour.features import learn_feature
from twinfold.behaviour.rows import numbers

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Ints = npt.NDArray[np.int64]

ROWS_EACH = 10
"""Rows of an arm that it takes for each column of its regression."""


@dataclass(frozen=True)
class Means:
    """What comes of each arm, adjusted.

    Attributes:
        values: (arms,) the mean of each, as it would be of all customers.
        covariance: (arms, arms), of their uncertainty.
        plain: (arms,) the means of their own rows; rows: (arms,) how many those are.
    """

    values: Floats
    covariance: Floats
    plain: Floats
    rows: Ints

    def lifts(self, reference: int, others: Sequence[int]) -> tuple[Floats, Floats]:
        """How much more than of the control comes of other arms, (others,), and the covariance of that."""
        apart = self.contrast(reference, others)
        return apart @ self.values, apart @ self.covariance @ apart.T

    def contrast(self, reference: int, others: Sequence[int]) -> Floats:
        """What makes lifts of means, (others, arms)."""
        apart = np.eye(len(self.values))[list(others)]
        apart[:, reference] -= 1
        return apart

    def relative(self, other: int, reference: int, bound: float) -> tuple[float, float, float]:
        """A lift as a part of the control's mean, and its interval of so many standard errors (Fieller 1954); not a
        number where the control's mean can't be told from zero."""
        top, under = float(self.values[other] - self.values[reference]), float(self.values[reference])
        [both] = self.contrast(reference, [other])
        base = np.eye(len(self.values))[reference]
        a, b, c = (float(x @ self.covariance @ y) * bound**2 for x, y in ((both, both), (both, base), (base, base)))
        square, cross = under**2 - c, top * under - b
        inside = cross**2 - square * (top**2 - a)
        if square <= 0 or inside < 0:
            return float("nan"), float("nan"), float("nan")
        half = float(np.sqrt(inside))
        ends = sorted(((cross - half) / square, (cross + half) / square))
        return top / under, ends[0], ends[1]


def estimate_means(outcome: Floats, arm: Ints, arms: int, known: Floats, clusters: Ints | None = None) -> Means:
    """What comes of each arm, adjusted for what was known before.

    Args:
        outcome: (rows,); arm: (rows,) from 0, every one of `arms` there.
        known: (rows, columns) of covariates, as `encode_covariates` makes them; no column: nothing is adjusted.
        clusters: (rows,) from 0, whose each row is; None: everybody has one.
    """
    rows = len(outcome)
    centred = known - known.mean(axis=0) if known.shape[1] else known
    values, plain, pulls = np.zeros(arms), np.zeros(arms), np.zeros((rows, arms))
    for place in range(arms):
        own = arm == place
        design = np.column_stack([np.ones(int(own.sum())), centred[own]])
        inverse = np.linalg.pinv(design.T @ design, hermitian=True)
        found = inverse @ (design.T @ outcome[own])
        leverage = np.clip(((design @ inverse) * design).sum(axis=1), 0.0, 0.999)
        residual = (outcome[own] - design @ found) / np.sqrt(1 - leverage)
        values[place], plain[place] = found[0], outcome[own].mean()
        pulls[own, place] = (design @ inverse[:, 0]) * residual
        pulls[:, place] += centred @ found[1:] / rows
    if clusters is not None:
        _, whose = np.unique(clusters, return_inverse=True)
        pulls = np.stack([np.bincount(whose, weights=pulls[:, place]) for place in range(arms)], axis=1)
        pulls *= np.sqrt(len(pulls) / (len(pulls) - 1))
    return Means(values, pulls.T @ pulls, plain, np.bincount(arm, minlength=arms))


def encode_covariates(frame: pl.DataFrame, names: Sequence[str], least: int) -> tuple[Floats, tuple[str, ...]]:
    """Covariates as columns, (rows, columns), and the names of those that are used: numbers in their standard
    deviations, with a column more where some are missing, and a column for each level that is common.

    Args:
        frame: the rows, their values read; names: the covariates.
        least: rows of the smallest arm, which say how many columns there may be; further covariates are left out.
    """
    blocks: list[Floats] = []
    used: list[str] = []
    room = least // ROWS_EACH
    for name in names:
        block = _encode(frame, name)
        if not block.shape[1] or block.shape[1] > room:
            continue
        room -= block.shape[1]
        blocks.append(block)
        used.append(name)
    return np.concatenate([np.zeros((frame.height, 0)), *blocks], axis=1), tuple(used)


def _encode(frame: pl.DataFrame, name: str) -> Floats:
    if not frame[name].dtype.is_numeric():
        feature = learn_feature(frame, name)
        levels = feature.encode(frame).astype(np.float64)
        return levels[:, 1:] if not feature.gaps and len(feature.levels) == len(feature.known) else levels
    values = numbers(frame, name)
    missing = ~np.isfinite(values)
    if missing.all():
        return np.zeros((len(values), 0))
    mean, spread = values[~missing].mean(), values[~missing].std()
    scaled = np.where(missing, 0.0, (values - mean) / (spread or 1.0))
    found = np.column_stack([scaled, missing.astype(np.float64)])
    return np.asarray(found[:, found.std(axis=0) > 0])


def explained_variance(outcome: Floats, known: Floats) -> float:
    """The part of the outcome's variance that covariates explain, corrected for their number (adjusted R²), from 0."""
    rows, columns = known.shape
    if not columns or rows - columns - 1 < 1 or not outcome.std():
        return 0.0
    design = np.column_stack([np.ones(rows), known])
    residual = outcome - design @ np.linalg.lstsq(design, outcome, rcond=None)[0]
    left = float(residual @ residual) / (rows - columns - 1) / float(outcome.var(ddof=1))
    return float(max(0.0, 1 - left))
