"""Example customers of linked tables: timelines in order, with what is left out counted, and nobody's copy."""

from collections.abc import Callable

import numpy as np
import polars as pl
import pytest

from twinfold.evaluation.linked.examples import choose_customers
from twinfold.evaluation.linked.family import Family, gather
from twinfold.evaluation.linked.views import choose_levels
from twinfold.synthesis.hierarchy import arrange
from twinfold.tables.dataset import Dataset

Tables = dict[str, pl.DataFrame]
Read = Callable[[Tables], Dataset]


@pytest.fixture(scope="module")
def gathered(train: Tables, dataset: Read) -> Callable[[Tables], Family]:
    tree = arrange(dataset(train)).trees[0]
    return lambda tables: gather(dataset(tables), tree.root, list(tree.branches), rng=np.random.default_rng(0))


def choose(learned: Family, drawn: Family, seed: int = 0) -> tuple:
    return choose_customers(learned, drawn, choose_levels(learned, 10), seed=seed)


def test_timelines_are_in_order_and_count_what_they_leave_out(
    train: Tables, other: Tables, gathered: Callable[[Tables], Family]
) -> None:
    examples = choose(gathered(train), gathered(other))
    assert len(examples) == 6
    ids = other["customers"].select("customer_id", pl.col("opened").cast(pl.String), pl.col("age").cast(pl.String))
    rows = {
        who: other["payments"].filter(pl.col("customer_id") == who).height
        + other["cards"].filter(pl.col("customer_id") == who).height
        + other["swipes"]["card_id"].is_in(
            other["cards"].filter(pl.col("customer_id") == who)["card_id"].implode()
        ).sum()
        for who in ids["customer_id"]
    }  # fmt: skip
    for example in examples:
        facts = dict(example.facts)
        assert "customer_id" not in facts
        times = [time for time, _, _ in example.events if time]
        assert times == sorted(times)
        assert len(example.events) <= 12
        who = ids.filter((pl.col("opened") == facts["opened"]) & (pl.col("age") == facts["age"]))["customer_id"]
        assert len(example.events) + example.more in {rows[w] for w in who}
        assert not example.activity or sum(example.activity) <= len(example.events) + example.more
    assert {table for example in examples for _, table, _ in example.events} >= {"payments", "cards"}
    assert any("amount" in text and "channel" in text for example in examples for _, _, text in example.events)
    assert choose(gathered(train), gathered(other)) == examples


def test_whoever_repeats_a_learned_customer_is_never_shown(
    train: Tables, other: Tables, gathered: Callable[[Tables], Family]
) -> None:
    assert choose(gathered(train), gathered(train)) == ()


def test_a_copied_history_under_another_name_is_never_shown(
    train: Tables, other: Tables, gathered: Callable[[Tables], Family]
) -> None:
    """Everybody of the other bank gets a learned history of two payments or more; whoever has fewer may be shown."""
    ids = train["customers"]["customer_id"].to_list()
    theirs = dict(zip(ids, other["customers"]["customer_id"].to_list(), strict=True))
    payments = train["payments"].with_columns(pl.col("customer_id").replace_strict(theirs))
    counts = payments.group_by("customer_id").len()
    few = set(counts.filter(pl.col("len") < 2)["customer_id"].to_list()) | (
        set(theirs.values()) - set(counts["customer_id"].to_list())
    )
    examples = choose(gathered(train), gathered({**other, "payments": payments}))
    assert examples
    assert len(few) < 100
    assert all(sum(table == "payments" for _, table, _ in example.events) < 2 for example in examples)
