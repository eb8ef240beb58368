"""`twinfold calibrate` and `twinfold predict` as a user types them."""

import polars as pl
import pytest

from known_worlds import make_offers
from twinfold.cli.main import main

SPECIFICATION = 'kind = "response"\noutcome = "taken"\ntreatment = "rate"\nstrata = ["risk"]\n'


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("offers")
    made = make_offers(4_000, 0).frame
    made.head(3_000).write_csv(folder / "offers.csv")
    made.tail(1_000).drop("taken", "amount").write_csv(folder / "new.csv")
    (folder / "behaviour.toml").write_text(SPECIFICATION)
    assert calibrated(folder) == 0
    return folder


def calibrated(folder, *more):
    paths = (str(folder / name) for name in ("offers.csv", "behaviour.toml", "offers.behaviour"))
    data, specification, out = paths
    return main(["calibrate", data, "--spec", specification, "-o", out, *more])


def predicted(folder, *more, data="new.csv", out="forecast.csv"):
    return main(["predict", str(folder / "offers.behaviour"), str(folder / data), "-o", str(folder / out), *more])


def test_one_row_comes_out_for_each_row_in(folder, capsys):
    assert predicted(folder) == 0
    assert "in_support" in capsys.readouterr().out
    new, found = pl.read_csv(folder / "new.csv"), pl.read_csv(folder / "forecast.csv")
    assert found.columns == [*new.columns, "prediction", "lower", "upper", "identification", "in_support"]
    assert found.select(new.columns).equals(new)
    assert (found["lower"] <= found["prediction"]).all()
    assert (found["prediction"] <= found["upper"]).all()


def test_parquet_comes_out_as_parquet(folder):
    pl.read_csv(folder / "new.csv").write_parquet(folder / "new.parquet")
    assert predicted(folder, data="new.parquet", out="forecast.parquet") == 0
    assert pl.read_parquet(folder / "forecast.parquet").height == 1_000


def test_some_who_were_picked_are_judged_by_all(folder, capsys):
    new = pl.read_csv(folder / "new.csv")
    new.filter(pl.col("age") > new["age"].mean()).write_csv(folder / "older.csv")
    behaviour, out = str(folder / "offers.behaviour"), str(folder / "older.out.csv")
    assert main(["predict", behaviour, str(folder / "older.csv"), "-o", out, "--force"]) == 0
    assert "of others than the learned" in capsys.readouterr().out
    among = ["--among", str(folder / "new.csv")]
    assert main(["predict", behaviour, str(folder / "older.csv"), "-o", out, "--force", *among]) == 0
    assert "of others than the learned" not in capsys.readouterr().out


def test_what_was_learned_is_said(folder, capsys):
    assert calibrated(folder, "--force") == 0
    said = capsys.readouterr().out
    assert "Odds of the outcome with one more of rate" in said
    assert "by lot" in said
    assert "amount (it is known only after the outcome)" in said


@pytest.mark.parametrize(
    ("more", "message"),
    [((), "exists"), (("--force", "rate"), "is a behaviour of one outcome")],
)
def test_wrong_calls_end_in_one_line(folder, capsys, more, message):
    predicted(folder)
    capsys.readouterr()
    assert predicted(folder, *more) == 2
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1


def test_rows_without_the_treatment_are_refused(folder, capsys):
    pl.read_csv(folder / "new.csv").drop("rate").write_csv(folder / "bare.csv")
    assert predicted(folder, data="bare.csv", out="bare-forecast.csv") == 2
    assert "have no column 'rate'" in capsys.readouterr().err
    assert not (folder / "bare-forecast.csv").exists()


def test_a_table_in_the_place_of_a_behaviour_is_said(folder, capsys):
    assert main(["predict", str(folder / "new.csv"), str(folder / "new.csv"), "-o", str(folder / "x.csv")]) == 2
    assert "is no Twinfold model" in capsys.readouterr().err
