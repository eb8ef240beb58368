"""A bank that is simulated: customers whose payments follow each other, with cards that have swipes of their own."""

from collections.abc import Callable

import numpy as np
import polars as pl
import pytest

from twinfold.tables.dataset import Dataset
from twinfold.tables.reading import read

Tables = dict[str, pl.DataFrame]
CUSTOMERS = 900


def simulate(seed: int, customers: int = CUSTOMERS) -> Tables:
    """Customers of three segments: how many payments, how large and by which channel hangs on the segment; an amount
    and a channel on the ones before."""
    rng = np.random.default_rng(seed)
    ids = np.arange(customers) + 10_000 * (seed + 1)
    segment = rng.integers(0, 3, customers)
    opened = rng.integers(15_000, 17_000, customers)
    count = rng.poisson(np.array([3, 6, 10])[segment])
    owner = np.repeat(np.arange(customers), count)
    place = np.concatenate([np.arange(n) for n in count])
    level = np.empty(len(owner))
    channel = np.empty(len(owner), np.int64)
    day = np.empty(len(owner), np.int64)
    for row, (who, k) in enumerate(zip(owner, place, strict=True)):
        usual = 2.5 + segment[who]
        level[row] = rng.normal(usual, 0.8) if k == 0 else usual + 0.8 * (level[row - 1] - usual) + rng.normal(0, 0.5)
        channel[row] = rng.integers(0, 4) if k == 0 or rng.random() < 0.2 else channel[row - 1]
        day[row] = (opened[who] if k == 0 else day[row - 1]) + rng.geometric(0.05)
    amount = np.round(np.exp(level), 2)
    fee = np.round(rng.lognormal(0, 0.3, len(owner)), 2)
    cards = rng.integers(0, 3, customers)
    holder = np.repeat(np.arange(customers), cards)
    swipes = rng.integers(0, 5, len(holder))
    return {
        "customers": pl.DataFrame(
            {
                "customer_id": ids,
                "segment": np.array(["basic", "silver", "gold"])[segment],
                "age": rng.integers(18, 90, customers),
                "opened": pl.Series(opened).cast(pl.Int32).cast(pl.Date),
            }
        ),
        "payments": pl.DataFrame(
            {
                "customer_id": ids[owner],
                "paid_on": pl.Series(day).cast(pl.Int32).cast(pl.Date),
                "amount": amount,
                "fee": fee,
                "total": np.round(amount + fee, 2),
                "channel": np.array(["web", "desk", "app", "phone"])[channel],
            }
        ),
        "cards": pl.DataFrame(
            {
                "card_id": np.arange(len(holder)) + 100_000 * (seed + 1),
                "customer_id": ids[holder],
                "kind": np.array(["debit", "credit", "travel"])[np.maximum(segment[holder] - 1, 0)],
            }
        ),
        "swipes": pl.DataFrame(
            {
                "card_id": np.repeat(np.arange(len(holder)) + 100_000 * (seed + 1), swipes),
                "shop": rng.choice(["grocer", "fuel", "travel"], swipes.sum()),
            }
        ),
    }


@pytest.fixture(scope="session")
def train() -> Tables:
    return simulate(0)


@pytest.fixture(scope="session")
def holdout() -> Tables:
    return simulate(1)


@pytest.fixture(scope="session")
def other() -> Tables:
    """A third draw of the same process: the best that a synthetic bank could be."""
    return simulate(2)


@pytest.fixture(scope="session")
def dataset(train: Tables) -> Callable[[Tables], Dataset]:
    """Reads tables by the schema of the train tables."""
    schema = read(train).schema
    return lambda tables: read(tables, schema=schema)
