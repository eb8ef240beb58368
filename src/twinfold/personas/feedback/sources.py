"""Where texts come from, and how they are to be read: a file, a frame, or one of the tables of the customers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from twinfold.errors import DataError, OptionError, unknown_name
from twinfold.tables.databases.address import is_url
from twinfold.tables.dataset import Dataset
from twinfold.tables.frames import is_frame
from twinfold.tables.reading import read, table_name
from twinfold.tables.schema import Table

TONES = ("rating", "lexicon")
"""By what tone can be measured."""


@dataclass(frozen=True)
class TextTable:
    """A table of texts, and how it is to be read.

    Attributes:
        table: a file ("FILE:COLUMN" names the column, too), the name of one of the customers' tables, or a frame.
        column: the one of the texts; None is the one of the longest.
        key: the column that says whose each text is, or shares a category with the customers; None finds it.
        rating: the column of ratings, 1 to 5 or 0 to 10, the more the better; None finds it where there is one.
        tone: by what it is measured how content texts are: "rating", or "lexicon", of English words; None is the rating
            where there is one.
        complaints: whether each text is a complaint; so it is where a table is called one of complaints.

    Raises `OptionError` where the tone is none of these.
    """

    table: Any
    column: str | None = None
    key: str | None = None
    rating: str | None = None
    tone: str | None = None
    complaints: bool = False

    def __post_init__(self) -> None:
        if self.tone not in (None, *TONES):
            raise OptionError(f"tone {self.tone[:40]!r} is not known; give rating or lexicon, or leave it out")


@dataclass(frozen=True)
class Source:
    """A table with texts in it.

    Attributes:
        name: how it is called; table, frame: what its columns are, and its rows as they are stored.
        how: how it is to be read.
    """

    name: str
    table: Table
    frame: pl.DataFrame
    how: TextTable


def open_sources(asked: Any, dataset: Dataset, home: Any = None) -> tuple[list[Source], Dataset]:
    """Tables with texts, and the customers' tables without them: what customers say must not decide who they are.

    Args:
        asked: what a `TextTable` takes for its table, or such a one; several in a list, or by name; None are none.
        dataset: the customers' tables; home: the folder that they were read from.

    Raises `DataError` or `OptionError` where there are no such texts.
    """
    several: list[tuple[str, Any]]
    if asked is None:
        several = []
    elif isinstance(asked, Mapping):
        several = [(str(name), each) for name, each in asked.items()]
    elif isinstance(asked, str | Path | TextTable) or is_frame(asked):
        several = [("texts", asked)]
    elif isinstance(asked, Sequence):
        several = [(f"texts {number}" if len(asked) > 1 else "texts", each) for number, each in enumerate(asked, 1)]
    else:
        raise OptionError(f"texts can't be a {type(asked).__name__}; give a file, a frame, or the name of a table")
    tables = [(name, each if isinstance(each, TextTable) else TextTable(each)) for name, each in several]
    found = [_open(name, each, dataset, home) for name, each in tables]
    names = [source.name for source, _ in found]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise OptionError(f"texts {twice!r} are given twice; give each table once")
    for source, own in found:
        if own and source.name != dataset.schema.subject:
            dataset = _without(dataset, source.name)
    return [source for source, _ in found], dataset


def _open(name: str, how: TextTable, dataset: Dataset, home: Any) -> tuple[Source, bool]:
    """One table with texts, and whether it is one of the customers' own."""
    if is_frame(how.table):
        table, frame, _ = read({name: how.table}).single()
        return Source(name, table, frame, how), False
    if not isinstance(how.table, str | Path):
        raise OptionError(f"texts can't be a {type(how.table).__name__}; give a file, a frame, or the name of a table")
    path, column = (str(how.table), how.column) if how.column else _split(str(how.table))
    how = replace(how, column=column)
    own = path if path in dataset.tables and not Path(path).exists() else _same_file(path, dataset, home)
    if own is not None and len(dataset.tables) > 1:
        return Source(own, dataset.schema[own], dataset.tables[own], how), True
    if not is_url(path) and len(dataset.tables) > 1 and not Path(path).exists() and not Path(path).suffix:
        raise DataError(f"{unknown_name('table', path, dataset.tables)}; give one of them, or a file")
    read_in = read(path)
    if len(read_in.tables) > 1:
        raise DataError(f"texts {path!r} hold {len(read_in.tables)} tables; give one file, or the name of one table")
    table, frame, _ = read_in.single()
    return Source(table.name, table, frame, how), False


def _split(asked: str) -> tuple[str, str | None]:
    """A file, or a table, and the column that is named after it.

    >>> _split("complaints.csv:what happened"), _split("complaints")
    (('complaints.csv', 'what happened'), ('complaints', None))
    """
    if is_url(asked) or Path(asked).exists() or ":" not in asked:
        return asked, None
    path, _, column = asked.rpartition(":")
    if not path or not column:
        raise OptionError(f"texts {asked[:80]!r}: give a file, or a file and its column, such as complaints.csv:text")
    return path, column


def _same_file(path: str, dataset: Dataset, home: Any) -> str | None:
    """The customers' table that a file is, where it lies in their folder."""
    if not isinstance(home, str | Path) or is_url(home) or is_url(path) or not Path(home).is_dir():
        return None
    name = table_name(Path(path))
    return name if Path(path).absolute().parent == Path(home).absolute() and name in dataset.tables else None


def _without(dataset: Dataset, name: str) -> Dataset:
    """The same tables but one, and without what points to it."""
    tables = tuple(
        table.model_copy(update={"links": tuple(link for link in table.links if link.table != name)})
        for table in dataset.schema.tables
        if table.name != name
    )
    frames = {table.name: dataset.tables[table.name] for table in tables}
    schema = dataset.schema.model_copy(update={"tables": tables})
    layouts = {table: layout for table, layout in dataset.layouts.items() if table != name}
    return Dataset(frames, schema, layouts, dataset.notes)
