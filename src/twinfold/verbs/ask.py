"""Ask customers: `twinfold ask`, `twinfold interview`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from twinfold.personas.answer import Answer
from twinfold.personas.answers import Answers
from twinfold.personas.interview import Interview
from twinfold.personas.offer import Offer
from twinfold.personas.persona import Personas
from twinfold.personas.questions.glossary import Glossary
from twinfold.personas.voices.voice import Voice
from twinfold.protocols import Progress, silent
from twinfold.tables.schema import Schema
from twinfold.verbs.audience import Audience, Behaviours, Paths, gather_audience

__all__ = ["Answer", "Answers", "Interview", "ask", "interview"]

ASKED = 50
"""Customers who are asked where nobody says how many."""


def ask(
    population: Any,
    question: str,
    *,
    who: str | None = None,
    customers: Sequence[str | int] = (),
    n: int | None = ASKED,
    behaviours: Behaviours = (),
    offer: Offer | Mapping[str, object] | str | Path | None = None,
    words: Glossary | Mapping[str, object] | str | Path | None = None,
    documents: Paths = (),
    voice: Voice | None = None,
    opinions: bool = False,
    personas: Personas | bool = False,
    schema: Schema | str | Path | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> Answers:
    """Ask customers a question, and hear what they say, what it rests on, and how far it may be believed.

    A question is understood by its words: what a customer is or has, what they did and when, what documents say, and,
    with a behaviour, whether they would take what is offered, and why. What they would do is decided by the behaviour;
    words come after it.

    Args:
        population: the customers, synthetic or real: a file, a folder of linked tables, a database, or frames.
        question: in words.
        who: a condition on their own columns; None asks among all.
        customers: keys of those who are asked, in the place of `who` and `n`.
        n: how many are asked, drawn by the seed; None is everybody.
        behaviours: what was learned of what customers do, as `calibrate` makes it: files, or by name.
        offer: what is put to them: an `offer.toml`, or a mapping of what would stand in one.
        words: how people call what the columns hold: a TOML file with [columns], [tables] and [levels], or a mapping.
        documents: files or folders of what they may have read: Markdown, text, PDF.
        voice: whose words they use; None is the template's, which needs no model. Numbers are the same in all voices.
        opinions: whether the voice is asked what neither the data nor a behaviour answers; such words are marked.
        personas: of them, already found, by which answers are told apart; True finds them.
        schema: what the columns are, or a `schema.toml`; None finds out.
        seed: the same gives the same customers, answers and words.
        progress: told how far the work has come.

    Raises:
        OptionError, ConditionError, DataError, SpecificationError, ModelFileError: what is given can't be read, or
            holds for nobody; VoiceError: the voice can't speak.
    """
    audience = gather_audience(
        population,
        behaviours=behaviours,
        offer=offer,
        words=words,
        documents=documents,
        voice=voice,
        opinions=opinions,
        personas=personas,
        schema=schema,
        seed=seed,
        progress=progress,
    )
    return ask_audience(audience, question, audience.choose(n, who, customers), progress)


def ask_audience(
    audience: Audience, question: str, whom: np.ndarray[Any, np.dtype[np.int64]], progress: Progress = silent
) -> Answers:
    """Ask some of an audience a question; see `ask`."""
    answering = audience.answering
    progress("answering", 0.0)
    found = answering.respond(question, answering.understand(question), whom)
    progress("answering", 1.0)
    answers, notes = found.answers, list(found.notes)
    notes += [
        "Whether single customers say yes is drawn once from what the behaviour expects of them: believe the average."
        for _ in answers[:1]
        if answers[0].estimate is not None and answers[0].estimate.yes is not None
    ]
    withdrawn = sum(bool(answer.withdrawn) and answer.voice == "template" for answer in answers)
    if withdrawn:
        notes.append(f"{withdrawn:,} answers stand in the template's words: the voice claimed what nothing bears out.")
    return Answers(
        question=question,
        heard=found.heard,
        answers=answers,
        people=audience.memory.count,
        average=found.average,
        notes=tuple(notes),
        origin=audience.origin,
    )


def interview(
    population: Any,
    customer: str | int | None = None,
    *,
    who: str | None = None,
    behaviours: Behaviours = (),
    offer: Offer | Mapping[str, object] | str | Path | None = None,
    words: Glossary | Mapping[str, object] | str | Path | None = None,
    documents: Paths = (),
    voice: Voice | None = None,
    opinions: bool = False,
    personas: Personas | bool = False,
    schema: Schema | str | Path | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> Interview:
    """Begin a conversation with one customer, who remembers it: `.ask("…")` gives an answer.

    Args:
        customer: their key; None is one drawn by the seed among those whom `who` holds for.
        population, who, behaviours, offer, words, documents, voice, opinions, personas, schema, seed,
            progress: as of `ask`.

    Raises as `ask` does.
    """
    audience = gather_audience(
        population,
        behaviours=behaviours,
        offer=offer,
        words=words,
        documents=documents,
        voice=voice,
        opinions=opinions,
        personas=personas,
        schema=schema,
        seed=seed,
        progress=progress,
    )
    if customer is None:
        customer = audience.memory.keys[int(audience.choose(1, who)[0])]
    return Interview(audience.answering, str(customer))
