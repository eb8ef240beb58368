"""Dates that stand in text or in integers: which format they have, and the way from text to time and back.

Formats are `strftime` directives, with three additions: `%^b` is a month in capitals (15JAN1990), a format without a
day (%Y-%m) means the first of the month, and a format without a date (%H:%M) means the first of January 1970. Two-digit
years run from 1970 to 2069.
"""

import datetime
import re
from dataclasses import dataclass
from functools import cache

import numpy as np
import polars as pl

from twinfold.tables.schema import Kind, Resolution

DATES = (
    *("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%d.%m.%Y", "%-d.%-m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%-d/%-m/%Y", "%-m/%-d/%Y"),
    *("%d-%m-%Y", "%m-%d-%Y", "%d.%m.%y", "%-d.%-m.%y", "%d/%m/%y", "%m/%d/%y", "%-d/%-m/%y", "%-m/%-d/%y", "%y-%m-%d"),
    *("%d-%m-%y", "%d-%b-%Y", "%d-%^b-%Y", "%d-%b-%y", "%d-%^b-%y", "%d %b %Y", "%-d %b %Y", "%d%b%Y", "%d%^b%Y"),
    *("%b %d, %Y", "%b %-d, %Y", "%d %B %Y", "%-d %B %Y", "%B %d, %Y", "%B %-d, %Y"),
    *("%Y-%m", "%Y/%m", "%m/%Y", "%m.%Y", "%b-%Y", "%b-%y", "%b %Y", "%B %Y"),
)
COMPACT = ("%Y%m%d", "%y%m%d", "%d%m%Y", "%m%d%Y", "%Y%m", "%Y%m%d%H%M%S", "%Y%m%d%H%M")
TIMES = ("%H:%M:%S", "%H:%M", "%-H:%M", "%-H:%M:%S", "%I:%M %p", "%-I:%M %p", "%I:%M:%S %p", "%-I:%M:%S %p")

_DIRECTIVES = {
    "%Y": r"\d{4}",
    "%y": r"\d{2}",
    "%m": r"(?:0[1-9]|1[0-2])",
    "%-m": r"(?:[1-9]|1[0-2])",
    "%d": r"(?:0[1-9]|[12]\d|3[01])",
    "%-d": r"(?:[1-9]|[12]\d|3[01])",
    "%b": r"[A-Z][a-z]{2}",
    "%^b": r"[A-Z]{3}",
    "%B": r"[A-Z][a-z]{2,8}",
    "%H": r"\d{2}",
    "%-H": r"(?:\d|1\d|2[0-3])",
    "%I": r"\d{2}",
    "%-I": r"(?:[1-9]|1[0-2])",
    "%M": r"[0-5]\d",
    "%S": r"[0-5]\d",
    "%p": r"[AP]M",
    "%.3f": r"\.\d{3}",
    "%.6f": r"\.\d{6}",
    "%:z": r"[+-]\d\d:\d\d",
    "%z": r"[+-]\d{4}",
}
_DIRECTIVE = re.compile(r"%(?:[-^:]?[A-Za-z]|\.\df)")
_ZONE = re.compile(r"\d(Z|[+-]\d\d:?\d\d)$")
_YEARS = (1800, 2100)
_DAY = 86_400_000_000
_UNITS: tuple[tuple[Resolution, int], ...] = (
    ("day", _DAY),
    ("hour", 3_600_000_000),
    ("minute", 60_000_000),
    ("second", 1_000_000),
    ("millisecond", 1_000),
)


@dataclass(frozen=True)
class DateFormat:
    """A format that fits, and the kind it leads to."""

    format: str
    kind: Kind


def has_time(format: str) -> bool:
    """Whether a format has a time of day in it."""
    return any(directive in format for directive in ("%H", "%-H", "%I", "%-I"))


def is_format(format: str, kind: Kind, *, digits: bool = False) -> bool:
    """Whether a text is a format of a kind, date or date-time, that what it writes can be read by.

    `digits`: whether it must be of digits alone, to stand in an integer.

    >>> [is_format(format, Kind.DATE) for format in ("%d.%m.%Y", "%Y-%m", "%d.%m.", "%Q", "%Y-%m-%d %H:%M")]
    [True, True, False, False, False]
    """
    if any(directive not in _DIRECTIVES for directive in re.findall(r"%[-^:]?.?(?:\df)?", format)):
        return False
    if digits and not re.fullmatch(r"(?:%[YymdHMS])+", format):
        return False
    dated = bool(re.search("%[Yy]", format))
    if has_time(format) != (kind is Kind.DATETIME) or not (dated or re.fullmatch("[^dmbB]+", format)):
        return False
    times = pl.Series([datetime.datetime(2001, 2, 3, 4, 5, 6)])
    return bool(parse(render(times, format), format).is_not_null().all())


def parse(texts: pl.Series, format: str) -> pl.Series:
    """Read texts, shape (rows,), into Date, or Datetime in microseconds where the format has a time; unread is null."""
    chrono = format.replace("%^b", "%b")
    if "%d" not in chrono and "%-d" not in chrono:
        if "%Y" in chrono or "%y" in chrono:
            texts, chrono = texts + " 01", chrono + " %d"
        else:
            texts, chrono = "1970-01-01 " + texts, "%Y-%m-%d " + chrono
    if not has_time(format):
        return texts.str.to_date(chrono, strict=False)
    if "%:z" in chrono or "%z" in chrono:
        zoned = texts.str.to_datetime(chrono, time_unit="us", time_zone="UTC", strict=False)
        return zoned.dt.replace_time_zone(None)
    return texts.str.to_datetime(chrono, time_unit="us", strict=False)


def render(times: pl.Series, format: str) -> pl.Series:
    """Write Date or Datetime, shape (rows,), as text. Times of a format with a zone are written in UTC (+00:00)."""
    chrono = format.replace("%:z", "+00:00").replace("%z", "+0000")
    if "%^b" not in chrono:
        return times.dt.strftime(chrono)
    before, after = chrono.split("%^b")
    month = times.dt.strftime("%b").str.to_uppercase()
    start = times.dt.strftime(before) if before else pl.Series([""], dtype=pl.String)
    end = times.dt.strftime(after) if after else pl.Series([""], dtype=pl.String)
    return (start + month + end).rename(times.name)


def integer_width(format: str) -> int:
    """How many digits a date has that stands in an integer by this format."""
    return 4 * format.count("%Y") + sum(2 * format.count(f"%{letter}") for letter in "ymdHMS")


def resolution(micros: pl.Series) -> Resolution:
    """The finest unit that varies in times given in microseconds, shape (rows,)."""
    values = micros.drop_nulls().to_numpy()
    for name, unit in _UNITS:
        if not np.any(values % unit):
            return name
    return "microsecond"


def find_text(distinct: pl.Series, *, hinted: bool) -> DateFormat | None:
    """The format of distinct texts, or None where they are no dates.

    `hinted`: whether the column's name speaks of time; formats of digits alone then need less evidence.
    """
    sample = distinct.gather_every(max(1, len(distinct) // 12)).to_list()[:12]
    if sum(any(c.isdigit() for c in text) for text in sample) < 0.7 * len(sample):
        return None
    fitting = [f for f in _candidates(sample) if _share(f, sample) >= 0.7]
    return _best(distinct, fitting, hinted=hinted) if fitting else None


def find_integer(distinct: pl.Series, *, hinted: bool) -> DateFormat | None:
    """The format of distinct integers (19991231, 930131, 199301), or None where they are no dates."""
    low, high = int(distinct.min()), int(distinct.max())  # type: ignore[arg-type]
    if low <= 0 or high >= 10**14:
        return None
    fitting = []
    for format in COMPACT:
        width = integer_width(format)
        shortest = width - (1 if format in ("%y%m%d", "%d%m%Y", "%m%d%Y") else 0)
        if len(str(high)) == width and (len(str(low)) >= shortest or format == "%y%m%d"):
            fitting.append(format)
    if not fitting:
        return None
    return _best(integer_texts(distinct, integer_width(fitting[0])), fitting, hinted=hinted)


def integer_texts(integers: pl.Series, width: int) -> pl.Series:
    """Integers as text with leading zeros up to `width` digits."""
    return integers.cast(pl.Int64, strict=False).cast(pl.String).str.zfill(width)


def _candidates(sample: list[str]) -> list[str]:
    zones = {found.group(1) for text in sample if (found := _ZONE.search(text)) and ":" in text}
    if not any(":" in text for text in sample):
        return [*DATES, *COMPACT]
    if len(zones) == 1 and "-" not in (zone := zones.pop()):
        suffixes = ["", zone]
    elif zones:
        suffixes = ["%:z", "%z", *zones]
    else:
        suffixes = [""]
    times = [*TIMES, "%H:%M:%S%.3f", "%H:%M:%S%.6f"]
    stamps = [f"{date}{mark}{time}" for date in (*DATES, "%Y%m%d") for mark in "T " for time in times]
    return [stamp + suffix for stamp in (*stamps, *TIMES) for suffix in suffixes]


def _share(format: str, sample: list[str]) -> float:
    pattern = _pattern(format)
    return sum(bool(pattern.fullmatch(text)) for text in sample) / len(sample)


@cache
def _pattern(format: str) -> re.Pattern[str]:
    """What texts of a format look like."""
    pattern, end = "", 0
    for found in _DIRECTIVE.finditer(format):
        pattern += re.escape(format[end : found.start()]) + _DIRECTIVES[found.group()]
        end = found.end()
    return re.compile(pattern + re.escape(format[end:]))


def _best(distinct: pl.Series, formats: list[str], *, hinted: bool) -> DateFormat | None:
    """The format that gives back most texts exactly; of equals the one with more months (01/01, 02/01 are months)."""
    best: tuple[float, int, str] | None = None
    for format in formats:
        times = parse(distinct, format)
        exact = float((times.is_not_null() & (_zoned(format) | (render(times, format) == distinct))).mean() or 0)  # type: ignore[arg-type]
        months = times.dt.month().n_unique()
        if exact >= (0.98 if format in COMPACT else 0.9) and _plausible(times, format, hinted=hinted):
            key = (round(exact, 3), months, format)
            best = key if best is None or key[:2] > best[:2] else best
    if best is None:
        return None
    return DateFormat(best[2], Kind.DATETIME if has_time(best[2]) else Kind.DATE)


def _zoned(format: str) -> bool:
    return format.endswith("z")


def _plausible(times: pl.Series, format: str, *, hinted: bool) -> bool:
    times = times.drop_nulls()
    if "%Y" in format or "%y" in format:
        years = times.dt.year()
        if float(years.is_between(*_YEARS).mean() or 0) < 0.95:  # type: ignore[arg-type]
            return False
    if format not in COMPACT:
        return True
    if hinted:
        return len(times) >= 3
    days = times.dt.day().n_unique()
    return len(times) >= 13 and times.dt.month().n_unique() >= 6 and (days >= 8 or format == "%Y%m")
