"""The engine that is chosen fits the rows, the time and what is installed, and says why."""

from math import inf

import polars as pl
import pytest

from twinfold.errors import OptionError
from twinfold.synthesis import choice
from twinfold.synthesis.choice import choose, read_budget
from twinfold.synthesis.synthesizer import learn
from twinfold.tables.reading import read


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("10s", 10), ("90", 90), (90, 90), (1.5, 1.5), ("2m", 120), ("0.5h", 1800), ("Best", inf), (None, None)],
)
def test_budgets_are_read(text, seconds):
    assert read_budget(text) == seconds


@pytest.mark.parametrize("text", ["", "0s", "-3", "ten", "10 days", "1e9", "nan", "inf", "9" * 30])
def test_what_is_no_time_is_refused(text):
    with pytest.raises(OptionError, match=r"give seconds, minutes or hours as 10s, 2m or 1h, or best"):
        read_budget(text)


@pytest.mark.parametrize(
    ("rows", "budget", "name", "reason"),
    [
        (20_000, None, "trees", "takes seconds"),
        (20_000, 10.0, "trees", "a network takes 60 seconds"),
        (20_000, 300.0, "blend", "room for a network"),
        (1_000_000, 300.0, "trees", "a network takes 2,400 seconds"),
        (1_000, inf, "trees", "1,000 rows are too few"),
        (20_000, inf, "blend", "room for a network"),
    ],
)
def test_the_engine_fits_rows_and_time(rows, budget, name, reason):
    found = choose("auto", rows=rows, calibrated=True, budget=budget)
    assert found.name == name
    assert reason in found.reason


@pytest.mark.parametrize(
    ("rows", "calibrated", "leaf"), [(3_000, True, 45), (18_000, True, 60), (10**6, True, 80), (10**6, False, 20)]
)
def test_leaves_grow_with_the_rows_where_calibration_follows(rows, calibrated, leaf):
    assert choose("auto", rows=rows, calibrated=calibrated, budget=None).engine.min_leaf == leaf


def test_without_torch_trees_are_chosen_and_the_way_to_it_is_said(monkeypatch):
    monkeypatch.setattr(choice, "find_spec", lambda name: None)
    found = choose("auto", rows=20_000, calibrated=True, budget=inf)
    assert found.name == "trees"
    assert 'pip install "twinfold[deep]"' in found.reason


def test_a_budget_is_kept_and_said():
    rows = pl.DataFrame({"a": ["x", "y", "z"] * 1000, "b": range(3000), "c": [i * i % 97 for i in range(3000)]})
    model = learn(read(rows), budget="1s")
    trees = max(len(part.roots) for part in getattr(model.model, "base", model.model).parts if hasattr(part, "roots"))
    assert 1 <= trees <= 60
    assert "too few for a network" in model.describe()
    assert model.history[0]["budget"] == "1s"
