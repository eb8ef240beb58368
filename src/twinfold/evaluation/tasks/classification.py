"""How well chances are predicted: right decisions, right order, right size."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from twinfold.evaluation.utility import weighted_areas

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Booleans = npt.NDArray[np.bool_]

_BINS = 10  # of predicted chances, with as many customers each, for the calibration error
_CLOSEST = 1e-6  # to 0 and 1 that a chance may come in the calibration slope
_ROUNDS = 25  # of Newton's method


def measure_chances(positive: Booleans, chance: Floats, threshold: float, weights: Floats) -> dict[str, Floats]:
    """Figures of predicted chances, each of shape (draws,); NaN where a figure is not defined.

    Args:
        positive: the truth, shape (n,).
        chance: the predicted chance of being positive, shape (n,).
        threshold: who is above it is predicted positive.
        weights: how often each customer counts, shape (draws, n).

    Returns:
        accuracy, precision, recall, F1; ROC AUC and PR AUC (average precision); Brier score; calibration error (the
        mean distance of predicted and true share in ten groups of equal size: Naeini et al. 2015); calibration slope
        (of the log odds, 1 where neither too bold nor too timid: Cox 1958); and predicted positives per true one.
    """
    flagged, total = chance > threshold, weights.sum(1)
    hits, found, true = (weights @ mask.astype(float) for mask in (flagged & positive, flagged, positive))
    right = weights @ (flagged == positive).astype(float)
    return {
        "accuracy": right / total,
        "precision": _ratio(hits, found, 0.0),
        "recall": _ratio(hits, true),
        "F1": _ratio(2 * hits, found + true),
        "ROC AUC": weighted_areas(chance, positive, weights),
        "PR AUC": average_precision(positive, chance, weights),
        "Brier score": weights @ (chance - positive) ** 2 / total,
        "calibration error": calibration_error(positive, chance, weights),
        "calibration slope": calibration_slope(positive, chance, weights),
        "predicted / true rate": _ratio(weights @ chance, true),
    }


def _ratio(part: Floats, whole: Floats, none: float = np.nan) -> Floats:
    ratio: Floats = np.divide(part, whole, out=np.full(len(whole), none), where=whole > 0)
    return ratio


def average_precision(positive: Booleans, chance: Floats, weights: Floats) -> Floats:
    """The area under the curve of precision and recall as a sum of steps, shape (draws,); equal chances are one
    step."""
    order = np.argsort(-chance, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(chance[order]) != 0])
    ordered = weights[:, order]
    found = np.add.reduceat(ordered, starts, axis=1).cumsum(1)
    gained = np.add.reduceat(ordered * positive[order], starts, axis=1)
    precision = np.divide(gained.cumsum(1), found, out=np.zeros_like(found), where=found > 0)
    return _ratio((gained * precision).sum(1), gained.sum(1))


def calibration_error(positive: Booleans, chance: Floats, weights: Floats) -> Floats:
    """The mean distance of predicted and true share over groups of like chances, shape (draws,)."""
    cuts = np.unique(np.quantile(chance, np.arange(1, _BINS) / _BINS))
    member = np.eye(len(cuts) + 1)[np.searchsorted(cuts, chance, side="right")]
    excess: Floats = weights @ (member * (chance - positive)[:, None])
    error: Floats = np.abs(excess).sum(1) / weights.sum(1)
    return error


def calibration_slope(positive: Booleans, chance: Floats, weights: Floats) -> Floats:
    """The slope of a logistic regression of the truth on the predicted log odds, by Newton's method, shape (draws,)."""
    from scipy.special import expit

    held = np.clip(chance, _CLOSEST, 1 - _CLOSEST)
    odds = np.log(held / (1 - held))
    if np.ptp(odds) == 0 or positive.all() or not positive.any():
        return np.full(len(weights), np.nan)
    level, slope = np.zeros((2, len(weights)))  # from where Newton's steps do not overshoot
    for _ in range(_ROUNDS):
        expected = expit(level[:, None] + slope[:, None] * odds)
        error, spread = weights * (positive - expected), weights * expected * (1 - expected)
        first, second = error.sum(1), error @ odds
        a, b, c = spread.sum(1), spread @ odds, spread @ odds**2
        whole = a * c - b * b
        step = np.stack([c * first - b * second, a * second - b * first]) / np.where(whole > 0, whole, np.nan)
        level, slope = level + step[0], slope + step[1]
        if not (np.abs(step) > 1e-6).any():
            break
    return np.where(np.isfinite(slope) & (np.abs(step).max(0) < 1e-4), slope, np.nan)
