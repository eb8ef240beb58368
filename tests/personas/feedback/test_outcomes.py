"""What customers do is read off columns, formulas, conditions, histories and behaviours."""

import numpy as np
import polars as pl
import pytest

import twinfold
from known_worlds import make_mailing
from twinfold.personas.feedback.outcomes import read_outcomes
from twinfold.personas.people import read_people
from twinfold.tables.reading import read


@pytest.fixture(scope="module")
def people():
    rng = np.random.default_rng(0)
    return read_people(
        read(
            pl.DataFrame(
                {
                    "customer_id": np.arange(600),
                    "age": rng.integers(18, 90, 600),
                    "spent": rng.gamma(2, 50, 600).round(2),
                    "left": rng.choice(["Yes", "no", None], 600, p=[0.2, 0.7, 0.1]),
                    "active": rng.integers(0, 2, 600),
                    "status": rng.choice(["open", "closed", "frozen"], 600),
                    "gone": rng.random(600) < 0.3,
                }
            )
        )
    )


@pytest.mark.parametrize(
    ("asked", "name", "expected"),
    [
        ("left", "left", lambda f: f["left"].replace({"Yes": "1", "no": "0"}).cast(pl.Float64)),
        ("gone", "gone", lambda f: f["gone"].cast(pl.Float64)),
        ("quiet = 1 - active", "quiet", lambda f: 1.0 - f["active"]),
        ("closes: status = 'closed'", "closes", lambda f: (f["status"] == "closed").cast(pl.Float64)),
        ("stay away : status != 'open' and age > 40", "stay away", lambda f: (f["status"] != "open") & (f["age"] > 40)),
    ],
)
def test_yes_and_no_is_read_as_it_is_written(people, asked, name, expected):
    [outcome], _ = read_outcomes([asked], people, {})
    assert (outcome.name, outcome.share) == (name, True)
    truth = expected(people.frame).cast(pl.Float64).fill_null(float("nan")).to_numpy()
    np.testing.assert_array_equal(outcome.values, truth)


def test_numbers_are_no_shares(people):
    [outcome], _ = read_outcomes(["spent"], people, {})
    assert not outcome.share
    assert outcome.values.tolist() == people.frame["spent"].to_list()


def test_who_is_who_is_not_told_by_what_they_do(people):
    _, rest = read_outcomes(["left", "quiet = 1 - active", "closes: status = 'closed'"], people, {})
    assert {feature.name for feature in rest.features} == {"age", "spent", "gone"}
    assert rest.every == people.every


def test_rows_over_time_are_counted(bank):
    people = read_people(read(bank))
    [number, fewer], _ = read_outcomes(["number of payments", "slackens = 'fewer payments'"], people, {})
    assert number.values.sum() == bank["payments"].height
    day = bank["payments"]["day"]
    middle = day.min() + (day.max() - day.min()) / 2
    early = (day < middle).sum()
    assert fewer.values.sum() == pytest.approx(2 * early - len(day), abs=30)


def test_a_behaviour_says_what_is_expected():
    lifts = {"none": 0.0, "letter": 0.1}
    specification = {"kind": "response", "outcome": "visit", "treatment": "arm"}
    learned = twinfold.calibrate(make_mailing(4_000, 0, lifts), specification)
    people = read_people(read(make_mailing(500, 1, lifts).drop("visit")))
    [outcome], _ = read_outcomes(["visits"], people, {"visits": learned})
    assert outcome.name == "visits"
    np.testing.assert_allclose(outcome.values, learned.forecast(people.frame).prediction)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (["lft"], "did you mean 'left'"),
        (["status"], "outcome 'status' is not known"),
        (["x ="], "give a name with a formula or a condition"),
        (["x = __import__('os')"], "is no formula"),
        (["x = spnt"], "did you mean 'spent'"),
        (["x: status = 'none'"], "closed|same for everybody"),
        (["x = 1"], "same for everybody"),
        (["left", "left"], "named twice"),
    ],
)
def test_what_is_not_accepted_is_told(people, asked, message):
    with pytest.raises(twinfold.TwinfoldError, match=message):
        read_outcomes(asked, people, {})
