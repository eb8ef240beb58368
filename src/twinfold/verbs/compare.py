"""Compare engines on a table: `twinfold compare`."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from twinfold.errors import DataError, OptionError, unknown_name
from twinfold.evaluation.engines.comparison import EngineComparison
from twinfold.evaluation.engines.recommendation import recommend
from twinfold.evaluation.engines.trial import Trial, ranked
from twinfold.evaluation.engines.trying import Halves, try_engines
from twinfold.evaluation.policy.policy import DEFAULT
from twinfold.evaluation.policy.policy_file import read_policy
from twinfold.protocols import Progress, silent
from twinfold.synthesis import choice
from twinfold.synthesis.synthesizer import MIN_ROWS
from twinfold.tables.dataset import Dataset
from twinfold.tables.schema import Schema, Treatment
from twinfold.verbs.fit import check_rules
from twinfold.verbs.halves import halve
from twinfold.verbs.provenance import describe_schema, describe_source, list_versions, spell_call
from twinfold.verbs.sources import read_source

ALL = "all"


def compare(
    data: Any,
    *,
    engines: str | Sequence[str] = ALL,
    budget: str | float | None = "10m",
    target: str | None = None,
    schema: Schema | str | Path | None = None,
    policy: str | Path = DEFAULT,
    seed: int = 0,
    command: str | None = None,
    progress: Progress = silent,
) -> EngineComparison:
    """Try engines on a table of your own: which is nearest to it, which is safe, and which is worth its time?

    Half of the rows are kept aside. Each engine learns the other half and draws as many rows, which are judged as
    `evaluate` judges them, all by the same holdout.

    Args:
        data: one table: a file, a pandas, Polars or Arrow frame, or the URL of a database that holds one.
        engines: their names (["trees", "network"], or "trees,network"); "all" for every engine there is, of which those
            whose extra is not installed are named and passed over.
        budget: the time for all of it, about, judging included: "10m", a number of seconds; None, or "best", sets no
            limit. An engine learns with its own settings where its part of the budget allows that, else as well as it
            can in that time. What one leaves over is there for the next; what can't be tried any more is named.
        target: a column that models shall predict; None leaves usefulness unmeasured.
        schema: what the columns are, or a `schema.toml`; None finds out.
        policy: the purpose, or the file of limits, under which rows are released or refused, as in `evaluate`.
        seed: of the halves, the fits, the draws and the judging; where the budget suffices, the same seed gives the
            same figures, times aside.
        command: what was typed to get here, for the page's end; None spells this call.
        progress: told which engine is at work; where it raises `KeyboardInterrupt` after an engine was judged, the
            comparison ends with those that were.

    Raises:
        DataError: the data can't be read or learned, are several tables, or have too few rows; SchemaError: the schema
            doesn't fit; OptionError: an unknown engine, target or policy, or a budget that is no time;
            PolicyError: a policy file that can't be used; MissingExtraError: an engine that was asked for by its name
            and is not installed.
    """
    limits = read_policy(policy)
    names, forgiving = _read_engines(engines)
    seconds = choice.read_budget(budget)
    if seed < 0:
        raise OptionError(f"seed is {seed}; give 0 or more")
    dataset = read_source(data, schema=schema)
    _check(dataset, target)
    table, frame, _ = dataset.single()
    learned, kept = halve(dataset, table.name, seed)
    rows = learned.single()[1].height
    trials, stopped = try_engines(
        names,
        Halves(learned, kept, target, limits, seed),
        seconds=None if seconds == float("inf") else seconds,
        forgiving=forgiving,
        progress=progress,
    )
    _check_judged(trials)
    default = choice.choose("auto", rows=rows, calibrated=False, budget=None).name
    purpose = limits.rule.title
    asked = {"engines": ", ".join(names), "budget": str(budget or "none"), "target": target or "none"}
    spelt = {"engines": engines if isinstance(engines, str) else list(engines), "budget": budget, "target": target}
    return EngineComparison(
        trials=ranked(trials),
        recommendation=recommend(trials, default=default, purpose=purpose),
        default=default,
        purpose=purpose,
        provenance={
            "command": command or spell_call("compare", data, **spelt, schema=schema, policy=policy, seed=seed),
            "data": describe_source(data, dataset),
            "schema": describe_schema(schema),
            "train": f"{rows:,} of these rows, drawn at random",
            "holdout": f"the other {frame.height - rows:,} rows",
            "synthetic": f"as many rows of each engine as were learned, drawn with seed {seed + 1}",
            **asked,
            **limits.provenance(),
            "seed": seed,
            **list_versions(),
        },
        notes=tuple(_notes(stopped=stopped, target=target)),
    )


def _read_engines(engines: str | Sequence[str]) -> tuple[list[str], bool]:
    """Names of engines, each once, and whether all were meant, of which some may be missing.

    Raises `OptionError` for one that there is not, or for none at all.
    """
    asked = [name.strip() for name in engines.split(",")] if isinstance(engines, str) else list(engines)
    if ALL in asked:
        return list(choice.MODELS), True
    for name in asked:
        if name not in choice.MODELS:
            raise OptionError(unknown_name("engine", name, [ALL, *choice.MODELS]))
    if not asked:
        raise OptionError(f"no engine to compare; give some of {', '.join(choice.MODELS)}, or {ALL}")
    return list(dict.fromkeys(asked)), False


def _check(dataset: Dataset, target: str | None) -> None:
    """Raise an error for what no engine could learn, before any of them tries."""
    if len(dataset.tables) != 1:
        raise DataError(
            f"{len(dataset.tables)} tables ({', '.join(dataset.tables)}), and engines are compared on one table yet; "
            "name one of the files instead of the folder"
        )
    check_rules(dataset)
    table, frame, _ = dataset.single()
    if target is not None and table[target].treatment is not Treatment.LEARN:
        raise OptionError(f"target {target!r} is not learned ({table[target].treatment}); name another column")
    if frame.height < 2 * MIN_ROWS:
        raise DataError(
            f"{table.name} has {frame.height} rows: half of them are kept aside to judge by, and {2 * MIN_ROWS} are "
            "needed for that; bring more rows"
        )


def _check_judged(trials: Sequence[Trial]) -> None:
    """Raise `DataError` where no engine was judged: there is nothing to compare."""
    if not any(trial.judged for trial in trials):
        said = "; ".join(f"{trial.engine}: {trial.reason.rstrip('.')}" for trial in trials)
        raise DataError(f"no engine could be judged ({said}); mend that and try again")


def _notes(*, stopped: bool, target: str | None) -> list[str]:
    notes = [
        "One fit of each engine: what another seed would change is in no interval. Times are of this machine, now."
    ]
    if stopped:
        notes.insert(0, "Stopped by the user: engines that were not judged by then are named.")
    if target is None:
        notes.append("No target was named, so whether models can be trained on the rows was not measured.")
    return notes
