"""Usefulness of linked tables: what is planted between tables is learned, and what was dealt anew is not."""

import numpy as np
import polars as pl
import pytest

import twinfold
from twinfold.errors import OptionError
from twinfold.evaluation import boosting


@pytest.fixture(scope="module", autouse=True)
def _quick():
    patch = pytest.MonkeyPatch()
    patch.setattr(boosting, "_ROUNDS", 30)
    yield
    patch.undo()


def bank(seed, customers=800):
    """A loan goes bad where the customer's payments are small; who is young has a card."""
    rng = np.random.default_rng(seed)
    ids = np.arange(customers) + 10_000 * (seed + 1)
    wealth = rng.normal(0, 1, customers)
    count = rng.integers(2, 8, customers)
    owner = np.repeat(np.arange(customers), count)
    bad = rng.random(customers) < 1 / (1 + np.exp(2 + 3 * wealth))
    return {
        "customers": pl.DataFrame({"customer_id": ids, "rich": np.where(wealth > 0, "yes", "no")}),
        "payments": pl.DataFrame(
            {
                "customer_id": ids[owner],
                "amount": np.round(np.exp(4 + wealth[owner] + rng.normal(0, 0.3, len(owner))), 2),
            }
        ),
        "loans": pl.DataFrame(
            {
                "loan_id": ids + 500_000,
                "customer_id": ids,
                "sum": rng.integers(1, 90, customers),
                "status": np.where(bad, "bad", "good"),
            }
        )[: int(0.9 * customers)],
    }


def judge(synthetic, target, **asked):
    return twinfold.evaluate(bank(0), bank(1), synthetic, target=target, **asked)


def utility(synthetic, target):
    return next(finding for finding in judge(synthetic, target).findings if finding.name == "utility")


@pytest.mark.parametrize("target", ["loans.status", "rich", "customers.rich"])
def test_another_draw_of_the_same_customers_is_as_useful(target):
    found = utility(bank(2), target)
    assert found.value == pytest.approx(1, abs=0.06)
    assert found.low <= 1 <= found.high + 0.03


@pytest.mark.parametrize("target", ["loans.status", "rich"])
def test_what_goes_with_nothing_any_more_is_of_no_use(target):
    broken, rng = bank(2), np.random.default_rng(0)
    for name, column in (("loans", "status"), ("customers", "rich")):
        broken[name] = broken[name].with_columns(broken[name][column].gather(rng.permutation(broken[name].height)))
    assert utility(broken, target).value < 0.75


def test_what_is_asked_of_customers_by_a_column_of_another_table_is_said():
    with pytest.raises(OptionError, match=r"target 'loans.status': .*name a column of customers, or leave out"):
        judge(bank(2), "loans.status", sensitive=["rich"])
    none = bank(2)
    none["loans"] = none["loans"].clear()
    evaluation = judge(none, "loans.status", tasks=True)
    found = {finding.name: finding for finding in evaluation.findings}
    assert found["segment_agreement"].verdict == "info"
    assert found["utility"].verdict == "unknown"  # no loan is there to learn from


def test_the_tasks_of_another_tables_column_are_tried_and_tell_what_was_dealt_anew():
    """Scoring, deciding and ranking by a loan's status; segments are of customers."""
    broken, rng = bank(2), np.random.default_rng(0)
    broken["loans"] = broken["loans"].with_columns(broken["loans"]["status"].gather(rng.permutation(720)))
    sound, wrong = (
        {finding.name: finding for finding in judge(each, "loans.status", tasks=True).findings}
        for each in (bank(2), broken)
    )
    assert "status = 'bad'" in sound["task_roc_auc_ratio"].sentence
    assert sound["task_roc_auc_ratio"].low > wrong["task_roc_auc_ratio"].value
    assert sound["approval_agreement"].value > wrong["approval_agreement"].value
    assert sound["segment_agreement"].verdict == "info"


def test_an_unknown_target_is_said():
    with pytest.raises(OptionError, match=r"target 'loans.statu'.*did you mean 'loans.status'"):
        utility(bank(2), "loans.statu")
