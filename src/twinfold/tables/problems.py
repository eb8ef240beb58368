"""What looks wrong with a column, in a few plain words each; only what its values show."""

import datetime
import re
from collections.abc import Iterator

import numpy as np
import polars as pl

from twinfold.tables import numerals
from twinfold.tables.column_names import CODE, NUMBERED, is_called
from twinfold.tables.number_text import LIKE_PATTERN
from twinfold.tables.schema import Column, Kind, Personal, Treatment
from twinfold.tables.values import format_value

SAMPLE = 200_000
"""How many rows are looked at for candidates; what is said of a candidate is counted in all rows."""

_CODES_SAMPLE = 20_000
_FEW = 20
_MOST = 0.8
_TAKEN = {Kind.IDENTIFIER: "an identifier", Kind.TEXT: "text", Kind.CATEGORY: "categories"}
_HEAP = 0.05
_HIGH_CODE = re.compile(r"9+(\.9+)?|9*[678]|8{2,}|7{2,}")
_LEAST_NINES = 99
_LOW_CODES = frozenset({-1, -2, -7, -8, -9, -77, -88, -98, -99, -777, -888, -998, -999, -9998, -9999, -99999})
_PLACEHOLDERS = tuple(
    (datetime.date(*day) - datetime.date(1970, 1, 1)).days
    for day in ((1, 1, 1), (1753, 1, 1), (1899, 12, 30), (1900, 1, 1), (1970, 1, 1), (2099, 12, 31), (9999, 12, 31))
)
_DAY = 86_400_000_000


def find_problems(
    series: pl.Series, values: pl.Series, column: Column, *, min_count: int, strays: int = 0
) -> tuple[str, ...]:
    """What looks wrong with a column.

    Args:
        series: what is stored, shape (rows,).
        values: the same rows as `to_values` gives them.
        column: what the schema says of it.
        min_count: how many rows must hold a value before it may be named.
        strays: how many rows held what is no number, where that was read as missing already.
    """
    if series.null_count() == len(series) or values.null_count() == len(values):
        return ("all missing",) if len(series) else ("no row",)
    if column.kind is Kind.CONSTANT:
        return ("constant",)
    return tuple(_problems(series, values, column, min_count, strays))


def _problems(series: pl.Series, values: pl.Series, column: Column, min_count: int, strays: int) -> Iterator[str]:
    unread = _unread(series, values, column) + strays
    if column.personal is Personal.MIXED:
        yield "personal data inside text"
    elif column.personal is not None:
        yield f"personal data: {column.personal}"
    missing = (values.null_count() - unread) / len(values)
    if missing > 0.5:
        yield f"{missing:.0%} missing"
    if unread:
        yield f"mixed types: {_percent(unread / len(values))} of values are no {_thing(column)}"
    if column.personal is None and column.kind in (Kind.IDENTIFIER, Kind.TEXT, Kind.CATEGORY) and _like_numbers(series):
        yield f"looks like numbers, taken for {_TAKEN[column.kind]}"
    if column.treatment is not Treatment.LEARN:
        return
    if column.kind in (Kind.INTEGER, Kind.DECIMAL):
        yield from _codes_and_heaps(values, min_count)
    elif column.kind in (Kind.DATE, Kind.DATETIME):
        yield from _placeholders(values, column, min_count)
    elif column.kind is Kind.CATEGORY:
        yield from _categories(values, min_count)


def _unread(series: pl.Series, values: pl.Series, column: Column) -> int:
    """How many rows hold something that can't be read as the column's kind."""
    lost = series.is_not_null() & values.is_null()
    if series.dtype == pl.String:
        lost &= ~series.str.strip_chars().str.to_lowercase().is_in(list(numerals.MARKERS))
        if column.missing is not None:
            lost &= series != column.missing
    elif series.dtype.is_float():
        lost &= ~series.is_nan()
    return int(lost.sum())


def _like_numbers(series: pl.Series) -> bool:
    """Whether most texts of a column are amounts, not codes: called so, of one length, with leading zeros or a plus."""
    if series.dtype != pl.String or is_called(series.name, NUMBERED) or is_called(series.name, CODE):
        return False
    sample = series.drop_nulls().gather_every(max(1, len(series) // _CODES_SAMPLE)).unique()
    read = sample.filter(sample.str.contains(LIKE_PATTERN))
    if len(sample) <= _FEW or len(read) < _MOST * len(sample) or read.str.contains(r"^[+-]?0\d|^\+|\d{16}").any():
        return False
    return bool(read.str.contains("[.,]").any()) or read.str.len_chars().n_unique() > 1


def _thing(column: Column) -> str:
    if column.kind in (Kind.DATE, Kind.DATETIME):
        return f"{column.kind}s written {column.format}" if column.format else f"{column.kind}s"
    return "numbers"


def _percent(share: float) -> str:
    return f"{share:.0%}" if share >= 0.01 else f"{share:.2%}"


def _codes_and_heaps(values: pl.Series, min_count: int) -> Iterator[str]:
    present = values.drop_nulls()
    sample = present.gather_every(max(1, len(present) // SAMPLE))
    counted = sample.rename("value").value_counts(name="rows").sort("value")
    levels, rows = counted["value"].to_numpy().astype(np.float64), counted["rows"].to_numpy()
    codes = [*_high_codes(levels), *_low_codes(levels)]
    for code in codes:
        held = int((present == code).sum())
        if held >= min_count:
            yield f"special code {code:.10g} stands {held:,} times"
    if len(levels) < 50:
        return
    for position in rows.argsort(kind="stable")[::-1][:2]:
        share = rows[position] / len(sample)
        around = np.delete(rows, position)[max(0, position - 10) : position + 10]
        if share < _HEAP or rows[position] < 5 * np.median(around) or levels[position] in codes:
            continue
        if rows[position] >= min_count or int((present == levels[position]).sum()) >= min_count:
            yield f"heap at {levels[position]:.10g}: {_percent(share)} of values"


def _high_codes(levels: np.ndarray) -> list[float]:
    """Top values of nines, or 96 to 98, far above the rest."""
    codes: list[float] = []
    body = levels
    while len(body) > 3 and len(codes) < 4 and _HIGH_CODE.fullmatch(f"{body[-1]:.15g}"):
        codes.append(float(body[-1]))
        body = body[:-1]
    while codes and codes[-1] - body[-1] <= 0.25 * (body[-1] - body[0]) + 1:
        body = np.append(body, codes.pop())
    return codes


def _low_codes(levels: np.ndarray) -> list[float]:
    """Negative values in a column that has no others, nines far below the rest, and a zero far below the rest."""
    if len(levels) < 4:
        return []
    negative = levels[levels < 0]
    if 0 < len(negative) <= 4 and all(level in _LOW_CODES for level in negative):
        return [float(level) for level in negative]
    if len(negative) and (nines := [code for code in _high_codes(-levels[::-1]) if code >= _LEAST_NINES]):
        return [-code for code in nines]
    body = levels[1:]
    spread = float(np.quantile(body, 0.99) - np.quantile(body, 0.01))
    return [0.0] if levels[0] == 0 and len(body) > 20 and body[0] > max(0.25 * spread, 10) else []


def _placeholders(values: pl.Series, column: Column, min_count: int) -> Iterator[str]:
    days = values if column.kind is Kind.DATE else values // _DAY
    ends = {days.min(), days.max()}
    for day in _PLACEHOLDERS:
        if day in ends and (held := int((days == day).sum())) >= min_count:
            moment = day if column.kind is Kind.DATE else day * _DAY
            yield f"{format_value(moment, column)[:10]} stands {held:,} times: is it a date?"


def _categories(values: pl.Series, min_count: int) -> Iterator[str]:
    counted = values.drop_nulls().rename("value").value_counts(name="rows")
    rare = float(counted["rows"].filter(counted["rows"] < min_count).sum()) / len(values)
    if len(counted) > 50 and rare > 0.05:
        yield f"{len(counted):,} categories, {_percent(rare)} of rows in ones that fewer than {min_count} rows hold"
    elif rare > 0.05:
        yield f"{_percent(rare)} of rows in categories that fewer than {min_count} rows hold"
    if values.dtype == pl.String:
        same = len(counted) - counted["value"].str.strip_chars().str.to_lowercase().n_unique()
        if same:
            differ = "category differs" if same == 1 else "categories differ"
            yield f"{same:,} {differ} from another only in capitals or blanks"
        if len(counted) > 50:
            numbers = float(numerals.parse(counted["value"]).is_not_null().mean() or 0)  # type: ignore[arg-type]
            if 0.5 <= numbers < 1 and not counted["value"].str.contains(r"^0\d").any():
                yield f"mixed types: {_percent(1 - numbers)} of the categories are no numbers"
