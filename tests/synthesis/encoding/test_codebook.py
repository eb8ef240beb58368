import datetime
from collections import UserDict

import numpy as np
import polars as pl
import pytest

from twinfold.synthesis.encoding.codebook import Codebook, learn_codebook
from twinfold.tables.kinds import detect
from twinfold.tables.schema import Column, Table


class Counted(UserDict):
    """Arrays that count how often they were gone through."""

    passes = 0

    def __iter__(self):
        self.passes += 1
        return super().__iter__()


def test_the_arrays_of_a_model_are_gone_through_once_however_many_columns():
    rng = np.random.default_rng(0)
    for columns in (3, 30):
        frame = pl.DataFrame({f"c{j}": rng.normal(size=200) for j in range(columns)})
        codebook = learn_codebook(frame, detect(frame, "t"), min_count=10)
        settings, arrays = codebook.state()
        counted = Counted(arrays)
        again = Codebook.from_state(codebook.table, settings, counted)
        assert counted.passes == 1
        assert np.array_equal(again.encode(frame).codes, codebook.encode(frame).codes)


@pytest.mark.parametrize("name", ["count", "rows", "level", "value", "index", "literal"])
def test_a_column_may_be_called_anything(name):
    days = pl.Series(name, [datetime.date(2000, 1, 1) + datetime.timedelta(i) for i in range(40)])
    for series, kind, treatment in (
        (days, "date", "fake"),
        (days, "date", "learn"),
        (pl.Series(name, ["a", "b"] * 20), "category", "learn"),
        (pl.Series(name, [1, 2] * 20), "category", "learn"),
        (pl.Series(name, [f"C-{i}" for i in range(40)]), "identifier", "fake"),
        (pl.Series(name, ["the loan was late"] * 40), "text", "fake"),
    ):
        column = Column(name=name, kind=kind, physical=str(series.dtype), treatment=treatment)
        codebook = learn_codebook(series.to_frame(), Table(name="t", columns=(column,)), min_count=10)
        assert codebook.specimen().schema == series.to_frame().schema


def test_numbers_of_which_none_may_be_shown_come_out_missing():
    values = [*map(float, range(9)), *[50.5] * 4, *map(float, range(90, 99))]
    frame = pl.DataFrame({"debt": values, "kind": ["a", "b"] * 11})
    table = Table(
        name="t",
        columns=(
            Column(name="debt", kind="decimal", physical="Float64"),
            Column(name="kind", kind="category", physical="String"),
        ),
    )
    codebook = learn_codebook(frame, table, min_count=10)
    assert codebook.specimen()["debt"].null_count() == codebook.specimen().height
    assert "debt: 22 rows hold values that fewer than 10 share; they come out missing" in codebook.notes[0]


def test_amounts_that_are_all_round_stay_round():
    rng = np.random.default_rng(7)
    limits = np.round(rng.lognormal(9, 0.8, 3000), -2)
    almost = np.where(np.arange(3000) == 5, limits + 1, limits)
    frame = pl.DataFrame({"limit": limits.astype(np.int64), "almost": almost.astype(np.int64)})
    codebook = learn_codebook(frame, detect(frame, "t"), min_count=10)
    codes = codebook.encode(frame).codes
    made = codebook.decode(codes, rng=rng, start=0, seed=0)
    assert (made["limit"] % 100 == 0).all()
    assert made["limit"].n_unique() > 100
    assert (made["almost"] % 100 != 0).any()
