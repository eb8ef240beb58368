"""Rows as decision models see them: numbers as numbers, everything else as text, whatever a file stored."""

from __future__ import annotations

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
    return pl.DataFrame(
        [*found, pl.zeros(frame.height, pl.Int8, eager=True).alias("")]
    )  # as many rows, whatever is there


def _values(series: pl.Series, column: Column) -> pl.Series:
    if column.kind is Kind.BOOLEAN and series.dtype not in (pl.String, pl.Categorical):
        return series.cast(pl.Float64).alias(column.name)
    if not column.kind.numeric:
        return as_text(series).alias(column.name)
    return to_values(series, column).alias(column.name)


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


def number_customers(series: pl.Series) -> Ints:
    """The number of each row's customer, (rows,) from 0; rows of nobody named are somebody each."""
    codes = as_text(series).cast(pl.Categorical).to_physical().cast(pl.Int64)
    found = codes.fill_null(-1).to_numpy().copy()
    nobody = found < 0
    found[nobody] = found.max(initial=-1) + 1 + np.arange(nobody.sum())
    return np.unique(found, return_inverse=True)[1].astype(np.int64)
