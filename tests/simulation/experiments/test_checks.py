"""A lot that was none gives no conclusion; one that went well is hardly ever called broken."""

import polars as pl
import pytest

from known_worlds import LETTERS, make_letters
from twinfold import analyse_experiment
from twinfold.simulation.experiments.analysis import Verdict


@pytest.fixture(autouse=True)
def board(tmp_path, monkeypatch):
    monkeypatch.setenv("TWINFOLD_SCOREBOARD", str(tmp_path / "board.jsonl"))


def test_a_lot_that_lost_customers_gives_no_conclusion():
    whole = make_letters(9_000, 3, (0, 0.1, 0))
    lost = whole.filter((pl.col("arm") != "men") | (pl.col("y") == 1) | (pl.col("id") % 6 > 0))
    found = analyse_experiment(LETTERS, lost)
    assert found.checks.ratio_p < 0.001
    assert [arm.verdict for arm in found.arms[1:]] == [Verdict.NONE, Verdict.NONE]
    said = found.text()
    assert "not shared out as planned" in said
    assert "no conclusion" in said
    assert "higher" not in said


def test_outcomes_that_are_missing_by_arm_give_no_conclusion():
    whole = make_letters(9_000, 4)
    some = pl.when((pl.col("arm") == "men") & (pl.col("id") % 5 == 0)).then(None).otherwise(pl.col("y")).alias("y")
    found = analyse_experiment(LETTERS, whole.with_columns(some))
    assert "missing more often in some arms" in found.text()
    assert found.arms[1].verdict is Verdict.NONE
    everywhere = whole.with_columns(pl.when(pl.col("id") % 5 > 0).then(pl.col("y")).alias("y"))
    assert analyse_experiment(LETTERS, everywhere).checks.passed


def test_arms_of_other_customers_give_no_conclusion():
    frame = make_letters(6_000, 5)
    frame = frame.with_columns(score=pl.col("score") + 0.8 * (pl.col("arm") == "men"))
    found = analyse_experiment(LETTERS | {"covariates": ["score"]}, frame)
    assert "goes with score" in found.text()
    assert found.arms[1].verdict is Verdict.NONE


def test_lots_that_went_well_are_hardly_ever_called_broken():
    asked = LETTERS | {"covariates": ["score"]}
    broken = sum(not analyse_experiment(asked, make_letters(600, seed)).checks.passed for seed in range(200))
    assert broken <= 3
