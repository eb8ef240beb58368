"""A file in another's place is called by what it is."""

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

import twinfold
from twinfold.errors import DataError, SchemaError


@pytest.mark.parametrize("verb", [twinfold.inspect, twinfold.fit, lambda data: twinfold.evaluate(data, data, data)])
def test_a_model_or_a_schema_is_no_table(verb: Callable[[Path], object], tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"m\.twin is a model, not a table; give the table that it was made from"):
        verb(tmp_path / "m.twin")
    with pytest.raises(DataError, match=r"schema\.toml is a schema, not a table"):
        verb(tmp_path / "schema.toml")


def test_a_table_or_a_model_is_no_schema(tmp_path: Path) -> None:
    rows = pl.DataFrame({"age": range(100)})
    for name in ("rows.csv", "rows.parquet"):
        with pytest.raises(SchemaError, match=rf"{name} is a table, not a schema; .* twinfold inspect"):
            twinfold.inspect(rows, schema=tmp_path / name)
    with pytest.raises(SchemaError, match="is a model, not a schema"):
        twinfold.fit(rows, schema=tmp_path / "m.twin")
