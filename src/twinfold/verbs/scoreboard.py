"""All forecasts that were scored: `twinfold scoreboard`."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from twinfold.behaviour.scoreboard import default_place, read_board


@dataclass(frozen=True)
class Scoreboard:
    """All forecasts that were scored, the oldest first; shows itself as a table."""

    entries: tuple[Mapping[str, Any], ...]

    def text(self) -> str:
        """A line for each forecast."""
        if not self.entries:
            return "No forecast was scored yet; twinfold score-forecast FORECAST OUTCOMES does."
        header = ("Forecast", "made", "rows", "expected", "found", "error", "perfect", "covered", "slope", "direction")
        rows = [header, *(_line(entry) for entry in self.entries)]
        widths = [max(len(row[k]) for row in rows) for k in range(len(header))]
        return "\n".join(
            "  ".join(
                cell.ljust(w) if k < 2 else cell.rjust(w) for k, (cell, w) in enumerate(zip(row, widths, strict=True))
            )
            for row in rows
        )

    def json(self) -> list[dict[str, Any]]:
        """For a machine."""
        return [dict(entry) for entry in self.entries]


def _line(entry: Mapping[str, Any]) -> tuple[str, ...]:
    def shown(key: str, form: str) -> str:
        value = entry.get(key)
        return format(value, form) if isinstance(value, int | float) else "–"

    figures = [shown(key, ".4f") for key in ("expected", "found", "error", "noise")]
    return (
        str(entry.get("name", "–"))[:40],
        str(entry.get("made", ""))[:16].replace("T", " "),
        shown("rows", ","),
        *figures,
        shown("coverage", ".0%"),
        shown("slope", ".2f"),
        shown("direction", "+.2f"),
    )


def scoreboard(place: str | Path | None = None) -> Scoreboard:
    """All forecasts that were scored.

    Args:
        place: the scoreboard's file; None is the user's own.

    Raises `DataError` where it can't be read.
    """
    records = read_board(Path(place) if place is not None else default_place())
    return Scoreboard(tuple(record for record in records if record.get("event") == "scored"))
