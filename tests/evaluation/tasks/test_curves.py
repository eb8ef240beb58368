"""Curves of generators that are known to help, to harm and to fail."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from twinfold.errors import DataError, OptionError
from twinfold.evaluation import evaluation
from twinfold.evaluation.finding import Found, Line
from twinfold.evaluation.tasks import curves as module
from twinfold.evaluation.tasks.curves import FitAndDraw, find_ways, measure_curves
from twinfold.evaluation.tasks.plights import NOISY, RARE, SPARSE, Plight
from twinfold.tables.reading import read
from twinfold.verbs.evaluate import evaluate

Customers = Callable[[int, int], pl.DataFrame]


def curves_of(customers: Customers, fit_and_draw: FitAndDraw, plight: Plight, *shares: float) -> Found:
    train = read(customers(800, 1).drop("worth"))
    kept = read(customers(1500, 2).drop("worth"), schema=train.schema)
    plights = [replace(plight, shares=shares)]
    return measure_curves(train, kept, "leaves", fit_and_draw, plights=plights, seed=0, repeats=3)


def line(curves: Found, name: str) -> Line:
    return next(line for line in curves.charts[0].lines if line.name == name)


@pytest.fixture(autouse=True)
def few_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fewer synthetic rows than are drawn for real tables, for speed."""
    monkeypatch.setattr(module, "_DRAWN", 800)


@pytest.fixture
def truth(customers: Customers) -> FitAndDraw:
    """A generator that knows the law: what it draws is as good as more real rows."""

    def draw(rows: pl.DataFrame, n: int, level: str | None, seed: int) -> pl.DataFrame:
        drawn = customers(6 * n if level else n, 100 + seed).select(rows.columns)
        return drawn.filter(pl.col("leaves") == "yes")[:n] if level else drawn

    return draw


def test_true_rows_help_most_where_real_ones_are_few(customers: Customers, truth: FitAndDraw) -> None:
    curves = curves_of(customers, truth, SPARSE, 0.1, 1.0)
    alone, both = line(curves, "real alone"), line(curves, "real + synthetic")
    few, many = np.array(both.y) - np.array(alone.y)
    assert few > 0.025
    assert few > many
    assert curves.charts[0].y_title == "ROC AUC on real customers"


def test_rows_of_a_shuffled_target_harm(customers: Customers, truth: FitAndDraw) -> None:
    def torn(rows: pl.DataFrame, n: int, level: str | None, seed: int) -> pl.DataFrame:
        return truth(rows, n, level, seed).with_columns(pl.col("leaves").shuffle(seed=seed))

    curves = curves_of(customers, torn, SPARSE, 1.0)
    assert line(curves, "synthetic alone").y[0] == pytest.approx(0.5, abs=0.06)
    assert line(curves, "real + synthetic").high[0] < line(curves, "real alone").y[0]  # of the same rows each time


def test_the_generator_sees_the_starved_rows_and_no_more(customers: Customers, truth: FitAndDraw) -> None:
    real = customers(800, 1).drop("worth")
    seen: list[tuple[pl.DataFrame, int, str | None]] = []

    def spy(rows: pl.DataFrame, n: int, level: str | None, seed: int) -> pl.DataFrame:
        seen.append((rows, n, level))
        return truth(rows, n, level, seed)

    curves_of(customers, spy, SPARSE, 0.1)
    assert [rows.height for rows, _, _ in seen] == [80] * 3
    assert seen[0][0].join(real, on=real.columns, how="semi").height == 80
    seen.clear()
    curves_of(customers, spy, NOISY, 0.3)
    same = seen[0][0].join(real, on=real.columns, how="semi").height
    assert same == pytest.approx(0.7 * 800, abs=45)  # the rest have their answer turned round
    assert set(seen[0][0]["leaves"]) == {"yes", "no"}
    seen.clear()
    curves_of(customers, spy, RARE, 0.05)
    rows, n, level = seen[1]
    assert level == "yes"
    assert (rows["leaves"] == "yes").mean() == pytest.approx(0.05, abs=0.005)
    assert n + (rows["leaves"] == "yes").sum() == (rows["leaves"] == "no").sum()


def test_where_the_generator_refuses_its_ways_are_unknown(customers: Customers) -> None:
    def refuse(rows: pl.DataFrame, n: int, level: str | None, seed: int) -> pl.DataFrame:
        raise DataError("too few rows")

    curves = curves_of(customers, refuse, RARE, 0.02)
    assert np.isnan(line(curves, "real + synthetic").y[0])
    assert np.isnan(line(curves, "real + synthetic of the rare answer").y[0])
    assert line(curves, "real + SMOTE").y[0] > 0.6
    assert curves.charts[0].sentence.endswith("by unknown at 2 %.")  # and nothing is said of a best way


def test_the_best_way_without_synthetic_rows_is_named(customers: Customers, truth: FitAndDraw) -> None:
    """Though one of the ways has too few rows to be tried at the first share."""
    curves = curves_of(customers, truth, SPARSE, 0.01, 0.2, 1.0)
    ways = "real alone", "real alone, logistic regression", "real, rare answer weighted", "real + SMOTE"
    reached = {way: line(curves, way).y[-1] for way in ways}
    best = max(reached, key=lambda way: reached[way])
    said = curves.charts[0].sentence
    above = line(curves, "real + synthetic").y[-1] - reached[best]
    assert f"{above:+.3f} at 100 %" in said[said.index(f"From '{best}'") :]
    assert len(said) < 400  # a report shows no more of a sentence
    assert len({chart.title for chart in curves.charts}) == 2


def test_other_ways_of_making_rows_stand_beside_the_first(customers: Customers, truth: FitAndDraw) -> None:
    seen: list[tuple[int, str | None]] = []

    def spy(rows: pl.DataFrame, n: int, level: str | None, seed: int) -> pl.DataFrame:
        seen.append((n, level))
        return truth(rows, n, level, seed)

    def fail(rows: pl.DataFrame, n: int, level: str | None, seed: int) -> pl.DataFrame:
        raise DataError("too few rows")

    train = read(customers(800, 1).drop("worth"))
    kept = read(customers(1500, 2).drop("worth"), schema=train.schema)
    ways = {"truth": spy, **find_ways(train, "leaves", ["smote", "copula"])}
    few, rare = replace(SPARSE, shares=(0.1,)), replace(RARE, shares=(0.05,))
    curves = measure_curves(train, kept, "leaves", fail, others=ways, plights=[few, rare], seed=0, repeats=2)
    first, second = ({line.name: line for line in curves.charts[k].lines} for k in (0, 2))
    assert first["real + truth"].y[0] > first["real alone"].y[0] + 0.02
    assert np.isnan(first["real + synthetic"].y[0])
    assert 0.5 < first["real + copula"].y[0] < 1
    assert {f"real + {name} of the rare answer" for name in ways} < set(second)
    assert second["real + smote of the rare answer"].y[0] == pytest.approx(second["real + SMOTE"].y[0], abs=0.05)
    assert [level for _, level in seen] == [None, None, "yes", "yes"]
    assert seen[0][0] == 800
    with pytest.raises(OptionError, match=r"'smotte'.*smote"):
        find_ways(train, "leaves", ["smotte"])


def test_a_target_without_two_levels_is_refused(customers: Customers, truth: FitAndDraw) -> None:
    train = read(customers(200, 1))
    with pytest.raises(OptionError, match="target 'job' has 4 levels; curves take a column of two"):
        measure_curves(train, train, "job", truth, seed=0)


def test_an_evaluation_draws_curves_where_they_are_asked_for(
    customers: Customers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluation, "EVERY", [replace(SPARSE, shares=(0.5,))])
    parts = [customers(400, seed).drop("worth") for seed in range(3)]
    found = evaluate(*parts, target="leaves", curves_with="mixup")
    assert [chart.y_title for chart in found.charts if chart.title.startswith("Few real rows")] == [
        "ROC AUC on real customers",
        "PR AUC on real customers",
    ]
    reached = next(line for line in found.charts[-1].lines if line.name == "real + synthetic")
    assert 0 < reached.y[0] <= 1  # the rows were learned, and drawn
    assert "real + mixup" in {line.name for line in found.charts[-1].lines}
    assert found.provenance["curves"] == "drawn, mixup"
    assert "Few real rows" in found.html()
    with pytest.raises(OptionError, match="curves without a target"):
        evaluate(*parts, curves=True)
    with pytest.raises(OptionError, match="levels; curves take a column of two"):
        evaluate(*parts, target="income", curves=True)
