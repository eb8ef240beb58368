"""What is drawn adds up, and its labels read as people write."""

import numpy as np
import polars as pl
import pytest

from twinfold.evaluation import fidelity
from twinfold.evaluation.alignment import align
from twinfold.evaluation.comparison import compare_columns, compare_pairs
from twinfold.evaluation.finding import ColumnComparison, PairComparison
from twinfold.tables.dataset import Dataset
from twinfold.tables.reading import read


def compare(*tables: Dataset) -> tuple[dict[str, ColumnComparison], tuple[PairComparison, ...]]:
    aligned = align(*tables, rng=np.random.default_rng(0))
    compared = fidelity.compare(aligned, rng=np.random.default_rng(0))
    return {c.name: c for c in compare_columns(aligned, compared)}, compare_pairs(aligned, compared)


def test_every_column_and_a_dozen_pairs_are_compared(parts: tuple[Dataset, Dataset, Dataset]) -> None:
    columns, pairs = compare(*parts)
    assert list(columns) == parts[0].single()[1].columns
    for column in columns.values():
        assert len(column.labels) == (len(column.edges) if column.edges else len(column.real))
        assert len(column.labels) <= 26
        for shares, missing in ((column.real, column.real_missing), (column.synthetic, column.synthetic_missing)):
            assert sum(shares) + (0 if column.edges else missing) == pytest.approx(1)
    assert len(pairs) == 12
    assert len({(pair.first, pair.second) for pair in pairs}) == 12
    assert ("pdays", "poutcome") in {(pair.first, pair.second) for pair in pairs}  # known only of earlier campaigns
    for pair in pairs:
        assert 0 <= pair.strength <= 1
        for grid in (np.array(pair.real), np.array(pair.synthetic)):
            assert grid.shape == (len(pair.first_labels), len(pair.second_labels))
            assert max(grid.shape) <= 8
            assert grid.sum() == pytest.approx(1)


def table(n: int = 600) -> pl.DataFrame:
    rng = np.random.default_rng(0)
    return pl.DataFrame(
        {
            "opened": pl.Series(rng.integers(16_000, 19_000, n)).cast(pl.Date),
            "amount": np.where(rng.random(n) < 0.25, np.nan, np.exp(rng.normal(3, 2, n)).round(2)),
            "city": [f"city {k}" for k in np.minimum(rng.geometric(0.05, n), 40)],
            "visits": rng.integers(0, 5, n) * 10,
        }
    ).with_columns(pl.col("amount").fill_nan(None), pl.when(pl.col("city") != "city 1").then("city").alias("city"))


def test_long_tails_many_levels_and_missing_values_fit_in_a_picture() -> None:
    real = read(table())
    columns, _ = compare(real, real, real)
    city, amount, opened = columns["city"], columns["amount"], columns["opened"]
    assert len(city.labels) == 20
    assert city.labels[-1] == "(other)"
    assert "(missing)" not in city.labels
    assert city.real_missing > 0
    assert sum(amount.real) == pytest.approx(1)
    assert 0.2 < amount.real_missing < 0.3
    assert opened.labels[0] == "2013-10-24" or opened.labels[0].startswith("2013-")
    assert opened.real == opened.synthetic


def test_whole_numbers_are_cut_so_that_no_comb_shows() -> None:
    uniform = pl.DataFrame({"x": np.arange(30_000) % 1000, "a": ["p", "q"] * 15_000})
    real = read(uniform)
    shares = np.array(compare(real, real, real)[0]["x"].real)[1:-1]
    assert shares.max() == pytest.approx(shares.min(), rel=0.01)


def test_values_beyond_the_real_ones_land_in_the_end_bins() -> None:
    real = read(table())
    wild = read(table().with_columns(amount=pl.lit(1e9)), schema=real.schema)
    columns, pairs = compare(real, real, wild)
    assert columns["amount"].synthetic[-1] == 1
    assert all(np.array(pair.synthetic).sum() == pytest.approx(1) for pair in pairs)


def test_no_label_shows_a_level_or_a_number_of_few_real_rows() -> None:
    rng = np.random.default_rng(0)
    rows = pl.DataFrame(
        {
            "job": ["clerk"] * 150 + ["nurse"] * 145 + ["bishop"] * 4 + [None],
            "income": [987_654_321, *[-7_777] * 4, *rng.integers(20_000, 90_000, 295)],
            "opened": pl.Series([-21_485, *rng.integers(17_000, 19_000, 299)]).cast(pl.Date),
            "rate": [1e9 + 0.37, *rng.normal(5, 1, 299)],
            "hardly": [4321.5, 8765.25, *[None] * 298],
        }
    )
    real = read(rows)
    columns, pairs = compare(real, real, real)
    assert columns["job"].labels == ("clerk", "nurse", "(other)")
    for name in ("income", "opened", "rate"):
        edges, values = columns[name].edges, rows[name].cast(pl.Float64).sort()
        assert edges is not None
        step = edges[1] - edges[0]
        assert values[9] - step <= edges[0] < edges[-1] <= values[-10] + step
        assert sum(columns[name].real) == pytest.approx(1)
        if name != "opened":  # of three hundred days in two thousand some are round
            assert set(edges).isdisjoint(values)
    shown = " ".join([*(label for c in columns.values() for label in c.labels)])
    shown += " ".join(label for pair in pairs for label in (*pair.first_labels, *pair.second_labels))
    assert [word for word in ("bishop", "987", "7,777", "1911", "4321", "8765") if word in shown] == []


def test_what_a_single_customer_has_many_rows_of_is_neither_named_nor_at_an_edge() -> None:
    rng = np.random.default_rng(0)
    owner = np.repeat(np.arange(300), 4)
    amount, shop = rng.uniform(0, 100, 1200), rng.choice(["grocer", "fuel"], 1200)
    amount[:40], shop[:40], owner[:40] = 9_999.0, "bishop", 0
    real = read(pl.DataFrame({"amount": amount.round(1), "shop": shop}))
    for owners, named in ((None, True), ((owner, owner, owner), False)):
        aligned = align(real, real, real, rng=np.random.default_rng(0), owners=owners)
        compared = fidelity.compare(aligned, rng=np.random.default_rng(0))
        columns = {column.name: column for column in compare_columns(aligned, compared)}
        assert ("bishop" in columns["shop"].labels) is named
        edges = columns["amount"].edges
        assert edges is not None
        assert (edges[-1] > 9_000) is named
