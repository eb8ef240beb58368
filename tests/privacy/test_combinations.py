"""Combinations of values: counted as they are, and telling who was learned where no row is near as a whole."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from twinfold.privacy.combinations import BINS, choose_questions
from twinfold.privacy.neighbours import Points, nearest


def rows(rng: np.random.Generator, count: int, columns: int = 6, levels: int = 12) -> Points:
    return Points(
        rng.random((count, 2)).astype(np.float32), rng.integers(0, levels, (count, columns)).astype(np.float32)
    )


def test_rows_with_the_same_values_are_counted_as_by_hand() -> None:
    rng = np.random.default_rng(0)
    targets, among = rows(rng, 30, levels=3), rows(rng, 500, levels=3)
    questions = choose_questions(among, rng=rng)
    asked, held = questions.bins(targets), questions.bins(among)
    by_hand = [
        sum(np.log((held[list(s)] == asked[list(s), [t]][:, None]).all(0).sum() + 0.5) for s in questions.sets)
        for t in range(30)
    ]
    assert questions.ask(targets, among) == pytest.approx(by_hand)
    assert {len(s) for s in questions.sets} == {2, 3, 4}
    assert asked[6:].max() < BINS  # numbers, by quantiles


def test_a_learned_record_whose_parts_are_scattered_over_the_release_is_found() -> None:
    """Each learned record gives three released rows a pair of its values: none of them is near it as a whole."""
    rng = np.random.default_rng(1)
    learned, unseen, release = rows(rng, 300, levels=60), rows(rng, 300, levels=60), rows(rng, 900, levels=60)
    for part in range(3):
        some = slice(300 * part, 300 * part + 300)
        release.categories[some, 2 * part : 2 * part + 2] = learned.categories[:, 2 * part : 2 * part + 2]
    questions = choose_questions(rows(rng, 900, levels=60), rng=rng)
    asked, member = learned.join(unseen), np.repeat([True, False], 300)
    by_parts = roc_auc_score(member, questions.ask(asked, release))
    by_nearness = roc_auc_score(member, -nearest(asked, release)[0])
    assert by_parts > 0.72
    assert by_parts > by_nearness + 0.05


def test_one_column_and_codes_of_any_size_do_not_break_it() -> None:
    rng = np.random.default_rng(2)
    one = Points(np.zeros((50, 0), np.float32), rng.integers(0, 4, (50, 1)).astype(np.float32))
    assert np.isfinite(choose_questions(one, rng=rng).ask(one, one)).all()
    many = Points(np.zeros((40, 0), np.float32), rng.integers(0, 2**24, (40, 6)).astype(np.float32))
    questions = choose_questions(many, rng=rng)
    assert questions.ask(many, many) == pytest.approx(len(questions.sets) * np.log(1.5))  # each row, and no other
