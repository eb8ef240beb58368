"""Customers whose law is known, so that what synthetic ones must show is known too."""

from collections.abc import Callable, Iterator

import numpy as np
import polars as pl
import pytest

from twinfold.evaluation import boosting
from twinfold.evaluation.alignment import Aligned, align
from twinfold.tables.reading import read


@pytest.fixture(autouse=True, scope="module")
def few_rounds() -> Iterator[None]:
    """Smaller boosters than real tables get, for speed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(boosting, "_ROUNDS", 60)
        yield


JOBS = ["clerk", "nurse", "miner", "none"]


def draw_customers(rows: int, seed: int) -> pl.DataFrame:
    """Customers who leave by three columns of six; `worth` is an amount that depends on two."""
    rng = np.random.default_rng(seed)
    age, income, visits = rng.normal(45, 12, rows), rng.lognormal(8, 0.5, rows), rng.poisson(3, rows)
    job, noise = rng.integers(4, size=rows), rng.normal(size=(rows, 2))
    odds = -1.6 + (age - 45) / 10 - 1.2 * (np.log(income) - 8) / 0.5 + np.array([0.8, 0, -0.8, 0])[job]
    return pl.DataFrame(
        {
            "age": age.round(1),
            "income": income.round(0),
            "visits": visits,
            "job": np.array(JOBS)[job],
            "noise": noise[:, 0].round(3),
            "hum": noise[:, 1].round(3),
            "leaves": np.where(rng.random(rows) < 1 / (1 + np.exp(-odds)), "yes", "no"),
            "worth": (np.exp(rng.normal(2, 0.4, rows)) * (1 + visits) + income / 200).round(2),
        }
    )


def aligned_with(synthetic: pl.DataFrame, *, without: str = "worth", rows: int = 1000) -> Aligned:
    """Real customers of two draws, and synthetic ones, without one of the two targets."""
    train = read(draw_customers(rows, 1).drop(without))
    kept, drawn = (read(each.drop(without), schema=train.schema) for each in (draw_customers(1500, 2), synthetic))
    return align(train, kept, drawn, rng=np.random.default_rng(0))


@pytest.fixture(scope="session")
def customers() -> Callable[[int, int], pl.DataFrame]:
    """A function that draws so many customers by a seed."""
    return draw_customers


@pytest.fixture(scope="session")
def beside() -> Callable[..., Aligned]:
    """A function that puts synthetic customers beside two draws of real ones."""
    return aligned_with
