"""Reading a delimited text file: everything as text first, then each column as what its values are."""

import csv
import re
from collections import Counter
from collections.abc import Collection, Mapping
from contextlib import suppress
from io import TextIOWrapper
from pathlib import Path
from typing import Any

import polars as pl

from twinfold.errors import DataError
from twinfold.tables.csv_dialect import SniffedFile, open_bytes, sniff_file
from twinfold.tables.layout import CsvDialect, Layout
from twinfold.tables.number_columns import type_columns
from twinfold.tables.number_text import Marks, is_number_like
from twinfold.tables.storage_types import check_width

_BLOCK_BYTES = 1 << 24
_SPOKEN = {"\t": "tabs", " ": "blank", "\u00a0": "no-break space", "\u202f": "narrow no-break space"}


def read_csv(
    path: Path,
    *,
    texts: Collection[str] = (),
    numbers: Mapping[str, str | None] | None = None,
    min_count: int = 10,
) -> tuple[pl.DataFrame, Layout, list[str]]:
    """Read a text file.

    Args:
        path: the file, also gzipped.
        texts: columns that stay text whatever they hold.
        numbers: columns that are known to be numbers, and the text that stands for a missing one there (None: one of
            the usual). One that is in `texts` too stays text unless the file's numbers have a decimal comma.
        min_count: how many rows must hold a text that is no usual marker before it stands for a missing number.

    Returns the frame (columns of Int64, Float64 or String), its layout, and what was found out in plain words. Raises
    `DataError` where the file is no table.
    """
    sniffed = sniff_file(path)
    check_width(len(sniffed.header), path.name)
    raw = _read_texts(path, sniffed)
    names = [name or "" for name in raw.row(0)]
    _check_names(path.name, names)
    raw = raw.slice(1)
    raw.columns = names
    if raw.height:
        _check_last_quote(path, sniffed.dialect, raw)
    quoted = {name for position, name in enumerate(names) if position in sniffed.text_columns}
    typed = type_columns(raw, sniffed.dialect, {*texts, *quoted}, numbers or {}, min_count=min_count)
    dialect, notes = typed.dialect, list(typed.notes)
    if sniffed.escaped:
        notes.append("quotes inside fields are escaped by backslashes; they will be written doubled")
    if odd := [name for name in names if is_number_like(name)]:
        notes.append(
            f"the first line holds numbers ({', '.join(odd[:3])}); if they are no column names, write names above"
        )
    layout = Layout(source="csv", file_name=path.name, csv=dialect, strays=typed.strays)
    return typed.frame, layout, [f"{path.name}: {note}" for note in (_describe(dialect), *notes)]


def _read_texts(path: Path, sniffed: SniffedFile) -> pl.DataFrame:
    """All fields as text, the line of names as the first row."""
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    dialect, width = sniffed.dialect, len(sniffed.header)
    reading = arrow_csv.ReadOptions(
        autogenerate_column_names=True,
        block_size=_BLOCK_BYTES,
        encoding=dialect.encoding.removesuffix("-sig"),
        skip_rows=int(dialect.names_delimiter),
    )
    parsing = arrow_csv.ParseOptions(
        delimiter=dialect.delimiter[0],
        quote_char=dialect.quote,
        escape_char="\\" if sniffed.escaped else False,
        newlines_in_values=True,
        ignore_empty_lines=width > 1,
    )
    converting = arrow_csv.ConvertOptions(
        column_types={f"f{position}": pa.string() for position in range(width)},
        strings_can_be_null=True,
        null_values=["", dialect.null],
        quoted_strings_can_be_null=dialect.quote_all,
    )
    try:
        with open_bytes(path, zipped=dialect.gzip) as file:
            table = arrow_csv.read_csv(file, reading, parsing, converting)
        frame = pl.from_arrow(table)
    except (pa.ArrowException, UnicodeError) as error:
        raise _what_is_wrong(path, sniffed, error) from error
    assert isinstance(frame, pl.DataFrame)
    if len(dialect.delimiter) > 1:
        later = pl.all().exclude("f0").str.strip_prefix(" ")
        frame = frame.with_columns(pl.when(later != "").then(later))
    return frame


def _what_is_wrong(path: Path, sniffed: SniffedFile, error: Exception) -> DataError:
    """The error of a file that can't be parsed: the line whose number of fields is not the first line's."""
    dialect, width = sniffed.dialect, len(sniffed.header)
    with open_bytes(path, zipped=dialect.gzip) as file, suppress(csv.Error, UnicodeError):
        lines = TextIOWrapper(file, encoding=dialect.encoding, newline="")
        if dialect.names_delimiter:
            lines.readline()
        escape = "\\" if sniffed.escaped else None
        reader: Any = csv.reader(lines, delimiter=dialect.delimiter[0], quotechar=dialect.quote, escapechar=escape)
        above = int(dialect.names_delimiter)
        begins = 1
        for record in reader:
            if record and len(record) != width:
                run_on = reader.line_num - begins
                hint = (
                    f"a quote opened there runs on for {run_on} lines, close it"
                    if run_on
                    else f"put a field that holds {dialect.delimiter[0]!r} in quotes, or mend the line"
                )
                fields = f"{len(record)} field{'s' * (len(record) != 1)}"
                return DataError(
                    f"{path.name}: line {begins + above} has {fields} where {width} are expected, as in the first "
                    f"line: {hint}"
                )
            begins = reader.line_num + 1
    if "straddling" in str(error):
        reason = f"it holds a line of more than {_BLOCK_BYTES >> 20} MB; is a quote never closed?"
    else:  # what stands behind the count of fields is somebody's row
        reason = re.sub(r"(got \d+):.*", r"\1", " ".join(str(error).split()))
    return DataError(f"{path.name} can't be read as a table of {width} columns: {reason[:200]}")


def _check_last_quote(path: Path, dialect: CsvDialect, raw: pl.DataFrame) -> None:
    """Refuse a file whose last field takes all lines to the end because its quote is never closed."""
    last = raw.row(-1)[-1] or ""
    if "\n" not in last and "\r" not in last:
        return
    tail = b""
    with open_bytes(path, zipped=dialect.gzip) as file:
        while chunk := file.read(1 << 20):
            tail = (tail + chunk)[-64:]
    if not tail.rstrip(b"\r\n\0").endswith(dialect.quote.encode()):  # the NULs are those of UTF-16
        raise DataError(f"{path.name}: a quote opened in row {raw.height} is never closed; close it, or mend the line")


def _check_names(file_name: str, names: list[str]) -> None:
    twice = [name for name, count in Counter(names).items() if count > 1]
    if "" in twice:
        raise DataError(f"{file_name} has {names.count('')} columns without a name; name them in the first line")
    if twice:
        raise DataError(f"{file_name} has {names.count(twice[0])} columns named {twice[0]!r}; give each its own name")


def dialect_marks(dialect: CsvDialect, column: str) -> Marks:
    """The marks that a column's numbers are written with."""
    return dialect.decimal, dialect.thousands if column in dialect.grouped else None


def _describe(dialect: CsvDialect) -> str:
    """The dialect in plain words.

    >>> _describe(CsvDialect(delimiter=";", decimal=",", encoding="cp1252", gzip=True))
    "';' between fields, decimal comma, Windows-1252 (if letters look wrong, save it as UTF-8), gzip"
    """
    encodings = {
        "utf-8": "UTF-8",
        "utf-8-sig": "UTF-8 with a byte-order mark",
        "utf-16": "UTF-16",
        "utf-32": "UTF-32",
        "cp1252": "Windows-1252 (if letters look wrong, save it as UTF-8)",
        "latin-1": "Latin-1 (if letters look wrong, save it as UTF-8)",
    }
    between = _SPOKEN.get(dialect.delimiter, repr(dialect.delimiter))
    parts = [f"{between} between fields"]
    if dialect.decimal == ",":
        parts.append("decimal comma")
    if dialect.thousands:
        parts.append(f"{_SPOKEN.get(dialect.thousands, repr(dialect.thousands))} between thousands")
    if dialect.quote_all or dialect.quote_text:
        parts.append("every field in quotes" if dialect.quote_all else "text in quotes")
    parts.append(encodings[dialect.encoding])
    if dialect.gzip:
        parts.append("gzip")
    return ", ".join(parts)
