"""Telling: what everybody says in a table of texts, and what each persona says, beside what they do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from twinfold.evaluation.intervals import clopper_pearson
from twinfold.personas.feedback.comparison import compare_means, compare_shares
from twinfold.personas.feedback.doing import compare_doing, compare_within, find_partings
from twinfold.personas.feedback.feedback import Feedback, Quote, Said, ThemeShare, Verdict, Voiced, Within
from twinfold.personas.feedback.hearing import Heard, Hearing, prepare_hearing
from twinfold.personas.feedback.keywords import find_keywords
from twinfold.personas.feedback.themes import Theme
from twinfold.personas.feedback.wording import TOLD, say_often, say_themes, say_tone
from twinfold.personas.people import People
from twinfold.protocols import Progress, silent

if TYPE_CHECKING:
    import numpy.typing as npt

    Flags = npt.NDArray[np.bool_]
    Places = npt.NDArray[np.int64]


def tell(
    heard: Heard,
    people: People,
    group: Places,
    *,
    personas: int,
    rng: np.random.Generator,
    progress: Progress = silent,
) -> tuple[tuple[Feedback, ...], list[tuple[Said, ...]]]:
    """What everybody says, a table of texts each, and what each persona does, the same.

    Args:
        heard: what people say and do; people: who they are.
        group: the persona of each, (people,), from 0; personas: how many there are.
        rng: draws the halves in which themes are sought again.
        progress: told how far the work has come.
    """
    feedback, said = [], [list[Said]() for _ in range(personas)]
    for number, texts in enumerate(heard.texts):
        progress("reading what they say", number / len(heard.texts))
        hearing = prepare_hearing(texts, heard, people, personas=personas, rng=rng)
        feedback.append(tell_all(hearing))
        for place in range(personas):
            said[place].append(tell_one(hearing, group == place))
    if heard.texts:
        progress("reading what they say", 1.0)
    return tuple(feedback), [tuple(each) for each in said]


def tell_all(hearing: Hearing) -> Feedback:
    """What everybody says."""
    texts, keyed = hearing.texts, hearing.keyed
    speaks = hearing.of_units(hearing.every)
    everybody = np.ones(hearing.units, bool)
    within = _within(hearing, everybody, "all") if keyed else ()
    return Feedback(
        source=texts.name,
        column=texts.column,
        texts=len(texts.said),
        people=int(speaks.sum()) if keyed else 0,
        unlinked=texts.unlinked,
        empty=texts.empty,
        linked=f"by {texts.linked.column}" if keyed else f"by {texts.linked.column}, which customers have too",
        of="people" if keyed else "texts",
        span=texts.span,
        tone_by=texts.tone_by,
        complains=texts.complaint is not None,
        all_complain=texts.all_complain,
        speak=float(speaks.mean()) if keyed else None,
        complain=None if texts.complaint is None else float(hearing.of_units(texts.complaint).mean()),
        themes=tuple(_share(hearing, theme) for theme in hearing.themes),
        within=within,
        compared=hearing.compared,
        lines=tuple(_tell_within(within)),
    )


def tell_one(hearing: Hearing, inside: Flags) -> Said:
    """What a persona says, `inside` (people,), and whether it does so."""
    texts, keyed, error = hearing.texts, hearing.keyed, hearing.error
    group, speaks = hearing.group(inside), hearing.of_units(hearing.every)
    complain = None
    if texts.complaint is not None:
        complain = compare_shares(hearing.of_units(texts.complaint), group, error=error)
    themes = tuple(_voice(hearing, theme, inside) for theme in hearing.themes)
    does = compare_doing(hearing.outcomes, inside, error=error)
    own = inside[texts.linked.owner] if keyed else ~hearing.every
    said = Said(
        source=texts.name,
        texts=int(own.sum()),
        people=int((speaks & inside).sum()) if keyed else 0,
        speak=compare_shares(speaks, group, error=error) if keyed else None,
        complain=complain,
        tone=None if texts.tone is None else compare_means(hearing.tones(), group, error=error),
        themes=themes,
        keywords=find_keywords(hearing.terms, hearing.users, speaks, inside, hearing.sought) if keyed else (),
        does=does,
        partings=find_partings(complain, themes, does),
        within=_within(hearing, inside, "those of them") if keyed else (),
        quotes=_quote(hearing, themes, own),
        lines=(),
    )
    return replace(said, lines=tuple(_tell(hearing, said)))


def _share(hearing: Hearing, theme: Theme) -> ThemeShare:
    about, tone = int(theme.about.sum()), hearing.texts.tone
    known = np.empty(0) if tone is None else tone[theme.about & ~np.isnan(tone)]
    share = about / len(theme.about), *clopper_pearson(about, len(theme.about))
    return ThemeShare(theme.name, theme.words, theme.again, about, share, float(known.mean()) if len(known) else None)


def _voice(hearing: Hearing, theme: Theme, inside: Flags) -> Voiced:
    """How a persona speaks, and complains, of a theme."""
    group, complaint = hearing.group(inside), hearing.texts.complaint
    speak = compare_shares(hearing.of_units(theme.about), group, error=hearing.error)
    complain = None
    if complaint is not None:
        complain = compare_shares(hearing.of_units(theme.about & complaint), group, error=hearing.error)
    return Voiced(theme.name, speak, complain)


def _within(hearing: Hearing, inside: Flags, whom: str) -> tuple[Within, ...]:
    says = hearing.says()
    return compare_within(hearing.outcomes, says, inside, verb=hearing.verb, whom=whom, error=hearing.error)


def _quote(hearing: Hearing, themes: Sequence[Voiced], own: Flags) -> tuple[Quote, ...]:
    """Quotes of what a persona speaks of more than everybody, then of what it speaks of most."""
    if hearing.quotable is None:
        return ()
    telling = sorted(themes, key=lambda each: (-each.speak.sign, -each.speak.value))
    by_name = {theme.name: theme for theme in hearing.themes}
    chosen = [by_name[each.theme] for each in telling[: hearing.quotes]]
    return hearing.quotable.choose(own, chosen, hearing.quotes)


def _tell(hearing: Hearing, said: Said) -> list[str]:
    """What a persona says and does, in sentences."""
    every, lines = hearing.texts.all_complain, []
    if said.speak is not None:
        how = "complain" if every else "say something"
        lines.append(f"{said.people:,} of them {how} ({said.source}): {say_often(said.speak)}.")
    if said.complain is not None and not every and not said.does:
        lines.append(f"They complain {say_often(said.complain)}.")
    if said.tone is not None:
        lines.append(say_tone(said.tone))
    lines += say_themes("complain" if every else "speak", [(each.theme, each.speak) for each in said.themes])
    if said.keywords:
        lines.append(f"More than others they say {', '.join(each.term for each in said.keywords)}.")
    for done in said.does:
        own = [each for each in said.partings if each.outcome == done.outcome]
        told = [each for verdict in (Verdict.PART, Verdict.AGREE) for each in own if each.verdict is verdict]
        lines += [each.sentence for each in told[:TOLD] or own[:1]]
    return [*lines, *_tell_within(said.within)]


def _tell_within(within: Sequence[Within]) -> list[str]:
    """Whether those who say something do more: of saying anything at all, and of the themes where that is sure."""
    sure = [each.sentence for each in within if each.about and each.beside.sign]
    return [*(each.sentence for each in within if not each.about), *sure[:TOLD]]
