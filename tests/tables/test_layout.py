"""A layout that a model file brings can't write elsewhere, nor make the writer do what no reader asked for."""

import pytest
from pydantic import ValidationError

from twinfold.tables.layout import CsvDialect, Layout


@pytest.mark.parametrize(
    "name", ["../customers.csv", "/etc/customers.csv", "a/b.csv", "..", ".", "", "evil", "evil.sh", ".csv", "a\0.csv"]
)
def test_a_file_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(ValidationError, match="no name of a table's file"):
        Layout(source="csv", file_name=name)


@pytest.mark.parametrize("name", ["a.csv", "Übersicht 2024.TXT", "a.b.csv.gz", "x.parquet", None])
def test_a_file_name_as_tables_have_them_is_kept(name: str | None) -> None:
    assert Layout(source="csv", file_name=name).file_name == name


@pytest.mark.parametrize(
    "wrong",
    [
        *({"encoding": name} for name in ("rot13", "zlib", "idna", "utf-8\n", "")),
        *({"delimiter": mark} for mark in ("", "ab", "\n", "x", '"', ",,", ";" * 1_000_000)),
        *({"quote": mark} for mark in ("", "q", '""')),
        *({"decimal": mark} for mark in ("", "x", "..")),
        *({"thousands": mark} for mark in ("", "$0", "xx")),
        *({"line_end": mark} for mark in ("", "x", "\n\n")),
        {"null": "n" * 1_001},
        {"nulls": {"a": "n" * 1_001}},
        {"fixed_decimals": {"a": 10**9}},
        {"fixed_decimals": {"a": -1}},
    ],
)
def test_a_dialect_that_no_file_has_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        CsvDialect.model_validate(wrong)
