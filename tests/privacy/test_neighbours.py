"""Nearest distances: the same as by brute force, whatever the columns."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twinfold.privacy.neighbours import Points, nearest


def points(rng: np.random.Generator, rows: int, numbers: int, categories: int) -> Points:
    heaped = np.round(rng.random((rows, numbers)) * 4) / 4 if rows % 2 else rng.random((rows, numbers))
    return Points(heaped.astype(np.float32), rng.integers(0, 3, (rows, categories)).astype(np.float32))


def brute(a: Points, b: Points) -> np.ndarray:
    numbers = np.abs(a.numbers[:, None].astype(np.float64) - b.numbers[None]).sum(2)
    return numbers + (a.categories[:, None] != b.categories[None]).sum(2)


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    queries=st.integers(1, 40),
    rows=st.integers(1, 400),
    numbers=st.integers(0, 6),
    categories=st.integers(0, 6),
)
def test_distances_are_those_of_brute_force(seed: int, queries: int, rows: int, numbers: int, categories: int) -> None:
    rng = np.random.default_rng(seed)
    a, b = points(rng, queries, numbers, categories), points(rng, rows, numbers, categories)
    distance, row = nearest(a, b)
    np.testing.assert_allclose(distance, brute(a, b).min(1), atol=1e-5)
    np.testing.assert_allclose(brute(a, b)[np.arange(queries), row], distance, atol=1e-5)


@pytest.mark.parametrize("rows", [2, 127, 128, 129, 700])
def test_a_row_is_no_neighbour_of_itself_but_its_twin_is(rows: int) -> None:
    rng = np.random.default_rng(rows)
    a = Points(rng.random((rows, 3)).astype(np.float32), np.zeros((rows, 1), np.float32))
    expected = brute(a, a) + np.where(np.eye(rows), np.inf, 0)
    np.testing.assert_allclose(nearest(a, a, skip_self=True)[0], expected.min(1), atol=1e-5)
    assert (nearest(a.join(a), a.join(a), skip_self=True)[0] == 0).all()


def test_a_far_point_finds_its_neighbour_across_the_whole_set() -> None:
    many = Points(np.linspace(0, 1, 5000, dtype=np.float32)[:, None], np.zeros((5000, 0), np.float32))
    far = Points(np.array([[-1.0], [2.0], [0.3]], np.float32), np.zeros((3, 0), np.float32))
    np.testing.assert_allclose(nearest(far, many)[0], [1, 1, 0], atol=2e-4)


def test_with_nothing_to_be_near_to_the_distance_is_infinite() -> None:
    one = Points(np.zeros((1, 2), np.float32), np.zeros((1, 1), np.float32))
    for distance, row in (nearest(one, one, skip_self=True), nearest(one, one[:0])):
        assert np.isinf(distance).all()
        assert (row == -1).all()
    assert nearest(one[:0], one)[0].shape == (0,)


def test_progress_ends_at_one() -> None:
    told: list[float] = []
    a = points(np.random.default_rng(0), 3000, 2, 2)
    nearest(a, a, progress=lambda stage, done: told.append(done))
    assert told == sorted(told)
    assert told[-1] == 1.0
    assert len(told) >= 3


def test_rows_must_match() -> None:
    with pytest.raises(ValueError, match="3 rows of numbers beside 2"):
        Points(np.zeros((3, 1), np.float32), np.zeros((2, 1), np.float32))
