"""`twinfold personas` as a user types it."""

import json

import polars as pl
import pytest

import twinfold
from known_worlds import make_kinds, make_mailing
from personas.feedback.worlds import World, make_world
from twinfold.behaviour.behaviour_file import save_behaviour
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


@pytest.fixture(scope="module")
def bank(tmp_path_factory):
    """A folder of customers, and of what they complain of."""
    place = tmp_path_factory.mktemp("bank")
    people, said = make_world(World(kinds=(300, 200, 100), left=(0.05, 0.3, 0.05)), 0)
    people.write_csv(place / "customers.csv")
    said.drop("rating").write_csv(place / "complaints.csv")
    return place


def test_what_customers_say_and_do_is_set_side_by_side(bank, tmp_path, capsys):
    out = tmp_path / "personas"
    asked = ["--segment", "b: kind = 'b'", "--texts", "complaints", "--does", "leave = left", "--quotes", "1"]
    assert main(["personas", str(bank), "-o", str(out), *asked]) == 0
    record = json.loads((out / "personas.json").read_text())
    [feedback] = record["feedback"]
    assert feedback["source"] == "complaints"
    assert feedback["all_complain"]
    assert record["population"] == "customers"
    assert all(len(persona["said"][0]["quotes"]) == 1 for persona in record["personas"])
    said = capsys.readouterr().out
    assert "of them complain (complaints): " in said
    assert "leave more often (" in said


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--does", "left"], "give texts"),
        (["--texts", "complaint"], "did you mean 'complaints'"),
        (["--texts", "complaints:txt"], "did you mean 'text'"),
        (["--texts", "complaints", "--texts-key", "kustomer"], "column 'kustomer' is not in complaints"),
        (["--texts", "complaints", "--tone", "rating"], "complaints has no rating"),
        (["--texts", "complaints", "--tone", "mood"], "give rating or lexicon"),
        (["--texts", "complaints", "--does", "lft"], "did you mean 'left'"),
        (["--texts", "complaints", "--quotes", "99"], "give from 0 to 10"),
    ],
)
def test_what_is_no_feedback_is_one_line_and_leaves_nothing(bank, tmp_path, capsys, more, message):
    out = tmp_path / "personas"
    assert main(["personas", str(bank), "-o", str(out), *more]) == 2
    said = capsys.readouterr().err
    assert message in said
    assert not out.exists()


def test_two_behaviours_of_one_name_are_told(customers, tmp_path, capsys):
    spec = {"kind": "response", "outcome": "visit", "treatment": "arm"}
    learned = twinfold.calibrate(make_mailing(2_000, 0, {"none": 0.0, "letter": 0.1}), spec)
    given = []
    for name in ("spring", "autumn"):
        (tmp_path / name).mkdir()
        save_behaviour(learned, tmp_path / name / "mail.behaviour")
        given += ["--behaviour", str(tmp_path / name / "mail.behaviour")]
    assert main(["personas", str(customers), "-o", str(tmp_path / "out"), *given]) == 2
    assert "two behaviours are called 'mail'; rename one of the files" in capsys.readouterr().err
