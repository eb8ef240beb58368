"""Text files that people read, correct, sign and forward: written whole, or not at all."""

import os
import secrets
from pathlib import Path

from twinfold.errors import OutputError


def save_text(text: str, path: str | Path, *, force: bool = False) -> None:
    """Write a text as UTF-8, whole or not at all.

    Raises `OutputError` where `path` exists and `force` is not set, where it is a folder, or lies where nothing can be
    written.
    """
    target = Path(path)
    if target.is_dir():
        raise OutputError(f"{target} is a folder; give the name of a file, such as one in it")
    if target.exists() and not force:
        raise OutputError(f"{target} exists; give another name, or --force to replace it")
    if not target.parent.is_dir():
        raise OutputError(
            f"the folder {target.parent} of {target.name} is not there; make it first, or give another path"
        )
    draft = target.with_name(f".{target.name[:80]}.{secrets.token_hex(4)}.part")
    try:
        draft.write_text(text, encoding="utf-8", newline="\n")
        if force:
            draft.replace(target)
        else:
            _place(draft, target)
    except OSError as error:
        raise OutputError(f"{target} can't be written ({error.strerror or error}); give a place that can") from error
    finally:
        if os.path.lexists(draft):
            draft.unlink()


def _place(draft: Path, target: Path) -> None:
    """Give the draft its name, unless another program has taken that name meanwhile."""
    try:
        os.link(draft, target)
    except FileExistsError:
        raise OutputError(f"{target} exists; give another name, or --force to replace it") from None
    except OSError:  # a file system without hard links
        draft.replace(target)
