"""Expectations: what behaviours say of a panel, each asked once an offer, with its doubt and its words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from twinfold.behaviour.behaviour import Behaviour
from twinfold.personas.answering import Answering
from twinfold.personas.committing import Committing
from twinfold.personas.deciding import Deciding, Estimates
from twinfold.personas.memory.memory import Memory
from twinfold.personas.offer import Offer, Terms
from twinfold.personas.questions.plan import Act, Plan
from twinfold.personas.speaking import Draft
from twinfold.personas.survey.doubt import Doubt, Truths, draw_truths, frame_of, response_of
from twinfold.personas.survey.panel import Panel
from twinfold.personas.voices.template import Turn

if TYPE_CHECKING:
    import numpy.typing as npt

    Places = npt.NDArray[np.int64]

KEPT = 6
"""Offers of which what was expected is kept: of many customers one takes much room."""

DECIDE = Plan(Act.DECIDE, why=True)
"""What an item of a behaviour asks for, whatever its words."""


class Expectations:
    """What behaviours say of a panel.

    Args:
        panel: who is asked.
        answering: of the same customers, with the behaviours and the words.
    """

    def __init__(self, panel: Panel, answering: Answering) -> None:
        self.panel, self._answering = panel, answering
        self.deciding = _Once(panel.memory, answering.deciding.behaviours, answering.seed)
        self._truths: dict[str, Truths] = {}
        self._moved: dict[tuple[object, ...], tuple[str, ...]] = {}

    @property
    def behaviours(self) -> dict[str, Behaviour]:
        """By name."""
        return self.deciding.behaviours

    def estimate(self, name: str, terms: Terms) -> Estimates:
        """What a behaviour expects of the panel; see `Deciding.estimate`."""
        return self.deciding.estimate(name, terms, self.panel.places)

    def doubt(self, name: str, terms: Terms) -> Doubt | None:
        """What is not known of that; None of a behaviour that is no regression."""
        behaviour, memory = self.behaviours[name], self.panel.memory
        model = response_of(behaviour)
        if model is None:
            return None
        if name not in self._truths:
            self._truths[name] = draw_truths(model)
        key = _key(name, terms)
        if key not in self._moved:
            every = frame_of(memory, behaviour, terms, np.arange(memory.count))
            self._moved[key] = tuple(model.moved(every))
        return Doubt(behaviour, model, terms, self._truths[name], self._moved[key], memory, self.panel.places)

    def luck(self, name: str) -> npt.NDArray[np.float64]:
        """The luck by which each of the panel says yes or no to a behaviour, (asked,): yes below its chance."""
        return self.deciding.luck(name, self.panel.places)

    def say(self, name: str, terms: Terms, question: str) -> Sequence[Draft]:
        """What each of the panel says of it, in the template's words."""
        offer = Offer(behaviour=name, terms=terms)
        turns = [Turn(self._answering.seed, key, question) for key in self.panel.keys]
        return Committing(self.deciding, offer, self._answering.lexicon).decide(DECIDE, self.panel.places, turns).each

    def speaker(self, name: str, terms: Terms) -> Answering:
        """Whoever says the same in the words of a voice."""
        own = self._answering
        return Answering(
            own.memory,
            {name: self.behaviours[name]},
            offer=Offer(behaviour=name, terms=terms),
            personas=own.personas,
            portraits=own.portraits,
            seed=own.seed,
        )


class _Once(Deciding):
    """Deciding that keeps what it was asked of the same customers under the same offer."""

    def __init__(self, memory: Memory, behaviours: Mapping[str, Behaviour], seed: int) -> None:
        super().__init__(memory, behaviours, seed)
        self._kept: dict[tuple[object, ...], tuple[Places, Estimates]] = {}

    def estimate(self, name: str, terms: Terms, whom: Places) -> Estimates:
        """See `Deciding.estimate`."""
        key = _key(name, terms)
        kept = self._kept.get(key)
        if kept is None or not np.array_equal(kept[0], whom):
            while len(self._kept) >= KEPT:
                del self._kept[next(iter(self._kept))]
            kept = self._kept[key] = whom, super().estimate(name, terms, whom)
        return kept[1]

    def luck(self, name: str, whom: Places) -> npt.NDArray[np.float64]:
        """The luck by which some customers say yes or no to a behaviour, (customers,)."""
        return self._luck(name, whom)


def _key(name: str, terms: Terms) -> tuple[object, ...]:
    return (name, *sorted((column, str(value)) for column, value in terms.items()))
