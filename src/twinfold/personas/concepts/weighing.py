"""Weighing: everybody's tastes, how likely they take each concept by these, and what shares that comes to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from twinfold.behaviour.choosing import ChoosingModel
from twinfold.personas.concepts.choice_set import ChoiceSet
from twinfold.personas.concepts.respondents import Respondents
from twinfold.personas.concepts.tally import Tally, share_out
from twinfold.protocols import Progress
from twinfold.simulation.picking import Picking

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

PIECE = 50_000
"""People who are held in memory at once."""

DRAWN = 20_000_000
"""People times draws of the model that everybody is weighed by, and draws at least."""

LEAST_DRAWS = 100


class Tastes(Picking):
    """The tastes of people; a learned customer has their own, anybody else those of somebody drawn from the population.

    Args:
        model: what was learned.
        codes: (people,) of each; seed: of all chance.
    """

    def __init__(self, model: ChoosingModel, codes: npt.NDArray[np.uint64], seed: int) -> None:
        super().__init__(model, codes, len(model.model.spread), seed, 0)

    def of(self, draw: int) -> Floats:
        """Log odds for one more of each attribute, (people, attributes), in one draw."""
        return self._tastes(draw)


@dataclass(frozen=True)
class Weighed:
    """What everybody would take.

    Attributes:
        whole: shares of all people; personas: of those of each; pairs: of two concepts, where there are no others.
        chance: (concepts, people) how likely each takes each, on average over what is not known of them.
        known: (people,) who was learned, and has a taste of their own.
    """

    whole: Tally
    personas: tuple[Tally, ...]
    pairs: Mapping[tuple[int, int], Tally]
    chance: Floats
    known: npt.NDArray[np.bool_]


def weigh(
    choice_set: ChoiceSet, model: ChoosingModel, respondents: Respondents, *, seed: int, progress: Progress
) -> Weighed:
    """How likely everybody takes each concept.

    Args:
        choice_set: the concepts.
        model: of whom tastes are.
        respondents: who is asked.
        seed: of all chance.
        progress: told how far the work has come.
    """
    kept, people, options = len(model.model.spread), respondents.people, len(choice_set.names)
    count = min(kept, max(LEAST_DRAWS, DRAWN // people))
    draws = np.arange(count) * kept // count
    spread = model.model.spread[draws]
    whole = Tally(spread, options)
    personas = tuple(Tally(spread, options) for _ in respondents.personas)
    pairs = {pair: Tally(spread, 2) for pair in combinations(range(options), 2)}
    chance, known = np.zeros((options, people)), np.zeros(people, bool)
    for begin in range(0, people, PIECE):
        rows = slice(begin, min(begin + PIECE, people))
        tastes = Tastes(model, respondents.codes[rows], seed)
        known[rows] = tastes.known
        inside = [np.flatnonzero(respondents.persona[rows] == place) for place in range(len(personas))]
        for draw, number in enumerate(draws.tolist()):
            progress("weighing", (begin + (rows.stop - begin) * draw / count) / people)
            utility = choice_set.levels @ tastes.of(number).T
            own = share_out(utility)
            chance[:, rows] += own / count
            whole.add(draw, own)
            for tally, members in zip(personas, inside, strict=True):
                tally.add(draw, own[:, members])
            for pair, tally in pairs.items():
                tally.add(draw, share_out(utility[[*pair]]))
    progress("weighing", 1.0)
    return Weighed(whole, personas, pairs, chance, known)
