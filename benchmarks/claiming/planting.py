"""Planting: true sentences of real customers, and what is made of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache

import numpy as np
import polars as pl

from claiming.falsehoods import Truth, can_fill, fill, pick
from claiming.sayings import SAYINGS, Topic, Wordings, fields
from claiming.slots import Slot, read_slots
from claiming.worlds import ask, choose, ground_of, make_audience
from twinfold.personas.answer import Answer
from twinfold.tables.schema import Kind
from twinfold.verbs.audience import Audience

MORE = 20
"""Times as many customers who are asked what few say yes to, so that both sides are heard."""


@cache
def open_world(world: str) -> Audience:
    return make_audience(world)


def gather_truths(customers: int, seed: int = 0, wordings: Wordings = SAYINGS) -> Iterator[Truth]:
    """True sentences: every saying of each topic that the facts of some customers fill."""
    for topic in wordings.topics:
        audience = open_world(topic.world)
        whom = choose(audience, topic.world, customers * MORE if topic.sided else customers, seed)
        answers, briefs = ask(audience, topic.question, whom)
        levels = read_levels(audience)
        told = [
            (answer, ground, read_slots(ground))
            for answer in answers
            if answer.customer in briefs
            for ground in [ground_of(audience, answer, briefs[answer.customer])]
        ]
        room = {side: customers if side is None else customers // 2 for side in (None, True, False)}
        for answer, ground, slots in told:
            known = {**slots, **({"year": Slot(float(topic.year), "year", "year")} if topic.year else {})}
            so = side(topic, answer, known)
            room[so] -= 1
            if room[so] < 0:
                continue
            others = [(each.customer, other) for each, _, other in told if each is not answer]
            pushes = () if answer.estimate is None else answer.estimate.reasons
            for saying in topic.yes if so or so is None else topic.no:
                if can_fill(saying, known):
                    own = {name: known[name] for name, _ in fields(saying)}
                    yield Truth(wordings, topic, saying, own, known, so, ground, others, levels, pushes)


def side(topic: Topic, answer: Answer, known: Mapping[str, Slot]) -> bool | None:
    """Whether it is so, of what is yes or no."""
    if not topic.sided:
        return None
    if answer.estimate is not None:
        return answer.estimate.yes
    return answer.value if isinstance(answer.value, bool) else bool(known["count"].value)


def read_levels(audience: Audience) -> dict[str, tuple[str, ...]]:
    """The levels of each column of the customers' own, by its name as a slot."""
    people = audience.memory.people
    out = {}
    for column in people.columns:
        if not column.kind.numeric and column.kind is not Kind.TEXT:
            levels = people.values(column.name).drop_nulls().unique().cast(pl.String).to_list()
            levels = [level for level in levels if any(map(str.isalpha, level))]
            out[re.sub(r"\W+", "_", column.name)] = tuple(sorted(levels))
    return out


def chat(truth: Truth, rng: np.random.Generator) -> str:
    """A true sentence with what a language model puts around it."""
    around, text = pick(truth.wordings.chat, rng), truth.text
    goes_on = around.startswith(("Well,", "Oh,")) and not text.startswith(("I ", "I'")) and truth.saying[0] != "{"
    return around.format(text[:1].lower() + text[1:] if goes_on else text)


def come_near(truth: Truth) -> Sequence[str]:
    """Rounded numbers, said to be."""
    fitting = [
        saying for name, saying in truth.wordings.near if name in truth.slots and float(truth.slots[name].value) >= 100
    ]
    return [fill(saying, truth.slots) for saying in fitting if truth.topic.kind == "a number"]
