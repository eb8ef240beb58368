import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twinfold.tables.filling.rows import Rows


@pytest.mark.parametrize("space", [1, 2, 3, 7, 10, 97, 1000, 4099, 65_536])
def test_permute_is_a_bijection(space: int) -> None:
    rows = Rows.between(0, space, seed=5, salt=1)
    permuted = rows.permute(rows.index, space, 0)
    assert np.array_equal(np.sort(permuted), np.arange(space))
    if space > 100:
        assert abs(np.corrcoef(permuted, rows.index)[0, 1]) < 0.3


@settings(max_examples=50)
@given(st.integers(1, 2**62), st.integers(0, 2**64))
def test_permute_stays_inside_any_space(space: int, seed: int) -> None:
    rows = Rows.between(0, min(space, 300), seed=seed, salt=0)
    permuted = rows.permute(rows.index, space, 3)
    assert permuted.max() < space
    assert len(np.unique(permuted)) == len(rows)


def test_streams_seeds_and_salts_differ_and_digits_are_even() -> None:
    draws = [
        Rows.between(0, 10_000, seed=seed, salt=salt).below(10, stream)
        for seed in (0, 1)
        for salt in (0, 1)
        for stream in (0, 1)
    ]
    for i, one in enumerate(draws):
        assert np.abs(np.bincount(one.astype(int)) - 1000).max() < 150
        for other in draws[:i]:
            assert 0.08 < (one == other).mean() < 0.12


def test_pick_follows_weights() -> None:
    chosen = Rows.between(0, 100_000, seed=0, salt=0).pick([900, 90, 10], 0)
    assert np.allclose(np.bincount(chosen) / 100_000, [0.9, 0.09, 0.01], atol=0.005)
