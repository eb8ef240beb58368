"""The folder that personas are written into: a page, their record, and whose is which."""

from __future__ import annotations

import json
from pathlib import Path

from twinfold.personas.output_folder import check_names, make_folder, save_frame
from twinfold.personas.page import write_personas
from twinfold.personas.persona import Personas
from twinfold.tables.text_file import save_text

PAGE, RECORD, ASSIGNMENT = "personas.html", "personas.json", "assignment.parquet"
NAMES = (PAGE, RECORD, ASSIGNMENT)


def check_folder(folder: Path, *, force: bool) -> None:
    """Raise `OutputError` where personas can't be written into a folder."""
    check_names(folder, NAMES, force=force)


def write_folder(personas: Personas, folder: str | Path, *, force: bool = False) -> tuple[Path, ...]:
    """Write personas into a folder, which is made where it is not there; what was written. Raises `OutputError`."""
    place = Path(folder)
    check_folder(place, force=force)
    make_folder(place)
    write_personas(personas, place / PAGE, force=force)
    save_text(json.dumps(personas.record(), indent=2, ensure_ascii=False) + "\n", place / RECORD, force=force)
    save_frame(personas.assignment, place / ASSIGNMENT)
    return tuple(place / name for name in NAMES)
