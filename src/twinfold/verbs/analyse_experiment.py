"""What came of an experiment: `twinfold experiment analyse`."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from twinfold.behaviour.frozen import Frozen, read_frozen
from twinfold.behaviour.scoreboard import add_record, default_place, digest, first_read, mark, read_board
from twinfold.behaviour.specification import make_specification
from twinfold.errors import DataError, RefusedError
from twinfold.protocols import Progress, silent
from twinfold.simulation.experiments.analysis import Analysis, analyse
from twinfold.simulation.experiments.lift_forecast import LiftScore, from_frame, judge_lifts
from twinfold.simulation.experiments.results import read_results
from twinfold.simulation.experiments.specification import Experiment, make_experiment, read_experiment
from twinfold.tables.schema import Schema
from twinfold.verbs.sources import read_source


def analyse_experiment(
    experiment: Experiment | Mapping[str, object] | str | Path,
    data: Any,
    *,
    look: int | None = None,
    forecast: str | Path | None = None,
    scoreboard: str | Path | None = None,
    schema: Schema | str | Path | None = None,
    progress: Progress = silent,
) -> Analysis:
    """Judge the results of an experiment, and a forecast of them where one was frozen.

    That outcomes were read is noted on the scoreboard: whatever is forecast of them later is no forecast.

    Args:
        experiment: what was tried, as a mapping, or the `experiment.toml` that it was planned with.
        data: the rows with their arm and outcome, real or simulated: a file, or a pandas, Polars or Arrow frame.
        look: which of the planned looks this is, from 1; None where one was planned.
        forecast: the file of lifts that `run_experiment` froze; it is judged, and put on the scoreboard.
        scoreboard: the file that this is noted in; None is the user's own.
        schema: what the columns are, or a `schema.toml`; None finds out.
        progress: told how far the work has come.

    Raises:
        SpecificationError: the experiment can't be read, or doesn't fit the data; DataError: the data can't be judged;
            OptionError: a look that was not planned; RefusedError: the forecast was made after these outcomes were
            read, or of them; OutputError: the scoreboard can't be written to.
    """
    asked = read_experiment(experiment)
    number = asked.check_look(look)
    place = Path(scoreboard) if scoreboard is not None else default_place()
    progress("analysing", 0.0)
    table, frame, _ = read_source(data, schema=schema).single()
    results = read_results(frame, table, asked)
    own, board = digest(frame, asked.result), read_board(place)
    marked = mark(frame, asked.outcome, asked.customer)
    record = None if forecast is None else _read_forecast(forecast, frame, asked, own, board)
    progress("analysing", 0.2)
    found = analyse(results, asked, number)
    if first_read(board, own) is None:
        add_record(place, {"event": "outcomes read", "outcomes": own, "mark": marked, "experiment": asked.name})
    if forecast is not None and record is not None:
        if found.checks.passed:
            judged = _judge(forecast, found)
            add_record(place, _entry(Path(forecast).name, record, own, judged, asked))
            found = replace(found, score=judged)
        else:
            note = "The forecast is not judged: what was found is no lot's."
            found = replace(found, notes=(*found.notes, note))
    progress("analysing", 1.0)
    return found


def _read_forecast(
    forecast: str | Path, frame: pl.DataFrame, asked: Experiment, outcomes: str, board: list[dict[str, Any]]
) -> Frozen:
    """The record of a forecast of lifts that was made before anything came of them. Raises `RefusedError`."""
    record = read_frozen(forecast)
    said = record.specification
    if "experiment" not in said:
        raise DataError(f"{forecast} is a forecast of rows; give that of lifts, which twinfold experiment run wrote")
    planned = make_experiment(dict(said["experiment"]), "the forecast's experiment")
    for what in ("outcome", "treatment", "labels", "reference"):
        if getattr(planned, what) != getattr(asked, what):
            raise DataError(f"{forecast} is of another experiment ({what} differs); give the forecast of this one")
    if said.get("simulated") == outcomes:
        raise RefusedError(f"these outcomes were simulated by what made {forecast}; judge it by real ones")
    learned = make_specification(dict(said["behaviour"]), "the forecast's specification")
    if record.learned in (outcomes, digest(frame, learned.columns)):
        raise RefusedError(f"{forecast} was learned from these very outcomes; judge it by others")
    read = first_read(board, outcomes, mark(frame, asked.outcome, asked.customer))
    if read is not None and read < record.made:
        raise RefusedError(
            f"{forecast} was made at {record.made[:19]}, after these outcomes were read at {read[:19]}; give others"
        )
    return record


def _judge(forecast: str | Path, found: Analysis) -> LiftScore:
    _, said, _ = read_source(forecast).single()
    lifts = [(arm.arm, arm.rows, arm.lift, arm.error) for arm in found.arms[1:]]
    return judge_lifts(from_frame(said, str(forecast)), lifts)


def _entry(name: str, record: Frozen, outcomes: str, found: LiftScore, asked: Experiment) -> dict[str, Any]:
    return {
        "event": "scored",
        "name": name,
        "experiment": asked.name,
        "forecast": record.forecast,
        "behaviour": record.behaviour,
        "outcome": asked.outcome,
        "made": record.made,
        "version": record.version,
        "outcomes": outcomes,
        **found.entry(),
    }
