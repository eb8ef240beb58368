"""`twinfold concept-test` as a user types it."""

import json

import numpy as np
import polars as pl
import pytest

import twinfold
from twinfold.cli.main import main

CONCEPTS = """
title = "Two cards"
customer = "who"
[[concepts]]
name = "Plain"
attributes = { fee = 0, points = 0 }
[[concepts]]
name = "Gold"
attributes = { fee = 1, points = 2 }
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("concepts")
    rng = np.random.default_rng(0)
    who = np.repeat(np.arange(80), 8)
    tastes = np.array([-0.8, 0.5]) + rng.normal(size=(80, 2)) * 0.3
    pairs = rng.integers(-2, 3, (len(who), 2)).astype(float)
    took = rng.random(len(who)) < 1 / (1 + np.exp(-(pairs * tastes[who]).sum(axis=1)))
    rows = pl.DataFrame({"who": who, "fee": pairs[:, 0], "points": pairs[:, 1], "took": took.astype(int)})
    asked = {"kind": "choice", "outcome": "took", "customer": "who", "attributes": ["fee", "points"]}
    twinfold.save_behaviour(twinfold.calibrate(rows, asked), folder / "cards.behaviour")
    pl.DataFrame({"who": np.arange(200), "age": 20 + np.arange(200) % 50}).write_csv(folder / "customers.csv")
    (folder / "concepts.toml").write_text(CONCEPTS)
    return folder


def try_on(folder, *more, concepts="concepts.toml", out="page.html", behaviour="cards.behaviour"):
    customers, asked, page, learned = (str(folder / name) for name in ("customers.csv", concepts, out, behaviour))
    return main(["concept-test", customers, asked, "--behaviour", learned, "-o", page, *more])


def test_a_page_a_record_and_answers_are_written(folder, capsys):
    more = ("--json", str(folder / "out.json"), "--answers", str(folder / "answers.parquet"), "-n", "25")
    assert try_on(folder, *more, "--vary", "Gold.fee=0..2", "--who", "age < 60") == 0
    said = capsys.readouterr().out
    assert "Two cards: " in said
    assert "certain" in said
    assert "Two cards" in (folder / "page.html").read_text()
    record = json.loads((folder / "out.json").read_text())
    assert [concept["name"] for concept in record["concepts"]] == ["Plain", "Gold"]
    assert sum(concept["share"]["value"] for concept in record["concepts"]) == pytest.approx(1)
    assert (record["people"], record["answered"], record["label"]) == (160, 25, "randomised")
    answers = pl.read_parquet(folder / "answers.parquet")
    assert answers.height == 25
    assert answers["customer"].dtype == pl.Int64
    assert set(answers["choice"]) <= {"Plain", "Gold"}
    assert not list(folder.glob(".*"))


def test_what_exists_is_kept_unless_forced(folder, capsys):
    (folder / "there.parquet").write_text("mine")
    assert try_on(folder, "--answers", str(folder / "there.parquet"), out="new.html") == 2
    assert (folder / "there.parquet").read_text() == "mine"
    assert not (folder / "new.html").exists()
    assert "exists" in capsys.readouterr().err
    assert try_on(folder, "--answers", str(folder / "there.parquet"), "--force", "-q", out="new.html") == 0
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("fee = 0", "fe = 0", "did you mean 'fee'"),
        ("fee = 0, ", "", "'Plain' says nothing of 'fee'"),
        ("fee = 1", "fee = 7", "bring them nearer"),
        ("[[concepts]]", "[concepts]", "is no TOML"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(folder, capsys, old, new, message):
    (folder / "bad.toml").write_text(CONCEPTS.replace(old, new, 1))
    before = sorted(folder.iterdir())
    assert try_on(folder, concepts="bad.toml", out="bad.html") == 2
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1
    assert sorted(folder.iterdir()) == before


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"out": "page.pdf"}, "ends in .html"),
        ({"behaviour": "concepts.toml"}, "concepts.toml"),
        ({"behaviour": "none.behaviour"}, "none.behaviour"),
        ({"concepts": "customers.csv"}, "no TOML"),
    ],
)
def test_files_of_another_sort_are_refused(folder, capsys, more, message):
    assert try_on(folder, **({"out": "refused.html"} | more)) == 2
    assert message in capsys.readouterr().err
    assert not (folder / "refused.html").exists()


def test_answers_are_parquet_or_nothing(folder, capsys):
    assert try_on(folder, "--answers", str(folder / "answers.csv"), out="never.html") == 2
    assert "ends in .parquet" in capsys.readouterr().err
    assert not (folder / "never.html").exists()
