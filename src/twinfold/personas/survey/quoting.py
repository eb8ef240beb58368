"""Quoting: each answer in a sentence of the template voice, and which ones are shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import polars as pl

from twinfold.personas.memory.truth import TRUTHS
from twinfold.personas.questions.words import fold, listed, readable
from twinfold.personas.survey.panel import Panel
from twinfold.personas.survey.responses import Responses
from twinfold.personas.survey.results import Quote
from twinfold.personas.survey.specification import BETWEEN, NONE_OF_THESE
from twinfold.personas.voices import template
from twinfold.personas.voices.template import Turn

SHOWN, SHOWN_ALONE = 2, 6
"""Quotes that are shown of each persona, and where none were sought, of everybody."""


def quote_records(found: Responses, panel: Panel, name: str) -> Responses:
    """Responses with a sentence for each answer: of a column that is called `name`, what it is; else the answer."""
    if not name or found.item.cuts:
        return quote_options(found, panel)
    called, question = readable(name.partition(": ")[2] or name), found.item.question
    quotes = [
        template.say_attribute(Turn(panel.seed, key, question), called, said or "", TRUTHS.get(fold(said or "")))
        for key, said in zip(panel.keys, found.said.to_list(), strict=True)
    ]
    return replace(found, quote=pl.Series(quotes, dtype=pl.String))


def quote_options(found: Responses, panel: Panel) -> Responses:
    """Responses with a sentence for each answer that says it."""
    question, several = found.item.question, found.item.kind == "multiple"
    quotes = [
        say_options(Turn(panel.seed, key, question), said.split(BETWEEN) if several else [said]) if said else None
        for key, said in zip(panel.keys, found.said.to_list(), strict=True)
    ]
    return replace(found, quote=pl.Series(quotes, dtype=pl.String))


def say_options(turn: Turn, said: Sequence[str]) -> str:
    """The options that a customer names, in a sentence."""
    if [*said] == [NONE_OF_THESE]:
        return turn.pick(("None of these.", "None of these, for me.", "I'd say none of these."))
    what = listed([f"“{each}”" for each in said])
    return turn.pick((f"I'd say {what}.", f"{what}, for me.", f"My answer is {what}.", f"Put me down for {what}."))


def pick_quotes(found: Responses, panel: Panel) -> list[int]:
    """Who is quoted, by their places in the panel: some of each persona, as the luck of the item has it."""
    if found.quote is None or found.reason:
        return []
    there = found.answered & found.quote.is_not_null().to_numpy()
    order = np.argsort(panel.luck(f"{found.item.id}, quoted"), kind="stable")
    groups: Sequence[str] = panel.groups or ("",)
    most = SHOWN if panel.groups else SHOWN_ALONE
    out: list[int] = []
    for group in groups:
        own = panel.members(group) & there
        out += order[own[order]][:most].tolist()
    return out


def take_quotes(found: Responses, panel: Panel, chosen: Sequence[int], voices: Sequence[str]) -> tuple[Quote, ...]:
    """The quotes of some; `voices`: whose words each is in, (chosen,)."""
    assert found.quote is not None or not chosen
    open_words = found.item.kind == "open"
    return tuple(
        Quote(
            panel.memory.keys[int(panel.places[place])],
            str(panel.persona[place]),
            "" if open_words else str(found.said[place]),
            str(found.quote[place]),  # type: ignore[index]
            str(voice),
        )
        for place, voice in zip(chosen, voices, strict=True)
    )
