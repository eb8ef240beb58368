"""Figures: the numbers and dates that stand in a text."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

from twinfold.personas.memory.fact import Fact
from twinfold.personas.memory.number_words import write_figures
from twinfold.personas.questions.times import find_windows
from twinfold.personas.questions.words import fold

NUMBER = re.compile(r"(?<![\w.])[-−]?\d{1,3}(?:,\d{3})+(?:\.\d+)?|(?<![\w.])[-−]?\d+(?:\.\d+)?")
_MULTIPLES = {"twice": "2", "double": "2", "triple": "3", "half": "0.5", "a dozen": "12", "dozen": "12"}
_MULTIPLE = re.compile(rf"\b(?:{'|'.join(_MULTIPLES)})\b")
_ONE_IN = re.compile(r"\bone(?= (?:in|of|out of) (?:a |every |each )?100\b)")
_ISO = re.compile(r"\b\d{4}-\d{2}-\d{2}\b")
LEADS = re.compile(r"^(?:since|after|from|before|until|till|up to|by|in|on|during|of|for|at|between)\s+(?:the )?")

ROUNDED = 100
"""Numbers from here on may be rounded, where it is said that they are."""

LONGEST = 24
"""Characters of a number in figures: nobody would write a longer one."""


def write_numbers(text: str) -> str:
    """A folded text with every number of it in figures, so that "twice" and "forty-two" are looked up as "42" is."""
    return _ONE_IN.sub("1", _MULTIPLE.sub(lambda found: _MULTIPLES[found[0]], write_figures(text)))


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


def is_same(one: float, other: float) -> bool:
    """Whether two numbers are one."""
    return abs(one - other) <= 1e-9 * max(1.0, abs(one), abs(other))


def is_rounded(said: float, known: float) -> bool:
    """Whether a number is another to two digits: 1,300 for 1,254."""
    if abs(known) < ROUNDED:
        return False
    size = 10.0 ** (math.floor(math.log10(abs(known))) - 1)
    return abs(said - known) < size and is_same(said / size, round(said / size))


def find_days(text: str) -> list[str]:
    """The dates, months and years that a text names, each as its first day and the one after its last."""
    spans = [LEADS.sub("", window.said) for window in find_windows(fold(text), None)]
    spans += _ISO.findall(text)
    found = [window for span in spans for window in find_windows(f"in {fold(span)}", None)]
    return [f"{window.low:.0f}/{window.high:.0f}" for window in found]


def is_date(text: str) -> bool:
    """Whether a text is a date as it is stored."""
    return _ISO.match(text) is not None


def is_day(window: str) -> bool:
    """Whether what `find_days` found is a day, and no month or year."""
    low, high = map(float, window.split("/"))
    return high - low == 1
