"""Graphics: marks stand where the numbers are, inside the picture."""

import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from twinfold.evaluation.finding import ColumnComparison, Evaluation, PairComparison
from twinfold.evaluation.report import heatmaps, plots
from twinfold.evaluation.report.summary import FindingLine, summarise


@pytest.fixture
def lines(evaluation: Evaluation) -> dict[str, FindingLine]:
    return {line.finding.name: line for line in summarise(evaluation).findings}


def place(svg: str, pattern: str) -> float:
    found = re.search(pattern, svg)
    assert found, svg
    return float(found.group(1))


def test_value_beyond_the_threshold_lies_outside_the_band(lines: dict[str, FindingLine]) -> None:
    svg = plots.finding_axis(lines["c2st_auc"])
    value = place(svg, r'class="value" cx="([\d.]+)%')
    limit = place(svg, r'class="limit" x1="([\d.]+)%')
    band = place(svg, r'class="allowed" x="0%" y="27" width="([\d.]+)%')
    assert band == limit < value < 100
    assert "synthetic 0.637 (0.629 to 0.645)" in svg


def test_band_lies_above_the_threshold_where_higher_is_better(lines: dict[str, FindingLine]) -> None:
    svg = plots.finding_axis(lines["utility"])
    start = place(svg, r'class="allowed" x="([\d.]+)%')
    assert start == place(svg, r'class="limit" x1="([\d.]+)%') < place(svg, r'class="value" cx="([\d.]+)%')


@pytest.mark.parametrize("name", ["utility", "trend", "c2st_auc", "copies", "rows_compared"])
def test_every_mark_stays_inside(lines: dict[str, FindingLine], name: str) -> None:
    places = [float(x) for x in re.findall(r'x\d?="([\d.]+)%"', plots.finding_axis(lines[name]))]
    assert all(0 <= x <= 100 for x in places)


def numbers(real: list[float], synthetic: list[float], edges: list[float], kind: str = "decimal") -> ColumnComparison:
    return ColumnComparison("x", kind, 0.1, 0.0, (), tuple(edges), tuple(real), tuple(synthetic), 0.0, 0.0)


def test_even_bins_are_steps_and_a_spike_is_a_curve() -> None:
    even = numbers([0.25] * 4, [0.1, 0.2, 0.3, 0.4], [0.0, 1.0, 2.0, 3.0, 4.0])
    spike = numbers([0.9, 0.05, 0.05], [0.8, 0.1, 0.1], [0.0, 0.0, 500.0, 1000.0])
    assert plots.is_density(even)
    assert not plots.is_density(spike)
    assert "density" in plots.distribution(even)
    assert "share below each value" in plots.distribution(spike)


def test_highest_step_reaches_the_top() -> None:
    svg = plots.distribution(numbers([0.25] * 4, [0.1, 0.2, 0.3, 0.4], [0.0, 1.0, 2.0, 3.0, 4.0]))
    path = re.search(r'class="synthetic-line" d="([^"]+)"', svg)
    assert path
    assert path.group(1) == "M0 90V68H75V47H150V26H225V4H300"


def test_far_tail_is_left_out_and_said() -> None:
    edges = [*np.linspace(0, 100, 21), 100_000.0]
    column = numbers([0.0499] * 20 + [0.002], [0.0495] * 20 + [0.01], edges)
    assert "0.2\u00a0% of real values, 1.0\u00a0% of synthetic ones" in plots.beyond(column)
    assert "100,000" not in plots.distribution(column)
    assert plots.beyond(numbers([0.5, 0.5], [0.5, 0.5], [0.0, 1.0, 2.0])) == ""


@pytest.mark.parametrize("edges", [[5.0, 5.0], [0.0, 1e-300], [-1e300, 1e300], [1.0, 2.0]])
def test_degenerate_axes_are_drawn(edges: list[float]) -> None:
    assert "nan" not in plots.distribution(numbers([1.0], [1.0], edges))


def test_bars_share_a_scale() -> None:
    assert 'width="50.0%"' in plots.bars(0.2, 0.4, 0.4)
    assert "nan" not in plots.bars(float("nan"), 0.0, 0.0)


@pytest.fixture
def pair(make: Callable[..., Evaluation]) -> PairComparison:
    return make().pairs[0]


def test_difference_is_marked_by_sign(pair: PairComparison) -> None:
    planted = replace(
        pair,
        first_labels=("a", "b"),
        second_labels=("c", "d"),
        real=((0.4, 0.1), (0.25, 0.25)),
        synthetic=((0.1, 0.4), (0.25, 0.25)),
    )
    svg = heatmaps.heat_map(planted, "difference")
    assert re.findall(r'class="(more|less) q(\d)" d="([^"]+)"', svg) == [
        ("more", "8", "M1 0h1v1h-1z"),
        ("less", "8", "M0 0h1v1h-1z"),
    ]
    assert re.findall(r"sign on-strong[^>]*>(.)<", svg) == ["−", "+"]
    assert "a with c, 40.0\u00a0% of real rows, 10.0\u00a0% of synthetic ones" in heatmaps.pair_gap(planted)
    assert heatmaps.pair_scale(planted) == ("40.0\u00a0%", "30.0\u00a0points")


def test_rows_that_hold_nobody_are_left_out(pair: PairComparison) -> None:
    assert pair.first_labels[-1] == "(missing)"
    assert heatmaps.trimmed(pair).first_labels == pair.first_labels[:-1]


def test_same_grids_have_no_difference(pair: PairComparison) -> None:
    svg = heatmaps.heat_map(replace(pair, synthetic=pair.real), "difference")
    assert "more" not in svg
    assert "sign" not in svg
