"""What an experiment teaches a behaviour: `twinfold experiment learn`."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from twinfold.behaviour.behaviour import Behaviour
from twinfold.behaviour.behaviour_file import load_behaviour
from twinfold.behaviour.frozen import frozen_beside, read_frozen
from twinfold.behaviour.scoreboard import add_record, default_place, digest, first_read, mark, read_board
from twinfold.errors import DataError, RefusedError
from twinfold.protocols import Progress, silent
from twinfold.simulation.experiments.analysis import estimate
from twinfold.simulation.experiments.checks import check_lot
from twinfold.simulation.experiments.learning import Lesson, learn_lifts
from twinfold.simulation.experiments.lift_forecast import lifts_beside
from twinfold.simulation.experiments.results import read_results
from twinfold.simulation.experiments.specification import Experiment, read_experiment
from twinfold.tables.schema import Schema
from twinfold.verbs.sources import read_source

LEARNED = "experiment "
"""How the entries of a behaviour's origin begin that say which experiments it learned from."""


def learn_experiment(
    behaviour: Behaviour | str | Path,
    experiment: Experiment | Mapping[str, object] | str | Path,
    data: Any,
    *,
    scoreboard: str | Path | None = None,
    schema: Schema | str | Path | None = None,
    progress: Progress = silent,
) -> Lesson:
    """Correct a behaviour by the lifts that a real experiment measured.

    That outcomes were read is noted on the scoreboard, as `analyse_experiment` does.

    Args:
        behaviour: of kind "response", or a file of one.
        experiment: what was tried, as a mapping, or the `experiment.toml` that it was planned with.
        data: the rows with their arm and outcome, real ones: a file, or a pandas, Polars or Arrow frame.
        scoreboard: the file that this is noted in; None is the user's own.
        schema: what the columns are, or a `schema.toml`; None finds out.
        progress: told how far the work has come.

    Raises:
        RefusedError: the outcomes were learned from before, or simulated, or the lot was none; SpecificationError: the
            experiment can't be read, or doesn't fit the data; DataError: the data can't be judged; OptionError: the
            behaviour is of something else, or has not learned an arm; OutputError: the scoreboard can't be written to.
    """
    known = behaviour if isinstance(behaviour, Behaviour) else load_behaviour(behaviour)
    asked = read_experiment(experiment)
    place = Path(scoreboard) if scoreboard is not None else default_place()
    progress("learning", 0.0)
    table, frame, _ = read_source(data, schema=schema).single()
    results = read_results(frame, table, asked)
    own = digest(frame, asked.result)
    _check_new(known, data, frame, own)
    checks, told = check_lot(results, asked), results.known()
    if not checks.passed:
        raise RefusedError(f"nothing is learned of a lot that was none: {' '.join(checks.failures())}")
    means, _, _ = estimate(told, asked)
    lifts, covariance = means.lifts(asked.reference, asked.others)
    progress("learning", 0.3)
    lesson = learn_lifts(known, frame, asked, lifts, covariance)
    board = read_board(place)
    for outcomes in {own, digest(frame, known.specification.columns)}:
        if first_read(board, outcomes) is None:
            marked = mark(frame, asked.outcome, asked.customer)
            add_record(
                place, {"event": "outcomes read", "outcomes": outcomes, "mark": marked, "experiment": asked.name}
            )
    progress("learning", 1.0)
    customers = int(np.sum(results.assigned))
    return replace(lesson, behaviour=_noted(lesson.behaviour, asked, own, customers))


def _check_new(known: Behaviour, data: Any, frame: pl.DataFrame, outcomes: str) -> None:
    """Raise `RefusedError` where outcomes were learned from before, or are no customer's."""
    earlier = [text.split()[0] for key, text in known.origin.items() if key.startswith(LEARNED)]
    if outcomes in earlier or known.origin.get("outcomes") == digest(frame, known.specification.columns):
        raise RefusedError("the behaviour was learned from these very outcomes; they would count twice: give others")
    if not isinstance(data, str | Path):
        return
    beside = lifts_beside(Path(data))
    if frozen_beside(beside).exists():
        try:
            said = read_frozen(beside).specification
        except DataError:
            return
        if said.get("simulated") == outcomes:
            raise RefusedError(f"{data} was simulated by a behaviour: it would believe itself; give real outcomes")


def _noted(made: Behaviour, asked: Experiment, outcomes: str, customers: int) -> Behaviour:
    """The behaviour with a word on what it learned from."""
    number = 1 + sum(key.startswith(LEARNED) for key in made.origin)
    when = datetime.now(UTC).isoformat(timespec="seconds")
    what = f"{outcomes} {asked.name}: {customers:,} customers, {when}, Twinfold {version('twinfold')}"
    note = (
        f"Corrected by experiment {asked.name} ({customers:,} customers by lot: {', '.join(asked.labels)}). It "
        "measured what the treatment does on average; how that differs between customers is as it was learned before."
    )
    return replace(made, notes=(*made.notes, note), origin={**made.origin, f"{LEARNED}{number}": what})
