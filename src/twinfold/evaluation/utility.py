"""Useful? Whether a model trained on synthetic rows predicts real ones as well as a model trained on real rows does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from twinfold.errors import OptionError, unknown_name
from twinfold.evaluation.alignment import Aligned, Feature, Owners, Values
from twinfold.evaluation.boosting import design, fitted_scores
from twinfold.evaluation.discrimination import LEAST
from twinfold.evaluation.finding import Finding, Subject, measured, unmeasured
from twinfold.protocols import Progress, silent

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Booleans = npt.NDArray[np.bool_]

_LEVELS = 12  # of a target with more levels, the most frequent are predicted
_RESAMPLES = 400
_STAGE = "training on synthetic rows"
_NAMED: Subject = ("utility", "Models trained on it", "useful")
_METHOD = (
    "LightGBM predicts the target of holdout rows, trained once on synthetic and once on train rows; the ratio of the "
    "two areas under the ROC curve (each level against the rest; a number: above or below its median). Of linked "
    "tables it sees the row's customer and what rows in all other tables amount to, whatever their dates. Interval by "
    "a bootstrap of the holdout customers; what another draw of training rows would change is not in it. 1 is parity."
)


def check_target(aligned: Aligned, target: str | None) -> None:
    """Raise `OptionError` where `target` is no column that is compared."""
    names = [feature.name for feature in aligned.features]
    if target is not None and target not in names:
        raise OptionError(unknown_name("target", target, names, among="the learned columns"))


def measure(
    aligned: Aligned, target: str | None, *, rng: np.random.Generator, seed: int, progress: Progress = silent
) -> list[Finding]:
    """The utility of synthetic rows for predicting `target`, one of the compared columns. No target: no finding."""
    if target is None:
        return []
    j = [feature.name for feature in aligned.features].index(target)
    if (smallest := min(aligned.rows)) < LEAST:
        return [unmeasured_for(f"{smallest} rows are too few to train a model on; it takes {LEAST} of each table.")]
    if len(aligned.features) == 1:
        return [unmeasured_for(f"'{target}' is the only column that is learned; there is nothing to predict it from.")]
    asked = [q for q in questions(aligned, j) if all(_varies(positive) for positive in q[:2])]
    if not asked:
        return [unmeasured_for(f"'{target}' does not vary in train or in holdout rows; there is nothing to predict.")]
    areas = _areas(aligned, j, asked, rng=rng, seed=seed, progress=progress)
    on_train, on_synthetic = areas.mean(0)
    ratio = on_synthetic / on_train
    low, high = np.quantile(ratio[1:], [0.025, 0.975])
    figures = float(ratio[0]), float(min(low, ratio[0])), float(max(high, ratio[0]))
    sentence = (
        f"A model trained on synthetic rows ranks real customers by '{target}' with an AUC of {on_synthetic[0]:.3f}, "
        f"one trained on real rows with {on_train[0]:.3f}: {ratio[0]:.1%} of it."
    )
    return [measured(_NAMED, figures, yardstick=1.0, sentence=sentence, method=_METHOD, better="higher")]


def unmeasured_for(why: str) -> Finding:
    """That usefulness could not be measured, and why."""
    return unmeasured(_NAMED, sentence=why, method=_METHOD, better="higher")


def _varies(positive: Booleans) -> bool:
    return bool(2 <= positive.sum() <= len(positive) - 2)


def questions(aligned: Aligned, j: int) -> list[tuple[Booleans, Booleans, Booleans]]:
    """For each question about the target, which train, holdout and synthetic rows are positive."""
    sides = (aligned.train[j], aligned.holdout[j], aligned.synthetic[j])
    feature = aligned.features[j]
    if feature.numeric:
        present = sides[1][~np.isnan(sides[1])]
        cut = np.median(present) if len(present) else 0.0
        above = [side > cut for side in sides]
        return [(above[0], above[1], above[2])]
    counts = np.bincount(sides[1], minlength=len(feature.levels))
    most = [int(k) for k in np.argsort(-counts, kind="stable")[:_LEVELS] if counts[k]]
    if len(most) == 2:
        most = most[1:]
    return [(sides[0] == k, sides[1] == k, sides[2] == k) for k in most]


def _areas(
    aligned: Aligned,
    j: int,
    questions: list[tuple[Booleans, Booleans, Booleans]],
    *,
    rng: np.random.Generator,
    seed: int,
    progress: Progress,
) -> Floats:
    """Areas under the ROC curve, shape (questions, 2, 1 + resamples): trained on train, on synthetic rows; of all
    holdout rows, then of resampled ones. A question that synthetic rows can't answer is guessed: 0.5."""
    train, holdout, synthetic = (
        _without(aligned.features, side, j) for side in (aligned.train, aligned.holdout, aligned.synthetic)
    )
    weights = np.vstack(
        [
            np.ones((1, len(holdout.x))),
            resample(aligned.owners, len(holdout.x), _RESAMPLES, rng),
        ]
    )
    out = np.full((len(questions), 2, len(weights)), 0.5)
    for q, (in_train, in_holdout, in_synthetic) in enumerate(questions):
        for m, (rows, positive) in enumerate(((train, in_train), (synthetic, in_synthetic))):
            if _varies(positive):
                out[q, m] = weighted_areas(fitted_scores(rows, positive, holdout, seed=seed), in_holdout, weights)
            progress(_STAGE, (2 * q + m + 1) / (2 * len(questions)))
    return out


def resample(owners: Owners | None, rows: int, draws: int, rng: np.random.Generator) -> Floats:
    """How often holdout rows come in each draw of a bootstrap whose customers are drawn independently, shape (draws,
    rows)."""
    if owners is None:
        return rng.poisson(1.0, (draws, rows)).astype(np.float64)
    whose = np.unique(owners[1], return_inverse=True)[1]
    return rng.poisson(1.0, (draws, whose.max(initial=0) + 1)).astype(np.float64)[:, whose]


def _without(features: tuple[Feature, ...], side: Values, j: int) -> Any:
    return design(features[:j] + features[j + 1 :], side[:j] + side[j + 1 :])


def weighted_areas(score: Floats, positive: Booleans, weights: Floats) -> Floats:
    """The area under the ROC curve for each row of `weights`, shape (draws, n); ties count half."""
    order = np.argsort(score, kind="stable")
    ordered, is_positive = score[order], positive[order]
    starts = np.flatnonzero(np.r_[True, np.diff(ordered) > 0])
    areas = []
    for weight in weights[:, order]:
        hits = np.add.reduceat(weight * is_positive, starts)
        misses = np.add.reduceat(weight * ~is_positive, starts)
        below = misses.cumsum() - misses / 2
        total = hits.sum() * misses.sum()
        areas.append((hits * below).sum() / total if total else 0.5)
    return np.array(areas)
