import polars as pl
import pytest

from twinfold import DataError
from twinfold.behaviour.strata import Strata, learn_strata

ROWS = pl.DataFrame({"risk": ["low"] * 5 + ["high"] * 3 + ["high"] * 2, "wave": [1] * 5 + [1] * 3 + [2] * 2})


def test_rows_of_new_strata_are_taken_for_the_largest_that_shares_the_most():
    strata = learn_strata(ROWS, ["risk", "wave"])
    assert strata.crossed[0] == ("low", "1")
    asked = pl.DataFrame({"risk": ["low", "high", "low", "high", "odd", None], "wave": [1, 2, 2, 3, 2, 9]})
    cells, learned = strata.cells(asked)
    assert [strata.crossed[cell] for cell in cells] == [
        ("low", "1"), ("high", "2"), ("low", "1"), ("high", "1"), ("high", "2"), ("low", "1"),
    ]  # fmt: skip
    assert learned.tolist() == [True, True, False, False, False, False]


def test_levels_never_learned_are_counted_and_named():
    strata = learn_strata(ROWS, ["risk"])
    asked = pl.DataFrame({"risk": ["low", "extreme", "extreme"]})
    [(name, unknown, levels)] = strata.unknown(asked)
    assert (name, unknown.tolist(), levels) == ("risk", [False, True, True], 2)
    assert "risk 'extreme' (2 rows) was never learned (high, low)" in strata.tell_unknown(asked)[0]


def test_without_strata_everybody_is_in_one():
    strata = learn_strata(ROWS, [])
    assert strata.count == 1
    assert strata.cells(ROWS)[1].all()
    assert strata.encode(ROWS) == []


def test_too_many_strata_are_refused():
    rows = pl.DataFrame({"id": range(600)})
    with pytest.raises(DataError, match="make 600 strata"):
        learn_strata(rows, ["id"])


def test_a_record_gives_the_same_strata():
    strata = learn_strata(ROWS, ["risk", "wave"])
    assert Strata.restored(strata.record()) == strata
    with pytest.raises(ValueError, match="other columns"):
        Strata.restored(strata.record() | {"columns": ["risk"]})
