"""Who gets what, and what would come of it: `twinfold experiment run`."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from twinfold.behaviour.behaviour import Behaviour, Gain
from twinfold.behaviour.behaviour_file import load_behaviour
from twinfold.behaviour.frozen import freeze
from twinfold.behaviour.scoreboard import digest, now
from twinfold.errors import DataError, OptionError, OutputError
from twinfold.protocols import Progress, silent
from twinfold.simulation.experiments.assignment import assign_arms, draw_outcomes, name_rows, treat
from twinfold.simulation.experiments.lift_forecast import (
    check_behaviour,
    expect_lifts,
    lifts_beside,
    to_frame,
)
from twinfold.simulation.experiments.specification import Experiment, read_experiment
from twinfold.tables.hashing import file_hash
from twinfold.tables.schema import Schema
from twinfold.tables.text_file import save_text
from twinfold.tables.writing import open_writer, target_file
from twinfold.verbs.sources import read_source

MOST_SEED = 2**63 - 1


@dataclass(frozen=True)
class Run:
    """What was written: the file and its rows, how many customers each arm has, and, where outcomes were simulated, the
    lifts that are expected of them and the file in which these are frozen."""

    path: Path
    rows: int
    arms: Mapping[str, int]
    outcome: str
    control: str
    lifts: Mapping[str, Gain]
    frozen: Path | None

    def text(self) -> str:
        """In a few lines."""
        shared = ", ".join(f"{arm} {count:,}" for arm, count in self.arms.items())
        lines = [f"Wrote {self.rows:,} rows to {self.path}. Customers: {shared}."]
        if self.frozen is None:
            return "\n".join([*lines, "No behaviour was given: these are arms alone, to hand to whoever treats them."])
        lines += [f"{arm}: {self.outcome} over {self.control} {gain.text()}" for arm, gain in self.lifts.items()]
        return "\n".join([*lines, f"Frozen in {self.frozen.name}: analyse --forecast judges it by a real result."])

    def json(self) -> dict[str, Any]:
        """For a machine."""
        lifts = {arm: asdict(gain) for arm, gain in self.lifts.items()}
        frozen = None if self.frozen is None else str(self.frozen)
        own = {"path": str(self.path), "rows": self.rows, "arms": dict(self.arms)}
        return own | {"control": self.control, "lifts": lifts, "frozen": frozen}


def run_experiment(
    experiment: Experiment | Mapping[str, object] | str | Path,
    data: Any,
    out: str | Path,
    *,
    behaviour: Behaviour | str | Path | None = None,
    seed: int = 0,
    schema: Schema | str | Path | None = None,
    force: bool = False,
    progress: Progress = silent,
) -> Run:
    """Write customers with the arm that each gets by lot, and what would come of it where a behaviour says so.

    Args:
        experiment: what is tried, as a mapping, or an `experiment.toml` that says it.
        data: the customers, without the treatment and the outcome: a file, or a pandas, Polars or Arrow frame.
        out: the file to write, CSV or Parquet.
        behaviour: of the outcome under the treatment, or a file of one: outcomes are simulated, and what it expects of
            each arm is frozen beside. None: arms alone are written, the list for a campaign.
        seed: from 0; another one is another lot, and other luck.
        schema: what the columns are, or a `schema.toml`; None finds out.
        force: whether to replace files that exist.
        progress: told how far the work has come.

    Raises:
        SpecificationError: the experiment can't be read; DataError: the data can't be read, or hold the treatment or
            the outcome; OptionError: the behaviour is of something else, or an arm was never tried; OutputError: a file
            exists, or can't be written.
    """
    asked = read_experiment(experiment)
    if not 0 <= seed <= MOST_SEED:
        raise OptionError(f"seed {seed} is not accepted; give 0 to {MOST_SEED}")
    known = load_behaviour(behaviour) if isinstance(behaviour, str | Path) else behaviour
    if known is not None:
        check_behaviour(known, asked)
    progress("assigning", 0.0)
    table, frame, layout = read_source(data, schema=schema).single()
    _check_rows(frame, table.name, asked)
    customers = name_rows(frame, asked)
    arm = assign_arms(customers, asked, seed)
    rows = treat(frame, arm, asked)
    lifts: dict[str, Gain] = {}
    path = target_file(out, layout)
    frozen = lifts_beside(path) if known is not None else None
    if known is not None and frozen is not None:
        if frozen.exists() and not force:
            raise OutputError(f"{frozen} exists; replace it with --force, or give another name")
        progress("simulating", 0.2)
        lifts = expect_lifts(known, frame, asked)
        came = draw_outcomes(known, rows, customers, asked, seed)
        whole = bool((came % 1 == 0).all())
        rows = rows.with_columns(pl.Series(asked.outcome, came.astype(np.int64) if whole else came.round(6)))
    with open_writer(out, layout, force=force) as writer:
        writer.write(rows)
    if known is not None and frozen is not None:
        save_text(to_frame(lifts, asked.labels[asked.reference]).write_csv(), frozen, force=True)
        freeze(frozen, _record(known, behaviour, data, rows, asked))
    progress("simulating", 1.0)
    first = np.unique(customers, return_index=True)[1]
    counts = np.bincount(arm[first], minlength=len(asked.arms))
    shared = dict(zip(asked.labels, map(int, counts), strict=True))
    return Run(path, rows.height, shared, asked.outcome, asked.labels[asked.reference], lifts, frozen)


def _check_rows(frame: pl.DataFrame, name: str, asked: Experiment) -> None:
    if not frame.height:
        raise DataError(f"{name} has no row; give at least one")
    if asked.customer:
        asked.check_columns([asked.customer], frame.columns, name)
    for what, column in (("treatment", asked.treatment), ("outcome", asked.outcome)):
        if column in frame.columns:
            raise DataError(f"{name} has the {what}, {column!r}, already; leave it out, for it is to come of this run")


def _record(
    known: Behaviour, behaviour: object, data: object, rows: pl.DataFrame, asked: Experiment
) -> dict[str, object]:
    """What a forecast of lifts was made of, and when; see `behaviour.frozen.Frozen`."""
    return {
        "behaviour": file_hash(behaviour) if isinstance(behaviour, str | Path) else "",
        "data": file_hash(data) if isinstance(data, str | Path) and Path(data).is_file() else "",
        "rows": rows.height,
        "version": version("twinfold"),
        "made": now(),
        "learned": known.origin.get("outcomes", ""),
        "seen": False,
        "specification": {
            "experiment": asked.model_dump(mode="json", exclude_unset=True),
            "behaviour": known.specification.model_dump(mode="json", exclude_unset=True),
            "simulated": digest(rows, asked.result),
        },
    }
