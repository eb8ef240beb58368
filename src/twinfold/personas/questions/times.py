"""Times in questions: "in May 1993", "since 2021-03-01", "in the last 30 days", as days from and to."""

from __future__ import annotations

import calendar
import datetime
import math
import re
from dataclasses import dataclass

_EPOCH = datetime.date(1970, 1, 1)

MONTHS = {name.lower(): number for number, name in enumerate(calendar.month_name) if name}
_SHORT = {name.lower(): number for number, name in enumerate(calendar.month_abbr) if name}
_NAMES = "|".join([*MONTHS, *_SHORT, "sept"])

_DAY = (
    r"(?P<iso>\d{4}-\d{1,2}-\d{1,2})"
    rf"|(?P<dmy>\d{{1,2}}(?:st|nd|rd|th)? (?:of )?(?:{_NAMES})\.?,? \d{{4}})"
    rf"|(?P<mdy>(?:{_NAMES})\.? \d{{1,2}}(?:st|nd|rd|th)?,? \d{{4}})"
)
_NTH = "first|second|third|fourth|1st|2nd|3rd|4th"
_SPAN = (
    rf"{_DAY}|(?P<my>(?:{_NAMES})\.? (?:of )?\d{{4}})|(?P<ym>\d{{4}}-\d{{2}}(?!\d|-))"
    rf"|(?P<sm>(?:0?[1-9]|1[0-2])/\d{{4}})"
    rf"|(?P<q>q[1-4]|(?:{_NTH}) quarter)(?: of)? (?P<qy>\d{{4}})"
    rf"|(?P<h>h[12]|(?:first|second) half)(?: of)? (?P<hy>\d{{4}})"
    rf"|(?P<ly>(?:{_NAMES}) (?:of )?last year)|(?:year )?(?P<y>(?:19|20)\d{{2}}(?![\d.,]*\d|\s?%))"
)
_NTHS = {name: place % 4 + 1 for place, name in enumerate(_NTH.split("|"))}
_ENDS = r"(?P<end>(?:the )?end of )?(?:(?:the )?(?:beginning|start) of )?"


def _at(name: str) -> str:
    """The pattern of one span, its groups called by a name."""
    return re.sub(r"\?P<(\w+)>", lambda m: f"?P<{m[1]}_{name}>", f"(?:{_SPAN})")


_BARE_MONTH = rf"(?P<bare>(?:{_NAMES})|\d{{1,2}}(?: (?:{_NAMES}))?)"
_TO = r"(?:and|to|until|till|through|up to)"
_BETWEEN = re.compile(rf"\b(?:between|from)? ?(?:the )?{_at('a')} {_TO} (?:the )?{_at('b')}")
_HALF_SAID = re.compile(rf"\b(?:(?:between|from|in) )?(?:the )?{_BARE_MONTH} {_TO} (?:the )?{_at('b')}")
_WORDS = (
    "since|starting in|starting|after|from|prior to|before|until|till|up to|no later than|by|in|on|during|throughout|"
    "over|for|at"
)
_SINCE = re.compile(rf"\b(?P<word>{_WORDS}) (?:the )?{_ENDS}{_at('a')}(?P<on> onwards?)?")
_MONTH = re.compile(
    rf"\b(?P<word>since|after|from|before|until|till|in|during)? ?(?:last )?(?P<m>{_NAMES})\b"
    r"(?!\.? \d| last| and| to| until)"
)
_BARE = re.compile(rf"\b{_at('a')}")
_TRAILING = re.compile(rf"(?<!\bof)(?<!\bfor)(?<!\bat)(?<!\bover)(?<!than)(?<!under)(?<!exactly) {_at('a')}$")
_LAST = re.compile(
    r"\b(?:(?:in|during|over|within|for|of) )?(?:the |my |your )?(?:last|past|previous) "
    r"(?:(?P<n>\d{1,5}|two|three|four|five|six|seven|ten|twelve) )?(?P<unit>day|week|month|quarter|year)s?\b"
)
_THIS = re.compile(r"\b(?:in |during )?this (?P<unit>week|month|quarter|year)\b")
_AGO = re.compile(r"\b(?:in the year before last|the year before last|(?P<n>two|three|four|five|\d) years ago)\b")
_NAMED = re.compile(r"\b(?P<day>today|yesterday)\b")
_COUNTS = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "ten": 10, "twelve": 12}
_DAYS = {"day": 1, "week": 7, "month": 30.4375, "quarter": 91.3125, "year": 365.25}


@dataclass(frozen=True)
class Window:
    """Days since 1970, from `low` to before `high`, either of them infinite where open; `said` as it was asked, with
    the dates that it is where these hang on today, and where in the question it stands."""

    low: float
    high: float
    said: str
    begin: int
    end: int


def find_windows(text: str, now: float | None) -> list[Window]:
    """The times that a folded question asks for, none of which overlap.

    Args:
        text: the question in lower case.
        now: the last day that is known, from which "last" and "this" are counted; None: they are not understood.
    """
    out: list[Window] = []

    def add(found: re.Match[str], span: tuple[float, float] | None, said: str = "") -> None:
        free = not any(w.begin < found.end() and found.start() < w.end for w in out)
        if span is not None and span[0] < span[1] and free:
            begin = found.start() + len(found.group()) - len(found.group().lstrip())
            out.append(Window(*span, said or _proper(found.group().strip()), begin, found.end()))

    for found in _BETWEEN.finditer(text):
        add(found, _joined(found, _span(found, "a", now), _span(found, "b", now)))
    for found in _HALF_SAID.finditer(text):
        add(found, _half_said(found, now))
    for found in _SINCE.finditer(text):
        alone = found["y_a"] and found["word"] in ("of", "for", "at", "over")  # a loan of 2000 is no year
        span = None if alone else _span(found, "a", now)
        if span is not None and found["end"] and found["word"] in ("by", "at"):
            span = (-math.inf, span[1])
        elif span is not None:
            span = _bounded("since" if found["on"] else found["word"], *span)
        add(found, span)
    if now is not None:
        for pattern in (_AGO, _NAMED, _LAST, _THIS):
            for found in pattern.finditer(text):
                span = _relative(found, now, pattern)
                add(found, span, f"{_proper(found.group().strip())} ({write_span(*span)})")
        for found in _MONTH.finditer(text):
            if found["word"] or "last " in found.group():
                index, word = _last_month(now, _month_number(found["m"])), found["word"] or "in"
                month = _month(index), _month(index + 1)
                add(found, _bounded(word, *month), f"{word} {write_span(*month)}")
    for found in _BARE.finditer(text):
        if not found.group().isdigit():
            add(found, _span(found, "a", now))
    for found in _TRAILING.finditer(text):
        add(found, _span(found, "a", now))
    return sorted(out, key=lambda window: window.begin)


def day_of(date: datetime.date) -> float:
    """A date as days since 1970."""
    return float((date - _EPOCH).days)


def write_day(day: float) -> str:
    """A day as people write it.

    >>> write_day(8523)
    '3 May 1993'
    """
    date = _EPOCH + datetime.timedelta(days=math.floor(day))
    return f"{date.day} {calendar.month_name[date.month]} {date.year}"


def write_span(low: float, high: float) -> str:
    """Days from `low` to before `high` as people write them.

    >>> write_span(8401, 8766), write_span(8521, 8552), write_span(8523, 8524), write_span(8521, 8528)
    ('1993', 'May 1993', '3 May 1993', '1 to 7 May 1993')
    """
    first, last = (_EPOCH + datetime.timedelta(days=math.floor(day)) for day in (low, high - 1))
    if first == last:
        return write_day(low)
    whole = first.day == 1 and (last + datetime.timedelta(days=1)).day == 1
    month = f"{calendar.month_name[last.month]} {last.year}"
    if whole and (first.month, last.month, first.year) == (1, 12, last.year):
        return str(last.year)
    if (first.month, first.year) == (last.month, last.year):
        return month if whole else f"{first.day} to {last.day} {month}"
    return f"{write_day(low)} to {write_day(high - 1)}"


def _proper(text: str) -> str:
    """A time with the names of its months as they are written."""
    return re.sub(rf"\b(?:{_NAMES})\b", lambda found: found.group().capitalize(), text)


def _joined(
    found: re.Match[str], first: tuple[float, float] | None, last: tuple[float, float] | None
) -> tuple[float, float] | None:
    """From the first to the last; two that are only named one after the other have to follow each other."""
    if first is None or last is None:
        return None
    listed = not re.match(r"\s*(between|from)\b", found.group()) and " and " in found.group()
    return None if listed and first[1] != last[0] else (first[0], last[1])


def _half_said(found: re.Match[str], now: float | None) -> tuple[float, float] | None:
    """A range whose beginning lacks what its end says: "between March and June 2023", "from 1 to 15 March 2023"."""
    last = _span(found, "b", now)
    if last is None:
        return None
    end = _EPOCH + datetime.timedelta(days=last[0])
    bare = found["bare"]
    digits, name = re.findall(r"\d+", bare), re.findall(r"[a-z]+", bare)
    months = bool(name) and not digits
    whole = last[1] - last[0] > 1
    if months != whole:  # a month goes with a month, a day with a day
        return None
    try:
        month = _month_number(bare) if name else end.month
        year = end.year - (month > end.month)
        begin = day_of(datetime.date(year, month, int(digits[0]) if digits else 1))
        first = (begin, _month(year * 12 + month) if months else begin + 1)
        return _joined(found, first, last)
    except ValueError:
        return None


def _bounded(word: str, low: float, high: float) -> tuple[float, float]:
    match word:
        case "since" | "from" | "starting" | "starting in":
            return low, math.inf
        case "after":
            return high, math.inf
        case "before" | "prior to":
            return -math.inf, low
        case "until" | "till" | "up to" | "by" | "no later than":
            return -math.inf, high
    return low, high


def _relative(found: re.Match[str], now: float, pattern: re.Pattern[str]) -> tuple[float, float]:
    """From how long ago; `last month` without a number is the calendar's before the one that is, `this` the one."""
    today = _EPOCH + datetime.timedelta(days=math.floor(now))
    if pattern is _NAMED:
        named = float(math.floor(now)) - (found["day"] == "yesterday")
        return named, named + 1
    if pattern is _AGO:
        number = 2 if found["n"] is None else _COUNTS.get(found["n"]) or int(found["n"])
        return _month((today.year - number) * 12), _month((today.year - number + 1) * 12)
    unit, whole = found["unit"], pattern is _THIS
    if not whole and found["n"]:
        number = _COUNTS.get(found["n"]) or int(found["n"])
        return now - number * _DAYS[unit] + 1, now + 1
    if unit in ("day", "week"):
        begin = today - datetime.timedelta(days=today.weekday() if unit == "week" else 0)
        length = 7 if unit == "week" else 1
        first = day_of(begin) - (0 if whole else length)
        return first, first + length
    months = {"month": 1, "quarter": 3, "year": 12}[unit]
    index = (today.year * 12 + today.month - 1) // months * months - (0 if whole else months)
    return _month(index), _month(index + months)


def _last_month(now: float, number: int) -> int:
    """The last month of a name that has begun."""
    today = _EPOCH + datetime.timedelta(days=math.floor(now))
    return (today.year if number <= today.month else today.year - 1) * 12 + number - 1


def _month(index: int) -> float:
    """The first day of the month that is so many after January of the year nought."""
    if not 12 <= index < 119_988:
        return math.inf if index > 0 else -math.inf
    return day_of(datetime.date(index // 12, index % 12 + 1, 1))


def _span(found: re.Match[str], name: str, now: float | None) -> tuple[float, float] | None:
    """The days that a matched date, month, quarter or year is; None where the calendar has none such."""
    part = {key.removesuffix(f"_{name}"): value for key, value in found.groupdict().items() if key.endswith(f"_{name}")}
    try:
        if text := part["iso"]:
            year, month, day = map(int, text.split("-"))
        elif text := part["dmy"] or part["mdy"]:
            numbers = [int(each) for each in re.findall(r"\d+", text)]
            day, year, month = numbers[0], numbers[1], _month_number(text)
        elif text := part["my"]:
            index = int(re.findall(r"\d{4}", text)[0]) * 12 + _month_number(text) - 1
            return _month(index), _month(index + 1)
        elif text := part["ym"] or part["sm"]:
            numbers = [int(each) for each in re.split("[-/]", text)]
            year, month = numbers if part["ym"] else numbers[::-1]
            index = year * 12 + month - 1
            return (_month(index), _month(index + 1)) if 1 <= month <= 12 else None
        elif part["q"] or part["h"]:
            months, place = (3, part["q"]) if part["q"] else (6, part["h"])
            number = int(place[1]) if place[0] in "qh" else _NTHS[place.split()[0]]
            index = int(part["qy"] or part["hy"]) * 12 + (number - 1) * months
            return _month(index), _month(index + months)
        elif text := part["ly"]:
            if now is None:
                return None
            index = ((_EPOCH + datetime.timedelta(days=math.floor(now))).year - 1) * 12 + _month_number(text) - 1
            return _month(index), _month(index + 1)
        else:
            year = int(part["y"])
            return _month(year * 12), _month(year * 12 + 12)
        first = day_of(datetime.date(year, month, day))
        return first, first + 1
    except ValueError:
        return None


def _month_number(text: str) -> int:
    name = next(each for each in re.findall(r"[a-z]+", text) if each in MONTHS or each[:3] in _SHORT)
    return _SHORT[name[:3]]
