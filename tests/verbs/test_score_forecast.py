"""A forecast is judged only as it was before anybody had read what came."""

import json

import polars as pl
import pytest

from known_worlds import make_offers
from twinfold import (
    DataError,
    RefusedError,
    calibrate,
    forecast_to,
    save_behaviour,
    score_forecast,
    scoreboard,
)
from twinfold.behaviour.frozen import frozen_beside
from twinfold.behaviour.specification import make_specification

ASKED = make_specification(
    {"kind": "response", "outcome": "taken", "treatment": "rate", "strata": ["risk"], "customer": "id"}
)


@pytest.fixture
def place(tmp_path):
    """A folder with a behaviour, new rows, and what came of them."""
    made = make_offers(6_000, 0).frame
    learned, new = made.head(4_000), made.tail(2_000)
    save_behaviour(calibrate(learned, ASKED), tmp_path / "offers.behaviour")
    learned.write_csv(tmp_path / "learned.csv")
    new.drop("taken", "amount").write_csv(tmp_path / "new.csv")
    new.select("id", "taken").write_csv(tmp_path / "came.csv")
    return tmp_path


def predict(place, out="forecast.csv", data="new.csv"):
    forecast_to(place / "offers.behaviour", place / data, place / out, force=True)
    return place / out


def judged(place, forecast, came="came.csv"):
    return score_forecast(forecast, place / came, scoreboard=place / "board.jsonl")


def test_a_forecast_made_before_is_scored_and_listed(place):
    found = judged(place, predict(place))
    assert found.rows == 2_000
    assert found.error < 0.03
    assert found.direction > 0.8
    assert found.whole is not None
    assert found.whole.covered
    assert found.whole.upper - found.whole.lower < 0.05
    assert "holds what came" in found.text()
    assert found.json()["whole"]["covered"]
    [entry] = scoreboard(place / "board.jsonl").json()
    assert entry["name"] == "forecast.csv"
    assert entry["error"] == pytest.approx(found.error)
    assert "forecast.csv" in scoreboard(place / "board.jsonl").text()


def test_a_mean_that_is_off_is_said(place):
    """A year in which everybody takes what is offered twice as often."""
    later = make_offers(2_000, 9).frame
    pl.DataFrame({"id": pl.read_csv(place / "came.csv")["id"], "taken": (later["rate"] < 11).cast(pl.Int64)}).write_csv(
        place / "came.csv"
    )
    found = judged(place, predict(place))
    assert found.whole is not None
    assert not found.whole.covered
    assert "does not hold" in found.text()


def test_outcomes_are_matched_by_the_customer_whatever_their_order(place):
    one = judged(place, predict(place))
    pl.read_csv(place / "came.csv").sample(fraction=1, shuffle=True, seed=1).write_parquet(place / "mixed.parquet")
    assert judged(place, place / "forecast.csv", "mixed.parquet").json() == one.json()


def test_a_forecast_made_after_the_outcomes_were_read_is_refused(place):
    first = predict(place)
    judged(place, first)
    judged(place, first)  # the same one may be judged again
    with pytest.raises(RefusedError, match="after these outcomes were read"):
        judged(place, predict(place, "second.csv"))
    pl.read_csv(place / "came.csv").reverse().write_parquet(place / "same.parquet")
    with pytest.raises(RefusedError, match="after these outcomes were read"):
        judged(place, place / "second.csv", "same.parquet")


def test_a_forecast_of_data_that_held_the_outcomes_is_refused(place):
    pl.read_csv(place / "learned.csv").write_csv(place / "known.csv")
    with pytest.raises(RefusedError, match="outcomes stood in the data"):
        judged(place, predict(place, data="known.csv"))


def test_a_forecast_of_the_very_rows_that_were_learned_is_refused(place):
    learned = pl.read_csv(place / "learned.csv")
    learned.drop("taken", "amount").write_csv(place / "new.csv")
    with pytest.raises(RefusedError, match="learned from these very outcomes"):
        judged(place, predict(place), "learned.csv")


def test_a_changed_forecast_is_refused(place):
    forecast = predict(place)
    text = forecast.read_text()
    forecast.write_text(text.replace("0.1", "0.2"))
    with pytest.raises(DataError, match="was changed after it was frozen"):
        judged(place, forecast)
    forecast.write_text(text)
    record = json.loads(frozen_beside(forecast).read_text())
    frozen_beside(forecast).write_text(json.dumps(record | {"made": 3}))
    with pytest.raises(DataError, match="is damaged"):
        judged(place, forecast)
    frozen_beside(forecast).unlink()
    with pytest.raises(DataError, match="is no frozen forecast"):
        judged(place, forecast)


def test_outcomes_of_other_rows_are_refused(place):
    forecast = predict(place)
    other = make_offers(1_500, 5).frame.select("rate", "taken")
    other.write_csv(place / "other.csv")
    with pytest.raises(DataError, match="2,000 rows and the outcomes 1,500"):
        judged(place, forecast, "other.csv")
    make_offers(2_000, 5).frame.select("rate", "taken").write_csv(place / "other.csv")
    with pytest.raises(DataError, match="column 'rate' of the outcomes differs"):
        judged(place, forecast, "other.csv")
    pl.read_csv(place / "came.csv").rename({"taken": "takn"}).write_csv(place / "other.csv")
    with pytest.raises(DataError, match="has no column 'taken'"):
        judged(place, forecast, "other.csv")
    assert not (place / "board.jsonl").exists()


def test_an_empty_scoreboard_says_what_to_do(tmp_path):
    assert "score-forecast" in scoreboard(tmp_path / "none.jsonl").text()
    (tmp_path / "broken.jsonl").write_text("{")
    with pytest.raises(DataError, match="can't be read"):
        scoreboard(tmp_path / "broken.jsonl")
