"""Files that would fill the memory, or hold a row that nobody shall see, are refused in a line."""

import gzip
from pathlib import Path

import polars as pl
import pytest

from twinfold.errors import DataError
from twinfold.tables import csv_dialect, memory, storage_types
from twinfold.tables.reading import read


def test_a_table_larger_than_the_memory_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pl.DataFrame({"a": [0] * 100_000, "b": [1] * 100_000}).write_parquet(tmp_path / "a.parquet")
    (tmp_path / "a.csv").write_text("a,b\n" + "1,2\n" * 100_000)
    assert (tmp_path / "a.parquet").stat().st_size < 2_000
    assert read(tmp_path / "a.parquet").single()[1].height == 100_000
    monkeypatch.setattr(memory, "memory", lambda: 1_000_000)
    for name in ("a.parquet", "a.csv"):
        with pytest.raises(DataError, match=rf"{name} takes about 0 GB of memory, and there are 0 GB"):
            read(tmp_path / name)


def test_the_memory_of_this_machine_is_known() -> None:
    there = memory.memory()
    assert there is None or 2**28 < there < 2**50


def test_a_gzip_bomb_is_refused_before_it_goes_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bomb.csv.gz").write_bytes(gzip.compress(b"a,b\n") + gzip.compress(b"0,0\n" * 2**20) * 4)
    monkeypatch.setattr(csv_dialect, "_BOMB_BYTES", 2**22)
    with pytest.raises(DataError, match=r"bomb\.csv\.gz unpacks to more than 100 times its size"):
        read(tmp_path / "bomb.csv.gz")
    (tmp_path / "zeros.csv.gz").write_bytes(gzip.compress(b"\0" * 2**20) * 64)
    with pytest.raises(DataError, match=r"zeros\.csv\.gz holds NUL bytes"):
        read(tmp_path / "zeros.csv.gz")


def test_too_many_columns_are_refused_before_they_are_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage_types, "MOST_COLUMNS", 3)
    wide = pl.DataFrame({name: [1, 2] for name in "abcd"})
    wide.write_csv(tmp_path / "wide.csv")
    wide.write_parquet(tmp_path / "wide.parquet")
    for source in (tmp_path / "wide.csv", tmp_path / "wide.parquet", wide):
        with pytest.raises(DataError, match="has 4 columns; at most 3 are read"):
            read(source)


@pytest.mark.parametrize("field", ["x" * 2**25, '"' + "x" * 2**25])
def test_a_field_longer_than_a_block_is_called_so(tmp_path: Path, field: str) -> None:
    (tmp_path / "long.csv").write_text(f"a,b\n1,2\n3,{field}\n4,5\n")
    with pytest.raises(DataError, match="a line of more than 16 MB; is a quote never closed"):
        read(tmp_path / "long.csv")


def test_an_error_shows_no_row(tmp_path: Path) -> None:
    (tmp_path / "quotes.csv").write_text("a,b\n" + '"Anna Müller' * 40_001 + "\n1,2\n")
    with pytest.raises(DataError) as caught:
        read(tmp_path / "quotes.csv")
    assert "Müller" not in str(caught.value)
    (tmp_path / "headless.csv").write_text("4929123412341234,1987\n4929123412341235,1988\n")
    with pytest.raises(DataError, match=r"only numbers in its first line \(9999999999999999, 9999\)"):
        read(tmp_path / "headless.csv")
