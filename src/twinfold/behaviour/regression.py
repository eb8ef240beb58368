"""Regression whose groups of coefficients are shrunk as far as the data say.

A generalised linear model with a normal prior on each group of coefficients, whose spread is estimated from the data by
the marginal likelihood (expectation maximisation under Laplace's approximation: Tipping 2001, "Sparse Bayesian
learning", section 2.3). The covariance is the posterior's with the information replaced by the empirical one, so that
it holds for unequal variances and for several rows of one customer (Huber's sandwich; Szpiro et al. 2010).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from twinfold.behaviour.design import Block, groups_of
from twinfold.behaviour.estimates import check_array

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

CHUNK = 65_536
"""Rows that are looked at together."""

ROUNDS, STEPS, SPREAD_STEPS = 8, 25, 60
"""How often spreads are estimated anew, and steps of Newton and of the spreads each time, at most."""

FREE = 10.0
"""Spread of a coefficient that is not shrunk, in units of the outcome's scale: nearly flat."""

LEAST = 0.05
"""The spread of one coefficient more that each group is thought to have, so that no spread is estimated as zero."""

MOST_SCORE = 30.0
"""Log odds that are told from certainty."""


@dataclass(frozen=True)
class Regression:
    """What was estimated.

    Attributes:
        binary: whether the outcome is of two values, and scores are log odds; else they are the outcome itself.
        coefficients: (columns,); covariance: (columns, columns), of their uncertainty.
        spreads: of each group of coefficients, the standard deviation that was estimated, (groups,).
        scale: standard deviation of the outcome about its expectation; 1 where it is of two values.
    """

    binary: bool
    coefficients: Floats
    covariance: Floats
    spreads: Floats
    scale: float

    def score(self, design: npt.NDArray[Any]) -> Floats:
        """The score of each row of a design, (rows, columns); (rows,)."""
        out = np.empty(len(design))
        for begin in range(0, len(design), CHUNK):
            out[begin : begin + CHUNK] = design[begin : begin + CHUNK].astype(np.float64) @ self.coefficients
        return out

    def variance(self, design: npt.NDArray[Any]) -> Floats:
        """The variance of each score's uncertainty, (rows,)."""
        out = np.empty(len(design))
        for begin in range(0, len(design), CHUNK):
            rows = design[begin : begin + CHUNK].astype(np.float64)
            out[begin : begin + CHUNK] = ((rows @ self.covariance) * rows).sum(axis=1)
        return np.maximum(out, 0.0)

    def slope(self, score: Floats) -> Floats:
        """How the expected outcome rises with the score, (rows,)."""
        expected = self.expect(score)
        return expected * (1 - expected) if self.binary else np.ones(len(score))

    def record(self) -> dict[str, Any]:
        """What JSON can say of the regression."""
        return {"binary": self.binary, "scale": self.scale}

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """The rest, as plain arrays."""
        return {"coefficients": self.coefficients, "covariance": self.covariance, "spreads": self.spreads}

    @classmethod
    def restored(
        cls, record: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]], blocks: Sequence[Block]
    ) -> Self:
        """The regression that a record and arrays came from, of such a design. Raises `ValueError` or `KeyError`."""
        width, groups = len(groups_of(blocks)), max((block.group for block in blocks), default=-1) + 1
        shapes = {"coefficients": (width,), "covariance": (width, width), "spreads": (groups,)}
        for name, shape in shapes.items():
            check_array(name, arrays[name], shape)
        scale = float(record["scale"])
        if not 0 < scale < np.inf:
            raise ValueError("a scale that is none")
        own = {name: arrays[name] for name in shapes}
        return cls(binary=bool(record["binary"]), scale=scale, **own)

    def expect(self, score: Floats) -> Floats:
        """The expected outcome at such scores."""
        return _sigmoid(score) if self.binary else score


def fit_regression(
    design: npt.NDArray[Any],
    outcome: Floats,
    groups: Sequence[int],
    *,
    binary: bool,
    clusters: npt.NDArray[np.int64] | None = None,
) -> Regression:
    """Estimate a regression.

    Args:
        design: (rows, columns), its columns of about unit scale.
        outcome: (rows,), 0 or 1 where `binary`.
        groups: (columns,) the group of each, from 0; -1 for those that are not shrunk.
        binary: whether to use the logistic link; else the identity, with normal errors.
        clusters: (rows,) from 0, whose each row is; None: everybody has one.
    """
    group_of = np.asarray(groups)
    count = int(group_of.max(initial=-1)) + 1
    unit = 1.0 if binary else float(outcome.std()) or 1.0
    spreads, scale = np.full(count, 0.5 * unit), unit
    coefficients = np.zeros(design.shape[1])
    for _ in range(ROUNDS):
        precision = _precision(group_of, spreads, unit)
        coefficients, information, residual = _newton(design, outcome, coefficients, precision, scale, binary)
        scale = 1.0 if binary else residual
        found = _estimate_spreads(coefficients, information, group_of, spreads, unit)
        settled = np.allclose(found, spreads, rtol=0.02)
        spreads = found
        if settled:
            break
    precision = _precision(group_of, spreads, unit)
    coefficients, information, residual = _newton(design, outcome, coefficients, precision, scale, binary)
    scale = 1.0 if binary else residual
    inverse = np.linalg.inv(information + np.diag(precision))
    empirical = _scores_squared(design, outcome, coefficients, scale, binary, clusters)
    covariance = inverse @ (empirical + np.diag(precision)) @ inverse
    return Regression(binary, coefficients, (covariance + covariance.T) / 2, spreads, scale)


def _precision(group_of: npt.NDArray[Any], spreads: Floats, unit: float) -> Floats:
    every = np.append(spreads, FREE * unit)  # the last is that of group -1
    precision: Floats = every[group_of] ** -2.0
    return precision


def _newton(
    design: npt.NDArray[Any], outcome: Floats, start: Floats, precision: Floats, scale: float, binary: bool
) -> tuple[Floats, Floats, float]:
    """The likeliest coefficients, their information without the prior's, and the root mean squared residual."""
    coefficients = start
    value = -np.inf
    for _ in range(STEPS if binary else 1):
        gradient, information, likelihood, _ = _derivatives(design, outcome, coefficients, scale, binary)
        now = likelihood - 0.5 * float(precision @ coefficients**2)
        step = np.linalg.solve(information + np.diag(precision), gradient - precision * coefficients)
        if binary and (largest := np.abs(step).max(initial=0.0)) > 4:
            step *= 4 / largest  # far from the optimum a full step may overshoot
        coefficients = coefficients + step
        if binary and abs(now - value) < 1e-6 * (1 + abs(now)):
            break
        value = now
    _, information, _, squares = _derivatives(design, outcome, coefficients, scale, binary)
    return coefficients, information, float(np.sqrt(squares / max(len(outcome) - 1, 1)))


def _derivatives(
    design: npt.NDArray[Any], outcome: Floats, coefficients: Floats, scale: float, binary: bool
) -> tuple[Floats, Floats, float, float]:
    """The gradient of the log likelihood, the information, the log likelihood, and the sum of squared residuals."""
    columns = design.shape[1]
    gradient, information = np.zeros(columns), np.zeros((columns, columns))
    likelihood = squares = 0.0
    for begin in range(0, len(design), CHUNK):
        rows = design[begin : begin + CHUNK].astype(np.float64)
        own = outcome[begin : begin + CHUNK]
        score = rows @ coefficients
        if binary:
            expected = _sigmoid(score)
            weight = np.maximum(expected * (1 - expected), 1e-9)
            likelihood += float((own * score - np.logaddexp(0.0, score)).sum())
        else:
            expected, weight = score, np.full(len(own), scale**-2.0)
        residual = own - expected
        squares += float((residual**2).sum())
        gradient += rows.T @ (residual if binary else residual * scale**-2.0)
        information += (rows * weight[:, None]).T @ rows
    return gradient, information, likelihood, squares


def _estimate_spreads(
    coefficients: Floats, information: Floats, group_of: npt.NDArray[Any], spreads: Floats, unit: float
) -> Floats:
    """The spread of each group, from the coefficients and their information; one more of size `LEAST` is counted."""
    if not len(spreads):
        return spreads
    precision = _precision(group_of, spreads, unit)
    free = (information + np.diag(precision)) @ coefficients  # information times what would be found without a prior
    members = [group_of == g for g in range(len(spreads))]
    for _ in range(SPREAD_STEPS):
        inverse = np.linalg.inv(information + np.diag(_precision(group_of, spreads, unit)))
        found = inverse @ free
        own = found**2 + np.diag(inverse)
        new = np.array([np.sqrt((own[m].sum() + (LEAST * unit) ** 2) / (m.sum() + 1)) for m in members])
        settled = np.allclose(new, spreads, rtol=1e-3)
        spreads = new
        if settled:
            break
    return spreads


def _scores_squared(
    design: npt.NDArray[Any],
    outcome: Floats,
    coefficients: Floats,
    scale: float,
    binary: bool,
    clusters: npt.NDArray[np.int64] | None,
) -> Floats:
    """The sum over customers of their score times itself: the information, as the data show it."""
    columns = design.shape[1]
    total = np.zeros((columns, columns))
    if clusters is not None:
        order = np.argsort(clusters, kind="stable")
        by_customer = clusters[order]
    for begin, end in _pieces(len(design), None if clusters is None else by_customer):
        place = slice(begin, end) if clusters is None else order[begin:end]
        rows = design[place].astype(np.float64)
        score = rows @ coefficients
        expected = _sigmoid(score) if binary else score
        own = rows * ((outcome[place] - expected) * scale**-2.0)[:, None]
        if clusters is not None:
            begins = np.flatnonzero(np.diff(by_customer[begin:end], prepend=-1))
            own = np.add.reduceat(own, begins, axis=0)
        total += own.T @ own
    return total


def _pieces(rows: int, by_customer: npt.NDArray[np.int64] | None) -> list[tuple[int, int]]:
    """Where pieces of about `CHUNK` rows begin and end; no customer, in whose order rows stand, is cut in two."""
    pieces, begin = [], 0
    while begin < rows:
        end = min(begin + CHUNK, rows)
        if by_customer is not None and end < rows:
            end = int(np.searchsorted(by_customer, by_customer[end - 1], "right"))
        pieces.append((begin, end))
        begin = end
    return pieces


def _sigmoid(score: Floats) -> Floats:
    expected: Floats = 1 / (1 + np.exp(-np.clip(score, -MOST_SCORE, MOST_SCORE)))
    return expected
