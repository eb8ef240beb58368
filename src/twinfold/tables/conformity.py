"""Whether a frame is what a schema says: its columns by name, their values by type."""

from typing import Any, cast

import polars as pl

from twinfold.errors import SchemaError, unknown_name
from twinfold.tables.number_text import without_tokens
from twinfold.tables.personal.masking import mask
from twinfold.tables.schema import Column, Kind, Table, Treatment
from twinfold.tables.storage_types import polars_type

_LONGEST = 40
_BOOLEANS = {"true": True, "false": False, "t": True, "f": False, "1": True, "0": False}


def conform(frame: pl.DataFrame, table: Table, label: str, *, subset: bool = False) -> tuple[pl.DataFrame, Table]:
    """The frame with its columns in the schema's order and types, and the schema of the columns that are there.

    Columns that the schema drops may be missing or of another type, with `subset` any but one may be missing. `label`
    names the frame in messages. Raises `SchemaError` for a missing or unexpected column, and for a value that the
    column's type can't hold.
    """
    known, there = set(table.names), set(frame.columns)
    for name in frame.columns:
        if name not in known:
            raise SchemaError(
                f"{label}: {unknown_name('column', name, table.names, among=f'the schema of {table.name}')}"
            )
    for column in table:
        if column.name not in there and not subset and column.treatment is not Treatment.DROP:
            raise SchemaError(unknown_name("column", column.name, frame.columns, among=label))
    present = tuple(column for column in table if column.name in there)
    typed = pl.DataFrame([_typed(frame[column.name], column, label) for column in present])
    found = tuple(_as_read(column, typed[column.name]) for column in present)
    return typed, table.model_copy(update={"columns": found})


def _as_read(column: Column, series: pl.Series) -> Column:
    """The column as its values came: numbers that the schema calls text may have come as numbers."""
    if column.physical == "String" and series.dtype.is_float():
        return column.model_copy(update={"physical": str(series.dtype), "format": None, "missing": None})
    return column


def _typed(series: pl.Series, column: Column, label: str) -> pl.Series:
    wanted = polars_type(column.physical)
    if wanted is None or wanted == series.dtype:
        return series
    if isinstance(wanted, pl.String) and series.dtype.is_float() and column.treatment is not Treatment.DROP:
        if column.kind in (Kind.INTEGER, Kind.DECIMAL, Kind.LATITUDE, Kind.LONGITUDE):
            return series
        return _refuse(series, series.is_not_null(), column, label)
    values = _from_text(series, wanted) if series.dtype == pl.String else _cast(series, wanted)
    if column.treatment is Treatment.DROP:  # nobody looks at it
        return values
    lost = values.is_null() & series.is_not_null()
    if series.dtype == pl.String:
        lost &= without_tokens(series, column.missing)[0].is_not_null()
    elif wanted.is_integer() or isinstance(wanted, (pl.Date, pl.Boolean)):
        lost |= (_cast(values, series.dtype) != series).fill_null(False)
    return _refuse(series, lost, column, label) if lost.any() else values


def _cast(series: pl.Series, wanted: pl.DataType) -> pl.Series:
    """The values as another type, null where it holds no such value."""
    try:
        return series.cast(wanted, strict=False)
    except pl.exceptions.PolarsError:  # no value of one type is any of the other
        return pl.Series(series.name, [None], dtype=wanted).new_from_index(0, len(series))


def _from_text(texts: pl.Series, wanted: pl.DataType) -> pl.Series:
    if isinstance(wanted, pl.Boolean):
        return texts.str.to_lowercase().replace_strict(_BOOLEANS, default=None, return_dtype=pl.Boolean)
    if isinstance(wanted, pl.Date):
        return texts.str.to_date("%Y-%m-%d", strict=False)
    if isinstance(wanted, pl.Datetime):
        # Without its zone and its T, so that one format reads what any of our writers wrote.
        plain = texts.str.replace("T", " ", literal=True).str.replace(r"(Z|[+-]\d\d:?\d\d)$", "")
        utc = plain.str.to_datetime("%Y-%m-%d %H:%M:%S%.f", time_unit=cast(Any, wanted.time_unit), strict=False)
        return (
            utc if wanted.time_zone is None else utc.dt.replace_time_zone("UTC").dt.convert_time_zone(wanted.time_zone)
        )
    if isinstance(wanted, pl.Time):
        return texts.str.to_time("%H:%M:%S%.f", strict=False)
    return _cast(texts, wanted)


def _refuse(series: pl.Series, wrong: pl.Series, column: Column, label: str) -> pl.Series:
    row = wrong.arg_max() or 0
    shape = mask(str(series[row]))  # the value itself may be somebody's
    shape = shape if len(shape) <= _LONGEST else shape[: _LONGEST - 1] + "…"
    raise SchemaError(
        f"column {column.name!r} of {label} holds a value of the form {shape!r} in row {row + 1}, where the schema "
        f"says {column.physical}: mend it, or make the schema anew with twinfold inspect --save"
    )
