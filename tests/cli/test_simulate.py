"""`twinfold simulate` as a user types it."""

import json

import polars as pl
import pytest

import twinfold
from known_worlds import make_offers
from twinfold.cli.main import main

SCENARIO = """
name = "A point off"
periods = 1
by = "risk"
[decisions.take]
behaviour = "offers.behaviour"
[arms."as now"]
[[arms.cheaper.changes]]
add = { rate = -1 }
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("scenario")
    made = make_offers(4_000, 0).frame
    asked = {"kind": "response", "outcome": "taken", "treatment": "rate", "strata": "risk"}
    twinfold.save_behaviour(twinfold.calibrate(made.head(3_000), asked), folder / "offers.behaviour")
    made.tail(1_000).drop("taken", "amount").write_csv(folder / "customers.csv")
    (folder / "scenario.toml").write_text(SCENARIO)
    return folder


def simulated(folder, *more, scenario="scenario.toml", out="page.html"):
    paths = (str(folder / name) for name in ("customers.csv", scenario, out))
    customers, asked, page = paths
    return main(["simulate", customers, "--scenario", asked, "-o", page, "--draws", "40", *more])


def test_a_scenario_becomes_a_page_a_record_and_a_log(folder, capsys):
    more = ("--json", str(folder / "out.json"), "--events", str(folder / "events.parquet"))
    assert simulated(folder, *more) == 0
    said = capsys.readouterr().out
    assert "cheaper (randomised;" in said
    assert "beside as now" in said
    assert "A point off" in (folder / "page.html").read_text()
    record = json.loads((folder / "out.json").read_text())
    assert {row["level"] for row in record["results"]} == {None, "low", "medium", "high"}
    assert pl.read_parquet(folder / "events.parquet").height > 0


def test_what_exists_is_kept_unless_forced(folder, capsys):
    (folder / "there.html").write_text("mine")
    assert simulated(folder, out="there.html") == 2
    assert (folder / "there.html").read_text() == "mine"
    assert "exists" in capsys.readouterr().err
    assert simulated(folder, "--force", "-q", out="there.html") == 0
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("rate = -1", "rte = -1", "did you mean 'rate'"),
        ("offers.behaviour", "others.behaviour", "there is no file"),
        ("periods = 1", "periods = 1.5", "periods"),
        ('by = "risk"', 'by = "rsk"', "did you mean 'risk'"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(folder, capsys, old, new, message):
    (folder / "bad.toml").write_text(SCENARIO.replace(old, new))
    assert simulated(folder, scenario="bad.toml", out="bad.html") == 2
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1
    assert not (folder / "bad.html").exists()
