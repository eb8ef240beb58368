"""Segments that are there are found again, and missed where synthetic customers do not have them."""

import numpy as np
import polars as pl
import pytest

from twinfold.evaluation.alignment import Aligned, align
from twinfold.evaluation.finding import Exhibit, Finding
from twinfold.evaluation.tasks.segmentation import measure_segments
from twinfold.protocols import silent
from twinfold.tables.reading import read


def segmented(rows: int, seed: int) -> pl.DataFrame:
    """Five kinds of customer of sizes 40, 25, 15, 12 and 8 %, each with a plan of its own, far apart."""
    rng = np.random.default_rng(seed)
    kind = rng.choice(5, rows, p=[0.4, 0.25, 0.15, 0.12, 0.08])
    centres = np.array([[0, 0, 0], [9, 0, 0], [0, 9, 0], [9, 9, 0], [9, 9, 9]])
    numbers = (centres[kind] + rng.normal(0, 0.5, (rows, 3))).round(3)
    return pl.DataFrame(numbers, schema=["a", "b", "c"]).with_columns(plan=pl.Series(np.array(list("vwxyz"))[kind]))


def segments_of(synthetic: pl.DataFrame) -> tuple[Finding, Exhibit]:
    train = read(segmented(800, 1))
    kept, drawn = (read(rows, schema=train.schema) for rows in (segmented(800, 2), synthetic))
    aligned: Aligned = align(train, kept, drawn, rng=np.random.default_rng(0))
    return measure_segments(aligned, rng=np.random.default_rng(0), seed=0, repeats=4, progress=silent)


def test_independent_customers_have_the_same_segments() -> None:
    finding, exhibit = segments_of(segmented(800, 3))
    assert finding.value > 0.97
    assert finding.yardstick == pytest.approx(finding.value, abs=0.03)
    shares = np.array([[row[1], row[2]] for row in exhibit.rows], float)
    np.testing.assert_allclose(shares[:, 0], [0.4, 0.25, 0.15, 0.12, 0.08], atol=0.04)
    np.testing.assert_allclose(shares[:, 0], shares[:, 1], atol=0.02)
    assert max(float(row[4]) for row in exhibit.rows) < 0.1
    assert any("plan = z" in str(row[0]) and "c high" in str(row[0]) for row in exhibit.rows)


def test_customers_whose_columns_do_not_hang_together_have_others() -> None:
    torn = segmented(800, 3).select(pl.all().shuffle(seed=0))
    torn = torn.with_columns(pl.col("b").shuffle(1), pl.col("c").shuffle(2), pl.col("plan").shuffle(3))
    finding, exhibit = segments_of(torn)
    assert finding.high < finding.yardstick
    assert max(float(row[4]) for row in exhibit.rows) > 0.3
