"""Literals of a condition, typed by the column that they are compared with."""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import polars as pl

from twinfold.synthesis.conditions.admitted import Level
from twinfold.synthesis.conditions.tokens import Token, shown
from twinfold.tables import dates
from twinfold.tables.schema import Column, Kind

_TEXTS = ("String", "Categorical", "Enum")
_INTEGERS = ("Int", "UInt")
_FLOATS = ("Float", "Decimal")
_ISO_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_ISO_TIME = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(?:Z|[+-]\d\d:\d\d)?)?", re.ASCII)
_TIME_ZONE = re.compile(r"time_zone='([\w/+-]+)'")
_FLOAT32 = float(np.finfo(np.float32).max)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_WHOLE = {Kind.INTEGER, Kind.DATE, Kind.DATETIME}


@dataclass(frozen=True)
class Typed:
    """A literal in the domain of `tables.values.to_values`, and the text that gives it again."""

    value: Level
    text: str


def is_whole(column: Column) -> bool:
    """Whether a numeric column holds whole numbers only."""
    return column.kind in _WHOLE


def quoted(text: str) -> str:
    """A text as a literal."""
    return "'" + text.replace("'", "''") + "'"


def typed(token: Token, column: Column) -> Typed:
    """A literal for a column. Raises `ValueError` with what is wrong and what is accepted."""
    if column.kind in (Kind.DATE, Kind.DATETIME):
        return _time(token, column)
    if column.kind.numeric:
        return _number(token, column)
    return _level_reader(column)(token, column)


def _level_reader(column: Column) -> Callable[[Token, Column], Typed]:
    if column.physical.startswith(_TEXTS):
        return _text
    if column.physical.startswith("Boolean"):
        return _boolean
    if column.physical.startswith(_INTEGERS):
        return _integer
    if column.physical.startswith(_FLOATS):
        return _number
    raise ValueError(f"{shown(column.name)} is stored as {column.physical}; only is null can be asked of it")


def _text(token: Token, column: Column) -> Typed:
    if token.kind not in ("text", "double"):
        raise ValueError(f"{shown(column.name)} holds text; put quotes around it: {quoted(token.text)}")
    if column.missing is not None and token.text == column.missing:
        raise ValueError(f"{shown(token.text)} is how a missing value of {shown(column.name)} is stored; write is null")
    return Typed(token.text, quoted(token.text))


def _boolean(token: Token, column: Column) -> Typed:
    truth = {"true": True, "false": False, "1": True, "0": False}.get(token.text.lower())
    if truth is None or token.kind not in ("word", "number"):
        raise ValueError(f"{shown(column.name)} holds true and false; write one of these, without quotes")
    return Typed(truth, "true" if truth else "false")


def _integer(token: Token, column: Column) -> Typed:
    if column.kind is Kind.BOOLEAN and token.kind == "word" and token.text.lower() in ("true", "false"):
        token = Token("number", "1" if token.text.lower() == "true" else "0", token.at)
    number = _finite(token, column)
    if number != int(number):
        raise ValueError(f"{shown(column.name)} holds whole numbers; {token.text} is none")
    return Typed(int(number), str(int(number)))


def _number(token: Token, column: Column) -> Typed:
    number = _finite(token, column)
    text = str(int(number)) if number == int(number) and abs(number) < 2**53 else repr(number)
    if column.physical == "Float32":  # 0.1 is asked as the column can hold it
        number = float(np.float32(number))
    return Typed(number, text)


def _finite(token: Token, column: Column) -> float:
    if token.kind != "number":
        raise ValueError(f"{shown(column.name)} holds numbers, {shown(token.text)} is none; write one without quotes")
    number = float(token.text)
    if not math.isfinite(number) or (column.physical == "Float32" and abs(number) > _FLOAT32):
        raise ValueError("this number is too large")
    digits = token.text.lstrip("+-0") or "0"
    if digits.isdigit() and abs(int(number)) != int(digits):
        raise ValueError("this number has more digits than are kept; write at most 15, or an exponent")
    return number + 0.0  # never -0.0


def _time(token: Token, column: Column) -> Typed:
    found = _iso_time(token, column) or _own_time(token, column)
    if found is None:
        example = "'2024-05-31'" if column.kind is Kind.DATE else "'2024-05-31' or '2024-05-31 13:45:00'"
        own = f", or as the column has them ({column.format})" if column.format else ""
        raise ValueError(f"{shown(column.name)} holds dates, {shown(token.text)} is none; write {example}{own}")
    since = found - _EPOCH
    if column.kind is Kind.DATE:
        return Typed(float(since.days), f"'{found.date().isoformat()}'")
    if _zone(column) is not UTC:
        return Typed(_micros(since), f"'{found.isoformat(sep=' ')}'")
    return Typed(_micros(since), f"'{found.replace(tzinfo=None).isoformat(sep=' ')}'")


def _micros(since: timedelta) -> float:
    return float((since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds)


def _zone(column: Column) -> tzinfo:
    """The time zone that a column's times are shown in."""
    named = _TIME_ZONE.search(column.physical) if column.kind is Kind.DATETIME else None
    try:
        return ZoneInfo(named[1]) if named else UTC
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


def _iso_time(token: Token, column: Column) -> datetime | None:
    iso = _ISO_DATE if column.kind is Kind.DATE else _ISO_TIME
    if token.kind not in ("text", "double") or not iso.fullmatch(token.text):
        return None
    try:
        found = datetime.fromisoformat(token.text)
        return (found.replace(tzinfo=_zone(column)) if found.tzinfo is None else found).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _own_time(token: Token, column: Column) -> datetime | None:
    """A time in the column's own format; a bare number where its dates stand in integers (930131)."""
    if column.format is None:
        return None
    text = token.text
    if token.kind == "number":
        if not column.physical.startswith(_INTEGERS) or not text.isdigit():
            return None
        text = text.zfill(dates.integer_width(column.format))
    try:
        found = dates.parse(pl.Series([text]), column.format).item()
    except (pl.exceptions.PolarsError, ValueError, OverflowError):
        return None
    if isinstance(found, datetime):
        return found.replace(tzinfo=UTC)
    return datetime(found.year, found.month, found.day, tzinfo=UTC) if isinstance(found, date) else None
