"""What gives planted synthetic rows away, and whether models trained on them give the same reasons."""

import re

import numpy as np
import polars as pl
import pytest

from twinfold.evaluation.alignment import Aligned, align
from twinfold.evaluation.boosting import Design, fit
from twinfold.evaluation.explanation import discriminator, effects
from twinfold.evaluation.finding import Exhibit, Verdict
from twinfold.tables.reading import read


def draw(rows: int, seed: int) -> pl.DataFrame:
    """Customers who buy the likelier the richer they are, unless they are farmers; nothing depends on the noise."""
    rng = np.random.default_rng(seed)
    wealth, noise = rng.normal(size=rows), rng.normal(size=rows)
    job = rng.choice(["clerk", "farmer", "nurse"], rows, p=[0.5, 0.3, 0.2])
    odds = 2.5 * np.where(job == "farmer", -1.0, wealth)
    buys = np.where(rng.random(rows) < 1 / (1 + np.exp(-odds)), "yes", "no")
    gain = np.where(rng.random(rows) < 0.85, 0, rng.integers(1000, 9000, rows))
    return pl.DataFrame({"wealth": wealth.round(3), "noise": noise.round(3), "gain": gain, "job": job, "buys": buys})


def lay(synthetic: pl.DataFrame, *, rows: int = 2500) -> Aligned:
    train = read(draw(rows, 1))
    sides = [train, *(read(side, schema=train.schema) for side in (draw(rows, 2), synthetic))]
    return align(*sides, rng=np.random.default_rng(0))


def seen(synthetic: pl.DataFrame) -> Exhibit:
    found = discriminator.explain(lay(synthetic), rng=np.random.default_rng(0), seed=0)
    assert found is not None
    return found


def test_contributions_sum_up_to_scores_and_an_additive_model_misses_what_two_columns_say() -> None:
    rng = np.random.default_rng(0)
    x = rng.integers(0, 2, (2000, 2)).astype(float)
    positive = x[:, 0] != x[:, 1]
    rows = Design(x, [])
    whole = fit(rows, positive, seed=0)
    additive = fit(rows, positive, seed=0, interaction_constraints=[[0], [1]])
    constant = whole.scores(rows) - whole.contributions(rows).sum(1)
    np.testing.assert_allclose(constant, constant[0], atol=1e-9)
    assert (whole.scores(rows)[positive] > 2).all()
    assert np.abs(additive.scores(rows)).max() < 0.5


def test_nothing_is_seen_in_an_independent_draw() -> None:
    exhibit = seen(draw(2500, 3))
    assert exhibit.sentence.endswith("nothing is seen.")
    assert exhibit.rows == ()


def test_a_spoiled_range_is_named_with_its_column_and_shares() -> None:
    real = draw(2500, 3)
    between = pl.col("gain").is_between(3000, 4999)
    spoiled = real.with_columns(gain=pl.when(between).then(pl.col("gain") + 9000).otherwise("gain"))
    exhibit = seen(spoiled)
    name, part, low, _, where, shown_real, shown_synthetic = exhibit.rows[0]
    assert name == "gain"
    assert part > 0.8
    assert low > 0.5
    left, right = (float(text.replace(",", "")) for text in re.findall(r"[\d,]+", where))
    assert min(shown_real, shown_synthetic) < 0.005
    if shown_real > shown_synthetic:  # where customers were taken from
        assert 3000 - 600 < left < right < 5000 + 600
    else:  # or where they were moved to
        assert 9000 - 600 < left < right < 14000 + 600
    assert "synthetic customers with gain" in exhibit.sentence


def test_a_level_drawn_too_often_is_named() -> None:
    place = pl.int_range(pl.len())
    often = draw(2500, 3).with_columns(job=pl.when(place % 4 == 0).then(pl.lit("nurse")).otherwise("job"))
    exhibit = seen(often)
    assert exhibit.rows[0][0] == "job"
    assert "synthetic customers with job = nurse are more frequent than real ones, 39.92%" in exhibit.sentence


def test_two_columns_that_are_right_by_themselves_are_named_together() -> None:
    shuffled = draw(2500, 3).with_columns(pl.col("buys").shuffle(seed=0))
    exhibit = seen(shuffled)
    assert {row[4] for row in exhibit.rows if row[0] in {"wealth", "job", "buys"}} == {"only with other columns"}
    together = exhibit.rows[-1]
    assert together[0] == "two together"
    assert "buys = " in together[4]
    assert "noise" not in together[4]
    assert "gain" not in together[4]
    assert "Only together: synthetic customers with" in exhibit.sentence


def reasons(synthetic: pl.DataFrame, target: str = "buys"):  # type: ignore[no-untyped-def]
    return effects.measure(lay(synthetic), target, rng=np.random.default_rng(0), seed=0)


def test_real_rows_give_the_reasons_of_real_rows() -> None:
    [finding], exhibits, charts = reasons(draw(2500, 3))
    assert finding.yardstick is not None
    assert finding.low <= finding.value <= finding.high
    assert min(finding.value, finding.yardstick) > 0.97
    assert abs(finding.value - finding.yardstick) < 0.02
    assert [row[0] for row in exhibits[0].rows[:2]] in (["wealth", "job"], ["job", "wealth"])
    effect = charts[0].lines[0]
    assert charts[0].title == "Effect of wealth"
    assert effect.y[0] < -0.5 < 0.5 < effect.y[-1]
    values = {row[0]: row[1:] for row in exhibits[1].rows}
    assert max(values["job = farmer"]) < -0.5


def test_a_shuffled_target_gives_no_reasons() -> None:
    [finding], _, _ = reasons(draw(2500, 3).with_columns(pl.col("buys").shuffle(seed=0)))
    assert finding.high < 0.5


def test_a_number_is_explained_above_its_median() -> None:
    [finding], _, _ = reasons(draw(2500, 3), "wealth")
    assert "'wealth' above its median" in finding.sentence
    assert finding.value > 0.8


def test_no_target_and_few_rows_say_nothing() -> None:
    assert effects.measure(lay(draw(2500, 3)), None, rng=np.random.default_rng(0), seed=0) == ([], [], [])
    few = lay(draw(90, 3))
    [finding], _, _ = effects.measure(few, "buys", rng=np.random.default_rng(0), seed=0)
    assert finding.verdict is Verdict.UNKNOWN
    assert discriminator.explain(few, rng=np.random.default_rng(0), seed=0) is None


@pytest.mark.parametrize("level", ["yes", "no"])
def test_a_target_that_synthetic_rows_lack_is_left_unmeasured(level: str) -> None:
    [finding], _, _ = reasons(draw(2500, 3).with_columns(buys=pl.lit(level)))
    assert "does not vary" in finding.sentence
