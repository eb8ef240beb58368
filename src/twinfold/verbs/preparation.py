"""Compile the kernels ahead, so that the first fit need not: run once by `scripts/install`.

python -m twinfold.verbs.preparation
"""

import numpy as np

from twinfold.privacy.neighbours import Points, nearest
from twinfold.protocols import CodeColumn, CodeTable
from twinfold.synthesis.engines.trees import TreesEngine
from twinfold.synthesis.tilt import Tilt


def prepare() -> None:
    """Compile and cache every kernel for every type it is called with, by using it on a few rows."""
    rng = np.random.default_rng(0)
    columns = (CodeColumn("few", 3, False), CodeColumn("some", 200, True), CodeColumn("many", 300, False))
    codes = np.stack([rng.integers(0, column.cardinality, 200) for column in columns]).astype(np.uint16)
    model = TreesEngine(trees=1).fit(CodeTable(columns, codes), seed=0)
    anything = {j: np.ones(column.cardinality, np.float32) for j, column in enumerate(columns)}
    model.sample(10, allowed=anything, given={}, rng=rng)
    model.sample(10, allowed={}, given={2: codes[2, :10]}, rng=rng)
    model.sample(10, allowed={}, given={1: codes[1, :10]}, rng=rng)
    tree = (np.full(1, -1, np.int16), np.zeros((1, 4), np.uint64), np.full(1, -1, np.int32), np.zeros(1, np.float32))
    Tilt(*tree, roots=np.zeros(1, np.int64), margins=np.zeros(3, np.float32), sizes=(3,)).scores(
        np.zeros((1, 4), np.uint8)
    )
    points = Points(rng.random((30, 3), np.float32), rng.integers(0, 3, (30, 2)).astype(np.float32))
    nearest(points, points)


if __name__ == "__main__":
    prepare()
