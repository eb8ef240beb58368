"""Shapley values of a column's trees, against their definition: every set of known columns, tried."""

from itertools import combinations
from math import comb

import numpy as np
import pytest

from twinfold.protocols import CodeColumn, CodeTable
from twinfold.synthesis.engines.attribution import attribute
from twinfold.synthesis.engines.trees import TreesEngine, TreesModel


def learn(*columns: np.ndarray, ordered: tuple[bool, ...], seed: int = 0, **settings: int) -> TreesModel:
    codes = np.stack([np.asarray(c, np.uint16) for c in columns])
    known = tuple(CodeColumn(f"c{j}", int(c.max()) + 1, o) for j, (c, o) in enumerate(zip(codes, ordered, strict=True)))
    return TreesEngine(**settings).fit(CodeTable(known, codes), seed=seed)


def expected(forest, bins, known, low, high):  # type: ignore[no-untyped-def]
    """The share of values from low to high where only some columns are known, mean over trees."""
    total = 0.0
    for tree, root in enumerate(forest.roots):

        def below(node, root=root, tree=tree):  # type: ignore[no-untyped-def]
            values = forest.values[forest.offsets[tree] + forest.start[node] : forest.offsets[tree] + forest.end[node]]
            j = forest.feature[node]
            if j < 0:
                return ((values >= low) & (values <= high)).mean()
            left, right = root + forest.left[node], root + forest.left[node] + 1
            if j in known:
                goes_left = int(forest.mask[node, bins[j] >> 6]) >> int(bins[j] & 63) & 1
                return below(left if goes_left else right)
            share = (forest.end[left] - forest.start[left]) / len(values)
            return share * below(left) + (1 - share) * below(right)

        total += below(root) / len(forest.roots)
    return total


def test_values_are_shapleys_by_their_definition() -> None:
    rng = np.random.default_rng(0)
    a, b, c, d = (
        rng.integers(0, 3, 3000),
        rng.integers(0, 5, 3000),
        rng.integers(0, 40, 3000),
        rng.integers(0, 60, 3000),
    )
    y = np.where(a == 1, c, 40 - c) // 2 + b + rng.integers(0, 10, 3000)
    model = learn(a, b, c, d, y, ordered=(False, False, True, True, True), trees=3)
    forest, last = model.parts[4], 4
    for row in range(4):
        codes = np.array([a[row], b[row], c[row], d[row], y[row]], np.uint16)
        low, high = int(y[row]) - 2, int(y[row]) + 2
        found = attribute(model, last, codes, low, high)
        bins = model.bins(codes[:, None])[:, 0].astype(int)
        worth = {s: expected(forest, bins, s, low, high) for k in range(5) for s in combinations(range(4), k)}
        for j in range(4):
            others = [i for i in range(4) if i != j]
            shapley = sum(
                (worth[tuple(sorted((*s, j)))] - worth[s]) / (4 * comb(3, k))
                for k in range(4)
                for s in combinations(others, k)
            )
            assert found.added[j] == pytest.approx(shapley, abs=1e-9)
        assert found.usual == pytest.approx(worth[()])
        assert found.probability == pytest.approx(worth[0, 1, 2, 3])


def test_what_two_columns_say_together_is_both_ones_doing() -> None:
    rng = np.random.default_rng(1)
    a, b, c = (rng.integers(0, 2, 6000) for _ in range(3))
    y = np.where(rng.random(6000) < 0.95, a ^ b, 1 - (a ^ b)) * 2 + rng.integers(0, 2, 6000)
    model = learn(a, b, c, y, ordered=(False,) * 4)
    found = attribute(model, 3, np.array([1, 0, 0, 2], np.uint16), 2, 3)
    assert found.usual == pytest.approx(0.5, abs=0.03)
    assert found.probability == pytest.approx(0.95, abs=0.04)
    assert found.added[:2] == pytest.approx([0.225, 0.225], abs=0.05)
    assert abs(found.added[2]) < 0.02


def test_the_range_that_trees_take_for_the_same_ends_at_the_planted_step() -> None:
    rng = np.random.default_rng(2)
    x = rng.integers(0, 100, 8000)
    y = np.where(rng.random(8000) < 0.9, x >= 60, x < 60).astype(int)
    numbers = learn(x, y, ordered=(True, True))
    found = attribute(numbers, 1, np.array([80, 1], np.uint16), 1, 1)
    assert 58 <= found.low[0] <= 80
    assert found.high[0] >= 80
    below = attribute(numbers, 1, np.array([20, 1], np.uint16), 1, 1)
    assert below.low[0] <= 20 <= below.high[0] <= 61


def test_a_fixed_column_is_its_parents_doing() -> None:
    rng = np.random.default_rng(3)
    level = rng.choice(6, 3000, p=[0.3, 0.2, 0.2, 0.1, 0.1, 0.1])
    model = learn(level, np.array([3, 1, 0, 2, 5, 4])[level], ordered=(False, True))
    found = attribute(model, 1, np.array([0, 3], np.uint16), 3, 3)
    assert found.fixed == 0
    assert found.probability == 1
    assert found.added[0] == pytest.approx(1 - (level == 0).mean())


def test_a_code_that_comes_with_anothers_is_that_ones_doing() -> None:
    """Three columns that hold their last code together in one row of a hundred."""
    rng = np.random.default_rng(4)
    rows = [rng.integers(0, 20, 6000) for _ in range(3)]
    special = rng.random(6000) < 0.01
    columns = [np.where(special, 20, values) for values in rows]
    model = learn(*columns, ordered=(True,) * 3)
    assert 1 in model.together
    codes = np.array([20, 20, 20], np.uint16)
    found = attribute(model, 1, codes, 20, 20)
    assert found.probability == pytest.approx(1, abs=0.02)
    assert found.added[0] == pytest.approx(found.probability - found.usual, abs=0.01)
    chance = np.exp(model.log_prob(codes[:, None]))[0]
    assert chance == pytest.approx((special).mean(), rel=0.3)
