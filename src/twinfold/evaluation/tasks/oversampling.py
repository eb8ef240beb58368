"""SMOTE-NC: more positive rows between the positive rows that there are, the rival of synthetic customers."""

from __future__ import annotations

import numpy as np

from twinfold.evaluation.boosting import Design
from twinfold.evaluation.tasks.question import Side
from twinfold.synthesis.augmenting.interpolation import NEIGHBOURS, interpolate
from twinfold.synthesis.augmenting.values import Values


def oversample(side: Side, rng: np.random.Generator, *, neighbours: int = NEIGHBOURS) -> Side:
    """The rows, and so many new ones of the rarer answer that there are as many of both; see `interpolate`.

    Fewer than two rare rows are left as they are.
    """
    positive = side.y > 0
    answer = bool(positive.mean() <= 0.5)
    rare = np.flatnonzero(positive == answer)
    wanted = len(side) - 2 * len(rare)
    if len(rare) < 2 or wanted < 1:
        return side
    made = interpolate(Values(side.x.x[rare], tuple(side.x.categories)), wanted, rng, neighbours=neighbours)
    return side + Side(Design(made.x, side.x.categories), np.full(wanted, float(answer)))
