"""Labelled answers: what real people said, by which a scale is measured, or the placing of texts is judged."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from twinfold.errors import DataError, unknown_name
from twinfold.personas.survey.specification import Item, Labelled
from twinfold.tables.reading import read
from twinfold.tables.values import to_numbers, to_values

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Ints = npt.NDArray[np.int64]


def read_labelled(item: Item, beside: Path) -> tuple[pl.DataFrame, Ints]:
    """The rows of a labelled file that have an answer, and the point of each, from 0, (rows,).

    `beside`: the folder of the questionnaire. Raises `DataError` where the file can't be read, a column is not there,
    or an answer is none of the scale's.
    """
    asked = item.labelled
    assert asked is not None
    place = place_of(item)
    table, frame, _ = read(beside / asked.file).single()
    for name in filter(None, (asked.answer, asked.score, asked.text)):
        if name not in frame.columns:
            raise DataError(f"{place}: {unknown_name('column', name, frame.columns, among=asked.file)}")
    column = table[asked.answer]
    values = to_values(frame[asked.answer], column)
    if column.kind.numeric:
        point = to_numbers(values) - 1
    else:
        words = values.cast(pl.String).str.strip_chars()
        numbers = words.cast(pl.Float64, strict=False) - 1
        known = {name: float(number) for number, name in enumerate(item.scale)}
        named = words.replace_strict(known, default=None, return_dtype=pl.Float64)
        strange = words.is_not_null() & named.is_null() & numbers.is_null()
        point = to_numbers(named.fill_null(numbers).set(strange, -1.0))
    there = ~np.isnan(point)
    odd = there & ~((point >= 0) & (point < len(item.scale)) & (point == np.round(point)))
    if odd.any():
        said = frame[asked.answer].cast(pl.String)[int(np.flatnonzero(odd)[0])]
        raise DataError(
            f"{place}: {asked.file} answers {said[:60]!r} in {asked.answer!r}; numbers from 1 to {len(item.scale)}, or "
            "the words of the scale, are accepted"
        )
    return frame.filter(pl.Series(there)), point[there].astype(np.int64)


def place_of(item: Item) -> str:
    """How an error calls an item's labelled answers."""
    assert item.labelled is not None
    return f"item {item.id!r}, labelled answers of {item.labelled.file}"


def labelled_numbers(asked: Labelled, frame: pl.DataFrame, place: str) -> Floats:
    """The scores of labelled rows, (rows,). Raises `DataError` where one is no number."""
    found = frame[str(asked.score)].cast(pl.Float64, strict=False).fill_null(np.nan).to_numpy()
    if not np.isfinite(found).all():
        missing = int((~np.isfinite(found)).sum())
        raise DataError(f"{place}: {asked.score!r} is no number in {missing:,} rows; give a score for each answer")
    return found
