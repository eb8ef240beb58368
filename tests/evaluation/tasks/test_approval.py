"""Decisions of two models about the same customers."""

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from twinfold.evaluation.tasks.approval import choose, kappa


def test_kappa_is_scikit_learns() -> None:
    rng = np.random.default_rng(0)
    score = rng.normal(size=500)
    one, other = (choose(score + rng.normal(0, 0.5, 500), 0.2, rng) for _ in range(2))
    assert one.sum() == other.sum() == 100
    assert kappa(float((one == other).mean()), 0.2) == pytest.approx(cohen_kappa_score(one, other))


def test_models_that_tell_nobody_apart_agree_by_chance() -> None:
    rng = np.random.default_rng(0)
    one, other = (choose(np.full(4000, 0.3), 0.2, rng) for _ in range(2))
    assert abs(kappa(float((one == other).mean()), 0.2)) < 0.06
