"""Where a report comes from: which bytes, which call, which versions. It stands at the report's end."""

from importlib.metadata import version
from pathlib import Path
from typing import Any

import polars as pl

from twinfold.tables.databases.address import is_url, masked
from twinfold.tables.dataset import Dataset
from twinfold.tables.hashing import file_hash
from twinfold.tables.layout import Layout
from twinfold.tables.schema import Schema


def describe_source(source: Any, dataset: Dataset) -> str | dict[str, str]:
    """A table's rows and, of a file, its name and the digest of its bytes; of several, each one's by its name."""
    if len(dataset.tables) == 1:
        return _describe_table(source, *dataset.single()[1:])
    return {name: _describe_table(source, frame, dataset.layouts[name]) for name, frame in dataset.tables.items()}


def _describe_table(source: Any, frame: pl.DataFrame, layout: Layout) -> str:
    rows = f"{frame.height:,} rows"
    if not isinstance(source, str | Path):
        return rows
    if is_url(source):
        return f"{masked(str(source))}, {rows}"
    path = Path(source)
    if path.is_dir() and layout.file_name:
        path /= layout.file_name
    return f"{path.name}, {rows}, SHA-256 {file_hash(path)}" if path.is_file() else rows


def describe_schema(schema: Schema | str | Path | None) -> str:
    """Which schema the columns were read by."""
    if isinstance(schema, str | Path):
        return f"{Path(schema).name}, SHA-256 {file_hash(schema)}"
    return "found in the rows" if schema is None else "given in Python"


def list_versions() -> dict[str, str]:
    """The versions that findings depend on, by package."""
    return {package: version(package) for package in ("twinfold", "polars", "lightgbm")}


def spell_call(verb: str, *sources: Any, **options: Any) -> str:
    """A call as Python spells it; a frame stands there as its type, an option that is None is left out.

    >>> spell_call("evaluate", Path("train.csv"), {"a": [1]}, target=None, seed=0)
    "twinfold.evaluate('train.csv', dict, seed=0)"
    """
    said = [_spell(source) for source in sources]
    said += [f"{name}={_spell(value)}" for name, value in options.items() if value is not None]
    return f"twinfold.{verb}({', '.join(said)})"


def _spell(value: Any) -> str:
    if isinstance(value, str | Path):
        return repr(masked(str(value)))
    if isinstance(value, list):
        return f"[{', '.join(map(_spell, value))}]"
    return repr(value) if isinstance(value, int | float) else type(value).__name__
