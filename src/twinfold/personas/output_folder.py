"""Folders of results: checked before the work starts, and every file in them written whole or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from twinfold.errors import OutputError


def check_names(folder: Path, names: Sequence[str], *, force: bool) -> None:
    """Raise `OutputError` where files can't be written into a folder: it is a file, the one above is not there, or,
    without `force`, it holds what would be replaced."""
    if folder.exists() and not folder.is_dir():
        raise OutputError(f"output {str(folder)!r} is a file; give the name of a folder")
    if not folder.absolute().parent.is_dir():
        raise OutputError(f"output {str(folder)!r} lies in a folder that does not exist; make that first")
    for name in names:
        if (folder / name).exists() and not force:
            raise OutputError(f"output {str(folder / name)!r} exists; give another folder, or --force to replace it")


def make_folder(folder: Path) -> None:
    """Make a folder where it is not there. Raises `OutputError`."""
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise OutputError(f"output {str(folder)!r} can't be made: {error.strerror or error}") from None


def save_frame(frame: pl.DataFrame, path: Path) -> None:
    """Write a frame as CSV, or else as Parquet, in the place of what is there. Raises `OutputError`."""
    draft = path.with_name(f".{path.name[:80]}.part")
    try:
        if path.suffix.lower() == ".csv":
            frame.write_csv(draft)
        else:
            frame.write_parquet(draft)
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise OutputError(f"output {str(path)!r} can't be written: {error.strerror or error}") from None
