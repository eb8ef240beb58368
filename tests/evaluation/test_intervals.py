"""Intervals against scipy, scikit-learn and what they promise: the truth in 95 of 100."""

import numpy as np
import pytest
from scipy.stats import binomtest
from sklearn.metrics import roc_auc_score

from twinfold.evaluation.intervals import (
    around,
    beside,
    clopper_pearson,
    delong,
    delong_together,
    jackknife,
    simultaneous,
)


@pytest.mark.parametrize(("k", "n"), [(0, 10), (3, 10), (10, 10), (17, 1000), (999, 1000)])
def test_proportions_have_scipys_intervals(k: int, n: int) -> None:
    exact = binomtest(k, n).proportion_ci(method="exact")
    assert clopper_pearson(k, n) == pytest.approx((exact.low, exact.high))


def test_without_trials_a_proportion_can_be_anything() -> None:
    assert clopper_pearson(0, 0) == (0.0, 1.0)


def test_a_proportion_beside_another_is_as_uncertain_as_both() -> None:
    alone, firm, loose = clopper_pearson(30, 1000), beside(30, 1000, 3000, 100_000), beside(30, 1000, 1, 33)
    assert firm[0] == pytest.approx(alone[0], abs=1e-3)
    assert loose[0] < firm[0]
    assert loose[0] <= 0.03 <= loose[1]


def test_delong_has_scikit_learns_area_and_the_variance_of_its_formula() -> None:
    rng = np.random.default_rng(0)
    positive = rng.random(60) < 0.4
    score = np.round(rng.normal(positive * 0.8, 1), 1)  # with ties
    area, variance = delong(score, positive)
    assert area == pytest.approx(roc_auc_score(positive, score))
    hits, misses = score[positive], score[~positive]
    kernel = (hits[:, None] > misses) + 0.5 * (hits[:, None] == misses)
    by_formula = kernel.mean(1).var(ddof=1) / len(hits) + kernel.mean(0).var(ddof=1) / len(misses)
    assert variance == pytest.approx(by_formula)


def test_delongs_interval_holds_the_truth_in_95_of_100() -> None:
    rng = np.random.default_rng(1)
    positive = np.repeat([True, False], 100)
    truth, held = 0.7602, 0  # the area between normals one standard deviation apart
    for _ in range(400):
        low, high = around(*delong(rng.normal(positive.astype(float), 1), positive))
        held += low < truth < high
    assert 0.92 < held / 400 < 0.98


def test_the_jackknife_of_a_mean_is_its_textbook_variance() -> None:
    x = np.random.default_rng(2).normal(0, 3, 1000)
    groups = x.reshape(1000, 1)
    without = (groups.sum() - groups) / 999
    assert jackknife(without)[0] == pytest.approx(x.var(ddof=1) / 1000)


def test_an_interval_stays_within_what_its_value_can_be() -> None:
    assert around(0.01, 1.0) == (0.0, 1.0)


def test_rows_of_one_owner_count_as_one() -> None:
    rng = np.random.default_rng(0)
    positive = np.repeat([False, True], 200)
    score, owner = rng.normal(positive.astype(float), 1), np.arange(400)
    area, variance = delong(score, positive)
    by_owner = delong(score, positive, owner)
    assert by_owner == pytest.approx((area, variance))
    again = delong(np.repeat(score, 5), np.repeat(positive, 5), np.repeat(owner, 5))
    assert again == pytest.approx((area, variance))
    assert delong(np.repeat(score, 5), np.repeat(positive, 5))[1] < variance / 4


def test_areas_together_have_delongs_variances_and_the_covariance_of_repeated_draws() -> None:
    rng = np.random.default_rng(3)
    positive = np.repeat([True, False], [120, 80])
    drawn = []
    for _ in range(400):
        shared = rng.normal(positive * 0.5, 1)
        scores = np.array([shared + rng.normal(0, 0.5, 200), shared + rng.normal(0, 0.5, 200), rng.normal(0, 1, 200)])
        areas, covariance = delong_together(scores, positive)
        drawn.append((areas, covariance))
    assert [delong(scores[k], positive) for k in range(3)] == [
        pytest.approx((areas[k], covariance[k, k])) for k in range(3)
    ]
    seen, told = np.cov(np.array([a for a, _ in drawn]).T), np.mean([c for _, c in drawn], axis=0)
    assert told == pytest.approx(seen, abs=3e-4)
    assert told[0, 1] > 0.6 * told[0, 0]


def test_simultaneous_intervals_hold_all_truths_at_once() -> None:
    rng = np.random.default_rng(4)
    mixed = rng.normal(0, 1, (4, 4))
    covariance = mixed @ mixed.T
    half = simultaneous(covariance) * np.sqrt(np.diag(covariance))
    draws = rng.multivariate_normal(np.zeros(4), covariance, 20_000)
    assert (np.abs(draws) < half).all(1).mean() == pytest.approx(0.95, abs=0.006)
    assert simultaneous(np.zeros((2, 2))) == pytest.approx(1.96, abs=0.01)
