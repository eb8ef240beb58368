import numpy as np
from scipy.special import expit
from sklearn.linear_model import LinearRegression, LogisticRegression

from twinfold.behaviour.regression import fit_regression


def make(rows: int, seed: int, coefficients: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.random.Generator]:
    rng = np.random.default_rng(seed)
    design = rng.normal(size=(rows, len(coefficients)))
    design[:, 0] = 1
    return design, design @ coefficients, rng


def test_without_shrinkage_it_is_scikit_learns() -> None:
    design, score, rng = make(5_000, 0, np.array([-1.0, 0.5, -0.3, 0.0]))
    taken = (rng.random(5_000) < expit(score)).astype(float)
    own = fit_regression(design, taken, [-1] * 4, binary=True)
    theirs = LogisticRegression(C=np.inf, fit_intercept=False, tol=1e-8).fit(design, taken).coef_[0]
    assert np.allclose(own.coefficients, theirs, atol=2e-3)  # ours has a prior of spread 10
    spent = score + rng.normal(size=5_000)
    own = fit_regression(design, spent, [-1] * 4, binary=False)
    theirs = LinearRegression(fit_intercept=False).fit(design, spent).coef_
    assert np.allclose(own.coefficients, theirs, atol=1e-4)


def test_intervals_of_coefficients_hold_the_truth() -> None:
    truth = np.array([-1.5, 0.4, -0.2, 0.1])
    held = []
    for seed in range(200):
        design, score, rng = make(1_500, seed, truth)
        taken = (rng.random(1_500) < expit(score)).astype(float)
        found = fit_regression(design, taken, [-1] * 4, binary=True)
        held.append(np.abs(found.coefficients - truth) < 1.96 * np.sqrt(np.diag(found.covariance)))
    assert 0.92 < np.mean(held) < 0.98  # 800 of them: .95 ± .02


def test_a_group_of_nothing_is_shrunk_and_one_of_something_is_not() -> None:
    truth = np.concatenate([[-1.0], np.zeros(20), np.full(5, 0.8)])
    design, score, rng = make(3_000, 1, truth)
    taken = (rng.random(3_000) < expit(score)).astype(float)
    free = fit_regression(design, taken, [-1] * 26, binary=True).coefficients
    shrunk = fit_regression(design, taken, [-1] + [0] * 20 + [1] * 5, binary=True)
    assert np.abs(shrunk.coefficients[1:21]).mean() < 0.6 * np.abs(free[1:21]).mean()
    assert np.allclose(shrunk.coefficients[21:], 0.8, atol=0.15)
    assert shrunk.spreads[0] < 0.1 < 0.5 < shrunk.spreads[1]


def test_rows_of_one_customer_are_no_new_evidence() -> None:
    design, score, rng = make(1_000, 2, np.array([-0.5, 0.5]))
    taken = (rng.random(1_000) < expit(score)).astype(float)
    once = fit_regression(design, taken, [-1, -1], binary=True)
    who = np.repeat(np.arange(1_000), 4)
    four = fit_regression(design[who], taken[who], [-1, -1], binary=True, clusters=who)
    naive = fit_regression(design[who], taken[who], [-1, -1], binary=True)
    assert np.allclose(np.diag(four.covariance), np.diag(once.covariance), rtol=0.02)
    assert np.allclose(np.diag(naive.covariance) * 4, np.diag(once.covariance), rtol=0.05)


def test_unequal_variances_widen_what_they_concern() -> None:
    rng = np.random.default_rng(3)
    arm = np.repeat([0.0, 1.0], [9_000, 1_000])
    spent = rng.normal(size=10_000) * np.where(arm, 5.0, 1.0)
    found = fit_regression(np.column_stack([np.ones(10_000), arm]), spent, [-1, -1], binary=False)
    error = np.sqrt(25 / 1_000 + 1 / 9_000)
    assert np.isclose(np.sqrt(found.covariance[1, 1]), error, rtol=0.1)
