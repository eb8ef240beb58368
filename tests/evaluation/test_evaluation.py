"""The whole evaluation: what a user gets for good, bad and odd tables."""

import itertools
import math
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from twinfold.errors import DataError, OptionError
from twinfold.evaluation import boosting
from twinfold.evaluation.evaluation import evaluate_tables
from twinfold.evaluation.finding import Evaluation, Verdict
from twinfold.evaluation.policy.policy_file import read_policy
from twinfold.tables.dataset import Dataset
from twinfold.tables.reading import read
from twinfold.tables.schema import Kind, Treatment


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boosting, "_ROUNDS", 40)  # a fifth of the trees: what is tested here is not how well they tell


def verdicts(evaluation: Evaluation) -> dict[str, Verdict]:
    return {finding.name: finding.verdict for finding in evaluation.findings}


def odd(rows: int, seed: int = 0) -> pl.DataFrame:
    """A table with everything that is awkward."""
    rng = np.random.default_rng(seed)
    return pl.DataFrame(
        {
            "customer_id": [f"C{seed}{k:07d}" for k in range(rows)],
            "flat": ["same"] * rows,
            "zero": [0.0] * rows,
            "nothing": pl.Series([None] * rows, dtype=pl.Float64),
            "mostly_nothing": pl.Series(np.where(rng.random(rows) < 0.97, np.nan, rng.normal(size=rows))).fill_nan(
                None
            ),
            "opened": pl.Series(rng.integers(16_000, 19_000, rows)).cast(pl.Date),
            "many": [f"k{k}" for k in rng.integers(0, 400, rows)],
            "yes": rng.random(rows) < 0.3,
            "amount": np.exp(rng.normal(3, 2, rows)).round(2),
        }
    )


def test_independent_real_rows_are_fit_for_use(parts: tuple[Dataset, Dataset, Dataset]) -> None:
    told: list[tuple[str, float]] = []
    evaluation = evaluate_tables(*parts, target="y", progress=lambda stage, done: told.append((stage, done)))
    found = verdicts(evaluation)
    assert found["trend_error"] is Verdict.INFO  # SDMetrics' figure, for comparison only
    limited = {limit.finding for limit in read_policy("model-development").rules[1].limits}
    assert {verdict for name, verdict in found.items() if name in limited} == {Verdict.PASS}
    for purpose in ("internal-testing", "model-development", "sharing-with-a-partner"):
        assert evaluation.fit_for(purpose)
    assert evaluation.headline.startswith("Fit for internal testing, model development")
    stages = list(dict.fromkeys(stage for stage, _ in told))
    assert [stage for stage, _ in itertools.groupby(told, key=lambda t: t[0])] == stages  # one after another
    for stage in stages:
        done = [d for s, d in told if s == stage]
        assert done == sorted(done)
        assert all(0 <= d <= 1 for d in done)


@pytest.mark.parametrize("rows", [(300, 300, 150), (300, 250, 900)])
def test_awkward_columns_and_any_number_of_rows_are_judged(rows: tuple[int, int, int]) -> None:
    train = read(odd(rows[0]))
    holdout, release = (read(odd(n, seed), schema=train.schema) for seed, n in ((1, rows[1]), (2, rows[2])))
    evaluation = evaluate_tables(train, holdout, release, target="yes")
    for finding in evaluation.findings:
        assert finding.verdict is Verdict.UNKNOWN or math.isfinite(finding.value)
        assert finding.sentence
        assert finding.method
    assert "Left out of every figure, because they are not learned: customer_id" in " ".join(evaluation.notes)
    assert "customer_id" not in {column.name for column in evaluation.columns}
    assert evaluation.json()
    assert evaluation.html()


def test_the_same_seed_gives_the_same_findings() -> None:
    train = read(odd(250))
    others = [read(odd(250, seed), schema=train.schema) for seed in (1, 2)]
    first, second = (evaluate_tables(train, *others, seed=3).json() for _ in range(2))
    assert first == second


def test_thirty_holdout_rows_tell_too_little_and_say_so(bank: pl.DataFrame) -> None:
    train = read(bank[:400])
    holdout, release = (read(bank[a:b], schema=train.schema) for a, b in ((400, 430), (430, 830)))
    evaluation = evaluate_tables(train, holdout, release, target="y")
    found = verdicts(evaluation)
    for name in ("c2st_auc", "utility", "dcr_share", "outlier_mia_auc"):
        assert found[name] is Verdict.UNKNOWN, name
    assert not evaluation.fit_for("model-development")
    assert "too few rows to rule out that " in evaluation.headline


def test_a_level_that_no_real_row_has_is_counted_not_crashed_on(bank: pl.DataFrame) -> None:
    train = read(bank[:300])
    strange = bank[600:900].with_columns(job=pl.lit("astronaut"))
    evaluation = evaluate_tables(train, read(bank[300:600], schema=train.schema), read(strange, schema=train.schema))
    job = next(column for column in evaluation.columns if column.name == "job")
    assert job.error == 1
    assert job.synthetic[job.labels.index("astronaut")] == 1
    assert not evaluation.fit_for("internal-testing")


def test_without_a_target_the_report_says_what_is_not_known(bank: pl.DataFrame) -> None:
    train = read(bank[:200])
    others = [read(bank[a : a + 200], schema=train.schema) for a in (200, 400)]
    evaluation = evaluate_tables(train, *others)
    assert "utility" not in verdicts(evaluation)
    assert evaluation.notes[-1].startswith("No target was named")


def test_halves_that_are_no_random_ones_are_named(bank: pl.DataFrame) -> None:
    bank = bank[:4_000]
    by_age = bank.sort("age")
    half = bank.height // 2
    for rows, said in ((by_age, True), (bank.sample(fraction=1, shuffle=True, seed=1), False)):
        train = read(rows[:half])
        holdout, synthetic = (read(part, schema=train.schema) for part in (rows[half:], rows[:half]))
        found = evaluate_tables(train, holdout, synthetic)
        assert any("are themselves told apart" in note for note in found.notes) == said


def test_bad_requests_are_refused_before_any_work(bank: pl.DataFrame) -> None:
    train = read(bank[:200])
    others = [read(bank[a : a + 200], schema=train.schema) for a in (200, 400)]
    with pytest.raises(OptionError, match="target 'z' is not in the learned columns"):
        evaluate_tables(train, *others, target="z")
    with pytest.raises(OptionError, match="policy 'anything' is not known"):
        evaluate_tables(train, *others, policy="anything")
    with pytest.raises(DataError, match="the synthetic table has no rows"):
        evaluate_tables(train, others[0], read_rows(others[1], 0))


def read_rows(dataset: Dataset, rows: int) -> Dataset:
    name, frame = next(iter(dataset.tables.items()))
    return replace(dataset, tables={name: frame[:rows]})


def test_a_table_of_identifiers_alone_can_not_be_compared() -> None:
    train = read(odd(200).select("customer_id"))
    [column] = train.single()[0]
    assert column.kind is Kind.IDENTIFIER
    assert column.treatment is not Treatment.LEARN
    with pytest.raises(DataError, match="none of the 1 columns of 'table' is learned"):
        evaluate_tables(train, train, train)


def test_a_single_column_can_be_compared() -> None:
    train = read(odd(200).select("amount"))
    others = [read(odd(200, seed).select("amount"), schema=train.schema) for seed in (1, 2)]
    evaluation = evaluate_tables(train, *others, target="amount")
    assert verdicts(evaluation)["pair_error"] is Verdict.UNKNOWN
    assert verdicts(evaluation)["utility"] is Verdict.UNKNOWN
    assert evaluation.pairs == ()
