"""Orders of models and columns whose agreement is known."""

import numpy as np
import pytest
from scipy.stats import spearmanr

from twinfold.evaluation.boosting import Design
from twinfold.evaluation.tasks.question import Question, Side
from twinfold.evaluation.tasks.rankings import Ranking, measure_kinds, rank_features
from twinfold.protocols import silent


def question(rows: int = 2000) -> Question:
    """Of three columns of chance the first alone says who is positive."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(rows, 3))
    side = Side(Design(x, []), (x[:, 0] + rng.normal(0, 0.5, rows) > 1).astype(float))
    return Question("leaves", "yes", (), side, side, side, None)


def test_agreement_is_that_of_the_orders() -> None:
    real = np.array([[0.9, 0.8, 0.7, 0.6], [0.9, 0.7, 0.8, 0.6]])
    ranking = Ranking(("a", "b", "c", "d"), real, -real, real)
    found, yardsticks = ranking.agreements()
    assert list(found) == [-1, -1]
    assert list(yardsticks) == [1, 1]
    other = np.array([[3.0, 1, 2, 2], [1, 2, 3, 4]])
    correlations, _ = Ranking(("a", "b", "c", "d"), real, other, real).correlations()
    assert correlations == pytest.approx([spearmanr(a, b).statistic for a, b in zip(real, other, strict=True)])
    flat = Ranking(("a", "b", "c", "d"), real, np.full((2, 4), 0.5), real)
    assert list(flat.agreements()[0]) == [0, 0]  # where all are alike no order agrees
    assert flat.shared()[1] == 1


def test_another_best_kind_is_named() -> None:
    real, synthetic = np.array([[0.9, 0.8], [0.9, 0.7]]), np.array([[0.7, 0.8], [0.6, 0.8]])
    finding, exhibit = measure_kinds(question(10), Ranking(("forest", "tree"), real, synthetic, real))
    assert "real rows put forest first, synthetic ones tree" in finding.sentence
    assert (finding.value, finding.yardstick) == (-1, 1)
    assert exhibit.rows[0] == ("forest", 0.9, pytest.approx(0.65), 0.9)


def test_a_column_matters_as_much_as_the_model_uses_it() -> None:
    first, second = (lambda x: x.x[:, 0]), (lambda x: x.x[:, 1])
    ranking = rank_features(
        question(), ([first] * 2, [second] * 2, [first] * 2), rng=np.random.default_rng(0), progress=silent
    )
    assert (ranking.real[:, 0] > 0.4).all()  # shuffled, the area falls from above .9 to .5
    assert (ranking.real[:, 1:] == 0).all()
    assert (np.abs(ranking.synthetic[:, 1]) < 0.08).all()  # a column of chance is worth nothing
    assert (ranking.synthetic[:, [0, 2]] == 0).all()
