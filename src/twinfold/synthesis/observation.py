"""Rows that somebody else has, as a model sees them: their codes, and which cells it can say something of."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from twinfold.protocols import Codes
from twinfold.synthesis.encoding.category import CategoryEncoding
from twinfold.synthesis.encoding.codebook import Codebook
from twinfold.synthesis.encoding.filled import FilledEncoding
from twinfold.synthesis.encoding.number import NumberEncoding
from twinfold.tables.values import to_numbers, to_values

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Observation:
    """Rows in codes; all of shape (learned columns, rows), in the order of `Codebook.learned`.

    Attributes:
        codes: zero where not `known`.
        known: False where the column is absent, or holds what has no code: a level, or a missing value, never learned.
        missing: where a value is missing.
        beyond: where a number lies outside the learned ones, and counts as the nearest.
    """

    codes: Codes
    known: Mask
    missing: Mask
    beyond: Mask


def observe(codebook: Codebook, frame: pl.DataFrame) -> Observation:
    """See rows, stored as the table is, with some or all of its columns."""
    shape = len(codebook.learned), frame.height
    codes = np.zeros(shape, np.uint16)
    known, missing, beyond = (np.zeros(shape, np.bool_) for _ in range(3))
    for j, name in enumerate(codebook.learned):
        if name not in frame.columns:
            continue
        encoding, values = codebook.encodings[name], to_values(frame[name], codebook.table[name])
        missing[j] = values.is_null().to_numpy()
        known[j] = True
        if isinstance(encoding, CategoryEncoding):
            known[j] = _coded(encoding, values, missing[j])
        elif isinstance(encoding, NumberEncoding):
            numbers = to_numbers(values)
            low, high = encoding.span
            beyond[j] = (numbers < low) | (numbers > high)
            known[j] = ~missing[j] | encoding.has_missing
        codes[j] = np.where(known[j], codebook.encode_column(name, frame[name]), 0)
    return Observation(codes, known, missing, beyond)


def read_codes(codebook: Codebook, name: str, codes: Codes, rng: np.random.Generator) -> pl.Series:
    """Values of one learned column, null where missing, as `tables.values.to_values` gives them; shape (rows,)."""
    encoding = codebook.encodings[name]
    assert not isinstance(encoding, FilledEncoding)
    if isinstance(encoding, NumberEncoding):
        return pl.Series(encoding.decode(codes, rng)).fill_nan(None)
    return encoding.decode(codes, rng)


def _coded(encoding: CategoryEncoding, values: pl.Series, missing: Any) -> Any:
    if encoding.has_rare:  # every level has a code
        return ~missing | encoding.has_missing
    levels = pl.Series(list(encoding.levels)).cast(values.dtype) if encoding.levels else values.clear()
    learned = values.is_in(levels.implode()).fill_null(False).to_numpy()
    return np.where(missing, encoding.has_missing, learned)
