"""Show what tables hold, and what looks wrong: `twinfold inspect`."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from twinfold.tables.inspection import Inspection, inspect_dataset
from twinfold.tables.schema import Schema
from twinfold.tables.schema_file import save_schema
from twinfold.verbs.sources import read_source

__all__ = ["Inspection", "inspect"]


def inspect(
    data: Any, *, schema: Schema | str | Path | None = None, save: str | Path | None = None, force: bool = False
) -> Inspection:
    """Find out what the columns of tables are, and what looks wrong with them.

    Args:
        data: a file, a folder of files, the URL of a database, a pandas, Polars or Arrow frame, or a mapping of names
            to frames.
        schema: what the columns are, or a `schema.toml`; None finds out.
        save: where to write the schema, to correct it and hand it to `fit`.
        force: replace a schema file that exists.

    Raises:
        DataError: the data can't be read; SchemaError: the schema doesn't fit it; OutputError: `save` exists, or can't
            be written.
    """
    dataset = read_source(data, schema=schema)
    inspection = inspect_dataset(dataset)
    if save is None:
        return inspection
    save_schema(dataset.schema, save, force=force)
    return replace(inspection, saved=str(save))
