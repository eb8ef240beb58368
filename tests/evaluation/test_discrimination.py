"""A classifier finds what differs, and only that."""

import numpy as np
from sklearn.metrics import roc_auc_score

from twinfold.evaluation.alignment import Feature
from twinfold.evaluation.boosting import design, fitted_scores
from twinfold.evaluation.discrimination import auc
from twinfold.tables.schema import Column, Kind

NUMBER = Feature(Column(name="x", kind=Kind.DECIMAL, physical="Float64"))
LETTER = Feature(Column(name="a", kind=Kind.CATEGORY, physical="String"), levels=("p", "q", "r"))


def rows(seed: int, shift: float = 0.0, n: int = 800) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = np.where(rng.random(n) < 0.1, np.nan, rng.normal(shift, 1, n))
    return x, rng.integers(0, 3, n).astype(np.int32)


def test_equal_tables_are_not_told_apart() -> None:
    value, low, high = auc((NUMBER, LETTER), rows(0), rows(1), seed=0)
    assert low < 0.5 < high
    assert low < value < high


def test_a_shift_is_told_as_well_as_theory_lets_it() -> None:
    value, low, high = auc((NUMBER, LETTER), rows(0, n=2000), rows(1, shift=1.0, n=2000), seed=0)
    best = 0.9**2 * 0.7602 + 0.19 * 0.5  # the area between the normals, where neither row lacks the number
    assert best - 0.04 < value < best + 0.01
    assert high - low < 0.05


def test_a_joint_that_no_single_column_shows_is_told() -> None:
    x, a = rows(2)
    tied = (np.where(a == 0, np.abs(x), -np.abs(x)), a)
    assert auc((NUMBER, LETTER), (x, a), tied, seed=0)[0] > 0.7


def test_the_smaller_table_sets_how_many_rows_are_compared_and_the_same_seed_repeats() -> None:
    few = rows(1, n=200)
    cut = tuple(values[:200] for values in rows(0))
    assert auc((NUMBER, LETTER), rows(0), few, seed=0) == auc((NUMBER, LETTER), cut, few, seed=0)


def test_scores_rank_rows_that_were_not_fitted() -> None:
    x, a = rows(3)
    positive = np.nan_to_num(x) + (a == 1) > 0.5
    both = design((NUMBER, LETTER), (x, a))
    scores = fitted_scores(both[:500], positive[:500], both[500:], seed=0)
    assert roc_auc_score(positive[500:], scores) > 0.95


def test_what_marks_a_customer_is_not_learned_from_its_other_rows() -> None:
    rng = np.random.default_rng(0)
    owner = np.repeat(np.arange(150), 10)
    marks = [(rng.normal(size=150)[owner], rng.integers(0, 3, 1500).astype(np.int32)) for _ in range(2)]
    by_row = auc((NUMBER, LETTER), *[tuple(v[rng.permutation(1500)] for v in m) for m in marks], seed=0)
    _, low, high = auc((NUMBER, LETTER), *marks, owners=(owner, owner), seed=0)
    assert by_row[0] > 0.8
    assert low < 0.5 < high
    assert high - low > 1.5 * (by_row[2] - by_row[1])
