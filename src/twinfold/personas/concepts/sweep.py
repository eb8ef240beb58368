"""Sweeps: shares as one attribute of one concept moves, as far as anything was learned of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from twinfold.behaviour.choosing import ChoosingModel
from twinfold.errors import OptionError, unknown_name
from twinfold.personas.concepts.choice_set import ChoiceSet, find_apart
from twinfold.personas.concepts.tally import Tally, share_out
from twinfold.simulation.outcome import Figure

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

STEPS = 11
"""Places at which shares are looked at."""

NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
RANGE = re.compile(rf"\s*({NUMBER})\s*\.\.\s*({NUMBER})\s*")


@dataclass(frozen=True)
class Sweep:
    """Shares of all concepts as one attribute of one moves.

    Attributes:
        concept, attribute: which moves; usual: where it is.
        levels: to which it moves; shares: (levels, concepts).
        apart: at which of the levels it is unlike anything that people were asked to weigh.
        cut: the range that was asked for, where no more than a part of it was learned; else None.
    """

    concept: str
    attribute: str
    usual: float
    levels: tuple[float, ...]
    shares: tuple[tuple[Figure, ...], ...]
    apart: tuple[bool, ...]
    cut: tuple[float, float] | None


class Sweeping:
    """Sums over the same people of a sweep, draw by draw.

    Args:
        choice_set: the concepts; model: of whom tastes are.
        text: which attribute of which concept moves, and how far, such as "Gold.rate=8..12".

    Raises `OptionError` where it says nothing of the kind, or nothing of it was learned.
    """

    def __init__(self, choice_set: ChoiceSet, model: ChoosingModel, text: str) -> None:
        self._choice_set, self._row, self._column, low, high = choice_set, *_read(choice_set, text)
        levels = np.linspace(low, high, STEPS)
        seen = np.maximum(np.abs(model.model.low), np.abs(model.model.high))[self._column]
        others = np.delete(choice_set.levels[:, self._column], self._row)
        slack = 1e-9 * max(1.0, float(seen))
        bottom, top = max(low, others.max() - seen - slack), min(high, others.min() + seen + slack)
        if bottom > top or not model.model.identified[self._column]:
            raise OptionError(
                f"vary {text[:80]!r}: nothing was learned of that; keep {choice_set.attributes[self._column]} within "
                f"{seen:g} of the other concepts'"
            )
        if bottom > low or top < high:
            levels = np.linspace(bottom, top, STEPS)
        self._cut = (low, high) if bottom > low or top < high else None
        self._levels = levels if bottom < top else levels[:1]
        moved = [self._moved(level) for level in self._levels]
        self._apart = tuple(any(self._row in pair for pair in find_apart(model, each)) for each in moved)
        self._tallies = [Tally(model.model.spread, len(choice_set.names)) for _ in self._levels]

    def _moved(self, level: float) -> Floats:
        levels = self._choice_set.levels.copy()
        levels[self._row, self._column] = level
        return levels

    def add(self, draw: int, tastes: Floats) -> None:
        """Take in everybody's tastes in one draw, (people, attributes)."""
        utility = self._choice_set.levels @ tastes.T
        usual = self._choice_set.levels[self._row, self._column]
        for level, tally in zip(self._levels, self._tallies, strict=True):
            moved = utility.copy()
            moved[self._row] += tastes[:, self._column] * (level - usual)
            tally.add(draw, share_out(moved))

    def tell(self) -> Sweep:
        """The sweep."""
        return Sweep(
            concept=self._choice_set.names[self._row],
            attribute=self._choice_set.attributes[self._column],
            usual=float(self._choice_set.levels[self._row, self._column]),
            levels=tuple(map(float, self._levels)),
            shares=tuple(tally.figures() for tally in self._tallies),
            apart=self._apart,
            cut=self._cut,
        )


def _read(choice_set: ChoiceSet, text: str) -> tuple[int, int, float, float]:
    """Which row and column of levels move, and between what."""
    what, _, ends = text.rpartition("=")
    found = RANGE.fullmatch(ends)
    if found is None or not what.strip():
        raise OptionError(f'vary {text[:80]!r}: give a concept, its attribute and a range, such as "Gold.rate=8..12"')
    what = what.strip()
    rows = [row for row, name in enumerate(choice_set.names) if what.startswith(f"{name}.")]
    if not rows:
        raise OptionError(f"vary {text[:80]!r}: {unknown_name('concept', what.partition('.')[0], choice_set.names)}")
    row = max(rows, key=lambda each: len(choice_set.names[each]))
    attribute = what[len(choice_set.names[row]) + 1 :]
    if attribute not in choice_set.attributes:
        raise OptionError(f"vary {text[:80]!r}: {unknown_name('attribute', attribute, choice_set.attributes)}")
    column = choice_set.attributes.index(attribute)
    thing, level = choice_set.words[column]
    for other, (called, own) in enumerate(choice_set.words):
        if level and own and called == thing and other != column and choice_set.levels[row, other]:
            raise OptionError(
                f"vary {text[:80]!r}: {choice_set.names[row]} has {choice_set.attributes[other]}, and would have two "
                f"levels of {thing!r}; move something else"
            )
    low, high = float(found[1]), float(found[2])
    if not low < high or not np.isfinite([low, high]).all():
        raise OptionError(f"vary {text[:80]!r}: the range runs from {low:g} to {high:g}; give the lower end first")
    return row, column, low, high
