"""Dates that stand in running text.

A column of a table writes all its dates alike, and `twinfold.tables.dates` finds out how; running text mixes them, so
that each is read for itself: 2024-05-03, 2024/05/03, 3 May 2024, 3rd of May 2024, May 3, 2024, May 2024, 3.5.2024,
25/12/2024. Months are English, in full or cut short.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

_MONTHS = "january|february|march|april|may|june|july|august|september|october|november|december"
_MONTH = rf"(?:{'|'.join(month[:3] for month in _MONTHS.split('|'))})[a-z]{{0,6}}\.?"
_ORDINAL = r"\d{1,2}(?:st|nd|rd|th)?"
_DATE = re.compile(
    r"(?<![\w.,/-])(?:"
    r"(?P<iso>\d{4}-\d{2}-\d{2}|\d{4}/\d{2}/\d{2})"
    rf"|(?P<day>{_ORDINAL})\s(?:of\s)?(?P<month>{_MONTH}),?\s(?P<year>\d{{4}})"
    rf"|(?P<name>{_MONTH})\s(?:(?P<of>{_ORDINAL}),?\s)?(?P<in>\d{{4}})"
    r"|(?P<dotted>\d{1,2}\.\s?\d{1,2}\.\s?\d{4})"
    r"|(?P<slashed>\d{1,2}/\d{1,2}/\d{4}|\d{1,2}-\d{1,2}-\d{4})"
    r")(?![\w/-])",
    re.IGNORECASE,
)
_YEARS = (1800, 2100)


@dataclass(frozen=True)
class Day:
    """A date in a text.

    Attributes:
        value: the day; the first of the month where no more is said; None where day and month can't be told apart
            (03/05/2024).
        text: as it stands; start, end: where, in characters.
    """

    value: date | None
    text: str
    start: int
    end: int


def find_days(text: str) -> tuple[Day, ...]:
    """All dates of a text, in their order.

    >>> [str(day.value) for day in find_days("From 3 May 2024 to 31.12.2024; before 03/05/2024, or in June 2025.")]
    ['2024-05-03', '2024-12-31', 'None', '2025-06-01']
    """
    out: list[Day] = []
    for found in _DATE.finditer(text):
        read = _readings(found)
        if read:
            out.append(Day(next(iter(read)) if len(read) == 1 else None, found[0], found.start(), found.end()))
    return tuple(out)


def _readings(found: re.Match[str]) -> set[date]:
    """The days that a date may mean: none where it is no date, two where day and month can't be told apart."""
    if found["slashed"]:
        first, second, year = map(int, re.split("[-/]", found["slashed"]))
        tried = [(year, second, first), (year, first, second)]
    elif found["iso"]:
        year, month, day = map(int, re.split("[-/]", found["iso"]))
        tried = [(year, month, day)]
    elif found["dotted"]:
        day, month, year = map(int, found["dotted"].split("."))
        tried = [(year, month, day)]
    else:
        name = (found["month"] or found["name"]).lower().rstrip(".")
        month = next((place for place, full in enumerate(_MONTHS.split("|"), 1) if full.startswith(name)), 0)
        day = int(re.sub(r"\D", "", found["day"] or found["of"] or "1"))
        tried = [(int(found["year"] or found["in"]), month, day)]
    return {made for each in tried if (made := _make(*each)) is not None}


def _make(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day) if _YEARS[0] <= year <= _YEARS[1] else None
    except ValueError:
        return None
