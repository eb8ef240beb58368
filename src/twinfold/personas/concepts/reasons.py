"""Reasons: what speaks for each concept and against it, for how many, and what share it brings.

A reason weighs as much as the customer's taste for it times how far the concept is from the mean of the others in it:
what it adds to the log odds of the concept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import beta

from twinfold.evaluation.intervals import Z
from twinfold.personas.concepts.choice_set import ChoiceSet
from twinfold.personas.concepts.particulars import say_particular
from twinfold.personas.concepts.tally import TIE, share_out
from twinfold.simulation.outcome import Figure

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

BOUND = 500.0
"""Log odds beyond which more makes no difference."""


@dataclass(frozen=True)
class Reason:
    """What one feature does for a concept.

    Attributes:
        feature: its name; said: what is particular about it ("its lower rate (9, not 12)").
        strongest: of those who take the concept, the share for whom nothing speaks more for it.
        against: of those who don't, the share for whom nothing speaks more against it.
        brings: how much more of all people take it than if it were as the others are on average in this, as a share.
    """

    feature: str
    said: str
    strongest: Figure
    against: Figure
    brings: Figure


def weigh_parts(choice_set: ChoiceSet) -> Floats:
    """What turns tastes into weights of reasons, (attributes, concepts, features)."""
    found = np.zeros((len(choice_set.attributes), len(choice_set.names), len(choice_set.features)))
    for number, feature in enumerate(choice_set.features):
        for place in feature.places:
            found[place, :, number] = choice_set.beside[:, place]
    return found


class Reasoning:
    """Sums over the same people of what speaks for each concept and against it, draw by draw.

    Args:
        choice_set: the concepts.
        draws: how many.
    """

    def __init__(self, choice_set: ChoiceSet, draws: int) -> None:
        shape = (draws, len(choice_set.names), len(choice_set.features))
        self._choice_set, self._parts = choice_set, weigh_parts(choice_set)
        self._strongest, self._against = np.zeros(shape), np.zeros(shape)
        self._brings, self._spread = np.zeros(shape), np.zeros(shape)
        self._takers, self._people = np.zeros(shape[:2]), 0

    def add(self, draw: int, tastes: Floats) -> None:
        """Take in everybody's tastes in one draw, (people, attributes)."""
        features = len(self._choice_set.features)
        chance = share_out(self._choice_set.levels @ tastes.T)
        self._people = len(tastes)
        for concept in range(len(chance) if features else 0):
            takes, weight = chance[concept], self._parts[:, concept].T @ tastes.T
            # Whoever has nothing that speaks for it, or against it, has no reason
            moved, put_off = takes * (weight.max(axis=0) > TIE), (1 - takes) * (weight.min(axis=0) < -TIE)
            self._takers[draw, concept] = takes.sum()
            self._strongest[draw, concept] = np.bincount(weight.argmax(axis=0), moved, features)
            self._against[draw, concept] = np.bincount(weight.argmin(axis=0), put_off, features)
            without = takes / (takes + (1 - takes) * np.exp(np.clip(weight, -BOUND, BOUND)))
            gained = takes - without
            self._brings[draw, concept] = gained.mean(axis=1)
            self._spread[draw, concept] = gained.var(axis=1)

    def tell(self) -> tuple[tuple[Reason, ...], ...]:
        """The reasons for and against each concept, those first that bring most."""
        out = []
        for concept in range(len(self._choice_set.names)):
            takers = self._takers[:, concept]
            own = [
                Reason(
                    feature.name,
                    say_particular(self._choice_set, concept, feature),
                    _part(self._strongest[:, concept, number], takers),
                    _part(self._against[:, concept, number], self._people - takers),
                    self._brought(concept, number),
                )
                for number, feature in enumerate(self._choice_set.features)
                if np.abs(self._parts[:, concept, number]).max() > TIE
            ]
            out.append(tuple(sorted(own, key=lambda reason: -reason.brings.value)))
        return tuple(out)

    def _brought(self, concept: int, feature: int) -> Figure:
        found, within = self._brings[:, concept, feature], self._spread[:, concept, feature].mean() / self._people
        half, value = Z * float(np.sqrt(found.var() + within)), float(found.mean())
        return Figure(value, value - half, value + half)


def _part(some: Floats, every: Floats) -> Figure:
    """The part that some are of all, both (draws,) and expected numbers.

    Small parts are skewed: the interval is that of a beta law with the mean and the variance of the part.
    """
    share = np.clip(some / np.maximum(every, 1e-12), 0, 1)
    mean = float(share.mean())
    variance = float(share.var() + (share * (1 - share) / np.maximum(every, 1)).mean())
    if variance <= 0 or not 0 < mean < 1:
        return Figure(mean, mean, mean)
    size = max(mean * (1 - mean) / variance - 1, 1e-3)
    low, high = beta.ppf([0.025, 0.975], mean * size, (1 - mean) * size)
    return Figure(mean, min(float(low), mean), max(float(high), mean))
