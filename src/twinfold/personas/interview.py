"""An interview: a conversation with one customer, who remembers it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from twinfold.personas.answer import Answer
from twinfold.personas.answering import Answering, Context
from twinfold.personas.questions.plan import Act

REMEMBERED = 20
"""Questions and answers that a voice is told of, the last ones."""


@dataclass(repr=False)
class Interview:
    """A conversation with one customer: each question may go on with the ones before ("and in May?", "why?").

    Attributes:
        answering: those who answer; customer: the key of the one who is asked.
        answers: so far, in their order.
    """

    answering: Answering
    customer: str
    answers: list[Answer] = field(default_factory=list)
    _context: Context = field(default_factory=Context)

    def __post_init__(self) -> None:
        self._place = self.answering.memory.find(self.customer)
        self.customer = self.answering.memory.keys[self._place]

    def ask(self, question: str) -> Answer:
        """What the customer says to a question.

        Raises `OptionError` where the question has no words, `VoiceError` where the voice can't speak at all.
        """
        plan = self.answering.understand(question, self._context)
        if plan.act is Act.DECIDE and not plan.quantities and self._context.decided is not None:
            plan = replace(plan, quantities=self._context.decided.quantities)  # the offer that is spoken of
        [answer] = self.answering.respond(question, plan, np.array([self._place]), self._context).answers
        self.answers.append(answer)
        understood = plan.act not in (Act.UNKNOWN, Act.AGAIN)
        decided = plan if plan.act in (Act.DECIDE, Act.CHOOSE) else self._context.decided
        self._context = Context(
            said=(*self._context.said, (question, answer.text))[-REMEMBERED:],
            before=plan if understood and plan.act is not Act.WHY else self._context.before,
            decided=decided,
        )
        return answer

    def text(self) -> str:
        """The conversation in words."""
        return "\n\n".join(f"Q: {each.question}\nA: {each.text}\n   [{each.said_mark}]" for each in self.answers)

    def record(self) -> dict[str, Any]:
        """The conversation as JSON can say it."""
        return {"customer": self.customer, "answers": [answer.record() for answer in self.answers]}

    def __repr__(self) -> str:
        return f"<Interview with customer {self.customer}: {len(self.answers)} questions>"
