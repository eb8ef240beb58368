"""Real rows to evaluate on, cut into parts that share no person."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from twinfold.tables.dataset import Dataset
from twinfold.tables.reading import read

DATA = Path(__file__).parents[2] / ".." / "shared" / "data"


@pytest.fixture(scope="session")
def bank() -> pl.DataFrame:
    """Portuguese bank customers in a random order."""
    folder = DATA / "bank_marketing"
    if not folder.is_dir():
        pytest.skip("the shared data is not here")
    rows = pl.concat([pl.read_parquet(folder / f"{part}.parquet") for part in ("train", "holdout")])
    return rows[np.random.default_rng(0).permutation(rows.height)]


@pytest.fixture(scope="session")
def parts(bank: pl.DataFrame) -> tuple[Dataset, Dataset, Dataset]:
    """Train, holdout and independent rows, 4,000 of each."""
    train = read(bank[:4000])
    return train, *(read(bank[a : a + 4000], schema=train.schema) for a in (4000, 8000))
