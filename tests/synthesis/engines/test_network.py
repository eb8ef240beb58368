import builtins
import itertools
import sys

import numpy as np
import pytest

from twinfold.errors import MissingExtraError, ModelFileError
from twinfold.protocols import CodeColumn, CodeTable
from twinfold.synthesis.engines.network import NetworkEngine, NetworkModel

SMALL = NetworkEngine(width=48, members=1, epochs=40, most_steps=400, batch=256)
TINY = NetworkEngine(width=16, depth=1, members=2, epochs=5, batch=64)


def table(*columns, ordered=None, cardinalities=None):
    codes = np.stack([np.asarray(c, np.uint16) for c in columns])
    ordered = ordered or [False] * len(columns)
    sizes = cardinalities or [int(c.max()) + 1 for c in codes]
    known = enumerate(zip(sizes, ordered, strict=True))
    return CodeTable(tuple(CodeColumn(f"c{j}", k, o) for j, (k, o) in known), codes)


def draw(model, n, seed=1, **asked):
    return model.sample(n, **({"allowed": {}, "given": {}} | asked), rng=np.random.default_rng(seed))


def noise(rows=600, seed=0):
    rng = np.random.default_rng(seed)
    return table(
        rng.integers(0, 4, rows), rng.integers(0, 3, rows), rng.integers(0, 30, rows), ordered=[False] * 2 + [True]
    )


@pytest.fixture(scope="module")
def planted():
    """Two causes, an effect that neither says alone, and a column that the first cause and a level fix."""
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 2, 8000), rng.integers(0, 3, 8000)
    chance = np.array([[0.1, 0.5, 0.9], [0.8, 0.4, 0.05]])
    c = rng.random(8000) < chance[a, b]
    level = np.array([2, 0, 1])[b]
    return SMALL.fit(table(a, b, c, level, ordered=[False, False, False, True]), seed=0), chance


def test_planted_dependence_is_recovered(planted):
    model, chance = planted
    codes = draw(model, 40_000).codes
    for i, j in itertools.product(range(2), range(3)):
        here = (codes[0] == i) & (codes[1] == j)
        assert codes[2, here].mean() == pytest.approx(chance[i, j], abs=0.05)


def test_a_column_fixed_by_another_stays_so_in_every_row(planted):
    codes = draw(planted[0], 5000).codes
    assert (np.array([2, 0, 1])[codes[1]] == codes[3]).all()
    fixed = draw(planted[0], 5000, given={3: np.ones(5000, np.uint16)})
    assert (fixed.codes[1] == 2).all()
    assert np.exp(fixed.log_weight) == pytest.approx(1 / 3, abs=0.05)


def test_given_causes_and_effects_are_conditioned_on_without_weights(planted):
    model, chance = planted
    n = 20_000
    asked = {0: np.ones(n, np.uint16), 2: np.ones(n, np.uint16)}  # P(b | a = 1, c = 1), against the chain's order
    drawn = draw(model, n, given=asked)
    assert (drawn.codes[0] == 1).all()
    assert (drawn.codes[2] == 1).all()
    share = np.bincount(drawn.codes[1], minlength=3) / n
    assert share == pytest.approx(chance[1] / chance[1].sum(), abs=0.05)
    assert np.ptp(drawn.log_weight) == pytest.approx(0.0, abs=1e-6)
    assert np.exp(drawn.log_weight[0]) == pytest.approx(chance[1].mean() / 2, abs=0.03)


def test_what_is_admitted_weighs_rows_by_its_probability(planted):
    model, chance = planted
    drawn = draw(model, 20_000, allowed={2: np.array([0, 1], np.float32), 3: np.array([1, 0.5, 0], np.float32)})
    weight = np.exp(drawn.log_weight)
    joint = chance / 6 * np.array([0.0, 1.0, 0.5])  # level 2 comes of cause 0, 0 of 1, 1 of 2
    assert (drawn.codes[2] == 1).all()
    assert (drawn.codes[3] < 2).all()
    assert weight.mean() == pytest.approx(joint.sum(), abs=0.02)
    for i, j in itertools.product(range(2), range(1, 3)):
        here = (drawn.codes[0] == i) & (drawn.codes[1] == j)
        assert weight[here].sum() / weight.sum() == pytest.approx(joint[i, j] / joint.sum(), abs=0.06)


def test_what_was_never_learned_is_weighed_as_impossible_or_nearly_so(planted):
    model, _ = planted
    lost = draw(model, 50, allowed={2: np.zeros(2, np.float32)})
    assert np.isneginf(lost.log_weight).all()
    against = draw(model, 50, given={1: np.zeros(50, np.uint16), 3: np.zeros(50, np.uint16)})
    assert np.isfinite(against.log_weight).all()
    assert (against.log_weight < np.log(0.01)).all()


def test_probabilities_sum_to_one_over_all_rows_there_could_be(planted):
    everything = np.array(list(itertools.product(range(2), range(3), range(2), range(3))), np.uint16).T.copy()
    log_prob = planted[0].log_prob(everything)
    assert np.exp(log_prob).sum() == pytest.approx(1.0, abs=1e-6)
    given = draw(planted[0], everything.shape[1], given=dict(enumerate(everything)))
    assert given.log_weight == pytest.approx(log_prob, abs=1e-9)


def test_ordered_columns_follow_a_slope_and_its_spread():
    rng = np.random.default_rng(2)
    x = rng.integers(0, 200, 8_000)
    y = np.clip(x + rng.normal(0, 1, 8_000) * np.where(x < 100, 4, 20), 0, 249).round()
    codes = draw(SMALL.fit(table(x, y, ordered=[True, True]), seed=0), 20_000).codes.astype(float)
    gap = codes[1] - codes[0]
    for low, high in ((20, 80), (120, 180)):
        real, made = (y - x)[(x >= low) & (x < high)], gap[(codes[0] >= low) & (codes[0] < high)]
        assert made.std() == pytest.approx(real.std(), rel=0.35)
        assert made.mean() == pytest.approx(real.mean(), abs=2.0)


def test_learning_ends_before_single_rows_are_remembered():
    rng = np.random.default_rng(5)
    real, unseen = (np.stack([rng.integers(0, 40, 600) for _ in range(6)]).astype(np.uint16) for _ in range(2))
    data = table(*real, ordered=[True] * 6, cardinalities=[40] * 6)  # no structure: all there is to learn is the rows

    def nearness(**settings):
        model = NetworkEngine(width=64, members=1, epochs=60, batch=128, **settings).fit(data, seed=0)
        return model.log_prob(real).mean() - model.log_prob(unseen).mean()

    guarded, remembering = nearness(), nearness(slack=np.inf)
    assert guarded < 1.0
    assert remembering > 2 * guarded


def test_rare_codes_are_never_drawn():
    rng = np.random.default_rng(6)
    a, b = rng.integers(0, 4, 3000), rng.integers(0, 4, 3000)
    columns = (CodeColumn("a", 4, False, rare=3), CodeColumn("b", 4, False, rare=3, rare_drawn=True))
    model = SMALL.fit(CodeTable(columns, np.stack([a, b]).astype(np.uint16)), seed=0)
    codes = draw(model, 5000).codes
    assert (codes[0] < 3).all()
    assert np.bincount(codes[0]) / 5000 == pytest.approx(1 / 3, abs=0.04)
    assert (codes[1] == 3).mean() == pytest.approx(0.25, abs=0.04)
    assert np.isfinite(model.log_prob(np.full((2, 1), 3, np.uint16))).all()


def test_a_column_of_missing_values_and_of_one_code_is_learned():
    rng = np.random.default_rng(7)
    x = np.where(rng.random(2000) < 0.4, 20, rng.integers(0, 20, 2000))
    columns = (CodeColumn("x", 21, True, missing=20), CodeColumn("one", 1, False, rare=0))
    codes = draw(TINY.fit(CodeTable(columns, np.stack([x, 0 * x]).astype(np.uint16)), seed=0), 4000).codes
    assert (codes[0] == 20).mean() == pytest.approx(0.4, abs=0.05)


def test_the_same_seed_gives_the_same_model_and_rows():
    first, second, other = (TINY.fit(noise(), seed=seed) for seed in (3, 3, 4))
    assert all(np.array_equal(second.arrays()[name], array) for name, array in first.arrays().items())
    assert np.array_equal(draw(first, 500).codes, draw(second, 500).codes)
    assert not np.array_equal(first.arrays()["head"], other.arrays()["head"])


def stop_at(share):
    def tell(stage, done):
        if done >= share:
            raise KeyboardInterrupt

    return tell


def test_stopping_early_leaves_a_usable_model_that_says_so():
    model = TINY.fit(noise(), seed=0, progress=stop_at(0.3))
    assert model.note.startswith("stopped early, after")
    assert draw(model, 100).codes.shape == (3, 100)
    second = TINY.fit(noise(), seed=0, progress=stop_at(0.9))
    assert second.note == "stopped early, with 2 of 2 networks"
    with pytest.raises(KeyboardInterrupt):
        TINY.fit(noise(), seed=0, progress=stop_at(0.0))


def test_a_budget_plans_the_steps_by_the_pace():
    told = []
    model = NetworkEngine(width=64, members=1).fit(
        noise(4000), seed=0, budget=0.01, progress=lambda stage, done: told.append(done)
    )
    assert len(told) < 60  # of some hundred
    assert told[-1] == 1.0
    assert model.note == ""


def test_arrays_round_trip_and_draw_the_same(planted):
    model = planted[0]
    again = NetworkModel.from_arrays(model.arrays(), model.columns)
    assert all(np.array_equal(again.arrays()[name], array) for name, array in model.arrays().items())
    assert np.array_equal(draw(again, 300).codes, draw(model, 300).codes)


def put(place, value):
    def change(array):
        array[place] = value
        return array

    return change


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("order", put(0, 2)),
        ("order", lambda a: a[:-1]),
        ("embed", lambda a: a[:, :-1]),
        ("embed", lambda a: a.astype(np.float64)),
        ("head", put((0, 0, 0), np.nan)),
        ("head_bias", put((0, 0), np.inf)),
        ("layers", put((0, 0, 0, 0), 1e30)),
        ("layers", lambda a: a[0]),
        ("layer_biases", lambda a: a[:0]),
        ("c0_margin", put(0, np.nan)),
        ("c0_margin", lambda a: a[:-1]),
        ("c3_lookup", put(0, 60_000)),
        ("c3_lookup", lambda a: a[:-1]),
        ("c3_parent", put(0, 3)),
        ("c3_parent", put(0, 4)),
        ("c3_parent", lambda a: a[:0]),
    ],
)
def test_damaged_arrays_are_refused(planted, name, change):
    arrays = {key: array.copy() for key, array in planted[0].arrays().items()}
    arrays[name] = change(arrays[name])
    with pytest.raises(ModelFileError, match="damaged"):
        NetworkModel.from_arrays(arrays, planted[0].columns)


def test_arrays_that_lack_a_part_are_refused(planted):
    arrays = planted[0].arrays()
    del arrays["bias"]
    with pytest.raises(ModelFileError, match="damaged"):
        NetworkModel.from_arrays(arrays, planted[0].columns)


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
        TINY.fit(noise(), seed=0)
