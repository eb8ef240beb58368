"""Writing tables as they came: their format, their dialect, their types. Whole or not at all.

Everything goes to a temporary file beside the target, which takes the target's name when all is written.
"""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path, PurePath
from typing import Protocol

import polars as pl

from twinfold.errors import OutputError
from twinfold.tables.csv_text import CsvWriter
from twinfold.tables.databases.address import is_url, masked, parse_address
from twinfold.tables.layout import CsvDialect, Layout
from twinfold.tables.parquet_file import ParquetWriter
from twinfold.tables.reading import SUFFIXES, file_kind
from twinfold.tables.schema import Table


class Writer(Protocol):
    """Takes the rows of one table, a frame at a time; every frame has the columns of the first."""

    def write(self, frame: pl.DataFrame) -> None:
        """Write rows below those written so far."""

    def close(self) -> None:
        """Finish; nothing can be written after it."""


def write(
    frames: Mapping[str, pl.DataFrame], out: str | Path, layouts: Mapping[str, Layout], *, force: bool = False
) -> None:
    """Write tables: one to a file or a folder, several to a folder, each in the format and under the name it came with.

    A name with a suffix is a file and says the format; one without is a folder, made if need be. In a folder that
    exists, files of other names stay. Raises `OutputError` where something is in the way and `force` is not set, where
    there is no place to write, or where writing fails; then nothing is left behind.
    """
    out = Path(out)
    if _is_folder(out):
        targets = {name: out / _file_name(name, layouts[name]) for name in frames}
    elif len(frames) == 1:
        targets = dict.fromkeys(frames, out)
    else:
        raise OutputError(
            f"{out} is one file for {len(frames)} tables ({', '.join(frames)}); name a folder, without a suffix"
        )
    for target in targets.values():
        _check_target(target, force, in_folder=target != out)
    with ExitStack() as stack:
        # Every table is written before the first one takes its name.
        writers = {name: stack.enter_context(_writing(targets[name], layouts[name], force)) for name in frames}
        for name, frame in frames.items():
            writers[name].write(frame)
            writers[name].close()


@contextmanager
def open_writers(
    out: str | Path, layouts: Mapping[str, Layout], *, tables: Sequence[Table] = (), force: bool = False
) -> Iterator[Mapping[str, Writer]]:
    """Writers of several tables that come in pieces, into a folder or a database; all appears when the block ends well.

    The parts of a piece are to be written in the order of the writers. A database gets the keys and links of `tables`.
    Raises `OutputError` as `write`, and where `out` is the name of a file.
    """
    if isinstance(out, str) and is_url(out):
        from twinfold.tables.databases.writing import open_tables

        with open_tables(parse_address(out, error=OutputError), layouts, tables) as writers:
            yield writers
        return
    out = Path(out)
    if not _is_folder(out):
        raise OutputError(f"{out} is one file for {len(layouts)} tables; name a folder, without a suffix")
    targets = {name: out / _file_name(name, layout) for name, layout in layouts.items()}
    for target in targets.values():
        _check_target(target, force, in_folder=True)
    with ExitStack() as stack:
        yield {name: stack.enter_context(_writing(targets[name], layouts[name], force)) for name in layouts}


@contextmanager
def open_writer(
    out: str | Path, layout: Layout, *, table: Table | None = None, force: bool = False
) -> Iterator[Writer]:
    """A writer for one table that comes in pieces, in constant memory; the file appears when the block ends well.

    `out` is a file (.csv, .tsv, .txt, also .gz, or .parquet), or a folder that the file is put in under the name it
    came with; with a `table`, it may be a database. Where the block ends in an exception, or Ctrl-C, nothing is left
    behind. Raises `OutputError` as `write`.
    """
    if isinstance(out, str) and is_url(out):
        if table is None:
            raise OutputError(f"{masked(out)} is no file, and one is needed here; {SUFFIXES} is accepted")
        with open_writers(out, {table.name: layout}, tables=(table,)) as writers:
            yield writers[table.name]
        return
    target = target_file(out, layout)
    _check_target(target, force, in_folder=target != Path(out))
    with _writing(target, layout, force) as writer:
        yield writer


def target_file(out: str | Path, layout: Layout) -> Path:
    """The file that `open_writer` writes: `out`, or the file in it that the table came from where it is a folder."""
    out = Path(out)
    return out / _file_name("table", layout) if _is_folder(out) else out


def _is_folder(out: Path) -> bool:
    if file_kind(out) is not None:
        if out.is_dir():
            raise OutputError(f"{out} is a folder, and its name is that of a file; name another")
        return False
    if out.is_dir() or not out.suffix:
        return True
    raise OutputError(f"{out.name} ends in {out.suffix!r}; {SUFFIXES} is accepted, or a folder's name without a suffix")


def _file_name(name: str, layout: Layout) -> str:
    if layout.file_name is None and PurePath(name).name != name:
        raise OutputError(f"table {name!r} can't be a file of that name; rename it in the schema, or name a file")
    return layout.file_name or f"{name}.parquet"


def _check_target(target: Path, force: bool, *, in_folder: bool) -> None:
    folder = target.parent.parent if in_folder else target.parent
    if not folder.is_dir():
        raise OutputError(f"{masked(str(folder))} is no folder that {target.name} could be written to; make it first")
    if in_folder and target.parent.exists() and not target.parent.is_dir():
        raise OutputError(f"{target.parent} is a file, and a folder is to be written there; name another")
    if target.is_dir():
        raise OutputError(f"{target} is a folder, and a file is to be written there; name another")
    if target.exists() and not force:
        raise OutputError(f"{target} exists; replace it with --force, or name another")


@contextmanager
def _writing(target: Path, layout: Layout, force: bool) -> Iterator[Writer]:
    """A writer to a temporary file that becomes the target when the block ends well, and else is removed."""
    new_folder = not target.parent.exists()
    part = target.with_name(f".{target.name}.{uuid.uuid4().hex[:8]}.part")
    try:
        writer = _GuardedWriter(part, target, layout)
        try:
            yield writer
        except BaseException:
            with suppress(Exception):
                writer.close()
            raise
        writer.close()
        _check_target(target, force, in_folder=False)
        with _refusing(target):
            part.replace(target)
    except BaseException:
        part.unlink(missing_ok=True)
        if new_folder:
            with suppress(OSError):
                target.parent.rmdir()
        raise


class _GuardedWriter:
    """A writer whose failures are errors that name the target. Closing it twice does nothing."""

    def __init__(self, part: Path, target: Path, layout: Layout) -> None:
        self._target, self._open = target, True
        with _refusing(target):
            target.parent.mkdir(exist_ok=True)
            self._writer = _open(part, target, layout)

    def write(self, frame: pl.DataFrame) -> None:
        with _refusing(self._target):
            self._writer.write(frame)

    def close(self) -> None:
        if self._open:
            self._open = False
            with _refusing(self._target):
                self._writer.close()


@contextmanager
def _refusing(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OutputError(
            f"{target} can't be written: {error.strerror or error}; free the place or name another"
        ) from error


def _open(part: Path, target: Path, layout: Layout) -> Writer:
    if file_kind(target) == "parquet":
        return ParquetWriter(part, layout.types if layout.source in ("parquet", "arrow") else {})
    suffixes = [suffix.lower() for suffix in target.suffixes]
    dialect = layout.csv or CsvDialect(delimiter="\t" if ".tsv" in suffixes[-2:] else ",")
    zipped = suffixes[-1] == ".gz" or (dialect.gzip and target.name == layout.file_name)
    return CsvWriter(part, dialect.model_copy(update={"gzip": zipped}))
