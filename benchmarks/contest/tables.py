"""The real tables of the benchmarks, and how they are cut into rows to learn and rows kept back."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from contest.environments import ROOT, SHARED

CACHE = ROOT / ".bench-cache"
GIVEN = "given"
"""The split that came with a table, in the place of a seed."""


@dataclass(frozen=True)
class Table:
    """A real table.

    Attributes:
        files: under `../shared/data`, their rows pooled; of two, the first is the given train, the second the holdout.
        target: the column that others shall predict.
        drop: identifiers.
        rows: as many are taken, at random, where the whole table would cost the peers too much.
    """

    name: str
    files: tuple[str, ...]
    target: str
    drop: tuple[str, ...] = ()
    rows: int | None = None

    def read(self) -> list[pl.DataFrame]:
        """One frame a file. Text that is all numbers and blanks is made numbers, as any analyst would first."""
        frames = [pl.read_parquet(SHARED / "data" / file).drop(self.drop) for file in self.files]
        if self.name == "telco_churn":
            frames = [frame.with_columns(pl.col("TotalCharges").cast(pl.Float64, strict=False)) for frame in frames]
        return frames


TABLES = {
    table.name: table
    for table in (
        Table("adult", ("adult/train.parquet", "adult/holdout.parquet"), "income"),
        Table("bank_marketing", ("bank_marketing/train.parquet", "bank_marketing/holdout.parquet"), "y"),
        Table("german_credit", ("german_credit/german.parquet",), "creditability"),
        Table("telco_churn", ("telco_churn/telco.parquet",), "Churn", drop=("customerID",)),
        Table("card_fraud", ("card_fraud/transactions.parquet",), "Class"),
        Table(
            "give_me_some_credit",
            ("give_me_some_credit/train.parquet",),
            "SeriousDlqin2yrs",
            drop=("Unnamed: 0",),
            rows=50_000,
        ),
    )
}


@dataclass(frozen=True)
class Split:
    """A table cut in two: `train.parquet` and `holdout.parquet` in a folder that keeps what was made of them."""

    table: Table
    seed: int | str

    @property
    def folder(self) -> Path:
        """Where the split lies, with the peers' outputs and scores beside it: they depend on nothing else."""
        return CACHE / self.table.name / f"split-{self.seed}"

    @property
    def train(self) -> Path:
        """What is learned."""
        return self.folder / "train.parquet"

    @property
    def holdout(self) -> Path:
        """What is kept back."""
        return self.folder / "holdout.parquet"

    @property
    def categorical(self) -> str:
        """The target, which may be stored as a number."""
        return self.table.target


def split(name: str, seed: int | str) -> Split:
    """The table `name` cut into halves at random, or, for the seed "given", as it came."""
    made = Split(TABLES[name], seed)
    if made.holdout.exists():
        return made
    frames = made.table.read()
    if seed != GIVEN:
        pooled = pl.concat(frames)
        order = np.random.default_rng(int(seed)).permutation(pooled.height)[: made.table.rows]
        half = len(order) // 2
        frames = [pooled[order[:half]], pooled[order[half:]]]
    if len(frames) != 2:
        raise SystemExit(f"{name} came whole: give a seed to split it by, not {GIVEN!r}")
    made.folder.mkdir(parents=True, exist_ok=True)
    train, holdout = frames
    train.write_parquet(made.train)
    holdout.write_parquet(made.holdout)
    return made
