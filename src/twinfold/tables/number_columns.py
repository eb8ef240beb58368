"""Which columns of a text file hold numbers, though some of their cells say something else.

A cell may say that a number is missing ("n/a", "-", or a text of the file's own that stands there often), or be
a slip. Both are read as missing; slips are counted.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import polars as pl

from twinfold.tables.column_names import CODE, ID, is_called
from twinfold.tables.layout import CsvDialect
from twinfold.tables.number_text import (
    LIKE_PATTERN,
    PLAIN,
    Marks,
    Numerals,
    find_marks,
    fits,
    is_marker,
    number_share,
    parse,
    read_numerals,
    without_tokens,
)

_LEAST_NUMBERS = 0.5
_SAID_FROM = 0.9
_MOST_SLIPS = 0.1
_MOST_MARKERS = 3
_FEW = 20
_LONG_CODE = 5


@dataclass(frozen=True)
class TypedColumns:
    """A file's columns as what they are, how their numbers stood, what is worth saying, and the slips by column."""

    frame: pl.DataFrame
    dialect: CsvDialect
    notes: tuple[str, ...]
    strays: dict[str, int]


@dataclass(frozen=True)
class _Cleaned:
    """A column without what stands for missing: its texts, these as plain numbers if they are, and what was taken."""

    values: pl.Series
    plain: pl.Series | None
    markers: dict[str, int] = field(default_factory=dict)
    strays: int = 0


def type_columns(
    raw: pl.DataFrame,
    dialect: CsvDialect,
    texts: Collection[str],
    numbers: Mapping[str, str | None],
    *,
    min_count: int = 10,
) -> TypedColumns:
    """Read as numbers what are numbers; the dialect gains how they stood.

    Args:
        raw: all columns as text, shape (rows, columns).
        dialect: what is known of the file already.
        texts: columns that stay text.
        numbers: columns known to be numbers, and the text that stands for a missing one. One that is in `texts` too is
            read as numbers only under a decimal comma.
        min_count: how many rows must hold a text that is no usual marker before it stands for a missing number, and so
            comes out as itself.
    """
    shares = {name: number_share(raw[name]) for name in raw.columns if name in numbers or name not in texts}
    cleaned = {
        name: _clean(name, raw[name], numbers.get(name), min_count)
        for name, share in shares.items()
        if share >= _LEAST_NUMBERS or (share > 0 and name in numbers)
    }
    like = {name: each for name, each in cleaned.items() if each is not None}
    marks = find_marks(
        {name: each.values for name, each in like.items()},
        {name: each.plain for name, each in like.items()},
        dialect.delimiter,
    )
    read: dict[str, tuple[_Cleaned, Numerals]] = {}
    notes: list[str] = []
    for name, each in like.items():
        if name in texts and marks[0] == ".":
            continue
        if found := _read(name, each, marks, min_count):
            read[name] = found
        elif shares[name] == 1 and not each.values.str.contains(r"^[+0]").any():
            notes.append(
                f"column {name!r} looks like numbers and is kept as text: not all of its values are, or some have "
                "too many digits"
            )
    for name, share in shares.items():
        if share >= _SAID_FROM and name not in like and name not in texts:
            spoken = f"{share:.0%}" if share < 0.995 else "nearly all"
            notes.append(f"column {name!r} mixes numbers ({spoken} of its values) with text, and is kept as text")
    found_dialect, more = _describe(raw, dialect, marks, read, min_count)
    columns = {name: read[name][1].values if name in read else raw[name] for name in raw.columns}
    strays = {name: each.strays for name, (each, _) in read.items() if each.strays}
    return TypedColumns(pl.DataFrame(columns), found_dialect, (*notes, *more), strays)


def _clean(name: str, raw: pl.Series, missing: str | None, min_count: int) -> _Cleaned | None:
    """A column without what is nothing like a number; None where that is too much, or means something."""
    values, markers = without_tokens(raw, missing)
    plain = parse(values, PLAIN)
    if plain is not None:
        return _Cleaned(values, plain, markers)
    odd = ~values.str.contains(LIKE_PATTERN)
    if not odd.any():
        return _Cleaned(values, None, markers)
    return _take_out(name, _Cleaned(values, None, markers), odd, min_count)


def _read(name: str, cleaned: _Cleaned, marks: Marks, min_count: int) -> tuple[_Cleaned, Numerals] | None:
    """A column's numbers under the file's marks, without the few that are written in another way; None for text."""
    found = read_numerals(cleaned.values, cleaned.plain, cleaned.markers, marks)
    if found is None:
        odd = ~fits(cleaned.values, marks)
        # Digits that begin with a zero or a plus, or are many, are codes.
        if not odd.any() or cleaned.values.str.contains(r"^[+-]?0\d|^\+|\d{16}").any():
            return None
        less = _take_out(name, cleaned, odd, min_count)
        if less is None:
            return None
        cleaned, found = less, read_numerals(less.values, less.plain, less.markers, marks)
    return (cleaned, found) if found else None


def _take_out(name: str, cleaned: _Cleaned, odd: pl.Series, min_count: int) -> _Cleaned | None:
    """The column without its odd texts: those that say that a number is missing, and slips."""
    odd = odd.fill_null(False)
    counted = cleaned.values.filter(odd).rename("text").value_counts(name="rows").sort("rows", "text", descending=True)
    counts = {text: int(rows) for text, rows in counted.iter_rows()}
    others = {text: rows for text, rows in counts.items() if not is_marker(text)}
    values = cleaned.values.set(odd, None)
    if others and not _tolerable(name, values, others, min_count):
        return None
    markers = {text: rows for text, rows in counts.items() if text not in others}
    if len(others) <= _MOST_MARKERS:
        markers |= {text: rows for text, rows in others.items() if rows >= min_count}
    strays = cleaned.strays + sum(rows for text, rows in others.items() if text not in markers)
    return _Cleaned(values, parse(values, PLAIN), {**cleaned.markers, **markers}, strays)


def _tolerable(name: str, numbers: pl.Series, others: Mapping[str, int], min_count: int) -> bool:
    """Whether a column is one of numbers although texts that are no usual marker stand among them."""
    rest, odd = len(numbers) - numbers.null_count(), sum(others.values())
    few = odd <= _MOST_SLIPS * (rest + odd)
    marked = odd < rest and len(others) <= _MOST_MARKERS and min(others.values()) >= min_count
    if not (few or marked) or is_called(name, ID) or is_called(name, CODE):
        return False
    distinct = numbers.n_unique() - (numbers.null_count() > 0)
    if distinct <= _FEW:  # levels: 0, 1, 2, 3+
        return False
    if numbers.str.contains("[.,]").any():
        return True
    lengths = numbers.drop_nulls().str.len_chars()
    coded = lengths.n_unique() == 1 and int(lengths[0]) >= _LONG_CODE
    return not coded and not (rest >= 50 and distinct >= 0.95 * rest)


def _describe(
    raw: pl.DataFrame, dialect: CsvDialect, marks: Marks, read: Mapping[str, tuple[_Cleaned, Numerals]], min_count: int
) -> tuple[CsvDialect, list[str]]:
    """The dialect with how the numbers stood, and what is to be said of missing ones."""
    empty = dialect.null
    own: dict[str, Counter[str]] = {}
    for name, (cleaned, _) in read.items():
        own[name] = Counter({**cleaned.markers, empty: raw[name].null_count() + cleaned.strays})
    total = sum(own.values(), Counter[str]())
    null = total.most_common(1)[0][0] if total and not dialect.quote_text else empty
    firsts = {name: counts.most_common(1)[0] for name, counts in own.items()}
    grouped = tuple(name for name, (_, found) in read.items() if found.grouped)
    update = {
        "decimal": marks[0],
        "thousands": marks[1] if grouped else None,
        "fixed_decimals": {name: found.fixed for name, (_, found) in read.items() if found.fixed is not None},
        "whole_bare": tuple(name for name, (_, found) in read.items() if found.bare),
        "grouped": grouped,
        "null": null,
        "nulls": {name: text for name, (text, rows) in firsts.items() if rows and text != null},
    }
    notes: list[str] = []
    named = [text for text, rows in total.items() if text and rows and (is_marker(text) or rows >= min_count)]
    if named:
        notes.append(f"{', '.join(map(repr, named))} in columns of numbers is read as missing")
    for name, (cleaned, _) in read.items():
        if cleaned.strays:
            cells = (
                "1 cell is no number and is"
                if cleaned.strays == 1
                else f"{cleaned.strays:,} cells are no numbers and are"
            )
            notes.append(f"column {name!r}: {cells} read as missing")
    return dialect.model_copy(update=update), notes
