"""Particulars: what sets a concept apart from the others in one feature, in words; each number is a concept's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from twinfold.personas.concepts.choice_set import ChoiceSet, Feature

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]


def write_level(value: float) -> str:
    """A level as it was given.

    >>> [write_level(each) for each in (9.0, 0.1 + 0.2, 12_000_000.0, -1.5)]
    ['9', '0.3', '12,000,000', '−1.5']
    """
    return f"{value:,.12g}".replace("-", "−")


def say_level(choice_set: ChoiceSet, concept: int, feature: Feature) -> str:
    """What a concept has of a feature: "low", "yes", "9"; of one of several attributes without words, their levels."""
    if feature.levels:
        return _word(choice_set, concept, feature) or ", ".join(
            f"{choice_set.attributes[place]} {write_level(choice_set.levels[concept, place])}"
            for place in feature.levels
        )
    own, others = _levels(choice_set, concept, feature)
    return ("yes" if own else "no") if _is_switch(own, others) else write_level(own)


def say_particular(choice_set: ChoiceSet, concept: int, feature: Feature) -> str:
    """What is particular about a concept in a feature: "its lower rate (9, not 12)", "its low fee", "having no fee"."""
    if feature.levels:
        return f"its {_word(choice_set, concept, feature)} {feature.name}".replace("  ", " ")
    own, others = _levels(choice_set, concept, feature)
    if _is_switch(own, others):
        return f"its {feature.name}" if own else f"having no {feature.name}"
    return f"its {_beside(own, others)} {feature.name} ({_numbers(own, others)})"


def say_price(choice_set: ChoiceSet, concept: int, feature: Feature) -> str:
    """What somebody takes a concept in spite of: "I'd give up the insurance for it", "I'd put up with its fee"."""
    if not feature.levels:
        own, others = _levels(choice_set, concept, feature)
        if _is_switch(own, others) and not own:
            return f"I'd give up the {feature.name} for it"
    return f"I'd put up with {say_particular(choice_set, concept, feature)}"


def _word(choice_set: ChoiceSet, concept: int, feature: Feature) -> str:
    """The level that a concept has of a feature with levels; empty where it has none that is named, or several."""
    held = [level for place, level in feature.levels.items() if choice_set.levels[concept, place] == 1]
    if not held:
        return "" if choice_set.levels[concept, [*feature.levels]].any() else feature.otherwise
    return held[0] if len(held) == 1 else ""


def _levels(choice_set: ChoiceSet, concept: int, feature: Feature) -> tuple[float, Floats]:
    """The concept's own level of a feature of one attribute, and those of the others, (concepts - 1,)."""
    levels = choice_set.levels[:, feature.places[0]]
    return float(levels[concept]), np.delete(levels, concept)


def _is_switch(own: float, others: Floats) -> bool:
    """Whether a feature is there, or is not."""
    return own in (0, 1) and bool(np.isin(others, (0, 1)).all())


def _beside(own: float, others: Floats) -> str:
    mean = others.mean()
    return "lower" if own < mean else "higher" if own > mean else "middling"


def _numbers(own: float, others: Floats) -> str:
    low, high = write_level(others.min()), write_level(others.max())
    if low == high:
        return f"{write_level(own)}, not {low}"
    return f"{write_level(own)}; the others {low} to {high}"
