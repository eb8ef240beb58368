"""Items that are understood by their words, and open ones: customers are asked, and what they say is sorted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import polars as pl

from twinfold.errors import SpecificationError
from twinfold.personas.answer import Answer, Mark
from twinfold.personas.answering import Answering
from twinfold.personas.memory.memory import Memory
from twinfold.personas.questions.plan import Act, Plan
from twinfold.personas.survey.estimated import sort_reasons
from twinfold.personas.survey.knowledge import read_levels, write_numbers
from twinfold.personas.survey.panel import Panel
from twinfold.personas.survey.recorded import pick_levels, pick_numbers, pick_points, picked
from twinfold.personas.survey.responses import Responses, unanswered
from twinfold.personas.survey.specification import Item
from twinfold.tables.schema import Column, Kind

TRIED = 20
"""Customers of whom it is told what a question is about, at most."""


def read_plan(item: Item, answering: Answering) -> Plan:
    """What an item's words ask for; the reasons of a decision are asked for with the decision."""
    plan = answering.understand(item.question)
    return replace(plan, act=Act.DECIDE, why=True) if plan.act is Act.WHY and answering.scene.decides else plan


def find_behaviour(item: Item, plan: Plan, panel: Panel, answering: Answering) -> Item:
    """The same item with the behaviour and the offer that its words are about, where they are about a decision."""
    if plan.act is not Act.DECIDE or item.kind == "open":
        return item
    for answer in answering.respond(item.question, plan, panel.places[:TRIED]).answers:
        if (found := answer.estimate) is not None:
            return item.model_copy(update={"behaviour": found.behaviour, "offer": dict(found.offer)})
    return item


def answer_by_words(item: Item, plan: Plan, panel: Panel, answering: Answering) -> Responses:
    """What a panel says to an item that its words explain."""
    if plan.act is Act.UNKNOWN:
        return unanswered(item, panel.asked, plan.heard)
    answers = answering.respond(item.question, plan, panel.places).answers
    known = [answer for answer in answers if answer.mark is not Mark.NONE]
    if not known:
        return unanswered(item, panel.asked, answers[0].text, texts_of(answers))
    if item.kind == "open":
        return _answer_openly(item, answers)
    if known[0].estimate is not None:
        return unanswered(item, panel.asked, "it is about a choice between options; twinfold concept-test asks those")
    try:
        made = _sort(item, answers, plan, answering.memory)
    except SpecificationError as error:  # nobody named a column that would hold such a thing
        made = str(error)
    if isinstance(made, str):
        return unanswered(item, panel.asked, made)
    return replace(made, quote=texts_of(answers))


def _levels_of(plan: Plan, memory: Memory) -> pl.Series:
    """The levels of the column that a question asks for, whoever has them; none where it asks for no one column."""
    if len(plan.columns) != 1:
        return pl.Series(dtype=pl.String)
    [(table, column)] = plan.columns
    return read_levels(memory[table].values(column)).unique()


def _sort(item: Item, answers: Sequence[Answer], plan: Plan, memory: Memory) -> Responses | str:
    """Answers as the item wants them; in their place, why they are none of its kind."""
    values = [answer.value if answer.mark is not Mark.NONE else None for answer in answers]
    present = [value for value in values if value is not None]
    if not present:
        return "it is answered by words alone; ask it as kind open"
    truths = all(isinstance(value, bool) for value in present)
    numbers = not truths and all(isinstance(value, int | float) for value in present)
    if numbers:
        found = np.array([np.nan if value is None else float(value) for value in values])
        if item.kind == "numeric" or item.cuts:
            return pick_numbers(item, found, None)
        whole = all(float(value).is_integer() for value in present)
        column = Column(name=item.id, kind=Kind.INTEGER if whole else Kind.DECIMAL, physical="Float64")
        levels = write_numbers(found, column)
        return pick_points(item, levels, found) if item.kind == "likert" else pick_levels(item, levels, levels, column)
    if item.kind == "numeric" or item.cuts:
        return f"it is answered by {str(present[0])[:60]!r}, which is no number"
    if truths:
        try:
            yes, no = item.sides()
        except ValueError as why:
            return str(why)
        options = item.choices or (yes, no)
        places = {True: options.index(yes), False: options.index(no)}
        code = np.array([-1 if value is None else places[bool(value)] for value in values])
        return picked(item, options, code)
    levels = pl.Series([None if value is None else str(value) for value in values], dtype=pl.String)
    if item.kind == "likert":
        return pick_points(item, levels, None)
    return pick_levels(item, levels, pl.concat([_levels_of(plan, memory), levels]))


def _answer_openly(item: Item, answers: Sequence[Answer]) -> Responses:
    there = pl.Series([answer.mark is not Mark.NONE for answer in answers])
    texts = texts_of(answers)
    values = [answer.value for answer in answers]
    numbers = [float(v) if isinstance(v, int | float) and not isinstance(v, bool) else np.nan for v in values]
    made = Responses(item, texts.set(~there, None), np.array(numbers), quote=texts)
    known = [answer.estimate for answer in answers if answer.estimate is not None]
    if not known:
        return made
    bounds = [[np.nan] * 3 if e is None else [e.value, e.lower, e.upper] for e in (a.estimate for a in answers)]
    value, lower, upper = np.array(bounds).T
    label = ", ".join(dict.fromkeys(each.label for each in known))
    supported = float(np.mean([each.in_support for each in known]))
    made = replace(made, value=value, lower=lower, upper=upper, mark=Mark.MODEL, label=label, supported=supported)
    return sort_reasons(made, [answer.estimate for answer in answers])


def texts_of(answers: Sequence[Answer]) -> pl.Series:
    """The words of answers, in their order."""
    return pl.Series([answer.text for answer in answers], dtype=pl.String)
