"""`twinfold personas` as a user types it."""

import json

import polars as pl
import pytest

from known_worlds import make_kinds
from twinfold.cli.main import main


@pytest.fixture(scope="module")
def customers(tmp_path_factory):
    path = tmp_path_factory.mktemp("people") / "customers.csv"
    make_kinds(900, 0)[0].write_csv(path)
    return path


def test_a_page_a_record_and_whose_is_which_are_written(customers, tmp_path, capsys):
    out = tmp_path / "personas"
    assert main(["personas", str(customers), "-o", str(out), "--groups", "3", "--value", "fee = 0.01 * balance"]) == 0
    assert sorted(path.name for path in out.iterdir()) == ["assignment.parquet", "personas.html", "personas.json"]
    record = json.loads((out / "personas.json").read_text())
    assert [each["people"] for each in record["personas"]] == sorted(
        (each["people"] for each in record["personas"]), reverse=True
    )
    assert pl.read_parquet(out / "assignment.parquet").columns == ["row", "persona"]
    said = capsys.readouterr().out
    assert record["personas"][0]["name"] in said
    assert "fee is" in said.lower()
    before = (out / "personas.html").read_text()
    assert main(["personas", str(customers), "-o", str(out), "--groups", "3"]) == 2
    assert "exists" in capsys.readouterr().err
    assert (out / "personas.html").read_text() == before
    assert main(["personas", str(customers), "-o", str(out), "--groups", "2", "--force", "-q"]) == 0


def test_own_personas_are_named_on_the_command_line(customers, tmp_path, capsys):
    asked = ["--segment", "young: age < 30", "--segment", "old: age >= 60"]
    assert main(["personas", str(customers), "-o", str(tmp_path / "own"), *asked]) == 0
    said = capsys.readouterr().out
    assert "\nyoung\n" in said
    assert "\neverybody else\n" in said


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--segment", "young"], 'such as "young: age < 30"'),
        (["--value", "fee"], "give a name and a formula"),
        (["--columns", "agee"], "did you mean 'age'"),
        (["--behaviour", "none.behaviour"], "none.behaviour"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(customers, tmp_path, capsys, more, message):
    out = tmp_path / "personas"
    assert main(["personas", str(customers), "-o", str(out), *more]) == 2
    said = capsys.readouterr().err
    assert message in said
    assert not out.exists()
