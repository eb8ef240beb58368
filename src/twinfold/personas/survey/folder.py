"""The folder that a survey is written into: the answers, a page, and the same as JSON."""

from __future__ import annotations

import json
from pathlib import Path

from twinfold.personas.output_folder import check_names, make_folder, save_frame
from twinfold.personas.survey.page import write_survey
from twinfold.personas.survey.results import Survey
from twinfold.tables.text_file import save_text

ANSWERS, PAGE, RECORD = "answers.parquet", "report.html", "report.json"
NAMES = (ANSWERS, PAGE, RECORD)


def check_folder(folder: Path, *, force: bool) -> None:
    """Raise `OutputError` where a survey can't be written into a folder."""
    check_names(folder, NAMES, force=force)


def write_folder(survey: Survey, folder: str | Path, *, force: bool = False) -> tuple[Path, ...]:
    """Write a survey into a folder, which is made where it is not there; what was written. Raises `OutputError`."""
    place = Path(folder)
    check_folder(place, force=force)
    make_folder(place)
    save_frame(survey.answers, place / ANSWERS)
    write_survey(survey, place / PAGE, force=force)
    record = json.dumps(survey.record(), indent=2, ensure_ascii=False, allow_nan=False)
    save_text(record + "\n", place / RECORD, force=force)
    return tuple(place / name for name in NAMES)
