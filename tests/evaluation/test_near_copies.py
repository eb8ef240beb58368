"""Near copies: found where copies were changed a little, and not where rows are merely crowded."""

import json

import numpy as np
import polars as pl
import pytest

from twinfold.evaluation import near_copies
from twinfold.evaluation.alignment import align
from twinfold.evaluation.finding import Exhibit, Finding, Verdict
from twinfold.tables.dataset import Dataset
from twinfold.tables.reading import read

Frames = tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]


@pytest.fixture(scope="module")
def frames(parts: tuple[Dataset, Dataset, Dataset]) -> Frames:
    train, holdout, release = (dataset.single()[1] for dataset in parts)
    return train, holdout, release


def measure(train: pl.DataFrame, holdout: pl.DataFrame, release: pl.DataFrame) -> tuple[Finding, Exhibit | None]:
    learned = read(train)
    others = (read(frame, schema=learned.schema) for frame in (holdout, release))
    aligned = align(learned, *others, rng=np.random.default_rng(0))
    (finding,), exhibits = near_copies.measure(aligned)
    return finding, exhibits[0] if exhibits else None


def jittered(frame: pl.DataFrame) -> pl.DataFrame:
    rng = np.random.default_rng(1)
    return frame.with_columns(
        pl.col(name) + pl.Series(rng.integers(-by, by + 1, frame.height)) for name, by in (("age", 1), ("balance", 20))
    )


def test_independent_customers_are_as_near_to_learned_as_to_unseen_ones(frames: Frames) -> None:
    finding, _ = measure(*frames)
    assert finding.low <= finding.yardstick <= finding.high
    assert finding.value < 0.02


@pytest.mark.parametrize("changed", [pl.DataFrame.clone, jittered])
def test_a_leak_of_one_in_twenty_is_found_changed_or_not(frames: Frames, changed) -> None:
    train, holdout, release = frames
    finding, _ = measure(train, holdout, pl.concat([changed(train[:200]), release[200:]]))
    assert finding.low > finding.yardstick
    assert finding.value == pytest.approx(0.06, abs=0.015)


def test_crowded_customers_are_near_to_all_and_copy_nobody() -> None:
    """Only ordinary ones of independent customers are released: nearer to learned ones than the holdout is."""
    rng = np.random.default_rng(0)
    train, holdout, release = (pl.DataFrame(rng.normal(0, 1, (3000, 2)), schema=["x", "y"]) for _ in range(3))
    finding, _ = measure(train, holdout, release.filter((pl.col("x") ** 2 + pl.col("y") ** 2) < 0.5))
    assert finding.value > 1.5 * near_copies.SHARE
    assert finding.low <= finding.yardstick


def test_independent_categories_raise_no_alarm() -> None:
    """Rows of few categories repeat each other all the time, which is no copy."""
    alarms = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        tables = [pl.DataFrame({f"c{j}": rng.choice(list("aaaabbc"), 300) for j in range(8)}) for _ in range(3)]
        finding, _ = measure(*tables)
        alarms += finding.low > finding.yardstick
    assert alarms <= 2


def test_the_closest_pairs_show_which_columns_agree_and_no_value(frames: Frames) -> None:
    train, holdout, release = frames
    outlier = train[:1].with_columns(age=pl.lit(91, pl.Int64), balance=pl.lit(65432, pl.Int64))
    learned = pl.concat([outlier.cast(dict(train.schema)), train[1:]])
    leaked = learned[:1].with_columns(balance=pl.col("balance") - 33)
    finding, exhibit = measure(learned, holdout, pl.concat([leaked, release[1:]]))
    assert exhibit is not None
    assert exhibit.single
    assert 0 < len(exhibit.rows) <= 10
    first = exhibit.rows[0]
    assert first[2:5] == ("16 of 17", "balance (by less than 0.1% of its range)", 0.0)
    assert first[5] > 100 * first[1]  # no unseen customer is anywhere near
    shown = json.dumps(exhibit.rows)
    assert not any(text in shown for text in ("65432", "65399", train["job"][0], train["month"][0]))
    assert finding.low <= finding.yardstick  # one is no share


def test_missing_and_constant_numbers_are_compared() -> None:
    rng = np.random.default_rng(0)

    def table() -> pl.DataFrame:
        x, absent = pl.Series(rng.random(300)), pl.Series([None] * 300, dtype=pl.Float64)
        silent = pl.Series(np.where(x > 0.5, "silent", "open"))
        y = x.set(x > 0.5, None)
        return pl.DataFrame({"x": x, "y": y, "a": silent, "b": silent, "one": [1.0] * 300, "none": absent})

    def differing(release: pl.DataFrame) -> set[str | float]:
        _, exhibit = measure(train, table(), release)
        assert exhibit is not None
        return {row[3] for row in exhibit.rows}

    train = table()
    assert differing(train) == {"none"}
    told = train.filter(pl.col("a") == "silent").with_columns(y=pl.lit(0.1))
    assert differing(told) == {"y (missing in one)"}
    assert differing(train.with_columns(one=pl.lit(2.0))) == {"one"}


def test_tiny_tables_are_not_measured(frames: Frames) -> None:
    finding, exhibit = measure(frames[0], frames[1], frames[2][:99])
    assert finding.verdict is Verdict.UNKNOWN
    assert exhibit is None
