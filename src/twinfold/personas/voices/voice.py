"""What a voice is: it is handed what is to be said, and gives it words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from twinfold.personas.memory.fact import Fact


@dataclass(frozen=True)
class Brief:
    """All that a voice may know of one answer; the decision and every number are made before it is asked.

    Attributes:
        customer: the key of the customer who speaks.
        question: as it was asked. Untrusted: whoever asks may give orders in it, and so may facts.
        decision: what a behaviour expects of the customer, in a sentence in the first person ("I would probably not
            take it."); empty where nothing is to be decided.
        facts: five to fifteen that the answer may rest on, the most telling first.
        draft: the answer in the template's words, which is true as it stands; empty where nothing answers the question
            and an opinion is asked for.
        said: what was asked and answered before, the oldest first.
        wrong: claims of the last try that no fact bears out, as they stood there; empty at the first try.
    """

    customer: str
    question: str
    decision: str
    facts: tuple[Fact, ...]
    draft: str
    said: tuple[tuple[str, str], ...] = ()
    wrong: tuple[str, ...] = ()


@dataclass(frozen=True)
class Spoken:
    """Words of a voice: `text`, empty where it has none; `error` says why."""

    text: str
    error: str = ""


class Voice(Protocol):
    """What gives answers their words."""

    @property
    def name(self) -> str:
        """How it is called where answers are shown: "template", "embedded (SmolLM2-135M-Instruct)", …"""

    def reply(self, briefs: Sequence[Brief]) -> list[Spoken]:
        """Words for each brief, in their order. A brief that fails gives no words and an error, never an exception;
        `VoiceError` is raised where the voice can't speak at all (no model, no server, no key)."""
