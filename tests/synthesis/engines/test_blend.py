import builtins
import sys

import numpy as np
import pytest

from twinfold.errors import MissingExtraError, ModelFileError
from twinfold.protocols import CodeColumn, CodeTable
from twinfold.synthesis.engines.blend import BlendEngine, BlendModel
from twinfold.synthesis.engines.network import NetworkEngine
from twinfold.synthesis.engines.trees import TreesEngine

ENGINE = BlendEngine(TreesEngine(trees=3), NetworkEngine(width=24, depth=1, members=1, epochs=10, batch=128))


def data(rows=3000):
    rng = np.random.default_rng(0)
    a = rng.integers(0, 2, rows)
    b = (rng.random(rows) < np.where(a == 1, 0.9, 0.2)).astype(int)
    columns = (CodeColumn("a", 2, False), CodeColumn("b", 2, False), CodeColumn("c", 12, True))
    return CodeTable(columns, np.stack([a, b, rng.integers(0, 12, rows)]).astype(np.uint16))


@pytest.fixture(scope="module")
def model():
    return ENGINE.fit(data(), seed=0)


def draw(model, n, seed=1, **asked):
    return model.sample(n, **({"allowed": {}, "given": {}} | asked), rng=np.random.default_rng(seed))


def stop_at(share):
    def tell(stage, done):
        if done >= share:
            raise KeyboardInterrupt

    return tell


def test_the_likelihood_is_the_mean_of_both(model):
    codes = data().codes[:, :200]
    mean = (np.exp(model.trees.log_prob(codes)) + np.exp(model.network.log_prob(codes))) / 2
    assert np.exp(model.log_prob(codes)) == pytest.approx(mean, rel=1e-9)


def test_rows_follow_what_both_learned(model):
    codes = draw(model, 20_000).codes
    for a, share in ((0, 0.2), (1, 0.9)):
        assert codes[1, codes[0] == a].mean() == pytest.approx(share, abs=0.05)


def test_what_is_asked_is_weighed_by_whichever_drew_the_row(model):
    admitted = draw(model, 8000, allowed={1: np.array([0, 1], np.float32)})
    weight = np.exp(admitted.log_weight)
    assert (admitted.codes[1] == 1).all()
    assert weight.mean() == pytest.approx(0.55, abs=0.04)
    assert weight[admitted.codes[0] == 1].sum() / weight.sum() == pytest.approx(0.9 / 1.1, abs=0.04)
    given = draw(model, 8000, given={1: np.ones(8000, np.uint16)})
    weight = np.exp(given.log_weight)
    assert weight[given.codes[0] == 1].sum() / weight.sum() == pytest.approx(0.9 / 1.1, abs=0.04)


def test_the_same_seed_gives_the_same_model(model):
    again = ENGINE.fit(data(), seed=0).arrays()
    assert all(np.array_equal(again[name], array) for name, array in model.arrays().items())


def test_arrays_round_trip(model):
    again = BlendModel.from_arrays(model.arrays(), data().columns)
    assert np.array_equal(draw(again, 500).codes, draw(model, 500).codes)


def test_stopping_early_leaves_the_trees(model):
    stopped = ENGINE.fit(data(), seed=0, progress=stop_at(0.11))
    assert stopped.note == "stopped early, before there was a network: trees alone"
    assert draw(stopped, 100).codes.shape == (3, 100)
    again = BlendModel.from_arrays(stopped.arrays(), data().columns)
    assert np.array_equal(again.log_prob(data().codes), model.trees.log_prob(data().codes))
    assert ENGINE.fit(data(), seed=0, progress=stop_at(0.07)).note == "stopped early, after 2 of 3 rounds of trees"
    with pytest.raises(KeyboardInterrupt):
        ENGINE.fit(data(), seed=0, progress=stop_at(0.0))


@pytest.mark.parametrize(
    "change",
    [
        {"share": np.array([2.0])},
        {"share": np.array([np.nan])},
        {"share": np.zeros(0)},
        {"share": None},
        {"trees_order": None},
        {"network_head": np.zeros((1, 2, 2), np.float32)},
        {"other_thing": np.zeros(1)},
    ],
)
def test_damaged_arrays_are_refused(model, change):
    arrays = {name: array for name, array in (model.arrays() | change).items() if array is not None}
    with pytest.raises(ModelFileError, match="damaged"):
        BlendModel.from_arrays(arrays, data().columns)


def test_without_torch_the_command_that_installs_it_is_given(monkeypatch):
    real = builtins.__import__

    def without_torch(name, *rest, **more):
        if name.split(".")[0] == "torch":
            raise ModuleNotFoundError("No module named 'torch'", name="torch")
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without_torch)
    monkeypatch.delitem(sys.modules, "twinfold.synthesis.engines.network_training", raising=False)
    monkeypatch.delattr("twinfold.synthesis.engines.network_training", raising=False)
    with pytest.raises(MissingExtraError, match=r'pip install "twinfold\[deep\]"'):
        ENGINE.fit(data(), seed=0)
