"""Figures: the numbers and dates that stand in a text, in figures and in words."""

from __future__ import annotations

import re
from collections.abc import Iterable

from twinfold.personas.memory.fact import Fact
from twinfold.personas.questions.times import find_windows
from twinfold.personas.questions.words import fold

NUMBER = re.compile(r"(?<![\w.])[-−]?\d{1,3}(?:,\d{3})+(?:\.\d+)?|(?<![\w.])[-−]?\d+(?:\.\d+)?")
_UNITS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
)
_UNITS += "eighteen nineteen twenty"
_WORD_VALUES = {
    word: float(number) for number, word in enumerate(_UNITS.split()) if word != "one"
}  # that one is no claim
_WORD_VALUES |= {"thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90}
_WORD_VALUES |= {"hundred": 100, "thousand": 1_000, "million": 1_000_000}
_WORD_VALUES |= {"twice": 2, "double": 2, "triple": 3, "half": 0.5, "dozen": 12}
_LARGE = "hundred|thousand|million"
_COUNT = "|".join(_WORD_VALUES)
_NUMBER_WORD = re.compile(rf"\b(?:one (?={_LARGE})|(?:{_COUNT})\b)(?:[- ]?(?:{_COUNT}|and|one)\b)*")
_ISO = re.compile(r"\b\d{4}-\d{2}-\d{2}\b")
LEADS = re.compile(r"^(?:since|after|from|before|until|till|up to|by|in|on|during|of|for|at|between)\s+(?:the )?")

LONGEST = 24
"""Characters of a number in figures: nobody would write a longer one."""


def find_stated(text: str) -> list[tuple[int, int, float]]:
    """The numbers of a text, in figures and in words, with where they stand."""
    out = [(m.start(), m.end(), read_figure(m.group())) for m in NUMBER.finditer(text)]
    for found in _NUMBER_WORD.finditer(text):
        out.append((found.start(), found.end(), read_spelt(found.group())))
    return sorted(out)


def find_numbers(text: str) -> Iterable[float]:
    """The numbers of a text in figures, of a long one in all its parts."""
    return (read_figure(found.group()) for found in NUMBER.finditer(text))


def numbers_of(fact: Fact) -> set[float]:
    """The numbers that a fact says, and its value where that is one."""
    numbers = set(find_numbers(fact.said))
    if isinstance(fact.value, int | float) and not isinstance(fact.value, bool):
        numbers.add(float(fact.value))
    return numbers


def read_figure(text: str) -> float:
    """A number in figures; NaN of one that nobody would write, and of what is none."""
    try:
        return float(text.replace(",", "").replace("−", "-")) if len(text) <= LONGEST else float("nan")
    except ValueError:
        return float("nan")


def read_spelt(text: str) -> float:
    """A number in words: "forty-two", "two hundred and six".

    >>> read_spelt("forty-two"), read_spelt("two hundred and six"), read_spelt("three thousand")
    (42.0, 206.0, 3000.0)
    """
    total, part = 0.0, 0.0
    for word in re.split(r"[- ]+", text):
        value = 1.0 if word == "one" else _WORD_VALUES.get(word)
        if value is None:
            continue
        if value >= 100 and part + total:
            total, part = (total + part * value, 0.0) if value > 100 else (total, part * value)
        else:
            part += value
    return total + part


def is_same(one: float, other: float) -> bool:
    """Whether two numbers are one."""
    return abs(one - other) <= 1e-9 * max(1.0, abs(one), abs(other))


def find_days(text: str) -> list[str]:
    """The dates, months and years that a text names, each as its first day and the one after its last."""
    spans = [LEADS.sub("", window.said) for window in find_windows(fold(text), None)]
    spans += _ISO.findall(text)
    found = [window for span in spans for window in find_windows(f"in {fold(span)}", None)]
    return [f"{window.low:.0f}/{window.high:.0f}" for window in found]


def is_day(window: str) -> bool:
    """Whether what `find_days` found is a day, and no month or year."""
    low, high = map(float, window.split("/"))
    return high - low == 1
