"""SQLite, whose columns hold what was put into them, whatever type they were declared as."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import polars as pl

from twinfold.tables.layout import SqlType

if TYPE_CHECKING:
    from sqlalchemy import Connection

_ROWS = 50_000
"""Rows that are held as Python's values at a time."""

_WIDER = (pl.Int64, pl.Float64, pl.String)
"""What a column becomes, each where a value is none of those before."""


def read_rows(connection: "Connection", table: str, types: Mapping[str, SqlType]) -> tuple[pl.DataFrame, list[str]]:
    """All rows of a table, the columns that `types` names, and a note on those that hold bytes, which are left out."""
    import sqlalchemy as sa

    # Columns without a type come as they are stored: a date stays the text or the number that it is
    query: Any = sa.select(*(sa.column(name) for name in types)).select_from(sa.table(table))
    driver: Any = connection.connection.driver_connection
    cursor = driver.execute(str(query.compile(dialect=connection.dialect)))
    pieces: dict[str, list[pl.Series]] = {name: [] for name in types}
    unreadable: dict[str, None] = {}
    while rows := cursor.fetchmany(_ROWS):
        for name, values in zip(types, zip(*rows, strict=True), strict=True):
            kinds = set(map(type, values)) - {type(None)}
            if bytes in kinds:
                unreadable[name] = None
            elif name not in unreadable:
                pieces[name].append(_series(name, values, kinds))
    notes = [f"table {table!r}: column {name!r} is left out: it holds bytes" for name in unreadable]
    frame = pl.DataFrame([_join(name, found) for name, found in pieces.items() if name not in unreadable])
    return frame, notes


def _series(name: str, values: Sequence[Any], kinds: set[type]) -> pl.Series:
    if str in kinds:
        return pl.Series(name, [None if value is None else str(value) for value in values], dtype=pl.String)
    return pl.Series(name, values, dtype=pl.Float64 if float in kinds else pl.Int64 if kinds else pl.Null)


def _join(name: str, pieces: Sequence[pl.Series]) -> pl.Series:
    found = {type(piece.dtype) for piece in pieces}
    widest = next((dtype for dtype in reversed(_WIDER) if dtype in found), pl.String)
    return pl.concat([piece.cast(widest) for piece in pieces]) if pieces else pl.Series(name, dtype=pl.String)


def write_rows(connection: "Connection", table: str, frame: pl.DataFrame) -> None:
    """Put rows into a table, times and decimal numbers in the forms that SQLite's own functions read."""
    import sqlalchemy as sa

    target = sa.table(table, *(sa.column(name) for name in frame.columns))
    statement = str(sa.insert(target).compile(dialect=connection.dialect))
    for piece in frame.with_columns(map(_stored, frame.iter_columns())).iter_slices(_ROWS):
        connection.exec_driver_sql(statement, piece.rows())


def _stored(series: pl.Series) -> pl.Series:
    if series.dtype == pl.Date:
        return series.dt.to_string("%Y-%m-%d")
    if series.dtype == pl.Datetime:
        whole = bool((series.dt.epoch("us") % 1_000_000 == 0).all())
        return series.dt.to_string("%Y-%m-%d %H:%M:%S" + ("" if whole else "%.6f"))
    if series.dtype.is_decimal():
        return series.cast(pl.Float64)
    return series.cast(pl.Int64) if series.dtype == pl.Boolean else series
