"""Forecasts of lifts are judged only as they were before anything came of them."""

import polars as pl
import pytest

from known_worlds import make_mailing
from twinfold import (
    DataError,
    RefusedError,
    analyse_experiment,
    calibrate,
    forecast_to,
    run_experiment,
    save_behaviour,
    score_forecast,
    scoreboard,
)

LIFTS = {"none": 0.0, "men": 0.08, "women": 0.0}
ASKED = {"name": "mail", "outcome": "visit", "treatment": "arm", "arms": list(LIFTS), "customer": "id"}


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder with a behaviour, customers, what was run on them, and what really came."""
    monkeypatch.setenv("TWINFOLD_SCOREBOARD", str(tmp_path / "board.jsonl"))
    learned = make_mailing(8_000, 0, LIFTS)
    asked = {"kind": "response", "outcome": "visit", "treatment": "arm"}
    learned.write_csv(tmp_path / "learned.csv")
    save_behaviour(calibrate(learned, asked), tmp_path / "mail.behaviour")
    real = make_mailing(6_000, 2, LIFTS).with_columns(id=pl.arange(6_000))
    real.write_csv(tmp_path / "real.csv")
    real.drop("arm", "visit").write_csv(tmp_path / "customers.csv")
    run(tmp_path)
    return tmp_path


def run(place, name="run"):
    out = place / f"{name}.csv"
    run_experiment(ASKED, place / "customers.csv", out, behaviour=place / "mail.behaviour", force=True)
    return place / f"{name}.lifts.csv"


def test_a_forecast_made_before_is_judged_and_listed(place):
    found = analyse_experiment(ASKED, place / "real.csv", forecast=place / "run.lifts.csv")
    assert found.score.error < 0.02
    assert found.score.coverage == 1
    assert found.score.arms[0].expected == pytest.approx(0.08, abs=0.03)
    assert "the interval holds it" in found.text()
    [entry] = scoreboard().json()
    assert entry["name"] == "run.lifts.csv"
    assert entry["error"] == pytest.approx(found.score.error)
    assert "run.lifts.csv" in scoreboard().text()


def test_one_made_afterwards_is_refused(place):
    analyse_experiment(ASKED, place / "real.csv")
    with pytest.raises(RefusedError, match=r"was made at .*, after these outcomes were read at"):
        analyse_experiment(ASKED, place / "real.csv", forecast=run(place, "later"))
    again = analyse_experiment(ASKED, place / "real.csv", forecast=place / "run.lifts.csv")
    assert again.score is not None


def test_a_forecast_of_rows_made_after_the_experiment_was_analysed_is_refused(place):
    rows = place / "rows.csv"
    asked = {"kind": "response", "outcome": "visit", "treatment": "arm", "customer": "id"}
    learned = make_mailing(8_000, 0, LIFTS).with_columns(id=pl.arange(8_000))
    save_behaviour(calibrate(learned, asked), place / "named.behaviour")
    pl.read_csv(place / "real.csv").drop("visit").write_csv(rows)
    forecast_to(place / "named.behaviour", rows, place / "before.csv")
    analyse_experiment(ASKED, place / "real.csv")
    forecast_to(place / "named.behaviour", rows, place / "after.csv")
    assert score_forecast(place / "before.csv", place / "real.csv").rows == 6_000
    with pytest.raises(RefusedError, match="after these outcomes were read"):
        score_forecast(place / "after.csv", place / "real.csv")


def test_what_a_behaviour_simulated_is_no_proof_of_it(place):
    with pytest.raises(RefusedError, match="were simulated"):
        analyse_experiment(ASKED, place / "run.csv", forecast=place / "run.lifts.csv")


def test_what_it_was_learned_from_is_no_proof_of_it(place):
    asked = ASKED | {"customer": None}
    with pytest.raises(RefusedError, match="learned from these very outcomes"):
        analyse_experiment(asked, place / "learned.csv", forecast=place / "run.lifts.csv")


def test_a_forecast_that_was_changed_is_none(place):
    path = place / "run.lifts.csv"
    path.write_text(path.read_text().replace("men,none,0", "men,none,1"))
    with pytest.raises(DataError, match="was changed after it was frozen"):
        analyse_experiment(ASKED, place / "real.csv", forecast=path)


def test_a_forecast_of_something_else_is_said(place):
    other = ASKED | {"arms": ["none", "women", "men"]}
    with pytest.raises(DataError, match=r"another experiment \(labels differs\)"):
        analyse_experiment(other, place / "real.csv", forecast=place / "run.lifts.csv")
    pl.read_csv(place / "real.csv").drop("visit").write_csv(place / "bare.csv")
    forecast_to(place / "mail.behaviour", place / "bare.csv", place / "rows.csv")
    with pytest.raises(DataError, match="is a forecast of rows"):
        analyse_experiment(ASKED, place / "real.csv", forecast=place / "rows.csv")


def test_a_broken_lot_judges_nothing(place):
    real = pl.read_csv(place / "real.csv").filter((pl.col("arm") != "men") | (pl.col("id") % 5 > 0))
    found = analyse_experiment(ASKED, real, forecast=place / "run.lifts.csv")
    assert found.score is None
    assert "not judged" in found.text()
    assert scoreboard().json() == []
