import itertools

import numpy as np
import pytest

from twinfold.errors import ModelFileError
from twinfold.protocols import CodeColumn, CodeTable
from twinfold.synthesis.engines.cooccurrence import find_cooccurrences
from twinfold.synthesis.engines.trees import TreesEngine, TreesModel


def table(*columns, cardinality=10):
    codes = np.stack([np.asarray(c, np.uint16) for c in columns])
    return CodeTable(tuple(CodeColumn(f"c{j}", cardinality, True) for j in range(len(codes))), codes)


def special(rows=12_000, share=0.003, agree=1.0, seed=0):
    """Three columns of noise below 8 that hold 9 together in a share of the rows, the last with a chance."""
    rng = np.random.default_rng(seed)
    a, b, c = (rng.integers(0, 8, rows) for _ in range(3))
    here = rng.random(rows) < share
    a[here] = b[here] = 9
    c[here & (rng.random(rows) < agree)] = 9
    return table(a, b, c)


def find(data, **asked):
    settings = {"without": (), "min_leaf": 60, "rng": np.random.default_rng(0)} | asked
    return find_cooccurrences(data, range(len(data.columns)), **settings)


def draw(model, n, **asked):
    return model.sample(n, **({"allowed": {}, "given": {}} | asked), rng=np.random.default_rng(1))


def test_a_special_code_that_a_thousandth_of_rows_share_stays_together():
    data = special(share=0.001)
    real = (data.codes == 9).all(axis=0).mean()
    codes = draw(TreesEngine(min_leaf=60).fit(data, seed=0), 60_000).codes
    together, any_ = (codes == 9).all(axis=0), (codes == 9).any(axis=0)
    assert together.mean() == pytest.approx(real, rel=0.35)
    assert (together == any_).all()


def test_a_code_that_follows_in_part_does_so_as_often():
    codes = draw(TreesEngine(min_leaf=60).fit(special(share=0.012, agree=0.9), seed=0), 60_000).codes
    assert (codes[2, codes[1] == 9] == 9).mean() == pytest.approx(0.9, abs=0.05)
    assert (codes[2, codes[1] != 9] == 9).mean() < 0.001


def test_what_fewer_than_ten_rows_share_is_not_kept():
    data = special(share=0.0)
    data.codes[:, :9] = 9
    assert not find(data)
    data.codes[:, :11] = 9
    assert set(find(data)) == {1, 2}


def test_columns_of_noise_share_nothing():
    rng = np.random.default_rng(3)
    assert not find(table(*rng.integers(0, 200, (30, 4000)), cardinality=200))


@pytest.mark.parametrize(("others", "found"), [(1000, True), (100, False)])
def test_a_column_with_too_few_rows_left_to_learn_from_is_left_to_the_trees(others, found):
    rng = np.random.default_rng(4)
    special = np.repeat(np.arange(4), 50)
    data = table(*(np.append(special, rng.integers(4, 10, others)) for _ in range(2)))
    assert bool(find(data, min_leaf=60)) == found


def test_what_trees_can_tell_better_is_left_to_them():
    rng = np.random.default_rng(6)
    working = rng.random(4000) < 0.6
    employer = np.where(rng.random(4000) < np.where(working, 0.05, 0.9), 2, 3)
    income = np.where(working, rng.integers(3, 10, 4000), 2)
    found = find(table(working, employer, income), min_leaf=20)
    assert set(found) == {2}
    assert found[2].parent.tolist() == [0]


def test_probabilities_still_sum_to_one_and_follow_the_rows():
    rng = np.random.default_rng(5)
    a = rng.integers(0, 3, 3000)
    b = rng.integers(0, 2, 3000)
    a[100:] = np.where(a[100:] == 2, 0, a[100:])
    b[(a == 2) & (rng.random(3000) < 0.9)] = 2
    model = TreesEngine().fit(table(a, b, cardinality=3), seed=0)
    assert model.together
    every = np.array(list(itertools.product(range(3), range(3))), np.uint16).T.copy()
    prob = np.exp(model.log_prob(every)).reshape(3, 3)
    assert prob.sum() == pytest.approx(1.0, abs=1e-9)
    assert prob[2, 2] / prob[2].sum() == pytest.approx((b[a == 2] == 2).mean(), abs=0.02)


def test_a_condition_on_a_code_that_follows_weighs_rows_by_its_probability():
    model = TreesEngine(min_leaf=60).fit(special(share=0.012, agree=0.9), seed=0)
    admitted = np.zeros(10, np.float32)
    admitted[[9, 0]] = 1
    drawn = draw(model, 20_000, allowed={2: admitted})
    weight = np.exp(drawn.log_weight)
    plain = draw(model, 60_000).codes
    met = np.isin(plain[2], [0, 9])
    assert np.isin(drawn.codes[2], [0, 9]).all()
    assert weight.mean() == pytest.approx(met.mean(), abs=0.01)
    share = weight[drawn.codes[1] == 9].sum() / weight.sum()
    assert share == pytest.approx((plain[1, met] == 9).mean(), abs=0.02)


def test_a_saved_model_draws_the_same_and_a_damaged_one_is_refused():
    model = TreesEngine().fit(special(), seed=0)
    arrays, columns = model.arrays(), model.columns
    again = TreesModel.from_arrays(arrays, columns)
    assert np.array_equal(draw(model, 2000).codes, draw(again, 2000).codes)
    name = next(name for name in arrays if name.endswith("_together"))
    for place, value in ((0, 2), (0, -1), (1, 10), (2, 10)):
        pairs = arrays[name].copy()
        pairs[0, place] = value
        with pytest.raises(ModelFileError):
            TreesModel.from_arrays(arrays | {name: pairs}, columns)
    with pytest.raises(ModelFileError):
        TreesModel.from_arrays(arrays | {f"{name}_share": np.array([2.0])}, columns)
