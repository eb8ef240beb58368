"""Blanks of questions: times, comparisons and levels, in the ways that people say them."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import numpy as np

from examination.question import Blank

QUARTERS = ("first", "second", "third", "fourth")


def draw_time(rng: np.random.Generator, first: date, last: date) -> Blank:
    """A time between two days, the first of which begins a month."""
    day = first + timedelta(days=int(rng.integers((last - first).days - 100)))
    begin = day.replace(day=1)
    later = min(begin + timedelta(days=int(rng.integers(32, 400))), last).replace(day=1)
    begin_end, later_end = _end(begin), _end(later)
    month, late = _name(begin), _name(later)
    written, quarter = f"{day.day} {month}", (day.month - 1) // 3
    quarter_begin = day.replace(month=3 * quarter + 1, day=1)
    quarter_end = _end(day.replace(month=3 * quarter + 3, day=1))
    ways = [
        _between(f"in {month}", begin, begin_end),
        _between(f"in {day.year}", f"{day.year}-01-01", f"{day.year}-12-31"),
        _between(f"during {day.year}", f"{day.year}-01-01", f"{day.year}-12-31"),
        _between(f"since {month}", begin, "9999-12-31"),
        _between(f"since {written}", day, "9999-12-31"),
        _between(f"from {month} to {late}", begin, later_end),
        _between(f"between {month} and {late}", begin, later_end),
        _between(f"from {written} to {later_end.day} {late}", day, later_end),
        _between(f"in the {QUARTERS[quarter]} quarter of {day.year}", quarter_begin, quarter_end),
        Blank(f"before {late}", (f"day < '{later}'",)),
        Blank(f"before {written}", (f"day < '{day}'",)),
        Blank(f"after {month}", (f"day > '{begin_end}'",)),
        Blank(f"until the end of {late}", (f"day <= '{later_end}'",)),
    ]
    return ways[rng.integers(len(ways))]


def draw_recent(rng: np.random.Generator, last: date) -> Blank:
    """A time as of the last day in the data. So many days back, the first of them may be meant or not."""
    year, month = last.year, last.replace(day=1)
    before = month - timedelta(days=1)
    days = int(rng.choice([7, 30, 60, 90]))
    back = tuple(f"day between '{last - timedelta(days=each)}' and '{last}'" for each in (days - 1, days))
    ways = [
        _between("last year", f"{year - 1}-01-01", f"{year - 1}-12-31"),
        _between("this year", f"{year}-01-01", f"{year}-12-31"),
        _between("last month", before.replace(day=1), before),
        _between("this month", month, last),
        Blank(f"in the last {days} days", back),
        Blank(f"over the past {days} days", back),
    ]
    return ways[rng.integers(len(ways))]


def draw_comparison(rng: np.random.Generator, sizes: Sequence[int]) -> Blank:
    """What an amount is compared with."""
    size, more = np.sort(rng.choice(sizes, 2, replace=False)).tolist()
    ways = [
        Blank(f"more than {size}", (f"amount > {size}",)),
        Blank(f"over {size:,}", (f"amount > {size}",)),
        Blank(f"at least {size}", (f"amount >= {size}",)),
        Blank(f"less than {more}", (f"amount < {more}",)),
        Blank(f"under {more}.50", (f"amount < {more}.50",)),
        Blank(f"between {size} and {more}", (f"amount between {size} and {more}",)),
    ]
    return ways[rng.integers(len(ways))]


def draw_level(rng: np.random.Generator, column: str, levels: Mapping[str, str]) -> Blank:
    """A level by the words for it."""
    words = list(levels)[rng.integers(len(levels))]
    return Blank(words, (f"{column} = '{levels[words]}'",))


def _between(words: str, first: str | date, last: str | date) -> Blank:
    return Blank(words, (f"day between '{first}' and '{last}'",))


def _name(day: date) -> str:
    return f"{day:%B %Y}"


def _end(month: date) -> date:
    return (month + timedelta(days=31)).replace(day=1) - timedelta(days=1)
