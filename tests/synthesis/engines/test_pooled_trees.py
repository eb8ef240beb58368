"""Trees of new rows and an older model's: they take what is the same, and leave what is not."""

import numpy as np
import pytest

from twinfold.errors import ModelFileError
from twinfold.protocols import CodeColumn, CodeTable
from twinfold.synthesis.choice import restore_base
from twinfold.synthesis.engines.pooled_trees import OlderRows, PooledTrees, PooledTreesEngine
from twinfold.synthesis.engines.trees import TreesEngine, TreesModel

COLUMNS = (
    CodeColumn("a", 3, False),
    CodeColumn("b", 2, False),
    CodeColumn("c", 4, False, rare=3),
    CodeColumn("new", 2, False),
)
ALL = np.stack([own.ravel() for own in np.meshgrid(*(np.arange(c.cardinality) for c in COLUMNS))]).astype(np.uint16)


def rows(n, seed, effect):
    """Column b hangs on a, by so much; c on both; "new" on a."""
    rng = np.random.default_rng(seed)
    a = rng.integers(0, 3, n)
    b = rng.random(n) < 0.5 + effect * (a - 1)
    c = np.where(rng.random(n) < 0.9, (a + b) % 3, rng.integers(0, 3, n))
    new = rng.random(n) < np.array([0.1, 0.5, 0.9])[a]
    return np.stack([a, b, c, new]).astype(np.uint16)


def older(n, seed, effect):
    known = np.ones((4, n), bool)
    known[3] = False
    known[2, ::10] = False
    codes = rows(n, seed, effect)
    codes[3] = 0
    return OlderRows(codes, known)


def learn(n, behind, seed=0):
    return PooledTreesEngine(TreesEngine(trees=8), behind).fit(CodeTable(COLUMNS, rows(n, 1, 0.45)), seed=seed)


def chance(model, effect_of=(0, 2)):
    """How much likelier b is where a is 2 than where it is 0."""
    codes = model.sample(20_000, allowed={}, given={}, rng=np.random.default_rng(0)).codes
    low, high = (codes[1, codes[0] == a].mean() for a in effect_of)
    return high - low


def test_what_both_have_in_common_is_learned_of_both():
    model = learn(90, older(3000, 2, 0.45))
    assert isinstance(model, PooledTrees)
    assert chance(model) == pytest.approx(0.9, abs=0.06)
    assert chance(model) > chance(TreesEngine(trees=8).fit(CodeTable(COLUMNS, rows(90, 1, 0.45)), seed=0)) + 0.05


def test_where_they_differ_the_new_rows_count():
    """Of 600 new rows and 9,600 older ones in which the effect is turned round."""
    behind = older(9_600, 2, -0.45)
    assert chance(learn(600, behind)) == pytest.approx(0.9, abs=0.12)


def test_the_new_rows_shares_are_kept_where_the_older_ones_are_others():
    rng = np.random.default_rng(0)
    columns = tuple(CodeColumn(f"v{j}", 20, True) for j in range(10))

    def half_shifted(n, shift):
        common = rng.normal(0, 1, n)
        numbers = [(common + rng.normal(0, 1, n)) * 2.5 + 10 + shift * (j % 2) for j in range(10)]
        return np.clip(np.stack(numbers), 0, 19).astype(np.uint16)

    new, lent = half_shifted(200, 1.8), half_shifted(8000, 0)
    model = PooledTreesEngine(TreesEngine(trees=8), OlderRows(lent, np.ones(lent.shape, bool))).fit(
        CodeTable(columns, new), seed=0
    )
    assert isinstance(model, PooledTrees)
    drawn = model.sample(8_000, allowed={}, given={}, rng=np.random.default_rng(0)).codes
    assert drawn.mean(axis=1) == pytest.approx(new.mean(axis=1), abs=0.8)
    assert np.corrcoef(drawn[0], drawn[1])[0, 1] == pytest.approx(0.45, abs=0.15)


def test_an_older_model_that_says_nothing_here_is_left_out():
    rng = np.random.default_rng(0)
    noise = np.stack([rng.integers(0, c.cardinality, 4000) for c in COLUMNS]).astype(np.uint16)
    noise[2] = np.where(noise[1] == 1, 2, 0)
    noise[0] = 2
    model = learn(1500, OlderRows(noise, np.ones(noise.shape, bool)))
    assert isinstance(model, TreesModel)


def test_new_columns_are_learned_and_what_is_unknown_is_never_drawn():
    model = learn(400, older(3000, 2, 0.45))
    codes = model.sample(20_000, allowed={}, given={}, rng=np.random.default_rng(0)).codes
    assert (codes.max(axis=1) <= [2, 1, 2, 1]).all()
    assert codes[3, codes[0] == 2].mean() - codes[3, codes[0] == 0].mean() == pytest.approx(0.8, abs=0.15)


def test_probabilities_sum_to_one_and_conditions_weigh_by_them():
    model = learn(400, older(3000, 2, 0.45))
    prob = np.exp(model.log_prob(ALL))
    assert prob.sum() == pytest.approx(1, abs=0.02)
    n = 20_000
    drawn = model.sample(
        n,
        allowed={3: np.array([0, 1], np.float32)},
        given={2: np.full(n, 1, np.uint16)},
        rng=np.random.default_rng(0),
    )
    assert (drawn.codes[2] == 1).all()
    assert (drawn.codes[3] == 1).all()
    here = (ALL[2] == 1) & (ALL[3] == 1)
    assert np.exp(drawn.log_weight).mean() == pytest.approx(prob[here].sum(), abs=0.02)


def test_a_model_comes_back_from_its_arrays_and_none_can_be_damaged():
    model = learn(200, older(2000, 2, 0.45))
    again = restore_base("trees", model.arrays(), COLUMNS)
    assert isinstance(again, PooledTrees)
    assert again.older == model.older
    assert again.log_prob(ALL) == pytest.approx(model.log_prob(ALL))
    for name, damaged in (("spare", np.array([2, 0, 0, 0])), ("older", np.array([-1])), ("context", np.array([1]))):
        with pytest.raises(ModelFileError, match="damaged"):
            restore_base("trees", model.arrays() | {name: damaged}, COLUMNS)
    beyond = {"c4_values": np.full_like(model.arrays()["c4_values"], 2)}  # the code of what the older model lacks
    with pytest.raises(ModelFileError, match="an unknown code is drawn"):
        restore_base("trees", model.arrays() | beyond, COLUMNS)
    with pytest.raises(ModelFileError, match="damaged"):
        restore_base("trees", {k: v for k, v in model.arrays().items() if k != "spare"}, COLUMNS)
