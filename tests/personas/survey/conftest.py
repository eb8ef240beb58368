"""Customers, what they decide, and a questionnaire of every kind."""

import numpy as np
import polars as pl
import pytest

import twinfold
from known_worlds import make_kinds, make_mailing, make_offers

SCALE = ["very unlikely", "unlikely", "neither", "likely", "very likely"]


@pytest.fixture(scope="session")
def customers() -> pl.DataFrame:
    """Nine hundred of three kinds, who do not weigh alike."""
    frame, _ = make_kinds(900, 0)
    rng = np.random.default_rng(1)
    return frame.with_columns(weight=pl.Series(rng.lognormal(0, 0.7, 900).round(3)))


@pytest.fixture(scope="session")
def offers() -> twinfold.Behaviour:
    """Take-up of a rate, drawn by lot within risk classes."""
    asked = {"kind": "response", "outcome": "taken", "treatment": "rate", "strata": ["risk"], "covariates": ["age"]}
    return twinfold.calibrate(make_offers(4_000, 0).frame, asked)


@pytest.fixture(scope="session")
def amounts() -> twinfold.Behaviour:
    """How much is borrowed at a rate."""
    asked = {"kind": "response", "outcome": "amount", "treatment": "rate", "strata": ["risk"], "covariates": ["age"]}
    return twinfold.calibrate(make_offers(4_000, 0).frame, asked)


@pytest.fixture(scope="session")
def borrowers() -> pl.DataFrame:
    """Who may be offered a rate."""
    return make_offers(1_500, 1).frame.drop("taken", "amount", "rate", "id")


@pytest.fixture(scope="session")
def mailing() -> twinfold.Behaviour:
    """Visits after a letter, or none, by lot."""
    frame = make_mailing(6_000, 0, {"none": 0.0, "letter": 0.1})
    return twinfold.calibrate(frame, {"kind": "response", "outcome": "visit", "treatment": "arm"})
