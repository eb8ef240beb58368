"""Types of columns: which ones a frame may hold, what they are called, and how a column gets its first type back."""

import re
from typing import TYPE_CHECKING, Any, cast

import polars as pl

from twinfold.errors import DataError

if TYPE_CHECKING:
    import pyarrow as pa

_INTEGERS = (pl.Int8, pl.Int16, pl.Int32, pl.Int64, pl.UInt8, pl.UInt16, pl.UInt32, pl.UInt64)
_SIMPLE: dict[str, type[pl.DataType]] = {
    str(kind()): kind
    for kind in (*_INTEGERS, pl.Float32, pl.Float64, pl.String, pl.Boolean, pl.Date, pl.Time, pl.Categorical, pl.Null)
}
_ARROW_SIMPLE = (
    *("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float", "double", "bool"),
    *("string", "large_string", "string_view", "date32", "date64", "null", "halffloat"),
)
_UNIT = {"s", "ms", "us", "ns"}


MOST_COLUMNS = 10_000
"""Columns that are read, at most: each costs some milliseconds, however few rows there are."""


def check_width(columns: int, label: str) -> None:
    """Raise `DataError` for more than `MOST_COLUMNS` columns; `label` names the table."""
    if columns > MOST_COLUMNS:
        raise DataError(f"{label} has {columns:,} columns; at most {MOST_COLUMNS:,} are read: leave some out")


def normalise(frame: pl.DataFrame, label: str) -> tuple[pl.DataFrame, list[str]]:
    """Bring columns to the types that a `Column.physical` may name; NaN and infinities become nulls, which is noted.

    Categories and times of day become text, durations counts of their unit. Raises `DataError` for nested and binary
    columns, and where two columns share a name. `label` names the table in messages.
    """
    if not frame.width:
        raise DataError(f"{label} has no columns")
    check_width(frame.width, label)
    notes: list[str] = []
    columns = [_normalise_column(series, label) for series in frame.iter_columns()]
    for position, series in enumerate(columns):
        if series.dtype.is_float() and not (finite := series.is_finite()).all():
            columns[position] = series.set(~finite, None)
            if infinite := int(series.is_infinite().sum()):
                notes.append(f"{label}: {infinite} infinite values in {series.name!r} are read as missing")
    return pl.DataFrame(columns), notes


def _normalise_column(series: pl.Series, label: str) -> pl.Series:
    dtype = series.dtype
    if isinstance(dtype, pl.Time):
        return series.dt.to_string("%H:%M:%S%.f")
    if isinstance(dtype, (pl.Categorical, pl.Enum, pl.Null)):
        return series.cast(pl.String)
    if isinstance(dtype, pl.Duration):
        return series.cast(pl.Int64)
    if str(dtype) == "Float16":
        return series.cast(pl.Float32)
    if str(dtype) in _SIMPLE or isinstance(dtype, (pl.Datetime, pl.Decimal)):
        return series
    raise DataError(
        f"column {series.name!r} of {label} is of type {dtype}; numbers, text, booleans, dates and times are read: "
        "split it into columns of these, or leave it out"
    )


def polars_type(name: str) -> pl.DataType | None:
    """The Polars type of a name as `str(dtype)` gives it; None for a name that is not known.

    >>> polars_type("Datetime(time_unit='us', time_zone='UTC')")
    Datetime(time_unit='us', time_zone='UTC')
    >>> polars_type("Decimal(precision=10, scale=2)")
    Decimal(precision=10, scale=2)
    """
    if name in _SIMPLE:
        return _SIMPLE[name]()
    if found := re.fullmatch(r"Datetime\(time_unit='(ms|us|ns)', time_zone=(?:None|'([^']+)')\)", name):
        return pl.Datetime(cast(Any, found[1]), found[2])
    if found := re.fullmatch(r"Duration\(time_unit='(ms|us|ns)'\)", name):
        return pl.Duration(cast(Any, found[1]))
    if found := re.fullmatch(r"Decimal\(precision=(\d{1,2}), scale=(\d{1,2})\)", name):
        precision, scale = int(found[1]), int(found[2])
        return pl.Decimal(precision, scale) if 1 <= precision <= 38 and scale <= precision else None
    return None


def restore_polars(series: pl.Series, name: str) -> pl.Series:
    """A column in the Polars type it came as. The categories of an Enum are those present, in order."""
    if name.startswith("Enum("):
        return series.cast(pl.Enum(series.drop_nulls().cast(pl.String).unique().sort()))
    dtype = polars_type(name)
    if dtype is None or dtype == series.dtype:
        return series
    if isinstance(dtype, pl.Time) and series.dtype == pl.String:
        return series.str.to_time("%H:%M:%S%.f", strict=False)
    if isinstance(dtype, pl.Null) and series.null_count() < len(series):
        return series
    return series.cast(dtype)


def arrow_type(name: str) -> "pa.DataType | None":
    """The Arrow type of a name as `str(type)` gives it; None for a name that is not known.

    >>> arrow_type("dictionary<values=string, indices=int8, ordered=0>")
    DictionaryType(dictionary<values=string, indices=int8, ordered=0>)
    >>> arrow_type("timestamp[us, tz=UTC]")
    TimestampType(timestamp[us, tz=UTC])
    """
    import pyarrow as pa

    name = (
        name.removesuffix("[day]")
        if name.startswith("date32")
        else name.removesuffix("[ms]")
        if name.startswith("date64")
        else name
    )
    if name in _ARROW_SIMPLE:
        return pa.string_view() if name == "string_view" else pa.type_for_alias(name)
    if (found := re.fullmatch(r"(timestamp|duration|time32|time64)\[(\w+)(?:, tz=([^\]]+))?\]", name)) and found[
        2
    ] in _UNIT:
        try:
            return pa.timestamp(found[2], found[3]) if found[3] else getattr(pa, found[1])(found[2])
        except ValueError:
            return None
    if (found := re.fullmatch(r"decimal(32|64|128|256)\((\d{1,2}), (-?\d{1,2})\)", name)) and 1 <= int(found[2]) <= 38:
        return pa.decimal128(int(found[2]), int(found[3]))
    if found := re.fullmatch(r"dictionary<values=([^<>]+), indices=(u?int(?:8|16|32|64)), ordered=[01]>", name):
        values = arrow_type(found[1])
        return None if values is None else pa.dictionary(pa.type_for_alias(found[2]), values)
    return None


def restore_arrow(frame: pl.DataFrame, types: dict[str, str]) -> "pa.Table":
    """The frame as an Arrow table, each column in the type it came as; dictionary indices widen where they must."""
    import pyarrow as pa

    times = [
        name for name, type_ in types.items() if re.match("time(32|64)", type_) and frame.schema.get(name) == pl.String
    ]
    table = frame.with_columns(restore_polars(frame[name], "Time") for name in times).to_arrow()
    columns, fields = [], []
    for field, column in zip(table.schema, table.columns, strict=True):
        wanted = arrow_type(types.get(field.name, str(field.type)))
        column = column if wanted is None else _cast_arrow(column, wanted)
        columns.append(column)
        fields.append(pa.field(field.name, column.type))
    return pa.Table.from_arrays(columns, schema=pa.schema(fields))


def _cast_arrow(column: "pa.ChunkedArray", wanted: "pa.DataType") -> "pa.ChunkedArray":
    import pyarrow as pa

    if column.type == wanted:
        return column
    try:
        if pa.types.is_dictionary(wanted):
            encoded = column.cast(wanted.value_type).combine_chunks().dictionary_encode()
            return pa.chunked_array([encoded.cast(wanted)])
        if pa.types.is_null(wanted):
            return column if column.null_count < len(column) else pa.chunked_array([pa.nulls(len(column))])
        return column.cast(wanted)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        if pa.types.is_dictionary(wanted) and not pa.types.is_int64(wanted.index_type):
            return _cast_arrow(column, pa.dictionary(pa.int64(), wanted.value_type))
        return column
