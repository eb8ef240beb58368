"""Inference: a leaked secret is found, and what holds for everybody is told from it."""

import numpy as np
import pytest

from twinfold.privacy.inference import Knowledge, agree, infer
from twinfold.privacy.neighbours import Points

NAN = float("nan")


def customers(rng: np.random.Generator, rows: int, secret: str) -> Knowledge:
    known = Points(rng.random((rows, 3)).astype(np.float32), np.zeros((rows, 0), np.float32))
    secrets = {"own": rng.integers(0, 4, rows), "everybody's": (known.numbers[:, 0] > 0.5).astype(np.int64)}
    return Knowledge(known, secrets[secret])


def test_a_secret_that_is_everybodys_own_is_given_away_by_a_copy_alone() -> None:
    rng = np.random.default_rng(0)
    train, holdout, release = (customers(rng, 2000, "own") for _ in range(3))
    copied, innocent = infer(train, holdout, train), infer(train, holdout, release)
    assert copied.success == 1.0
    for guessed in (copied.control, innocent.success, innocent.control, copied.baseline):
        assert guessed == pytest.approx(0.25, abs=0.04)


def test_a_secret_that_follows_for_everybody_is_guessed_of_everybody() -> None:
    rng = np.random.default_rng(1)
    tally = infer(*(customers(rng, 2000, "everybody's") for _ in range(3)))
    assert tally.success > 0.9
    assert tally.success == pytest.approx(tally.control, abs=0.02)


def test_numbers_are_right_within_a_tolerance_and_missing_ones_where_missing() -> None:
    guesses, truths = np.array([1.0, 1.0, NAN, NAN, 1.0]), np.array([1.5, 1.6, NAN, 1.0, NAN])
    assert agree(guesses, truths, 0.5).tolist() == [True, False, True, False, False]
    assert agree(np.array([1, 2]), np.array([1, 3]), 0.0).tolist() == [True, False]


@pytest.mark.parametrize(
    ("secret", "right"),
    [
        ([7.0] * 30 + [*np.linspace(100, 200, 70)], 0.30),  # a heap
        ([NAN] * 40 + [*np.linspace(0, 100, 60)], 0.40),  # most often missing
        ([NAN] * 100, 1.0),
    ],
)
def test_the_baseline_guesses_for_everybody_what_is_right_most_often(secret: list[float], right: float) -> None:
    known = Points(np.random.default_rng(2).random((100, 1)).astype(np.float32), np.zeros((100, 0), np.float32))
    people = Knowledge(known, np.array(secret))
    assert infer(people, people, people).baseline == pytest.approx(right)
