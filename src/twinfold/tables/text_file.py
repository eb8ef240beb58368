"""Text files that people read, correct and sign: written whole, or not at all."""

import os
import uuid
from pathlib import Path

from twinfold.errors import OutputError


def save_text(text: str, path: str | Path, *, force: bool = False) -> None:
    """Write a text as UTF-8, whole or not at all.

    Raises `OutputError` where `path` exists and `force` is not set, or where it can't be written.
    """
    path = Path(path)
    if path.exists() and not force:
        raise OutputError(f"{path} exists; give another name, or --force to replace it")
    draft = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.part")
    try:
        draft.write_text(text, encoding="utf-8", newline="\n")
        draft.replace(path)
    except OSError as error:
        reason = error.strerror or str(error)
        raise OutputError(f"{path} can't be written: {reason}; give a place that can") from error
    finally:
        if os.path.lexists(draft):
            draft.unlink()
