"""PostgreSQL: rows by COPY, in and out."""

from collections.abc import Mapping
from io import BytesIO
from typing import TYPE_CHECKING, Any

import polars as pl

from twinfold.tables.databases.sql_types import from_text
from twinfold.tables.layout import SqlType
from twinfold.tables.memory import check_memory

if TYPE_CHECKING:
    from sqlalchemy import Connection

_PIECE = 1 << 26
"""Bytes of rows that are held as text before they become columns."""

_ROWS = 100_000
"""Rows that are sent at a time."""

_COPY_OUT = "COPY (SELECT {} FROM {}) TO STDOUT (FORMAT csv)"
_COPY_IN = "COPY {} ({}) FROM STDIN (FORMAT csv)"


def find_partitions(connection: "Connection") -> set[str]:
    """The tables that are parts of others, whose rows those have too."""
    import sqlalchemy as sa

    known: Any = sa.table("pg_class", *map(sa.column, ("oid", "relname", "relispartition")))
    ours = known.c.relispartition & sa.func.pg_table_is_visible(known.c.oid)
    return set(connection.scalars(sa.select(known.c.relname).where(ours)))


def read_rows(connection: "Connection", table: str, types: Mapping[str, SqlType]) -> tuple[pl.DataFrame, list[str]]:
    """All rows of a table, the columns that `types` names, and notes on values that can't be held."""
    from psycopg.sql import SQL, Identifier

    columns, label = SQL(", ").join(map(Identifier, types)), f"table {table!r}"
    pieces: list[pl.DataFrame] = []
    held, size, total = list[bytes](), 0, 0
    with _cursor(connection) as cursor, cursor.copy(SQL(_COPY_OUT).format(columns, Identifier(table))) as copy:
        for row in copy:  # whole rows, each of them
            held.append(bytes(row))
            size += len(held[-1])
            if size >= _PIECE:
                total += size
                check_memory(2 * total, label)
                pieces.append(_texts(held, list(types)))
                held, size = [], 0
    pieces.append(_texts(held, list(types)))
    texts = pl.concat(pieces, rechunk=True)
    notes, frame = list[str](), {}
    for name, known in types.items():
        frame[name] = from_text(texts[name], known)
        lost = frame[name].null_count() - texts[name].null_count()
        if lost:
            notes.append(f"{label}: {lost:,} of {name!r} are no {known.name} that can be held here, and are missing")
    return pl.DataFrame(frame), notes


def _texts(rows: list[bytes], names: list[str]) -> pl.DataFrame:
    """Rows as PostgreSQL writes CSV: a text is in quotes where it is empty, null is nothing at all."""
    import pyarrow as pa
    from pyarrow import csv

    if not rows:
        return pl.DataFrame(schema=dict.fromkeys(names, pl.String))
    places = [str(place) for place in range(len(names))]
    table = csv.read_csv(
        BytesIO(b"".join(rows)),
        read_options=csv.ReadOptions(column_names=places),
        parse_options=csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
        convert_options=csv.ConvertOptions(
            column_types=dict.fromkeys(places, pa.large_string()),
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
            null_values=[""],
        ),
    )
    frame = pl.from_arrow(table)
    assert isinstance(frame, pl.DataFrame)
    return frame.rename(dict(zip(places, names, strict=True)))


def write_rows(connection: "Connection", table: str, frame: pl.DataFrame) -> None:
    """Put rows into a table."""
    from psycopg.sql import SQL, Identifier

    statement = SQL(_COPY_IN).format(Identifier(table), SQL(", ").join(map(Identifier, frame.columns)))
    with _cursor(connection) as cursor, cursor.copy(statement) as copy:
        for piece in frame.iter_slices(_ROWS):
            copy.write(piece.write_csv(include_header=False, quote_style="non_numeric"))


def _cursor(connection: "Connection") -> Any:
    driver: Any = connection.connection.driver_connection
    return driver.cursor()
