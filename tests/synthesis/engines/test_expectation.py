import numpy as np
import pytest

from twinfold.errors import ModelFileError
from twinfold.protocols import CodeColumn, CodeTable
from twinfold.synthesis.engines.expectation import Expectation, normal_scores
from twinfold.synthesis.engines.trees import TreesEngine, TreesModel


def table(*columns, cardinality=64, ordered=True):
    codes = np.stack([np.asarray(c, np.uint16) for c in columns])
    return CodeTable(tuple(CodeColumn(f"c{j}", cardinality, ordered) for j in range(len(codes))), codes)


def bin_evenly(values, bins=64):
    return np.argsort(np.argsort(values)) * bins // len(values)


def sums(rows, seed, parts=6):
    """Columns, and a last one that is near their sum: a tree that cuts one at a time follows it badly."""
    rng = np.random.default_rng(seed)
    columns = rng.normal(size=(parts, rows))
    return [bin_evenly(values) for values in (*columns, columns.sum(axis=0) + 0.3 * rng.normal(size=rows))]


def explained(model, columns):
    """The share of the last column's variance that goes with the others in drawn rows."""
    given = dict(enumerate(np.asarray(columns[:-1], np.uint16)))
    drawn = model.sample(len(columns[0]), allowed={}, given=given, rng=np.random.default_rng(2)).codes[-1]
    return np.corrcoef(drawn, np.sum(columns[:-1], axis=0))[0, 1] ** 2


def test_a_sum_of_columns_is_followed_where_single_cuts_lose_it():
    data, fresh = table(*sums(6000, 0)), sums(6000, 1)
    real = np.corrcoef(fresh[-1], np.sum(fresh[:-1], axis=0))[0, 1] ** 2
    plain = explained(TreesEngine().fit(data, seed=0, context=6), fresh)
    expecting = explained(TreesEngine(expect=True).fit(data, seed=0, context=6), fresh)
    assert expecting > real - 0.06
    assert plain < real - 0.15


def test_nothing_is_expected_by_noise():
    rng = np.random.default_rng(3)
    data = table(*rng.integers(0, 64, (8, 4000)))
    scores = [normal_scores(column, codes) for column, codes in zip(data.columns, data.codes, strict=True)]
    found = Expectation.learn(data, 7, list(range(7)), scores, np.arange(2000))
    expected, kept = found.bins(data.codes)[2000:], data.codes[7, 2000:]
    assert abs(np.corrcoef(expected, kept)[0, 1]) < 0.07
    model = TreesEngine(expect=True).fit(data, seed=0)
    drawn = model.sample(8000, allowed={}, given={}, rng=np.random.default_rng(1)).codes
    assert np.abs(np.corrcoef(drawn) - np.corrcoef(data.codes)).max() < 0.06


def test_an_effect_of_single_codes_counts_where_columns_have_no_order():
    rng = np.random.default_rng(4)
    level, other = rng.integers(0, 64, (2, 6000))
    effect = rng.permutation(64)
    value = bin_evenly(effect[level] + 4 * rng.normal(size=6000))
    columns = (CodeColumn("level", 64, False), CodeColumn("other", 64, False), CodeColumn("value", 64, True))
    data = CodeTable(columns, np.stack([level, other, value]).astype(np.uint16))
    scores = [normal_scores(column, codes) for column, codes in zip(data.columns, data.codes, strict=True)]
    found = Expectation.learn(data, 2, [0, 1], scores, np.arange(3000))
    assert np.corrcoef(found.bins(data.codes)[3000:], value[3000:])[0, 1] > 0.9


def test_probabilities_are_those_of_the_draws():
    model = TreesEngine(expect=True, trees=5).fit(table(*sums(3000, 5, parts=2), cardinality=64), seed=0)
    given = np.zeros((3, 64), np.uint16)
    given[:2], given[2] = 20, np.arange(64)
    log_prob = model.log_prob(given)
    conditional = np.exp(log_prob - log_prob.max())
    drawn = model.sample(
        40_000, allowed={}, given={0: np.full(40_000, 20), 1: np.full(40_000, 20)}, rng=np.random.default_rng(0)
    ).codes[2]
    shares = np.bincount(drawn, minlength=64) / 40_000
    assert np.abs(shares - conditional / conditional.sum()).max() < 0.02


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("by", lambda a: np.full_like(a, 2)),
        ("by", lambda a: a - 1),
        ("by", lambda a: a[:0]),
        ("effects", lambda a: a[:-1]),
        ("effects", lambda a: a * np.float32(np.nan)),
        ("edges", lambda a: a[::-1].copy()),
        ("edges", lambda a: np.arange(300, dtype=np.float32)),
    ],
)
def test_arrays_that_would_lead_compiled_code_astray_are_refused(name, change):
    data = table(*sums(2000, 6, parts=2))
    model = TreesEngine(expect=True, trees=2).fit(data, seed=0)
    arrays = model.arrays()
    again = TreesModel.from_arrays(arrays, data.columns)
    assert np.array_equal(again.log_prob(data.codes), model.log_prob(data.codes))
    arrays[f"c2_expected_{name}"] = change(arrays[f"c2_expected_{name}"])
    with pytest.raises(ModelFileError, match="damaged"):
        TreesModel.from_arrays(arrays, data.columns)


def test_a_split_on_an_expectation_that_is_not_there_is_refused():
    data = table(*sums(2000, 7, parts=2))
    arrays = TreesEngine(expect=True, trees=2).fit(data, seed=0).arrays()
    left_out = {name: array for name, array in arrays.items() if not name.startswith("c2_expected")}
    with pytest.raises(ModelFileError, match="later column"):
        TreesModel.from_arrays(left_out, data.columns)
