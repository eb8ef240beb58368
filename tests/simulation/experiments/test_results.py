"""Rows as they come: customers counted once, doses as they are stored, and one line for what can not be judged."""

import polars as pl
import pytest

from known_worlds import LETTERS, make_letters
from twinfold import DataError, OptionError, SpecificationError, analyse_experiment


@pytest.fixture(autouse=True)
def board(tmp_path, monkeypatch):
    monkeypatch.setenv("TWINFOLD_SCOREBOARD", str(tmp_path / "board.jsonl"))


def test_several_rows_of_a_customer_are_one_in_the_count():
    frame = make_letters(3_000, 7)
    found = analyse_experiment(LETTERS, pl.concat([frame, frame]))
    once = analyse_experiment(LETTERS, frame)
    assert sum(found.checks.assigned.values()) == 3_000
    assert found.arms[1].error == pytest.approx(once.arms[1].error, rel=0.01)


def test_doses_are_found_whatever_they_are_stored_as():
    frame = make_letters(3_000, 8).with_columns(pl.col("arm").replace_strict({"none": 6.0, "men": 7.5, "women": 10.0}))
    found = analyse_experiment({"outcome": "y", "treatment": "arm", "arms": [6, 7.5, 10]}, frame)
    assert [arm.arm for arm in found.arms] == ["6", "7.5", "10"]


@pytest.mark.parametrize(
    ("change", "frame", "error", "message"),
    [
        ({"arms": ["none", "men"]}, None, DataError, r"arm 'women' is not in the experiment \(none, men\)"),
        ({"arms": ["none", "men", "women", "kids"]}, None, DataError, "no row has arm = 'kids'"),
        ({}, pl.col("arm").replace("men", "none"), DataError, "no row has arm = 'men'"),
        ({}, pl.lit(0).alias("y"), DataError, "outcome 'y' is 0 in all 900 rows"),
        ({}, (pl.col("y") * (pl.col("arm") != "men")).alias("y"), DataError, "is 0 in all .* rows of arm = 'men'"),
        ({}, pl.lit("much").alias("y"), DataError, "is text such as 'much'"),
        ({"covariates": ["scor"]}, None, SpecificationError, "column 'scor' is not in .*did you mean 'score'"),
        ({"customer": "who"}, None, SpecificationError, "column 'who' is not in"),
        ({"segments": ["score"]}, None, DataError, "segment 'score' has 900 levels"),
        ({"customer": "female"}, None, DataError, "female 'no' is in|female 'yes' is in"),
        ({"covariates": ["copy"]}, pl.col("y").alias("copy"), DataError, "follows from the covariates alone"),
        ({"looks": 3}, None, OptionError, "say which this is"),
        ({"kind": "binary"}, (pl.col("y") * 2).alias("y"), DataError, "kind is 'binary'"),
    ],
)
def test_what_can_not_be_judged_is_said(change, frame, error, message):
    rows = make_letters(900, 10)
    with pytest.raises(error, match=message) as caught:
        analyse_experiment(LETTERS | change, rows if frame is None else rows.with_columns(frame))
    assert "\n" not in str(caught.value)


def test_few_customers_are_refused():
    with pytest.raises(DataError, match="30 are needed"):
        analyse_experiment(LETTERS, make_letters(60, 11))
