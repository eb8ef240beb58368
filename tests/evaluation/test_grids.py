"""Columns are cut where their values lie, and every value finds its bin."""

import numpy as np
import polars as pl

from twinfold.evaluation.alignment import align
from twinfold.evaluation.grids import codes, cut
from twinfold.tables.reading import read

ROWS = pl.DataFrame(
    {
        "amount": [k * 0.37 for k in range(400)],
        "mostly_zero": [0.0] * 380 + [float(k) + 0.5 for k in range(20)],
        "nothing": pl.Series([None] * 400, dtype=pl.Float64),
        "city": [f"city {k % 30}" for k in range(400)],
        "sex": ["f", "m"] * 200,
    }
).with_columns(pl.when(pl.col("amount") < 390 * 0.37).then("amount").alias("amount"))


def test_bins_are_few_equally_full_and_named() -> None:
    real = read(ROWS)
    aligned = align(real, real, real, rng=np.random.default_rng(0))
    grids = {grid.feature.name: grid for grid in cut(aligned)}
    shares = {
        grid.feature.name: np.bincount(values, minlength=len(grid.labels)) / 400
        for grid, values in zip(cut(aligned), codes(cut(aligned), aligned.holdout), strict=True)
    }
    assert all(len(grid.labels) <= 8 for grid in grids.values())
    assert np.ptp(shares["amount"][:-1]) < 0.01
    assert shares["amount"][-1] == 0.025
    assert grids["amount"].labels[-1] == "(missing)"
    assert shares["mostly_zero"].sum() == 1
    assert grids["city"].labels[-1] == "(other)"
    assert set(grids["sex"].labels) == {"f", "m"}


def test_values_beyond_the_real_ones_fall_into_the_end_bins() -> None:
    real = read(ROWS)
    grid = cut(align(real, real, real, rng=np.random.default_rng(0)))[0]
    assert grid.codes(np.array([-1e9, 1e9, np.nan])).tolist() == [0, len(grid.labels) - 2, len(grid.labels) - 1]


def test_cuts_are_round_and_part_the_values_as_they_lie() -> None:
    amounts = np.random.default_rng(0).lognormal(10, 1, 400).round(2)
    real = read(pl.DataFrame({"amount": amounts}))
    [grid] = cut(align(real, real, real, rng=np.random.default_rng(0)))
    assert len(grid.cuts) == 6
    assert not np.isin(grid.cuts, amounts).any()
    assert np.ptp(np.bincount(grid.codes(amounts))) <= 2


def test_levels_that_few_rows_hold_have_no_name() -> None:
    real = read(pl.DataFrame({"job": ["clerk"] * 300 + ["nurse"] * 96 + ["bishop"] * 4}))
    [grid] = cut(align(real, real, real, rng=np.random.default_rng(0)))  # in train and holdout: eight rows
    assert grid.labels == ("clerk", "nurse", "(other)")
    assert np.bincount(grid.codes(np.array([0, 1, 2, 2]))).tolist() == [1, 1, 2]
