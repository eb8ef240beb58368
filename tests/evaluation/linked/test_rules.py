"""Rules that are checked beside sums and orders: a status's transitions, and numbers of another table."""

import numpy as np
import polars as pl
import pytest

from twinfold.evaluation.linked.family import gather
from twinfold.evaluation.linked.rules import compare_rules
from twinfold.synthesis.hierarchy import arrange
from twinfold.tables.reading import read
from twinfold.tables.schema_file import read_toml, write_toml

RULES = {"loans": "instalment = one of orders.amount", "reports": "status: new -> paid, paid -> paid"}


def bank(*, unpaid=0, unordered=0):
    """Loans with an order each, but for some, and reports that go from new to paid, but for some customers'."""
    rng = np.random.default_rng(0)
    ids, instalment = np.arange(300), np.round(rng.lognormal(5, 1, 300), 2)
    status = np.tile(["new", "paid", "paid"], (300, 1))
    status[:unpaid, 1] = "new"
    ordered = np.where(ids < unordered, instalment + 1, instalment)
    return {
        "accounts": pl.DataFrame({"account_id": ids, "region": rng.choice(["a", "b"], 300)}),
        "loans": pl.DataFrame({"account_id": ids[:240], "instalment": instalment[:240]}),
        "orders": pl.DataFrame({"account_id": np.r_[ids, ids], "amount": np.r_[rng.lognormal(5, 1, 300), ordered]}),
        "reports": pl.DataFrame(
            {"account_id": np.repeat(ids, 3), "month": np.tile([1, 2, 3], 300), "status": status.ravel()}
        ),
    }


def broken(tables):
    """By table, the share of synthetic rows that break its rule."""
    lines = [line for line in write_toml(read(bank()).schema).splitlines() if not line.startswith("rules = ")]
    text = "\n".join(lines)
    for name, rule in RULES.items():
        text = text.replace(f"[tables.{name}]\n", f'[tables.{name}]\nrules = ["{rule}"]\n')
    datasets = [read(each, schema=read_toml(text)) for each in (bank(), bank(), tables)]
    tree = arrange(datasets[0]).trees[0]
    families = [gather(dataset, tree.root, list(tree.branches), rng=np.random.default_rng(0)) for dataset in datasets]
    found, _ = compare_rules(families)
    assert {each.table: each.rule for each in found} == RULES
    return {each.table: 1 - each.kept[2] for each in found}


@pytest.mark.parametrize(
    ("tables", "wanted"),
    [
        (bank(), {"loans": 0, "reports": 0}),
        (bank(unpaid=60), {"loans": 0, "reports": 0.1}),
        (bank(unordered=24), {"loans": 0.1, "reports": 0}),
    ],
)
def test_rows_that_break_an_equality_or_a_transition_are_counted(tables, wanted):
    assert broken(tables) == pytest.approx(wanted)
