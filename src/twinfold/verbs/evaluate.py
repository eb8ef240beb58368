"""Judge synthetic tables: `twinfold evaluate`."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from twinfold.errors import OptionError
from twinfold.evaluation.evaluation import evaluate_tables
from twinfold.evaluation.finding import Evaluation
from twinfold.evaluation.gate import record_evaluation
from twinfold.evaluation.linked.evaluation import evaluate_linked
from twinfold.evaluation.policy.policy import DEFAULT
from twinfold.evaluation.policy.policy_file import read_policy
from twinfold.evaluation.shadows import choose_count
from twinfold.protocols import Progress, silent
from twinfold.synthesis.linked import LinkedSynthesizer
from twinfold.synthesis.model_file import append_record
from twinfold.synthesis.synthesizer import Synthesizer
from twinfold.tables.schema import Schema, Treatment
from twinfold.tables.schema_file import load_schema
from twinfold.verbs.provenance import describe_schema, describe_source, list_versions, spell_call
from twinfold.verbs.release import Judged, open_to_judge
from twinfold.verbs.sources import read_source


def evaluate(
    train: Any,
    holdout: Any,
    synthetic: Any,
    *,
    schema: Schema | str | Path | None = None,
    target: str | None = None,
    sensitive: str | Sequence[str] = (),
    favourable: str | None = None,
    tasks: bool = False,
    curves: bool = False,
    curves_with: str | Sequence[str] = (),
    policy: str | Path = DEFAULT,
    model: Synthesizer | LinkedSynthesizer | str | Path | None = None,
    shadows: int | None = None,
    seed: int = 0,
    command: str | None = None,
    progress: Progress = silent,
) -> Evaluation:
    """Judge a synthetic table, or several that are linked: faithful, useful, safe, and fit for what?

    Args:
        train: the real rows that were learned: a file, a folder of files, a pandas, Polars or Arrow frame, a mapping of
            names to these, or a `Dataset`.
        holdout: real rows of the same tables and columns that were kept from learning, best as many, of linked tables
            all rows of other customers. Fewer than 100 leave most findings unknown. What is not learned (identifiers,
            free text, personal data) may be missing here and in the synthetic rows, but for keys that link tables.
        synthetic: the rows to judge, any number.
        schema: what the columns of all three are, or a `schema.toml`: best the one that the rows were learned by. None
            finds out from the train rows.
        target: a column that models shall predict; None leaves usefulness unmeasured, and says so. Of linked tables one
            of the customers' ("status"), or of another table ("loan.status"), predicted from all tables.
        sensitive: columns of the customers (["sex", "race"], or "sex,race") whose groups, and those of their crossing,
            are compared by the target; none leaves fairness unmeasured, and says so.
        favourable: the level of the target that one may wish for; None: the second of two levels, in order, or what is
            above the median.
        tasks: whether to try models in the tasks that banks have for them: scoring, deciding, ranking, segments; it
            takes about five times as long as all else.
        curves: whether to ask when synthetic rows help models beside real ones that are few, mislabelled or one-sided,
            for a target of two levels, of a single table. Some fifty models of parts of the train rows are fitted for
            that, which takes minutes.
        curves_with: engines, and methods of `augment`, whose rows are tried in the curves beside the default's
            (["gan", "mixup"], or "gan,mixup"); curves are drawn where any is named. Each engine is fitted some fifty
            times more: of a network that may take hours.
        policy: the purpose whose limits the findings are shown under, and that releases the table or refuses it:
            "internal-testing", "model-development", "sharing-with-a-partner" or "publication"; or a bank's own limits
            ("policy.toml", "policy.toml:publication"), see `twinfold.policy`. All purposes are judged, whichever it is.
        model: the model that the synthetic rows were drawn from. The verdict is written into the history of a model
            file, which `sample` then draws from or not; a model in memory stays as it is.
        shadows: how many shadow models are fitted as `model` was, to attack it with: each takes one fit. None fits 20
            where there is a model of a single table, 0 none.
        seed: of the random draws; the same seed gives the same findings.
        command: what was typed to get here, for the report's end; None spells this call.
        progress: told how far the work has come.

    Raises:
        DataError: a table can't be read, has no rows, or the holdout was learned.
        SchemaError: holdout or synthetic rows have other tables or columns than the train rows, or a table has others
            than the schema.
        OptionError: no such target, column, level or policy, or shadow models that can't be fitted; PolicyError: a
            policy file that can't be used.
        ModelFileError: the model file is none, or learned other tables, columns or rows; OutputError: it can't be
            written.
    """
    limits = read_policy(policy)
    named, ways = _names(sensitive), _names(curves_with)
    curves = curves or bool(ways)
    judged = None if model is None else open_to_judge(model)
    learned = read_source(train, schema=schema)
    if judged is not None:
        judged.check_learned(learned)
    known = _compared(learned.schema if schema is None else schema)
    kept, released = (read_source(source, schema=known) for source in (holdout, synthetic))
    linked = len(learned.tables) > 1
    asked: dict[str, Any] = {"target": target, "favourable": favourable, "tasks": tasks}
    if linked and curves:
        raise OptionError("curves are drawn of a single table; leave out --curves")
    count = choose_count(shadows, None if judged is None else judged.synthesizer, learned, kept)
    typed: dict[str, Any] = {"target": target, "sensitive": named or None, "favourable": favourable}
    typed |= {"tasks": tasks or None, "curves": curves or None, "curves_with": ways or None}
    typed |= {"policy": policy, "model": model, "shadows": shadows, "seed": seed}
    told: dict[str, Any] = {"target": target or "none", "sensitive": ", ".join(named), "favourable": favourable}
    told |= {
        "tasks": tasks and "tried",
        "curves": curves and ", ".join(["drawn", *ways]),
        "shadow models": count or _no_shadows(judged),
    }
    provenance = {
        "command": command or spell_call("evaluate", train, holdout, synthetic, schema=schema, **typed),
        "train": describe_source(train, learned),
        "holdout": describe_source(holdout, kept),
        "synthetic": describe_source(synthetic, released),
        "schema": describe_schema(schema),
        **{name: said for name, said in told.items() if said},
        **limits.provenance(),
        **({} if judged is None else {"model": judged.describe()}),
        "seed": seed,
        **list_versions(),
    }
    every: dict[str, Any] = {**asked, "sensitive": named, "policy": limits, "seed": seed, "progress": progress}
    every["provenance"] = provenance
    every["shadows"] = count
    if linked:
        modelled = judged.synthesizer if judged and isinstance(judged.synthesizer, LinkedSynthesizer) else None
        every["synthesizer"] = modelled
        evaluation = evaluate_linked(learned, kept, released, **every)
    else:
        attacked = judged.synthesizer if judged and isinstance(judged.synthesizer, Synthesizer) else None
        every |= {"synthesizer": attacked, "curves": curves, "curves_with": ways}
        evaluation = evaluate_tables(learned, kept, released, **every)
    if judged is not None and judged.path is not None:
        append_record(judged.path, record_evaluation(evaluation), learned=judged.learned)
    return evaluation


def _no_shadows(judged: Judged | None) -> str:
    """Why there are none, where it is not that nobody asked for them."""
    begun = judged is not None and isinstance(judged.synthesizer, Synthesizer) and judged.synthesizer.begun
    return "none: the model began with an older one, and they would not" if begun else ""


def _names(listed: str | Sequence[str]) -> list[str]:
    return [name.strip() for name in listed.split(",")] if isinstance(listed, str) else list(listed)


def _compared(schema: Schema | str | Path) -> Schema:
    """The schema with all that is not learned dropped, but for what links tables: it is in no figure, so that no table
    needs it."""
    known = schema if isinstance(schema, Schema) else load_schema(schema)
    linking = {(t.name, column) for t in known.tables for link in t.links for column in link.columns}
    linking |= {(link.table, to) for table in known.tables for link in table.links for to in link.targets}
    tables = []
    for table in known.tables:
        columns = (
            column
            if column.treatment is Treatment.LEARN or (table.name, column.name) in linking
            else column.model_copy(update={"treatment": Treatment.DROP})
            for column in table
        )
        tables.append(table.model_copy(update={"columns": tuple(columns)}))
    return known.model_copy(update={"tables": tuple(tables)})
