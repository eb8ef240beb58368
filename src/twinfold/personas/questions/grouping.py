"""Grouping in questions: "in which year", "on how many days", "on Fridays", "the second largest"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

_PERIOD = re.compile(
    r"\b(?:(?P<counted>(?:on|in|during) how many (?:different |distinct )?)|(?:(?:in|on|during) )?(?:which|what) )"
    r"(?P<period>year|quarter|month|weekday|week day|day of (?:the )?week|day)(?P<more>s)?\b"
)
_WEEKDAY = re.compile(
    rf"\b(?:(?:on|at|during|over) )?(?:(?:a|the|every) )?(?<!last )(?<!next )(?<!this )"
    rf"(?P<day>{'|'.join(day.lower() for day in WEEKDAYS)}|weekend|weekday|working day|business day)s?\b"
)
_NTH = re.compile(
    r"\b(?P<nth>second|third|fourth|fifth|2nd|3rd|4th|5th)[ -](?:to )?(?=(?:most expensive|least expensive|most recent|"
    r"largest|biggest|highest|greatest|dearest|smallest|lowest|cheapest|last|latest|newest|earliest|oldest)\b)"
)
_NUMBERS = {"second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4, "fifth": 5, "5th": 5}


@dataclass(frozen=True)
class Period:
    """By which period rows are grouped, and whether its different ones are counted; and where that stands."""

    period: str
    counted: bool
    begin: int
    end: int


@dataclass(frozen=True)
class Weekdays:
    """Days of the week that rows are meant of, and where they stand."""

    days: tuple[str, ...]
    said: str
    begin: int
    end: int


@dataclass(frozen=True)
class Nth:
    """Which one from the end is meant, 2 or more, and where that stands."""

    number: int
    begin: int
    end: int


def find_periods(text: str) -> Iterator[Period]:
    """The periods by which a folded question groups rows.

    >>> [(each.period, each.counted) for each in find_periods("in which year, and on how many days")]
    [('year', False), ('day', True)]
    """
    for found in _PERIOD.finditer(text):
        counted, period = bool(found["counted"]), found["period"]
        if counted is bool(found["more"]) and (counted or period != "day"):  # on which day is a date
            yield Period("weekday" if "week" in period else period, counted, found.start(), found.end())


def find_weekdays(text: str) -> Iterator[Weekdays]:
    """The days of the week that a folded question means.

    >>> [each.days for each in find_weekdays("on fridays or at weekends")]
    [('Friday',), ('Saturday', 'Sunday')]
    """
    for found in _WEEKDAY.finditer(text):
        named = found["day"].capitalize()
        days = (named,) if named in WEEKDAYS else WEEKDAYS[5:] if named == "Weekend" else WEEKDAYS[:5]
        said = found.group().strip().replace(found["day"], named if named in WEEKDAYS else found["day"])
        yield Weekdays(days, said, found.start(), found.end())


def find_nth(text: str) -> Nth | None:
    """Which one from the end a folded question asks for.

    >>> find_nth("your second largest payment").number
    2
    """
    found = _NTH.search(text)
    return Nth(_NUMBERS[found["nth"]], found.start(), found.end()) if found else None
