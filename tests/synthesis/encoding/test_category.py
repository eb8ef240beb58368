import numpy as np
import polars as pl
import pytest

from twinfold.synthesis.conditions import AdmittedLevels
from twinfold.synthesis.encoding.category import CategoryEncoding, learn_category

JOBS = pl.Series(["clerk"] * 500 + ["nurse"] * 300 + ["astronaut"] * 9 + [None] * 50)


def test_a_level_held_by_nine_never_comes_out():
    encoding = learn_category(JOBS, label=None, min_count=10)
    assert "astronaut" not in encoding.levels
    assert "astronaut" not in str(encoding.state())
    assert encoding.decode(encoding.encode(JOBS), np.random.default_rng(0)).to_list().count("astronaut") == 0
    assert learn_category(JOBS, label=None, min_count=9).levels == ("astronaut", "clerk", "nurse")


def test_rare_levels_come_out_under_their_label_if_they_have_one():
    encoding = learn_category(JOBS, label="(other)", min_count=10)
    out = encoding.decode(encoding.encode(JOBS), np.random.default_rng(0))
    assert out.to_list().count("(other)") == 9
    assert out.null_count() == 50


@pytest.mark.parametrize("values", [[0, 1, None], [True, False], ["a", "b"], [1.5, 2.5, None]])
def test_levels_keep_their_type(values):
    series = pl.Series(values * 20)
    encoding = learn_category(series, label=None, min_count=10)
    assert encoding.decode(encoding.encode(series), np.random.default_rng(0)).equals(series)
    assert CategoryEncoding.from_state(encoding.state()) == encoding


def test_a_column_of_nothing_but_rare_levels_gives_none_of_them_away():
    names = pl.Series([f"customer {i}" for i in range(200)])
    encoding = learn_category(names, label=None, min_count=10)
    assert set(encoding.decode(encoding.encode(names), np.random.default_rng(0))) == {"(other)"}


def test_conditions_admit_levels():
    encoding = learn_category(JOBS, label=None, min_count=10)
    assert encoding.restrict(AdmittedLevels(frozenset({"nurse"})))[1].tolist() == [0, 1, 0, 0]
    assert encoding.restrict(AdmittedLevels(frozenset({"nurse"}), excluded=True, null=True))[1].tolist() == [1, 0, 0, 1]


def test_numbers_too_few_to_show_any_come_out_missing():
    values = pl.Series([None] * 590 + list(range(10)), dtype=pl.Int64)
    encoding = learn_category(values, label=None, min_count=10)
    out = encoding.decode(encoding.encode(values), np.random.default_rng(0))
    assert (out.dtype, out.null_count()) == (pl.Int64, 600)
