"""Reading tables: a file, a folder, a frame, or a mapping of frames becomes a `Dataset`."""

import re
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from twinfold.errors import DataError, SchemaError, TwinfoldError, unknown_name
from twinfold.tables.conformity import conform
from twinfold.tables.csv_file import read_csv
from twinfold.tables.dataset import Dataset
from twinfold.tables.frames import ACCEPTED, is_frame, take_frame
from twinfold.tables.layout import Layout
from twinfold.tables.parquet_file import read_parquet
from twinfold.tables.schema import Schema, Table
from twinfold.tables.storage_types import normalise

TEXT_SUFFIXES = (".csv", ".tsv", ".txt")
"""Suffixes of delimited text; each may be followed by .gz."""

SUFFIXES = ".csv, .tsv or .txt, each also with .gz, or .parquet"


@dataclass(frozen=True)
class _Part:
    """One table as it was read, before its schema is known."""

    frame: pl.DataFrame
    layout: Layout
    label: str
    notes: tuple[str, ...] = ()


def read(source: Any, *, schema: Schema | str | Path | None = None, min_count: int = 10) -> Dataset:
    """Read tables and learn, or check, what their columns are.

    Args:
        source: a path to a delimited text file (.csv, .tsv, .txt, also .gz) or a Parquet file; a folder of them (a
            table is called after its file); a pandas, Polars or Arrow frame (its table is called "table"); a mapping
            of names to frames; or a Dataset, which is given back as it is.
        schema: what the columns are, or a file that says it. The tables must have its columns; text that it calls a
            number is read as one, digits that it calls text stay text. None proposes a schema from the values. A
            single file or frame takes the name of the schema's only table.
        min_count: rows that must share a category or an exact number before it may come out as itself, for a
            proposed schema.

    Raises:
        DataError: no such file, not a table, or damaged.
        SchemaError: columns or values other than the schema says.
    """
    known = _load(schema)
    if isinstance(source, Dataset):
        if known is None:
            return source
        parts = {name: _Part(frame, source.layouts[name], f"table {name!r}") for name, frame in source.tables.items()}
        return _assemble(parts, known, min_count, list(source.notes))
    parts, notes = _collect(source, known)
    return _assemble(parts, known, min_count, notes)


def read_file(path: str | Path, table: Table, *, subset: bool = False) -> tuple[pl.DataFrame, Layout, list[str]]:
    """Read one file whose columns are known: the frame in the table's order and types, its layout, and notes.

    With `subset`, columns of the table may be missing (a file of given values). Raises as `read` does.
    """
    part = _read_path(Path(path), table)
    frame, _ = conform(part.frame, table, part.label, subset=subset)
    return frame, part.layout, list(part.notes)


def table_name(path: Path) -> str:
    """What the table of a file is called: the file's name without its suffixes.

    >>> table_name(Path("data/customers.csv.gz"))
    'customers'
    """
    name = path.name[:-3] if path.suffix.lower() == ".gz" else path.name
    return Path(name).stem


def file_kind(path: Path) -> str | None:
    """What a file is by its name: "csv", "parquet", or None for another.

    >>> [file_kind(Path(name)) for name in ("a.csv", "a.TSV.gz", "a.parquet", "a.xlsx", "a.gz")]
    ['csv', 'csv', 'parquet', None, None]
    """
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes and suffixes[-1] == ".gz":
        suffixes = suffixes[:-1]
    elif suffixes and suffixes[-1] == ".parquet":
        return "parquet"
    return "csv" if suffixes and suffixes[-1] in TEXT_SUFFIXES else None


def _load(schema: Schema | str | Path | None) -> Schema | None:
    if schema is None or isinstance(schema, Schema):
        return schema
    from twinfold.tables.schema_file import load_schema

    return load_schema(Path(schema))


def _collect(source: Any, schema: Schema | None) -> tuple[dict[str, _Part], list[str]]:
    """The tables of a source by name, and notes about what was left aside."""
    if isinstance(source, str | Path):
        path = Path(source)
        if path.is_dir():
            return _read_folder(path, schema)
        name = _single_name(schema) or table_name(path)
        return {name: _read_path(path, _table(schema, name))}, []
    if isinstance(source, Mapping):
        if not source:
            raise DataError("the mapping holds no tables; give names and frames")
        return {str(name): _take(frame, str(name)) for name, frame in source.items()}, []
    if is_frame(source):
        name = _single_name(schema) or "table"
        return {name: _take(source, name)}, []
    raise DataError(f"tables can't be read from a {type(source).__name__}; give {ACCEPTED}")


def _single_name(schema: Schema | None) -> str | None:
    return schema.tables[0].name if schema is not None and len(schema.tables) == 1 else None


def _table(schema: Schema | None, name: str) -> Table | None:
    return schema[name] if schema is not None else None


def _take(source: Any, name: str) -> _Part:
    with _refusing(f"table {name!r}"):
        frame, layout, notes = take_frame(source, name)
    return _Part(frame, layout, f"table {name!r}", tuple(notes))


def _read_folder(folder: Path, schema: Schema | None) -> tuple[dict[str, _Part], list[str]]:
    parts: dict[str, _Part] = {}
    aside: list[str] = []
    notes: list[str] = []
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or not path.is_file() or file_kind(path) is None:
            aside.append(path.name)
            continue
        name = table_name(path)
        if name in parts:
            raise DataError(
                f"{folder} holds two files of a table {name!r} ({parts[name].label}, {path.name}); keep one"
            )
        try:
            parts[name] = _read_path(path, _table(schema, name))
        except TwinfoldError as error:
            if path.suffix.lower() != ".txt":
                raise
            notes.append(f"{path.name} is left aside: {error}")
    if not parts:
        raise DataError(f"{folder} holds no tables; files ending in {SUFFIXES} are read")
    if aside:
        notes.append(f"left aside in {folder.name}: {', '.join(aside[:20])}{', …' * (len(aside) > 20)}")
    return parts, notes


def _read_path(path: Path, table: Table | None) -> _Part:
    if re.match(r"\w[\w+]+:/", str(path)):
        raise DataError(f"{path} is no file, and databases can't be read yet; export its tables as CSV or Parquet")
    if not path.exists():
        beside = path.parent.iterdir() if path.parent.is_dir() else []
        hint = unknown_name("file", path.name, sorted(other.name for other in beside), among=str(path.parent))
        raise DataError(hint if path.parent.is_dir() else f"{path} does not exist, nor does its folder; check the path")
    kind = file_kind(path)
    if kind is None or not path.is_file():
        raise DataError(f"{path.name} is not read; a name ending in {SUFFIXES} is accepted, or a folder of such files")
    texts = {column.name for column in table if column.physical == "String"} if table else set()
    with _refusing(path.name):
        if kind == "parquet":
            frame, layout, notes = read_parquet(path)
        else:
            frame, layout, notes = read_csv(path, texts=texts)
            frame, more = normalise(frame, path.name)
            notes += more
    return _Part(frame, layout, path.name, tuple(notes))


@contextmanager
def _refusing(label: str) -> Iterator[None]:
    """Turn what the readers below raise for bad bytes into one line."""
    try:
        yield
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        raise DataError(f"{label} can't be read: {' '.join(str(error).split())[:200]}; write it again") from error
    except (OSError, EOFError, zlib.error, ValueError, OverflowError) as error:
        raise DataError(f"{label} can't be read: {' '.join(str(error).split())[:200]}") from error


def _assemble(parts: Mapping[str, _Part], schema: Schema | None, min_count: int, notes: list[str]) -> Dataset:
    frames = {name: part.frame for name, part in parts.items()}
    if schema is None:
        from twinfold.tables.kinds import detect

        tables = tuple(detect(frame, name, min_count=min_count) for name, frame in frames.items())
        found = Schema(tables=tables, min_count=min_count)
    else:
        for table in schema.tables:
            if table.name not in parts:
                raise SchemaError(f"{unknown_name('table', table.name, parts, among='the data')}; the schema names it")
        conformed = {name: conform(part.frame, schema[name], part.label) for name, part in parts.items()}
        frames = {name: frame for name, (frame, _) in conformed.items()}
        found = schema.model_copy(update={"tables": tuple(conformed[table.name][1] for table in schema.tables)})
    layouts = {name: part.layout for name, part in parts.items()}
    return Dataset(frames, found, layouts, (*(note for part in parts.values() for note in part.notes), *notes))
