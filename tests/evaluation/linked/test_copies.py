"""What counts as a copied history."""

import numpy as np
import polars as pl
import pytest

from twinfold.evaluation.linked.copies import measure_copies
from twinfold.evaluation.linked.family import Family, gather
from twinfold.synthesis.hierarchy import arrange
from twinfold.tables.reading import read

Rows = list[list[tuple[int, float]]]


def family(histories: Rows, seed: int = 0) -> Family:
    """Customers with such payments, a day and an amount each."""
    owner = [k for k, rows in enumerate(histories) for _ in rows]
    day, amount = zip(*(row for rows in histories for row in rows), strict=True)
    tables = {
        "customers": pl.DataFrame({"customer_id": range(len(histories))}),
        "payments": pl.DataFrame(
            {
                "customer_id": owner,
                "paid_on": pl.Series(day).cast(pl.Int32).cast(pl.Date),
                "amount": pl.Series(amount, dtype=pl.Float64),
            }
        ),
    }
    dataset = read(tables)
    assert dataset.schema["payments"].time == "paid_on"
    tree = arrange(dataset).trees[0]
    return gather(dataset, tree.root, list(tree.branches), rng=np.random.default_rng(seed))


def random(seed: int, customers: int = 200) -> Rows:
    rng = np.random.default_rng(seed)
    return [
        [
            (19_000 + int(d), float(a))
            for d, a in zip(np.cumsum(rng.integers(1, 90, 5)), rng.normal(50, 9, 5), strict=True)
        ]
        for _ in range(customers)
    ]


LEARNED = random(0)
TWICE = [[(19_100, 5.0), (19_100, 7.0)]]


@pytest.mark.parametrize(
    ("planted", "whole", "runs"),
    [
        (LEARNED[:3], 3, 3),
        ([rows[::-1] for rows in LEARNED[:3]], 3, 3),  # the order in the file says nothing
        ([[(day + 700, amount) for day, amount in rows] for rows in LEARNED[:3]], 0, 3),
        ([[(19_000, 1.0), *LEARNED[0][1:4], (19_900, 2.0)]], 0, 1),
        ([[(day, amount + 0.5) for day, amount in LEARNED[0]]], 0, 0),
        ([LEARNED[0][:2]], 0, 0),
        ([TWICE[0][::-1]], 1, 0),
    ],
    ids=["copied", "turned", "later", "inside", "moved", "begun", "of one day"],
)
def test_copies_are_whole_histories_or_three_rows_in_turn(planted: Rows, whole: int, runs: int) -> None:
    synthetic = [*random(2)[len(planted) :], *planted]
    found = {
        finding.name: finding
        for finding in measure_copies(family(LEARNED + TWICE), family(random(1)), family(synthetic, 5), "payments")
    }
    assert round(found["copied_histories"].value * 200) == whole
    assert round(found["copied_runs"].value * 200) == runs
    assert found["copied_histories"].yardstick == found["copied_runs"].yardstick == 0
