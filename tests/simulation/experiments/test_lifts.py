"""Lifts against worlds whose truth is known: unbiased, narrower where something was known before, and honest errors."""

import numpy as np
import polars as pl
import pytest

from twinfold.simulation.experiments.lifts import encode_covariates, estimate_means


def world(rng, n, *, lift=0.3, weight=0.8, treated=0.3):
    """Before and after of customers, a third of them treated; whose lift rises with what was before."""
    before = rng.normal(size=n)
    arm = (rng.random(n) < treated).astype(np.int64)
    y = weight * before + np.sqrt(1 - weight**2) * rng.normal(size=n) * (1 + arm) + arm * (lift + 0.3 * before)
    return before[:, None], arm, y


def lift_of(known, arm, y, clusters=None):
    lifts, covariance = estimate_means(y, arm, 2, known, clusters).lifts(0, [1])
    return lifts[0], np.sqrt(covariance[0, 0])


def test_adjusting_moves_nothing_and_narrows_intervals():
    rng = np.random.default_rng(0)
    found = []
    for _ in range(1_500):
        known, arm, y = world(rng, 300)
        found.append([*lift_of(known, arm, y), *lift_of(known[:, :0], arm, y)])
    adjusted, own, plain, bare = np.array(found).T
    chance = 4 / np.sqrt(len(found))
    assert abs(adjusted.mean() - 0.3) < chance * adjusted.std()
    assert abs(plain.mean() - 0.3) < chance * plain.std()
    assert adjusted.std() < 0.85 * plain.std()
    for value, error in ((adjusted, own), (plain, bare)):
        assert (abs(value - 0.3) < 1.96 * error).mean() == pytest.approx(0.95, abs=0.02)
        assert error.mean() == pytest.approx(value.std(), rel=0.06)


def test_without_covariates_it_is_the_difference_of_means_with_welchs_error():
    known, arm, y = world(np.random.default_rng(1), 500)
    lift, error = lift_of(known[:, :0], arm, y)
    one, other = y[arm == 0], y[arm == 1]
    assert lift == pytest.approx(other.mean() - one.mean())
    assert error == pytest.approx(np.sqrt(one.var(ddof=1) / len(one) + other.var(ddof=1) / len(other)))


def test_rows_of_one_customer_count_once():
    known, arm, y = world(np.random.default_rng(2), 500)
    lift, error = lift_of(known, arm, y)
    again, wider = lift_of(*(np.tile(each, (4, 1)) if each.ndim > 1 else np.tile(each, 4) for each in (known, arm, y)),
                           clusters=np.tile(np.arange(500), 4))  # fmt: skip
    assert again == pytest.approx(lift)
    assert wider == pytest.approx(error, rel=0.01)


def test_relative_intervals_hold_the_truth():
    rng, held = np.random.default_rng(3), []
    for _ in range(1_500):
        arm = np.repeat([0, 1], 200)
        y = (rng.random(400) < np.where(arm, 0.15, 0.10)).astype(float)
        means = estimate_means(y, arm, 2, np.zeros((400, 0)))
        _, low, high = means.relative(1, 0, 1.96)
        held.append(low <= 0.5 <= high if np.isfinite(low) else True)
    assert np.mean(held) == pytest.approx(0.95, abs=0.015)


def test_a_part_of_nothing_is_no_number():
    rng = np.random.default_rng(4)
    means = estimate_means(rng.normal(size=200), np.repeat([0, 1], 100), 2, np.zeros((200, 0)))
    assert np.isnan(means.relative(1, 0, 1.96)[0])


def test_covariates_are_numbers_levels_and_gaps():
    names = [f"x{k}" for k in range(200)]
    frame = pl.DataFrame(
        {"age": [None, *range(199)], "city": ["Brno", "Praha"] * 100, "same": [1.0] * 200, "id": names}
    )
    known, used = encode_covariates(frame, ["age", "city", "same", "id"], 100)
    assert used == ("age", "city")
    assert known.shape == (200, 3)
    assert encode_covariates(frame, ["age", "city"], 20)[1] == ("age",)
    assert np.isfinite(known).all()
