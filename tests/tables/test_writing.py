"""What was read and is written again has the same bytes; what can't be written leaves nothing behind."""

import csv
import gzip
import io
import tracemalloc
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from twinfold.errors import OutputError
from twinfold.tables.csv_file import read_csv
from twinfold.tables.layout import CsvDialect, Layout
from twinfold.tables.parquet_file import read_parquet
from twinfold.tables.writing import open_writer, write

DATA = Path(__file__).parents[3] / "shared/data"
CSV = Layout(source="csv", file_name="customers.csv", csv=CsvDialect())
PARQUET = Layout(source="parquet", file_name="customers.parquet")
FRAME = pl.DataFrame({"name": ["ann", None, "bo"], "age": [31, 52, None]})


def grouped(digits: str, mark: str) -> str:
    head = len(digits) % 3 or 3
    return mark.join([digits[:head], *(digits[i : i + 3] for i in range(head, len(digits), 3))])


@st.composite
def delimited(draw: st.DrawFn) -> tuple[bytes, list[list[Any]]]:
    """A file in some dialect, written by Python's own csv module, and the columns of values it holds."""
    delimiter = draw(st.sampled_from(",;\t|"))
    decimal, thousands = draw(
        st.sampled_from([(".", None), (",", None), (".", ","), (",", "."), (",", " "), (".", "'")])
    )
    encoding = draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]))
    end = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    null = draw(st.sampled_from(["", "NA", "NULL"]))
    quote_all = draw(st.booleans())
    rows = draw(st.integers(2, 8))
    marks = "" if end == "\r" else "\n"  # Python's writer leaves a mark bare that ends no line of its own
    word = st.text("ab zÄé,;|\t\"'." + marks, max_size=6).map(lambda text: "w" + text)
    kinds: dict[str, st.SearchStrategy[Any]] = {
        "text": st.none() | word,
        "code": st.integers(0, 99).map("0{:02d}".format),
        "integer": st.none() | st.integers(-(2**63), 2**63 - 1),
        "amount": st.none() | st.integers(0, 10**9).map(lambda cents: cents / 100),
        "ratio": st.none() | st.floats(1e-4, 1e8).map(lambda value: round(value, 4)),
    }
    names = ["amount", "text", *draw(st.lists(st.sampled_from(sorted(kinds)), max_size=4))]
    values = [draw(st.lists(kinds[name], min_size=rows, max_size=rows)) for name in names]
    values[0][0], values[0][1], values[1][0] = 1234.56, 0.5, "wÄ"

    def written(name: str, value: Any) -> str:
        if value is None:
            return "" if name == "text" else null
        if name in ("text", "code"):
            return str(value)
        if name == "integer":
            return str(value)
        text = f"{value:.2f}" if name == "amount" else repr(float(value))
        whole, point, rest = text.partition(".")
        if thousands and name == "amount":
            whole = grouped(whole, thousands)
        return whole + (point and decimal) + rest

    out = io.StringIO(newline="")
    writer = csv.writer(
        out, delimiter=delimiter, quoting=csv.QUOTE_ALL if quote_all else csv.QUOTE_MINIMAL, lineterminator=end
    )
    writer.writerow([f"{name}_{i}" for i, name in enumerate(names)])
    for row in range(rows):
        writer.writerow([written(name, column[row]) for name, column in zip(names, values, strict=True)])
    return out.getvalue().encode(encoding), values


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(file=delimited(), zipped=st.booleans())
def test_a_delimited_file_is_written_back_byte_for_byte(
    file: tuple[bytes, list[list[Any]]], zipped: bool, tmp_path: Path
) -> None:
    content, values = file
    if zipped:
        content = gzip.compress(content, mtime=0)
    source, target = tmp_path / "in.csv", tmp_path / "in2.csv"
    source.write_bytes(content)
    frame, layout, _ = read_csv(source)
    write({"in": frame}, target, {"in": layout.model_copy(update={"file_name": target.name})}, force=True)
    unpack = gzip.decompress if zipped else bytes
    assert unpack(target.read_bytes()) == unpack(content)
    for name, column in zip(frame.columns, values, strict=True):
        kind = name.partition("_")[0]
        if kind in ("amount", "integer") and any(value is not None for value in column):
            assert frame[name].to_list() == column


R_FILE = '"id","job","balance"\n1,"clerk",12.5\n2,NA,NA\n3,"NA",7\n'
BARE = "rate,year\n3,2001\n7.25,1994\n,2003\n"
GROUPED = 'amount,year\n"1,250",2001\n999,1994\n'


@pytest.mark.parametrize(
    "content",
    [R_FILE, BARE, GROUPED, "only\n1\n\n3\n", 'a,b\n"",x\n,y\n', ",a\n0,x\n1,y\n", "age, job\n39, at home\n52, \n"],
)
def test_habits_of_other_programs_are_kept(tmp_path: Path, content: str) -> None:
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text(content)
    frame, layout, _ = read_csv(source)
    write({"in": frame}, target, {"in": layout})
    assert target.read_text() == content


@pytest.mark.skipif(not DATA.is_dir(), reason="the real data of development is not here")
@pytest.mark.parametrize("name", ["adult/train", "telco_churn/telco", "berka/district", "loan_offers/waves_1_2"])
def test_real_tables_go_through_parquet_and_csv_unchanged(tmp_path: Path, name: str) -> None:
    frame, layout, _ = read_parquet(DATA / f"{name}.parquet")
    write({"t": frame}, tmp_path / "t.parquet", {"t": layout})
    assert (
        pq.read_schema(tmp_path / "t.parquet").remove_metadata()
        == pq.read_schema(DATA / f"{name}.parquet").remove_metadata()
    )
    assert read_parquet(tmp_path / "t.parquet")[0].equals(frame)
    write({"t": frame}, tmp_path / "a.csv.gz", {"t": layout})
    again, csv_layout, _ = read_csv(tmp_path / "a.csv.gz")
    write({"t": again}, tmp_path / "b.csv.gz", {"t": csv_layout})
    assert (tmp_path / "a.csv.gz").read_bytes() == (tmp_path / "b.csv.gz").read_bytes()


def test_parquet_types_come_back(tmp_path: Path) -> None:
    table = pa.table(
        {
            "i8": pa.array([1, 2, None], pa.int8()),
            "u16": pa.array([1, 2, 3], pa.uint16()),
            "f32": pa.array([1.5, None, 2.5], pa.float32()),
            "text": pa.array(["a", "b", None]),
            "large": pa.array(["a", "b", None], pa.large_string()),
            "category": pa.array(["a", "b", "a"]).dictionary_encode(),
            "numbers": pa.array([7, 8, 7]).dictionary_encode(),
            "day": pa.array([1, 2, 3], pa.date32()),
            "second": pa.array([1, 2, 3], pa.timestamp("ms", "Europe/Prague")),
            "nano": pa.array([1, 2, 3], pa.timestamp("ns")),
            "time": pa.array([1_000_000, 2_000_001, None], pa.time64("us")),
            "lasts": pa.array([1, 2, 3], pa.duration("ms")),
            "money": pa.array(["1.50", "2.25", None]).cast(pa.decimal128(10, 2)),
            "flag": pa.array([True, None, False]),
            "nothing": pa.nulls(3),
        }
    )
    pq.write_table(table, tmp_path / "types.parquet")
    frame, layout, _ = read_parquet(tmp_path / "types.parquet")
    assert frame.schema["category"] == frame.schema["time"] == pl.String
    write({"t": frame}, tmp_path / "again.parquet", {"t": layout})
    assert pq.read_table(tmp_path / "again.parquet").equals(pq.read_table(tmp_path / "types.parquet"))


def test_a_stream_takes_constant_memory_and_gives_whole_row_groups(tmp_path: Path) -> None:
    piece = pl.DataFrame({"i": range(10_000), "job": ["clerk", "baker"] * 5_000})
    layout = Layout(source="parquet", types={"job": "dictionary<values=string, indices=int8, ordered=0>"})
    tracemalloc.start()
    with open_writer(tmp_path / "many.parquet", layout) as writer:
        for _ in range(60):
            writer.write(piece)
    assert tracemalloc.get_traced_memory()[1] < 20e6
    tracemalloc.stop()
    file = pq.ParquetFile(tmp_path / "many.parquet")
    assert (file.metadata.num_rows, file.num_row_groups) == (600_000, 5)


def test_a_stream_of_csv_has_one_line_of_names_and_one_mark(tmp_path: Path) -> None:
    layout = Layout(source="csv", csv=CsvDialect(encoding="utf-16", delimiter=";"))
    with open_writer(tmp_path / "many.csv", layout) as writer:
        writer.write(FRAME)
        writer.write(FRAME)
    assert (tmp_path / "many.csv").read_text("utf-16") == "name;age\n" + "ann;31\n;52\nbo;\n" * 2


def test_what_was_not_text_has_a_plain_form_in_csv(tmp_path: Path) -> None:
    frame = pl.DataFrame(
        {"flag": [True], "day": ["2024-02-01"], "at": ["2024-02-01 10:00:00.5"], "to": ["2024-02-01 10:00:00"]}
    )
    frame = frame.with_columns(pl.col("day").str.to_date(), pl.col("at", "to").str.to_datetime(time_unit="us"))
    write({"t": frame}, tmp_path / "t.csv", {"t": PARQUET})
    assert (tmp_path / "t.csv").read_text().splitlines()[
        1
    ] == "true,2024-02-01,2024-02-01 10:00:00.500,2024-02-01 10:00:00"


def test_a_folder_gets_the_names_and_formats_of_the_input(tmp_path: Path) -> None:
    out = tmp_path / "synthetic"
    write({"customers": FRAME, "cards": FRAME}, out, {"customers": CSV, "cards": Layout(source="polars")})
    assert sorted(path.name for path in out.iterdir()) == ["cards.parquet", "customers.csv"]
    (out / "notes.md").write_text("keep")
    write({"customers": FRAME.head(1)}, out, {"customers": CSV}, force=True)
    assert (out / "customers.csv").read_text() == "name,age\nann,31\n"
    assert (out / "notes.md").read_text() == "keep"


def test_existing_output_asks_for_force(tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    out.write_text("mine")
    with pytest.raises(OutputError, match=r"out\.csv exists; replace it with --force"):
        write({"t": FRAME}, out, {"t": CSV})
    assert out.read_text() == "mine"
    write({"t": FRAME}, out, {"t": CSV}, force=True)
    assert out.read_text().startswith("name,age")
    with pytest.raises(OutputError, match="--force"):
        write({"a": FRAME, "b": FRAME}, tmp_path, {"a": PARQUET, "b": CSV.model_copy(update={"file_name": "out.csv"})})
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("missing/out.csv", "make it first"),
        ("out.xlsx", r"'\.xlsx'; \.csv"),
        ("folder.csv", "is a folder"),
        ("file/x.csv", "no folder"),
    ],
)
def test_a_place_that_cannot_be_written_is_refused(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError, match=message):
        write({"t": FRAME}, tmp_path / name, {"t": CSV})
    with pytest.raises(OutputError, match="one file for 2 tables"):
        write({"a": FRAME, "b": FRAME}, tmp_path / "out.csv", {"a": CSV, "b": CSV})


@pytest.mark.parametrize("stop", [KeyboardInterrupt, ValueError, OSError])
@pytest.mark.parametrize("name", ["out.csv.gz", "out.parquet", "folder"])
def test_nothing_half_written_is_left(tmp_path: Path, stop: type[BaseException], name: str) -> None:
    def fail_midway() -> None:
        with open_writer(tmp_path / name, CSV) as writer:
            writer.write(FRAME)
            raise stop

    with pytest.raises(stop):
        fail_midway()
    assert list(tmp_path.iterdir()) == []


def test_a_failing_disk_is_named_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("twinfold.tables.csv_text.rows_to_lines", full)
    with pytest.raises(OutputError, match=r"out\.csv can't be written: No space left on device"):
        write({"t": FRAME}, tmp_path / "out.csv", {"t": CSV})
    assert list(tmp_path.iterdir()) == []
