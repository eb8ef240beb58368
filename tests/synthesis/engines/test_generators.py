"""What all engines beside trees and network promise, each tried at the same planted truths."""

import builtins
import itertools
import sys

import numpy as np
import pytest

from twinfold.errors import MissingExtraError, ModelFileError
from twinfold.protocols import CodeColumn, CodeTable
from twinfold.synthesis.choice import DEEP, MODELS, choose
from twinfold.synthesis.engines.copula import CopulaEngine
from twinfold.synthesis.engines.diffusion import DiffusionEngine
from twinfold.synthesis.engines.gan import GANEngine
from twinfold.synthesis.engines.vae import VAEEngine
from twinfold.synthesis.engines.vaegan import VAEGANEngine

SMALL = {
    "copula": CopulaEngine(),
    "diffusion": DiffusionEngine(width=48, epochs=40, most_steps=400, batch=256),
    "vae": VAEEngine(width=48, latent=6, epochs=40, most_steps=500, batch=256),
    "gan": GANEngine(width=48, latent=16, epochs=60, most_steps=800, rate=1e-3, critic_rate=4e-3, batch=128),
    "vaegan": VAEGANEngine(width=48, latent=6, epochs=40, most_steps=500, batch=256),
}
TINY = {
    "copula": CopulaEngine(),
    "diffusion": DiffusionEngine(width=16, depth=1, epochs=5, batch=64),
    "vae": VAEEngine(width=16, depth=1, latent=3, epochs=5, batch=64),
    "gan": GANEngine(width=16, depth=1, latent=4, epochs=5, batch=64),
    "vaegan": VAEGANEngine(width=16, depth=1, latent=3, epochs=5, batch=64),
}
NETWORKS = sorted(DEEP)
CLOSE = {"copula": 0.2, "diffusion": 0.06, "vae": 0.08, "gan": 0.18, "vaegan": 0.08}
"""How far planted chances may be off: a copula of normals can't hold an effect that neither cause has alone."""


def table(*columns, ordered=None):
    codes = np.stack([np.asarray(c, np.uint16) for c in columns])
    ordered = ordered or [False] * len(columns)
    known = enumerate(zip((int(c.max()) + 1 for c in codes), ordered, strict=True))
    return CodeTable(tuple(CodeColumn(f"c{j}", k, o) for j, (k, o) in known), codes)


def draw(model, n, seed=1, **asked):
    return model.sample(n, **({"allowed": {}, "given": {}} | asked), rng=np.random.default_rng(seed))


def noise(rows=600, seed=0):
    rng = np.random.default_rng(seed)
    return table(
        rng.integers(0, 4, rows), rng.integers(0, 3, rows), rng.integers(0, 30, rows), ordered=[False] * 2 + [True]
    )


@pytest.fixture(scope="module", params=SMALL)
def planted(request):
    """An effect of two causes, a number that it moves, and a column that a cause fixes."""
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 2, 8000), rng.integers(0, 3, 8000)
    chance = np.array([[0.1, 0.5, 0.9], [0.3, 0.6, 0.95]])
    c = (rng.random(8000) < chance[a, b]).astype(int)
    level, number = np.array([2, 0, 1])[b], np.clip(rng.normal(20 + 20 * c, 5), 0, 59).astype(int)
    data = table(a, b, c, level, number, ordered=[False, False, False, True, True])
    return request.param, SMALL[request.param].fit(data, seed=0), chance


def weighted(drawn):
    weight = np.exp(drawn.log_weight - drawn.log_weight.max())
    return weight / weight.sum()


def test_planted_dependence_is_recovered(planted):
    name, model, chance = planted
    codes = draw(model, 8_000).codes
    for i, j in itertools.product(range(2), range(3)):
        here = (codes[0] == i) & (codes[1] == j)
        assert codes[2, here].mean() == pytest.approx(chance[i, j], abs=CLOSE[name])
    low, high = (codes[4, codes[2] == c].astype(float) for c in (0, 1))
    assert high.mean() - low.mean() == pytest.approx(20, abs=5)


def test_a_column_fixed_by_another_stays_so_in_every_row(planted):
    _, model, _ = planted
    codes = draw(model, 3000).codes
    assert (np.array([2, 0, 1])[codes[1]] == codes[3]).all()
    drawn = draw(model, 3000, given={3: np.ones(3000, np.uint16)})
    assert (drawn.codes[3] == 1).all()
    assert weighted(drawn)[drawn.codes[1] == 2].sum() > 0.999


def test_what_is_given_is_conditioned_on(planted):
    name, model, chance = planted
    n = 8_000
    drawn = draw(model, n, given={0: np.ones(n, np.uint16), 2: np.zeros(n, np.uint16)})
    assert (drawn.codes[0] == 1).all()
    assert (drawn.codes[2] == 0).all()
    weight = weighted(drawn)
    share = np.bincount(drawn.codes[1], weight, minlength=3)
    assert share == pytest.approx((1 - chance[1]) / (1 - chance[1]).sum(), abs=1.3 * CLOSE[name])
    assert weight @ drawn.codes[4] == pytest.approx(20, abs=4)


def test_what_is_admitted_weighs_rows_by_its_probability(planted):
    _, model, _ = planted
    high = (np.arange(60) >= 40).astype(np.float32)
    drawn = draw(model, 8_000, allowed={4: high})
    assert (drawn.codes[4] >= 40).all()
    free = draw(model, 8_000).codes
    here = free[4] >= 40
    share = np.bincount(drawn.codes[1], weighted(drawn), minlength=3)
    assert share == pytest.approx(np.bincount(free[1, here], minlength=3) / here.sum(), abs=0.05)
    assert np.exp(drawn.log_weight).mean() == pytest.approx(here.mean(), abs=0.05)


def test_likely_rows_are_likelier(planted):
    _, model, _ = planted
    rng = np.random.default_rng(3)
    codes = draw(model, 1000).codes
    against = np.stack([rng.permutation(own) for own in codes])
    found = model.log_prob(codes)
    assert np.isfinite(found).all()
    assert np.isfinite(model.log_prob(against)).all()
    assert found.mean() > model.log_prob(against).mean() + 1
    assert model.log_prob(codes) == pytest.approx(found)


def test_probabilities_of_all_rows_sum_to_one_where_fixed_columns_are_right(planted):
    _, model, _ = planted
    every = np.stack(np.meshgrid(*(np.arange(c.cardinality) for c in model.columns), indexing="ij"))
    every = every.reshape(len(model.columns), -1).astype(np.uint16)
    prob, right = np.exp(model.log_prob(every)), np.array([2, 0, 1])[every[1]] == every[3]
    assert prob.sum() == pytest.approx(1, abs=0.07)
    assert prob[right].sum() > 0.9


def test_arrays_round_trip_and_draw_the_same(planted):
    name, model, _ = planted
    again = MODELS[name].from_arrays(model.arrays(), model.columns)
    assert all(np.array_equal(again.arrays()[key], array) for key, array in model.arrays().items())
    assert np.array_equal(draw(again, 300).codes, draw(model, 300).codes)


def test_no_array_can_be_damaged_unnoticed(planted):
    name, model, _ = planted
    for key, array in ((key, array) for key, array in model.arrays().items() if array.size):
        for damaged in (array[:-1], np.full_like(array, np.nan if array.dtype.kind == "f" else 60_000)):
            with pytest.raises(ModelFileError, match="damaged"):
                MODELS[name].from_arrays(model.arrays() | {key: damaged}, model.columns)
        rest = {other: kept for other, kept in model.arrays().items() if other != key}
        if not key.endswith(("_parent", "_lookup")) and not key.startswith("encoder_"):
            with pytest.raises(ModelFileError, match="damaged"):
                MODELS[name].from_arrays(rest, model.columns)


@pytest.mark.parametrize("name", SMALL)
def test_rare_codes_are_never_drawn_and_missing_ones_are(name):
    rng = np.random.default_rng(6)
    a, x = rng.integers(0, 4, 3000), np.where(rng.random(3000) < 0.4, 20, rng.integers(0, 20, 3000))
    columns = (
        CodeColumn("a", 4, False, rare=3),
        CodeColumn("x", 21, True, missing=20),
        CodeColumn("one", 1, False, rare=0),
    )
    data = CodeTable(columns, np.stack([a, x, 0 * x]).astype(np.uint16))
    codes = draw(SMALL[name].fit(data, seed=0), 5000).codes
    assert (codes[0] < 3).all()
    assert np.bincount(codes[0]) / 5000 == pytest.approx(1 / 3, abs=0.08)
    assert (codes[1] == 20).mean() == pytest.approx(0.4, abs=0.08)


@pytest.mark.parametrize("name", TINY)
def test_the_same_seed_gives_the_same_model_and_rows(name):
    first, second, other = (TINY[name].fit(noise(), seed=seed) for seed in (3, 3, 4))
    assert all(np.array_equal(second.arrays()[key], array) for key, array in first.arrays().items())
    assert np.array_equal(draw(first, 500).codes, draw(second, 500).codes)
    if name in NETWORKS:
        assert any(not np.array_equal(other.arrays()[key], array) for key, array in first.arrays().items())


def stop_at(share):
    def tell(stage, done):
        if done >= share:
            raise KeyboardInterrupt

    return tell


@pytest.mark.parametrize("name", NETWORKS)
def test_stopping_early_leaves_a_usable_model_that_says_so(name):
    model = TINY[name].fit(noise(), seed=0, progress=stop_at(0.5))
    assert model.note.startswith("stopped early, after")
    assert draw(model, 100).codes.shape == (3, 100)
    with pytest.raises(KeyboardInterrupt):
        TINY[name].fit(noise(), seed=0, progress=stop_at(0.0))


@pytest.mark.parametrize("name", NETWORKS)
def test_a_budget_plans_the_steps_by_the_pace(name):
    told = []
    model = SMALL[name].fit(noise(4000), seed=0, budget=0.01, progress=lambda stage, done: told.append(done))
    assert len(told) < 60  # of some hundred
    assert model.note == ""


@pytest.mark.parametrize("name", NETWORKS)
def test_learning_does_not_remember_rows_of_noise(name):
    rng = np.random.default_rng(5)
    real, unseen = (np.stack([rng.integers(0, 40, 600) for _ in range(6)]).astype(np.uint16) for _ in range(2))
    data = table(*real, ordered=[True] * 6)
    model = SMALL[name].fit(data, seed=0)
    assert model.log_prob(real).mean() - model.log_prob(unseen).mean() < 1.5


@pytest.mark.parametrize("name", NETWORKS)
def test_without_torch_the_command_that_installs_it_is_given(monkeypatch, name):
    real = builtins.__import__

    def without_torch(module, *rest, **more):
        if module.split(".")[0] == "torch":
            raise ModuleNotFoundError("No module named 'torch'", name="torch")
        return real(module, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without_torch)
    monkeypatch.delitem(sys.modules, f"twinfold.synthesis.engines.{name}", raising=False)
    with pytest.raises(MissingExtraError, match=r'pip install "twinfold\[deep\]"'):
        choose(name, rows=1000, calibrated=True, budget=None)
