"""Given values that no learned row had: they are kept, and what is drawn around them follows others."""

from typing import Any

import numpy as np
import polars as pl

from twinfold.synthesis.encoding.category import CategoryEncoding
from twinfold.synthesis.encoding.codebook import Codebook
from twinfold.synthesis.encoding.number import NumberEncoding
from twinfold.tables.schema import Column
from twinfold.tables.values import from_values, to_values

_LISTED = 5


def note_unlearned(codebook: Codebook, given: pl.DataFrame) -> tuple[str, ...]:
    """A note on each given column with values that were never learned, or missing ones where none was missing.

    Args:
        codebook: what the columns were learned to hold.
        given: some of the columns as they are stored, shape (rows, columns).
    """
    notes: list[str] = []
    for name in given.columns:
        encoding, column = codebook.encodings.get(name), codebook.table[name]
        if isinstance(encoding, CategoryEncoding):
            notes += _note_levels(encoding, column, to_values(given[name], column))
        elif isinstance(encoding, NumberEncoding):
            notes += _note_numbers(encoding, column, to_values(given[name], column))
    return tuple(notes)


def _note_levels(encoding: CategoryEncoding, column: Column, values: pl.Series) -> list[str]:
    known: list[Any] = [*encoding.levels, *([encoding.label] if encoding.label is not None else [])]
    strange = values.drop_nulls()
    strange = strange.filter(~strange.is_in(pl.Series(known).cast(values.dtype)) if known else [True] * len(strange))
    listed = ", ".join(map(str, encoding.levels[:_LISTED])) + ", …" * (len(encoding.levels) > _LISTED)
    follows = "the rare ones" if encoding.has_rare else f"{column.name} = {encoding.levels[-1]}" if known else "none"
    missing = 0 if encoding.has_missing else values.null_count()
    return [
        *_note(len(strange), f"{_strangers(len(strange), column)} ({listed} were)", follows),
        *_note(missing, f"no {column.name}, which every learned row has", follows),
    ]


def _note_numbers(encoding: NumberEncoding, column: Column, values: pl.Series) -> list[str]:
    known = np.concatenate([encoding.piece_low[encoding.exact], encoding.knot_value])
    low, high = known.min(), known.max()
    values = values.fill_nan(None) if values.dtype.is_float() else values
    strange = int(((values < low) | (values > high)).sum())
    ends = from_values(pl.Series([low, high]), column)
    missing = 0 if encoding.has_missing else values.null_count()
    return [
        *_note(
            strange,
            f"{_strangers(strange, column)} ({ends[0]} to {ends[1]} were)",
            "the nearest learned ones",
        ),
        *_note(missing, f"no {column.name}, which every learned row has", "those in the middle"),
    ]


def _strangers(rows: int, column: Column) -> str:
    values, were = ("a value", "was") if rows == 1 else ("values", "were")
    return f"{values} of {column.name} that {were} never learned"


def _note(rows: int, held: str, follows: str) -> list[str]:
    """One note, or none where no row is concerned."""
    if not rows:
        return []
    hold, around = ("row holds", "it") if rows == 1 else ("rows hold", "them")
    return [f"given: {rows:,} {hold} {held}; what is drawn around {around} follows {follows}"]
