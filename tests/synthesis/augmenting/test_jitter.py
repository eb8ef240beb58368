import numpy as np
import pytest

from twinfold.synthesis.augmenting.jitter import disturb
from twinfold.synthesis.augmenting.values import Values


@pytest.mark.parametrize(("scale", "own"), [(0.0, 1.0), (1.0, 0.5), (3.0, 0.1)])
def test_means_and_variances_stay_and_what_hangs_together_fades(scale: float, own: float) -> None:
    """By variance 1 / (1 + scale²) of a number is its row's own, and so much of a correlation is left."""
    rng = np.random.default_rng(0)
    shared = rng.normal(5, 2, 20_000)
    level = (shared > 5).astype(float)
    made = disturb(Values(np.column_stack([shared, shared, level]), (2,)), 40_000, rng, scale=scale).x
    assert made[:, 0].mean() == pytest.approx(5, abs=0.06)
    assert made[:, 0].std() == pytest.approx(2, rel=0.03)
    assert np.corrcoef(made[:, 0], made[:, 1])[0, 1] == pytest.approx(own, abs=0.02)
    assert made[:, 2].mean() == pytest.approx(0.5, abs=0.02)


def test_no_noise_repeats_rows_and_missing_numbers_stay_missing() -> None:
    rng = np.random.default_rng(0)
    x = np.column_stack([rng.normal(size=50), np.where(np.arange(50) < 20, np.nan, 1.0)])
    made = disturb(Values(x), 500, rng, scale=0.0).x
    assert np.isin(made[:, 0].round(9), x[:, 0].round(9)).all()
    assert np.isnan(disturb(Values(x), 500, rng).x[:, 1]).mean() == pytest.approx(0.4, abs=0.07)
