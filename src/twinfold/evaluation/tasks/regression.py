"""How well amounts are predicted: lifetime value, a limit, a balance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

_BEST = 0.1  # the share of customers whose lift is told


def measure_amounts(actual: Floats, predicted: Floats, weights: Floats) -> dict[str, Floats]:
    """Figures of predicted amounts, each of shape (draws,); NaN where a figure is not defined.

    Args:
        actual: the true amounts, shape (n,).
        predicted: shape (n,).
        weights: how often each customer counts, shape (draws, n).

    Returns:
        R² and mean absolute error; Spearman's correlation of both orders; decile lift: the mean true amount of the
        tenth of customers with the highest predictions, over that of all; and predicted per true total.
    """
    total = weights.sum(1)
    mean = weights @ actual / total
    spread = (weights * (actual - mean[:, None]) ** 2).sum(1)
    return {
        "R²": 1 - _ratio(weights @ (actual - predicted) ** 2, spread),
        "mean absolute error": weights @ np.abs(actual - predicted) / total,
        "Spearman": rank_correlation(actual, predicted, weights),
        "decile lift": _ratio(_mean_of_best(actual, predicted, weights), mean),
        "predicted / true total": _ratio(weights @ predicted, weights @ actual),
    }


def _ratio(part: Floats, whole: Floats) -> Floats:
    ratio: Floats = np.divide(part, whole, out=np.full(len(whole), np.nan), where=whole != 0)
    return ratio


def rank_correlation(one: Floats, other: Floats, weights: Floats) -> Floats:
    """Spearman's rank correlation of weighted rows, shape (draws,): that of the rows, each so often repeated."""
    first, second = (_ranks(values, weights) for values in (one, other))
    total = weights.sum(1, keepdims=True)
    first, second = (ranks - (weights * ranks).sum(1, keepdims=True) / total for ranks in (first, second))
    together = (weights * first * second).sum(1)
    return _ratio(together, np.sqrt((weights * first**2).sum(1) * (weights * second**2).sum(1)))


def _ranks(values: Floats, weights: Floats) -> Floats:
    """The mean rank of each row among the repeated rows, shape (draws, n)."""
    group = np.unique(values, return_inverse=True)[1]
    order = np.argsort(group, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(group[order]) > 0])
    held = np.add.reduceat(weights[:, order], starts, axis=1)
    return np.asarray((held.cumsum(1) - held / 2)[:, group])


def _mean_of_best(actual: Floats, predicted: Floats, weights: Floats) -> Floats:
    """The mean true amount of the highest predictions; of equal ones at the edge a share each."""
    order = np.argsort(-predicted, kind="stable")
    group = np.unique(-predicted[order], return_inverse=True)[1]
    starts = np.flatnonzero(np.r_[True, np.diff(group) > 0])
    held = np.add.reduceat(weights[:, order], starts, axis=1)
    amount = np.add.reduceat(weights[:, order] * actual[order], starts, axis=1)
    wanted = _BEST * weights.sum(1, keepdims=True)
    taken = np.clip(wanted - (held.cumsum(1) - held), 0, held)
    share = np.divide(taken, held, out=np.zeros_like(held), where=held > 0)
    lifted: Floats = (amount * share).sum(1) / wanted[:, 0]
    return lifted
