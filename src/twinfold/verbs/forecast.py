"""What a behaviour expects of new rows: `twinfold predict` with a behaviour."""

from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from twinfold.behaviour.behaviour import Behaviour
from twinfold.behaviour.behaviour_file import load_behaviour
from twinfold.behaviour.forecast import COLUMNS, Forecast
from twinfold.behaviour.frozen import freeze, frozen_beside
from twinfold.behaviour.scoreboard import now
from twinfold.errors import DataError, OptionError
from twinfold.protocols import Progress, silent
from twinfold.tables.frames import give_back
from twinfold.tables.hashing import file_hash
from twinfold.tables.layout import Layout
from twinfold.tables.writing import open_writer, target_file
from twinfold.verbs.sources import read_source


@dataclass(frozen=True)
class ForecastSummary:
    """What was forecast: the file and its rows; the mean of what is expected and its interval; of how many rows nothing
    can be said, and how many lie beyond what was learned; what the effect rests on, nothing where no treatment is
    looked at; and what a user must know of the rows."""

    path: Path
    rows: int
    mean: float
    interval: tuple[float, float] | None
    unknown: int
    beyond: int
    identification: tuple[str, ...]
    notes: tuple[str, ...]

    def text(self) -> str:
        """The summary in a few lines."""
        lines = [
            f"Wrote {self.rows:,} rows to {self.path}, with {', '.join(COLUMNS)}.",
            f"Frozen in {frozen_beside(self.path).name}: score-forecast judges it once outcomes are known.",
        ]
        if self.identification:
            interval = "" if self.interval is None else f" [{self.interval[0]:.4g}, {self.interval[1]:.4g}]"
            effect = ", ".join(self.identification)
            lines.append(f"Expected on average: {self.mean:.4g}{interval}. The effect: {effect}.")
        if self.unknown:
            lines.append(f"Of {self.unknown:,} rows nothing can be said.")
        if self.beyond:
            lines.append(f"{self.beyond:,} rows lie beyond what was learned (in_support is false).")
        return "\n".join([*lines, *self.notes])


def forecast(
    behaviour: Behaviour | str | Path,
    data: Any,
    *,
    horizon: str | float | None = None,
    among: Any = None,
    progress: Progress = silent,
) -> Any:
    """What is expected of each row, under its own treatment.

    Args:
        behaviour: a behaviour, or a file of one.
        data: rows as they were learned, the outcome left out; a file, or a pandas, Polars or Arrow frame. A column that
            is not there widens the intervals. For a lifetime: purchases, or customers that were learned.
        horizon: of a lifetime, how far ahead, in days or as "39w"; None is as long as was learned.
        among: the customers that these are some of, where they are a part that was picked: by all of them it is judged
            whether people are of others than the learned ones. None is `data` itself.
        progress: told how far the work has come.

    Returns:
        A frame of the sort that came in, of the same rows, with the columns of `forecast.Forecast`.

    Raises:
        DataError: the rows can't be read, or the treatment is not there; ModelFileError: the file is no behaviour.
    """
    _, layout, found = _forecast(_taken(behaviour), data, horizon, among, progress)
    out = give_back(found.frame(), layout)
    if type(data).__module__.partition(".")[0] == "pandas":
        out.index = data.index
    return out


def forecast_to(
    behaviour: Behaviour | str | Path,
    data: Any,
    out: str | Path,
    *,
    horizon: str | float | None = None,
    among: Any = None,
    force: bool = False,
    progress: Progress = silent,
) -> ForecastSummary:
    """Write the rows with the columns of `forecast` added, and beside them what they were made of and when.

    That record freezes the forecast: `score_forecast` judges only what is as it was before outcomes were read.
    Raises as `forecast`, and `OutputError`.
    """
    made = _taken(behaviour)
    rows, layout, found = _forecast(made, data, horizon, among, progress)
    added = found.frame()
    if twice := set(added.columns) & set(rows.columns):
        raise OptionError(f"the data has a column {min(twice)!r} already; rename it")
    with open_writer(out, layout, force=force) as writer:
        writer.write(pl.concat([rows, added], how="horizontal"))
    known = np.isfinite(found.prediction)
    path = target_file(out, layout)
    outcome = made.specification.outcome
    record = {
        "behaviour": "" if isinstance(behaviour, Behaviour) else file_hash(behaviour),
        "data": file_hash(data) if isinstance(data, str | Path) and Path(data).is_file() else "",
        "rows": rows.height,
        "version": version("twinfold"),
        "made": now(),
        "learned": made.origin.get("outcomes", ""),
        "seen": made.specification.kind != "lifetime"
        and outcome in rows.columns
        and rows[outcome].null_count() < rows.height,
        "specification": made.specification.model_dump(mode="json", exclude_unset=True),
        "window": found.window,
        "average": found.average,
    }
    freeze(path, record)
    notes = found.notes
    if record["seen"]:
        notes = (*notes, f"{outcome} stands in these rows: the forecast can't be scored as made before. Leave it out.")
    return ForecastSummary(
        path,
        rows.height,
        float(found.prediction[known].mean()) if known.any() else float("nan"),
        None if found.average is None else found.average[1:],
        int((~known).sum()),
        int((~found.in_support & known).sum()),
        tuple(map(str, np.unique(found.identification[known]))) if made.specification.kind != "lifetime" else (),
        notes,
    )


def _taken(behaviour: Behaviour | str | Path) -> Behaviour:
    return behaviour if isinstance(behaviour, Behaviour) else load_behaviour(behaviour)


def _forecast(
    made: Behaviour, data: Any, horizon: str | float | None, among: Any, progress: Progress
) -> tuple[pl.DataFrame, Layout, Forecast]:
    progress("forecasting", 0.0)
    table, rows, layout = read_source(data).single()
    if not rows.height:
        raise DataError(f"{table.name} has no row; give at least one")
    whole = None if among is None else read_source(among).single()[1]
    found = made.forecast(rows, horizon, among=whole)
    progress("forecasting", 1.0)
    return rows, layout, found
