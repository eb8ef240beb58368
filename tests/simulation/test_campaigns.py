"""Campaigns: whom they reach, within their budget, within what anybody may be told, and the best first."""

import numpy as np
import polars as pl
import pytest

import twinfold

SEND = {"decisions": "visit", "set": {"arm": "two"}}
NOTHING = [{"set": {"arm": "none"}}]


def run(people, mailing, contacts, *, periods=1, asked="always", arms=None, **more):
    scenario = {
        "periods": periods,
        "decisions": {"visit": {"behaviour": "mail", "asked": asked}},
        "contacts": contacts,
        "arms": arms or {"mail": {"changes": NOTHING}},
        **more,
    }
    return twinfold.simulate(people, scenario, behaviours={"mail": mailing}, draws=40)


def test_a_campaign_lifts_those_whom_it_reaches(people, mailing):
    arms = {"silence": {"changes": NOTHING, "contacts": []}, "mail": {"changes": NOTHING}}
    outcome = run(people, mailing, {"spring": SEND | {"periods": 1, "who": "woman = 1"}}, arms=arms, by="woman")
    women = people.filter(pl.col("woman") == 1)
    assert outcome.of("mail", "contacts").total.value == women.height
    assert outcome.of("mail", "visit", "woman", "0").gain.value == 0
    two, none = (mailing.forecast(people.with_columns(arm=pl.lit(arm))).prediction for arm in ("two", "none"))
    said = (two - none)[(people["woman"] == 1).to_numpy()].sum()
    assert outcome.of("mail", "visit").gain.value == pytest.approx(said, rel=1e-3)
    assert outcome.arms[1].identification == "randomised"


def test_nobody_takes_what_only_a_contact_offers(people, mailing):
    outcome = run(people, mailing, {"spring": SEND | {"periods": 2, "at_most": 500}}, periods=3, asked="contacted")
    path = outcome.arms[0].paths["visit"][0]
    assert path[0] == path[2] == 0 < path[1]
    assert outcome.of("mail", "contacts").total.value == 500


def test_budgets_and_limits_hold(people, mailing):
    contacts = {
        "dear": SEND | {"periods": [1, 2, 3], "at_most": 400, "cost": 2, "budget": 1_000},
        "late": SEND | {"periods": [3], "at_most": 300},
    }
    outcome = run(people, mailing, contacts, periods=3)
    assert outcome.of("mail", "contacts").total.value == 500 + 300
    assert outcome.of("mail", "cost of contacts").total.value == 1_000


def test_nobody_is_told_more_often_than_the_policy_allows(people, mailing, tmp_path):
    contacts = {"often": SEND | {"periods": list(range(1, 9)), "at_most": 1_500}}
    scenario = {
        "periods": 8,
        "decisions": {"visit": {"behaviour": "mail"}},
        "contacts": contacts,
        "contact_policy": {"at_most": 1, "within": 3},
        "arms": {"mail": {"changes": NOTHING}},
    }
    events = tmp_path / "events.parquet"
    outcome = twinfold.simulate(people, scenario, behaviours={"mail": mailing}, draws=20, events=events)
    told = pl.read_parquet(events).filter(pl.col("option").cast(pl.String).str.starts_with("often"))
    gaps = told.sort("customer", "period").with_columns(gap=pl.col("period").diff().over("customer"))["gap"]
    assert gaps.min() == 3
    assert told.height == outcome.of("mail", "contacts").total.value
    assert told.group_by("period").len()["len"].max() <= 1_500


def test_the_best_come_first(people, mailing):
    found = {}
    for first in ("random", "prediction", "-prediction"):
        contacts = {"some": SEND | {"periods": 1, "at_most": 600, "first": first}}
        found[first] = run(people, mailing, contacts, asked="contacted").of("mail", "visit").total.value
    assert found["-prediction"] < found["random"] < found["prediction"]
    best = mailing.forecast(people.with_columns(arm=pl.lit("two"))).prediction
    assert found["prediction"] == pytest.approx(np.sort(best)[-600:].sum(), rel=1e-3)


def test_those_come_first_whom_it_moves_most(people, mailing):
    found = {}
    for first in ("random", "gain"):
        arms = {"silence": {"changes": NOTHING, "contacts": []}, "mail": {"changes": NOTHING}}
        contacts = {"some": SEND | {"periods": 1, "at_most": 600, "first": first}}
        found[first] = run(people, mailing, contacts, arms=arms).of("mail", "visit").gain.value
    two, none = (mailing.forecast(people.with_columns(arm=pl.lit(arm))).prediction for arm in ("two", "none"))
    assert found["gain"] == pytest.approx(np.sort(two - none)[-600:].sum(), rel=1e-3)
    assert found["random"] < found["gain"]


def test_those_come_first_who_are_worth_most(people, mailing):
    rich = people.with_columns(worth=pl.Series(np.random.default_rng(0).lognormal(size=people.height)))
    two, none = (mailing.forecast(people.with_columns(arm=pl.lit(arm))).prediction for arm in ("two", "none"))
    best = np.sort((two - none) * rich["worth"].to_numpy())[-600:].sum()
    for first in ("income", "gain * worth", "visit * worth"):
        scenario = {
            "periods": 1,
            "decisions": {"visit": {"behaviour": "mail", "values": {"income": "worth"}}},
            "contacts": {"some": SEND | {"periods": 1, "at_most": 600, "first": first}},
            "arms": {"silence": {"changes": NOTHING, "contacts": []}, "mail": {"changes": NOTHING}},
        }
        outcome = twinfold.simulate(rich, scenario, behaviours={"mail": mailing}, draws=20)
        assert outcome.of("mail", "income").gain.value == pytest.approx(best, rel=1e-3)
    scenario["decisions"]["visit"]["asked"] = "contacted"  # nobody comes by themselves: all of it is gained
    outcome = twinfold.simulate(rich, scenario, behaviours={"mail": mailing}, draws=20)
    most = np.sort(two * rich["worth"].to_numpy())[-600:].sum()
    assert outcome.of("mail", "income").gain.value == pytest.approx(most, rel=1e-3)


def test_who_is_drawn_by_lot_is_the_same_in_every_arm(people, mailing):
    arms = {"one": {"changes": NOTHING}, "other": {"changes": NOTHING}}
    outcome = run(people, mailing, {"some": SEND | {"periods": 1, "at_most": 600}}, arms=arms)
    assert outcome.of("other", "contacts").gain.value == 0
    assert outcome.arms[1].winners["contacts"] == (0.0, 0.0)
