"""Halves of rows, and the interval that they give."""

import numpy as np
import pytest

from twinfold.evaluation.tasks.repetition import draw_halves, interval


def test_halves_share_no_customer_and_are_of_one_size() -> None:
    owners = tuple(np.repeat(np.arange(n), 3) for n in (40, 10, 30))
    for half in draw_halves((120, 30, 90), owners, 4, np.random.default_rng(0)):
        for one, other, whose in ((half.real, half.other, owners[0]), (half.synthetic, half.rest, owners[2])):
            assert not set(whose[one]) & set(whose[other])
            assert len(one) == len(other) == 45


def test_halves_give_the_interval_of_a_mean() -> None:
    rng = np.random.default_rng(0)
    values = rng.normal(size=400)
    halves = draw_halves((400, 1, 400), None, 600, rng)
    value, low, high = interval(values.mean(), [values[half.real].mean() for half in halves])
    assert low < value < high
    assert (high - low) / 2 == pytest.approx(1.96 * values.std() / 20, rel=0.1)  # the closed form


def test_the_holdouts_variance_is_added_and_limits_are_kept() -> None:
    rng = np.random.default_rng(0)
    _, low, high = interval(0.0, rng.normal(0, 3, 500), rng.normal(0, 4, 500))
    assert (high - low) / 2 == pytest.approx(1.96 * 5, rel=0.1)
    assert interval(0.9, [0.5, 1.3], ceiling=1.0)[2] == 1.0
    assert np.isnan(interval(np.nan, [0.5, 1.3])[1:]).all()
