"""Tone: how content a text is, by the rating beside it, or by a lexicon of English words that is asked for."""

from __future__ import annotations

import re
from importlib import import_module
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from twinfold.errors import DataError, MissingExtraError, unknown_name
from twinfold.personas.feedback.sources import Source
from twinfold.tables.schema import Column
from twinfold.tables.values import to_values

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

RATINGS = frozenset(
    {"rating", "rated", "score", "stars", "star", "nps", "csat", "satisfaction", "grade", "points"}
    | {"bewertung", "ocena"}
)
"""Words in the name of a column that say that it is a rating."""

SCALES = ((1, 5), (0, 10))
"""The least and the most of ratings."""

DISCONTENT = -0.05
"""The tone of a text at or below which it counts as a complaint: what the lexicon's authors call negative."""

SENTENCE = 400
"""Letters of a sentence, at most."""

KNOWN = 0.5
"""The share of texts in which a lexicon must know a word for its tone to be told."""

LEXICON = "a lexicon of English words (VADER, Hutto and Gilbert 2014)"


def find_rating(source: Source, taken: tuple[str, ...]) -> tuple[str, tuple[int, int]] | None:
    """The column of ratings and the ends of its scale, among those that are not `taken`; None where there is none.

    Raises `DataError` where the one that was named holds none.
    """
    named = source.how.rating
    if named is not None:
        if named not in source.frame.columns:
            raise DataError(unknown_name("column", named, source.frame.columns, among=source.name))
        scale = _scale(source, source.table[named])
        if scale is None:
            raise DataError(
                f"column {named!r} of {source.name} holds no ratings: whole numbers from 1 to 5 or 0 to 10 are "
                "accepted; name another column, or none"
            )
        return named, scale
    able = [
        (column.name, scale)
        for column in source.table
        if column.name not in taken and (scale := _scale(source, column)) is not None
    ]
    called = [each for each in able if RATINGS & {*re.findall(r"[^\W\d_]+", each[0].lower())}]
    if called:
        return called[0]
    whole = [each for each in able if _is_whole(source, *each)]
    return whole[0] if len(whole) == 1 else None


def rate(source: Source, column: str, scale: tuple[int, int]) -> Floats:
    """Ratings as tones, -1 to 1, NaN where there is none, (rows,)."""
    low, high = scale
    return 2 * (_numbers(source, source.table[column]) - low) / (high - low) - 1


def read_tone(said: pl.Series) -> Floats:
    """The tone of texts by a lexicon, -1 to 1, the mean of their sentences, (texts,); NaN where it knows no word of it.

    Raises `MissingExtraError` where it is not installed.
    """
    try:
        lexicon = import_module("vaderSentiment.vaderSentiment")
    except ModuleNotFoundError as error:
        if error.name is None or error.name.split(".")[0] not in ("vaderSentiment", "requests"):
            raise
        raise MissingExtraError(
            'tone by a lexicon needs vaderSentiment, which is not installed; pip install "twinfold[tone]", or give '
            "texts with a rating"
        ) from None
    analyser, tones = lexicon.SentimentIntensityAnalyzer(), []
    for text in said.to_list():
        scores = [analyser.polarity_scores(part) for part in _sentences(text)]
        known = [score["compound"] for score in scores if score["pos"] or score["neg"]]
        tones.append(float(np.mean(known)) if known else np.nan)
    return np.array(tones, np.float64)


def _sentences(text: str) -> list[str]:
    """A text in sentences: the lexicon's scores of long texts are all extreme."""
    sentences = re.split(r"(?<=[.!?])\s+", text)
    return [each[k : k + SENTENCE] for each in sentences for k in range(0, len(each), SENTENCE)]


def _scale(source: Source, column: Column) -> tuple[int, int] | None:
    """The scale of a column of ratings; None of one that is none."""
    known = np.unique(_numbers(source, column))
    known = known[~np.isnan(known)]
    if len(known) < 2 or (known != np.round(known)).any():
        return None
    return next((scale for scale in SCALES if scale[0] <= known[0] and known[-1] <= scale[1]), None)


def _is_whole(source: Source, column: str, scale: tuple[int, int]) -> bool:
    """Whether all of a scale is used."""
    known = np.unique(_numbers(source, source.table[column]))
    return len(known[~np.isnan(known)]) == scale[1] - scale[0] + 1


def _numbers(source: Source, column: Column) -> Floats:
    values = to_values(source.frame[column.name], column)
    if values.dtype.is_temporal() or values.dtype == pl.Boolean:
        return np.full(len(values), np.nan)
    numbers = values.cast(pl.Float64, strict=False).fill_null(float("nan")).to_numpy()
    return np.where(np.isfinite(numbers), numbers, np.nan)
