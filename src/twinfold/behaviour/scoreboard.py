"""The scoreboard: which outcomes were read when, and how far each frozen forecast was right. Only ever added to."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from twinfold.behaviour.rows import as_text
from twinfold.errors import DataError, OutputError

NAME = "scoreboard.jsonl"


def default_place() -> Path:
    """The file where the user's scoreboard lies: in their data folder, or where TWINFOLD_SCOREBOARD says."""
    if told := os.environ.get("TWINFOLD_SCOREBOARD"):
        return Path(told)
    data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(data) / "twinfold" / NAME


def digest(frame: pl.DataFrame, names: Iterable[str]) -> str:
    """SHA-256 of some columns of rows, whatever the rows' order and the file that holds them, 64 hexadecimal digits."""
    present = sorted(set(names) & set(frame.columns))
    texts = [as_text(frame[name]).fill_null("\0").alias(name) for name in present]
    rows = pl.DataFrame(texts).select(pl.concat_str(present, separator="\x1f")).to_series().sort()
    return hashlib.sha256("\n".join([*present, *rows]).encode()).hexdigest()


def now() -> str:
    """The time, to the microsecond, in UTC."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


def read_board(place: Path) -> list[dict[str, Any]]:
    """All records of a scoreboard, the oldest first; none where there is no file. Raises `DataError`."""
    if not place.exists():
        return []
    try:
        records = [json.loads(line) for line in place.read_text("utf-8").splitlines() if line.strip()]
    except (OSError, ValueError) as error:
        raise DataError(
            f"the scoreboard {place} can't be read ({error}); move it away, and a new one is begun"
        ) from None
    if not all(isinstance(record, dict) for record in records):
        raise DataError(f"the scoreboard {place} holds something else; move it away, and a new one is begun")
    return records


def add_record(place: Path, record: Mapping[str, Any]) -> None:
    """Add a record at the end of a scoreboard. Raises `OutputError`."""
    line = json.dumps({"time": now(), **record}, ensure_ascii=False, allow_nan=False) + "\n"
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with place.open("a", encoding="utf-8") as file:
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise OutputError(f"the scoreboard {place} can't be written to: {error.strerror}; name another place") from None


def mark(frame: pl.DataFrame, outcome: str | None, customer: str | None) -> str:
    """The digest of whose outcome is which, by which it is known again whatever else is asked of the rows; an empty
    text where customers have no names."""
    named = outcome in frame.columns and customer in frame.columns
    return digest(frame, [outcome, customer]) if outcome and customer and named else ""


def first_read(records: list[dict[str, Any]], outcomes: str, marked: str = "") -> str | None:
    """When outcomes of such a digest, or of such a `mark`, were read first; None where they never were."""
    times = [
        str(record["time"])
        for record in records
        if "time" in record and (record.get("outcomes") == outcomes or (marked and record.get("mark") == marked))
    ]
    return min(times, default=None)
