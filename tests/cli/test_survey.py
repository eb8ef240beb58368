"""`twinfold survey` as a user types it."""

import json

import polars as pl
import pytest

import twinfold
from known_worlds import make_kinds, make_offers
from twinfold.cli.main import main

QUESTIONS = """
title = "Who are you?"
[[items]]
id = "age"
kind = "numeric"
question = "How old are you?"
column = "age"
[[items]]
id = "channel"
kind = "single"
question = "How do you reach us?"
column = "channel"
[[items]]
id = "colour"
kind = "open"
question = "What is your favourite colour?"
"""


@pytest.fixture(scope="module")
def customers(tmp_path_factory):
    path = tmp_path_factory.mktemp("people") / "customers.csv"
    make_kinds(900, 0)[0].with_row_index("weight", offset=1).write_csv(path)
    return path


@pytest.fixture(scope="module")
def questions(tmp_path_factory):
    path = tmp_path_factory.mktemp("asked") / "questions.toml"
    path.write_text(QUESTIONS)
    return path


def test_answers_a_page_and_a_record_are_written(customers, questions, tmp_path, capsys):
    out = tmp_path / "survey"
    typed = ["survey", str(customers), str(questions), "-o", str(out), "--segment", "young: age < 30"]
    assert main([*typed, "-n", "200", "--weight", "weight", "--who", "age > 20", "--seed", "3"]) == 0
    assert sorted(path.name for path in out.iterdir()) == ["answers.parquet", "report.html", "report.json"]
    record = json.loads((out / "report.json").read_text())
    assert (record["asked"], record["people"], record["who"]) == (200, 900, "age > 20")
    assert [group["name"] for group in record["groups"]] == ["", "young", "everybody else"]
    assert [each["id"] for each in record["unanswered"]] == ["colour"]
    rows = pl.read_parquet(out / "answers.parquet")
    assert rows.height == 600
    assert rows["weight"].max() > 100
    said = capsys.readouterr().out
    assert "Who are you?: 200 customers of 900 were asked" in said
    assert "Not answered: " in said
    before = (out / "report.json").read_text()
    assert main(typed) == 2
    assert "exists" in capsys.readouterr().err
    assert (out / "report.json").read_text() == before
    assert main([*typed, "--force", "-q", "-n", "50"]) == 0
    assert capsys.readouterr().out == ""


def test_the_same_seed_gives_the_same_bytes_of_answers(customers, questions, tmp_path):
    typed = ["survey", str(customers), str(questions), "-n", "100", "--segment", "young: age < 30", "-q"]
    for name in ("one", "two"):
        assert main([*typed, "-o", str(tmp_path / name), "--seed", "4"]) == 0
    one, two = ((tmp_path / name / "answers.parquet").read_bytes() for name in ("one", "two"))
    assert one == two


def test_a_behaviour_is_called_by_its_file_and_an_offer_is_read(tmp_path, capsys):
    asked = {"kind": "response", "outcome": "taken", "treatment": "rate", "strata": ["risk"], "covariates": ["age"]}
    twinfold.save_behaviour(twinfold.calibrate(make_offers(2_000, 0).frame, asked), tmp_path / "loan.behaviour")
    make_offers(500, 1).frame.drop("taken", "amount", "rate", "id").write_parquet(tmp_path / "people.parquet")
    (tmp_path / "q.toml").write_text(
        '[[items]]\nid = "take"\nkind = "single"\nquestion = "Would you take it?"\nbehaviour = "loan"\n'
    )
    (tmp_path / "offer.toml").write_text('name = "the loan"\n[terms]\nrate = 7\n')
    typed = ["survey", str(tmp_path / "people.parquet"), str(tmp_path / "q.toml"), "-o", str(tmp_path / "out")]
    more = ["--behaviour", str(tmp_path / "loan.behaviour"), "--offer", str(tmp_path / "offer.toml")]
    assert main([*typed, *more, "--segment", "young: age < 40"]) == 0
    assert "yes: " in capsys.readouterr().out
    record = json.loads((tmp_path / "out" / "report.json").read_text())
    assert record["items"][0]["label"] == "randomised"
    assert record["origin"]["offer"] == "the loan"


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--who", "agee > 3"], "did you mean 'age'"),
        (["--weight", "wieght"], "did you mean 'weight'"),
        (["--segment", "young"], 'such as "young: age < 30"'),
        (["--behaviour", "none.behaviour"], "none.behaviour"),
        (["--offer", "none.toml"], "none.toml"),
        (["--documents", "none.md"], "none.md"),
        (["--voice", "parrot"], "parrot"),
        (["-n", "0"], "-n"),
        (["--seed", "-1"], "--seed"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(customers, questions, tmp_path, capsys, more, message):
    out = tmp_path / "survey"
    assert main(["survey", str(customers), str(questions), "-o", str(out), *more]) == 2
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1
    assert not out.exists()


def test_questions_that_are_none_are_told(customers, tmp_path, capsys):
    path = tmp_path / "questions.toml"
    for text, message in (("[[items]]\nid = 3", "item 1"), ("items = [", "is no TOML"), ("", "needs items")):
        path.write_text(text)
        assert main(["survey", str(customers), str(path), "-o", str(tmp_path / "out")]) == 2
        assert message in capsys.readouterr().err
    assert main(["survey", str(customers), str(tmp_path / "no.toml"), "-o", str(tmp_path / "out")]) == 2
    assert "can't be read" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
