"""What if: `twinfold simulate`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from twinfold.behaviour.behaviour import Behaviour
from twinfold.behaviour.behaviour_file import load_behaviour
from twinfold.errors import OptionError, OutputError
from twinfold.protocols import Progress, silent
from twinfold.simulation.event_log import ParquetLog
from twinfold.simulation.outcome import Outcome
from twinfold.simulation.running import DRAWS, run_scenario
from twinfold.simulation.scenario import Scenario, read_scenario
from twinfold.tables.schema import Schema
from twinfold.verbs.provenance import describe_source
from twinfold.verbs.sources import read_source

__all__ = ["Outcome", "simulate"]


def simulate(
    population: Any,
    scenario: Scenario | Mapping[str, Any] | str | Path,
    *,
    behaviours: Mapping[str, Behaviour] | None = None,
    schema: Schema | str | Path | None = None,
    events: str | Path | None = None,
    seed: int = 0,
    draws: int = DRAWS,
    force: bool = False,
    progress: Progress = silent,
) -> Outcome:
    """Try a scenario on customers, arm by arm.

    Args:
        population: the customers, real or synthetic, a row each: a file, or a pandas, Polars or Arrow frame.
        scenario: what they decide and what is done to them, as a mapping, or a `scenario.toml` that says it.
        behaviours: those that the decisions name, by that name; others are read from files beside the scenario.
        schema: what the columns are, or a `schema.toml`; None finds out.
        events: a Parquet file to which every decision that came to something is written; None writes none.
        seed: of all luck: the same gives the same, and the same customer has the same luck in every arm.
        draws: how many times what is not known is drawn, from 20 to 2,000: intervals are steadier with more.
        force: replace `events` where it exists.
        progress: told how far the work has come.

    Returns:
        The outcome: `of` gives a result, `frame` all of them, `text` says them.

    Raises:
        SpecificationError: the scenario can't be read, or doesn't fit the customers or the behaviours; DataError: the
            customers can't be read, or don't fit it; ConditionError: a condition is none; ModelFileError: a behaviour
            is none; OutputError: the events can't be written.
    """
    if not 20 <= draws <= 2000:
        raise OptionError(f"draws {draws} is out of range; give from 20 to 2000")
    if not 0 <= seed < 2**63:
        raise OptionError(f"seed {seed} is out of range; give a whole number from 0")
    if events is not None and Path(events).suffix.lower() != ".parquet":
        raise OutputError(f"events {str(events)!r} would be a Parquet file; give a name that ends in .parquet")
    asked = read_scenario(scenario)
    dataset = read_source(population, schema=schema)
    table, frame, _ = dataset.single()
    beside = Path(scenario).parent if isinstance(scenario, str | Path) else Path()
    known = dict(behaviours or {})
    for decision in asked.decisions.values():
        if decision.behaviour not in known:
            known[decision.behaviour] = load_behaviour(beside / decision.behaviour)
    origin = {
        "version": version("twinfold"),
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "customers": str(describe_source(population, dataset)),
    }

    def run(log: ParquetLog | None) -> Outcome:
        return run_scenario(
            asked, table, frame, known, seed=seed, draws=draws, log=log, origin=origin, progress=progress
        )

    if events is None:
        return run(None)
    if Path(events).exists() and not force:
        raise OutputError(f"events {str(events)!r} exists; give another name, or force to replace it")
    with ParquetLog(Path(events), asked, frame) as log:
        return run(log)
