"""Faithful? How well a classifier tells synthetic rows from real ones that nobody learned from."""

from __future__ import annotations

from typing import Any

import numpy as np

from twinfold.evaluation.alignment import Aligned, Feature, Owners, Values
from twinfold.evaluation.boosting import design, fitted_scores
from twinfold.evaluation.finding import Finding, Subject, measured, unmeasured
from twinfold.evaluation.intervals import around, delong
from twinfold.protocols import Progress, silent

ROWS = 25_000  # of each table: the standard error is then under 0.003
OWNED_ROWS = 40_000  # the same where customers have several, which say less than as many customers' would
LEAST = 100  # rows of each table below which nothing is said
CUSTOMERS: Subject = ("c2st_auc", "Told apart from real customers", "faithful")
_FOLDS = 5
_STAGE = "telling synthetic from real"
_METHOD = (
    "Classifier two-sample test (Lopez-Paz and Oquab 2017): LightGBM learns to tell holdout from synthetic rows, as "
    "many of each; mean area under the ROC curve over five folds it had not seen, DeLong's interval. 0.5 is a coin's "
    "toss. The yardstick puts train rows in the synthetic rows' place."
)
_BY_CUSTOMER = "All rows of a customer are in one fold, and the interval counts customers, not rows (Obuchowski 1997)."


def measure(
    aligned: Aligned,
    *,
    named: Subject = CUSTOMERS,
    shown: str = "customer",
    seed: int,
    progress: Progress = silent,
) -> Finding:
    """The area under the ROC curve of a classifier that tells synthetic from holdout rows.

    `shown` is what a row is, in the finding's sentence. Rows of one customer are never on both sides of a fold.
    """
    method = _METHOD if aligned.owners is None else f"{_METHOD} {_BY_CUSTOMER}"
    if (smallest := min(aligned.customers)) < LEAST:
        rows = "rows" if aligned.owners is None else "customers with rows"
        why = f"{smallest} {rows} are too few to train a classifier on; it takes {LEAST} of each table."
        return unmeasured(named, sentence=why, method=method)

    def first(stage: str, done: float) -> None:
        progress(stage, done / 2)

    def second(stage: str, done: float) -> None:
        progress(stage, (1 + done) / 2)

    train, holdout, synthetic = aligned.owners or (None, None, None)
    owners = None if holdout is None or synthetic is None else (holdout, synthetic)
    real_owners = None if holdout is None or train is None else (holdout, train)
    figures = auc(aligned.features, aligned.holdout, aligned.synthetic, owners=owners, seed=seed, progress=first)
    yardstick, _, _ = auc(
        aligned.features, aligned.holdout, aligned.train, owners=real_owners, seed=seed, progress=second
    )
    sentence = (
        f"Shown one real and one synthetic {shown}, a classifier picks the synthetic one {figures[0]:.1%} of the time "
        f"(shown two real ones: {yardstick:.1%}; a coin: 50.0%)."
    )
    return measured(named, figures, yardstick=yardstick, sentence=sentence, method=method)


def auc(
    features: tuple[Feature, ...],
    real: Values,
    other: Values,
    *,
    owners: Owners | None = None,
    seed: int,
    progress: Progress = silent,
) -> tuple[float, float, float]:
    """The mean area under the ROC curve over folds, and its interval. Rows, or owners, stand in a random order."""
    rows = min(len(real[0]), len(other[0]), ROWS if owners is None else OWNED_ROWS)
    chosen: list[Any] = [slice(rows), slice(rows)]
    if owners is not None:  # of as many customers as can be had
        rng = np.random.default_rng(seed)
        chosen = [np.sort(rng.permutation(len(side[0]))[:rows]) for side in (real, other)]
    x = design(features, *(tuple(v[c] for v in side) for side, c in zip((real, other), chosen, strict=True)))
    is_other = np.repeat([False, True], rows)
    owner = None if owners is None else np.concatenate([o[c] for o, c in zip(owners, chosen, strict=True)])
    fold = np.tile(np.arange(rows) % _FOLDS, 2) if owner is None else owner % _FOLDS
    areas = []
    for k in range(_FOLDS):
        test = fold == k
        scores = fitted_scores(x[~test], is_other[~test], x[test], seed=seed)
        areas.append(delong(scores, is_other[test], None if owner is None else owner[test]))
        progress(_STAGE, (k + 1) / _FOLDS)
    value, variance = np.mean(areas, axis=0)
    return float(value), *around(float(value), float(variance) / _FOLDS)


UNLIKE = 0.6
"""How often real train and holdout rows may be told apart and still pass for random parts of one table."""


def note_unlike(finding: Finding) -> tuple[str, ...]:
    """That train and holdout are no random parts of one table, by the yardstick of what `measure` found."""
    if finding.yardstick is None or not finding.yardstick > UNLIKE:
        return ()
    return (
        f"Real train and holdout rows are themselves told apart ({finding.yardstick:.1%}; a coin: 50.0%): they are no "
        "random parts of one table, and attacks take the difference for remembering. Split customers at random.",
    )
