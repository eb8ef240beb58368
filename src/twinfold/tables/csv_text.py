"""Writing delimited text in the dialect that a file came in."""

import gzip
import re
from io import BufferedIOBase, TextIOWrapper
from pathlib import Path
from typing import IO, cast

import polars as pl

from twinfold.tables.csv_file import dialect_marks
from twinfold.tables.layout import CsvDialect
from twinfold.tables.number_text import write_integers, write_numerals

_ROWS_AT_ONCE = 50_000


class CsvWriter:
    """Writes frames of the same columns to one new file: a line of names, then a line a row.

    Letters that the file's encoding has no byte for are written as "?". Cells are written as they are, formulas of
    spreadsheets too. A zipped file carries no time, so that equal tables give equal bytes.
    """

    def __init__(self, path: Path, dialect: CsvDialect) -> None:
        self._dialect = dialect
        self._raw = path.open("xb")
        packed = gzip.GzipFile("", "wb", fileobj=self._raw, mtime=0) if dialect.gzip else self._raw
        self._text = TextIOWrapper(
            cast(IO[bytes], cast(BufferedIOBase, packed)), encoding=dialect.encoding, errors="replace", newline=""
        )
        self._named = False

    def write(self, frame: pl.DataFrame) -> None:
        """Write rows, below the line of names for the first ones."""
        dialect = self._dialect
        if not self._named:
            if dialect.names_delimiter:
                self._text.write(f"sep={dialect.delimiter[0]}{dialect.line_end}")
            self._text.write(dialect.delimiter.join(_quote_names(frame.columns, dialect)) + dialect.line_end)
            self._named = True
        for rows in frame.iter_slices(_ROWS_AT_ONCE):
            lines = rows_to_lines(rows, dialect)
            self._text.write(lines.str.join(dialect.line_end).item() + dialect.line_end)

    def close(self) -> None:
        """Finish the file."""
        self._text.close()
        self._raw.close()


def rows_to_lines(frame: pl.DataFrame, dialect: CsvDialect) -> pl.Series:
    """Each row as one line of text without its line end, shape (rows,)."""
    texts = plain_fields(frame, dialect)
    fields = [
        _quote(texts[name], dialect, text=not dtype.is_numeric()).alias(str(position))
        for position, (name, dtype) in enumerate(frame.schema.items())
    ]
    return pl.DataFrame(fields).select(pl.concat_str(pl.all(), separator=dialect.delimiter)).to_series()


def plain_fields(frame: pl.DataFrame, dialect: CsvDialect) -> pl.DataFrame:
    """Every value as text as the file writes it, shape (rows, columns), without quotes and with nulls as they are."""
    return frame.select(_written(name, dtype, dialect).alias(name) for name, dtype in frame.schema.items())


def _written(name: str, dtype: pl.DataType, dialect: CsvDialect) -> pl.Expr:
    column, marks = pl.col(name), dialect_marks(dialect, name)
    if dtype.is_float():
        fixed = dialect.fixed_decimals.get(name)
        return write_numerals(column, fixed=fixed, bare=name in dialect.whole_bare, marks=marks)
    if dtype.is_integer():
        return write_integers(column, marks[1])
    if isinstance(dtype, pl.Datetime):
        return column.dt.to_string("%Y-%m-%d %H:%M:%S%.f" + ("" if dtype.time_zone is None else "%:z"))
    return column.cast(pl.String)


def _quote_names(names: list[str], dialect: CsvDialect) -> list[str]:
    """Column names as they stand in the file; an empty one (a pandas index) has no quotes unless all names have."""
    quoted = dialect.quote_all or dialect.quote_text
    fields = pl.Series([name if name or quoted else None for name in names], dtype=pl.String)
    return _quote(fields, dialect, text=True).to_list()


def _quote(fields: pl.Series, dialect: CsvDialect, *, text: bool) -> pl.Series:
    """The fields as they stand in the file: in quotes where the dialect or what they hold asks for it, nulls filled."""
    quote = dialect.quote
    always = dialect.quote_all or (dialect.quote_text and text)
    null = dialect.nulls.get(fields.name, dialect.null) if dialect.quote_text or not text else ""
    if always:
        quoted = _in_quotes(fields, quote)
        return quoted.fill_null(quote + null + quote if dialect.quote_all else null)
    special = rf"[{re.escape(dialect.delimiter[0])}{re.escape(quote)}\r\n]"
    if text or dialect.delimiter[0] in (dialect.decimal, dialect.thousands):
        needy = (fields.str.contains(special) | (fields == "")).fill_null(False)
        if needy.any():
            fields = _in_quotes(fields, quote).zip_with(needy, fields)
    return fields.fill_null(null)


def _in_quotes(fields: pl.Series, quote: str) -> pl.Series:
    doubled = fields.str.replace_all(quote, quote * 2, literal=True)
    return quote + doubled + quote
