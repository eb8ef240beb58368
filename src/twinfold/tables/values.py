"""From what a column stores to values that can be learned, and back into exactly what it stored.

Values are integers or floats for numbers and times (days or microseconds since 1970-01-01), null where missing, and
stay what they are for everything else. A text is never taken for a number here unless its column's kind says so.
"""

import datetime
import math
import re
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from twinfold.errors import SchemaError, unknown_name
from twinfold.tables import dates, numerals
from twinfold.tables.schema import Column, Kind
from twinfold.tables.storage_types import polars_type

ANY_DECIMALS = 6
"""Digits after the decimal point to which a rule holds in a column that has as many as a float does."""

DAY = 86_400_000_000
"""Microseconds."""

_EPOCH = datetime.datetime(1970, 1, 1)  # days and microseconds are counted without a zone
_EXAMPLES = (
    *(
        "String",
        "Int64",
        "Int32",
        "Int16",
        "Int8",
        "UInt64",
        "UInt32",
        "UInt16",
        "UInt8",
        "Float64",
        "Float32",
        "Boolean",
    ),
    *("Date", "Datetime(time_unit='us', time_zone=None)", "Decimal(precision=10, scale=2)", "Time", "Categorical"),
)
_LONGEST = 60
_UNITS = {"day": DAY, "hour": 3_600_000_000, "minute": 60_000_000, "second": 1_000_000, "millisecond": 1_000}


def physical_type(physical: str) -> pl.DataType:
    """The Polars type that a column's `physical` names.

    Raises `SchemaError` where it names none that a column may have.

    >>> physical_type("Datetime(time_unit='us', time_zone='Europe/Prague')").time_zone
    'Europe/Prague'
    """
    found = polars_type(physical)
    if found is None:
        raise SchemaError(unknown_name("physical type", physical[:_LONGEST], _EXAMPLES))
    if not isinstance(found, pl.Datetime):
        return found
    try:
        return pl.Series([0]).cast(found).dtype
    except pl.exceptions.ComputeError:
        zone = str(found.time_zone)[:_LONGEST]
        raise SchemaError(f"time zone {zone!r} is not known; give one like 'UTC' or 'Europe/Prague', or None") from None


def to_values(series: pl.Series, column: Column) -> pl.Series:
    """The values of a stored column, shape (rows,), null where missing.

    Int64 for integers, dates (days) and date-times (microseconds, in UTC where the column has a zone); Float64 for
    decimals and places; String for other text; else what is stored. What can't be read as the column's kind is null.
    """
    series = _without_missing(series, column)
    textual = series.dtype in (pl.String, pl.Categorical)
    if not column.kind.numeric:
        if series.dtype.is_decimal():  # of few different values: a model file holds no decimal numbers
            return series.cast(pl.Float64)
        return series.cast(pl.String) if textual else series
    if column.kind in (Kind.DATE, Kind.DATETIME):
        return _times(series.cast(pl.String) if textual else series, column)
    if textual:
        series = numerals.parse(series.cast(pl.String))
    elif series.dtype == pl.Duration:
        series = series.dt.total_microseconds()
    floats = series.cast(pl.Float64, strict=False) if not series.dtype.is_integer() else series
    if column.kind is Kind.INTEGER:
        return (floats.round() if floats.dtype.is_float() else floats).cast(pl.Int64, strict=False)
    floats = floats.cast(pl.Float64)
    return floats.set(~floats.is_finite(), None)


def to_numbers(values: pl.Series) -> npt.NDArray[np.float64]:
    """Values of numbers or times as floats, NaN where one is missing; both of shape (rows,)."""
    return values.cast(pl.Float64).fill_null(float("nan")).to_numpy()


def decimals_of(column: Column) -> int:
    """Digits after the decimal point that a number of a column has, at most so many as a rule can be held to."""
    return 0 if column.kind is Kind.INTEGER else ANY_DECIMALS if column.decimals is None else column.decimals


def from_values(values: pl.Series, column: Column) -> pl.Series:
    """What a column stores, shape (rows,), from its values: the inverse of `to_values`, type and format alike."""
    dtype = physical_type(column.physical)
    if not column.kind.numeric:
        stored = _plain(values, dtype)
    elif column.kind in (Kind.DATE, Kind.DATETIME):
        stored = _stored_times(values, column, dtype)
    else:
        stored = _stored_numbers(values, column, dtype)
    if column.missing is not None and dtype != pl.Null:
        marker = pl.Series([column.missing]).cast(dtype, strict=False)[0]
        stored = stored if marker is None else stored.fill_null(marker)
    return stored.rename(column.name)


def format_value(value: Any, column: Column) -> str:
    """One of a column's values as text for people: dates as dates, numbers with the digits that they have.

    >>> column = Column(name="opened", kind=Kind.DATE, physical="Int64", format="%y%m%d")
    >>> format_value(8431, column)
    '1993-01-31'
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "(missing)"
    if column.kind is Kind.DATE:
        return (_EPOCH + datetime.timedelta(days=math.floor(value))).date().isoformat()
    if column.kind is Kind.DATETIME:
        return _moment(int(value), column)
    if not column.kind.numeric:
        return str(value)
    number = float(value)
    if column.kind is Kind.INTEGER and number == round(number):
        return f"{int(value):,}" if abs(number) >= 10_000 else str(int(value))
    digits = column.decimals if column.decimals is not None else max(0, 4 - len(str(int(abs(number)))))
    text = f"{number:,.{digits}f}" if abs(number) >= 10_000 else f"{number:.{digits}f}"
    return text if number == 0 or float(text.replace(",", "")) != 0 else f"{number:.2g}"


def _without_missing(series: pl.Series, column: Column) -> pl.Series:
    if column.missing is None:
        return series
    if series.dtype.is_numeric():
        marker = numerals.parse(pl.Series([column.missing], dtype=pl.String))[0]
        return series if marker is None else series.set(series == marker, None)
    if series.dtype in (pl.String, pl.Categorical):
        texts = series.cast(pl.String)
        return texts.set(texts == column.missing, None)
    return series


def _times(series: pl.Series, column: Column) -> pl.Series:
    dtype = series.dtype
    if dtype == pl.Time:
        micros = series.cast(pl.Int64) // 1_000
    elif dtype in (pl.Date, pl.Datetime):
        micros = series.cast(pl.Datetime("us")) if dtype == pl.Date else series
        micros = micros.dt.epoch("us")
    else:
        format = column.format or "%Y-%m-%d"
        texts = series if dtype == pl.String else dates.integer_texts(series, dates.integer_width(format))
        micros = dates.parse(texts, format).cast(pl.Datetime("us")).dt.epoch("us")
    return (micros // DAY if column.kind is Kind.DATE else micros).cast(pl.Int64)


def _stored_times(values: pl.Series, column: Column, dtype: pl.DataType) -> pl.Series:
    whole = values.cast(pl.Float64).floor().cast(pl.Int64) if values.dtype.is_float() else values.cast(pl.Int64)
    micros = whole * DAY if column.kind is Kind.DATE else whole
    if unit := _UNITS.get(column.resolution or ""):
        micros = micros // unit * unit
    if dtype == pl.Time:
        return (micros % DAY * 1_000).cast(pl.Time)
    moments = micros.cast(pl.Datetime("us"))
    if isinstance(dtype, pl.Datetime):
        moments = moments.dt.cast_time_unit(dtype.time_unit)
        return moments.dt.replace_time_zone("UTC").dt.convert_time_zone(dtype.time_zone) if dtype.time_zone else moments
    if dtype == pl.Date:
        return moments.cast(pl.Date)
    format = column.format or "%Y-%m-%d"
    texts = dates.render(moments if dates.has_time(format) else moments.cast(pl.Date), format)
    return texts.cast(pl.Int64).cast(dtype) if dtype.is_numeric() else texts.cast(dtype, strict=False)


def _stored_numbers(values: pl.Series, column: Column, dtype: pl.DataType) -> pl.Series:
    decimals = 0 if column.kind is Kind.INTEGER else column.decimals
    if dtype.is_integer():
        return _bounded(values, dtype)
    if dtype == pl.Duration:
        return values.cast(pl.Int64).cast(pl.Duration("us")).cast(dtype)
    if values.dtype.is_integer() and dtype == pl.Boolean:
        return values != 0
    floats = values.cast(pl.Float64)
    if decimals is not None:
        floats = floats.round(decimals) + 0.0  # no negative zero
    if isinstance(dtype, pl.Decimal):
        precision = dtype.precision or 38
        most = (10**precision - 1) / 10**dtype.scale * (1 if precision <= 15 else 1 - 1e-15)
        return floats.round(dtype.scale).clip(-most, most).cast(dtype, strict=False)
    if dtype.is_float():
        return floats.cast(dtype)
    return numerals.render(floats, column.format).cast(dtype, strict=False)


def _bounded(values: pl.Series, dtype: pl.DataType) -> pl.Series:
    """Integers within what their type can hold."""
    if values.dtype.is_float():
        values = values.round()
    if dtype in (pl.Int64, pl.Int128) and values.dtype.is_integer():
        return values.cast(dtype)
    bits = int(re.sub(r"\D", "", str(dtype)))
    low, high = (0, 2**bits - 1) if str(dtype).startswith("U") else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
    return values.clip(max(low, -(2**63)), min(high, 2**63 - 1)).cast(dtype, strict=False)


def _plain(values: pl.Series, dtype: pl.DataType) -> pl.Series:
    if values.dtype == dtype:
        return values
    if dtype == pl.Boolean and values.dtype == pl.String:
        return values.str.to_lowercase().replace_strict(
            {"true": True, "false": False}, default=None, return_dtype=pl.Boolean
        )
    return values.cast(dtype, strict=False)


def _moment(micros: int, column: Column) -> str:
    moment = _EPOCH + datetime.timedelta(microseconds=micros)
    if column.physical == "Time" or (column.format and "%d" not in column.format and "%-d" not in column.format):
        return moment.time().isoformat()
    if column.resolution == "day":
        return moment.date().isoformat()
    unit = {"hour": "minutes", "minute": "minutes", "second": "seconds", "millisecond": "milliseconds"}
    return moment.isoformat(sep=" ", timespec=unit.get(column.resolution or "", "auto"))
