"""Idioms: ways of asking for what a column holds that have none of its words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from twinfold.personas.memory.memory import Rows
from twinfold.personas.questions.words import name_words, stem
from twinfold.tables.schema import Kind

_PLACES = (
    "city",
    "town",
    "district",
    "region",
    "county",
    "province",
    "state",
    "country",
    "address",
    "location",
    "place",
)
_JOBS = ("job", "occupation", "profession", "employment", "work")
_BEGUN = ("opened", "open", "joined", "join", "since", "registered", "registration", "start", "created", "date")
_AGES = ("age",)
_METHODS = ("method",)
_TENURES = ("tenure", "seniority", "loyalty")
_IDIOMS: tuple[tuple[re.Pattern[str], tuple[str, ...]], ...] = (
    (re.compile(r"\bwhere(?:abouts)? (?:do|did) (?:you|i) live\b|\bwhere are (?:you|i) from\b"), _PLACES),
    (re.compile(r"\b(?:what|which) (?:town|city|place|area) (?:do|did) (?:you|i) live in\b"), _PLACES),
    (re.compile(r"\b(?:do you|do i|i|you) live in\b"), _PLACES),
    (re.compile(r"\bwhat (?:do|did) (?:you|i) do for a living\b|\bwhat do (?:you|i) work as\b"), _JOBS),
    (
        re.compile(r"\bhow long (?:have|has) (?:you|i) been (?:with (?:us|the bank|you)|a customer|our customer)\b"),
        _TENURES,
    ),
    (re.compile(r"\bhow (?:do|did) (?:you|i) (?:usually |normally )?pay\b$"), _METHODS),
    (re.compile(r"\bhow old (?:are|am|is) (?:you|i)\b"), _AGES),
    (
        re.compile(r"\b(?:are|am) (?:you|i) (?=(?:over|under|above|below|at least|at most|older|younger|between) |\d)"),
        _AGES,
    ),
    (
        re.compile(
            r"\b(?:become|became|been) (?:a|our|your) customer(?: with us)?\b|"
            r"\b(?:open|opened) (?:your|my|an|the) account\b|"
            r"\b(?:your|my|the) account (?:was |been )?(?:opened|open)\b|\baccount opened\b"
        ),
        _BEGUN,
    ),
)


@dataclass(frozen=True)
class Idiom:
    """A column that is asked for, and where in the question it is; a weak one gives way to a column that is named."""

    column: str
    begin: int
    end: int
    weak: bool


def find_idioms(text: str, people: Rows) -> Iterator[Idiom]:
    """The columns of people that a folded question asks for by idioms, the best of each: words earlier in a list fit
    better."""
    for pattern, fitting in _IDIOMS:
        for found in pattern.finditer(text):
            column = _best(people, fitting, dates=fitting is _BEGUN)
            if column:
                yield Idiom(column, found.start(), found.end(), "live in" in found.group())


def find_age(people: Rows) -> str:
    """The column that says how old somebody is; empty where there is none."""
    column = _best(people, _AGES, dates=False)
    return column if column and people[column].kind.numeric else ""


def _best(people: Rows, fitting: tuple[str, ...], *, dates: bool) -> str:
    for word in fitting:
        for column in people.columns:
            is_date = column.kind in (Kind.DATE, Kind.DATETIME)
            if stem(word) in name_words(column.name) and (is_date or not dates):
                return column.name
    return ""
