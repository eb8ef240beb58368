"""Reading tables: a file, a folder, a database, a frame, or a mapping of frames becomes a `Dataset`."""

import difflib
import re
import zlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from twinfold.errors import DataError, SchemaError, TwinfoldError, unknown_name
from twinfold.tables.conformity import conform
from twinfold.tables.csv_file import read_csv
from twinfold.tables.databases.address import is_url, masked, parse_address
from twinfold.tables.databases.declarations import hold_to
from twinfold.tables.dataset import Dataset
from twinfold.tables.frames import ACCEPTED, is_frame, take_frame
from twinfold.tables.keys import find_places, values_of
from twinfold.tables.layout import DatabaseTable, Layout
from twinfold.tables.number_text import is_marker
from twinfold.tables.parquet_file import read_parquet
from twinfold.tables.schema import Column, Kind, Link, Schema, Table, Treatment
from twinfold.tables.storage_types import normalise

TEXT_SUFFIXES = (".csv", ".tsv", ".txt")
"""Suffixes of delimited text; each may be followed by .gz."""

SUFFIXES = ".csv, .tsv or .txt, each also with .gz, or .parquet"

_LISTED = 20


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
            table is called after its file); the URL of a database; a pandas, Polars or Arrow frame (its table is called
            "table"); a mapping of names to frames; or a Dataset, which is given back as it is.
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
    parts, notes = _collect(source, known, min_count if known is None else known.min_count)
    return _assemble(parts, known, min_count, notes)


def read_known(source: Any, tables: Sequence[Table], *, aside: Collection[str] = ()) -> dict[str, pl.DataFrame]:
    """Read tables whose columns are known, all of them; those that are named `aside` may be there. Raises as `read`."""
    known = Schema(tables=tuple(tables))
    if isinstance(source, Dataset):
        parts = {name: _Part(frame, source.layouts[name], f"table {name!r}") for name, frame in source.tables.items()}
    else:
        parts, _ = _collect(source, known, known.min_count)
    found = _assemble({name: part for name, part in parts.items() if name not in aside}, known, known.min_count, [])
    return dict(found.tables)


def read_file(path: str | Path, table: Table, *, subset: bool = False) -> tuple[pl.DataFrame, Layout, list[str]]:
    """Read a file, or a table of a database, whose columns are known: the frame in their order, its layout, and notes.

    With `subset`, columns of the table may be missing (a file of given values). Raises as `read` does.
    """
    part = _read_one(str(path), table) if is_url(path) else _read_path(Path(path), table)
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


def _collect(source: Any, schema: Schema | None, min_count: int) -> tuple[dict[str, _Part], list[str]]:
    """The tables of a source by name, and notes about what was left aside."""
    if is_url(source):
        return _read_url(source, schema)
    if isinstance(source, str | Path):
        path = Path(source)
        if path.is_dir():
            return _read_folder(path, schema, min_count)
        name = _single_name(schema) or table_name(path)
        return {name: _read_path(path, _table(schema, name), min_count)}, []
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
    return next((table for table in schema.tables if table.name == name), None) if schema is not None else None


def _take(source: Any, name: str) -> _Part:
    with _refusing(f"table {name!r}"):
        frame, layout, notes = take_frame(source, name)
    return _Part(frame, layout, f"table {name!r}", tuple(notes))


def _read_url(url: str, schema: Schema | None) -> tuple[dict[str, _Part], list[str]]:
    """The tables of a database; one table alone takes the name that the schema has for it."""
    address = parse_address(url)
    from twinfold.tables.databases.reading import read_database

    tables, notes = read_database(address)
    if len(tables) == 1 and (name := _single_name(schema)):
        tables = {name: next(iter(tables.values()))}
    return {name: _Part(read.frame, read.layout, read.label, read.notes) for name, read in tables.items()}, notes


def _read_one(url: str, table: Table) -> _Part:
    parts, _ = _read_url(url, Schema(tables=(table,)))
    if len(parts) != 1:
        raise DataError(
            f"{masked(url)} holds {len(parts)} tables where one is needed; name it, as in ?table={table.name}"
        )
    return next(iter(parts.values()))


def _read_folder(folder: Path, schema: Schema | None, min_count: int) -> tuple[dict[str, _Part], list[str]]:
    parts: dict[str, _Part] = {}
    aside: list[str] = []
    notes: list[str] = []
    for path in sorted(folder.iterdir()):
        if not _is_table(path):
            aside.append(path.name)
            continue
        name = table_name(path)
        if name in parts:
            raise DataError(
                f"{folder} holds two files of a table {name!r} ({parts[name].label}, {path.name}); keep one"
            )
        try:
            parts[name] = _read_path(path, _table(schema, name), min_count)
        except TwinfoldError as error:
            if path.suffix.lower() != ".txt":
                raise
            notes.append(f"{path.name} is left aside: {error}")
    for name, part in list(parts.items()):
        # Lines of prose, as in README.txt, can be read as one column.
        if schema is None and part.label.lower().endswith(".txt") and part.frame.width == 1 and len(parts) > 1:
            notes.append(
                f"{part.label} is left aside: it has one column, as prose has; read it by itself if it is a table"
            )
            del parts[name]
    if not parts:
        raise DataError(f"{folder} holds no tables; files ending in {SUFFIXES} are read")
    if aside:
        notes.append(
            f"left aside in {folder.name or 'this folder'}: {', '.join(aside[:20])}{', …' * (len(aside) > 20)}"
        )
    return parts, notes


def _read_path(path: Path, table: Table | None, min_count: int = 10) -> _Part:
    if re.match(r"\w[\w+]+:/", str(path)):
        raise DataError(f"{masked(str(path))} is no file, and one is needed here; give a CSV or Parquet file")
    if not path.exists():
        raise DataError(_not_there(path))
    kind = file_kind(path)
    if kind is None or not path.is_file():
        raise DataError(f"{path.name} is not read; a name ending in {SUFFIXES} is accepted, or a folder of such files")
    columns = tuple(table or ())
    texts = {column.name for column in columns if column.physical == "String"}
    numbers = {column.name: column.missing for column in columns if _of_numbers(column)}
    with _refusing(path.name):
        if kind == "parquet":
            frame, layout, notes = read_parquet(path)
        else:
            frame, layout, notes = read_csv(path, texts=texts, numbers=numbers, min_count=min_count)
            frame, more = normalise(frame, path.name)
            notes += more
    return _Part(frame, layout, path.name, tuple(notes))


def _of_numbers(column: Column) -> bool:
    """Whether a text file's column is to be read as numbers, its strays as missing; dates in digits are not."""
    if column.kind in (Kind.INTEGER, Kind.DECIMAL, Kind.LATITUDE, Kind.LONGITUDE):
        return True
    return column.kind not in (Kind.DATE, Kind.DATETIME) and column.physical.startswith(("Int", "UInt", "Float"))


def _not_there(path: Path) -> str:
    """That a file does not exist, which tables lie beside it, and what to do."""
    if not path.parent.is_dir():
        return f"{path} does not exist, nor does its folder; check the path"
    tables = sorted(other.name for other in path.parent.iterdir() if _is_table(other))
    where = "this folder" if path.parent == Path() else str(path.parent)
    if not tables:
        return f"file {path.name!r} is not in {where}, nor is any other table ({SUFFIXES}); check the path"
    stems = {table_name(Path(name)).lower(): name for name in reversed(tables)}
    close = difflib.get_close_matches(table_name(path).lower(), stems, n=1, cutoff=0.7)
    listed = ", ".join(tables[:_LISTED]) + ", …" * (len(tables) > _LISTED)
    step = f"did you mean {stems[close[0]]!r}?" if close else "name one of these, or check the path"
    return f"file {path.name!r} is not in {where} ({listed}); {step}"


def _is_table(path: Path) -> bool:
    return not path.name.startswith(".") and path.is_file() and file_kind(path) is not None


@contextmanager
def _refusing(label: str) -> Iterator[None]:
    """Turn what the readers below raise for bad bytes into one line."""
    try:
        yield
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        raise DataError(f"{label} can't be read: {' '.join(str(error).split())[:200]}; write it again") from error
    except (OSError, EOFError, zlib.error, ValueError, OverflowError) as error:
        raise DataError(f"{label} can't be read: {' '.join(str(error).split())[:200]}") from error


def _with_shown(layout: Layout, frame: pl.DataFrame, table: Table, min_count: int) -> Layout:
    """The layout with the categories of learned columns alone, and of these the ones that enough rows hold."""
    shown = {}
    for column in table:
        if column.name in layout.categories and column.treatment is Treatment.LEARN:
            counts = dict(frame[column.name].alias("value").value_counts(name="rows").iter_rows())
            every = layout.categories[column.name]
            kept = tuple(value for value in every.values if counts.get(value, 0) >= min_count)
            shown[column.name] = every.model_copy(update={"values": kept})
    return layout.model_copy(update={"categories": shown})


def _with_links(layout: Layout, name: str, frames: Mapping[str, pl.DataFrame], schema: Schema) -> Layout:
    """The layout with those links to tables that pass through which hold in every row, for a database to declare."""
    passing = {table.name for table in schema.tables if table.reference} - {name}
    own = layout.database or DatabaseTable()

    def holds(link: Link) -> bool:
        values = values_of(frames[name], link.columns).drop_nulls()
        keys = values_of(frames[link.table], link.targets)
        return not len(values) or bool((find_places(values, keys) >= 0).all())

    known = dict.fromkeys((*own.links, *(link for link in schema[name].links if link.table in passing)))
    links = tuple(link for link in known if link.table not in passing or holds(link))
    return (
        layout
        if links == own.links
        else layout.model_copy(update={"database": own.model_copy(update={"links": links})})
    )


def _with_markers(table: Table, frame: pl.DataFrame, layout: Layout) -> Table:
    """The table with the texts that stood for missing numbers in its file, but the usual ones, so that others know."""
    dialect = layout.csv
    if dialect is None:
        return table

    def marked(column: Column) -> Column:
        text = dialect.nulls.get(column.name, dialect.null)
        if not frame[column.name].dtype.is_numeric() or is_marker(text) or not frame[column.name].null_count():
            return column
        return column.model_copy(update={"missing": text})

    return table.model_copy(update={"columns": tuple(map(marked, table))})


def _assemble(parts: Mapping[str, _Part], schema: Schema | None, min_count: int, notes: list[str]) -> Dataset:
    frames = {name: part.frame for name, part in parts.items()}
    if not any(frame.height for frame in frames.values()):
        first = next(iter(parts.values()))
        raise DataError(
            f"{first.label} has columns ({', '.join(map(repr, first.frame.columns[:5]))}) and no rows below them; "
            "give a table that has"
        )
    if schema is None:
        from twinfold.tables.kinds import detect

        tables = tuple(
            _with_markers(detect(frame, name, min_count=min_count), frame, parts[name].layout)
            for name, frame in frames.items()
        )
        declared = {name: part.layout.database for name, part in parts.items() if part.layout.database is not None}
        tables = tuple(hold_to(declared, table) if table.name in declared else table for table in tables)
        found = Schema(tables=tables, min_count=min_count)
        if len(tables) > 1:
            from twinfold.tables.links import link_tables

            found, linked = link_tables(frames, found, declared)
            notes = [*notes, *linked]
    else:
        for table in schema.tables:
            if table.name not in parts:
                raise SchemaError(f"{unknown_name('table', table.name, parts, among='the data')}; the schema names it")
        conformed = {name: conform(part.frame, schema[name], part.label) for name, part in parts.items()}
        frames = {name: frame for name, (frame, _) in conformed.items()}
        found = schema.model_copy(update={"tables": tuple(conformed[table.name][1] for table in schema.tables)})
    layouts = {
        name: _with_links(_with_shown(part.layout, frames[name], found[name], found.min_count), name, frames, found)
        for name, part in parts.items()
    }
    return Dataset(frames, found, layouts, (*(note for part in parts.values() for note in part.notes), *notes))
