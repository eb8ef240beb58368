"""Rows chosen by quotas have the shares that were learned, and dependences that their model lacks."""

import numpy as np
import pytest

from twinfold.protocols import CodeColumn
from twinfold.synthesis.quotas import LEAST_CELL, Selection, learn_quotas

COLUMNS = (CodeColumn("a", 2, False), CodeColumn("b", 2, False), CodeColumn("c", 50, True), CodeColumn("y", 2, False))
SIZES = [2, 2, 50, 2]
ROWS = 6000


def uniform(rows, seed):
    rng = np.random.default_rng(seed)
    return np.stack([rng.integers(0, size, rows) for size in SIZES]).astype(np.uint16)


def learned(codes):
    drawn = uniform(4 * ROWS, 999)
    return learn_quotas(COLUMNS, codes, bins_of(codes), SIZES, drawn=drawn, weights=np.ones(4 * ROWS), seed=0)


def bins_of(codes):
    return np.ascontiguousarray(codes.T.astype(np.uint8))


def choose(quotas, wanted, seed=1):
    """Rows chosen among twice as many uniform ones, again and again until there are enough."""
    selection, kept = Selection(quotas, wanted), []
    while selection.have < wanted:
        seed += 1
        drawn = uniform(2 * wanted, seed)
        even = np.full(2 * wanted, 0.5)
        kept.append(drawn[:, selection.choose(drawn, bins_of(drawn), even, np.random.default_rng(seed))])
    return np.concatenate(kept, axis=1)


def test_shares_are_kept_closer_than_chance_would():
    quotas = learned(uniform(ROWS, 0))
    errors, chance = [], []
    for seed in range(10):
        for found, codes in ((errors, choose(quotas, ROWS, 100 * seed)), (chance, uniform(ROWS, seed + 50))):
            counts = np.bincount(codes[2], minlength=50)
            found.append(np.abs(counts - np.bincount(uniform(ROWS, 0)[2], minlength=50)).mean())
    assert np.mean(errors) < 0.4 * np.mean(chance)


def test_a_dependence_of_two_columns_that_the_model_lacks_comes_in():
    real = uniform(ROWS, 0)
    real[3] = np.where(np.random.default_rng(1).random(ROWS) < 0.7, real[0], real[3])
    chosen = choose(learned(real), ROWS)
    assert (chosen[0] == chosen[3]).mean() == pytest.approx((real[0] == real[3]).mean(), abs=0.015)


def test_how_often_two_values_met_by_chance_is_not_kept():
    """It would give away who was learned. Here `a` and `b` are independent, in truth and in the model."""
    kept, chance = [], []
    for seed in range(20):
        real = uniform(ROWS, seed)
        quotas = learned(real)
        for number, pair in enumerate(quotas.pairs):
            if set(pair) == {0, 1}:
                first = quotas.cell_first[len(COLUMNS) + number] - len(quotas.shares)
                kept.append(quotas.pair_shares[first] - 0.25)
                chance.append(((real[0] == 0) & (real[1] == 0)).mean() - 0.25)
    assert len(kept) > 5
    assert np.polyfit(chance, kept, 1)[0] < 0.4  # kept as it was, it would be 1


def test_a_dependence_of_three_columns_comes_in_by_the_trees():
    """Neither `a` nor `b` says anything about `y`: which of both it is says much."""
    real = uniform(ROWS, 0)
    odd = real[0] ^ real[1]
    real[3] = np.where(np.random.default_rng(1).random(ROWS) < 0.5, odd, real[3])
    real[0] = np.where(
        np.random.default_rng(2).random(ROWS) < 0.02, real[3], real[0]
    )  # a first split must gain a little
    chosen = choose(learned(real), ROWS)
    share = ((real[0] ^ real[1]) == real[3]).mean()
    assert share > 0.73
    assert ((chosen[0] ^ chosen[1]) == chosen[3]).mean() == pytest.approx(share, abs=0.03)


def test_no_share_stands_for_fewer_than_ten_rows():
    real = uniform(ROWS, 0)
    real[2, real[2] == 7] = 8
    real[2, :9] = 7
    arrays = learned(real).arrays()
    for name in ("shares", "pair_shares", "leaf_shares"):
        kept = arrays[name][arrays[name] > 0]
        assert len(kept)
        assert kept.min() * ROWS >= LEAST_CELL - 0.01
    assert arrays["shares"][2 + 2 + 7] == 0


def test_few_rows_are_chosen_too():
    quotas = learned(uniform(ROWS, 0))
    assert choose(quotas, 1).shape == (4, 1)
    assert choose(quotas, 7).shape == (4, 7)


def test_a_column_that_hardly_varies_has_no_trees():
    real = uniform(ROWS, 0)
    real[3] = 0
    real[3, :5] = 1
    assert 3 not in learned(real).target


def test_the_same_seed_learns_the_same():
    first, second = (learned(uniform(ROWS, 0)).arrays() for _ in range(2))
    for name, array in first.items():
        assert np.array_equal(array, second[name]), name
