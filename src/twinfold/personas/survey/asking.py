"""Asking: each item goes to where its answers come from, and comes back as responses with their words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from twinfold.behaviour.behaviour import Behaviour
from twinfold.errors import SpecificationError
from twinfold.personas.answering import Answering
from twinfold.personas.offer import Offer, Terms
from twinfold.personas.questions.plan import Plan
from twinfold.personas.survey.estimated import answer_from_behaviour, check_behaviour, estimate
from twinfold.personas.survey.expectations import DECIDE, Expectations
from twinfold.personas.survey.knowledge import Knowledge
from twinfold.personas.survey.panel import Panel
from twinfold.personas.survey.placed import answer_by_meaning
from twinfold.personas.survey.quoting import pick_quotes, quote_options, quote_records, take_quotes
from twinfold.personas.survey.recorded import answer_from_records
from twinfold.personas.survey.responses import Responses, unanswered
from twinfold.personas.survey.results import ItemResult, count_item
from twinfold.personas.survey.scaled import Cut, answer_on_scale, cut_scale
from twinfold.personas.survey.specification import Item
from twinfold.personas.survey.understood import answer_by_words, find_behaviour, read_plan
from twinfold.personas.voices.template import NAME
from twinfold.personas.voices.voice import Voice
from twinfold.protocols import Progress

if TYPE_CHECKING:
    from twinfold.personas.survey.meaning_scale import Embed


@dataclass(frozen=True)
class Asker:
    """Whoever asks.

    Attributes:
        panel: who is asked; knowledge: what is recorded of them by name; expectations: what behaviours say of them;
            answering: what they say to a question.
        offer: what is put to them where an item says nothing of it.
        voice: that gives open quotes their words; None are the template's. embed: what texts mean, read when needed.
        beside: the folder in which labelled answers are; progress: told how far the work has come.
    """

    panel: Panel
    knowledge: Knowledge
    expectations: Expectations
    answering: Answering
    offer: Offer
    voice: Voice | None
    embed: Embed
    beside: Path
    progress: Progress
    _cuts: dict[str, Cut] = field(default_factory=dict, repr=False)
    _speakers: dict[str, tuple[Answering, Plan]] = field(default_factory=dict, repr=False)

    def ask_all(self, items: Sequence[Item]) -> list[Responses]:
        """What the panel says to items, in their order; what takes most time is asked last."""
        found: dict[str, Responses] = {}
        for number, item in enumerate(sorted(items, key=_stage)):
            self.progress("asking", number / len(items))
            found[item.id] = self.ask(item)
        self.progress("asking", 1.0)
        return [found[item.id] for item in items]

    def ask(self, item: Item) -> Responses:
        """What the panel says to an item."""
        if item.anchors:
            return answer_by_meaning(item, self.panel, self.voice, self.embed, self.beside, self.progress)
        if _is_recorded(item):
            found = answer_from_records(item, self.panel, self.knowledge)
            return quote_records(found, self.panel, item.column or "")
        if item.behaviour is not None:
            return self._ask_behaviour(item)
        plan = read_plan(item, self.answering)
        meant = find_behaviour(item, plan, self.panel, self.answering)
        if meant.behaviour is not None:
            return self._ask_meant(meant)
        self._speakers[item.id] = self.answering, plan
        return answer_by_words(item, plan, self.panel, self.answering)

    def count(self, found: Responses) -> tuple[ItemResult, Responses]:
        """The result of an item, and its responses with the quotes that a voice gave its words."""
        chosen = pick_quotes(found, self.panel)
        voices = [NAME] * len(chosen)
        if self.voice is not None and chosen and found.item.kind == "open":
            found, voices = self._reword(found, chosen, self.voice)
        return count_item(found, self.panel, take_quotes(found, self.panel, chosen, voices)), found

    def _ask_meant(self, item: Item) -> Responses:
        """What the panel says to an item whose words are about a behaviour, where that can say such a thing."""
        if item.cuts:
            return unanswered(item, self.panel.asked, "it is a decision, answered by yes or no; leave cuts out")
        try:
            check_behaviour(item, self.expectations.behaviours)
            if item.kind == "single":
                item.sides()
        except (SpecificationError, ValueError) as error:  # nobody named a behaviour that would be wrong
            return unanswered(item, self.panel.asked, str(error))
        return self._ask_behaviour(item)

    def _ask_behaviour(self, item: Item) -> Responses:
        terms = self._terms(item)
        if item.kind == "likert":
            return self._ask_scale(item, terms)
        found = answer_from_behaviour(item, self.panel, self.expectations, terms)
        if item.offers:
            return quote_options(found, self.panel)
        if item.kind == "open" and self.voice is not None:
            self._speakers[item.id] = self.expectations.speaker(str(item.behaviour), terms), DECIDE
        return found

    def _ask_scale(self, item: Item, terms: Terms) -> Responses:
        found = estimate(item, self.expectations, terms)
        if isinstance(found, str):
            return unanswered(item, self.panel.asked, found)
        if item.thresholds_of is None:
            self._cuts[item.id] = cut_scale(item, self.panel, self.expectations, terms, self.beside)
        cut = self._cuts.get(item.thresholds_of or item.id)
        if cut is None:
            why = f"it is cut as {item.thresholds_of!r}, which was not answered"
            return unanswered(item, self.panel.asked, why)
        return answer_on_scale(item, self.panel, self.expectations, found, cut)

    def _terms(self, item: Item) -> Terms:
        """What an item puts to everybody: the offer's terms that its behaviour looks at, and its own."""
        name = str(item.behaviour)
        looked_at = {column.name for column in self.expectations.behaviours[name].columns}
        whole = self.offer.terms if self.offer.behaviour in (None, name) else {}
        return {**{column: value for column, value in whole.items() if column in looked_at}, **item.offer}

    def _reword(self, found: Responses, chosen: Sequence[int], voice: Voice) -> tuple[Responses, list[str]]:
        """Responses in which those who are quoted speak in the words of a voice, where these are borne out."""
        speaker, plan = self._speakers[found.item.id]
        self.progress(f"speaking: {found.item.id}", 0.0)
        speaker.voice = voice
        try:
            answers = speaker.respond(found.item.question, plan, self.panel.places[list(chosen)]).answers
        finally:
            speaker.voice = None
        assert found.quote is not None
        quotes = found.quote.to_list()
        for place, answer in zip(chosen, answers, strict=True):
            quotes[place] = answer.text
        voices, notes = [answer.voice for answer in answers], found.notes
        if lost := sum(bool(answer.withdrawn) and answer.voice == NAME for answer in answers):
            notes = (
                *notes,
                f"{lost} quotes stand in the template's words: {voice.name} claimed what nothing bears out.",
            )
        return replace(found, quote=pl.Series(quotes, dtype=pl.String), notes=notes), voices


def check_items(items: Sequence[Item], panel: Panel, knowledge: Knowledge, behaviours: Mapping[str, Behaviour]) -> None:
    """Raise `SpecificationError`, or `ConditionError`, where an item asks for what is not there."""
    for item in items:
        if _is_recorded(item):
            answer_from_records(item, panel, knowledge)
        elif item.behaviour is not None:
            check_behaviour(item, behaviours)


def _is_recorded(item: Item) -> bool:
    """Whether an item is answered from what is recorded."""
    return bool(item.conditions) or item.column is not None or item.formula is not None


def _stage(item: Item) -> int:
    """When an item is asked: records first, then behaviours, words, and a language model last."""
    if item.anchors:
        return 3
    if item.behaviour is not None:
        return 1
    return 0 if _is_recorded(item) else 2
