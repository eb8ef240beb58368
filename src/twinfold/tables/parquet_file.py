"""Parquet files: what their columns were stored as when they are read, and writing them so again, piece by piece."""

import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from twinfold.errors import DataError
from twinfold.tables.layout import Layout
from twinfold.tables.memory import check_memory
from twinfold.tables.storage_types import check_width, normalise, restore_arrow

ROWS_A_GROUP = 1 << 17
"""Rows of a row group: what is held in memory before it is written."""

BYTES_A_GROUP = 1 << 29
"""Bytes of text in a row group, at most: a frame may hold a long text once for all its rows, a file does not."""

_BYTES_A_CELL = 16
"""What a value takes in memory once it is read, about, however well it is packed."""

_POLARS_FAILURES = (pl.exceptions.PolarsError, pl.exceptions.PanicException)


def read_parquet(path: Path) -> tuple[pl.DataFrame, Layout, list[str]]:
    """Read a Parquet file: its frame, its layout with the Arrow type of each column, and notes in plain words.

    Raises `DataError` where it is no Parquet file, is damaged, or holds columns that can't be read.
    """
    import pyarrow as pa
    from pyarrow import parquet

    try:
        with path.open("rb") as file:
            if file.read(4) != b"PAR1":
                raise DataError(f"{path.name} is no Parquet file, whatever its name says; name it for what it is")
        with parquet.ParquetFile(path) as file:
            schema = file.schema_arrow
            _refuse_unreadable(schema, path.name)
            check_memory(_BYTES_A_CELL * file.metadata.num_rows * len(schema), path.name)
            table = file.read()
        raw = pl.from_arrow(table)
    except (pa.ArrowException, OSError, ValueError, *_POLARS_FAILURES) as error:
        reason = " ".join(str(error).split())
        raise DataError(f"{path.name} is a damaged Parquet file ({reason[:200]}); write it again") from error
    assert isinstance(raw, pl.DataFrame)
    frame, notes = normalise(raw, path.name)
    types = {field.name: str(field.type) for field in schema}
    return frame, Layout(source="parquet", file_name=path.name, types=types), notes


def _refuse_unreadable(schema: "object", name: str) -> None:
    import pyarrow as pa

    assert isinstance(schema, pa.Schema)
    check_width(len(schema), name)
    for column, count in Counter(schema.names).items():
        if count > 1:
            raise DataError(f"{name} has {count} columns named {column!r}; give each its own name")
    for field in schema:
        kind = field.type
        if pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
            raise DataError(
                f"column {field.name!r} of {name} is of type {kind}; numbers, text, booleans, dates and times are "
                "read: split it into columns of these, or leave it out"
            )


class ParquetWriter:
    """Writes frames of the same columns to one new file, a row group for each `ROWS_A_GROUP` rows, in constant memory.

    `types` names the Arrow type that a column is stored as, by column; others are stored as the frame holds them.
    """

    def __init__(self, path: Path, types: Mapping[str, str]) -> None:
        self._file = path.open("xb")
        # Parquet keeps no width of indices, and a later row group may need more than the first.
        self._types = {name: re.sub(r"indices=u?int\d+", "indices=int32", type_) for name, type_ in types.items()}
        self._held: list[pl.DataFrame] = []
        self._rows = self._bytes = 0
        self._writer: Any = None

    def write(self, frame: pl.DataFrame) -> None:
        """Take rows, and write each row group that is full."""
        self._held.append(frame)
        self._rows += frame.height
        self._bytes += _text_bytes(frame)
        while self._rows >= ROWS_A_GROUP:
            self._flush(ROWS_A_GROUP)
        if self._bytes >= BYTES_A_GROUP:
            self._flush(self._rows)

    def close(self) -> None:
        """Write what is held and finish the file."""
        try:
            if self._held:
                self._flush(self._rows)
            if self._writer is not None:
                self._writer.close()
        finally:
            self._file.close()

    def _flush(self, rows: int) -> None:
        from pyarrow import parquet

        held = pl.concat(self._held)
        table = restore_arrow(held.head(rows), self._types)
        if self._writer is None:
            self._writer = parquet.ParquetWriter(self._file, table.schema)
        self._held, self._rows = [held.slice(rows)] if held.height > rows else [], held.height - rows
        self._bytes = sum(map(_text_bytes, self._held))
        self._writer.write_table(table, row_group_size=rows or None)


def _text_bytes(frame: pl.DataFrame) -> int:
    sums = frame.select(pl.col(pl.String).str.len_bytes().cast(pl.Int64).sum())
    return sum(sums.row(0)) if sums.width else 0
