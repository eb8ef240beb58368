"""What the tasks say of synthetic customers whose fault, or faultlessness, is known."""

from collections.abc import Callable

import numpy as np
import polars as pl
import pytest

from twinfold.errors import OptionError
from twinfold.evaluation.alignment import Aligned
from twinfold.evaluation.finding import Finding, Found, Verdict
from twinfold.evaluation.tasks.performance import measure_performance
from twinfold.evaluation.tasks.question import ask
from twinfold.evaluation.tasks.repetition import draw_halves
from twinfold.evaluation.tasks.tasks import measure
from twinfold.evaluation.tasks.training import train
from twinfold.evaluation.utility import resample
from twinfold.protocols import silent

Customers = Callable[[int, int], pl.DataFrame]
Beside = Callable[..., Aligned]


def by_name(results: Found) -> dict[str, Finding]:
    return {finding.name: finding for finding in results.findings}


def figures(results: Found, way: int) -> dict[str, float]:
    """The figures of models trained on real (0), synthetic (1) or both (2) rows."""
    return {str(row[0]): float(row[1 + 3 * way]) for row in results.exhibits[0].rows}


def performance(aligned: Aligned, target: str, repeats: int) -> Found:
    """How well models do, without what else is measured."""
    question, rng = ask(aligned, target), np.random.default_rng(0)
    rows = len(question.train), len(question.holdout), len(question.synthetic)
    contest = train(question, draw_halves(rows, None, repeats, rng), seed=0, progress=silent)
    findings, exhibit = measure_performance(question, contest, resample(None, rows[1], 100, rng))
    return Found(findings, [exhibit])


@pytest.fixture(scope="module")
def independent(customers: Customers, beside: Beside) -> Found:
    """What is found of real customers in the synthetic ones' place."""
    return measure(beside(customers(1000, 3)), "leaves", seed=0, repeats=4)


def test_independent_real_customers_are_at_parity(independent: Found) -> None:
    found = by_name(independent)
    for name in ("task_roc_auc_ratio", "task_calibration_error", "approval_agreement", "model_rank_agreement"):
        assert found[name].low <= found[name].yardstick <= found[name].high, name
    for name in ("task_roc_auc_ratio", "approval_agreement"):
        assert found[name].high - found[name].low < 0.1, name  # narrow enough to mean something
    assert found["task_roc_auc_ratio"].value == pytest.approx(1, abs=0.03)
    assert found["task_gain_from_both"].value > 0  # twice as many rows
    important = next(e for e in independent.exhibits if e.title == "Columns that matter")
    assert {row[0] for row in important.rows[:3]} == {"age", "income", "job"}


def test_a_shuffled_target_is_caught(customers: Customers, beside: Beside) -> None:
    torn = customers(1000, 3).with_columns(pl.col("leaves").shuffle(seed=0))
    results = measure(beside(torn), "leaves", seed=0, repeats=3)
    found = by_name(results)
    assert figures(results, 1)["ROC AUC"] == pytest.approx(0.5, abs=0.1)
    assert found["task_roc_auc_ratio"].high < 0.9
    assert found["approval_agreement"].value == pytest.approx(0.68, abs=0.06)  # chance
    assert found["approval_agreement"].high < found["approval_agreement"].yardstick
    assert found["feature_rank_agreement"].value < found["feature_rank_agreement"].yardstick - 0.2


def test_a_doubled_base_rate_shows_in_calibration_alone(
    customers: Customers, beside: Beside, independent: Found
) -> None:
    pool = customers(6000, 4)
    leaving, staying = (pool.filter(pl.col("leaves") == answer) for answer in ("yes", "no"))
    rate = 2 * leaving.height / pool.height
    doubled = pl.concat([leaving[: round(1000 * rate)], staying[: round(1000 * (1 - rate))]])
    results = performance(beside(doubled), "leaves", 3)
    found = by_name(results)
    assert found["task_roc_auc_ratio"].value == pytest.approx(1, abs=0.04)
    assert found["task_calibration_error"].low > found["task_calibration_error"].yardstick
    assert figures(results, 1)["predicted / true rate"] > 1.5
    assert figures(independent, 1)["predicted / true rate"] == pytest.approx(1, abs=0.15)


def test_amounts_of_independent_and_of_shuffled_customers(customers: Customers, beside: Beside) -> None:
    other = customers(1000, 5)
    good = performance(beside(other, without="leaves"), "worth", 5)
    found = by_name(good)
    assert found["task_rank_ratio"].value == pytest.approx(1, abs=0.05)
    assert found["task_rank_ratio"].low <= 1 <= found["task_rank_ratio"].high
    assert figures(good, 0)["decile lift"] > 1.5
    torn = other.with_columns(pl.col("worth").shuffle(seed=0))
    bad = by_name(performance(beside(torn, without="leaves"), "worth", 3))
    assert bad["task_rank_ratio"].high < 0.5
    assert "task_calibration_error" not in bad


def test_synthetic_customers_who_never_leave_teach_nothing(customers: Customers, beside: Beside) -> None:
    never = customers(300, 3).with_columns(leaves=pl.lit("no"))
    results = measure(beside(never, rows=300), "leaves", seed=0, repeats=2)
    assert figures(results, 1)["ROC AUC"] == 0.5
    assert figures(results, 1)["recall"] == 0


def test_what_cannot_be_measured_says_why(customers: Customers, beside: Beside) -> None:
    aligned = beside(customers(60, 3), rows=300)
    [finding] = measure(aligned, "leaves", seed=0).findings
    assert finding.verdict is Verdict.UNKNOWN
    assert "60 rows are too few" in finding.sentence
    [finding] = measure(beside(customers(150, 3), rows=150), None, seed=0, repeats=2).findings
    assert finding.name == "segment_agreement"
    with pytest.raises(OptionError, match="did you mean 'leaves'"):
        measure(aligned, "leave", seed=0)
    with pytest.raises(OptionError, match="give 2 or more"):
        measure(aligned, "leaves", seed=0, repeats=1)


def test_the_same_seed_finds_the_same(customers: Customers, beside: Beside) -> None:
    aligned = beside(customers(150, 3), rows=150)
    first, again = (measure(aligned, "leaves", seed=3, repeats=2) for _ in range(2))
    np.testing.assert_equal([f.value for f in first.findings], [f.value for f in again.findings])
