"""A tilt scores rows as the classifier that it was taken from."""

import numpy as np
import pytest

from twinfold.protocols import CodeColumn
from twinfold.synthesis.leaves import SmallTrees
from twinfold.synthesis.tilt import Tilt, learn_tilt


def test_a_tilt_scores_as_lightgbm_does(monkeypatch):
    import lightgbm

    boosters = []
    train = lightgbm.train

    def remembered(*args, **options):
        boosters.append(train(*args, **options))
        return boosters[-1]

    monkeypatch.setattr(lightgbm, "train", remembered)
    rng = np.random.default_rng(0)
    sizes = [4, 40, 256]
    real, drawn = (np.stack([rng.integers(0, size, 4000) for size in sizes], axis=1).astype(np.uint8) for _ in range(2))
    real[:, 1] = np.where(real[:, 0] % 2 == 0, real[:, 1] // 2, real[:, 1])
    columns = [CodeColumn(f"c{j}", size, j > 0) for j, size in enumerate(sizes)]
    halves = real[:3000], drawn[:3000], real[3000:], drawn[3000:]
    tilt = learn_tilt(*halves, columns=columns, rounds=30, seed=1)
    rows = np.stack([rng.integers(0, size, 1000) for size in sizes], axis=1).astype(np.uint8)
    expected = boosters[0].predict(rows.astype(np.float32), raw_score=True, num_iteration=len(tilt.trees.roots))
    assert tilt.scores(rows) == pytest.approx(expected, abs=1e-5)


def test_a_chain_of_one_sided_trees_is_laid_out():
    """A tree of 32 leaves, each split off one more bin: the deepest there may be."""
    leaves = 32
    feature, left, score, masks = [], [], [], []
    for depth in range(leaves - 1):
        feature += [0] if depth == 0 else [-1, 0]
        score += [0.0] if depth == 0 else [float(depth - 1), 0.0]
        left += [1 + 2 * depth] if depth == 0 else [-1, 1 + 2 * depth]
        mask = np.packbits(np.arange(256) == depth, bitorder="little").view(np.uint64)
        masks += [mask] if depth == 0 else [np.zeros(4, np.uint64), mask]
    feature, left, score = [*feature, -1, -1], [*left, -1, -1], [*score, float(leaves - 2), float(leaves - 1)]
    masks += [np.zeros(4, np.uint64)] * 2
    plain = np.array(feature, np.int16), np.array(masks), np.array(left, np.int32), np.zeros(1, np.int64)
    tilt = Tilt(SmallTrees(*plain, (40,)), np.array(score, np.float32), np.zeros(40, np.float32))
    assert len(np.unique(tilt.trees.find(np.arange(40, dtype=np.uint8)[:, None]))) == leaves
    assert tilt.scores(np.arange(40, dtype=np.uint8)[:, None]) == pytest.approx(np.minimum(np.arange(40), leaves - 1))
