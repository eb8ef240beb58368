"""Findings about columns, pairs, missing values and lost categories."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from twinfold.evaluation import fidelity
from twinfold.evaluation.alignment import align
from twinfold.evaluation.finding import Finding, Verdict
from twinfold.evaluation.policy.policy_file import read_policy
from twinfold.evaluation.verdict import judge_all
from twinfold.tables.dataset import Dataset
from twinfold.tables.reading import read


def measure(train: Dataset, holdout: Dataset, release: Dataset) -> dict[str, Finding]:
    aligned = align(train, holdout, release, rng=np.random.default_rng(0))
    compared = fidelity.compare(aligned, rng=np.random.default_rng(0))
    return {finding.name: finding for finding in fidelity.measure(aligned, compared)}


def changed(dataset: Dataset, **columns: pl.Expr) -> Dataset:
    name, frame = next(iter(dataset.tables.items()))
    return replace(dataset, tables={name: frame.with_columns(**columns)})


def test_independent_real_rows_are_as_far_as_the_yardstick(parts: tuple[Dataset, Dataset, Dataset]) -> None:
    for finding in measure(*parts).values():
        assert finding.low <= finding.value <= finding.high
        if finding.name != "trend_error":  # SDMetrics' figure moves with the most extreme row
            assert finding.value == pytest.approx(finding.yardstick, abs=0.02), finding.name


def test_a_shifted_column_is_named(parts: tuple[Dataset, Dataset, Dataset]) -> None:
    train, holdout, release = parts
    findings = measure(train, holdout, changed(release, age=pl.col("age") + 10))
    worst = findings["worst_column_error"]
    assert worst.sentence.startswith("'age' goes farthest beyond chance")
    assert worst.low > 0.3
    assert findings["shape_error"].value > findings["shape_error"].yardstick + 0.02


def test_shuffled_columns_keep_their_shapes_and_lose_their_trends(parts: tuple[Dataset, Dataset, Dataset]) -> None:
    train, holdout, release = parts
    columns = {name: pl.col(name).shuffle(seed=i) for i, name in enumerate(release.single()[1].columns)}
    findings, before = measure(train, holdout, changed(release, **columns)), measure(*parts)
    assert findings["shape_error"].value == pytest.approx(before["shape_error"].value)
    assert findings["pair_error"].low > before["pair_error"].high
    assert judge_all([findings["pair_error"]], read_policy("model-development"))[0].verdict is Verdict.FAIL


def test_lost_values_and_lost_categories_are_named(parts: tuple[Dataset, Dataset, Dataset]) -> None:
    train, holdout, release = parts
    lossy = changed(
        release,
        balance=pl.when(pl.int_range(pl.len()) % 5 > 0).then("balance"),
        job=pl.col("job").replace("student", "retired"),
    )
    findings = measure(train, holdout, lossy)
    assert findings["missing_error"].sentence.startswith("'balance' is missing in 20.0% of synthetic rows")
    assert findings["missing_error"].value == pytest.approx(0.2)
    assert "job = student" in findings["missing_levels"].sentence
    assert findings["missing_levels"].value > 0
    assert findings["missing_levels"].yardstick == 0


def test_few_synthetic_rows_are_not_blamed_for_rare_categories(parts: tuple[Dataset, Dataset, Dataset]) -> None:
    train, holdout, release = parts
    name, frame = next(iter(release.tables.items()))
    assert measure(train, holdout, replace(release, tables={name: frame[:120]}))["missing_levels"].value == 0


def test_of_very_many_pairs_some_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fidelity, "_PAIRS", 5)
    rng = np.random.default_rng(0)
    wide = read(pl.DataFrame({f"x{j}": rng.normal(size=300) for j in range(6)}))
    aligned = align(wide, wide, wide, rng=rng)
    compared = fidelity.compare(aligned, rng=rng)
    assert len(compared.pairs) == len(compared.trends.error) == 5
    assert compared.notes == ("15 pairs of columns: 5 of them, drawn at random, were compared.",)
