"""Picks: which concept each customer takes, by their own taste and luck, and what they say of it.

Who a customer is does not depend on the concepts: their taste, which of all draws it is of, and their luck with each
concept by its name are theirs. So a concept that is made better for everybody keeps whoever took it (common random
numbers; utilities with luck of their own: McFadden 1974, "Conditional logit analysis of qualitative choice behavior").
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from twinfold.behaviour.choosing import ChoosingModel
from twinfold.personas.concepts.choice_set import ChoiceSet
from twinfold.personas.concepts.reasons import weigh_parts
from twinfold.personas.concepts.respondents import LOT
from twinfold.personas.concepts.tally import TIE, share_out
from twinfold.personas.concepts.weighing import Tastes
from twinfold.simulation.luck import draw_uniforms

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Places = npt.NDArray[np.int64]

TRUTH, WORDS, SAMPLE, TOLD = 0, 1, 2, 3
"""Lots of each customer: the draw that is true of them, their way of saying things, and who is drawn for what."""

MATTERS = 0.25
"""How much of what speaks most for a concept something weighs against it to be mentioned."""

CLOSE = 0.8
"""How likely another concept is, beside the one that is taken, for it to be a close call."""


@dataclass(frozen=True)
class Picks:
    """What customers take.

    Attributes:
        concept: (customers,) the place of theirs.
        reason: the place of the feature that speaks most for it, -1 where none does; price: of the one that speaks most
            against it, -1 where that weighs little beside the reason.
        torn: whether somebody of this taste takes another one about as often, or more often.
        words: from 0 to 1, their way of saying things.
    """

    concept: Places
    reason: Places
    price: Places
    torn: npt.NDArray[np.bool_]
    words: Floats


def pick(choice_set: ChoiceSet, model: ChoosingModel, codes: npt.NDArray[np.uint64], seed: int) -> Picks:
    """Which concept each customer takes, (customers,) as `codes`."""
    kept, parts = len(model.model.spread), weigh_parts(choice_set)
    truth = np.minimum((draw_uniforms(seed, codes, LOT, TRUTH) * kept).astype(np.int64), kept - 1)
    luck = np.stack([_luck(seed, codes, name) for name in choice_set.names], axis=1)
    concept, reason, price = (np.full(len(codes), -1) for _ in range(3))
    torn = np.zeros(len(codes), bool)
    for draw in np.unique(truth).tolist():
        rows = np.flatnonzero(truth == draw)
        tastes = Tastes(model, codes[rows], seed).of(draw)
        utility = tastes @ choice_set.levels.T
        own = (utility + luck[rows]).argmax(axis=1)
        concept[rows] = own
        chance = share_out(utility.T)
        chosen = np.take_along_axis(chance, own[None], axis=0)[0]
        np.put_along_axis(chance, own[None], 0.0, axis=0)
        torn[rows] = chance.max(axis=0) >= CLOSE * chosen
        if choice_set.features:
            weight = np.einsum("nk,knf->nf", tastes, parts[:, own])
            best, worst = weight.max(axis=1), weight.min(axis=1)
            reason[rows] = np.where(best > TIE, weight.argmax(axis=1), -1)
            price[rows] = np.where(-worst > np.maximum(MATTERS * best, TIE), weight.argmin(axis=1), -1)
    return Picks(concept, reason, price, torn, draw_uniforms(seed, codes, LOT, WORDS))


def _luck(seed: int, codes: npt.NDArray[np.uint64], name: str) -> Floats:
    """How much each customer fancies a concept of that name besides what is known of it: Gumbel's law."""
    number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "little")
    return np.asarray(-np.log(-np.log(draw_uniforms(seed, codes, LOT + 1 + number, 0))))
