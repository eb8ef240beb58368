"""What the verbs are handed: a table where a table is meant, a schema where a schema is meant."""

from pathlib import Path
from typing import Any

from twinfold.errors import DataError, SchemaError
from twinfold.tables.databases.address import is_url
from twinfold.tables.dataset import Dataset
from twinfold.tables.reading import file_kind, read
from twinfold.tables.schema import Schema

MODEL, SCHEMA = ".twin", ".toml"
"""Suffixes of the files that are neither a table nor each other."""


def read_source(data: Any, *, schema: Schema | str | Path | None = None) -> Dataset:
    """Read tables as `twinfold.tables.reading.read` does; a model or a schema in a table's place is called by its name.

    Raises `DataError` and `SchemaError`.
    """
    if isinstance(data, str | Path) and not is_url(data):
        suffix = Path(data).suffix.lower()
        if suffix == MODEL:
            raise DataError(f"{data} is a model, not a table; give the table that it was made from")
        if suffix == SCHEMA:
            raise DataError(f"{data} is a schema, not a table; give a table, and this file as its schema")
    if isinstance(schema, str | Path):
        if Path(schema).suffix.lower() == MODEL:
            raise SchemaError(
                f"{schema} is a model, not a schema; give a schema.toml, as twinfold inspect --save makes"
            )
        if file_kind(Path(schema)) is not None:
            raise SchemaError(
                f"{schema} is a table, not a schema; make one of it with twinfold inspect {schema} --save schema.toml"
            )
    return read(data, schema=schema)
