"""SMOTE-NC against what follows from its definition."""

import numpy as np
import pytest

from twinfold.synthesis.augmenting.interpolation import find_nearest, interpolate
from twinfold.synthesis.augmenting.values import Values


def mixed_rows(rng: np.random.Generator, rows: int) -> Values:
    return Values(np.column_stack([rng.normal(size=(rows, 3)), rng.integers(3, size=(rows, 2))]), (3, 4))


def test_distance_is_that_of_the_paper() -> None:
    """Euclidean in standard deviations, and the median of these, squared, for each category that differs."""
    rng = np.random.default_rng(0)
    rows = mixed_rows(rng, 80)
    scaled = rows.x[:, :3] / rows.x[:, :3].std(axis=0)
    numbers = ((scaled[:, None] - scaled[None]) ** 2).sum(2)
    differing = (rows.x[:, None, 3:] != rows.x[None, :, 3:]).sum(2)
    distance = numbers + 1.0 * differing
    np.fill_diagonal(distance, np.inf)
    found = find_nearest(rows, np.arange(80), 5)
    assert (np.sort(found) == np.sort(distance.argsort(1)[:, :5])).all()


def test_new_numbers_lie_on_the_line_between_a_row_and_a_neighbour() -> None:
    rng = np.random.default_rng(1)
    rows = mixed_rows(rng, 40)
    made = interpolate(rows, 200, rng).x[:, :3]
    near = find_nearest(rows, np.arange(40), 5)
    pairs = [(base, other) for base in range(40) for other in near[base]]
    one, two = (np.array([rows.x[pair[side], :3] for pair in pairs]) for side in (0, 1))
    step = two - one
    share = ((made[:, None] - one) * step).sum(2) / (step**2).sum(1)
    apart = np.abs(one + share[..., None] * step - made[:, None]).max(2)
    held = (apart < 1e-9) & (share >= 0) & (share < 1)
    assert held.any(1).all()


def test_categories_are_those_of_most_neighbours() -> None:
    """Each row's neighbours are those at its own place; of six there, one is unlike the rest."""
    place = np.repeat(np.arange(4.0), 6)
    level = place.copy()
    level[::6] = (level[::6] + 1) % 4
    rows = Values(np.column_stack([place, place, place, level]), (3,))
    made = interpolate(rows, 300, np.random.default_rng(0), neighbours=5)
    assert (made.x[:, 3] == made.x[:, 0]).all()


def test_many_levels_are_kept_apart_as_few_are() -> None:
    """Of two thousand levels that two rows hold each, the other one is the nearest."""
    level = np.repeat(np.arange(2_000.0), 2)
    rows = Values(np.column_stack([level, level, np.zeros(4_000)]), (0, 1))
    assert (find_nearest(rows, np.arange(4_000), 1)[:, 0] == np.arange(4_000) ^ 1).all()


def test_rows_alike_do_not_stand_in_for_the_one_that_was_asked_for() -> None:
    rows = Values(np.zeros((8, 2)))
    found = find_nearest(rows, np.arange(8), 3)
    assert found.shape == (8, 3)
    assert all(len(set(near)) == 3 for near in found)


def test_a_missing_number_stays_missing() -> None:
    rng = np.random.default_rng(0)
    rows = mixed_rows(rng, 30)
    rows.x[:10, 1] = np.nan
    made = interpolate(rows, 900, rng)
    assert np.isnan(made.x[:, 1]).mean() == pytest.approx(1 / 3, abs=0.06)
    assert not np.isnan(made.x[:, [0, 2]]).any()
