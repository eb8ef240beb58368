"""Speaking: drafts put into a voice's words, each of which is checked before anybody hears it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from twinfold.personas.answer import Answer, Estimate, Mark
from twinfold.personas.claims.checking import unsupported
from twinfold.personas.claims.ground import Ground
from twinfold.personas.memory.fact import Fact, FactKind
from twinfold.personas.voices.voice import Brief, Voice

TRIES = 2
"""How often a voice is asked for one answer, the first time included."""


@dataclass(frozen=True)
class Draft:
    """An answer before anybody has given it words of their own: see `answer.Answer`; `lead` is its decision, in a
    sentence."""

    text: str
    mark: Mark
    value: float | bool | str | None = None
    evidence: tuple[Fact, ...] = ()
    estimate: Estimate | None = None
    lead: str = ""


@dataclass(frozen=True)
class Drafts:
    """The drafts of several customers.

    Attributes:
        each: in their order.
        put: what was put to all of them, by column; none where nothing was decided.
        average: what a behaviour expects of them on average, with its 95 % interval; None where it can't say.
        notes: what a user must know.
    """

    each: Sequence[Draft]
    put: tuple[tuple[str, float | str], ...] = ()
    average: tuple[float, float, float] | None = None
    notes: tuple[str, ...] = ()


def speak(
    voice: Voice,
    answers: Sequence[Answer],
    drafts: Sequence[Draft],
    known: Sequence[tuple[Fact, ...]],
    said: Sequence[tuple[str, str]],
    *,
    levels: Collection[str],
    allowed: str,
    opinions: bool = False,
) -> list[Answer]:
    """Answers in a voice's words where these are borne out, else in the template's.

    Args:
        voice: whose words.
        answers: in the template's words; drafts: what they were made of.
        known: the facts that each may rest on, five to fifteen.
        said: what was asked and answered before.
        levels: all levels that anybody has, folded; allowed: words of the offer.
        opinions: whether the voice is asked what nothing else answers; its words are marked as an opinion.

    Returns:
        The answers in their order. Values and evidence are as they were; only words differ, and an opinion's mark.
    """
    out = list(answers)
    open_ones = [place for place, draft in enumerate(drafts) if opinions or draft.mark is not Mark.NONE]
    wrong: dict[int, tuple[str, ...]] = {}
    for _ in range(TRIES):
        if not open_ones:
            break
        briefs = [_brief(answers[p], drafts[p], known[p], said, wrong.get(p, ())) for p in open_ones]
        again = []
        for place, spoken in zip(open_ones, voice.reply(briefs), strict=True):
            answer, draft = answers[place], drafts[place]
            words = " ".join(spoken.text.split())
            ground = make_ground(answer, draft.text, known[place], levels=levels, allowed=allowed)
            found = unsupported(words, ground) if words else (spoken.error or "no words",)
            if not found and words == draft.text:  # what was only repeated is the template's
                out[place] = answer
                continue
            if not found:
                mark = Mark.OPINION if draft.mark is Mark.NONE else answer.mark
                out[place] = replace(answer, text=words, voice=voice.name, mark=mark)
                continue
            wrong[place] = found
            out[place] = replace(answer, withdrawn=found)
            again.append(place)
        open_ones = again
    return out


def _brief(
    answer: Answer,
    draft: Draft,
    known: tuple[Fact, ...],
    said: Sequence[tuple[str, str]],
    wrong: tuple[str, ...],
) -> Brief:
    words = "" if draft.mark is Mark.NONE else draft.text
    return Brief(answer.customer, answer.question, draft.lead, known, words, tuple(said), wrong)


def make_ground(answer: Answer, draft: str, known: Sequence[Fact], *, levels: Collection[str], allowed: str) -> Ground:
    """What the words of an answer are held against.

    Args:
        answer: with its value, its estimate and its evidence; draft: the template's words.
        known: the facts that a voice was handed.
        levels: all levels that anybody has, folded; allowed: words of the offer.
    """
    estimate = answer.estimate
    quoted = bool(answer.evidence) and answer.evidence[0].kind is FactKind.CLAUSE  # its numbers stand beside its words
    return Ground(
        facts=known,
        question=answer.question,
        yes=None if estimate is None else estimate.yes,
        decided=estimate is not None,
        levels=levels,
        allowed=allowed if quoted else f"{allowed} {draft}",
        truth=answer.value if estimate is None and isinstance(answer.value, bool) else None,
        reasons=() if estimate is None else tuple((column, push > 0) for column, push in estimate.reasons),
    )
