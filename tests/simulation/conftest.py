"""Small behaviours of made-up worlds, each learned once."""

import numpy as np
import polars as pl
import pytest
from scipy.special import expit

import twinfold
from known_worlds import make_mailing, make_offers

CUSTOMERS = 3_000


@pytest.fixture(scope="session")
def offers() -> twinfold.Behaviour:
    """Take-up of a rate, drawn by lot within risk classes."""
    asked = {"kind": "response", "outcome": "taken", "treatment": "rate", "strata": ["risk"], "covariates": ["age"]}
    return twinfold.calibrate(make_offers(6_000, 0).frame, asked)


@pytest.fixture(scope="session")
def customers() -> pl.DataFrame:
    """Who may be offered a rate: each theirs."""
    return make_offers(CUSTOMERS, 1).frame.drop("taken", "amount")


@pytest.fixture(scope="session")
def mailing() -> twinfold.Behaviour:
    """Visits after one of two messages, or none, by lot."""
    frame = make_mailing(9_000, 0, {"none": 0.0, "one": 0.05, "two": 0.1})
    return twinfold.calibrate(frame, {"kind": "response", "outcome": "visit", "treatment": "arm"})


@pytest.fixture(scope="session")
def people() -> pl.DataFrame:
    """Who may be sent a message."""
    return make_mailing(CUSTOMERS, 1, {"none": 0.0}).drop("visit", "arm")


def leaving_score(month: np.ndarray, wealth: np.ndarray, fee: np.ndarray) -> np.ndarray:
    """The log odds of leaving in a month."""
    return -2.5 - 0.1 * month + 0.5 * wealth + 0.6 * fee


@pytest.fixture(scope="session")
def leaving() -> twinfold.Behaviour:
    """When customers leave, by month, and what a fee does to it."""
    rng = np.random.default_rng(0)
    rows, wealth, fee = [], rng.normal(size=5_000), rng.integers(0, 2, 5_000).astype(float)
    here = np.ones(5_000, bool)
    for month in range(12):
        goes = here & (rng.random(5_000) < expit(leaving_score(month, wealth, fee)))
        frame = pl.DataFrame({"who": np.arange(5_000), "wealth": wealth, "fee": fee, "left": goes.astype(int)})
        rows.append(frame.with_columns(month=pl.lit(month)).filter(pl.Series(here)))
        here &= ~goes
    asked = {"kind": "hazard", "outcome": "left", "time": "month", "treatment": "fee", "customer": "who"}
    return twinfold.calibrate(pl.concat(rows), asked)


@pytest.fixture(scope="session")
def savers() -> pl.DataFrame:
    """Who may leave."""
    return pl.DataFrame({"wealth": np.random.default_rng(1).normal(size=CUSTOMERS)})


@pytest.fixture(scope="session")
def cards() -> twinfold.Behaviour:
    """Which of two cards each of 200 customers takes."""
    rng = np.random.default_rng(0)
    who = np.repeat(np.arange(200), 12)
    tastes = np.array([-0.8, 0.5]) + rng.normal(size=(200, 2)) * [0.5, 0.3]
    pairs = rng.integers(-2, 3, (len(who), 2)).astype(float)
    took = rng.random(len(who)) < expit((pairs * tastes[who]).sum(axis=1))
    frame = pl.DataFrame({"who": who, "fee": pairs[:, 0], "points": pairs[:, 1], "took": took.astype(int)})
    asked = {"kind": "choice", "outcome": "took", "customer": "who", "attributes": ["fee", "points"]}
    return twinfold.calibrate(frame, asked)


@pytest.fixture(scope="session")
def buying() -> twinfold.Behaviour:
    """How often customers buy again, and for how much."""
    rng = np.random.default_rng(0)
    rows = []
    for who in range(1_200):
        day, pace = float(rng.integers(0, 60)), rng.gamma(1.0, 20.0) + 3
        while day < 200:
            rows.append((who, int(day), float(rng.gamma(4, 8))))
            if rng.random() < 0.1:
                break
            day += 1 + rng.exponential(pace)
    frame = pl.DataFrame(rows, schema=["who", "day", "amount"], orient="row").unique(["who", "day"])
    return twinfold.calibrate(frame, {"kind": "lifetime", "customer": "who", "time": "day", "outcome": "amount"})
