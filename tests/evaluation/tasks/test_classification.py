"""Figures of predicted chances against scikit-learn's."""

import numpy as np
import pytest
from sklearn import metrics
from sklearn.calibration import calibration_curve
from sklearn.linear_model import LogisticRegression

from twinfold.evaluation.tasks.classification import calibration_slope, measure_chances


@pytest.fixture
def predictions() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The truth, chances that are too bold and often equal, and weights of three draws."""
    rng = np.random.default_rng(0)
    odds = rng.normal(-1, 1, 400)
    positive = rng.random(400) < 1 / (1 + np.exp(-odds))
    weights = np.vstack([np.ones(400), rng.poisson(1.0, (2, 400))])
    return positive, np.round(1 / (1 + np.exp(-2 * odds)), 2), weights


def test_every_figure_is_scikit_learns(predictions: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    positive, chance, weights = predictions
    found = measure_chances(positive, chance, 0.4, weights)
    for draw, weight in enumerate(weights):
        flagged, weighted = chance > 0.4, {"sample_weight": weight}
        expected = {
            "accuracy": metrics.accuracy_score(positive, flagged, **weighted),
            "precision": metrics.precision_score(positive, flagged, **weighted),
            "recall": metrics.recall_score(positive, flagged, **weighted),
            "F1": metrics.f1_score(positive, flagged, **weighted),
            "ROC AUC": metrics.roc_auc_score(positive, chance, **weighted),
            "PR AUC": metrics.average_precision_score(positive, chance, **weighted),
            "Brier score": metrics.brier_score_loss(positive, chance, **weighted),
            "predicted / true rate": (weight @ chance) / (weight @ positive),
        }
        assert {name: found[name][draw] for name in expected} == pytest.approx(expected)


def test_calibration_error_is_that_of_scikit_learns_curve() -> None:
    rng = np.random.default_rng(1)
    chance = rng.random(1000)
    positive = rng.random(1000) < chance**2
    true, predicted = calibration_curve(positive, chance, n_bins=10, strategy="quantile")
    [error] = measure_chances(positive, chance, 0.5, np.ones((1, 1000)))["calibration error"]
    assert error == pytest.approx(np.abs(true - predicted).mean(), abs=1e-3)


def test_calibration_slope_is_that_of_a_logistic_regression(
    predictions: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    positive, chance, weights = predictions
    held = np.clip(chance, 1e-6, 1 - 1e-6)
    odds = np.log(held / (1 - held))[:, None]
    models = [LogisticRegression(C=np.inf, tol=1e-8).fit(odds, positive, sample_weight=weight) for weight in weights]
    np.testing.assert_allclose(
        calibration_slope(positive, chance, weights), [model.coef_[0, 0] for model in models], rtol=1e-4
    )


def test_calibration_slope_of_chances_that_are_nearly_certain() -> None:
    rng = np.random.default_rng(2)
    odds = rng.normal(-4, 3, 4000)
    positive = rng.random(4000) < 1 / (1 + np.exp(-odds))
    [slope] = calibration_slope(positive, 1 / (1 + np.exp(-2 * odds)), np.ones((1, 4000)))
    assert slope == pytest.approx(0.5, abs=0.08)


def test_what_has_no_answer_is_nan() -> None:
    positive, weights = np.array([True, False, False, True]), np.ones((1, 4))
    flat = measure_chances(positive, np.full(4, 0.5), 0.5, weights)
    assert np.isnan(flat["calibration slope"][0])
    assert flat["precision"][0] == 0  # nobody is flagged
    apart = measure_chances(positive, positive * 0.8 + 0.1, 0.5, weights)
    assert np.isnan(apart["calibration slope"][0])  # no slope is steep enough
