import numpy as np
import pytest

from twinfold.behaviour.scoring import score


def world(rows, seed):
    rng = np.random.default_rng(seed)
    rate = rng.uniform(0, 10, rows)
    chance = 1 / (1 + np.exp(2 + 0.2 * (rate - 5)))
    return rate, chance, (rng.random(rows) < chance).astype(float)


def judge(prediction, outcome, rate, half=0.01, supported=None):
    known = np.ones(len(rate), bool) if supported is None else supported
    return score(prediction, prediction - half, prediction + half, outcome, {"rate": rate}, known)


def test_a_perfect_forecast_is_found_right():
    errors, noises, slopes, covered = [], [], [], []
    for seed in range(100):
        rate, chance, came = world(5_000, seed)
        found = judge(chance, came, rate, half=0.0)
        errors.append(found.error)
        noises.append(found.noise)
        slopes.append(found.slope_low < 1 < found.slope_high)
        covered.append(found.coverage)
        assert found.direction > 0.8
    assert np.mean(errors) == pytest.approx(np.mean(noises), rel=0.15)
    assert np.mean(slopes) > 0.85
    assert np.mean(covered) == pytest.approx(0.95, abs=0.025)


def test_what_is_wrong_is_seen_for_what_it_is():
    rate, chance, came = world(20_000, 1)
    level = judge(chance + 0.05, came, rate)
    assert level.error > 0.04
    assert level.coverage < 0.2
    turned = judge(chance[::-1] * 0 + 1 / (1 + np.exp(2 - 0.2 * (rate - 5))), came, rate)
    assert turned.direction < -0.8
    assert turned.slope_high < 0
    extreme = judge(1 / (1 + np.exp(2 + 0.8 * (rate - 5))), came, rate)
    assert extreme.slope_high < 0.5


def test_rows_without_a_number_are_counted_and_not_judged():
    rate, chance, came = world(2_000, 2)
    said = np.where(rate > 9, np.nan, chance)
    found = judge(said, came, rate, supported=rate < 8)
    assert found.silent == np.count_nonzero(rate > 9)
    assert found.rows + found.silent == 2_000
    assert found.supported == pytest.approx(np.mean(rate[rate <= 9] < 8))
    with pytest.raises(ValueError, match="rows have a forecast and an outcome"):
        judge(np.full(2_000, np.nan), came, rate)


def test_few_rows_are_judged_as_one_group():
    rate, chance, came = world(40, 3)
    found = judge(chance, came, rate, half=0.1)
    assert [group.rows for group in found.groups] == [40]
    assert found.error == pytest.approx(abs(came.mean() - chance.mean()))
    assert "nan" not in found.text()
