"""Numbers as they stand in text: which marks they use, what they mean, and how to write them so again."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from twinfold.tables import numerals

NULL_TOKENS = frozenset(
    spelt
    for marker in numerals.MARKERS - {""}
    for spelt in (marker, marker.upper(), marker.capitalize(), marker.title(), "NaN", " ")
)
"""Texts that stand for a missing number in a column that holds numbers otherwise."""

Marks = tuple[str, str | None]
"""The decimal mark, and the mark between thousands or None."""

PLAIN: Marks = (".", None)
_SPACES = (" ", "\u00a0", "\u202f")
_FORMATS: tuple[Marks, ...] = (
    (",", None),
    (".", ","),
    (",", "."),
    *((decimal, mark) for mark in (*_SPACES, "'") for decimal in (".", ",")),
)
_NUMBER = r"^-?(?:0|[1-9]\d*)?(?:\.\d*)?(?:[eE][+-]?\d+)?$|^-?(?i:inf|infinity)$"
_LIKE = re.compile(r"-?[\d.,' \u00a0\u202f]*\d[\d.,' \u00a0\u202f]*(?:[eE][+-]?\d+)?|-?(?i:inf|infinity)", re.ASCII)
LIKE_PATTERN = r"^-?[0-9.,' \x{a0}\x{202f}]*[0-9][0-9.,' \x{a0}\x{202f}]*(?:[eE][+-]?[0-9]+)?$|^-?(?i:inf|infinity)$"
"""What `is_number_like` says yes to, as Polars' expressions write it."""

_MOST_FIXED_DECIMALS = 12
_LOOKED_AT = 1000
_NEARLY = 0.9


@dataclass(frozen=True)
class Numerals:
    """A column of text read as numbers, and how they stood there.

    `values` is Int64 or Float64. `fixed` is how many decimals each value has, None where they differ; `bare`: decimals
    whose whole numbers have no point; `nulls` counts the tokens that stood for missing.
    """

    values: pl.Series
    fixed: int | None
    bare: bool
    grouped: bool
    nulls: Mapping[str, int]


def is_number_like(text: str) -> bool:
    """Whether a text may be a number under some marks.

    >>> [is_number_like(text) for text in ("12", "-1.234,5", "1e-5", "12 km", "")]
    [True, True, True, False, False]
    """
    return _LIKE.fullmatch(text) is not None


def number_share(texts: pl.Series) -> float:
    """The share of number-like texts in a spread sample of a column, null tokens aside; 0 where there is none."""
    sample = texts.gather_every(max(1, len(texts) // _LOOKED_AT)).drop_nulls()
    values = [text for text in sample if text and not is_marker(text)]
    if not values:  # the rows looked at may be those that are missing, each fifth, say
        present = texts.filter(~texts.is_in([*NULL_TOKENS, ""])).head(_LOOKED_AT)
        values = [text for text in present if text and not is_marker(text)]
    return sum(map(is_number_like, values)) / len(values) if values else 0.0


def is_marker(text: str) -> bool:
    """Whether a text commonly stands for a missing value.

    >>> [is_marker(text) for text in ("n/a", " NA", "-", "x17")]
    [True, True, True, False]
    """
    return text.strip().lower() in numerals.MARKERS


def without_tokens(texts: pl.Series, missing: str | None = None) -> tuple[pl.Series, dict[str, int]]:
    """The column with null tokens, empty texts and `missing` as nulls, and how often each token stood there."""
    tokens = texts.is_in([*NULL_TOKENS, "", *([] if missing is None else [missing])])
    if not tokens.any():
        return texts, {}
    counts = Counter(texts.filter(tokens).to_list())
    return texts.set(tokens, None), {token: n for token, n in counts.items() if token}


def find_marks(columns: Mapping[str, pl.Series], plain: Mapping[str, pl.Series | None], delimiter: str) -> Marks:
    """The marks that the numbers of a file use. `columns` are number-like texts, tokens taken out.

    `plain` is what they are under the plain marks, None where they are no numbers under these.

    A column speaks for a decimal mark where it can be read with no other. Where none speaks ("1,234" alone), a comma is
    a decimal mark in a file of semicolons and groups thousands elsewhere.
    """
    odd = [texts for name, texts in columns.items() if plain[name] is None]
    fitting = [fit for texts in odd if (fit := _fitting(texts) or _nearly_fitting(texts))]
    if not fitting:
        return PLAIN
    speaking = Counter(marks.pop() for fit in fitting if len(marks := {mark for mark, _ in fit}) == 1)
    even = [texts for name, texts in columns.items() if plain[name] is not None]
    if speaking[","]:
        speaking["."] += sum(
            bool(texts.str.contains(".", literal=True).any()) and not _all_match(texts, (",", ".")) for texts in even
        )
    if speaking[","] == speaking["."] == 0:
        decimal = "," if delimiter == ";" else "."
    else:
        decimal = "," if speaking[","] > speaking["."] else "."
    grouping = Counter(
        next(mark for point, mark in fit if point == decimal)
        for fit in fitting
        if (decimal, None) not in fit and any(point == decimal for point, _ in fit)
    )
    if decimal == "," and any(_has_groups(texts, (",", ".")) for texts in even):
        grouping["."] += 1
    return decimal, grouping.most_common(1)[0][0] if grouping else None


def read_numerals(texts: pl.Series, plain: pl.Series | None, nulls: Mapping[str, int], marks: Marks) -> Numerals | None:
    """Read a column of text, tokens taken out, as numbers under the file's marks; None where it is not of numbers.

    `plain` is what it is under the plain marks, so that no column is read twice.
    """
    decimal, thousands = marks
    grouped = False
    values = plain if decimal == "." else parse(texts, (decimal, None))
    if values is None and thousands is not None:
        values, grouped = parse(texts, marks), True
    if values is None:
        return None
    if values.dtype == pl.Int64:
        return Numerals(values, None, False, grouped, nulls)
    point = texts.str.find(decimal, literal=True)
    bare = point.null_count() > texts.null_count()
    after = texts.str.len_bytes().cast(pl.Int64) - point.cast(pl.Int64) - 1
    fewest, most = after.min(), after.max()
    fixed = None
    if not bare and isinstance(most, int) and fewest == most and 1 <= most <= _MOST_FIXED_DECIMALS:
        fixed = None if texts.str.contains("[eE]").any() else most
    return Numerals(values, fixed, bare, grouped, nulls)


def parse(texts: pl.Series, marks: Marks) -> pl.Series | None:
    """Int64 or Float64 values of a column of text under the marks; None where some text is no number, or too long.

    Codes with leading zeros or a plus and integers beyond 64 bits are no numbers: their digits would be lost.
    """
    decimal, thousands = marks
    if thousands is not None:
        if not _all_match(texts, marks):
            return None
        texts = texts.str.replace_all(thousands, "", literal=True)
    if decimal != ".":
        if texts.str.contains(".", literal=True).any():
            return None
        texts = texts.str.replace(decimal, ".", literal=True)
    integers = texts.cast(pl.Int64, strict=False)
    whole = integers.null_count() == texts.null_count()
    if whole and bool((integers.cast(pl.String) == texts).all()):
        return integers
    if not bool(texts.str.contains(_NUMBER).all()):
        return None
    if not texts.str.contains("[.eEnN]").any():
        return integers if whole else None  # "-0" is a number, 2**64 an identifier
    values = texts.cast(pl.Float64, strict=False)
    return values if values.null_count() == texts.null_count() else None


def fits(texts: pl.Series, marks: Marks) -> pl.Series:
    """Whether each text of a column is a number under the marks, shape (rows,)."""
    decimal, thousands = (re.escape(mark or "") for mark in marks)
    whole = rf"(?:0|[1-9][0-9]*|[1-9][0-9]{{0,2}}(?:{thousands}[0-9]{{3}})+)" if thousands else "(?:0|[1-9][0-9]*)"
    number = rf"(?:{whole}(?:{decimal}[0-9]*)?|{decimal}[0-9]+)(?:[eE][+-]?[0-9]+)?"
    return texts.str.contains(rf"^-?(?:{number}|(?i:inf|infinity))$")


def write_numerals(values: pl.Expr, *, fixed: int | None, bare: bool, marks: Marks) -> pl.Expr:
    """Text of Float64 or Float32 values, shape kept: with `fixed` decimals, whole numbers `bare`, under the marks."""
    decimal, thousands = marks
    text = values.cast(pl.String)
    if fixed is not None:
        text = pl.coalesce(values.cast(pl.Decimal(38, fixed), strict=False).cast(pl.String), text)
    elif bare:
        text = text.str.strip_suffix(".0")
    if thousands is not None:
        text = _group(text, thousands, decimal)
    elif decimal != ".":
        text = text.str.replace(".", decimal, literal=True)
    return text


def write_integers(values: pl.Expr, thousands: str | None) -> pl.Expr:
    """Text of integer values, their thousands apart where a mark is given."""
    text = values.cast(pl.String)
    return text if thousands is None else _group(text, thousands, ".")


def _group(text: pl.Expr, thousands: str, decimal: str) -> pl.Expr:
    digits = text.str.extract(r"^-?(\d+)").str.reverse().str.replace_all(r"(\d{3})", f"${{1}}{thousands}")
    rest = text.str.extract(r"^-?\d+(.*)$").str.replace(".", decimal, literal=True)
    sign = pl.when(text.str.starts_with("-")).then(pl.lit("-")).otherwise(pl.lit(""))
    return pl.concat_str(sign, digits.str.reverse().str.strip_prefix(thousands), rest)


def _fitting(texts: pl.Series) -> list[Marks]:
    """The marks, other than the plain ones, under which every text of a column is a number."""
    return [marks for marks in _FORMATS if _could_use(texts, marks) and parse(texts, marks) is not None]


def _nearly_fitting(texts: pl.Series) -> list[Marks]:
    """The marks with a decimal comma under which most texts of a column are numbers, the others slips."""
    for marks in _FORMATS:
        if marks in ((",", None), (",", ".")) and _could_use(texts, marks):
            share = fits(texts, marks).mean()
            if isinstance(share, float) and share >= _NEARLY:
                return [marks]
    return []


def _could_use(texts: pl.Series, marks: Marks) -> bool:
    decimal, thousands = marks
    if thousands is None:
        return bool(texts.str.contains(decimal, literal=True).any())
    if not texts.str.contains(thousands, literal=True).any():
        return False
    # "123 456" in each row is a telephone number; amounts differ in length.
    return thousands in ",." or texts.str.len_chars().n_unique() > 1


def _has_groups(texts: pl.Series, marks: Marks) -> bool:
    thousands = marks[1]
    return (
        thousands is not None and bool(texts.str.contains(thousands, literal=True).any()) and _all_match(texts, marks)
    )


def _all_match(texts: pl.Series, marks: Marks) -> bool:
    """Whether every text is a number with its thousands grouped: 1, 12, 123, 1,234, 12,345.6."""
    decimal, thousands = (re.escape(mark or "") for mark in marks)
    pattern = rf"^-?(?:0|[1-9]\d{{0,2}}(?:{thousands}\d{{3}})*)(?:{decimal}\d+)?$"
    return bool(texts.str.contains(pattern).all())
