"""Figures of predicted amounts against scikit-learn's and scipy's."""

import numpy as np
import pytest
from scipy.stats import spearmanr
from sklearn import metrics

from twinfold.evaluation.tasks.regression import measure_amounts


def test_every_figure_is_that_of_the_repeated_rows() -> None:
    rng = np.random.default_rng(0)
    actual = np.where(rng.random(300) < 0.4, 0.0, rng.lognormal(3, 1, 300))
    predicted = np.round(actual / 30 + rng.normal(1, 1, 300), 1)
    weights = np.vstack([np.ones(300), rng.poisson(1.0, (2, 300))])
    found = measure_amounts(actual, predicted, weights)
    for draw, weight in enumerate(weights.astype(int)):
        a, p = np.repeat(actual, weight), np.repeat(predicted, weight)
        expected = {
            "R²": metrics.r2_score(a, p),
            "mean absolute error": metrics.mean_absolute_error(a, p),
            "Spearman": spearmanr(a, p).statistic,
            "predicted / true total": p.sum() / a.sum(),
        }
        assert {name: found[name][draw] for name in expected} == pytest.approx(expected)


def test_decile_lift_of_a_known_order_and_of_none() -> None:
    actual, once = np.arange(1.0, 101), np.ones((1, 100))
    assert measure_amounts(actual, actual**3, once)["decile lift"][0] == pytest.approx(95.5 / 50.5)
    assert measure_amounts(actual, np.ones(100), once)["decile lift"][0] == pytest.approx(1.0)
    assert np.isnan(measure_amounts(actual, np.ones(100), once)["Spearman"][0])
