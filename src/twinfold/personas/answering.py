"""Answering: a question is understood, the record or a behaviour is asked, and only then words are found.

Every answer carries what it rests on. With a language model as the voice nothing else changes: its words are checked
against the same facts, asked for again where they claim what is not borne out, and then left for the template's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from twinfold.behaviour.behaviour import Behaviour
from twinfold.behaviour.choosing import ChoosingModel
from twinfold.errors import OptionError, SpecificationError, TwinfoldError, unknown_name
from twinfold.personas.answer import Answer, Mark
from twinfold.personas.committing import Committing, refuse
from twinfold.personas.deciding import Deciding
from twinfold.personas.knowing import Knowing
from twinfold.personas.memory.fact import Fact, FactKind
from twinfold.personas.memory.memory import Memory
from twinfold.personas.offer import Offer
from twinfold.personas.offering import find_offered
from twinfold.personas.questions.glossary import Glossary
from twinfold.personas.questions.lexicon import Lexicon
from twinfold.personas.questions.plan import LEDGER, Act, Plan
from twinfold.personas.questions.reading import Scene, understand
from twinfold.personas.questions.words import readable
from twinfold.personas.recounting import Recounting
from twinfold.personas.speaking import Draft, Drafts, speak
from twinfold.personas.voices.template import Turn
from twinfold.personas.voices.voice import Voice

if TYPE_CHECKING:
    import numpy.typing as npt

    Places = npt.NDArray[np.int64]

HANDED = 15
"""Facts that a voice is handed for one answer, at most."""


@dataclass(frozen=True)
class Context:
    """What a conversation has come to: its questions and answers, the last plan, and the last that asked to decide."""

    said: tuple[tuple[str, str], ...] = ()
    before: Plan | None = None
    decided: Plan | None = None


@dataclass(frozen=True)
class Response:
    """What customers say to a question.

    Attributes:
        answers: one each, in their order; heard: how the question was understood, with what was put to them.
        average: what a behaviour expects of them on average, with its 95 % interval; None where none was asked.
        notes: what a user must know.
    """

    answers: tuple[Answer, ...]
    heard: str
    average: tuple[float, float, float] | None
    notes: tuple[str, ...]


class Answering:
    """Customers who answer.

    Args:
        memory: what they know.
        behaviours: by name, what they would do.
        offer: what is put to them.
        glossary: how people call what the columns hold.
        voice: whose words are used; None are the template's. opinions: whether it is asked what nothing else answers.
        personas: of each customer, the name of their persona, (customers,); none where they were not sought.
        portraits: of each persona, what is said of it.
        seed: of who says yes, and of words.
    """

    def __init__(
        self,
        memory: Memory,
        behaviours: Mapping[str, Behaviour] | None = None,
        *,
        offer: Offer | None = None,
        glossary: Glossary | None = None,
        voice: Voice | None = None,
        opinions: bool = False,
        personas: Sequence[str] = (),
        portraits: Mapping[str, Sequence[str]] | None = None,
        seed: int = 0,
    ) -> None:
        self.memory, self.offer, self.voice, self.seed = memory, offer or Offer(), voice, seed
        self.opinions, self.personas, self.portraits = opinions, personas, portraits or {}
        self.deciding = Deciding(memory, behaviours or {}, seed)
        self._check_terms()
        self.lexicon = Lexicon(memory, glossary)
        self.knowing = Knowing(memory, self.lexicon)
        self._recounting = Recounting(memory, self.lexicon, self.knowing, personas)
        self._committing = Committing(self.deciding, self.offer, self.lexicon)
        kinds = {isinstance(each.model, ChoosingModel) for each in self.deciding.behaviours.values()}
        self.scene = Scene(
            self.lexicon,
            offered=find_offered(self.offer, self.deciding.behaviours),
            decides=False in kinds,
            chooses=True in kinds and bool(self.offer.options),
            documents=bool(memory.clauses),
        )

    def _check_terms(self) -> None:
        """Raise `SpecificationError` where the offer has a term that no behaviour looks at."""
        behaviours = self.deciding.behaviours
        known = {column.name: None for each in behaviours.values() for column in each.columns}
        for term in self.offer.terms if behaviours else ():
            if term not in known:
                among = f"behaviour{'s' if len(behaviours) > 1 else ''} {', '.join(behaviours)}"
                raise SpecificationError(f"the offer's {unknown_name('term', term, known, among=among)}")

    def understand(self, question: str, context: Context | None = None) -> Plan:
        """What a question asks for. Raises `OptionError` where it has no words."""
        if not isinstance(question, str) or not question.strip():
            said = "empty" if isinstance(question, str) else repr(question)
            raise OptionError(f'the question is {said}; ask one in words, such as "How old are you?"')
        return understand(question, self.scene, context.before if context else None)

    def ask(self, question: str, whom: Places, context: Context | None = None) -> list[Answer]:
        """What some customers say to a question.

        Args:
            question: in words.
            whom: the places of the customers, (customers,).
            context: of a conversation with one of them.

        Returns:
            An answer each, in their order; of a question that is not understood, answers that say so.

        Raises `OptionError` where the question has no words, `VoiceError` where the voice can't speak at all.
        """
        return list(self.respond(question, self.understand(question, context), whom, context).answers)

    def respond(self, question: str, plan: Plan, whom: Places, context: Context | None = None) -> Response:
        """What some customers say to a question that was understood as a plan, with what a behaviour expects of all."""
        whom = np.asarray(whom, np.int64)
        turns = [Turn(self.seed, self.memory.keys[place], question) for place in whom.tolist()]
        found = self._draft(plan, whom, turns, context or Context())
        answers = [
            Answer(
                customer=turn.customer,
                persona=self._persona(place),
                question=question,
                text=draft.text,
                mark=draft.mark,
                value=draft.value,
                estimate=draft.estimate,
                evidence=draft.evidence,
            )
            for turn, place, draft in zip(turns, whom.tolist(), found.each, strict=True)
        ]
        if self.voice is not None:
            known = [self._known(*each, question) for each in zip(whom.tolist(), found.each, strict=True)]
            answers = speak(
                self.voice,
                answers,
                found.each,
                known,
                context.said if context else (),
                levels=self.knowing.levels,
                allowed=self._allowed(),
                opinions=self.opinions,
            )
        put = ", ".join(f"{readable(column)} {value}" for column, value in found.put)
        return Response(tuple(answers), f"{plan.heard}{f', at {put}' if put else ''}", found.average, found.notes)

    def _draft(self, plan: Plan, whom: Places, turns: Sequence[Turn], context: Context) -> Drafts:
        try:
            if plan.act in (Act.DECIDE, Act.CHOOSE):
                return self._committing.decide(plan, whom, turns)
            if plan.act is Act.WHY and context.decided is not None:
                return self._committing.decide(replace(context.decided, why=True), whom, turns)
            return Drafts(self._recount(plan, whom, turns, context))
        except TwinfoldError as error:
            return Drafts(refuse(turns, str(error)))

    def _recount(self, plan: Plan, whom: Places, turns: Sequence[Turn], context: Context) -> list[Draft]:
        recounting, act = self._recounting, plan.act
        if act in LEDGER:
            return recounting.ledger(plan, whom, turns)
        if act in (Act.ATTRIBUTE, Act.CHECK):
            return recounting.attributes(plan, whom, turns)
        if act is Act.INTRODUCE:
            return recounting.introduce(whom, turns)
        if act is Act.HOLDINGS:
            return recounting.holdings(whom, turns)
        if act is Act.CLAUSE:
            return recounting.clauses(whom, turns)
        if act is Act.AGAIN and context.said:
            question, answer = context.said[-1]
            return [Draft(f"You asked: “{question}” I said: “{answer}”", Mark.DATA) for _ in turns]
        if act is Act.AGAIN:
            return refuse(turns, "nothing was said before")
        if act is Act.WHY:
            return refuse(turns, "I haven't said what I would do, so there are no reasons to give")
        return refuse(turns, plan.heard)

    def _persona(self, place: int) -> str:
        return self.personas[place] if len(self.personas) else ""

    def _known(self, place: int, draft: Draft, question: str) -> tuple[Fact, ...]:
        """What a voice is handed: what the answer rests on, then what else bears on the question."""
        persona = self._persona(place)
        group = [Fact(FactKind.GROUP, "", persona, None, line, "personas") for line in self.portraits.get(persona, [])]
        more = self.memory.attributes(place) if draft.mark is Mark.NONE else self.knowing.retrieve(place, question)
        return tuple(dict.fromkeys([*draft.evidence, *more, *group[:1]]))[:HANDED]

    def _allowed(self) -> str:
        """Words that any answer may use: the offer's."""
        options = " ".join(f"{option.name} {option.description}" for option in self.offer.options)
        return f"{self.offer.name} {self.offer.description} {options}"
