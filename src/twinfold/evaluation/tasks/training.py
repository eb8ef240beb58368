"""Models trained on real rows, on synthetic ones and on both, whole and by halves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from twinfold.evaluation.tasks.learners import Predict, learn_boosted
from twinfold.evaluation.tasks.question import Question, Side
from twinfold.evaluation.tasks.repetition import Halves
from twinfold.protocols import Progress

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

STAGE = "training for the task"
WAYS = ("real", "synthetic", "both")


@dataclass(frozen=True)
class Trained:
    """Models of one way of training, and what they say of the holdout.

    Attributes:
        whole: predictions of the model of all rows, shape (holdout rows,).
        halves: those of the models of halves, shape (repeats, holdout rows).
        models: these models.
        thresholds: of each half, the prediction above which as many of the rows that it has not learned lie as are
            positive among them; shape (repeats,).
    """

    whole: Floats
    halves: Floats
    models: tuple[Predict, ...]
    thresholds: Floats


@dataclass(frozen=True)
class Contest:
    """The three ways of training, and `other`: predictions of models of the other real half of each repeat."""

    ways: dict[str, Trained]
    other: Floats
    other_models: tuple[Predict, ...]


def train(question: Question, halves: Sequence[Halves], *, seed: int, progress: Progress) -> Contest:
    """Train on real rows, synthetic rows and both: all of them, and each half of `halves`."""
    real, synthetic = question.train, question.synthetic
    wholes = {"real": real, "synthetic": synthetic, "both": real + synthetic}
    parts = {
        "real": [(real[h.real], real[h.other]) for h in halves],
        "synthetic": [(synthetic[h.synthetic], synthetic[h.rest]) for h in halves],
        "both": [(real[h.real] + synthetic[h.synthetic], real[h.other] + synthetic[h.rest]) for h in halves],
    }
    steps, done = 3 + 4 * len(halves), 0

    def fit(side: Side, place: int) -> Predict:
        nonlocal done
        model = learn_boosted(side, binary=question.binary, seed=seed + place)
        progress(STAGE, (done := done + 1) / steps)
        return model

    x = question.holdout.x
    ways = {}
    for way in WAYS:
        whole = fit(wholes[way], 0)(x)
        models = tuple(fit(learned, r) for r, (learned, _) in enumerate(parts[way]))
        thresholds = [_threshold(model, rest) for model, (_, rest) in zip(models, parts[way], strict=True)]
        ways[way] = Trained(whole, np.stack([model(x) for model in models]), models, np.array(thresholds))
    others = tuple(fit(real[h.other], r) for r, h in enumerate(halves))
    return Contest(ways, np.stack([model(x) for model in others]), others)


def _threshold(model: Predict, rest: Side) -> float:
    return float(np.quantile(model(rest.x), 1 - rest.y.mean(), method="higher")) if 0 < rest.y.mean() < 1 else 0.5
