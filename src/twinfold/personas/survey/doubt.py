"""Doubt: how far what a behaviour expects of customers on average may lie from what is likeliest.

Each draw of what is not known is one truth for all customers, so that their mean is as doubtful as it is: the intervals
of single rows, averaged, would say nothing of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from scipy.special import expit, logit

from twinfold.behaviour.assumed import AssumedModel
from twinfold.behaviour.behaviour import Behaviour
from twinfold.behaviour.regression import MOST_SCORE
from twinfold.behaviour.response import ResponseModel, Unknown
from twinfold.behaviour.rows import read_values
from twinfold.evaluation.intervals import Z
from twinfold.personas.memory.memory import Memory
from twinfold.personas.offer import Terms

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Places = npt.NDArray[np.int64]

DRAWS, ROWS = 500, 1_000
"""Draws of what is not known, and customers of a group by whom its mean is told, at most."""

ENDS = (0.025, 0.975)


@dataclass(frozen=True)
class Truths:
    """Draws of what is not known of a behaviour, the same under every offer.

    Attributes:
        unknown: of its regression; luck: of an effect that is assumed, (draws,).
    """

    unknown: Unknown
    luck: Floats


def draw_truths(model: ResponseModel) -> Truths:
    """Draws of what is not known of a regression; always the same ones."""
    rng = np.random.default_rng(0)
    return Truths(model.draw_unknown(DRAWS, rng), rng.standard_normal(DRAWS))


@dataclass(frozen=True)
class Doubt:
    """What is not known of a behaviour under one offer.

    Attributes:
        behaviour: a response, a hazard, or an assumed effect; model: the regression that it is, or rests on.
        terms: what everybody gets, by column.
        truths: draws of what is not known of it; moved: columns that are set aside, as customers are of others.
        memory: of all customers; places: of those who are asked, (asked,).
    """

    behaviour: Behaviour
    model: ResponseModel
    terms: Terms
    truths: Truths
    moved: tuple[str, ...]
    memory: Memory
    places: Places

    def ends(self, rows: Places, weight: Floats, told: Callable[[Floats, Places], Floats]) -> Floats:
        """How far the means of some may lie below and above, (columns, 2).

        Args:
            rows: of some who are asked, their places among these; weight: of each.
            told: of scores, (draws, customers), and the number of each draw, (draws, 1), what is averaged, (draws,
                customers, columns); the first draw is the likeliest truth.
        """
        some = rows[systematic(weight, ROWS)] if len(rows) > ROWS or np.ptp(weight) > 0 else rows
        scores = self.draw_scores(self.places[some])
        means = np.asarray(told(scores, np.arange(len(scores))[:, None])).mean(axis=1)
        off = np.quantile(means[1:] - means[0], ENDS, axis=0)
        return np.stack([np.maximum(-off[0], 0.0), np.maximum(off[1], 0.0)], axis=1)

    def draw_scores(self, places: Places) -> Floats:
        """The scores of customers, (1 + draws, customers): the likeliest, and in each draw of what is not known."""
        values = frame_of(self.memory, self.behaviour, self.terms, places)
        found = self.model.score(values, self.moved)
        scores = np.concatenate([found.score[None], self.model.expect_drawn(found, self.truths.unknown)])
        binary, assumed = self.model.regression.binary, self.behaviour.model
        if isinstance(assumed, AssumedModel):
            own, luck = assumed.assumption, np.append(0.0, self.truths.luck)
            effect = own.effect + luck / Z * np.where(luck < 0, own.effect - own.lower, own.upper - own.effect)
            middle = (expit(scores) if binary else scores) + effect[:, None] * assumed.steps(values)[0]
            scores = logit(np.clip(middle, 1e-9, 1 - 1e-9)) if binary else middle
        ends = (-MOST_SCORE, MOST_SCORE) if binary else (self.model.low, self.model.high)
        return np.asarray(np.clip(scores, *ends), np.float64)


def frame_of(memory: Memory, behaviour: Behaviour, terms: Terms, places: Places) -> pl.DataFrame:
    """The values of the columns that a behaviour looks at, with what everybody gets in the place of their own."""
    frame = memory.people.frame[places]
    named = frame.with_columns(pl.lit(value).alias(column) for column, value in terms.items())
    return read_values(named, behaviour.columns)


def response_of(behaviour: Behaviour) -> ResponseModel | None:
    """The regression that a behaviour is, or that it rests on; None where it is none."""
    model = behaviour.model.base if isinstance(behaviour.model, AssumedModel) else behaviour.model
    return model if isinstance(model, ResponseModel) else None


def is_binary(behaviour: Behaviour) -> bool:
    """Whether a behaviour says yes or no, and not how much."""
    model = response_of(behaviour)
    return model is not None and model.regression.binary


def systematic(weight: Floats, count: int) -> Places:
    """So many places in proportion to weights, evenly spaced over them; a place may come several times."""
    below = np.cumsum(weight)
    at = (np.arange(count) + 0.5) / count * below[-1]
    return np.asarray(np.minimum(np.searchsorted(below, at, side="right"), len(weight) - 1), np.int64)
