"""Scales: by other software where there is one, and by worlds whose thresholds are planted."""

import numpy as np
import pytest
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from twinfold.errors import DataError
from twinfold.personas.survey.measurement import assume_scale, chances_of, cut_again, measure_scale

THRESHOLDS, SLOPE = np.array([-3.0, -1.5, -0.5, 1.2]), 0.8


def make_answers(rows: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Scores like those of a decision that one in five takes, and the points that come of them."""
    rng = np.random.default_rng(seed)
    score = rng.normal(-1.5, 1.2, rows)
    return score, (SLOPE * score + rng.logistic(size=rows) > THRESHOLDS[:, None]).sum(axis=0)


def test_two_points_are_a_logistic_regression():
    score, answer = make_answers(600, 0)
    yes = (answer > 2).astype(np.int64)
    made = measure_scale(score, yes, 2, "answers")
    other = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1_000).fit(score[:, None], yes)
    assert made.thresholds == pytest.approx(-other.intercept_, abs=1e-5)
    assert made.slope == pytest.approx(other.coef_[0, 0], abs=1e-5)
    design = np.column_stack([-np.ones(600), score])
    chance = other.predict_proba(score[:, None])[:, 1]
    information = (design * (chance * (1 - chance))[:, None]).T @ design
    assert made.covariance == pytest.approx(np.linalg.inv(information), rel=1e-3)


def test_intervals_hold_planted_thresholds_as_often_as_they_say():
    held, doubted = [], []
    for seed in range(300):
        made = measure_scale(*make_answers(300, seed), 5, "answers")
        off = np.append(made.thresholds, made.slope) - np.append(THRESHOLDS, SLOPE)
        held.append(np.abs(off) < 1.96 * np.sqrt(np.diag(made.covariance)))
        doubted.append(made.fits < 0.05)
    assert np.mean(held, axis=0) == pytest.approx(np.full(5, 0.95), abs=0.035)
    assert np.mean(doubted) < 0.1


def test_the_unit_of_the_score_changes_nothing_that_is_expected():
    score, answer = make_answers(400, 1)
    one, other = measure_scale(score, answer, 5, "a"), measure_scale(1_000 * score + 7_000, answer, 5, "a")
    assert other.chances(1_000 * score + 7_000) == pytest.approx(one.chances(score), abs=1e-6)
    assert other.slope == pytest.approx(one.slope / 1_000, rel=1e-6)


def test_slopes_that_differ_between_points_are_found_out():
    told = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        score = rng.normal(0, 1.2, 600)
        cuts = np.sort(expit(np.stack([-1.0 - 0.1 * score, 1.0 - 1.2 * score])), axis=0)
        told.append(measure_scale(score, (rng.random(600) > cuts).sum(axis=0), 3, "a").fits < 0.05)
    assert np.mean(told) > 0.9


def test_assumed_shares_come_out_of_the_customers_they_are_assumed_of():
    score = np.random.default_rng(0).normal(-2, 1, 500)
    weight = np.random.default_rng(1).lognormal(0, 1, 500)
    shares = np.array([0.1, 0.2, 0.4, 0.2, 0.1])
    made = assume_scale(score, shares, weight)
    assert np.average(made.chances(score), axis=0, weights=weight) == pytest.approx(shares, abs=1e-8)
    assert not made.measured
    assert not made.covariance.any()


def test_shares_stay_in_every_truth_that_they_are_assumed_of():
    rng = np.random.default_rng(0)
    scores = rng.normal(-2, 1, 300) + rng.normal(0, 1, 20)[:, None]
    shares = np.array([0.3, 0.5, 0.2])
    start = assume_scale(scores[0], shares, np.ones(300)).thresholds
    cuts = cut_again(scores, shares, start, 1.0)
    made = chances_of(cuts[:, None, :], 1.0, scores).mean(axis=1)
    assert made == pytest.approx(np.tile(shares, (20, 1)), abs=1e-6)


@pytest.mark.parametrize(
    ("score", "answer", "message"),
    [
        (np.arange(30.0), np.arange(30) % 3, "30 answers, 10 of them of point 1; a scale is measured by 50"),
        (np.arange(90.0), np.repeat([0, 2], 45), "0 of them of point 2"),
        (np.ones(90), np.arange(90) % 3, "all scores are 1"),
        (np.arange(90.0), np.arange(90) // 30, "points follow scores without fail"),
    ],
)
def test_answers_that_measure_nothing_are_refused(score, answer, message):
    with pytest.raises(DataError, match=message):
        measure_scale(score, answer, 3, "answers")
