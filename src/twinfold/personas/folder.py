"""The folder that personas are written into: a page, their record, and whose is which."""

from __future__ import annotations

import json
from pathlib import Path

from twinfold.errors import OutputError
from twinfold.personas.page import write_personas
from twinfold.personas.persona import Personas
from twinfold.tables.text_file import save_text

PAGE, RECORD, ASSIGNMENT = "personas.html", "personas.json", "assignment.parquet"
NAMES = (PAGE, RECORD, ASSIGNMENT)


def check_folder(folder: Path, *, force: bool) -> None:
    """Raise `OutputError` where a folder can't be written into: it is a file, the one above is not there, or, without
    `force`, it holds what would be replaced."""
    if folder.exists() and not folder.is_dir():
        raise OutputError(f"output {str(folder)!r} is a file; give the name of a folder")
    if not folder.absolute().parent.is_dir():
        raise OutputError(f"output {str(folder)!r} lies in a folder that does not exist; make that first")
    for name in NAMES:
        if (folder / name).exists() and not force:
            raise OutputError(f"output {str(folder / name)!r} exists; give another folder, or --force to replace it")


def write_folder(personas: Personas, folder: str | Path, *, force: bool = False) -> tuple[Path, ...]:
    """Write personas into a folder, which is made where it is not there; what was written. Raises `OutputError`."""
    place = Path(folder)
    check_folder(place, force=force)
    try:
        place.mkdir(exist_ok=True)
    except OSError as error:
        raise OutputError(f"output {str(place)!r} can't be made: {error.strerror or error}") from None
    write_personas(personas, place / PAGE, force=force)
    save_text(json.dumps(personas.record(), indent=2, ensure_ascii=False) + "\n", place / RECORD, force=force)
    draft = place / f".{ASSIGNMENT}.part"
    try:
        personas.assignment.write_parquet(draft)
        draft.replace(place / ASSIGNMENT)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise OutputError(f"output {str(place / ASSIGNMENT)!r} can't be written: {error.strerror or error}") from None
    return tuple(place / name for name in NAMES)
