"""A rule: a condition that finds the people of a group, so that they may be asked for elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from twinfold.personas.traits import Traits

if TYPE_CHECKING:
    import numpy.typing as npt

    Flags = npt.NDArray[np.bool_]

PARTS = 3
"""Traits that a condition asks for at most."""

WORTH = 0.5
"""The harmonic mean of both shares from which on a condition is told; and it must be half as good again as to take
everybody."""

RIGHT = 0.6
"""The share of those whom a condition finds that must be of the group for it to be told."""

BETTER = 0.01
"""By how much the harmonic mean of both shares must rise for another trait to be asked for."""


@dataclass(frozen=True)
class Rule:
    """A condition as `--where` takes it; `right`: of those whom it finds, the share that is of the group; `found`: of
    the group, the share that it finds."""

    condition: str
    right: float
    found: float


def find_rule(traits: Traits, inside: Flags) -> Rule | None:
    """The condition of a few traits together that finds a group best: greedily, by the harmonic mean of what it finds
    right and of what it finds. None where none that conditions can name finds it well enough."""
    able = [k for k, trait in enumerate(traits.traits) if trait.condition]
    chosen: list[int] = []
    found = np.ones(len(inside), bool)
    best = 0.0
    while able and len(chosen) < PARTS:
        both = traits.held[able] & found
        right = (both & inside).sum(axis=1)
        scores = 2 * right / np.maximum(both.sum(axis=1) + inside.sum(), 1)
        place = int(scores.argmax())
        if scores[place] < best + BETTER:
            break
        best = float(scores[place])
        chosen.append(able[place])
        found = found & traits.held[able[place]]
    if best < WORTH or best < 1.5 * 2 * inside.mean() / (1 + inside.mean()):
        return None
    hits = int((found & inside).sum())
    if hits < RIGHT * found.sum():
        return None
    parts = [traits.traits[k].condition for k in chosen]
    return Rule(" and ".join(parts), hits / max(int(found.sum()), 1), hits / max(int(inside.sum()), 1))
