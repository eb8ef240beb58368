"""Units: what stands beside a number and says of what it is so many."""

from __future__ import annotations

import re

_TIMES = "year|quarter|month|week|day|hour|minute"
_AFTER = re.compile(rf"[-\s]?(?:(?:business|working|calendar) )?(?:({_TIMES}|percent)s?\b|(%))")
_BEFORE = re.compile(rf"\b({_TIMES}) $")
_PER = re.compile(
    rf"(?:\s?(?:%|percent)(?: \w+)?)?(?:(?: (?:an?|per|each|every) |/)({_TIMES})\b| (year|quarter|month|week|dai)ly\b)"
)


def unit_of(text: str, begin: int, end: int) -> str:
    """The unit of a number that stands at a place: "month", "percent"; empty where there is none."""
    after = _AFTER.match(text, end)
    if after is not None:
        return after[1] or "percent"
    before = _BEFORE.search(text[:begin])  # "from day 10"
    return before[1] if before is not None else ""


def time_in(name: str) -> str:
    """The time that a name says its numbers are for: a week of "hours per week", a month of "monthly charges"."""
    return _time(_PER.search(f" {name.casefold()}"))


def time_of(text: str, end: int) -> str:
    """The time for which a number is: a month's, a year's; empty where none is said."""
    return _time(_PER.match(text, end))


def _time(found: re.Match[str] | None) -> str:
    return "" if found is None else found[1] or found[2].replace("dai", "day")
