"""Rows as decision models see them: numbers as numbers, everything else as text, whatever a file stored."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from twinfold.errors import DataError
from twinfold.tables.schema import Column, Kind
from twinfold.tables.values import to_values

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Ints = npt.NDArray[np.int64]

YES, NO = ("1", "1.0", "true", "yes", "y", "t"), ("0", "0.0", "false", "no", "n", "f")
"""How an outcome of two values is written, in any case."""


def read_values(frame: pl.DataFrame, columns: Iterable[Column]) -> pl.DataFrame:
    """The values of the columns that are there: numbers and times as numbers, true and false as 1 and 0, else text."""
    found = [_values(frame[column.name], column) for column in columns if column.name in frame.columns]
    rows = pl.zeros(frame.height, pl.Int8, eager=True).alias("")  # as many of them, whatever columns are there
    return pl.DataFrame([*found, rows])


def _values(series: pl.Series, column: Column) -> pl.Series:
    if column.kind is Kind.BOOLEAN and series.dtype not in (pl.String, pl.Categorical):
        return series.cast(pl.Float64).alias(column.name)
    if not column.kind.numeric:
        return as_text(series).alias(column.name)
    return to_values(series, column).alias(column.name)


def numbers(frame: pl.DataFrame, name: str) -> Floats:
    """A column as floats, (rows,), NaN where it is missing, no number, or not there."""
    if name not in frame.columns:
        return np.full(frame.height, np.nan)
    return frame[name].cast(pl.Float64, strict=False).fill_null(np.nan).to_numpy().astype(np.float64)


def texts(frame: pl.DataFrame, name: str) -> pl.Series:
    """A column as text, (rows,), null where it is missing or not there."""
    if name not in frame.columns:
        return pl.Series(name, [None] * frame.height, dtype=pl.String)
    return as_text(frame[name])


def as_text(series: pl.Series) -> pl.Series:
    """A column as text; whole numbers without a point, whatever they are stored as."""
    if series.dtype.is_float() and (series.fill_nan(None).drop_nulls() % 1 == 0).all():
        series = series.fill_nan(None).cast(pl.Int64)
    return series.cast(pl.String)


def read_outcome(series: pl.Series, name: str) -> Floats:
    """An outcome as numbers, NaN where it is missing; yes and no, or true and false, as 1 and 0.

    Raises `DataError` where it is neither, or never varies.
    """
    if series.dtype.is_numeric() or series.dtype == pl.Boolean:
        values = series.cast(pl.Float64).fill_null(np.nan).to_numpy().astype(np.float64)
    else:
        lowered = series.cast(pl.String).str.strip_chars().str.to_lowercase()
        strange = lowered.filter(~lowered.is_in((*YES, *NO)).fill_null(True))
        if len(strange):
            raise DataError(
                f"outcome {name!r} is text such as {strange[0][:30]!r}; give 0 and 1, yes and no, or a number"
            )
        values = lowered.is_in(YES).cast(pl.Float64).fill_null(np.nan).to_numpy().astype(np.float64)
    present = values[np.isfinite(values)]
    if not len(present):
        raise DataError(f"outcome {name!r} has no value in any row; name the column of what came of it")
    if present.min() == present.max():
        raise DataError(
            f"outcome {name!r} is {present[0]:g} in all {len(present):,} rows; give data in which both outcomes came"
        )
    return values


def hash_names(names: pl.Series) -> npt.NDArray[np.uint64]:
    """A code for how each customer is called, (rows,), the first 64 bits of its SHA-256: nobody reads a name off it who
    does not know the name."""
    called = as_text(names).fill_null("")
    every = called.unique()
    codes = [int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "little") for name in every]
    return called.replace_strict(every, pl.Series(codes, dtype=pl.UInt64), return_dtype=pl.UInt64).to_numpy()


def number_customers(series: pl.Series) -> Ints:
    """The number of each row's customer, (rows,) from 0; rows of nobody named are somebody each."""
    ranks = as_text(series).rank("dense")
    found = ranks.fill_null(0).to_numpy().astype(np.int64) - 1
    nobody = found < 0
    found[nobody] = found.max(initial=-1) + 1 + np.arange(nobody.sum())
    return found
