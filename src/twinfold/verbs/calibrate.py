"""Learn how customers decide: `twinfold calibrate`."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from twinfold.behaviour.behaviour import Behaviour
from twinfold.behaviour.learning import learn_behaviour
from twinfold.behaviour.scoreboard import digest
from twinfold.behaviour.specification import Specification, read_specification
from twinfold.protocols import Progress, silent
from twinfold.tables.schema import Schema
from twinfold.verbs.provenance import describe_source
from twinfold.verbs.sources import read_source


def calibrate(
    data: Any,
    specification: Specification | Mapping[str, object] | str | Path,
    *,
    schema: Schema | str | Path | None = None,
    progress: Progress = silent,
) -> Behaviour:
    """Learn a decision model from what real customers did.

    Args:
        data: one table: a file, or a pandas, Polars or Arrow frame.
        specification: what was varied and what came of it, as a mapping, or a `behaviour.toml` that says it.
        schema: what the columns are, or a `schema.toml`; None finds out.
        progress: told how far the work has come.

    Returns:
        The behaviour: `forecast` says what to expect of new rows, `notes` what a user must know.

    Raises:
        DataError: the data can't be read, or nothing can be learned of them; SpecificationError: the specification
            can't be read or doesn't fit; SchemaError: the schema doesn't fit.
    """
    asked = read_specification(specification)
    dataset = read_source(data, schema=schema)
    table, frame, _ = dataset.single()
    made = learn_behaviour(frame, table, asked, progress=progress)
    origin = {
        "version": version("twinfold"),
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "data": str(describe_source(data, dataset)),
        "outcomes": digest(frame, asked.columns),
    }
    return replace(made, origin=origin)
