"""The answers of several customers to one question, and what they come to."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from twinfold.evaluation.report.wording import percent
from twinfold.personas.answer import Answer
from twinfold.personas.output_folder import save_frame
from twinfold.personas.tally import Tally, say_value, take_tally
from twinfold.simulation.wording import number
from twinfold.tables.text_file import save_text

SHOWN = 5
"""Answers that are shown in words."""


@dataclass(frozen=True, repr=False)
class Answers:
    """What several customers say to one question.

    Attributes:
        question: as it was asked; heard: how it was understood, in words.
        answers: one of each customer.
        people: how many customers there are of whom these are some.
        average: where a behaviour was asked, what it expects of them on average, with the 95 % interval of what was
            learned; None else.
        notes: what a user must know; origin: of what they were made.
    """

    question: str
    heard: str
    answers: tuple[Answer, ...]
    people: int
    average: tuple[float, float, float] | None
    notes: tuple[str, ...]
    origin: Mapping[str, str]

    @cached_property
    def tallies(self) -> tuple[Tally, ...]:
        """What the answers come to: of all, and of each persona where several are known."""
        groups: dict[str, list[Answer]] = {}
        for answer in self.answers:
            groups.setdefault(answer.persona, []).append(answer)
        own = [take_tally(each, name) for name, each in sorted(groups.items())] if len(groups) > 1 else []
        return take_tally(self.answers), *own

    @property
    def expectation(self) -> str:
        """What the behaviour expects of them on average, in a sentence; empty where none was asked."""
        if self.average is None:
            return ""
        truths = self.tallies[0].truths
        middle, low, high = (f"{percent(each)} %" if truths else number(each) for each in self.average)
        label = next(answer.estimate.label for answer in self.answers if answer.estimate is not None)
        of = "of them to say yes" if truths else "on average"
        return f"The behaviour expects {middle} {of} [{low}, {high}] ({label})."

    def tally(self) -> list[str]:
        """What the answers come to, line by line; by persona where these are known."""
        first, *others = self.tallies
        lines = [first.text(), *([self.expectation] if self.average is not None else [])]
        return lines + [f"  {each.name}: {each.text()}" for each in others]

    def text(self) -> str:
        """The tally, and the first answers in words."""
        lines = [f"“{self.question}” was understood as: {self.heard}.", *self.tally(), ""]
        for answer in self.answers[:SHOWN]:
            who = f"{answer.customer} ({answer.persona})" if answer.persona else answer.customer
            lines.append(f"{who}: {answer.text}\n    [{answer.said_mark}; {answer.voice}]")
            lines += [f"    - {fact.name}: {fact.said} ({fact.source})" for fact in answer.evidence[:4]]
        if len(self.answers) > SHOWN:
            lines.append(f"… and {len(self.answers) - SHOWN:,} others.")
        return "\n".join([*lines, *([""] if self.notes else []), *self.notes])

    def record(self) -> dict[str, Any]:
        """Everything as JSON can say it."""
        return {
            "question": self.question,
            "heard": self.heard,
            "people": self.people,
            "tally": self.tally(),
            "average": None if self.average is None else list(self.average),
            "answers": [answer.record() for answer in self.answers],
            "notes": list(self.notes),
            "origin": dict(self.origin),
        }

    def frame(self) -> pl.DataFrame:
        """A row for each answer; what it rests on as JSON."""
        estimates = [answer.estimate for answer in self.answers]
        return pl.DataFrame(
            {
                "customer": [answer.customer for answer in self.answers],
                "persona": [answer.persona for answer in self.answers],
                "answer": [None if answer.value is None else say_value(answer.value) for answer in self.answers],
                "text": [answer.text for answer in self.answers],
                "mark": [str(answer.mark) for answer in self.answers],
                "expected": [None if each is None else each.value for each in estimates],
                "lower": [None if each is None else each.lower for each in estimates],
                "upper": [None if each is None else each.upper for each in estimates],
                "identification": [None if each is None else each.label for each in estimates],
                "in_support": [None if each is None else each.in_support for each in estimates],
                "voice": [answer.voice for answer in self.answers],
                "evidence": [json.dumps([fact.record() for fact in answer.evidence]) for answer in self.answers],
            },
            schema_overrides={
                "answer": pl.String,
                "expected": pl.Float64,
                "lower": pl.Float64,
                "upper": pl.Float64,
                "identification": pl.String,
                "in_support": pl.Boolean,
            },
        )

    def __repr__(self) -> str:
        return f"<Answers of {len(self.answers):,} customers to {self.question[:40]!r}>"

    def _repr_html_(self) -> str:
        from twinfold.personas.answers_page import embed_answers

        return embed_answers(self)


def write_answers(answers: Answers, path: Path, as_json: str) -> None:
    """Write answers whole or not at all: as a page, as JSON, the text of their record, or a row each as Parquet or CSV.

    Raises `OutputError` where they can't be written.
    """
    if path.suffix.lower() == ".json":
        save_text(as_json + "\n", path, force=True)
        return
    if path.suffix.lower() in (".html", ".htm"):
        from twinfold.personas.answers_page import render_answers

        save_text(render_answers(answers), path, force=True)
        return
    save_frame(answers.frame(), path)
