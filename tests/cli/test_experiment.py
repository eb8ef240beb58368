"""`twinfold experiment` as a user types it: planned, run, analysed, learned from."""

import json

import polars as pl
import pytest

from known_worlds import make_mailing
from twinfold import load_behaviour
from twinfold.cli.main import main

LIFTS = {"none": 0.0, "men": 0.08, "women": 0.0}
EXPERIMENT = """name = "mail"
outcome = "visit"
treatment = "arm"
arms = ["none", "men", "women"]
customer = "id"
covariates = ["woman"]
segments = ["city"]
looks = 2
"""
BEHAVIOUR = 'kind = "response"\noutcome = "visit"\ntreatment = "arm"\n'


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mail")
    make_mailing(6_000, 0, LIFTS).write_csv(folder / "past.csv")
    real = make_mailing(6_000, 2, LIFTS).with_columns(id=pl.arange(6_000))
    real.write_csv(folder / "real.csv")
    real.drop("arm", "visit").write_csv(folder / "customers.csv")
    (folder / "experiment.toml").write_text(EXPERIMENT)
    (folder / "behaviour.toml").write_text(BEHAVIOUR)
    paths = (str(folder / name) for name in ("past.csv", "behaviour.toml", "mail.behaviour"))
    data, specification, out = paths
    assert main(["calibrate", data, "--spec", specification, "-o", out, "-q"]) == 0
    return folder


@pytest.fixture(autouse=True)
def board(tmp_path, monkeypatch):
    monkeypatch.setenv("TWINFOLD_SCOREBOARD", str(tmp_path / "board.jsonl"))


@pytest.fixture
def experiment(folder):
    def run(verb, *arguments):
        """Run a verb; an argument with a dot in it is a file of the folder."""
        spelled = [str(folder / each) if "." in each and not each[0].isdigit() else each for each in arguments]
        return main(["experiment", verb, *spelled])

    return run


def test_the_whole_way(folder, experiment, capsys):
    assert experiment("plan", "experiment.toml", "past.csv", "--effect", "0.03", "--json", "plan.json") == 2
    assert "column 'id' is not in past (woman, city, arm, visit)" in capsys.readouterr().err
    (folder / "once.toml").write_text(EXPERIMENT.replace('customer = "id"\n', ""))
    assert experiment("plan", "once.toml", "past.csv", "--effect", "0.03", "--json", "plan.json") == 0
    assert "show an effect of +0.03" in capsys.readouterr().out
    assert json.loads((folder / "plan.json").read_text())["customers"] > 3_000
    run = ("run", "experiment.toml", "customers.csv", "-o", "run.csv", "--behaviour", "mail.behaviour")
    assert experiment(*run) == 0
    assert "Frozen in run.lifts.csv" in capsys.readouterr().out
    analyse = ("analyse", "experiment.toml", "real.csv", "--look", "2", "--forecast", "run.lifts.csv")
    assert experiment(*analyse, "--json", "found.json") == 0
    said = capsys.readouterr().out
    assert "men: visit is higher than under none" in said
    assert "Forecast for men" in said
    assert json.loads((folder / "found.json").read_text())["score"]["arms"][0]["name"] == "men"
    learn = ("learn", "mail.behaviour", "experiment.toml", "real.csv", "-o", "new.behaviour")
    assert experiment(*learn, "--json", "lesson.json") == 0
    assert "men: expected" in capsys.readouterr().out
    assert "experiment 1" in load_behaviour(folder / "new.behaviour").origin
    assert experiment("learn", "new.behaviour", "experiment.toml", "real.csv", "-o", "third.behaviour") == 2
    assert "these very outcomes" in capsys.readouterr().err
    assert not (folder / "third.behaviour").exists()


def test_quiet_says_nothing_and_force_replaces(folder, experiment, capsys):
    for more in ((), ("--force",)):
        assert experiment("run", "experiment.toml", "customers.csv", "-o", "list.csv", "-q", *more) == 0
    assert capsys.readouterr() == ("", "")
    assert experiment("run", "experiment.toml", "customers.csv", "-o", "list.csv") == 2
    assert "exists" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("plan", "experiment.toml"), "no [baseline] and no data"),
        (("plan", "no.toml"), "can't be read"),
        (("analyse", "experiment.toml", "real.csv"), "say which this is with --look 1 to 2"),
        (("analyse", "experiment.toml", "real.csv", "--look", "3"), "look 3 of 2"),
        (("analyse", "experiment.toml", "customers.csv", "--look", "1"), "column 'visit' is not in"),
        (("analyse", "experiment.toml", "real.csv", "--look", "1", "--forecast", "real.csv"), "no frozen forecast"),
        (("run", "experiment.toml", "real.csv", "-o", "x.csv"), "has the treatment, 'arm', already"),
        (("run", "experiment.toml", "customers.csv", "-o", "customers.csv"), "is also an input"),
        (("learn", "real.csv", "experiment.toml", "real.csv", "-o", "x.behaviour"), "is no Twinfold model"),
    ],
)
def test_wrong_calls_end_in_one_line(experiment, capsys, arguments, message):
    assert experiment(*arguments) == 2
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1
