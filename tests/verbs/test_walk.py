"""Walks begin and end where they should, change what belongs together, and say where there is no way."""

import numpy as np
import pandas as pd
import polars as pl
import pytest

import twinfold
from twinfold.errors import ConditionError, DataError, OptionError
from twinfold.synthesis.synthesizer import learn
from twinfold.tables.reading import read


def customers(rows=3000, seed=0):
    """The young are students who earn little, the old retired; others work and earn more."""
    rng = np.random.default_rng(seed)
    kind = rng.choice(3, rows)
    age = np.choose(kind, [rng.integers(18, 26, rows), rng.integers(30, 60, rows), rng.integers(65, 85, rows)])
    job = np.array(["student", "clerk", "retired"])[kind]
    income = (rng.lognormal(np.array([6.0, 8.0, 7.0])[kind], 0.2)).round(-1).astype(int)
    return pl.DataFrame({"age": age, "job": job, "income": income, "region": rng.choice(["north", "south"], rows)})


@pytest.fixture(scope="module")
def model():
    return learn(read(customers()), engine="vae")  # no budget: on a busy machine too little would be learned


ENDS = pl.DataFrame(
    {"age": [20, 75], "job": ["student", "retired"], "income": [400, 1100], "region": ["north", "north"]}
)


def test_a_walk_leads_from_one_customer_to_the_other(model):
    found = twinfold.walk(model, ENDS, steps=9)
    assert found.columns == ["step", "age", "job", "income", "region"]
    assert found["step"].to_list() == [0, 0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875, 1]
    assert found["job"][0] == "student"
    assert found["job"][-1] == "retired"
    assert found["age"][0] < 30
    assert found["age"][-1] > 60


def test_a_walk_toward_a_condition_changes_what_belongs_to_it(model):
    few = customers(40, 1).filter(pl.col("job") == "student")
    found = twinfold.walk(model, few, toward="job = 'retired'", steps=3)
    first, last = found.filter(pl.col("step") == 0), found.filter(pl.col("step") == 1)
    assert (first["job"] == "student").mean() > 0.8
    assert last["age"].mean() > first["age"].mean() + 10
    assert (last["region"] == first["region"]).mean() > 0.5


def test_rows_may_lack_columns_and_come_back_as_their_own_kind(model):
    found = twinfold.walk(model, pd.DataFrame({"job": ["clerk", "student"]}), steps=2)
    assert isinstance(found, pd.DataFrame)
    assert list(found["job"]) == ["clerk", "student"]
    assert list(found.columns) == ["step", "age", "job", "income", "region"]


def test_the_same_seed_gives_the_same_way(model):
    ways = [twinfold.walk(model, ENDS, seed=seed) for seed in (1, 1, 2)]
    assert ways[0].equals(ways[1])
    assert not ways[0].equals(ways[2])


def test_a_file_is_written_with_the_steps(model, tmp_path):
    ENDS.write_csv(tmp_path / "ends.csv")
    summary = twinfold.walk_to(model, tmp_path / "ends.csv", tmp_path / "way.csv", steps=4)
    assert summary.text() == f"Wrote 1 way of 4 rows to {tmp_path / 'way.csv'}, with the column step, from 0 to 1."
    assert pl.read_csv(tmp_path / "way.csv").height == 4


def test_what_can_not_be_walked_is_said(model):
    with pytest.raises(OptionError, match="3 rows to walk between; give 2, or a condition to walk toward"):
        twinfold.walk(model, customers(3))
    with pytest.raises(OptionError, match="steps is 1; give 2 to 1,000"):
        twinfold.walk(model, ENDS, steps=1)
    with pytest.raises(ConditionError, match="astronaut"):
        twinfold.walk(model, ENDS, toward="job = 'astronaut'")
    with pytest.raises(OptionError, match="engine trees has no space to walk in; fit one with engine vae or vaegan"):
        twinfold.walk(learn(read(customers(200))), ENDS)
    with pytest.raises(DataError, match="row 1 holds nothing that was learned"):
        twinfold.walk(model, pl.DataFrame({"job": ["astronaut", "clerk"]}))


def test_ways_that_do_not_arrive_are_counted(model, tmp_path):
    students = customers(40, 1).filter(pl.col("job") == "student")
    far = twinfold.walk_to(model, students, tmp_path / "far.csv", toward="age >= 82 and income <= 600", steps=3)
    ends = pl.read_csv(tmp_path / "far.csv").filter(pl.col("step") == 1)
    arrived = ends.filter((pl.col("age") >= 82) & (pl.col("income") <= 600)).height
    assert far.arrived == arrived < far.ways == len(students)
    assert "where the condition holds" in far.text().splitlines()[1]
    near = twinfold.walk_to(model, students, tmp_path / "near.csv", toward="age >= 10", steps=3)
    assert near.arrived == near.ways
    assert len(near.text().splitlines()) == 1
