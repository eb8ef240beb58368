"""Attacks on points: they find what was planted and nothing where nothing is."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from twinfold.privacy.attacks import Membership, Nearness, attack_isolated, nearer_to_train
from twinfold.privacy.neighbours import Points


def cloud(rng: np.random.Generator, rows: int, scale: float = 0.1) -> Points:
    return Points(
        rng.normal(0.5, scale, (rows, 4)).astype(np.float32), rng.integers(0, 2, (rows, 1)).astype(np.float32)
    )


def jittered(rng: np.random.Generator, rows: Points, by: float) -> Points:
    return Points((rows.numbers + rng.normal(0, by, rows.numbers.shape)).astype(np.float32), rows.categories)


def test_an_independent_release_gives_nobody_away() -> None:
    rng = np.random.default_rng(1)
    train, holdout, release = (cloud(rng, 4000) for _ in range(3))
    attack = attack_isolated(train, holdout, release, rng=rng)
    assert abs(roc_auc_score(attack.member, attack.score) - 0.5) < 0.12
    assert abs(nearer_to_train(train, holdout, release).share - 0.5) < 0.03


def test_a_jittered_copy_of_the_train_rows_is_caught() -> None:
    rng = np.random.default_rng(2)
    train, holdout = cloud(rng, 4000), cloud(rng, 4000)
    release = jittered(rng, train, 0.005)
    attack = attack_isolated(train, holdout, release, rng=rng)
    assert roc_auc_score(attack.member, attack.score) > 0.95
    assert nearer_to_train(train, holdout, release).share > 0.9


def test_leaked_outliers_are_caught_where_the_distance_share_looks_fine() -> None:
    rng = np.random.default_rng(3)
    outliers = Points(rng.uniform(-1, 2, (54, 4)).astype(np.float32), np.zeros((54, 1), np.float32))
    train, holdout = outliers.join(cloud(rng, 3946)), cloud(rng, 4000)
    release = jittered(rng, outliers, 0.01).join(cloud(rng, 3946))
    attack = attack_isolated(train, holdout, release, rng=rng)
    assert roc_auc_score(attack.member, attack.score) > 0.59
    hits, allowed = attack.hits(0.01)
    assert hits > 40
    assert allowed <= 2
    assert nearer_to_train(train, holdout, release).share < 0.53


@pytest.mark.parametrize(("rows", "attacked"), [(100, 50), (1000, 400), (12_000, 480)])
def test_small_tables_are_attacked_in_enough_records_to_measure(rows: int, attacked: int) -> None:
    rng = np.random.default_rng(4)
    train, holdout = cloud(rng, rows), cloud(rng, rows)
    assert len(attack_isolated(train, holdout, cloud(rng, 50), rng=rng).score) == attacked


def test_a_row_as_near_to_both_counts_half() -> None:
    row = Points(np.zeros((1, 1), np.float32), np.zeros((1, 0), np.float32))
    near, far = (Points(np.array([[x]], np.float32), np.zeros((1, 0), np.float32)) for x in (0.25, -0.5))
    assert nearer_to_train(near, near, row).nearer.tolist() == [0.5]
    assert nearer_to_train(near, far, row).nearer.tolist() == [1.0]
    assert nearer_to_train(far, near, row).nearer.tolist() == [0.0]


def test_hits_are_members_above_all_but_a_share_of_the_others() -> None:
    score = np.array([9.0, 8, 7, 6, 5, 4, 3, 2, 1, 0])
    member = np.array([True, False, True, True, False, False, True, False, True, False])
    assert Membership(score, member).hits(0.0) == (1, 0)
    assert Membership(score, member).hits(0.2) == (3, 1)
    assert Membership(score, member).hits(1.0) == (5, 5)


def test_the_variance_of_nearness_counts_crowds_as_one() -> None:
    alone, crowded = Nearness(np.ones(100), np.arange(100)), Nearness(np.ones(100), np.repeat(np.arange(10), 10))
    assert alone.variance == pytest.approx(0.25 / 100)
    assert crowded.variance == pytest.approx(0.25 / 10)
