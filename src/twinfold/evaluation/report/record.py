"""The JSON record of an evaluation, read back: what is needed to compare two, and nothing that it does not say.

A record may come from anywhere: its size, its depth, its types and its lengths are checked before anything is done with
it.
"""

import json
import math
from collections import Counter
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from twinfold.errors import DataError
from twinfold.evaluation.finding import Verdict
from twinfold.evaluation.report.summary import VERSION

LARGEST = 64 * 2**20
"""Bytes that a record may have: one of a thousand columns has about ten million."""

_Name = Annotated[str, Field(max_length=2000)]
_Text = Annotated[str, Field(max_length=20_000)]
_Number = Annotated[float, Field(allow_inf_nan=False)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)


class RecordedFinding(_Part):
    """A finding as a record has it; a number that is none is None."""

    name: _Name
    title: _Name
    group: Annotated[str, Field(max_length=40)]
    value: _Number | None
    low: _Number | None
    high: _Number | None
    yardstick: _Number | None = None
    threshold: _Number | None = None
    better: Literal["lower", "higher"]
    verdict: Annotated[Verdict, Field(strict=False)]
    sentence: _Text


class RecordedPurpose(_Part):
    """A purpose, and whether the table is fit for it."""

    name: _Name
    title: _Name
    fit: bool


class RecordedColumn(_Part):
    """How far a column is off, and how far two real samples are from each other."""

    name: Annotated[str, Field(max_length=100_000)]
    table: Annotated[str, Field(max_length=100_000)] = ""
    error: _Number | None
    yardstick: _Number | None


class Record(_Part):
    """What a record says that two evaluations can be compared by."""

    version: int
    audience: Literal["internal", "public"] = "internal"
    headline: _Text
    purposes: Annotated[tuple[RecordedPurpose, ...], Field(max_length=200, strict=False)]
    findings: Annotated[tuple[RecordedFinding, ...], Field(max_length=20_000, strict=False)]
    columns: Annotated[tuple[RecordedColumn, ...], Field(max_length=100_000, strict=False)]
    provenance: Annotated[dict[str, Any], Field(max_length=200)] = {}


def read_record(path: str | Path) -> Record:
    """Read the JSON record that `evaluate --json` wrote.

    Raises `DataError` where there is no such file, or it is no such record.
    """
    path = Path(path)
    try:
        size = path.stat().st_size
        if size > LARGEST:
            raise DataError(
                f"{path} has {size:,} bytes, a record at most {LARGEST:,}; give a file that twinfold evaluate --json "
                "wrote"
            )
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise DataError(f"{path} is no text; give a file that twinfold evaluate --json wrote") from None
    except OSError as error:
        raise DataError(f"{path} can't be read ({error.strerror or error}); give another file") from None
    return _parse(text, str(path))


def take_record(record: str | Path | dict[str, Any]) -> Record:
    """A record from a path, or from what `Evaluation.json()` gives. Raises `DataError` as `read_record` does."""
    return read_record(record) if isinstance(record, str | Path) else _check(record, "the record")


def _parse(text: str, name: str) -> Record:
    try:
        value = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        why = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise DataError(f"{name} is not JSON ({why}); give a file that twinfold evaluate --json wrote") from None
    return _check(value, name)


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number in JSON")


def _check(value: Any, name: str) -> Record:
    version = value.get("version") if isinstance(value, dict) else None
    if not isinstance(version, int) or isinstance(version, bool) or "findings" not in value:
        raise DataError(f"{name} is no record of an evaluation; give a file that twinfold evaluate --json wrote")
    if version > VERSION:
        raise DataError(f"{name} has version {version}, this Twinfold reads up to {VERSION}; install a newer Twinfold")
    try:
        record = Record.model_validate(value)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))[:100]
        raise DataError(
            f"{name} is no record of an evaluation: {place}: {first['msg'].lower()}; give a file that twinfold "
            "evaluate --json wrote"
        ) from None
    _check_names(record, name)
    return record


def _check_names(record: Record, name: str) -> None:
    [(most, times)] = Counter(finding.name for finding in record.findings).most_common(1) or [("", 0)]
    if times > 1:
        raise DataError(f"{name} has the finding {most[:60]!r} twice; give a file that twinfold evaluate --json wrote")


def known(value: float | None) -> float:
    """A number of a record, NaN where it has none."""
    return math.nan if value is None else value
