"""What a leaf holds: cells of several customers, and inside a cell what a wide node holds."""

import numpy as np
import pytest

from twinfold.synthesis.engines.coarsening import coarsen

NOBODY = np.zeros(0, np.int32)


def split_in_two(codes: np.ndarray, right: int):
    """A tree of a root and two leaves, of which the right one holds the last rows."""
    n = len(codes)
    feature = np.array([0, -1, -1], np.int16)
    left = np.array([1, -1, -1], np.int32)
    start, end = np.array([0, 0, n - right], np.int32), np.array([n, n - right, n], np.int32)
    held = np.concatenate([np.sort(codes[: n - right]), np.sort(codes[n - right :])])
    return feature, left, start, end, held


def coarse(codes, right, *, cardinality, ordered, apart=-1, owners=NOBODY, least=5, seed=0):
    codes = codes.astype(np.uint16)
    feature, left, start, end, held = split_in_two(codes, right)
    offsets = np.random.default_rng(seed).random(3)
    coarsen(feature, left, start, end, codes, held, owners, cardinality, ordered, apart, least, len(codes), offsets)
    return held[len(codes) - right :]


@pytest.mark.parametrize("ordered", [True, False])
def test_what_one_customer_of_a_leaf_has_is_drawn_as_it_is_all_around(ordered):
    """In the leaf code 7 is held by one of 50; all around by one of 1,000, and so are its neighbours 6 and 8."""
    around = np.concatenate([np.zeros(2_000), np.repeat([5, 6, 7, 8, 9], [2, 2, 2, 2, 2])])
    leaf = np.concatenate([np.zeros(49), [7]])
    drawn = [
        coarse(np.concatenate([around, leaf]), 50, cardinality=10, ordered=ordered, seed=seed) for seed in range(200)
    ]
    sevens = np.mean([np.count_nonzero(found == 7) for found in drawn])
    assert sevens < 0.5  # once in every tree, were it kept
    assert np.mean([np.count_nonzero(found == 0) for found in drawn]) > 45


def test_what_several_customers_have_is_kept():
    codes = np.concatenate([np.zeros(1_000), np.zeros(30), np.full(12, 3), np.full(8, 4)])
    found = coarse(codes, 50, cardinality=6, ordered=False)
    assert np.bincount(found, minlength=6).tolist() == [30, 0, 0, 12, 8, 0]


def test_cells_of_an_ordered_column_keep_their_counts():
    rng = np.random.default_rng(1)
    codes = np.concatenate([rng.integers(0, 100, 5_000), rng.integers(20, 40, 60)])
    found = coarse(codes, 60, cardinality=100, ordered=True)
    own = np.sort(codes[-60:])
    assert len(found) == 60
    assert (np.diff(found) >= 0).all()
    assert np.abs(found.astype(int) - own).max() <= 8  # within a cell of five or so
    assert found.min() >= 20
    assert found.max() < 40


def test_several_rows_of_one_customer_are_one_customer():
    codes = np.concatenate([np.zeros(1_000), np.ones(100), np.zeros(30), np.full(10, 2)])
    nobody_else = np.concatenate([np.arange(1_130), np.full(10, 2_000)]).astype(np.int32)
    kept = coarse(codes, 40, cardinality=3, ordered=False)
    spread = coarse(codes, 40, cardinality=3, ordered=False, owners=nobody_else)
    assert np.count_nonzero(kept == 2) == 10
    assert np.count_nonzero(spread == 2) <= 1


def test_a_missing_value_is_no_neighbour_of_numbers():
    codes = np.concatenate([np.arange(1_000) % 20, np.full(48, 10), [20, 20]])
    found = coarse(codes, 50, cardinality=21, ordered=True, apart=20)
    assert np.count_nonzero(found == 20) == 2
    assert np.count_nonzero(found == 10) >= 43
