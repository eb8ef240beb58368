"""The nearest shares with parity, against a general optimiser."""

import numpy as np
import pytest
from scipy.optimize import minimize

from twinfold.synthesis.parity import project, relative_entropy


def nearest(shares, gap):
    """By sequential quadratic programming: the same minimum, with no use of its form."""
    groups, outcomes, size = shares.sum(1), shares.sum(0), shares.size
    pairs = [(a, b) for a in range(len(shares)) for b in range(len(shares)) if a != b]
    rate = lambda x: x.reshape(shares.shape)[:, 0] / groups  # noqa: E731
    constraints = [
        {"type": "eq", "fun": lambda x: x.reshape(shares.shape).sum(1) - groups},
        {"type": "eq", "fun": lambda x: x.reshape(shares.shape).sum(0)[:1] - outcomes[:1]},
        {"type": "ineq", "fun": lambda x: np.array([gap - (rate(x)[a] - rate(x)[b]) for a, b in pairs])},
    ]
    start = np.outer(groups, outcomes).ravel()
    found = minimize(
        lambda x: relative_entropy(x, shares.ravel()),
        start,
        method="SLSQP",
        bounds=[(1e-9, 1)] * size,
        constraints=constraints,
        options={"ftol": 1e-14, "maxiter": 500},
    )
    return found.x.reshape(shares.shape)


@pytest.mark.parametrize("gap", [0.0, 0.03, 0.15])
def test_shares_are_the_nearest_that_an_optimiser_finds(gap):
    shares = np.random.default_rng(1).dirichlet([8, 20, 2, 9, 12, 5, 1, 3]).reshape(4, 2)
    moved = project(shares, gap)
    rates = moved[:, 0] / moved.sum(1)
    assert np.ptp(rates) <= gap + 1e-9
    np.testing.assert_allclose(moved.sum(1), shares.sum(1))
    np.testing.assert_allclose(moved.sum(0), shares.sum(0))
    np.testing.assert_allclose(moved, nearest(shares, gap), atol=2e-4)
    assert relative_entropy(moved, shares) <= relative_entropy(nearest(shares, gap), shares) + 1e-7


def test_shares_that_are_near_enough_stay():
    shares = np.array([[0.2, 0.3], [0.22, 0.28]])
    np.testing.assert_array_equal(project(shares, 0.05), shares)
