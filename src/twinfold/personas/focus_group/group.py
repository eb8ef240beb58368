"""A focus group: what was said round the table, and what it comes to.

Members hear each other and say where they agree. Nobody is talked round: what each would do is decided by the
behaviour, and a group of synthetic customers can't show how real ones sway each other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from twinfold.personas.answer import Answer, Mark
from twinfold.personas.answering import Answering
from twinfold.personas.focus_group.guide import Guide
from twinfold.personas.interview import Interview
from twinfold.personas.questions.plan import Act
from twinfold.personas.questions.words import listed
from twinfold.personas.voices.template import Turn
from twinfold.protocols import Progress, silent

NAMES = "ABCDEFGHIJKL"
"""How members are called: by letters, since a made-up name would be taken for a fact."""


@dataclass(frozen=True)
class Member:
    """Who sits at the table: a letter, and how they introduce themselves."""

    name: str
    introduction: Answer

    @property
    def customer(self) -> str:
        """Their key."""
        return self.introduction.customer

    @property
    def persona(self) -> str:
        """The name of theirs; empty where none was sought."""
        return self.introduction.persona


@dataclass(frozen=True)
class Said:
    """What a member said, and in answer to whom they said that they agree or differ; empty at first."""

    member: str
    answer: Answer
    response: str


@dataclass(frozen=True)
class Round:
    """A question, what everybody said to it, and the moderator's summary."""

    question: str
    said: tuple[Said, ...]
    summary: str


@dataclass(frozen=True, repr=False)
class FocusGroup:
    """A session.

    Attributes:
        title: of it; members: round the table; rounds: in their order.
        notes: what a reader must know; origin: of what it was made.
    """

    title: str
    members: tuple[Member, ...]
    rounds: tuple[Round, ...]
    notes: tuple[str, ...]
    origin: Mapping[str, str]

    def text(self) -> str:
        """The transcript in words."""
        lines = [self.title, ""]
        for member in self.members:
            kind = f" ({member.persona})" if member.persona else ""
            lines.append(f"{member.name}, customer {member.customer}{kind}: {member.introduction.text}")
        for each in self.rounds:
            lines += ["", f"Moderator: {each.question}"]
            for said in each.said:
                response = f" {said.response}" if said.response else ""
                lines.append(f"{said.member}: {said.answer.text}{response} [{said.answer.said_mark}]")
            lines.append(f"Moderator: {each.summary}")
        return "\n".join([*lines, "", *self.notes])

    def record(self) -> dict[str, Any]:
        """Everything as JSON can say it."""
        return {
            "title": self.title,
            "members": [
                {"name": m.name, "customer": m.customer, "persona": m.persona, "introduction": m.introduction.record()}
                for m in self.members
            ],
            "rounds": [
                {
                    "question": each.question,
                    "said": [
                        {"member": s.member, "answer": s.answer.record(), "response": s.response} for s in each.said
                    ],
                    "summary": each.summary,
                }
                for each in self.rounds
            ],
            "notes": list(self.notes),
            "origin": dict(self.origin),
        }

    def __repr__(self) -> str:
        return f"<FocusGroup: {len(self.members)} members, {len(self.rounds)} questions>"

    def _repr_html_(self) -> str:
        from twinfold.personas.focus_group.page import embed_focus_group

        return embed_focus_group(self)


def hold_group(
    answering: Answering,
    guide: Guide,
    *,
    among: np.ndarray[Any, np.dtype[np.int64]],
    origin: Mapping[str, str],
    progress: Progress = silent,
) -> FocusGroup:
    """Hold a session.

    Args:
        answering: the customers, with their personas where these were sought.
        guide: what they are asked.
        among: the places of those who may be invited, (customers,); nobody is twice.
        origin: of what all this was made.
        progress: told how far the session has come.

    Raises `VoiceError` where the voice can't speak.
    """
    places = invite(answering, guide.seats, among)
    talks = [Interview(answering, answering.memory.keys[place]) for place in places]
    members = tuple(Member(name, talk.ask("Who are you?")) for name, talk in zip(NAMES, talks, strict=False))
    questions = [question for topic in guide.topics for question in (topic.question, *topic.probes)]
    rounds = []
    for number, question in enumerate(questions):
        progress("moderating", number / len(questions))
        rounds.append(_go_round(question, number, members, talks))
    progress("moderating", 1.0)
    notes = (
        f"{len(members)} customers are no sample: what they say shows reasons, not shares. Ask many for those.",
        "Nobody is talked round: what each would do is decided before words are found; hearing others changes nothing.",
    )
    return FocusGroup(guide.title, members, tuple(rounds), notes, origin)


def invite(answering: Answering, seats: int, among: np.ndarray[Any, np.dtype[np.int64]]) -> list[int]:
    """The places of those who are invited: every persona in turn, the largest first, drawn by the seed."""
    rng = np.random.default_rng([answering.seed, 0x0F0C])
    drawn = rng.permutation(np.unique(among))
    if not len(answering.personas):
        return [int(place) for place in drawn[:seats]]
    kinds: dict[str, list[int]] = {}
    for place in drawn.tolist():
        kinds.setdefault(answering.personas[place], []).append(place)
    queues = sorted(kinds.values(), key=lambda each: -len(each))
    out: list[int] = []
    while len(out) < seats and any(queues):
        for queue in queues:
            if queue and len(out) < seats:
                out.append(queue.pop())
    return out


def _go_round(question: str, number: int, members: Sequence[Member], talks: Sequence[Interview]) -> Round:
    """A question round the table; who begins changes with every question."""
    answering = talks[0].answering
    reasons = answering.understand(question).act is Act.WHY  # these are told apart by their words alone
    said: list[Said] = []
    for step in range(len(members)):
        place = (number + step) % len(members)
        answer = talks[place].ask(question)
        said.append(Said(members[place].name, answer, "" if reasons else _respond(answer, said, answering.seed)))
    return Round(question, tuple(said), _thank(said) if reasons else _summarise(said))


def _respond(answer: Answer, before: Sequence[Said], seed: int) -> str:
    """Whom of those who spoke before a member agrees with, or differs from: by what was answered, never by wording."""
    value = answer.value
    spoke = [each for each in before if each.answer.value is not None]
    if value is None or not spoke:
        return ""
    turn = Turn(seed, answer.customer, answer.question)
    same = [each.member for each in spoke if each.answer.value == value]
    if isinstance(value, float) and not same:
        numbers = [each.answer.value for each in spoke if isinstance(each.answer.value, float)]
        if value < min(numbers, default=value):
            return turn.pick(("That's less than anybody said so far.", "So far nobody has less."), "less")
        if value > max(numbers, default=value):
            return turn.pick(("That's more than anybody said so far.", "So far nobody has more."), "more")
        return ""
    other = [each.member for each in spoke if each.answer.value != value]
    agrees = isinstance(value, float) or (bool(same) and len(same) >= len(other))
    whom = listed(same if agrees else other)
    if answer.mark is Mark.DATA:
        return turn.pick((f"Same as {whom}.", f"Like {whom}."), "same") if agrees else f"Unlike {whom}."
    if agrees:
        return turn.pick((f"I'm with {whom} there.", f"Like {whom}."), "same")
    return turn.pick((f"I see that otherwise than {whom}.", f"There I differ from {whom}."), "other")


def _summarise(said: Sequence[Said]) -> str:
    """What a round comes to, in the moderator's words."""
    answered = [each for each in said if each.answer.mark is not Mark.NONE]
    values = [each.answer.value for each in answered if each.answer.value is not None]
    if not values:
        return _thank(said)
    left = _left(said)
    if all(isinstance(value, bool) for value in values):
        yes = [each.member for each in answered if each.answer.value is True]
        no = [each.member for each in answered if each.answer.value is False]
        return f"{len(yes)} of {len(values)} say yes{f' ({listed(yes)})' if yes and no else ''}.{left}"
    if all(isinstance(value, float) for value in values):
        numbers = sorted(float(value) for value in values if isinstance(value, float))
        return f"Between {numbers[0]:,.6g} and {numbers[-1]:,.6g}.{left}"
    counts: dict[str, list[str]] = {}
    for each in answered:
        counts.setdefault(str(each.answer.value), []).append(each.member)
    ranked = sorted(counts.items(), key=lambda pair: -len(pair[1]))
    return f"{'; '.join(f'{value[:60]}: {listed(names)}' for value, names in ranked[:6])}.{left}"


def _thank(said: Sequence[Said]) -> str:
    """The end of a round whose answers don't add up to anything."""
    answered = any(each.answer.mark is not Mark.NONE for each in said)
    return f"Thank you.{_left(said)}" if answered else "Nobody could answer that."


def _left(said: Sequence[Said]) -> str:
    """How many had no answer."""
    none = sum(each.answer.mark is Mark.NONE for each in said)
    return f" {none} had no answer." if none else ""
