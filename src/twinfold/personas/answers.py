"""The answers of several customers to one question, and what they come to."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from twinfold.evaluation.intervals import clopper_pearson
from twinfold.personas.answer import Answer, Mark
from twinfold.personas.output_folder import save_frame
from twinfold.simulation.wording import number
from twinfold.tables.text_file import save_text

SHOWN, LEVELS = 5, 8
"""Answers that are shown in words, and levels whose shares are."""


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

    def tally(self) -> list[str]:
        """What the answers come to, line by line; by persona where these are known."""
        groups: dict[str, list[Answer]] = {}
        for answer in self.answers:
            groups.setdefault(answer.persona, []).append(answer)
        lines = [_tally(self.answers)]
        if self.average is not None:
            middle, low, high = map(number, self.average)
            label = next(answer.estimate.label for answer in self.answers if answer.estimate is not None)
            lines.append(f"The behaviour expects {middle} of them on average [{low}, {high}] ({label}).")
        if len(groups) > 1:
            lines += [f"  {name}: {_tally(each)}" for name, each in sorted(groups.items())]
        return lines

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
                "answer": [None if answer.value is None else _plain(answer.value) for answer in self.answers],
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
        from html import escape

        return f"<pre>{escape(self.text())}</pre>"


def write_answers(answers: Answers, path: Path, as_json: str) -> None:
    """Write answers whole or not at all: as JSON, the text of their record, or a row each as Parquet or CSV.

    Raises `OutputError` where they can't be written.
    """
    if path.suffix.lower() == ".json":
        save_text(as_json + "\n", path, force=True)
        return
    save_frame(answers.frame(), path)


def _plain(value: float | bool | str) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, str) else f"{value:.12g}"


def _tally(answers: Sequence[Answer]) -> str:
    """What answers come to, in a sentence."""
    values = [answer.value for answer in answers if answer.mark is not Mark.NONE and answer.value is not None]
    silent = sum(answer.mark is Mark.NONE for answer in answers)
    left = f" {silent:,} did not answer." if silent else ""
    if not values:
        return f"{len(answers):,} answers in words.{left}" if silent < len(answers) else f"Nobody answered.{left}"
    if all(isinstance(value, bool) for value in values):
        yes = sum(bool(value) for value in values)
        low, high = clopper_pearson(yes, len(values))
        share = f"{yes / len(values):.1%} [{low:.1%}, {high:.1%}]".replace("%", " %")
        return f"{yes:,} of {len(values):,} say yes: {share}.{left}"
    if all(isinstance(value, int | float) for value in values):
        numbers = np.array(values, np.float64)
        low, middle, high = np.quantile(numbers, [0.25, 0.5, 0.75])
        half = f"middle {number(middle)} ({number(low)} to {number(high)} the middle half)"
        return f"{len(values):,} number{'s'[: len(values) > 1]}: mean {number(numbers.mean())}, {half}.{left}"
    counts = Counter(_plain(value) for value in values).most_common()
    parts = [f"{name[:40]} {count / len(values):.0%}".replace("%", " %") for name, count in counts[:LEVELS]]
    more = f", and {len(counts) - LEVELS:,} others" if len(counts) > LEVELS else ""
    return f"{len(values):,} answer{'s'[: len(values) > 1]}: {', '.join(parts)}{more}.{left}"
