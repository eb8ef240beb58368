"""Shapley values of boosted trees: those that LightGBM computes in its own way."""

import numpy as np
import pytest

from twinfold.evaluation.boosting import Design, fit


@pytest.mark.parametrize(("rows", "columns"), [(300, 1), (600, 2), (2000, 12)])
def test_contributions_are_those_of_lightgbm(rows: int, columns: int) -> None:
    rng = np.random.default_rng(rows)
    x, categories = rng.normal(size=(rows, columns)).round(1), list(range(1, columns, 3))
    x[:, categories] = rng.integers(0, 90, (rows, len(categories)))
    x[rng.random(rows) < 0.2, 0] = np.nan  # missing where it was learned
    positive = np.nan_to_num(x[:, 0]) * x[:, -1] + (x[:, -1] % 3 == 1) + rng.normal(size=rows) > 0.3
    model = fit(Design(x, categories), positive, seed=0)
    asked = x[:200].copy()
    asked[:20, -1] = np.nan  # and where it was not
    asked[20:40, categories] = 500  # levels that were never seen
    expected = model.booster.predict(asked, pred_contrib=True, num_threads=1)
    assert np.ptp(expected[:, 0]) > 0.1
    np.testing.assert_allclose(model.contributions(Design(asked, categories)), expected[:, :-1], atol=1e-9)


def test_a_model_without_splits_gives_no_reasons() -> None:
    design = Design(np.ones((300, 2)), [])
    assert not fit(design, np.arange(300) < 150, seed=0).contributions(design).any()
