"""A variational autoencoder learns to the end, and does not take its warm-up for learning by heart."""

import numpy as np
import pytest

from twinfold.protocols import CodeColumn, CodeTable
from twinfold.synthesis.engines.vae import VAEEngine


@pytest.fixture(scope="module")
def table():
    """Twelve levels of one cause, seen through eight columns: much for a latent space to hold."""
    rng = np.random.default_rng(0)
    cause = rng.integers(0, 12, 3000)
    codes = [np.where(rng.random(3000) < 0.9, (cause * k) % 12, rng.integers(0, 12, 3000)) for k in (1, 5, 7, 11) * 2]
    return CodeTable(tuple(CodeColumn(f"c{j}", 12, False) for j in range(8)), np.stack(codes).astype(np.uint16))


def test_the_warm_up_of_the_divergence_ends_nothing(table):
    told = []
    engine = VAEEngine(width=64, latent=8, epochs=20, warm_up=0.8, slack=0.01)
    engine.fit(table, seed=0, progress=lambda stage, done: told.append(done))
    assert max(told[:-1]) > 0.75  # of 0.95, before the prior is fitted


def test_what_hangs_together_is_drawn_together(table):
    model = VAEEngine(width=64, latent=8, epochs=20).fit(table, seed=0)
    codes = model.sample(4000, allowed={}, given={}, rng=np.random.default_rng(1)).codes
    real = np.mean(table.codes[0] == table.codes[4])
    assert np.mean(codes[0] == codes[4]) == pytest.approx(real, abs=0.1)
