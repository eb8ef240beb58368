"""Voicing: answers in a language model's words, judged once more."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np

from claiming.asked import ASKED
from claiming.planting import open_world
from claiming.strict import judge
from claiming.worlds import choose
from twinfold.evaluation.intervals import clopper_pearson
from twinfold.personas.answer import Answer, Mark
from twinfold.personas.voices.voice import Brief, Spoken, Voice

BATCH = 6
"""Customers who are asked each question at a time."""


class Listening:
    """A voice that passes on what another says, and keeps what it was handed."""

    def __init__(self, voice: Voice) -> None:
        self.voice, self.briefs = voice, dict[str, Brief]()

    @property
    def name(self) -> str:
        return self.voice.name

    def reply(self, briefs: Sequence[Brief]) -> list[Spoken]:
        self.briefs |= {brief.customer: brief for brief in briefs}
        return self.voice.reply(briefs)


def show_embedded(name: str, answers: int, seconds: float, examples: int) -> None:
    """Answers in a voice's words: how many are its own, how many were withdrawn, and what a stricter reader finds."""
    from twinfold.personas.voices.choosing import choose_voice

    voice = choose_voice(name, seed=0)
    rng = np.random.default_rng(0)
    asked = [(world, question) for world, questions in ASKED.items() for question in questions]
    order, begun = rng.permutation(len(asked)), time.perf_counter()
    told: list[tuple[Answer, str, list[str]]] = []
    unequal, turn = 0, 0
    while len(told) < answers and time.perf_counter() - begun < seconds:
        world, question = asked[order[turn % len(asked)]]
        audience = open_world(world)
        whom = choose(audience, world, BATCH, turn)
        plain = audience.answering.ask(question, whom)
        listening = Listening(voice)
        audience.answering.voice = listening
        spoken = audience.answering.ask(question, whom)
        audience.answering.voice = None
        turn += 1
        for one, other in zip(plain, spoken, strict=True):
            unequal += any(getattr(one, part) != getattr(other, part) for part in ("value", "estimate", "evidence"))
            if one.mark is not Mark.NONE:
                unequal += one.mark is not other.mark
                brief = listening.briefs[other.customer]
                handed = [f"{fact.name} {fact.said} {fact.source}" for fact in brief.facts]
                told.append((other, brief.draft, judge(other, brief.draft, handed, audience.answering.knowing.levels)))
    wall = time.perf_counter() - begun
    own = [(answer, draft, wrong) for answer, draft, wrong in told if answer.voice != "template"]
    print(f"\n{voice.name}: {len(told)} answers in {wall:.0f} s; with another value, estimate or evidence: {unequal}")
    withdrawn = [each for each in told if each[0].voice == "template" and each[0].withdrawn]
    show("in its own words", len(own), len(told))
    show("in the template's, which it repeated", len(told) - len(own) - len(withdrawn), len(told))
    show("in the template's, since its own were withdrawn", len(withdrawn), len(told))
    bad = [(answer, draft, wrong) for answer, draft, wrong in own if wrong]
    for answer, _, _ in withdrawn[:examples]:
        print(f"    {answer.question} | {answer.text} | withdrawn: {answer.withdrawn}")
    show("with a claim that a stricter reader does not find", len(bad), len(told))
    for answer, draft, wrong in bad[:examples]:
        print(f"    {answer.question} | {answer.text} | {wrong} | draft: {draft}")


def show(name: str, part: int, whole: int) -> None:
    low, high = clopper_pearson(part, whole)
    print(f"  {name:<52}{part:>5} of {whole:<5}{part / max(whole, 1):>7.1%} [{low:.1%}, {high:.1%}]", flush=True)
