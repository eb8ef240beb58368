"""Example customers: six that show the planted groups, never a copy, the same for the same seed."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from twinfold.evaluation.examples import choose, distances, medoids
from twinfold.tables.dataset import Dataset
from twinfold.tables.reading import read
from twinfold.tables.schema import Personal, Treatment

GROUPS = (("clerk", 30), ("judge", 40), ("nurse", 50), ("pilot", 60), ("cook", 70), ("smith", 80))
SHARES = (0.35, 0.25, 0.15, 0.1, 0.08, 0.07)


def simulate(seed: int, rows: int = 600) -> pl.DataFrame:
    """Customers of six trades, each of its own age and balance."""
    rng = np.random.default_rng(seed)
    group = rng.choice(len(GROUPS), rows, p=SHARES)
    ages = np.array([age for _, age in GROUPS])[group]
    return pl.DataFrame(
        {
            "job": np.array([job for job, _ in GROUPS])[group],
            "married": group % 2 == 0,
            "age": ages + rng.integers(-2, 3, rows),
            "balance": np.round(ages * 100 + rng.normal(0, 40, rows), 2),
        }
    )


@pytest.fixture(scope="module")
def dataset() -> Callable[[pl.DataFrame], Dataset]:
    schema = read(simulate(0)).schema
    return lambda frame: read(frame, schema=schema)


def test_one_of_each_planted_group_is_shown_largest_first(dataset: Callable[[pl.DataFrame], Dataset]) -> None:
    examples = choose(dataset(simulate(0)), dataset(simulate(1)), seed=0)
    jobs = [dict(example.facts)["job"] for example in examples]
    assert sorted(jobs) == sorted(job for job, _ in GROUPS)
    assert jobs[:2] == ["clerk", "judge"]
    shares = [int(example.title.split()[2]) for example in examples]
    assert shares == sorted(shares, reverse=True)
    assert abs(shares[0] - 35) < 6
    for example in examples:  # the middle of its group, not its edge
        facts = dict(example.facts)
        assert abs(float(facts["balance"]) - 100 * dict(GROUPS)[facts["job"]]) < 60


def test_the_same_seed_gives_the_same_customers(dataset: Callable[[pl.DataFrame], Dataset]) -> None:
    tables = dataset(simulate(0)), dataset(simulate(1, 2_000))
    assert choose(*tables, seed=3) == choose(*tables, seed=3)
    assert choose(*tables, seed=3) != choose(*tables, seed=4)


def test_a_copy_of_a_learned_customer_is_never_shown(dataset: Callable[[pl.DataFrame], Dataset]) -> None:
    train = simulate(0)
    assert choose(dataset(train), dataset(train), seed=0) == ()
    mostly = pl.concat([train, simulate(1, 40)])
    learned = {tuple(map(str, row)) for row in train.rows()}
    shown = choose(dataset(train), dataset(mostly), seed=0)
    assert shown
    assert not {tuple(value for _, value in example.facts) for example in shown} & learned


def test_what_was_not_made_here_is_not_shown_and_what_was_made_up_says_so() -> None:
    frame = simulate(0).with_columns(name=pl.Series([f"Ada {i}" for i in range(600)]), note=pl.lit("secret"))
    data = read(frame)
    (table,) = data.schema.tables
    wanted = {"name": (Treatment.FAKE, Personal.FULL_NAME), "note": (Treatment.DROP, None)}
    columns = tuple(
        column.model_copy(update=dict(zip(("treatment", "personal"), wanted[column.name], strict=True)))
        if column.name in wanted
        else column
        for column in table
    )
    schema = data.schema.model_copy(update={"tables": (table.model_copy(update={"columns": columns}),)})
    synthetic = replace(data, schema=schema)
    other = simulate(1).with_columns(name=pl.lit("Eve"), note=pl.lit("secret"))
    train = Dataset({table.name: other.select(frame.columns)}, schema, data.layouts)
    for example in choose(train, synthetic, seed=0):
        labels = [label for label, _ in example.facts]
        assert "name (made up)" in labels
        assert "note" not in labels


def test_missing_values_are_far_from_present_ones_and_said(dataset: Callable[[pl.DataFrame], Dataset]) -> None:
    frame = pl.DataFrame({"job": ["a", "a", "a"], "married": [True] * 3, "age": [30, 30, None], "balance": [1.0] * 3})
    data = dataset(frame)
    distance = distances(list(data.single()[0]), data.single()[1])
    assert distance[0].tolist() == [0.0, 0.0, 1.0]
    lone = choose(dataset(simulate(0)), data, seed=0)
    assert {dict(example.facts)["age"] for example in lone} == {"30", "missing"}


def test_medoids_of_a_line_are_its_middles() -> None:
    places = np.r_[np.linspace(-1, 1, 21), 100 + np.linspace(-1, 1, 11)]
    found = medoids(np.abs(places[:, None] - places), 2)
    assert [round(places[place]) for place, _ in found] == [0, 100]
    assert [share for _, share in found] == [21 / 32, 11 / 32]
    assert medoids(np.zeros((5, 5)), 6) == [(0, 1.0)]
    assert medoids(np.zeros((0, 0)), 6) == []
