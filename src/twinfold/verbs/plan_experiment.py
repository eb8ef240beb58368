"""How large an experiment must be, and how long it takes: `twinfold experiment plan`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from twinfold.protocols import Progress, silent
from twinfold.simulation.experiments.baseline import learn_noise, noise_of
from twinfold.simulation.experiments.planning import Plan, make_plan
from twinfold.simulation.experiments.specification import Experiment, make_experiment, read_experiment
from twinfold.tables.schema import Schema
from twinfold.verbs.sources import read_source


def plan_experiment(
    experiment: Experiment | Mapping[str, object] | str | Path,
    data: Any = None,
    *,
    effect: float | None = None,
    customers: int | None = None,
    per_day: float | None = None,
    schema: Schema | str | Path | None = None,
    progress: Progress = silent,
) -> Plan:
    """How many customers an experiment takes, or which effect the customers that there are can show.

    Args:
        experiment: what is tried, as a mapping, or an `experiment.toml` that says it.
        data: rows of the past with the outcome, and with the covariates as they will be known before: how much the
            outcome varies, and how much of that they explain. None: the experiment's `baseline` says it.
        effect: the least that is worth finding, in the outcome's units; None: what the experiment says, and where that
            says nothing, the least that the customers can show.
        customers: how many there are; None: what the experiment says, or, without an effect, those of the data.
        per_day: how many come in a day; None: what the experiment says.
        schema: what the columns are, or a `schema.toml`; None finds out.
        progress: told how far the work has come.

    Raises:
        SpecificationError: the experiment can't be read, or doesn't fit the data; DataError: the data can't be read, or
            say nothing; OptionError: the effect is impossible.
    """
    asked = read_experiment(experiment)
    given = {"effect": effect, "customers": customers, "per_day": per_day}
    asked = _overridden(asked, {name: value for name, value in given.items() if value is not None})
    progress("planning", 0.0)
    if data is None:
        noise, covariates = noise_of(asked), asked.covariates if asked.baseline and asked.baseline.explained else ()
    else:
        table, frame, _ = read_source(data, schema=schema).single()
        noise, people, covariates = learn_noise(frame, table, asked)
        if asked.effect is None and asked.customers is None:
            asked = _overridden(asked, {"customers": people})
    made = make_plan(asked, noise, covariates)
    progress("planning", 1.0)
    return made


def _overridden(asked: Experiment, values: Mapping[str, object]) -> Experiment:
    return make_experiment(asked.model_dump(exclude_unset=True) | dict(values)) if values else asked
