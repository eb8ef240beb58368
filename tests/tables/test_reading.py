"""Whatever holds tables becomes a dataset, or is refused in one line that says what to do."""

import datetime as dt
import random
import time
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from twinfold.errors import DataError, SchemaError, TwinfoldError
from twinfold.tables.csv_file import read_csv
from twinfold.tables.dataset import Dataset
from twinfold.tables.hashing import file_hash
from twinfold.tables.reading import read, read_file
from twinfold.tables.schema import Column, Kind, Schema, Table, Treatment

DATA = Path(__file__).parents[3] / "shared/data"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="the real data of development is not here")

SCHEMA = Schema(
    tables=(
        Table(
            name="customers",
            columns=(
                Column(name="zip", kind=Kind.CATEGORY, physical="String"),
                Column(name="age", kind=Kind.INTEGER, physical="Int64"),
                Column(name="rate", kind=Kind.DECIMAL, physical="Float64"),
                Column(name="note", kind=Kind.TEXT, physical="String", treatment=Treatment.DROP),
            ),
        ),
    )
)


def put(tmp_path: Path, content: str, name: str = "customers.csv") -> Path:
    path = tmp_path / name
    path.write_text(content, "utf-8")
    return path


def refused(source: Any, error: type[TwinfoldError] = DataError, **options: Any) -> str:
    with pytest.raises(error) as caught:
        read(source, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@needs_data
@pytest.mark.parametrize("name", ["adult/train", "telco_churn/telco", "german_credit/german", "identity_fake/people"])
def test_a_real_file_becomes_a_dataset_of_one_table(name: str) -> None:
    path = DATA / f"{name}.parquet"
    data = read(path)
    table, frame, layout = data.single()
    assert table.name == path.stem
    assert tuple(frame.columns) == table.names
    assert frame.equals(pl.read_parquet(path))
    assert layout.file_name == path.name


@needs_data
def test_a_real_folder_becomes_a_dataset_of_its_tables() -> None:
    data = read(DATA / "berka")
    assert sorted(data.tables) == ["account", "card", "client", "disp", "district", "loan", "order", "trans"]


def test_frames_and_mappings_are_taken_as_they_are() -> None:
    frame = pl.DataFrame({"age": list(range(60)), "job": ["clerk", "baker"] * 30})
    for source in (frame, frame.lazy(), frame.to_pandas(), frame.to_arrow()):
        assert read(source).single()[1].equals(frame)
    data = read({"a": frame, "b": frame.to_pandas()})
    assert [layout.source for layout in data.layouts.values()] == ["polars", "pandas"]
    assert read(data) is data


def test_a_folder_says_what_it_leaves_aside(tmp_path: Path) -> None:
    put(tmp_path, "a,b\nx,1\ny,2\n")
    put(tmp_path, "Dear reader,\nthis is, well, no table.\n", "readme.txt")
    put(tmp_path, "{}", "meta.json")
    put(tmp_path, "x", ".hidden")
    data = read(tmp_path)
    assert list(data.tables) == ["customers"]
    assert any("left aside" in note and ".hidden, meta.json" in note for note in data.notes)
    assert any(note.startswith("readme.txt is left aside: ") for note in data.notes)


def test_prose_beside_tables_is_no_table(tmp_path: Path) -> None:
    put(tmp_path, "a,b\nx,1\ny,2\n")
    put(tmp_path, "The bank's customers.\nTaken in May.\n", "README.txt")
    put(tmp_path, "PK", "customers_old.xlsx")
    data = read(tmp_path)
    assert list(data.tables) == ["customers"]
    assert any(note.startswith("README.txt is left aside: it has one column") for note in data.notes)
    assert any("customers_old.xlsx" in note for note in data.notes)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "customers.csv is empty"),
        ("a,b\n", "no rows below them"),
        ("a,b\n1,2\n1,2,3\n4,5\n", "line 3 has 3 fields where 2 are expected"),
        ("a,b\n1,2\n1\n", "line 3 has 1 field where 2 are expected"),
        ('a,b\n1,"x\ny"\n1,2,3\n', "line 4 has 3 fields"),
        (
            'a,b\n1,2\n"1,2\n3,4\n',
            "line 3 has 1 field where 2 are expected, as in the first line: a quote opened there",
        ),
        ('a,b\n1,2\n1,"2\n3,4\n', "a quote opened in row 2 is never closed"),
        ("a,b,a\n1,2,3\n", "2 columns named 'a'"),
        ("a,,\n1,2,3\n", "2 columns without a name"),
        ("1,2\n3,4\n", "only numbers in its first line"),
    ],
)
def test_a_damaged_text_file_is_refused(tmp_path: Path, content: str, message: str) -> None:
    assert message in refused(put(tmp_path, content))


def test_a_place_without_tables_is_refused(tmp_path: Path) -> None:
    put(tmp_path, "a,b\n1,2\n", "adult.csv")
    assert "did you mean 'adult.csv'?" in refused(tmp_path / "adlt.csv")
    for name in ("report.html", "a.json", "a.twin"):
        put(tmp_path, "x", name)
    assert refused(tmp_path / "nope.csv").endswith("(adult.csv); name one of these, or check the path")
    assert refused(tmp_path / "adult.parquet").endswith("did you mean 'adult.csv'?")
    (tmp_path / "bare").mkdir()
    assert "nor is any other table (.csv, " in refused(tmp_path / "bare" / "nope.csv")
    assert "nor does its folder" in refused(tmp_path / "no" / "adult.csv")
    assert "name ending in .csv" in refused(put(tmp_path, "x", "adult.xlsx"))
    (tmp_path / "empty").mkdir()
    assert "holds no tables" in refused(tmp_path / "empty")
    assert "neither a file nor a database" in refused("mysql://bank/customers")
    assert "from a int; give a path" in refused(7)
    assert "no tables" in refused({})
    put(tmp_path, "a,b\n1,2\n", "adult.tsv")
    assert "two files of a table 'adult'" in refused(tmp_path)


def test_a_file_that_is_no_parquet_is_refused(tmp_path: Path) -> None:
    assert "is no Parquet file" in refused(put(tmp_path, "a,b\n1,2\n", "a.parquet"))
    pq.write_table(pa.table({"a": [[1]]}), tmp_path / "b.parquet")
    assert "column 'a' of b.parquet is of type list" in refused(tmp_path / "b.parquet")
    pq.write_table(pa.table({"a": list(range(1000))}), tmp_path / "c.parquet")
    (tmp_path / "c.parquet").write_bytes((tmp_path / "c.parquet").read_bytes()[:-20])
    assert "damaged Parquet file" in refused(tmp_path / "c.parquet")


def test_one_row_is_read(tmp_path: Path) -> None:
    assert read(put(tmp_path, "a,b\nx,1\n")).single()[1].height == 1


def test_a_schema_types_the_columns_and_names_the_table(tmp_path: Path) -> None:
    data = read(put(tmp_path, "rate;age;zip\n3;41;10115\n;;\n", "holdout.csv"), schema=SCHEMA)
    table, frame, _ = data.single()
    assert table.name == "customers"
    assert frame.schema == {"zip": pl.String, "age": pl.Int64, "rate": pl.Float64}
    assert frame.rows() == [("10115", 41, 3.0), (None, None, None)]


def test_what_a_schema_calls_text_is_matched_from_other_types() -> None:
    frame = pd.DataFrame({"zip": [10115], "age": [41.0], "rate": [3]})
    assert read(frame, schema=SCHEMA).single()[1].rows() == [("10115", 41, 3.0)]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("zip,agee,rate\n1,2,3\n", "holdout.csv: column 'agee' is not in the schema of customers"),
        ("zip,agee,rate\n1,2,3\n", "did you mean 'age'?"),
        ("zip,rate\n1,2\n", "column 'age' is not in holdout.csv (zip, rate)"),
        (
            "zip,age,rate\n1,2,3\n1,Ann 7,3\n",
            "column 'age' of holdout.csv holds a value of the form 'Xxx 9' in row 2, where the schema says Int64",
        ),
        ("zip,age,rate\n1,2.5,3\n", "holds a value of the form '9.9' in row 1, where the schema says Int64"),
        ("zip,age,rate\n1," + "y" * 500 + ",3\n", "'" + "x" * 39 + "…' in row 1"),
    ],
)
def test_a_file_that_is_not_what_the_schema_says_is_refused(tmp_path: Path, content: str, message: str) -> None:
    assert message in refused(put(tmp_path, content, "holdout.csv"), SchemaError, schema=SCHEMA)


@pytest.mark.parametrize("physical", ["Date", "Boolean", "Int8", "Decimal(10, 2)", "Time", "Enum(categories=['a'])"])
@pytest.mark.parametrize("values", [[True, False], [dt.date(2020, 1, 1)], ["x", "1"], [1.5, 300.0]], ids=repr)
def test_a_type_that_values_are_none_of_is_refused_unless_the_column_is_dropped(
    physical: str, values: list[Any]
) -> None:
    frame = pl.DataFrame({"a": values})
    for treatment in Treatment.DROP, Treatment.LEARN:
        column = Column(name="a", kind=Kind.CATEGORY, physical=physical, treatment=treatment)
        schema = Schema(tables=(Table(name="t", columns=(column,)),))
        try:
            assert read(frame, schema=schema).single()[1].height == len(values)
        except SchemaError:
            assert treatment is Treatment.LEARN


def test_tables_are_matched_by_name() -> None:
    frame = pl.DataFrame({"age": [1]})
    two = Schema(tables=(Table(name="a", columns=()), Table(name="b", columns=())))
    assert "table 'b' is not in the data (a)" in refused({"a": frame}, SchemaError, schema=two)


def test_dates_and_flags_are_read_from_text_where_the_schema_says_so(tmp_path: Path) -> None:
    columns = {
        "day": "Date",
        "at": "Datetime(time_unit='us', time_zone=None)",
        "zoned": "Datetime(time_unit='ms', time_zone='Europe/Prague')",
        "flag": "Boolean",
        "small": "Int8",
        "money": "Decimal(precision=10, scale=2)",
    }
    table = Table(
        name="t",
        columns=tuple(Column(name=n, kind=Kind.CATEGORY, physical=physical) for n, physical in columns.items()),
    )
    path = put(
        tmp_path,
        "day,at,zoned,flag,small,money\n2024-02-01,2024-02-01T10:00:00.5,2024-02-01 10:00:00Z,True,7,1.50\n,,,,,\n",
    )
    frame, _, _ = read_file(path, table)
    assert {name: str(dtype) for name, dtype in frame.schema.items()} == columns
    assert [str(value) for value in frame.row(0)] == [
        *("2024-02-01", "2024-02-01 10:00:00.500000", "2024-02-01 11:00:00+01:00", "True", "7", "1.50")
    ]
    assert frame.row(1) == (None,) * 6


def test_given_values_may_be_some_of_the_columns(tmp_path: Path) -> None:
    frame, layout, _ = read_file(put(tmp_path, "age\n41\n"), SCHEMA["customers"], subset=True)
    assert frame.rows() == [(41,)]
    assert layout.source == "csv"


def test_a_million_cells_are_read_in_seconds(tmp_path: Path) -> None:
    rows = "".join(f"c{i},{i % 97},{i * 1.25:.2f},{'yes' if i % 3 else 'no'}\n" for i in range(250_000))
    path = put(tmp_path, "id,age,amount,flag\n" + rows)
    begin = time.process_time()
    frame, _, _ = read_csv(path)
    assert time.process_time() - begin < 5
    assert frame.dtypes == [pl.String, pl.Int64, pl.Float64, pl.String]


def test_a_hash_names_the_bytes(tmp_path: Path) -> None:
    path = put(tmp_path, "abc")
    assert file_hash(path) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    with pytest.raises(DataError, match="can't be read"):
        file_hash(tmp_path / "none")


FIELD = st.sampled_from(
    ["", "a", "1", "1,5", "1.234", "NA", '"', '"x"', "'", "\t", ";", "é", "0x1F", "-", "1e999", "inf", "\x0b"]
)
ALMOST = st.lists(st.lists(FIELD, max_size=4).map(",".join), max_size=6).map(lambda lines: "\n".join(lines).encode())


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=st.binary(max_size=200)
    | ALMOST
    | st.text(max_size=80).map(lambda text: b"a,b\n" + text.encode("utf-8", "ignore"))
)
def test_any_bytes_are_read_or_refused(content: bytes, tmp_path: Path) -> None:
    for name in ("any.csv", "any.parquet"):
        (tmp_path / name).write_bytes(content)
        try:
            assert isinstance(read(tmp_path / name), Dataset)
        except TwinfoldError as error:
            assert "\n" not in str(error)  # noqa: PT017  # whether it is raised is left open


def test_a_parquet_file_with_flipped_bytes_is_read_or_refused(tmp_path: Path) -> None:
    good = tmp_path / "good.parquet"
    pq.write_table(pa.table({"n": list(range(300)), "t": ["a", "b", None] * 100}), good)
    content, chance = good.read_bytes(), random.Random(0)
    for _ in range(150):
        bad = bytearray(content)
        for _ in range(chance.randint(1, 4)):
            bad[chance.randrange(4, len(bad))] = chance.randrange(256)
        (tmp_path / "bad.parquet").write_bytes(bad)
        try:
            read(tmp_path / "bad.parquet")
        except TwinfoldError as error:
            assert "\n" not in str(error)  # noqa: PT017  # whether it is raised is left open
