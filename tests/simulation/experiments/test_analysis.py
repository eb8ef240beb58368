"""What is concluded of results: of nothing, of something, early and late."""

import numpy as np
import polars as pl
import pytest

from known_worlds import LETTERS, make_letters
from twinfold import analyse_experiment
from twinfold.simulation.experiments.analysis import Verdict


@pytest.fixture(autouse=True)
def board(tmp_path, monkeypatch):
    monkeypatch.setenv("TWINFOLD_SCOREBOARD", str(tmp_path / "board.jsonl"))


def verdicts(frame, look=None, **change):
    return [arm.verdict for arm in analyse_experiment(LETTERS | change, frame, look=look).arms[1:]]


def test_of_nothing_hardly_anything_is_found():
    """Whole analyses of 150 experiments in which nothing differs, looked at three times."""
    found = 0
    for seed in range(150):
        frame = make_letters(900, seed)
        for look in (1, 2, 3):
            seen = verdicts(frame.head(300 * look), look, looks=3, covariates=["score"])
            if {Verdict.HIGHER, Verdict.LOWER} & set(seen):
                found += 1
                break
    assert abs(found / 150 - 0.05) < 3 * np.sqrt(0.05 * 0.95 / 150)


def test_effects_are_found_and_said():
    found = analyse_experiment(
        LETTERS | {"covariates": ["score"], "effect": 0.05}, make_letters(12_000, 0, (0, 0.06, -0.06))
    )
    assert [arm.verdict for arm in found.arms] == [None, Verdict.HIGHER, Verdict.LOWER]
    for arm, truth in zip(found.arms[1:], (0.06, -0.06), strict=True):
        assert arm.lower < truth < arm.upper
        assert arm.relative_lower < truth / 0.2 < arm.relative_upper
    said = found.text()
    assert "men: y is higher than under none, by 0.0" in said
    assert "women: y is lower than under none" in said
    assert found.adjusted == ("score",)
    assert 0 < found.narrower < 0.3
    assert found.json()["arms"][1]["verdict"] == "higher"


def test_what_is_too_small_is_ruled_out():
    found = analyse_experiment(LETTERS | {"effect": 0.2}, make_letters(3_000, 12))
    assert set(verdicts(make_letters(3_000, 12))) == {Verdict.NOT_SHOWN}
    assert "An effect of +0.2 is ruled out." in found.text()


def test_early_looks_say_less():
    frame = make_letters(900, 2, (0, 0.1, 0))
    early = analyse_experiment(LETTERS | {"looks": 3}, frame, look=1)
    late = analyse_experiment(LETTERS | {"looks": 3}, frame, look=3)
    assert early.bound > 3.5 > late.bound
    assert early.arms[2].verdict is Verdict.NOT_YET
    assert "nothing is shown yet at look 1 of 3" in early.text()
    assert early.arms[1].upper - early.arms[1].lower > 1.4 * (late.arms[1].upper - late.arms[1].lower)


def test_a_number_may_be_the_outcome():
    frame = make_letters(3_000, 9).with_columns(y=pl.col("score") * 10 + 100 + 5.0 * (pl.col("arm") == "men"))
    found = analyse_experiment(LETTERS, frame)
    assert found.arms[1].lower < 5 < found.arms[1].upper
    assert found.arms[1].relative == pytest.approx(0.05, abs=0.01)
