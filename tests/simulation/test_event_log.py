"""The log of events: every decision that came to something, and why."""

import datetime

import polars as pl
import pytest

import twinfold
from known_worlds import make_offers
from twinfold.errors import OutputError, SpecificationError

SCENARIO = {
    "periods": 3,
    "period": "month",
    "start": datetime.date(2027, 1, 1),
    "customer": "id",
    "decisions": {"take": {"behaviour": "offers", "once": True}},
    "arms": {"as now": {}, "cheaper": {"changes": [{"add": {"rate": -2}}]}},
}


@pytest.fixture(scope="module")
def logged(tmp_path_factory, customers, offers):
    path = tmp_path_factory.mktemp("log") / "events.parquet"
    outcome = twinfold.simulate(customers, SCENARIO, behaviours={"offers": offers}, events=path, draws=20)
    return outcome, pl.read_parquet(path)


def test_every_event_says_who_when_what_how_likely_and_why(logged, customers):
    _, events = logged
    assert events.columns == [
        *("arm", "period", "date", "customer", "decision", "option", "probability", "choice", "amount"),
        *("reason_1", "reason_2", "reason_3"),
    ]
    assert set(events["customer"]) <= set(customers["id"])
    assert events["date"].unique().sort().to_list() == [datetime.date(2027, month, 1) for month in (1, 2, 3)]
    assert events["probability"].is_between(0, 1).all()
    assert set(events["reason_1"].cast(pl.String)) <= {"rate", "risk", "age"}
    assert set(events["choice"].cast(pl.String)) == {"yes"}


def test_events_are_as_many_as_are_expected_within_luck(logged):
    outcome, events = logged
    for arm in ("as now", "cheaper"):
        total, count = outcome.of(arm, "take").total, events.filter(pl.col("arm") == arm).height
        assert abs(count - total.value) < 4 * total.value**0.5
    assert events.filter(pl.col("arm") == "as now")["customer"].is_unique().all()  # once


def test_whoever_takes_the_dear_offer_takes_the_cheap_one(logged):
    _, events = logged
    first = events.filter(pl.col("period") == 1)
    dear, cheap = (set(first.filter(pl.col("arm") == arm)["customer"]) for arm in ("as now", "cheaper"))
    assert dear < cheap  # the same luck


def test_reasons_are_what_sets_a_customer_apart(logged, customers):
    _, events = logged
    ages = customers.join(events, left_on="id", right_on="customer", how="inner")
    by_age = ages.filter(pl.col("reason_1") == "age")["age"]
    others = ages.filter(pl.col("reason_1") != "age")["age"]
    assert (by_age - 45).abs().mean() > (others - 45).abs().mean()


def test_numbers_and_purchases_say_how_much(tmp_path, customers, buying):
    frame = make_offers(4_000, 0).frame.with_columns(spent=100 - 4 * pl.col("rate") + pl.col("age"))
    asked = {"kind": "response", "outcome": "spent", "treatment": "rate", "strata": ["risk"]}
    scenario = {
        "periods": 1,
        "customer": "id",
        "decisions": {"spend": {"behaviour": "spent"}, "buy": {"behaviour": "buying", "values": {"income": "amount"}}},
        "arms": {"as now": {}},
    }
    known = {"spent": twinfold.calibrate(frame.drop("taken", "amount"), asked), "buying": buying}
    path = tmp_path / "events.parquet"
    outcome = twinfold.simulate(customers, scenario, behaviours=known, events=path, draws=20)
    events = pl.read_parquet(path)
    spent = events.filter(pl.col("decision") == "spend")
    assert spent["customer"].n_unique() == customers.height
    assert spent["probability"].null_count() == spent.height
    assert spent["amount"].sum() == pytest.approx(outcome.of("as now", "spend").total.value, rel=0.01)
    bought = events.filter(pl.col("decision") == "buy")
    income = outcome.of("as now", "income").total
    assert income.lower <= bought["amount"].sum() <= income.upper


def test_a_log_is_parquet(customers, offers):
    with pytest.raises(OutputError, match=r"ends in \.parquet"):
        twinfold.simulate(customers, SCENARIO, behaviours={"offers": offers}, events="events.csv")


def test_nothing_is_left_of_a_log_that_fails(tmp_path, customers, offers):
    path = tmp_path / "events.parquet"
    with pytest.raises(SpecificationError):
        twinfold.simulate(customers.drop("rate"), SCENARIO, behaviours={"offers": offers}, events=path)
    assert list(tmp_path.iterdir()) == []
    path.write_text("mine")
    with pytest.raises(OutputError, match="exists"):
        twinfold.simulate(customers, SCENARIO, behaviours={"offers": offers}, events=path)
    assert path.read_text() == "mine"
