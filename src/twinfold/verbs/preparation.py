"""Compile the kernels ahead, so that the first fit need not: run once by `scripts/install`.

python -m twinfold.verbs.preparation
"""

import numpy as np

from twinfold.behaviour.choice import fit_choice
from twinfold.privacy.neighbours import Points, nearest
from twinfold.protocols import CodeColumn, CodeTable
from twinfold.simulation.kernels import Luck, buy, choose, decide
from twinfold.simulation.luck import draw_uniforms
from twinfold.synthesis.calibration import calibrate
from twinfold.synthesis.engines.trees import TreesEngine


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
    expecting = TreesEngine(trees=1, expect=True).fit(CodeTable(columns, codes), seed=0)
    expecting.sample(10, allowed={}, given={}, rng=rng)
    none = CodeTable(columns, codes[:, :0])
    calibrate(model, CodeTable(columns, codes), none, seed=0).sample(10, allowed={}, given={}, rng=rng)
    points = Points(rng.random((30, 3), np.float32), rng.integers(0, 3, (30, 2)).astype(np.float32))
    nearest(points, points)
    pairs, took = rng.integers(-1, 2, (60, 2)), rng.integers(0, 2, 60)
    fit_choice(pairs, took, np.repeat(np.arange(20), 3), rng=rng)
    act(rng)


def act(rng: np.random.Generator) -> None:
    """Compile and cache the steps of scenarios."""
    luck, asked = Luck(np.arange(10, dtype=np.uint64), 0, 1, 0), np.ones(10, bool)
    some, times, kind = rng.random(10).astype(np.float32), np.zeros(10, np.int32), np.zeros(10, np.int8)
    for clock in (np.zeros((1, 1, 0, 2), np.float32), np.zeros((1, 1, 3, 2), np.float32)):
        decide(some, clock, times, kind, some, asked, luck, some.copy())
    buy(some, some, some, ~asked, asked, luck, some.copy())
    choose(np.stack([some, 1 - some]), asked, luck)
    draw_uniforms(0, luck.codes, 1, 0)


if __name__ == "__main__":
    prepare()
