"""What a file looks like is found from its bytes, and said; what is no table is refused in one line."""

import gzip
from pathlib import Path

import polars as pl
import pytest

from twinfold.errors import DataError
from twinfold.tables.csv_dialect import sniff_file, split_records
from twinfold.tables.csv_file import read_csv
from twinfold.tables.layout import CsvDialect


def sniff(tmp_path: Path, content: bytes | str) -> CsvDialect:
    path = tmp_path / "customers.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return sniff_file(path).dialect


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ("a,b\n1,2\n", CsvDialect()),
        ("a;b\n1,5;2,5\n3,5;4,5\n", CsvDialect(delimiter=";")),
        ("a\tb\n1\t2,5\n", CsvDialect(delimiter="\t")),
        ("a, b\n1, x y\n", CsvDialect(delimiter=", ")),
        ("a|b|c\r\nx, y|1|2\r\n", CsvDialect(delimiter="|", line_end="\r\n")),
        ("Name, first;Age\nSmith, John;33\nDoe, Ann;41\n", CsvDialect(delimiter=";")),
        ('a,b\n"1;2;3","4;5,6"\nx,"7;8;9"\n', CsvDialect()),
        ('a,b\n"1","x"\n"2","y"\n', CsvDialect(quote_all=True)),
        ("a,b\r1,2\r3,4\r", CsvDialect(line_end="\r")),
        ('"a","b"\n"1",""\n', CsvDialect(quote_all=True)),
        ('"a","b"\n1,"x"\nNA,"y"\n', CsvDialect(quote_text=True, null="NA")),
        ('"a","b"\n1,"x"\n2,NA\n', CsvDialect(quote_text=True, null="NA")),
        ("a,b\n'x','1'\n'y, z','2'\n", CsvDialect(quote="'", quote_all=True)),
        ('a,b\n1,"x, y"\n2,z\n', CsvDialect()),
        ("a,b\n1,O'Neil\n2,'t Hooft\n", CsvDialect()),
        ('a,b\n"1,000",x\n"2,000",y\n', CsvDialect()),
        ("a,b\nü,2\n".encode("utf-8-sig"), CsvDialect(encoding="utf-8-sig")),
        ("a,b\nü,2\n".encode("utf-16"), CsvDialect(encoding="utf-16")),
        ("a,b\nü€,2\n".encode("cp1252"), CsvDialect(encoding="cp1252")),
        (b"a,b\n\xfc\x81,2\n", CsvDialect(encoding="latin-1")),
        (gzip.compress(b"a;b\n1;2\n"), CsvDialect(delimiter=";", gzip=True)),
    ],
)
def test_the_dialect_is_found(tmp_path: Path, content: bytes | str, found: CsvDialect) -> None:
    assert sniff(tmp_path, content) == found


def test_an_encoding_is_borne_out_by_the_whole_file(tmp_path: Path) -> None:
    assert sniff(tmp_path, b"a,b\n" + b"x,y\n" * 400_000 + b"\xfc,y\n").encoding == "cp1252"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b" \n\n", "is empty"),
        (b"PK\x03\x04rest", "Excel workbook"),
        (b"%PDF-1.7", "PDF"),
        (b"\x80\x04\x95abc.", "pickle"),
        (b"PAR1xxxx", "Parquet"),
        (b"a,b\n1,\x00\n", "NUL"),
        (b"a,b\n\xff\x02,1\n", "not text"),
        (b"\xff\xfea\x00,", "begins as utf-16"),
        (gzip.compress(b"a,b\n1,2\n" * 100)[:-9], "damaged gzip"),
        (b"1,2\n3,4\n", "only numbers in its first line"),
    ],
)
def test_what_is_no_table_is_refused_in_one_line(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(DataError, match=message) as caught:
        sniff(tmp_path, content)
    assert "\n" not in str(caught.value)
    assert "customers.csv" in str(caught.value)


def test_records_are_split_at_delimiters_outside_quotes() -> None:
    records, ends = split_records('a,"b,""\n",c\r\n1,,\n', ",", '"')
    assert records == [["a", '"b,""\n"', "c"], ["1", "", ""]]
    assert ends == {"\r\n": 1, "\n": 1}


@pytest.mark.parametrize(
    ("body", "values", "marks"),
    [
        (["3,14", "2,5"], [3.14, 2.5], (",", None)),
        (["1.234,50", "12,00"], [1234.5, 12.0], (",", ".")),
        (["1,234.50", "12.00"], [1234.5, 12.0], (".", ",")),
        (["1 234,5", "12,25"], [1234.5, 12.25], (",", " ")),
        (["1\u00a0234", "56"], [1234, 56], (",", "\u00a0")),
        (["1'234.50", "12.00"], [1234.5, 12.0], (".", "'")),
        (["1.234.567", "2.345"], [1234567, 2345], (",", ".")),
        (["1,234", "5,678"], [1.234, 5.678], (",", None)),
        (["1.234", "5.678"], [1.234, 5.678], (".", None)),
        (["-12", "7"], [-12, 7], (".", None)),
        (["1e-05", "-2.5"], [1e-5, -2.5], (".", None)),
    ],
)
def test_the_marks_inside_numbers_are_found(
    tmp_path: Path, body: list[str], values: list[float], marks: tuple[str, str | None]
) -> None:
    path = tmp_path / "amounts.csv"
    path.write_text("name;amount\n" + "".join(f"n{i};{text}\n" for i, text in enumerate(body)), "utf-8")
    frame, layout, _ = read_csv(path)
    assert layout.csv is not None
    assert frame["amount"].to_list() == values
    assert (layout.csv.decimal, layout.csv.thousands) == marks


@pytest.mark.parametrize(
    "texts",
    [
        ["007", "123"],
        ["+49", "+1"],
        ["01.02.2024", "31.12.2023"],
        ["123 456", "654 321"],
        ["12345678901234567890", "1"],
    ],
    ids=["leading zeros", "plus", "dates", "telephone numbers", "beyond 64 bits"],
)
def test_digits_that_are_no_amounts_stay_text(tmp_path: Path, texts: list[str]) -> None:
    path = tmp_path / "codes.csv"
    path.write_text("name;code\n" + "".join(f"n;{text}\n" for text in texts))
    assert read_csv(path)[0]["code"].to_list() == texts


def test_what_was_found_is_said(tmp_path: Path) -> None:
    path = tmp_path / "konten.csv"
    path.write_bytes("Straße;Betrag\nAm Weg;1.234,50\nHof;NA\n".encode("cp1252"))
    notes = read_csv(path)[2]
    assert notes[0].startswith("konten.csv: ';' between fields, decimal comma, '.' between thousands, Windows-1252")
    assert "'NA' in columns of numbers is read as missing" in notes[1]


def test_a_column_of_numbers_and_much_text_is_said_to_be_mixed(tmp_path: Path) -> None:
    path = tmp_path / "mixed.csv"
    path.write_text("id,amount\n" + "".join(f"c{i},{i}\n" for i in range(20)) + "c20,lot\n")
    frame, _, notes = read_csv(path)
    assert frame.schema["amount"] == pl.String
    assert any("'amount' mixes numbers (95% of its values) with text" in note for note in notes)


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_the_line_that_tells_excel_the_delimiter_is_honoured(tmp_path: Path, line_end: str) -> None:
    path = tmp_path / "excel.csv"
    path.write_bytes(line_end.join(["sep=|", "name|amount", "a;b;c|1", "d;e;f|2", ""]).encode("utf-8-sig"))
    frame, layout, _ = read_csv(path)
    assert layout.csv == CsvDialect(delimiter="|", encoding="utf-8-sig", line_end=line_end, names_delimiter=True)
    assert frame.rows() == [("a;b;c", 1), ("d;e;f", 2)]
    path.write_text("sep=;\na;b\n1;2\n1;2;3\n")
    with pytest.raises(DataError, match="line 4 has 3 fields"):
        read_csv(path)
    path.write_text("sep=;\n")
    with pytest.raises(DataError, match="empty below its line 'sep=;'"):
        read_csv(path)


@pytest.mark.parametrize(
    ("body", "texts"),
    [
        (r'"say \"hi\"",1', 'say "hi"'),
        (r'"say \"hi, you\"",1', 'say "hi, you"'),
        (r'"\"",1', '"'),
        (r'"C:\",1', "C:\\"),
        (r'"say ""hi""",1', 'say "hi"'),
    ],
)
def test_quotes_behind_backslashes_are_read(tmp_path: Path, body: str, texts: str) -> None:
    path = tmp_path / "mysql.csv"
    path.write_text(f"note,n\n{body}\nplain,2\n")
    assert read_csv(path)[0].rows() == [(texts, 1), ("plain", 2)]


@pytest.mark.parametrize("mark", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("last", ["", "\n"])
def test_both_orders_of_utf_16_and_an_open_last_line_are_read(tmp_path: Path, mark: str, last: str) -> None:
    path = tmp_path / "konten.csv"
    path.write_bytes(("\ufeff" + 'Straße;Betrag\nAm Weg;1,5\n"Hof\nGut";2,5' + last).encode(mark))
    frame, _, _ = read_csv(path)
    assert frame.columns == ["Straße", "Betrag"]
    assert frame.rows() == [("Am Weg", 1.5), ("Hof\nGut", 2.5)]


def test_null_tokens_are_missing_only_among_numbers(tmp_path: Path) -> None:
    path = tmp_path / "countries.csv"
    path.write_text("country,income\nNA,NA\nDE,12\nFR,?\n,\n")
    frame, _, _ = read_csv(path)
    assert frame["country"].to_list() == ["NA", "DE", "FR", None]
    assert frame["income"].to_list() == [None, 12, None, None]
