"""Reading texts: which column holds them, whose they are, when they were said, and how content they are."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from twinfold.errors import DataError, OptionError, unknown_name
from twinfold.personas.feedback.linking import Linked, link_texts
from twinfold.personas.feedback.sources import Source
from twinfold.personas.feedback.tone import DISCONTENT, KNOWN, LEXICON, find_rating, rate, read_tone
from twinfold.personas.feedback.words import count_words
from twinfold.personas.people import People
from twinfold.tables.schema import Column, Kind, Personal
from twinfold.tables.values import format_value, to_values

if TYPE_CHECKING:
    import numpy.typing as npt

    Flags = npt.NDArray[np.bool_]
    Floats = npt.NDArray[np.float64]

LONGEST = 5_000
"""Letters of a text that are read."""

SHORTEST = 2.0
"""Words that texts have on average, at least; of scripts without spaces letters count for them."""

UNSEEN = r"[\p{C}--[\u200c\u200d\n\r\t]]"
"""What would steer a terminal or turn the direction of writing."""

COMPLAINTS = ("complain", "grievance", "beschwerde", "reklamation", "reclam", "queja", "plainte", "klacht", "stížnost")
"""Parts of a table's name that say that each of its texts is a complaint."""


@dataclass(frozen=True)
class Texts:
    """What customers say, in one table: those texts alone that hold words and are linked to somebody.

    Attributes:
        name: of the table; column: of the texts.
        said: as it was said, in one line each, without control characters, (texts,).
        linked: whose they are.
        tone: how content each is, -1 to 1, NaN where that is not known, (texts,); None where it is not measured.
        tone_by: by what; complaint: which texts complain, (texts,); None where nothing says so.
        all_complain: whether each does, since the table is one of complaints.
        span: the first and the last day; None where there are no dates.
        rows: of the table; empty: without words; unlinked: of nobody among the customers.
        notes: what a user must know, in plain words.
    """

    name: str
    column: str
    said: pl.Series
    linked: Linked
    tone: Floats | None
    tone_by: str
    complaint: Flags | None
    all_complain: bool
    span: tuple[str, str] | None
    rows: int
    empty: int
    unlinked: int
    notes: tuple[str, ...]


def read_texts(source: Source, people: People) -> Texts:
    """Read texts, of these people.

    Raises:
        DataError: no column holds texts, or nothing links them to the customers; OptionError: tone by a rating where
            there is none; MissingExtraError: tone by a lexicon that is not installed.
    """
    linked = link_texts(source, people)
    column = source.how.column or _find_column(source, linked.column)
    if column not in source.frame.columns:
        raise DataError(unknown_name("column", column, source.frame.columns, among=source.name))
    said = _clean(source, column)
    holds, whose = (said.str.len_chars() > 0).to_numpy(), linked.owner >= 0
    kept = holds & whose
    if not kept.any():
        raise DataError(f"no row of {source.name} that is linked to a customer holds words in {column!r}; name another")
    said = said.filter(pl.Series(kept))
    measured, by, notes = _measure(source, said, kept, (linked.column, column))
    every = source.how.complaints or any(word in source.name.lower() for word in COMPLAINTS)
    complaint = np.ones(len(said), bool) if every else None if measured is None else measured <= DISCONTENT
    return Texts(
        name=source.name,
        column=column,
        said=said,
        linked=replace(linked, owner=linked.owner[kept]),
        tone=measured,
        tone_by=by,
        complaint=complaint,
        all_complain=every,
        span=_span(source, kept),
        rows=source.frame.height,
        empty=int((~holds).sum()),
        unlinked=int((holds & ~whose).sum()),
        notes=(*_notes(source, column, linked, silent=complaint is None), *notes),
    )


def _measure(
    source: Source, said: pl.Series, kept: Flags, taken: tuple[str, str]
) -> tuple[Floats | None, str, list[str]]:
    """The tone of the texts that are kept, by what it is measured, and what a user must know of it."""
    if source.how.tone == "lexicon":
        found = read_tone(said)
        known = float((~np.isnan(found)).mean())
        if known < KNOWN:
            note = f"{source.name}: tone is not told, for {LEXICON} knows a word of {known:.0%} of the texts."
            return None, "", [note]
        warning = (
            "It knows no irony and no other language; of what readers call bad in reviews of goods it finds 44 %, and "
            "73 % of what it finds is"
        )
        return found, LEXICON, [f"{source.name}: tone is by {LEXICON}. {warning}."]
    column = find_rating(source, taken)
    if column is None:
        if source.how.tone == "rating":
            raise OptionError(f"{source.name} has no rating (whole numbers, 1 to 5 or 0 to 10); name its column")
        return None, "", []
    name, (low, high) = column
    by = f"{name}, {low} to {high}"
    note = f"{source.name}: {by} is taken for a rating, the more the better; below its middle is a complaint."
    return rate(source, name, (low, high))[kept], by, [note]


def names_somebody(column: Column) -> bool:
    """Whether a column says who somebody is, or how to reach them."""
    return column.personal not in (None, Personal.MIXED)


def _find_column(source: Source, linked: str) -> str:
    """The column of the longest texts, not the one that they are linked by. Raises `DataError` where none holds any."""
    best, taken = (0.0, ""), (linked, source.how.rating)
    for column in source.table:
        series = source.frame[column.name]
        if series.dtype not in (pl.String, pl.Categorical) or column.name in taken or names_somebody(column):
            continue
        some = series.cast(pl.String).drop_nulls().head(1_000).str.slice(0, LONGEST)
        long = float(np.mean(count_words(some).to_numpy())) if len(some) else 0.0
        best = max(best, (long, column.name), key=lambda each: each[0])
    if best[0] < SHORTEST:
        raise DataError(
            f"no column of {source.name} ({', '.join(map(repr, source.frame.columns[:10]))}) holds texts of several "
            f"words; name it, such as {source.name}:COLUMN"
        )
    return best[1]


def _clean(source: Source, column: str) -> pl.Series:
    """Texts in one line each, cut where they are giant, without what would steer whatever shows them, (rows,)."""
    series = source.frame[column]
    if series.dtype not in (pl.String, pl.Categorical):
        raise DataError(f"column {column!r} of {source.name} holds {series.dtype} and no texts; name another")
    said = series.cast(pl.String).fill_null("").str.slice(0, LONGEST).str.normalize("NFC").str.replace_all(UNSEEN, "")
    return said.str.replace_all(r"\s+", " ").str.strip_chars()


def _span(source: Source, kept: Flags) -> tuple[str, str] | None:
    """The first and the last day on which texts were said."""
    for column in source.table:
        if column.kind in (Kind.DATE, Kind.DATETIME):
            values = to_values(source.frame[column.name], column).filter(pl.Series(kept)).drop_nulls()
            if len(values):
                first, last = (format_value(each, column)[:10] for each in (values.min(), values.max()))
                return first, last
    return None


def _notes(source: Source, column: str, linked: Linked, *, silent: bool) -> list[str]:
    notes = [
        f"Texts are the words of real people ({source.name}: {column!r}). Quotes are masked as far as what names or "
        "reaches somebody was found: keep them inside the bank."
    ]
    if not linked.key:
        notes.append(
            f"{source.name} has no key of the customers: what is said of {linked.column!r} counts for whoever has the "
            "same, so that personas differ by that alone. Who says what, whether they do more, and quotes are not told."
        )
    if silent:
        notes.append(
            f"{source.name}: nothing says how content people are. It is told of what they speak, not whether they "
            "complain: name a column of ratings (--texts-rating), say that all are complaints (--complaints), or for "
            "English ask for a lexicon (--tone lexicon)."
        )
    return notes
