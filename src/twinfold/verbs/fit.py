"""Learn tables: `twinfold fit`."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twinfold.errors import DataError, OptionError, OutputError, SchemaError
from twinfold.evaluation.policy.policy import DEFAULT, Policy
from twinfold.evaluation.policy.policy_file import read_policy
from twinfold.protocols import Progress, silent
from twinfold.synthesis.hierarchy import arrange
from twinfold.synthesis.linked import LinkedSynthesizer
from twinfold.synthesis.linked_file import load_model as load
from twinfold.synthesis.linked_learning import learn_linked
from twinfold.synthesis.matching import read_match
from twinfold.synthesis.synthesizer import MIN_ROWS, Synthesizer, learn
from twinfold.synthesis.synthesizer import load as load_table
from twinfold.tables.dataset import Dataset
from twinfold.tables.schema import Schema
from twinfold.verbs.halves import halve
from twinfold.verbs.provenance import describe_schema, describe_source, list_versions, spell_call
from twinfold.verbs.sources import read_source

if TYPE_CHECKING:
    from twinfold.evaluation.finding import Evaluation

__all__ = ["LinkedSynthesizer", "Synthesizer", "fit", "load"]


def fit(
    data: Any,
    *,
    schema: Schema | str | Path | None = None,
    engine: str = "auto",
    budget: str | float | None = None,
    seed: int = 0,
    target: str | None = None,
    report: str | Path | None = None,
    policy: str | Path = DEFAULT,
    start: Synthesizer | str | Path | None = None,
    match: Mapping[str, str] | str | None = None,
    force: bool = False,
    command: str | None = None,
    progress: Progress = silent,
) -> Synthesizer | LinkedSynthesizer:
    """Learn a table, or several that are linked; with a report, judge first what such a model is worth.

    Args:
        data: a file, a folder of files, the URL of a database, a pandas, Polars or Arrow frame, or a mapping of names
            to frames. Of several tables one holds the customers, and links connect the others with it: see `twinfold
            inspect`. What hangs on the customers is learned by trees, in the time that it takes.
        schema: what the columns and links are, or a `schema.toml`; None finds out.
        engine: how to learn, of several tables the customers' own columns: "trees", "copula", with the extra `deep`
            "network", "blend" of trees and network, "diffusion", "vae", "gan" or "vaegan"; "auto" chooses.
        budget: the time that learning may take, about: "10s", "2m", a number of seconds, or "best"; None for the
            engine's own settings, some seconds for trees. With a report it is spent twice.
        seed: of all chance; the same seed gives the same model on the same machine.
        target: a column that others shall predict, for the report, of several tables as in `evaluate`; None leaves
            usefulness out of it.
        report: where to write a report; half of the customers are then kept from a first model, which is judged against
            them. Its verdict goes into the model that learned all rows.
        policy: the purpose, or the file of limits, under which the report releases the model or refuses it, as in
            `evaluate`: from the file of a refused one `sample` draws only with an override.
        start: an older model of one table, or its file, to begin with: of another institution's customers, or of last
            month's. Columns are matched by name or meaning, levels by name, numbers by value; new ones are allowed.
            Trees can begin with any model, "network" and "diffusion" each with one of its own, and go on with that
            where the engine is "auto".
        match: which columns are which of the older model's, where names don't say it ({"age_in_years": "age"}, or
            "age_in_years=age, score="); an empty one is new.
        force: replace a report that exists.
        command: what was typed to get here, for the report's end; None spells this call.
        progress: told how far the work has come; where it raises `KeyboardInterrupt` while the final model is learned,
            the fit ends with the model so far.

    Raises:
        DataError: the data can't be read or learned; SchemaError: the schema doesn't fit; OptionError: an unknown
            engine or policy; PolicyError: a policy file that can't be used; OutputError: the report exists.
    """
    limits = read_policy(policy)
    dataset = read_source(data, schema=schema)
    linked = len(dataset.tables) > 1
    check_rules(dataset)
    begun = {} if start is None else {"begun with": str(start) if isinstance(start, str | Path) else "an older model"}
    if start is not None and linked:
        raise OptionError("several tables can't begin with an older model yet; leave it out")
    older = load_table(start) if isinstance(start, str | Path) else start
    pairs = read_match(match)
    if pairs and older is None:
        raise OptionError("a match says which columns are which of an older model: name that too, with --from")
    if target is not None:  # an unknown target is said before the work, not after it
        _check_linked_target(dataset, target) if linked else dataset.single()[0][target]

    def learn_all(dataset: Dataset, progress: Progress) -> Synthesizer | LinkedSynthesizer:
        if linked:
            return learn_linked(dataset, engine=engine, budget=budget, seed=seed, progress=progress)
        return learn(dataset, engine=engine, budget=budget, seed=seed, start=older, match=pairs, progress=progress)

    if report is None:
        return learn_all(dataset, progress)
    if Path(report).exists() and not force:
        raise OutputError(f"{str(report)!r} exists; give another name, or --force to replace it")

    from twinfold.evaluation.gate import with_evaluation
    from twinfold.evaluation.report.html import write_report

    provenance = {
        "command": command
        or spell_call(
            "fit",
            data,
            schema=schema,
            engine=engine,
            budget=budget,
            seed=seed,
            target=target,
            report=report,
            policy=policy,
            start=start,
            match=match,
        ),
        "data": describe_source(data, dataset),
        "schema": describe_schema(schema),
        **begun,
    }
    evaluation = _judge(
        dataset, learn_all, seed=seed, target=target, policy=limits, progress=progress, provenance=provenance
    )
    final = learn_all(dataset, progress)
    write_report(evaluation, report, force=force)
    return with_evaluation(final, evaluation)


def check_rules(dataset: Dataset) -> None:
    """Raise `SchemaError` where a single table has rules: these are kept among several tables alone yet."""
    ruled = [table.name for table in dataset.schema.tables if table.rules]
    if ruled and len(dataset.tables) == 1:
        raise SchemaError(f"rules of {ruled[0]} are kept among several tables alone yet; take them out of the schema")


def _check_linked_target(dataset: Dataset, target: str) -> None:
    from twinfold.evaluation.linked.usefulness import find_target

    tree = arrange(dataset).trees[0]
    find_target(target, [tree.root, *(branch.table for branch in tree.branches)])


def _judge(
    dataset: Dataset,
    learn_all: Callable[[Dataset, Progress], Synthesizer | LinkedSynthesizer],
    *,
    seed: int,
    target: str | None,
    policy: Policy,
    progress: Progress,
    provenance: dict[str, Any],
) -> "Evaluation":
    """What a model of one half of the customers is worth, judged against the other half."""
    from twinfold.evaluation.evaluation import evaluate_tables
    from twinfold.evaluation.linked.evaluation import evaluate_linked

    linked = len(dataset.tables) > 1
    name = arrange(dataset).trees[0].root.name if linked else dataset.single()[0].name
    frame, what = dataset.tables[name], f"rows of {name}, with all that hang on them," if linked else "rows"
    if frame.height < 2 * MIN_ROWS:
        raise DataError(
            f"{name} has {frame.height} rows: a report keeps half of them aside, and {2 * MIN_ROWS} are needed "
            "for that; bring more rows, or fit without a report"
        )
    learned, kept = halve(dataset, name, seed)
    trial = learn_all(learned, _staged(progress, "trial"))
    if isinstance(trial, Synthesizer) and trial.model.note:  # a trial that was stopped early would judge another model
        raise KeyboardInterrupt
    rows, rest = (part.tables[name].height for part in (learned, kept))
    synthetic = trial.sample(None if linked else rows, seed=seed + 1, progress=_staged(progress, "trial"))
    provenance |= {
        "train": f"{rows:,} of these {what} drawn at random".replace("rows drawn", "rows, drawn"),
        "holdout": f"the other {rest:,} rows",
        "synthetic": f"as many rows drawn with seed {seed + 1} from a trial model of the train rows",
        "engine": trial.engine,
        "target": target or "none",
        **policy.provenance(),
        "seed": seed,
        **list_versions(),
    }
    released = dataset.with_tables(synthetic if isinstance(synthetic, dict) else {name: synthetic})
    judge = evaluate_linked if linked else evaluate_tables
    return judge(
        learned, kept, released, target=target, policy=policy, seed=seed, progress=progress, provenance=provenance
    )


def _staged(progress: Progress, trial: str) -> Progress:
    def tell(stage: str, done: float) -> None:
        progress(f"{stage} ({trial})", done)

    return tell
