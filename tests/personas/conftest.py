"""People of three kinds that are planted, and people of none."""

import numpy as np
import polars as pl
import pytest

from known_worlds import make_kinds


@pytest.fixture(scope="session")
def crowd() -> tuple[pl.DataFrame, np.ndarray]:
    return make_kinds(3_000, 0)


@pytest.fixture(scope="session")
def nobody_special() -> pl.DataFrame:
    """Columns that have nothing to do with each other."""
    rng = np.random.default_rng(0)
    return pl.DataFrame({name: rng.normal(size=2_000) for name in "abcdef"})


@pytest.fixture(scope="session")
def bank() -> dict[str, pl.DataFrame]:
    """Savers, who seldom pay, and spenders, who pay more and more, with the payments of each."""
    rng = np.random.default_rng(0)
    spends = rng.random(800) < 0.4
    people = pl.DataFrame(
        {"customer_id": np.arange(800), "income": rng.normal(np.where(spends, 3.0, 2.0), 0.3).round(2)}
    )
    count = rng.poisson(np.where(spends, 12, 2))
    owner = np.repeat(np.arange(800), count)
    day = np.where(spends[owner], 800 * rng.beta(3, 1, len(owner)), 800 * rng.random(len(owner))).astype(int)
    shop = np.where(spends[owner] & (rng.random(len(owner)) < 0.8), "travel", "grocer")
    payments = pl.DataFrame(
        {
            "customer_id": owner,
            "day": pl.Series(day + 18_000).cast(pl.Int32).cast(pl.Date),
            "shop": shop,
            "amount": rng.gamma(2, 20, len(owner)).round(2),
        }
    )
    return {"customers": people, "payments": payments}
