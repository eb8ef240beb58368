"""Choices whose tastes are planted, and people who have them."""

from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
import pytest

import twinfold
from twinfold.behaviour.choice import ChoiceModel
from twinfold.behaviour.choosing import ChoosingModel
from twinfold.behaviour.evidence import Identification
from twinfold.behaviour.rows import hash_names
from twinfold.behaviour.specification import Specification

Planted = Callable[..., twinfold.Behaviour]
DRAWS = 50


def plant_choice(
    tastes: np.ndarray, attributes: tuple[str, ...] = ("fee", "points"), *, spread: float = 0.0, **more: Any
) -> twinfold.Behaviour:
    """A choice learned without any doubt of customers "C0", "C1", …, with these tastes, (customers, attributes)."""
    customers, k = tastes.shape
    names = hash_names(pl.Series([f"C{number}" for number in range(customers)]))
    order = np.argsort(names)
    model = ChoiceModel(
        coefficients=np.repeat(tastes[order][None].astype(np.float32), DRAWS, axis=0),
        mean=np.repeat(tastes.mean(axis=0)[None, None], DRAWS, axis=0),
        sigma=np.repeat(np.cov(tastes.T, ddof=0).reshape(1, k, k), DRAWS, axis=0),
        spread=np.full(DRAWS, spread),
        low=np.asarray(more.get("low", np.full(k, -3.0)), float),
        high=np.asarray(more.get("high", np.full(k, 3.0)), float),
        span=np.eye(k),
        correlation=np.zeros((0, 0)),
    )
    label = more.get("label", Identification.RANDOMISED)
    return twinfold.Behaviour(
        specification=Specification(kind="choice", outcome="took", customer="who", attributes=attributes),
        model=ChoosingModel(model, names[order], "who", attributes, label),
        columns=(),
        rows=10 * customers,
    )


@pytest.fixture(scope="session")
def planted() -> Planted:
    return plant_choice


@pytest.fixture(scope="session")
def people() -> pl.DataFrame:
    """Customers of whom the first 400 may be learned."""
    count = 1_000
    return pl.DataFrame({"who": [f"C{number}" for number in range(count)], "age": 20 + np.arange(count) % 60})


@pytest.fixture(scope="session")
def savers(planted: Planted) -> twinfold.Behaviour:
    """Of 400 customers all dislike fees and like points, each as much as they please."""
    rng = np.random.default_rng(0)
    return planted(np.array([-1.0, 0.6]) * rng.uniform(0.4, 1.6, (400, 2)))


@pytest.fixture(scope="session")
def cards() -> dict[str, Any]:
    """Three cards."""
    return {
        "title": "Three cards",
        "customer": "who",
        "concepts": [
            {"name": "Plain", "attributes": {"fee": 0, "points": 0}},
            {"name": "Gold", "description": "Points on all you buy.", "attributes": {"fee": 2, "points": 3}},
            {"name": "Silver", "attributes": {"fee": 1, "points": 1}},
        ],
    }
