"""SMOTE-NC against what follows from its definition."""

import numpy as np
import pytest

from twinfold.evaluation.boosting import Design
from twinfold.evaluation.tasks.oversampling import oversample
from twinfold.evaluation.tasks.question import Side


def test_between_two_rows_new_ones_are_uniform() -> None:
    """Of two positive rows each is the other's only neighbour: positions are uniform between them."""
    x = np.vstack([[[2.0, 10.0], [6.0, 30.0]], np.random.default_rng(0).normal(size=(4000, 2))])
    y = np.r_[1.0, 1.0, np.zeros(4000)]
    out = oversample(Side(Design(x, []), y), np.random.default_rng(1))
    made = out.x.x[len(y) :]
    assert out.y.mean() == 0.5
    assert made[:, 1] == pytest.approx(5 * made[:, 0])  # on the line
    assert made[:, 0].min() >= 2
    assert made[:, 0].max() <= 6
    assert made[:, 0].mean() == pytest.approx(4, abs=0.1)
    assert made[:, 0].var() == pytest.approx(4**2 / 12, rel=0.05)


def test_categories_are_those_of_most_neighbours_and_keep_rows_apart() -> None:
    """Two groups at the same place differ in two categories; a third category follows the group's majority."""
    rng = np.random.default_rng(0)
    group = np.repeat([0.0, 1.0], 20)
    third = np.where(np.arange(40) % 20 == 0, 1 - group, group)  # one of each group is unlike it
    rare = np.column_stack([rng.normal(0, 0.01, 40), group, group + 2, third])
    common = np.column_stack([rng.normal(size=200), rng.integers(2, size=(200, 3))])
    side = Side(Design(np.vstack([rare, common]), [1, 2, 3]), np.repeat([1.0, 0.0], [40, 200]))
    made = oversample(side, rng).x.x[240:]
    assert len(made) == 160
    assert (made[:, 2] == made[:, 1] + 2).all()
    assert (made[:, 3] == made[:, 1]).all()


def test_missing_numbers_stay_missing_and_too_few_rows_are_left_alone() -> None:
    rng = np.random.default_rng(0)
    x = np.column_stack([np.where(np.arange(60) < 5, np.nan, rng.normal(size=60)), rng.normal(size=60)])
    made = oversample(Side(Design(x, []), np.repeat([1.0, 0.0], [10, 50])), rng).x.x[60:]
    assert 0.2 < np.isnan(made[:, 0]).mean() < 0.8
    assert not np.isnan(made[:, 1]).any()
    one = Side(Design(x, []), np.repeat([1.0, 0.0], [1, 59]))
    assert oversample(one, rng) is one
