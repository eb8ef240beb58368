"""What synthetic rows cover, on a planted table whose spoiled copies are known to be spoiled."""

import numpy as np
import polars as pl
import pytest

from twinfold.evaluation import coverage
from twinfold.evaluation.alignment import align
from twinfold.evaluation.finding import Chart, Exhibit, Finding, Verdict
from twinfold.tables.reading import read

Found = tuple[dict[str, Finding], list[Exhibit], list[Chart]]
JOBS = ["clerk", "farmer", "nurse", "pilot"]


def draw(rows: int, seed: int) -> pl.DataFrame:
    """Customers whose wealth follows their age, and whose region follows their job."""
    rng = np.random.default_rng(seed)
    age = rng.gamma(8, 5, rows).round().astype(int)
    job = rng.choice(4, rows, p=[0.4, 0.3, 0.2, 0.1])
    region = np.where(rng.random(rows) < 0.25, job, rng.integers(0, 4, rows))
    return pl.DataFrame(
        {
            "age": age,
            "wealth": np.round(np.exp(rng.normal(6, 1, rows)) * age, 2),
            "score": rng.normal(size=rows).round(3),
            "job": [JOBS[k] for k in job],
            "region": [f"r{k}" for k in region],
        }
    )


def found(synthetic: pl.DataFrame, *, train: pl.DataFrame | None = None, seed: int = 0) -> Found:
    learned = read(draw(3000, 1) if train is None else train)
    unseen = draw(learned.single()[1].height, 2 + seed)
    aligned = align(
        learned, *(read(side, schema=learned.schema) for side in (unseen, synthetic)), rng=np.random.default_rng(seed)
    )
    findings, exhibits, charts = coverage.measure(aligned, rng=np.random.default_rng(seed))
    return {finding.name: finding for finding in findings}, exhibits, charts


@pytest.fixture(scope="module")
def independent() -> Found:
    return found(draw(3000, 3))


def test_an_independent_draw_sits_at_the_yardstick() -> None:
    """Over seeds, nine in ten intervals of each finding hold what real customers get."""
    held: dict[str, list[bool]] = {}
    for seed in range(8):
        for name, finding in found(draw(1500, 100 + seed), train=draw(1500, 200 + seed), seed=seed)[0].items():
            half = (finding.high - finding.low) / 2
            assert finding.yardstick is not None
            inside = abs(finding.value - finding.yardstick) <= np.sqrt(2) * half  # the yardstick is a draw as well
            held.setdefault(name, []).append(bool(inside))
    assert set(held) == {"precision", "recall", "authenticity", "collapse", "corner_error", "tail_error"}
    assert all(sum(inside) >= 6 for inside in held.values()), held


def test_outliers_stand_on_ground_where_nobody_is(independent: Found) -> None:
    far = draw(600, 4).with_columns(age=pl.lit(250, dtype=pl.Int64), score=pl.lit(9.0))
    findings, _, charts = found(pl.concat([draw(2400, 3), far]))
    assert findings["precision"].high < independent[0]["precision"].low - 0.1
    assert findings["recall"].value > 0.9
    precision = charts[0].lines[0]
    assert precision.y[-2] == pytest.approx(findings["precision"].value)


def test_a_dropped_corner_is_named_and_uncovered(independent: Found) -> None:
    corner = (pl.col("job") == "pilot") & (pl.col("region") == "r3")
    findings, exhibits, _ = found(draw(3300, 3).filter(~corner)[:3000])
    error = findings["corner_error"]
    assert error.value > independent[0]["corner_error"].value == error.yardstick == 0
    named = next(exhibit for exhibit in exhibits if exhibit.title == "Corners left empty")
    assert ("job = pilot with region = r3") in [row[0] for row in named.rows]
    assert findings["recall"].value < independent[0]["recall"].low


def test_a_level_that_lacks_by_itself_is_named_once() -> None:
    findings, exhibits, _ = found(draw(4000, 3).filter(pl.col("job") != "nurse")[:3000])
    named = next(exhibit for exhibit in exhibits if exhibit.title == "Corners left empty")
    assert [row[0] for row in named.rows] == ["job = nurse"]
    assert "job = nurse, 0.00% instead of" in findings["corner_error"].sentence


def test_a_repeated_mode_is_a_collapse(independent: Found) -> None:
    real = draw(3000, 3)
    findings, _, _ = found(pl.concat([real[:2000], real[:20].sample(1000, with_replacement=True, seed=0)]))
    assert findings["collapse"].low > 1.5 * independent[0]["collapse"].high
    assert "34.0% of synthetic customers repeat another" in findings["collapse"].sentence
    assert findings["recall"].value < independent[0]["recall"].low


def test_copies_are_somebodys_shadow(independent: Found) -> None:
    train = draw(3000, 1)
    assert found(train)[0]["authenticity"].value == 0
    half = pl.concat([train[:1500], draw(1500, 3)])
    expected = independent[0]["authenticity"].value / 2
    assert found(half)[0]["authenticity"].value == pytest.approx(expected, abs=0.05)


def test_cut_tails_are_seen_and_named(independent: Found) -> None:
    findings, exhibits, _ = found(draw(3000, 3).with_columns(pl.col("score").clip(-2, 2)))
    error = findings["tail_error"]
    assert error.yardstick is not None
    assert error.value > max(error.yardstick, independent[0]["tail_error"].value) + 0.1
    assert "tail of 'score': 0.00% of synthetic customers where 1.00%" in error.sentence
    tails = next(exhibit for exhibit in exhibits if exhibit.title == "Tails of numbers")
    reach = {row[:2]: row[-1] for row in tails.rows}
    assert reach["score", "lower"] < 0.8
    assert 0.8 < reach["age", "upper"] < 1.2


def test_rare_levels_are_never_named() -> None:
    def spoil(rows: pl.DataFrame, holders: int) -> pl.DataFrame:
        place = pl.int_range(pl.len())
        return rows.with_columns(job=pl.when(place < holders).then(pl.lit("astronaut")).otherwise("job"))

    train = spoil(draw(3000, 1), 3)
    findings, exhibits, charts = found(draw(3000, 3).filter(pl.col("job") != "pilot"), train=train)
    shown = repr((findings, exhibits, charts))
    assert "job = pilot" in shown
    assert "astronaut" not in shown


def test_few_rows_say_nothing() -> None:
    findings, exhibits, charts = found(draw(50, 3))
    assert {finding.verdict for finding in findings.values()} == {Verdict.UNKNOWN}
    assert (exhibits, charts) == ([], [])


@pytest.mark.parametrize("columns", [["job", "region"], ["wealth"]])
def test_tables_of_one_sort_of_column_are_measured(columns: list[str]) -> None:
    sides = [draw(1000, seed).select(columns) for seed in (1, 2, 3)]
    schema = read(sides[0]).schema
    aligned = align(*(read(side, schema=schema) for side in sides), rng=np.random.default_rng(0))
    findings, _, _ = coverage.measure(aligned, rng=np.random.default_rng(0))
    recall = next(finding for finding in findings if finding.name == "recall")
    assert recall.value > 0.9
