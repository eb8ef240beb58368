"""Numbers that stand in text: how they are written, and the way from text to number and back.

A format is one of printf's: "%.2f" (always two decimals), "%r" (at least one: 20.0), with `'` for grouped thousands and
with what stands before and after ("$%'.2f", "%.1f%%"). None is the shortest way of writing a number (20, 19.75).
"""

import re
from dataclasses import dataclass

import polars as pl

MARKERS = frozenset(
    {"", "?", "-", "--", ".", "na", "n/a", "nan", "null", "none", "nil", "missing", "unknown", "#n/a", "(null)"}
)
"""Texts that commonly stand for a missing value, in lower case and without blanks around them."""

_BEFORE = r"\s?(?:[$€£¥]|USD|EUR|GBP|CHF)?\s?"
_AFTER = r"\s?(?:%|[$€£¥]|USD|EUR|GBP|CHF)?\s?"
_NUMBER = rf"^{_BEFORE}([+-]?(?:\d{{1,3}}(?:,\d{{3}})+|\d*)(?:\.\d*)?(?:[eE][+-]?\d+)?){_AFTER}$"
_AFFIXES = re.compile(rf"^({_BEFORE})[+-]?[\d.,eE+-]+({_AFTER})$")
_FORMAT = re.compile(r"^(?P<before>(?:[^%]|%%)*)%(?P<group>'?)(?:\.(?P<digits>\d{1,2})f|[gr])(?P<after>(?:[^%]|%%)*)$")


@dataclass(frozen=True)
class Numerals:
    """How numbers stand in text."""

    format: str | None


def is_format(format: str) -> bool:
    """Whether a text is a format of numbers.

    >>> is_format("$%'.2f"), is_format("%d.%m.%Y")
    (True, False)
    """
    return _FORMAT.match(format) is not None


def parse(texts: pl.Series) -> pl.Series:
    """Read texts, shape (rows,), as Float64; what is no number is null."""
    plain = texts.cast(pl.Float64, strict=False)
    plain = plain.set(~plain.is_finite(), None)
    if plain.null_count() == texts.null_count():
        return plain
    bare = texts.set(plain.is_not_null(), None).str.extract(_NUMBER, 1).str.replace_all(",", "", literal=True)
    return plain.fill_null(bare.cast(pl.Float64, strict=False))


def render(numbers: pl.Series, format: str | None) -> pl.Series:
    """Write Float64, shape (rows,), as text by a format; None writes as few digits as the number needs."""
    if format is None:
        return _shortest(numbers)
    found = _FORMAT.match(format)
    if found is None:
        raise ValueError(f"{format!r} is no format of numbers")
    before, after = found["before"].replace("%%", "%"), found["after"].replace("%%", "%")
    if found["group"]:
        spec = f",.{found['digits']}f" if found["digits"] else ","
        plain = numbers.map_elements(lambda value: _grouped(value, spec), return_dtype=pl.String)
    elif found["digits"]:
        plain = _fixed(numbers, int(found["digits"]))
    else:
        plain = numbers.cast(pl.String) if "%r" in format else _shortest(numbers)
    return (before + plain + after).rename(numbers.name) if before or after else plain


def find(distinct: pl.Series) -> Numerals | None:
    """How distinct texts, shape (levels,), are written as numbers; None where they are none, or codes (00720).

    One text, or one in twenty, may be something else. The rows that hold it are for the caller to weigh.
    """
    sample = distinct.gather_every(max(1, len(distinct) // 20))
    if float(parse(sample).is_not_null().mean() or 0) < 0.4:  # type: ignore[arg-type]
        return None
    numbers = parse(distinct)
    unread = distinct.filter(numbers.is_null())
    if len(unread) > max(1, 0.05 * len(distinct)) or len(unread) == len(distinct):
        return None
    texts = distinct.filter(numbers.is_not_null())
    padded = texts.str.contains(r"^[+-]?0\d").sum()
    if padded > 0.02 * len(texts) or (padded and texts.str.len_chars().n_unique() == 1):
        return None
    return Numerals(_format(texts, numbers.drop_nulls()))


def _format(texts: pl.Series, numbers: pl.Series) -> str | None:
    """The format that gives back most of the texts."""
    step = max(1, len(texts) // 5_000)
    texts, numbers = texts.gather_every(step), numbers.gather_every(step)
    affixes = _AFFIXES.match(str(texts[0]))
    before, after = (affixes[1].replace("%", "%%"), affixes[2].replace("%", "%%")) if affixes else ("", "")
    group = "'" if bool(texts.str.contains(",", literal=True).any()) else ""
    digits = int(texts.str.extract(r"\.(\d+)").str.len_chars().max() or 0)  # type: ignore[arg-type]
    candidates = [before + f"%{group}{part}" + after for part in ("g", f".{digits}f", "r")]
    shares = [float((render(numbers, each) == texts).mean() or 0) for each in candidates]  # type: ignore[arg-type]
    best = candidates[shares.index(max(shares))]
    return None if best == "%g" else best


def _shortest(numbers: pl.Series) -> pl.Series:
    whole = (numbers == numbers.round()) & (numbers.abs() < 2**53)
    integers = numbers.set(~whole, None).cast(pl.Int64).cast(pl.String)
    return integers.zip_with(whole.fill_null(True), numbers.cast(pl.String)).rename(numbers.name)


def _fixed(numbers: pl.Series, digits: int) -> pl.Series:
    if digits == 0:
        return _shortest(numbers.round())
    if float(numbers.abs().max() or 0) >= 1e15:  # type: ignore[arg-type]  # more than a decimal may hold
        return numbers.map_elements(lambda value: f"{value:.{digits}f}", return_dtype=pl.String)
    return numbers.round(digits).cast(pl.Decimal(38, digits), strict=False).cast(pl.String)


def _grouped(value: float, spec: str) -> str:
    text = format(value, spec)
    return text.removesuffix(".0") if spec == "," else text
