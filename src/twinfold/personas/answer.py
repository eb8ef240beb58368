"""Answers: what a customer says, what it rests on, and how far it may be believed."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from twinfold.personas.memory.fact import Fact


class Mark(StrEnum):
    """How far an answer may be believed; every answer has one.

    `DATA`: read off the customer's own record or a document. `MODEL`: what a behaviour expects, with its identification
    label. `OPINION`: words of a language model that nothing bears out. `NONE`: there is no answer; its words say why.
    """

    DATA = "the data say"
    MODEL = "the model estimates"
    OPINION = "opinion of a language model, not calibrated"
    NONE = "not answered"


@dataclass(frozen=True)
class Estimate:
    """What a behaviour expects of one customer.

    Attributes:
        outcome: what it is of ("tookup"); value, lower, upper: what is expected, and its 95 % interval.
        yes: whether this customer is one of those who do it, of an outcome of yes and no: drawn once a customer and
            behaviour, so that who takes a dear offer takes a cheaper one; None of a number.
        label: what the effect of what is offered rests on; in_support: whether people like this one were learned under
            an offer like this one.
        behaviour: its name; offer: what was put to it, by column.
        reasons: columns that move it farthest from everybody's, the strongest first, and by how much: log odds of a
            yes, else the outcome's unit.
    """

    outcome: str
    value: float
    lower: float
    upper: float
    yes: bool | None
    label: str
    in_support: bool
    behaviour: str
    offer: tuple[tuple[str, float | str], ...] = ()
    reasons: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True)
class Answer:
    """What one customer says to one question.

    Attributes:
        customer: their key; persona: the name of theirs, empty where none was sought.
        question: as it was asked.
        text: the words.
        mark: how far it may be believed.
        value: the answer itself: a number, a truth, a date as ISO text, a level; None where it is words alone.
        estimate: what a behaviour expects, where it was asked.
        evidence: the facts that it rests on.
        voice: whose words they are; where a language model's were not borne out, the template's, and `withdrawn` says
            what was wrong with them.
    """

    customer: str
    persona: str
    question: str
    text: str
    mark: Mark
    value: float | bool | str | None = None
    estimate: Estimate | None = None
    evidence: tuple[Fact, ...] = ()
    voice: str = "template"
    withdrawn: tuple[str, ...] = ()

    @property
    def said_mark(self) -> str:
        """The mark as people read it: of an estimate with its identification label, and whether it is within what was
        learned."""
        if self.estimate is None:
            return str(self.mark)
        return f"{self.mark} ({self.estimate.label}{'' if self.estimate.in_support else ', beyond what was learned'})"

    def record(self) -> dict[str, Any]:
        """The answer as JSON can say it."""
        out = asdict(self)
        out["mark"] = str(self.mark)
        return out
