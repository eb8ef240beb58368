"""Columns of numbers in which some cells say something else are numbers, and leave as they came."""

from pathlib import Path

import polars as pl
import pytest

from twinfold.errors import SchemaError
from twinfold.tables.csv_file import read_csv
from twinfold.tables.dataset import Dataset
from twinfold.tables.layout import CsvDialect
from twinfold.tables.reading import read
from twinfold.tables.schema import Column, Kind, Schema, Table
from twinfold.tables.values import from_values, to_values
from twinfold.tables.writing import write
from twinfold.verbs.inspect import inspect

ROWS = 400


def amount(n: int) -> str:
    return f"{100 + n * 7.25:.2f}".replace(".", ",")


def put(tmp_path: Path, odd: dict[int, str], *, rows: int = ROWS, name: str = "amount") -> Path:
    """A file of decimal commas with odd texts in some rows of the amount, and a column of NA beside it."""
    path = tmp_path / "customers.csv"
    lines = (f"n{n % 3};{odd.get(n, amount(n))};{'NA' if n % 4 == 0 else n}\n" for n in range(rows))
    path.write_text(f"name;{name};age\n" + "".join(lines))
    return path


def schema(**settings: str) -> Schema:
    columns = (
        Column(name="name", kind=Kind.CATEGORY, physical="String"),
        Column(name="amount", kind=Kind.DECIMAL, decimals=2, **settings),
        Column(name="age", kind=Kind.INTEGER, physical="Int64"),
    )
    return Schema(tables=(Table(name="customers", columns=columns),))


def missing(data: Dataset) -> list[int]:
    table, frame, _ = data.single()
    values = to_values(frame["amount"], table["amount"])
    return [row for row, value in enumerate(values) if value is None]


@pytest.mark.parametrize("marker", ["n/a", "-", "?", "unknown", "x", "#N/A", "", "k. A."])
def test_a_marker_among_decimal_commas_is_missing_and_is_written_back(tmp_path: Path, marker: str) -> None:
    rows = list(range(0, ROWS, 8))
    path = put(tmp_path, dict.fromkeys(rows, marker))
    data = read(path)
    table, frame, layout = data.single()
    assert (table["amount"].kind, table["amount"].physical, table["amount"].decimals) == (Kind.DECIMAL, "Float64", 2)
    assert missing(data) == rows
    back = pl.DataFrame([from_values(to_values(frame[column.name], column), column) for column in table])
    write({"customers": back}, tmp_path / "back.csv", {"customers": layout})
    assert (tmp_path / "back.csv").read_bytes() == path.read_bytes()


@pytest.mark.parametrize(
    "settings",
    [
        {"physical": "Float64"},
        {"physical": "Float64", "missing": "n/a"},
        {"physical": "Float64", "missing": "keine"},
        {"physical": "String", "missing": "n/a"},
    ],
)
def test_a_schema_that_says_numbers_is_obeyed(tmp_path: Path, settings: dict[str, str]) -> None:
    rows = list(range(0, ROWS, 3))
    path = put(tmp_path, dict.fromkeys(rows, settings.get("missing", "n/a")))
    data = read(path, schema=schema(**settings))
    table, frame, layout = data.single()
    assert missing(data) == rows
    back = pl.DataFrame([from_values(to_values(frame[column.name], column), column) for column in table])
    write({"customers": back}, tmp_path / "back.csv", {"customers": layout})
    assert (tmp_path / "back.csv").read_bytes() == path.read_bytes()


def test_a_schema_that_says_numbers_refuses_a_column_of_text(tmp_path: Path) -> None:
    path = put(tmp_path, {n: f"about {n}" for n in range(0, ROWS, 2)})
    with pytest.raises(SchemaError, match="of the form 'xxxxx 9' in row 1, where the schema says Float64"):
        read(path, schema=schema(physical="Float64"))


def test_a_marker_of_the_files_own_is_known_in_a_shorter_file(tmp_path: Path) -> None:
    learned = read(put(tmp_path, dict.fromkeys(range(0, ROWS, 8), "k. A."))).schema
    assert learned.tables[0]["amount"].missing == "k. A."
    data = read(put(tmp_path, {1: "k. A.", 2: "k. A.", 3: "k. A."}, rows=5), schema=learned)
    assert missing(data) == [1, 2, 3]


def test_slips_are_missing_counted_and_no_marker(tmp_path: Path) -> None:
    slips = {n: f"x{n}" for n in range(0, ROWS, 33)}
    path = put(tmp_path, slips)
    data = read(path)
    assert missing(data) == list(slips)
    assert any("column 'amount': 13 cells are no numbers and are read as missing" in note for note in data.notes)
    assert data.layouts["customers"].csv.nulls == {"amount": ""}  # type: ignore[union-attr]
    problems = next(c.problems for c in inspect(path).tables[0].columns if c.name == "amount")
    assert "mixed types: 3% of values are no numbers" in problems
    assert not any(slip in inspect(path).text() for slip in slips.values())


@pytest.mark.parametrize("slip", ["x17", "12.50", "1.2.3"])
def test_one_slip_leaves_a_column_its_numbers(tmp_path: Path, slip: str) -> None:
    data = read(put(tmp_path, {5: slip}))
    assert missing(data) == [5]
    assert any("column 'amount': 1 cell is no number" in note for note in data.notes)


def test_a_slip_in_a_frame_stands_for_nothing() -> None:
    texts = [f"{n / 8:.2f}" for n in range(ROWS)]
    few, many = (read(pl.DataFrame({"fee": texts + ["x17"] * held})).single()[0]["fee"] for held in (3, 12))
    assert (few.kind, few.missing, many.missing) == (Kind.DECIMAL, None, "x17")


@pytest.mark.parametrize(
    ("name", "texts"),
    [
        ("stock_code", [f"{20_000 + n * 3}" for n in range(300)] + ["85123A", "DOT"]),
        ("rooms", ["0", "1", "2"] * 100 + ["3+"] * 20),
        ("reference", [f"{n * n * 31}" for n in range(300)] + ["C536379"]),
        ("plz", ["1234", "10115", "0815"] * 100 + ["D-1234"]),
    ],
)
def test_codes_and_levels_stay_text(tmp_path: Path, name: str, texts: list[str]) -> None:
    path = tmp_path / "codes.csv"
    path.write_text(f"n,{name}\n" + "".join(f"n,{text}\n" for text in texts))
    assert read_csv(path)[0][name].to_list() == texts


def test_each_column_keeps_its_marker(tmp_path: Path) -> None:
    path = tmp_path / "two.csv"
    path.write_text("a,b,c\n1,-,x\nNA,2,-\n3,-,y\nNA,5,NA\n")
    frame, layout, notes = read_csv(path)
    assert frame.rows() == [(1, None, "x"), (None, 2, "-"), (3, None, "y"), (None, 5, "NA")]
    assert layout.csv == CsvDialect(null="NA", nulls={"b": "-"})
    assert "'NA', '-' in columns of numbers is read as missing" in notes[1]


def test_a_marker_in_every_fifth_row_hides_no_numbers(tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    path.write_text("a,b\n" + "".join(f"x,{'-' if n % 5 == 0 else n}\n" for n in range(5_000)))
    frame, _, _ = read_csv(path)
    assert (frame["b"].dtype, frame["b"].null_count()) == (pl.Int64, 1_000)
