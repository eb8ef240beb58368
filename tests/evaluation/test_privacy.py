"""Releases that give people away are caught; rows that owe nothing to anyone pass."""

import numpy as np
import polars as pl
import pytest

from twinfold.errors import DataError
from twinfold.evaluation import privacy
from twinfold.evaluation.alignment import align
from twinfold.evaluation.finding import Finding, Verdict
from twinfold.evaluation.policy.policy_file import read_policy
from twinfold.evaluation.verdict import judge_all
from twinfold.tables.dataset import Dataset
from twinfold.tables.reading import read

AMOUNTS = ("age", "balance", "duration")


def measure(train: Dataset, holdout: Dataset, release: Dataset) -> dict[str, Finding]:
    aligned = align(train, holdout, release, rng=np.random.default_rng(0))
    findings = privacy.measure(aligned, train, holdout, release, rng=np.random.default_rng(0))
    return {finding.name: finding for finding in judge_all(findings, read_policy("sharing-with-a-partner"))}


def with_rows(dataset: Dataset, frame: pl.DataFrame) -> Dataset:
    return read(frame, schema=dataset.schema)


def jittered(frame: pl.DataFrame, by: int) -> pl.DataFrame:
    rng = np.random.default_rng(1)
    return frame.with_columns(pl.col(name) + pl.Series(rng.integers(-by, by + 1, frame.height)) for name in AMOUNTS)


def planted(rows: int) -> pl.DataFrame:
    """Shifts that make of ordinary customers very unusual ones."""
    rng = np.random.default_rng(2)
    spans = {"age": (75, 95), "balance": (30_000, 90_000), "duration": (1500, 4000), "previous": (10, 40)}
    return pl.DataFrame({name: rng.integers(*span, rows) for name, span in spans.items()})


def test_independent_real_rows_pass(parts: tuple[Dataset, Dataset, Dataset]) -> None:
    findings = measure(*parts)
    assert {finding.verdict for finding in findings.values()} == {Verdict.PASS}
    assert findings["exact_copies"].value <= findings["exact_copies"].yardstick + 0.001


def test_a_jittered_copy_of_the_train_rows_is_caught(parts: tuple[Dataset, Dataset, Dataset]) -> None:
    train, holdout, _ = parts
    findings = measure(train, holdout, with_rows(train, jittered(train.single()[1], by=1)))
    assert findings["outlier_mia_auc"].value > 0.9
    assert findings["outlier_mia_auc"].verdict is Verdict.FAIL
    assert findings["dcr_share"].verdict is Verdict.FAIL


def test_leaked_outliers_are_caught_where_the_distance_share_looks_fine(
    parts: tuple[Dataset, Dataset, Dataset],
) -> None:
    train, _, release = (dataset.single()[1] for dataset in parts)
    outliers = train[:54].with_columns(planted(54))
    learned = with_rows(parts[0], pl.concat([outliers, train[54:]]))
    findings = measure(learned, parts[1], with_rows(parts[0], pl.concat([jittered(outliers, 9), release[54:]])))
    assert findings["dcr_share"].verdict is Verdict.PASS
    assert findings["exact_copies"].verdict is Verdict.PASS
    assert (
        findings["outlier_mia_auc"].low > 0.5
    )  # 54 among 400: the area moves little, and who is found is found for sure
    assert findings["outlier_mia_tpr"].verdict is Verdict.FAIL


def test_copies_are_counted_whatever_their_order_and_missing_values() -> None:
    real = pl.DataFrame({"x": [1.5, None, 3.0, 4.0], "a": ["p", "q", None, "p"]})
    columns = list(read(pl.concat([real] * 20)).single()[0])
    released = pl.DataFrame({"x": [3.0, None, 1.5, 1.5000000001, 4.0], "a": [None, "q", "q", "p", "p"]})
    assert privacy.copied(columns, released, real) == 4


def test_a_holdout_that_was_learned_is_refused(parts: tuple[Dataset, Dataset, Dataset]) -> None:
    train, holdout, _ = parts
    rng = np.random.default_rng(0)
    privacy.check_holdout(train, holdout, parts[2], rng=rng)
    mixed = with_rows(train, pl.concat([train.single()[1][:400], holdout.single()[1][:3600]]))
    for learned in (train, mixed):
        with pytest.raises(DataError, match="of the holdout rows stand in the train table"):
            privacy.check_holdout(train, learned, parts[2], rng=rng)


def test_rows_that_everyone_shares_are_no_sign_of_a_learned_holdout() -> None:
    few = pl.DataFrame({"a": ["p", "q"] * 100, "b": ["r", "r", "s", "s"] * 50})
    privacy.check_holdout(read(few), read(few), read(few), rng=np.random.default_rng(0))


def test_a_release_that_follows_the_holdout_leaves_its_nearness_unknown(
    parts: tuple[Dataset, Dataset, Dataset],
) -> None:
    train, holdout, _ = parts
    nearness = measure(train, holdout, with_rows(train, jittered(holdout.single()[1], by=1)))["dcr_share"]
    assert nearness.verdict is Verdict.UNKNOWN
    assert "the holdout was learned" in nearness.sentence


@pytest.mark.parametrize("share", [0.1, 1.0])
def test_a_release_of_holdout_rows_is_refused(parts: tuple[Dataset, Dataset, Dataset], share: float) -> None:
    train, holdout, release = parts
    cut = int(4000 * share)
    mixed = with_rows(train, pl.concat([holdout.single()[1][:cut], release.single()[1][cut:]]))
    with pytest.raises(DataError, match="of the synthetic rows stand in the holdout table"):
        privacy.check_holdout(train, holdout, mixed, rng=np.random.default_rng(0))


def test_rare_categories_that_came_out_are_named_by_column_and_not_by_level() -> None:
    train = read(pl.DataFrame({"job": ["clerk"] * 300 + ["nurse"] * 94 + ["bishop"] * 4 + ["(other)"] * 2}))
    notes = privacy.note_rare_levels(train, read(pl.DataFrame({"job": ["clerk", "bishop", "bishop"]})))
    assert len(notes) == 1
    assert "'job': 2 synthetic rows hold 1 of the 2 categories that fewer than 10 learned rows hold" in notes[0]
    assert "bishop" not in notes[0]
    assert privacy.note_rare_levels(train, read(pl.DataFrame({"job": ["clerk", "nurse", "pilot"]}))) == ()
