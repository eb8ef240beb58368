"""A behaviour of lifetimes, asked of purchases and of customers."""

import datetime

import numpy as np
import polars as pl
import pytest

from twinfold import (
    DataError,
    ModelFileError,
    OptionError,
    calibrate,
    forecast,
    forecast_to,
    load_behaviour,
    save_behaviour,
    score_forecast,
)
from twinfold.behaviour.behaviour import Behaviour
from twinfold.behaviour.returning import hash_names, read_horizon
from twinfold.behaviour.specification import make_specification
from twinfold.synthesis.model_file import read_model_file, write_model_file

DAYS = 300
ASKED = make_specification({"kind": "lifetime", "customer": "who", "time": "day", "outcome": "amount"})


def purchases(customers: int, seed: int, days: int = 2 * DAYS) -> pl.DataFrame:
    """Customers who buy at rates of their own until they lapse, by BG/NBD's rules."""
    rng = np.random.default_rng(seed)
    rows = []
    begin = datetime.date(2024, 1, 1)
    for who in range(customers):
        at, rate, lapse, worth = rng.uniform(0, 60), rng.gamma(0.8, 1 / 30), rng.beta(1, 3), rng.gamma(6, 5)
        while at < days:
            rows.append((f"C{who:05}", begin + datetime.timedelta(days=int(at)), round(worth * rng.gamma(4, 0.25), 2)))
            if rng.random() < lapse:
                break
            at += rng.exponential(1 / rate)
    return pl.DataFrame(rows, schema=["who", "day", "amount"], orient="row")


@pytest.fixture(scope="module")
def whole() -> pl.DataFrame:
    return purchases(4_000, 0)


@pytest.fixture(scope="module")
def learned(whole) -> pl.DataFrame:
    return whole.filter(pl.col("day") < datetime.date(2024, 1, 1) + datetime.timedelta(days=DAYS))


@pytest.fixture(scope="module")
def behaviour(learned) -> Behaviour:
    return calibrate(learned, ASKED)


@pytest.fixture(scope="module")
def came(whole, learned) -> pl.DataFrame:
    """Each learned customer, and what they bought afterwards."""
    later = whole.filter(pl.col("day") > learned["day"].max()).group_by("who").agg(pl.len(), pl.col("amount").sum())
    return learned.select("who").unique(maintain_order=True).join(later, on="who", how="left").fill_null(0)


def test_what_customers_buy_is_forecast(behaviour, came):
    found = forecast(behaviour, came.select("who"), horizon=DAYS)
    assert found.height == came.height
    assert found["in_support"].all()
    assert found["prediction"].sum() == pytest.approx(came["len"].sum(), rel=0.12)
    assert found["value"].sum() == pytest.approx(came["amount"].sum(), rel=0.15)
    assert np.corrcoef(found["prediction"], came["len"])[0, 1] > 0.6
    assert (found["lower"] <= found["prediction"]).all()
    assert set(found["identification"]) == {"observational"}


def test_purchases_and_customers_say_the_same(behaviour, learned):
    by_customer = forecast(behaviour, learned.select("who"))
    by_purchase = forecast(behaviour, learned)
    assert by_purchase.height == learned.height
    assert np.allclose(by_customer["prediction"], by_purchase["prediction"])
    assert np.allclose(by_customer["value"], by_purchase["value"])


def test_a_customer_who_is_not_known_is_taken_for_new_and_said(behaviour):
    found = forecast(behaviour, pl.DataFrame({"who": ["nobody", "C00001"]}))
    assert found["in_support"].to_list() == [False, True]
    assert found["prediction"][0] > 0


def test_who_was_not_learned_is_judged_by_their_own_purchases(behaviour):
    others = purchases(300, 1, DAYS).with_columns(who=pl.lit("D") + pl.col("who"))
    found = forecast(behaviour, others)
    assert found["in_support"].all()
    assert found["prediction"].n_unique() > 50


def test_a_longer_horizon_expects_more(behaviour, learned):
    short, long = (forecast(behaviour, learned, horizon=h)["prediction"].sum() for h in ("4w", "1y"))
    assert 0 < short < long


def test_a_saved_behaviour_says_the_same(behaviour, learned, tmp_path):
    save_behaviour(behaviour, tmp_path / "a.behaviour")
    again = load_behaviour(tmp_path / "a.behaviour")
    assert forecast(again, learned.select("who")).equals(forecast(behaviour, learned.select("who")))
    manifest, arrays = read_model_file(tmp_path / "a.behaviour")
    assert "C00001" not in str(manifest)
    for name, change in (
        ("owner", lambda a: a[::-1].copy()),
        ("time", lambda a: a + 1e9),
        ("customers", lambda a: a * 0),
    ):
        spoilt = arrays | {f"histories_{name}": change(arrays[f"histories_{name}"])}
        write_model_file(tmp_path / "b.behaviour", manifest, spoilt, force=True)
        with pytest.raises(ModelFileError, match="damaged"):
            load_behaviour(tmp_path / "b.behaviour")


def test_wrong_rows_and_horizons_are_said(behaviour, learned):
    with pytest.raises(DataError, match="no column 'who'"):
        forecast(behaviour, learned.select("day"))
    with pytest.raises(DataError, match="rows without a time"):
        forecast(behaviour, learned.with_columns(day=pl.when(pl.col("who") == "C00001").then(None).otherwise("day")))
    with pytest.raises(DataError, match="no column 'amount'"):
        forecast(behaviour, learned.select("who", "day"))
    for text in ("soon", "-3d", "0w", "3x"):
        with pytest.raises(OptionError, match=r"horizon .* is none; give days, weeks"):
            forecast(behaviour, learned, horizon=text)


def test_a_forecast_is_judged_by_what_customers_then_bought(behaviour, whole, learned, tmp_path):
    learned.select("who").unique(maintain_order=True).write_csv(tmp_path / "who.csv")
    forecast_to(behaviour, tmp_path / "who.csv", tmp_path / "f.csv", horizon="40w")
    with pytest.raises(DataError, match=r"the purchases end 28\d days before the horizon"):
        score_forecast(tmp_path / "f.csv", learned.reverse().head(9_000), scoreboard=tmp_path / "board.jsonl")
    found = score_forecast(tmp_path / "f.csv", whole, scoreboard=tmp_path / "board.jsonl")
    later = whole.filter(
        (pl.col("day") > learned["day"].max())
        & (pl.col("day") <= learned["day"].max() + datetime.timedelta(days=280))
        & pl.col("who").is_in(learned["who"].implode())
    )
    assert found.rows == learned["who"].n_unique()
    assert found.found * found.rows == pytest.approx(later.select("who", "day").n_unique())
    assert found.error < 0.15
    assert "Direction" not in found.text()


def test_a_horizon_is_read_in_any_unit():
    assert [read_horizon(text) for text in ("39w", "90", 90, "1y", None)] == [273.0, 90.0, 90.0, 365.25, None]


def test_names_become_codes_that_are_the_same_wherever_they_stand():
    numbers = hash_names(pl.Series([1, 2, 1]))
    assert numbers[0] == numbers[2] != numbers[1]
    assert (hash_names(pl.Series([1.0, 2.0, None])) == hash_names(pl.Series(["1", "2", None]))).all()
