"""Learn tables: `twinfold fit`."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from twinfold.errors import DataError, OptionError, OutputError, SchemaError
from twinfold.protocols import Progress, silent
from twinfold.synthesis.linked import LinkedSynthesizer
from twinfold.synthesis.linked_file import load_model as load
from twinfold.synthesis.linked_learning import learn_linked
from twinfold.synthesis.synthesizer import MIN_ROWS, Synthesizer, learn, with_evaluation
from twinfold.tables.dataset import Dataset
from twinfold.tables.schema import Schema
from twinfold.verbs.provenance import describe_schema, describe_source, list_versions, spell_call
from twinfold.verbs.sources import read_source

if TYPE_CHECKING:
    from twinfold.evaluation.finding import Evaluation

__all__ = ["LinkedSynthesizer", "Synthesizer", "fit", "load"]

HOLDOUT_SHARE = 0.5
"""Rows kept aside to judge with: as many as are learned, so that nearness to either means the same."""


def fit(
    data: Any,
    *,
    schema: Schema | str | Path | None = None,
    engine: str = "auto",
    budget: str | float | None = None,
    seed: int = 0,
    target: str | None = None,
    report: str | Path | None = None,
    force: bool = False,
    command: str | None = None,
    progress: Progress = silent,
) -> Synthesizer | LinkedSynthesizer:
    """Learn a table, or several that are linked; with a report, judge first what such a model is worth.

    Args:
        data: a file, a folder of files, the URL of a database, a pandas, Polars or Arrow frame, or a mapping of names
            to frames. Of several tables one holds the customers, and links connect the others with it: see `twinfold
            inspect`. They are learned by trees, and take none of the settings below but the seed yet.
        schema: what the columns and links are, or a `schema.toml`; None finds out.
        engine: how to learn: "trees", "network" or "blend" of both (extra `deep`); "auto" chooses.
        budget: the time that learning may take, about: "10s", "2m", a number of seconds, or "best"; None for the
            engine's own settings, some seconds for trees. With a report it is spent twice.
        seed: of all chance; the same seed gives the same model on the same machine.
        target: a column that others shall predict, for the report; None leaves usefulness out of it.
        report: where to write a report; half of the rows are then kept from a first model, which is judged against
            them, and its verdict goes into the model that learned all rows.
        force: replace a report that exists.
        command: what was typed to get here, for the report's end; None spells this call.
        progress: told how far the work has come; where it raises `KeyboardInterrupt` while the final model is learned,
            the fit ends with the model so far.

    Raises:
        DataError: the data can't be read or learned; SchemaError: the schema doesn't fit; OptionError: an unknown
            engine; OutputError: the report exists.
    """
    dataset = read_source(data, schema=schema)
    if len(dataset.tables) > 1:
        asked = {"engine": engine != "auto", "budget": budget, "target": target, "report": report}
        for name, given in asked.items():
            if given:
                raise OptionError(f"{name} can't be given for several tables yet; leave it out, or give one file")
        return learn_linked(dataset, seed=seed, progress=progress)
    ruled = [table.name for table in dataset.schema.tables if table.rules]
    if ruled:
        raise SchemaError(f"rules of {ruled[0]} are kept among several tables alone yet; take them out of the schema")
    if target is not None:
        dataset.single()[0][target]  # an unknown target is said before the work, not after it
    if report is None:
        return learn(dataset, engine=engine, budget=budget, seed=seed, progress=progress)
    if Path(report).exists() and not force:
        raise OutputError(f"{str(report)!r} exists; give another name, or --force to replace it")

    from twinfold.evaluation.report.html import write_report

    provenance = {
        "command": command
        or spell_call(
            "fit", data, schema=schema, engine=engine, budget=budget, seed=seed, target=target, report=report
        ),
        "data": describe_source(data, dataset),
        "schema": describe_schema(schema),
    }
    evaluation = _judge(dataset, engine, budget, seed=seed, target=target, progress=progress, provenance=provenance)
    final = with_evaluation(learn(dataset, engine=engine, budget=budget, seed=seed, progress=progress), evaluation)
    write_report(evaluation, report, force=force)
    return final


def _judge(
    dataset: Dataset,
    engine: str,
    budget: str | float | None,
    *,
    seed: int,
    target: str | None,
    progress: Progress,
    provenance: dict[str, Any],
) -> "Evaluation":
    """What a model of one half of the rows is worth, judged against the other half."""
    from twinfold.evaluation.evaluation import evaluate_tables
    from twinfold.evaluation.verdict import DEFAULT

    table, frame, _ = dataset.single()
    if frame.height < 2 * MIN_ROWS:
        raise DataError(
            f"{table.name} has {frame.height} rows: a report keeps half of them aside, and {2 * MIN_ROWS} are needed "
            "for that; bring more rows, or fit without a report"
        )
    learned, kept = _split(dataset, frame, seed)
    trial = learn(learned, engine=engine, budget=budget, seed=seed, progress=_staged(progress, "trial"))
    if trial.model.note:  # a trial that was stopped early would judge another model
        raise KeyboardInterrupt
    rows, rest = (part.single()[1].height for part in (learned, kept))
    synthetic = trial.sample(rows, seed=seed + 1, progress=_staged(progress, "trial"))
    provenance |= {
        "train": f"{rows:,} of these rows, drawn at random",
        "holdout": f"the other {rest:,} rows",
        "synthetic": f"{rows:,} rows drawn with seed {seed + 1} from a trial model of the train rows",
        "engine": trial.engine,
        "target": target or "none",
        "policy": DEFAULT,
        "seed": seed,
        **list_versions(),
    }
    released = _with(dataset, synthetic)
    return evaluate_tables(learned, kept, released, target=target, seed=seed, progress=progress, provenance=provenance)


def _split(dataset: Dataset, frame: pl.DataFrame, seed: int) -> tuple[Dataset, Dataset]:
    rows = np.random.default_rng(seed).permutation(frame.height)
    cut = frame.height - int(frame.height * HOLDOUT_SHARE)
    return _with(dataset, frame[rows[:cut]]), _with(dataset, frame[rows[cut:]])


def _with(dataset: Dataset, frame: pl.DataFrame) -> Dataset:
    """The dataset with other rows in its only table; columns that were dropped may be missing from them."""
    name = next(iter(dataset.tables))
    table = dataset.schema[name]
    present = table.model_copy(update={"columns": tuple(c for c in table if c.name in frame.columns)})
    schema = dataset.schema.model_copy(update={"tables": (present,)})
    return Dataset({name: frame}, schema, dataset.layouts, dataset.notes)


def _staged(progress: Progress, trial: str) -> Progress:
    def tell(stage: str, done: float) -> None:
        progress(f"{stage} ({trial})", done)

    return tell
