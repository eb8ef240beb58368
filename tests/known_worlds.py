"""Made-up worlds whose truth is known: who is offered what, and what each customer would do."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy.special import expit


@dataclass(frozen=True)
class Offers:
    """Offers of a rate, drawn by lot within classes or not, and the chance that each was taken up."""

    frame: pl.DataFrame
    chance: np.ndarray


def make_offers(
    rows: int, seed: int, *, slope: float = -0.2, confounded: bool = False, age_effect: float = 0.3
) -> Offers:
    """Customers of three classes whose rates differ by class; with `confounded`, by age as well."""
    rng = np.random.default_rng(seed)
    risk = rng.integers(0, 3, rows)
    age = rng.normal(45, 12, rows).round()
    rate = 5 + 1.5 * risk + rng.uniform(0, 5, rows)
    if confounded:
        rate += 0.1 * (age - 45)
    score = -1.5 - 0.5 * risk + slope * (rate - 8) + age_effect * (age - 45) / 12
    taken = rng.random(rows) < expit(score)
    frame = pl.DataFrame(
        {
            "id": np.arange(rows),
            "risk": np.array(["low", "medium", "high"])[risk],
            "age": age.astype(np.int64),
            "rate": rate.round(2),
            "amount": np.where(taken, rng.integers(1, 50, rows) * 100, 0),
            "taken": taken.astype(np.int64),
        }
    )
    return Offers(frame, expit(score))


def make_mailing(rows: int, seed: int, lifts: dict[str, float]) -> pl.DataFrame:
    """A mailing of arms by lot; a visit is by so much likelier in each, and by twice as much for women."""
    rng = np.random.default_rng(seed)
    arms = sorted(lifts)
    arm = rng.integers(0, len(arms), rows)
    woman = rng.integers(0, 2, rows)
    chance = 0.1 + np.array([lifts[a] for a in arms])[arm] * np.where(woman, 4 / 3, 2 / 3)
    return pl.DataFrame(
        {
            "woman": woman,
            "city": np.array(["Brno", "Olomouc", "Praha"])[rng.integers(0, 3, rows)],
            "arm": np.array(arms)[arm],
            "visit": (rng.random(rows) < chance).astype(np.int64),
        }
    )


LETTERS = {"name": "mail", "outcome": "y", "treatment": "arm", "arms": ["none", "men", "women"], "customer": "id"}
"""The experiment that `make_letters` gives results of."""


def make_letters(
    rows: int, seed: int, lifts: tuple[float, ...] = (0.0, 0.0, 0.0), *, woman: float = 0.0
) -> pl.DataFrame:
    """Customers by lot; the second arm does so much more to women."""
    rng = np.random.default_rng(seed)
    arm, female, score = rng.integers(0, 3, rows), rng.integers(0, 2, rows), rng.normal(size=rows)
    chance = 0.2 + 0.1 * np.tanh(score) + np.array(lifts)[arm] + woman * (arm == 1) * (female - 0.5)
    return pl.DataFrame(
        {
            "id": np.arange(rows),
            "score": score,
            "female": np.where(female, "yes", "no"),
            "arm": np.array(LETTERS["arms"])[arm],
            "y": (rng.random(rows) < chance).astype(int),
        }
    )


def make_kinds(count: int, seed: int) -> tuple[pl.DataFrame, np.ndarray]:
    """People of three kinds, whose age, balance, channel and products go with the kind, and town with nothing."""
    rng = np.random.default_rng(seed)
    kind = rng.choice(3, count, p=[0.5, 0.3, 0.2])
    age = np.array([22, 42, 70])[kind] + rng.normal(0, 4, count)
    balance = np.where(
        rng.random(count) < np.array([0.5, 0.02, 0.02])[kind], 0, rng.lognormal(np.array([5, 7, 9])[kind], 0.7)
    )
    mortgage = rng.random(count) < np.array([0.02, 0.9, 0.1])[kind]
    channel = [
        rng.choice(["app", "web", "branch"], p=p)
        for p in np.array([[0.9, 0.1, 0], [0.2, 0.7, 0.1], [0, 0.1, 0.9]])[kind]
    ]
    return (
        pl.DataFrame(
            {
                "age": age.round(),
                "balance": balance.round(2),
                "mortgage": np.where(mortgage, "yes", "no"),
                "channel": channel,
                "town": rng.choice(["north", "south", "east"], count),
            }
        ),
        kind,
    )
