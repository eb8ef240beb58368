"""An effect that the data can't say, assumed by the user: added to what is expected anyway, and called so."""

import numpy as np
import polars as pl
import pytest

from known_worlds import make_offers
from twinfold import DataError, SpecificationError, calibrate, forecast, load_behaviour, save_behaviour
from twinfold.behaviour.specification import make_specification

FEE = {
    "kind": "response",
    "outcome": "taken",
    "treatment": "fee",
    "afterwards": ["amount"],
    "assumed": {"effect": -0.02, "lower": -0.04, "upper": -0.01, "usual": 5},
}


@pytest.fixture(scope="module")
def behaviour():
    return calibrate(make_offers(6_000, 0).frame, make_specification(FEE))


def test_the_assumed_number_is_added_with_its_interval(behaviour):
    rows = make_offers(500, 1).frame.drop("taken", "amount")
    usual, dearer, free = (forecast(behaviour, rows.with_columns(fee=pl.lit(fee))) for fee in (5.0, 6.0, 0.0))
    assert set(usual["identification"]) == {"assumed"}
    likely = usual["prediction"].to_numpy() > 0.05
    apart = (dearer["prediction"] - usual["prediction"]).to_numpy()[likely]
    assert apart == pytest.approx(np.full(likely.sum(), -0.02))
    assert (free["prediction"] - usual["prediction"]).to_numpy() == pytest.approx(0.1)
    width = [(f["upper"] - f["lower"]).mean() for f in (usual, dearer, free)]
    assert width[0] < width[1] < width[2]
    assert (dearer["lower"] >= 0).all()


def test_a_gain_is_what_is_assumed(behaviour):
    rows = make_offers(500, 1).frame.drop("taken", "amount")
    found = behaviour.gain(rows, 3, instead=5)
    assert found.identification == "assumed"
    assert (found.value, found.lower, found.upper) == pytest.approx((0.04, 0.02, 0.08))
    assert found.in_support == 0  # nobody ever had it


def test_what_can_not_be_is_said(behaviour):
    rows = make_offers(500, 1).frame.drop("taken", "amount").with_columns(fee=pl.lit(100.0))
    assert any("cut there" in note for note in behaviour.forecast(rows).notes)
    silly = FEE | {"assumed": FEE["assumed"] | {"effect": 2, "lower": 0, "upper": 3}}
    with pytest.raises(DataError, match="an effect of 3 is assumed on an outcome of 0 and 1"):
        calibrate(make_offers(1_000, 0).frame, silly)


def test_it_is_wide_to_the_side_where_the_user_is_not_sure(behaviour):
    rows = make_offers(500, 1).frame.drop("taken", "amount").with_columns(fee=pl.lit(0.0))
    found = forecast(behaviour, rows)
    assert (found["upper"] - found["prediction"]).mean() > 1.5 * (found["prediction"] - found["lower"]).mean()


def test_a_label_can_be_assumed_about_and_no_other(tmp_path):
    asked = FEE | {"treatment": "mail", "assumed": FEE["assumed"] | {"usual": "letter", "arm": "gift"}}
    made = calibrate(make_offers(3_000, 2).frame, make_specification(asked))
    save_behaviour(made, tmp_path / "a.behaviour")
    rows = make_offers(3, 3).frame.drop("taken", "amount").with_columns(mail=pl.Series(["letter", "gift", "visit"]))
    found = forecast(load_behaviour(tmp_path / "a.behaviour"), rows)
    assert found.equals(forecast(made, rows))
    assert found["identification"].to_list() == ["assumed", "assumed", "not identified"]
    assert found["prediction"].is_null().to_list() == [False, False, True]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"effect": 0.5}, "lies outside"),
        ({"usual": "letter"}, "is a label; name the arm"),
        ({"effect": float("nan")}, "finite"),
    ],
)
def test_what_can_not_be_assumed_is_said(change, message):
    with pytest.raises(SpecificationError, match=message):
        make_specification(FEE | {"assumed": FEE["assumed"] | change})
