"""A concept test in words: for a terminal, and as the page says it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from twinfold.evaluation.report.wording import percent, points
from twinfold.personas.answer import Mark
from twinfold.personas.concepts.choice_set import ChoiceSet
from twinfold.personas.concepts.reasons import Reason
from twinfold.personas.concepts.result import ConceptResult, ConceptTest
from twinfold.personas.concepts.specification import Concepts
from twinfold.personas.segmentation import LEAST_PEOPLE
from twinfold.simulation.outcome import Figure

if TYPE_CHECKING:
    import numpy.typing as npt

SETTLED = 0.95
"""A certainty from which on it is settled which concept comes first."""

GROUNDS = {
    "randomised": "Randomised: what customers were asked to weigh did not depend on who they are.",
    "quasi-random": "Quasi-random: what customers were asked to weigh hardly depended on who they are.",
    "observational": "Observational: what customers were asked to weigh depended on who they are, and something "
    "unknown may hide in it.",
}
"""What labels of a choice mean."""

TOLD = 3
"""Reasons for a concept, and against it, that are told in words."""


def share(found: Figure) -> str:
    """A share with its interval.

    >>> share(Figure(0.46, 0.42, 0.5))
    '46.0 % [42.0, 50.0]'
    """
    return f"{percent(found.value)} % [{percent(found.lower)}, {percent(found.upper)}]"


def brought(found: Figure) -> str:
    """How much of the share something brings, in points, with its interval.

    >>> brought(Figure(0.12, 0.1, 0.14))
    '+12.0 points [+10.0, +14.0]'
    """
    return f"{points(found.value)} points [{points(found.lower)}, {points(found.upper)}]"


def sure(certainty: float) -> str:
    """A certainty, never called complete.

    >>> [sure(each) for each in (0.0, 0.42, 0.9996)]
    ['under 1 %', '42 %', 'over 99 %']
    """
    return "under 1 %" if certainty < 0.01 else "over 99 %" if certainty > 0.99 else f"{100 * certainty:.0f} %"


def headline(test: ConceptTest) -> str:
    """Which concept comes first, or that it is not settled."""
    best, second = test.ranking[:2]
    said = f"{best.name} is taken by {share(best.share)} of these people"
    if best.first >= SETTLED:
        return f"{said}, and comes first ({sure(best.first)} certain)."
    return (
        f"{said}, {second.name} by {share(second.share)}. It is not settled which comes first: {best.name} with a "
        f"certainty of {sure(best.first)}, {second.name} with {sure(second.first)}."
    )


def standing(test: ConceptTest) -> str:
    """What the shares rest on, and whether anything like it was asked."""
    said = f"{Mark.MODEL}; {test.label}"
    beyond = [f"{pair.first} and {pair.second}" for pair in test.pairs if pair.apart]
    if not beyond:
        return f"{said}; within what was learned"
    return (
        f"{said}; BEYOND what was learned: nobody was asked to weigh anything like {_list(beyond)} against each other"
    )


def ground(test: ConceptTest) -> str:
    """What it means that shares rest on what they rest on."""
    return GROUNDS.get(test.label, f"{test.label.capitalize()}: see what customers were asked.")


def explain(concept: ConceptResult) -> list[str]:
    """What speaks for a concept and what against it, a sentence each."""
    lines = []
    for_ = [reason for reason in concept.reasons if reason.brings.lower > 0][:TOLD]
    against = [reason for reason in reversed(concept.reasons) if reason.brings.upper < 0][:TOLD]
    if for_:
        lines.append(f"What brings it people: {_list([_bring(reason) for reason in for_])}.")
        top = max(for_, key=lambda reason: reason.strongest.value)
        lines.append(f"The strongest reason of {share(top.strongest)} of those who take it is {top.said}.")
    if against:
        lines.append(f"What costs it people: {_list([_bring(reason) for reason in against])}.")
    return lines or ["Nothing sets it apart that surely moves people."]


def _bring(reason: Reason) -> str:
    return f"{reason.said} {brought(reason.brings)}"


def note(
    concepts: Concepts, choice_set: ChoiceSet, known: npt.NDArray[np.bool_], told: int, answered: int
) -> tuple[str, ...]:
    """What a user must know of a concept test.

    Args:
        concepts, choice_set: what was asked.
        known: (people,) who was learned.
        told: of how many people reasons are told; answered: how many answered.
    """
    people, own = len(known), int(known.sum())
    notes = [
        "Everybody takes one. The choice was learned of people who took one of two, so nothing here says how many "
        "would take none, and no such option is made up.",
        "The choice decides, by attributes alone. Names and descriptions are shown, and move nobody.",
        _note_tastes(concepts, people, own),
        "Words are put together from a customer's taste by a template. Nobody said them, and they decide nothing.",
        "Those who are quoted are people of this very file: if its customers are real, so are they. Give synthetic "
        "ones before you hand the page on.",
        f"{answered:,} customers answer once each, drawn by their own taste and luck, so single answers vary more than "
        "shares. Who they are, and their luck, stay the same when a concept changes.",
    ]
    if told < people:
        notes.append(f"Reasons, and shares as an attribute moves, are told of {told:,} of them, drawn by lot.")
    if concepts.personas and own < people:
        notes.append(
            "Nothing that is known of a customer moves the taste of those who were not learned: personas of such "
            f"people do not differ, and those with fewer than {LEAST_PEOPLE} learned customers have no numbers."
        )
    if not choice_set.features:
        notes.append("Nothing sets the concepts apart: they share alike.")
    return tuple(notes)


def _note_tastes(concepts: Concepts, people: int, known: int) -> str:
    if concepts.customer is None:
        return "Each has the taste of somebody drawn from all: no column was named by which customers are known."
    if known == people:
        return f"All of these people are among the learned (by {concepts.customer}), and have their own taste."
    return (
        f"{known:,} of these {people:,} people are among the learned (by {concepts.customer}), and have their own "
        f"taste; {people - known:,} have that of somebody drawn from all."
    )


def tell(test: ConceptTest) -> str:
    """The test in some lines."""
    lines = [f"{test.title}: {headline(test)}", f"({standing(test)}.)"]
    for concept in test.ranking:
        lines.append(
            f"\n{concept.name}: {share(concept.share)}; first with a certainty of {sure(concept.first)}; "
            f"of the learned customers {share(concept.learned)}."
        )
        lines += [f"  {line}" for line in explain(concept)]
        lines += [f'  "{quote.sentence}"' for quote in test.quotes if quote.concept == concept.name][:2]
    if len(test.concepts) > 2:
        lines.append("\nTwo alone:")
        lines += [f"  {pair.first} before {pair.second}: {share(pair.share)}" for pair in test.pairs]
    for persona in test.personas:
        lines.append(f"\n{persona.name} ({persona.people:,} people, {persona.known:,} of them learned):")
        if persona.shares is None:
            lines.append("  not told apart from the others: hardly any of them were learned")
            continue
        lines += [
            f"  {concept.name}: {share(found)}" for concept, found in zip(test.concepts, persona.shares, strict=True)
        ]
    return "\n".join([*lines, "", *test.notes])


def _list(told: list[str]) -> str:
    return told[0] if len(told) == 1 else f"{', '.join(told[:-1])} and {told[-1]}"
