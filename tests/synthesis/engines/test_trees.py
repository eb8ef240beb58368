import itertools

import numpy as np
import pytest

from twinfold.errors import ModelFileError
from twinfold.protocols import CodeColumn, CodeTable
from twinfold.synthesis.engines.trees import TreesEngine, TreesModel


def table(*columns, ordered=None, cardinalities=None):
    codes = np.stack([np.asarray(c, np.uint16) for c in columns])
    ordered = ordered or [False] * len(columns)
    sizes = cardinalities or [int(c.max()) + 1 for c in codes]
    known = enumerate(zip(sizes, ordered, strict=True))
    return CodeTable(tuple(CodeColumn(f"c{j}", k, o) for j, (k, o) in known), codes)


def draw(model, n, seed=1, **asked):
    return model.sample(n, **({"allowed": {}, "given": {}} | asked), rng=np.random.default_rng(seed))


def test_planted_dependence_is_recovered():
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 2, 8000), rng.integers(0, 3, 8000)
    chance = np.array([[0.1, 0.5, 0.9], [0.8, 0.4, 0.05]])  # neither column alone says it
    c = rng.random(8000) < chance[a, b]
    codes = draw(TreesEngine().fit(table(a, b, c), seed=0), 40_000).codes
    for i, j in itertools.product(range(2), range(3)):
        here = (codes[0] == i) & (codes[1] == j)
        assert codes[2, here].mean() == pytest.approx(chance[i, j], abs=0.05)


def test_independent_columns_stay_independent():
    rng = np.random.default_rng(1)
    data = table(rng.integers(0, 50, 5000), rng.integers(0, 200, 5000), ordered=[True, True])
    codes = draw(TreesEngine().fit(data, seed=0), 20_000).codes
    assert abs(np.corrcoef(codes)[0, 1]) < 0.04


def test_ordered_columns_follow_a_slope_and_its_spread():
    rng = np.random.default_rng(2)
    x = rng.integers(0, 200, 10_000)
    spread = np.where(x < 100, 2, 20)
    y = np.clip(x + rng.normal(0, 1, 10_000) * spread, 0, 249).round()
    codes = draw(TreesEngine().fit(table(x, y, ordered=[True, True]), seed=0), 20_000).codes.astype(float)
    gap = codes[1] - codes[0]
    for low, high in ((20, 80), (120, 180)):
        real, made = (y - x)[(x >= low) & (x < high)], gap[(codes[0] >= low) & (codes[0] < high)]
        assert made.std() == pytest.approx(real.std(), abs=3.0)


def test_a_column_fixed_by_another_stays_so_in_every_row():
    rng = np.random.default_rng(3)
    level = rng.choice(8, 4000, p=[0.3, 0.2, 0.2, 0.1, 0.1, 0.06, 0.03, 0.01])
    number = np.array([3, 1, 0, 2, 7, 5, 4, 6])[level]
    codes = draw(TreesEngine().fit(table(level, number, ordered=[False, True]), seed=0), 10_000).codes
    assert (np.array([3, 1, 0, 2, 7, 5, 4, 6])[codes[0]] == codes[1]).all()


def test_probabilities_sum_to_one_over_all_rows_there_could_be():
    rng = np.random.default_rng(4)
    a = rng.integers(0, 3, 900)
    b = (a + rng.integers(0, 2, 900)) % 3
    model = TreesEngine(trees=5).fit(table(a, b, rng.integers(0, 2, 900)), seed=0)
    everything = np.array(list(itertools.product(range(3), range(3), range(2))), np.uint16).T.copy()
    assert np.exp(model.log_prob(everything)).sum() == pytest.approx(1.0, abs=1e-9)


def test_leaves_are_smallest_where_hardly_anybody_is():
    rng = np.random.default_rng(4)
    kind = (rng.random(6000) < 0.03).astype(int)  # a few of another kind, whose column c the trees part from the rest
    c = np.where(kind == 1, rng.integers(8, 12, 6000), rng.integers(0, 8, 6000))
    model = TreesEngine(min_leaf=20).fit(table(kind, c), seed=0)
    sizes = model.leaf_sizes(np.array([[0, 1], [3, 9]], np.uint16))
    assert sizes[1] < sizes[0] - np.log(10)  # 32 times as many are of the common kind
    assert sizes.min() >= np.log(20)  # of one column that is predicted, and one that is not: all rows
    held = np.array([(kind == k).sum() / 2 for k in (0, 1)])  # half of the rows fill a tree's leaves
    assert np.exp(sizes - np.log(6000)) == pytest.approx(held, rel=0.3)


def test_single_rows_are_not_remembered():
    rng = np.random.default_rng(5)
    half = [rng.integers(0, 60, 2000) for _ in range(6)]  # no structure: all there is to learn is the rows
    held_out = np.stack([rng.integers(0, 60, 2000) for _ in range(6)]).astype(np.uint16)
    data = table(*half, ordered=[True] * 6, cardinalities=[60] * 6)
    codes = draw(TreesEngine().fit(data, seed=0), 2000).codes.astype(int)

    def nearness(real):
        return np.array([np.abs(real.astype(int) - row[:, None]).sum(axis=0).min() for row in codes.T[:400]])

    nearer = (nearness(data.codes) < nearness(held_out)).mean()
    assert nearer < 0.58


def test_a_model_that_remembers_shows_in_the_same_measure():
    rng = np.random.default_rng(5)
    codes = rng.integers(0, 60, (6, 2000)).astype(int)
    other = rng.integers(0, 60, (6, 2000))
    copies = codes[:, :400] + rng.integers(0, 2, (6, 400))
    near = [np.abs(real - row[:, None]).sum(axis=0).min() for real in (codes, other) for row in copies.T]
    assert (np.array(near[:400]) < np.array(near[400:])).mean() > 0.95


def test_rare_codes_are_never_drawn():
    rng = np.random.default_rng(6)
    a, b = rng.integers(0, 4, 3000), rng.integers(0, 4, 3000)
    columns = (CodeColumn("a", 4, False, rare=3), CodeColumn("b", 4, False, rare=3, rare_drawn=True))
    codes = draw(TreesEngine().fit(CodeTable(columns, np.stack([a, b]).astype(np.uint16)), seed=0), 5000).codes
    assert (codes[0] < 3).all()
    assert (codes[1] == 3).mean() == pytest.approx(0.25, abs=0.03)


def test_the_same_seed_gives_the_same_model_and_rows():
    rng = np.random.default_rng(7)
    data = table(rng.integers(0, 9, 500), rng.integers(0, 300, 500), ordered=[False, True])
    first, second = (TreesEngine().fit(data, seed=3) for _ in range(2))
    other = TreesEngine().fit(data, seed=4)
    same = [np.array_equal(first.arrays()[k], second.arrays()[k]) for k in first.arrays()]
    assert all(same)
    assert not np.array_equal(draw(first, 500).codes, draw(other, 500).codes)
    assert np.array_equal(draw(first, 500).codes, draw(second, 500).codes)


def test_what_is_admitted_weighs_rows_by_its_probability():
    rng = np.random.default_rng(8)
    a = rng.integers(0, 2, 6000)
    b = (rng.random(6000) < np.where(a == 1, 0.9, 0.2)).astype(int)
    model = TreesEngine().fit(table(a, b), seed=0)
    drawn = draw(model, 4000, allowed={1: np.array([0, 1], np.float32)})
    weight = np.exp(drawn.log_weight)
    assert (drawn.codes[1] == 1).all()
    assert weight.mean() == pytest.approx(0.55, abs=0.03)
    assert weight[drawn.codes[0] == 1].sum() / weight.sum() == pytest.approx(0.9 / 1.1, abs=0.03)


def test_stopping_after_the_first_round_leaves_a_usable_model():
    rng = np.random.default_rng(9)
    data = table(rng.integers(0, 5, 800), rng.integers(0, 5, 800))

    def stop_at(share):
        def tell(stage, done):
            if done >= share:
                raise KeyboardInterrupt

        return tell

    model = TreesEngine(trees=10).fit(data, seed=0, progress=stop_at(0.35))
    assert draw(model, 100).codes.shape == (2, 100)
    with pytest.raises(KeyboardInterrupt):
        TreesEngine(trees=10).fit(data, seed=0, progress=stop_at(0.01))


def damaged(name, change):
    rng = np.random.default_rng(10)
    a = rng.integers(0, 4, 1000)
    data = table(a, (a + rng.integers(0, 2, 1000)) % 4, rng.integers(0, 300, 1000), ordered=[False, False, True])
    arrays = TreesEngine(trees=2).fit(data, seed=0).arrays()
    arrays[name] = change(arrays[name].copy())
    return arrays, data.columns


def put(place, value):
    def change(array):
        array[place] = value
        return array

    return change


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("order", put(0, 2)),
        ("c1_feature", put(0, 2)),
        ("c1_left", put(0, 0)),
        ("c1_left", put(0, 30_000)),
        ("c1_end", put(0, 30_000)),
        ("c1_start", put(0, -1)),
        ("c2_values", put(0, 65_000)),
        ("c1_roots", put(0, 1)),
        ("c1_offsets", put(-1, 10**12)),
        ("c1_mask", lambda a: a[:, :2].copy()),
        ("c1_feature", lambda a: a.astype(np.int64)),
        ("c0_margin", put(0, np.nan)),
    ],
)
def test_arrays_that_would_lead_compiled_code_astray_are_refused(name, change):
    arrays, columns = damaged(name, change)
    with pytest.raises(ModelFileError, match="damaged"):
        TreesModel.from_arrays(arrays, columns)


def test_arrays_round_trip():
    arrays, columns = damaged("order", lambda a: a)
    again = TreesModel.from_arrays(arrays, columns)
    assert all(np.array_equal(arrays[k], v) for k, v in again.arrays().items())
