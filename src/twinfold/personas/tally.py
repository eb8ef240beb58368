"""A tally: what the answers of some customers come to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from twinfold.evaluation.intervals import clopper_pearson
from twinfold.personas.answer import Answer, Mark
from twinfold.simulation.wording import number

LEVELS = 8
"""Different answers whose shares are told."""


@dataclass(frozen=True)
class Share:
    """How many gave one answer: of those who answered, with the exact 95 % interval of a sample of independent ones."""

    answer: str
    count: int
    value: float
    lower: float
    upper: float


@dataclass(frozen=True)
class Tally:
    """What answers come to.

    Attributes:
        name: of those who gave them; empty of all. people: how many were asked; silent: how many did not answer.
        truths: whether answers were yes and no.
        shares: of the commonest answers, the first the commonest, or yes; others: how many more there are.
        mean, quarters: of numbers, and the ends and the middle of their middle half; None where they are none.
    """

    name: str
    people: int
    silent: int
    truths: bool = False
    shares: tuple[Share, ...] = ()
    others: int = 0
    mean: float | None = None
    quarters: tuple[float, float, float] | None = None

    @property
    def answered(self) -> int:
        """How many did."""
        return self.people - self.silent

    def text(self) -> str:
        """It in a sentence or two."""
        left = f" {self.silent:,} did not answer." if self.silent else ""
        if not self.answered:
            return f"Nobody answered.{left}"
        if self.truths:
            yes = self.shares[0]
            share = f"{yes.value:.1%} [{yes.lower:.1%}, {yes.upper:.1%}]".replace("%", " %")
            return f"{yes.count:,} of {self.answered:,} say yes: {share}.{left}"
        many = "s"[: self.answered > 1]
        if self.quarters is not None and self.mean is not None:
            low, middle, high = map(number, self.quarters)
            half = f"middle {middle} ({low} to {high} the middle half)"
            return f"{self.answered:,} number{many}: mean {number(self.mean)}, {half}.{left}"
        if not self.shares:
            return f"{self.answered:,} answer{many} in words.{left}"
        parts = [f"{each.answer[:40]} {each.value:.0%}".replace("%", " %") for each in self.shares]
        more = f", and {self.others:,} others" if self.others else ""
        return f"{self.answered:,} answer{many}: {', '.join(parts)}{more}.{left}"


def take_tally(answers: Sequence[Answer], name: str = "") -> Tally:
    """What answers come to; `name` says whose they are."""
    values = [answer.value for answer in answers if answer.mark is not Mark.NONE and answer.value is not None]
    silent = sum(answer.mark is Mark.NONE for answer in answers)
    if not values:
        return Tally(name, len(answers), silent)
    if all(isinstance(value, bool) for value in values):
        yes = _share("yes", sum(map(bool, values)), len(values))
        return Tally(name, len(answers), silent, truths=True, shares=(yes,))
    if all(isinstance(value, int | float) for value in values):
        numbers = np.array(values, np.float64)
        low, middle, high = np.quantile(numbers, [0.25, 0.5, 0.75]).tolist()
        return Tally(name, len(answers), silent, mean=float(numbers.mean()), quarters=(low, middle, high))
    counts = Counter(say_value(value) for value in values).most_common()
    shares = tuple(_share(answer, count, len(values)) for answer, count in counts[:LEVELS])
    return Tally(name, len(answers), silent, shares=shares, others=max(len(counts) - LEVELS, 0))


def say_value(value: float | bool | str) -> str:
    """An answer's value as people read it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, str) else f"{value:.12g}"


def _share(answer: str, count: int, of: int) -> Share:
    return Share(answer, count, count / of, *clopper_pearson(count, of))
