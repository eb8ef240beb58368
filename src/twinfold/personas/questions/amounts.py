"""Amounts in questions: "of more than 1,000", "between 10 and 20", "at 9.5 %"."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

_FIGURES = r"-?\d{{1,3}}(?:[,' ]\d{{3}})+(?:\.\d{{1,9}})?|-?\d{{1,15}}(?:\.\d{{1,9}})?"
_MONEY = r"€|\$|£|eur|euros?|usd|(?:us )?dollars?|gbp|pounds?|czk|crowns?|chf|francs?"
_NUMBER = (
    rf"(?P<{{0}}_sign>[€$£])?\s?(?<![\w.,'])(?P<{{0}}>{_FIGURES})(?![.,]\d)(?:(?=[km]\b)|(?![\w'’]))"
    rf"(?P<{{0}}_of>\s?(?:k|m|thousand|million)\b)?(?P<{{0}}_unit>\s?(?:{_MONEY})(?!\w))?"
)
_CODES = {
    "€": "eur",
    "euro": "eur",
    "$": "usd",
    "dollar": "usd",
    "us dollar": "usd",
    "£": "gbp",
    "pound": "gbp",
    "crown": "czk",
    "franc": "chf",
}


def _at(name: str) -> str:
    return _NUMBER.format(name)


_MORE = r"(?:more|greater|higher|larger|bigger|older|longer) th[ae]n|over|above|past|exceed(?:ing|ed|s)?|beyond|>"
_MORE += "|upwards of"
_LESS = r"(?:less|fewer|lower|smaller|younger|shorter) th[ae]n|under|below|<"
_LEAST = r"at least|no (?:less|fewer) than|not (?:less|fewer) than|minimum of|>=|from"
_MOST = r"at most|no more than|not more than|(?<!add )(?<!adds )(?<!added )up to|maximum of|<="
_EXACT = r"exactly|equal to|of exactly|just|only|="
_RANGE = re.compile(rf"\b(?:somewhere )?between {_at('a')} and {_at('b')}")
_COMPARED = re.compile(
    rf"(?:(?P<least>{_LEAST})|(?P<most>{_MOST})|(?P<more>{_MORE})|(?P<less>{_LESS})|(?P<exact>{_EXACT}))\s*"
    rf"(?:the age of )?{_at('n')}"
)
_TAIL = re.compile(
    rf"{_at('n')} (?:or (?P<more>more|over|above|older|higher)|at least\b)|"
    rf"{_at('k')} (?:or (?P<less>less|under|below|fewer)|(?:(?:an? )?\w+ )?at (?:the )?most\b)"
)
_THOUSANDS = re.compile(r"(?<![\w.,])[1-9]\d{0,2}(?:\.\d{3})+(?![\w]|\.\d)")
_HEADLESS = re.compile(r"(?<![\w.,])\.\d+")
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)?")
_PLAIN = re.compile(rf"(?<![\w.,-]){_at('n')}(?P<percent>\s?(?:%|percent|per cent))?(?![\w])")


@dataclass(frozen=True)
class Span:
    """Numbers from `low` to `high`, both included or, where `strict`, both left out; `said` as it was asked, and where
    in the question it stands; `unit`, the code of the money that is named, in lower case."""

    low: float
    high: float
    strict: bool
    said: str
    begin: int
    end: int
    unit: str = ""


@dataclass(frozen=True)
class Quantity:
    """A number that stands in a question.

    Attributes:
        value: of it; percent: whether it is in percent; money: the code of the money that it is in, in lower case.
        before, after: the words beside it, empty where there are none; begin, end: where it stands.
    """

    value: float
    percent: bool
    money: str
    before: str
    after: str
    begin: int
    end: int


def find_spans(text: str) -> list[Span]:
    """The comparisons with numbers in a folded question, none of which overlap."""
    out: list[Span] = []

    def add(found: re.Match[str], low: float, high: float, *, strict: bool = False) -> None:
        if not any(s.begin < found.end() and found.start() < s.end for s in out):
            out.append(Span(low, high, strict, found.group().strip(), found.start(), found.end(), _unit(found)))

    for found in _RANGE.finditer(text):
        ends = sorted([_number(found, "a"), _number(found, "b")])
        add(found, *ends)
    for found in _TAIL.finditer(text):
        if found["n"]:
            add(found, _number(found, "n"), math.inf)
        else:
            add(found, -math.inf, _number(found, "k"))
    for found in _COMPARED.finditer(text):
        number = _number(found, "n")
        if found["least"]:
            add(found, number, math.inf)
        elif found["most"]:
            add(found, -math.inf, number)
        elif found["more"]:
            add(found, number, math.inf, strict=True)
        elif found["less"]:
            add(found, -math.inf, number, strict=True)
        else:
            add(found, number, number)
    return sorted(out, key=lambda span: span.begin)


def find_quantities(text: str) -> list[Quantity]:
    """The numbers of a folded question.

    >>> [(each.value, each.percent) for each in find_quantities("would you take 12,500 at 9.5 %?")]
    [(12500.0, False), (9.5, True)]
    """
    out = []
    for found in _PLAIN.finditer(text):
        before, after = _WORD.findall(text[: found.start()]), _WORD.findall(text[found.end() :])
        beside = (before[-1] if before else "", after[0] if after else "")
        out.append(
            Quantity(_number(found, "n"), bool(found["percent"]), _unit(found), *beside, found.start(), found.end())
        )
    return out


def find_unclear(text: str) -> str:
    """Why a number in a folded question can't be read without doubt; empty where all can.

    >>> find_unclear("is your balance over 1.000"), find_unclear("would you take it at 9.5 %")
    ("'1.000' may be 1 or 1000; write 1,000 for a thousand, or 1.0", '')
    """
    if found := _THOUSANDS.search(text):
        small, large = float(".".join(found[0].split(".")[:2])), found[0].replace(".", "")
        return f"{found[0]!r} may be {small:g} or {large}; write 1,000 for a thousand, or 1.0"
    if found := _HEADLESS.search(text):
        return f"{found[0]!r} has nothing before its point; write 0{found[0]}"
    return ""


def _unit(found: re.Match[str]) -> str:
    """The code of the money that stands beside a number; empty where there is none."""
    for name, value in found.groupdict().items():
        if value and name.endswith(("_unit", "_sign")):
            word = value.strip()
            return _CODES.get(word, _CODES.get(word.removesuffix("s"), word))
    return ""


def _number(found: re.Match[str], name: str) -> float:
    number = float(re.sub("[,' ]", "", found[name]))
    unit = (found[f"{name}_of"] or "").strip()
    return number * {"": 1, "k": 1e3, "thousand": 1e3, "m": 1e6, "million": 1e6}[unit]
