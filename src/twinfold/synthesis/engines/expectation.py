"""What is expected of a column, given those before it: one more predictor for its trees.

A tree that cuts one column at a time needs many cuts to follow a sum of several; here one cut does. The expectation is
an additive model (Hastie and Tibshirani 1990, "Generalized additive models"): a ridge regression on normal scores, and
on what it leaves, by backfitting, an effect of each code, shrunk as far as chance explains the spread of a column's
effects (empirical Bayes: Morris 1983, "Parametric empirical Bayes inference").
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numba
import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from twinfold.protocols import CodeColumn, Codes, CodeTable
from twinfold.synthesis.engines.chain import check
from twinfold.synthesis.engines.tree_kernels import BINS
from twinfold.synthesis.kernels import find_bins

Array = npt.NDArray[Any]

LEAST_CODES, LEAST_GUIDE_CODES = 16, 8
"""Codes that an ordered column must have for something to be expected of it, and to count as a number for others."""

MOST_ROWS, RIDGE, SWEEPS, SHRINK = 20_000, 0.001, 2, 20.0
"""Rows that are learned from, at most; the penalty of the regression, for each row; rounds of backfitting; and the rows
by which the effect of a code is shrunk at least."""


@numba.njit(cache=True, nogil=True)
def _add_up(codes: Array, columns: Array, starts: Array, effects: Array, out: Array) -> None:
    """Add to `out`, (rows,), the effects of each row's codes, (all columns, rows), in some columns."""
    for k in range(len(columns)):
        own, start = codes[columns[k]], starts[k]
        for row in range(len(out)):
            out[row] += effects[start + own[row]]


@dataclass(frozen=True)
class Expectation:
    """What is expected of a column, in bins.

    Attributes:
        columns: what it is expected by, (columns,) int64.
        effects: of the codes of each of these, end to end, float32.
        starts: where each one's begin, (columns,) int64.
        edges: between the bins of their sums, ascending, (bins - 1,) float32.
    """

    columns: Array
    effects: Array
    starts: Array
    edges: Array

    def bins(self, codes: Codes) -> npt.NDArray[np.uint8]:
        """The bin of each row of codes, (all columns, rows); shape (rows,)."""
        out = np.empty(codes.shape[1], np.uint8)
        find_bins(self.edges, self._sums(codes), 0, out)
        return out

    def _sums(self, codes: Codes) -> npt.NDArray[np.float32]:
        out = np.zeros(codes.shape[1], np.float32)
        _add_up(codes, self.columns, self.starts, self.effects, out)
        return out

    @classmethod
    def learn(
        cls, table: CodeTable, target: int, before: Sequence[int], scores: Sequence[Array], rows: Array
    ) -> Self | None:
        """What the columns `before` say of an ordered column; None where it has few codes, or nothing comes before.

        Args:
            table: of codes.
            target: the column.
            before: those that are known when it is drawn.
            scores: of the codes of every column of the table, see `normal_scores`.
            rows: the places of the rows to learn from.
        """
        column = table.columns[target]
        if not column.ordered or column.cardinality < LEAST_CODES or not len(before) or not len(rows):
            return None
        left = scores[target][table.codes[target, rows]]
        left = left - left.mean()
        effects = _regress(table, before, scores, rows, left)
        _backfit(table, before, rows, left, effects)
        sizes = [len(own) for own in effects]
        starts = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int64)
        made = cls(np.array(before, np.int64), np.concatenate(effects).astype(np.float32), starts, np.zeros(0, "f4"))
        edges = np.unique(np.quantile(made._sums(table.codes[:, rows]), np.arange(1, BINS) / BINS))
        return cls(made.columns, made.effects, starts, edges.astype(np.float32)) if len(edges) else None

    def arrays(self) -> dict[str, Array]:
        """Everything learned, as plain arrays."""
        return {"by": self.columns, "effects": self.effects, "edges": self.edges}

    @classmethod
    def restored(cls, arrays: Mapping[str, Array], before: Collection[int], columns: Sequence[CodeColumn]) -> Self:
        """The expectation that `arrays` came from, by columns of `before`. Raises `KeyError` or `ValueError`."""
        by, effects, edges = arrays["by"], arrays["effects"], arrays["edges"]
        check(by.dtype == np.int64 and by.ndim == 1 and len(by) > 0, "an expectation by no columns")
        check(np.isin(by, list(before)).all(), "an expectation by what is not known by then")
        sizes = [columns[j].cardinality for j in by]
        check(effects.dtype == np.float32 and effects.shape == (sum(sizes),), "effects of the wrong shape")
        check(edges.dtype == np.float32 and edges.ndim == 1 and 0 < len(edges) < BINS, "edges of the wrong shape")
        check(np.isfinite(effects).all() and np.isfinite(edges).all() and (np.diff(edges) > 0).all(), "edges that fall")
        return cls(by, effects, np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int64), edges)


def normal_scores(column: CodeColumn, codes: Array) -> npt.NDArray[np.float64]:
    """The normal quantile of each code's middle among the codes of a column, (cardinality,); 0 where it is missing."""
    counts = np.bincount(codes, minlength=column.cardinality)
    if column.missing is not None:
        counts[column.missing] = 0
    scores = ndtri((np.cumsum(counts) - counts / 2 + 0.5) / (counts.sum() + 1))
    if column.missing is not None:
        scores[column.missing] = 0
    return np.asarray(scores, np.float64)


def _regress(table: CodeTable, before: Sequence[int], scores: Sequence[Array], rows: Array, left: Array) -> list[Array]:
    """The effects of all codes that a regression on numbers' scores finds; what it explains is taken from `left`."""
    effects = [np.zeros(table.columns[j].cardinality) for j in before]
    numbers = [k for k, j in enumerate(before) if table.columns[j].ordered and len(effects[k]) >= LEAST_GUIDE_CODES]
    if numbers:
        known = np.stack([scores[before[k]][table.codes[before[k], rows]] for k in numbers], axis=1)
        means = known.mean(axis=0)
        known -= means
        slopes = np.linalg.solve(known.T @ known + RIDGE * len(rows) * np.eye(len(numbers)), known.T @ left)
        left -= known @ slopes
        for k, slope, mean in zip(numbers, slopes, means, strict=True):
            effects[k] = slope * (scores[before[k]] - mean)
    return effects


def _backfit(table: CodeTable, before: Sequence[int], rows: Array, left: Array, effects: list[Array]) -> None:
    """Add to the effects of codes what they say of what is `left`, column by column, and take it from there."""
    for _ in range(SWEEPS):
        for k, j in enumerate(before):
            codes = table.codes[j, rows]
            counts = np.bincount(codes, minlength=len(effects[k])).astype(np.float64)
            sums = np.bincount(codes, weights=left, minlength=len(effects[k]))
            there, noise = counts > 0, left.var()
            spread = (sums[there] ** 2 / counts[there]).sum() - there.sum() * noise
            weight = len(rows) - (counts**2).sum() / len(rows)
            if spread > 0 and weight > 0:
                step = sums / (counts + max(noise * weight / spread, SHRINK))
                effects[k] += step
                left -= step[codes]
