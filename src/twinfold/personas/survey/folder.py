"""The folder that a survey is written into: the answers, a page, and the same as JSON."""

from __future__ import annotations

import json
from pathlib import Path

from twinfold.errors import OutputError
from twinfold.personas.survey.page import write_survey
from twinfold.personas.survey.results import Survey
from twinfold.tables.text_file import save_text

ANSWERS, PAGE, RECORD = "answers.parquet", "report.html", "report.json"
NAMES = (ANSWERS, PAGE, RECORD)


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


def write_folder(survey: Survey, folder: str | Path, *, force: bool = False) -> tuple[Path, ...]:
    """Write a survey into a folder, which is made where it is not there; what was written. Raises `OutputError`."""
    place = Path(folder)
    check_folder(place, force=force)
    try:
        place.mkdir(exist_ok=True)
    except OSError as error:
        raise OutputError(f"output {str(place)!r} can't be made: {error.strerror or error}") from None
    draft = place / f".{ANSWERS}.part"
    try:
        survey.answers.write_parquet(draft)
        draft.replace(place / ANSWERS)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise OutputError(f"output {str(place / ANSWERS)!r} can't be written: {error.strerror or error}") from None
    write_survey(survey, place / PAGE, force=force)
    record = json.dumps(survey.record(), indent=2, ensure_ascii=False, allow_nan=False)
    save_text(record + "\n", place / RECORD, force=force)
    return tuple(place / name for name in NAMES)
