"""The file of answers: what each customer takes and says, as Parquet, written whole or not at all."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import polars as pl

from twinfold.errors import OutputError

SUFFIX = ".parquet"


def check_answers(path: Path) -> None:
    """Raise `OutputError` where a name is not that of a Parquet file."""
    if path.suffix.lower() != SUFFIX:
        raise OutputError(f"answers {str(path)!r} would be a Parquet file; give a name that ends in {SUFFIX}")


def write_answers(answers: pl.DataFrame, path: str | Path, *, force: bool = False) -> Path:
    """Write answers. Raises `OutputError` where `path` exists and `force` is not set, or can't be written."""
    place = Path(path)
    check_answers(place)
    if place.exists() and not force:
        raise OutputError(f"answers {str(place)!r} exists; give another name, or --force to replace it")
    draft = place.with_name(f".{place.name[:80]}.{secrets.token_hex(4)}.part")
    try:
        answers.write_parquet(draft, compression="zstd")
        draft.replace(place)
    except OSError as error:
        raise OutputError(f"answers {str(place)!r} can't be written: {error.strerror or error}") from None
    finally:
        if os.path.lexists(draft):
            draft.unlink()
    return place
