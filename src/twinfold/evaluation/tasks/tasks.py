"""All tasks at once: models, decisions, rankings and segments of synthetic customers, tried on real ones.

Scoring, default, churn, fraud and response are chances of a level; lifetime value is an amount.
"""

from __future__ import annotations

import numpy as np

from twinfold.errors import OptionError
from twinfold.evaluation.alignment import Aligned
from twinfold.evaluation.discrimination import LEAST
from twinfold.evaluation.finding import Found, Subject, unmeasured
from twinfold.evaluation.tasks.approval import measure_decisions
from twinfold.evaluation.tasks.performance import measure_performance
from twinfold.evaluation.tasks.question import Question, ask
from twinfold.evaluation.tasks.rankings import measure_features, measure_kinds, rank_features, rank_kinds
from twinfold.evaluation.tasks.repetition import draw_halves
from twinfold.evaluation.tasks.segmentation import measure_segments
from twinfold.evaluation.tasks.training import train
from twinfold.evaluation.utility import check_target, resample
from twinfold.protocols import Progress, silent

REPEATS = 5
_RESAMPLES = 200
_NAMED: Subject = ("task_roc_auc_ratio", "Models for the task: ranking", "useful")
_METHOD = "Models trained on real and on synthetic rows, tested on holdout customers."


def measure(
    aligned: Aligned, target: str | None, *, seed: int, repeats: int = REPEATS, progress: Progress = silent
) -> Found:
    """Are synthetic rows as good as real ones for the work that customers' data are used for?

    Args:
        aligned: the three tables, on the same columns.
        target: the column to predict: a level's chance (two levels: the rarer; more: the most frequent), or an amount.
            None measures segments alone. Segments are of all columns but the target.
        seed: of all chance.
        repeats: how often the rows are halved, two or more: intervals come from how models of halves differ.
        progress: told of each stage.

    Raises:
        OptionError: no such target, or fewer than two repeats.
    """
    if repeats < 2:
        raise OptionError(f"{repeats} repeats give no interval; give 2 or more")
    check_target(aligned, target)
    if why := _why_not(aligned, target):
        return _nothing(why)
    others = [feature.name for feature in aligned.features if feature.name != target]
    rngs = np.random.default_rng(seed).spawn(2)
    found = Found()
    if target is not None:
        found = _measure_target(ask(aligned, target), rngs[0], seed, repeats, progress)
    segments, table = measure_segments(aligned.pick(others), rng=rngs[1], seed=seed, repeats=repeats, progress=progress)
    found.add([segments], [table])
    return found


def measure_target(aligned: Aligned, target: str, *, seed: int, progress: Progress = silent) -> Found:
    """The same, of a column of rows of which a customer may have several: `measure` without the segments."""
    why = _why_not(aligned, target)
    rng = np.random.default_rng(seed).spawn(1)[0]
    return _nothing(why) if why else _measure_target(ask(aligned, target), rng, seed, REPEATS, progress)


def _why_not(aligned: Aligned, target: str | None) -> str:
    """Why no models can be tried; empty where they can."""
    if (smallest := min(aligned.customers)) < LEAST:
        return f"{smallest} rows are too few to train models on; it takes {LEAST} of each table."
    if all(feature.name == target for feature in aligned.features):
        return f"'{target}' is the only column that is learned; there is nothing to predict it from."
    return ""


def _nothing(why: str) -> Found:
    return Found([unmeasured(_NAMED, sentence=why, method=_METHOD, better="higher")])


def _measure_target(question: Question, rng: np.random.Generator, seed: int, repeats: int, progress: Progress) -> Found:
    for side, rows in (("train", question.train), ("holdout", question.holdout), ("synthetic", question.synthetic)):
        if len(rows) < LEAST:
            return _nothing(
                f"{len(rows)} {side} rows have a '{question.target}', too few to train models on; it takes {LEAST}."
            )
    for side, rows in (("train", question.train), ("holdout", question.holdout)):
        if rows.y.min() == rows.y.max():
            return _nothing(f"'{question.target}' does not vary in {side} rows; there is nothing to predict.")
    rngs = rng.spawn(5)
    sizes = len(question.train), len(question.holdout), len(question.synthetic)
    halves = draw_halves(sizes, question.owners, repeats, rngs[0])
    weights = resample(question.owners, sizes[1], _RESAMPLES, rngs[1])
    contest = train(question, halves, seed=seed, progress=progress)
    findings, table = measure_performance(question, contest, weights)
    decided, decisions = measure_decisions(question, contest, weights, rng=rngs[2])
    models = contest.ways["real"].models, contest.ways["synthetic"].models, contest.other_models
    features, importances = measure_features(question, rank_features(question, models, rng=rngs[3], progress=progress))
    kinds, worths = measure_kinds(question, rank_kinds(question, halves, rng=rngs[4], seed=seed, progress=progress))
    return Found([*findings, decided, features, kinds], [table, decisions, importances, worths])
