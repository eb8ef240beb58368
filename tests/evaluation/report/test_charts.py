"""Charts of lines: places where the numbers are, lines told apart without colour, nothing drawn that is not known."""

import re
from itertools import pairwise

import pytest

from twinfold.evaluation.finding import Chart, ExampleCustomer, Line
from twinfold.evaluation.report import charts

NAN = float("nan")


def line(
    name: str, x: list[float], y: list[float], low: list[float] | None = None, high: list[float] | None = None
) -> Line:
    return Line(name, tuple(x), tuple(y), tuple(low or [NAN] * len(x)), tuple(high or [NAN] * len(x)))


def chart(*lines: Line, log: bool = False) -> Chart:
    return Chart("useful", "Learning", "It learns.", "rows", "score", lines, log)


def marks(svg: str, style: int) -> list[tuple[float, float]]:
    """Places of a line's marks, per cent across and pixels down."""
    circles = re.findall(rf'<circle class="mark s{style}" cx="([\d.]+)%" cy="([\d.]+)"', svg)
    drawn = re.findall(rf'<svg x="([\d.]+)%" y="([\d.]+)" overflow="visible"><path class="mark s{style}"', svg)
    return [(float(x), float(y)) for x, y in circles + drawn]


def test_marks_stand_where_the_numbers_are() -> None:
    svg = charts.line_chart(chart(line("a", [0, 50, 100], [0.0, 0.5, 1.0])))
    (x0, y0), (x1, y1), (x2, y2) = marks(svg, 0)
    assert x1 - x0 == pytest.approx(x2 - x1, abs=0.02)
    assert y0 - y1 == pytest.approx(y1 - y2, abs=0.2)
    assert (y2, y0) == (charts.TOP, charts.TOP + charts.HEIGHT)


def test_a_logarithmic_axis_gives_equal_steps_to_doublings() -> None:
    svg = charts.line_chart(chart(line("a", [250, 500, 1000], [0.1, 0.2, 0.4]), log=True))
    (x0, _), (x1, _), (x2, _) = marks(svg, 0)
    assert x1 - x0 == pytest.approx(x2 - x1, abs=0.02)
    assert all(f">{size}<" in svg for size in ("250", "500", "1,000"))


def test_lines_differ_by_dash_and_mark_and_are_named() -> None:
    lines = [line(name, [0, 1], [i, i + 1.0]) for i, name in enumerate(("real", "synthetic", "third", "fourth"))]
    drawn = chart(*lines)
    svg = charts.line_chart(drawn)
    assert charts.styles(drawn) == [1, 0, 2, 3]
    assert len(set(re.findall(r'class="series (s\d)"', svg))) == 4
    assert len(set(re.findall(r'class="mark s[1-3]" d="([^"]+)"', svg))) == 3
    assert re.findall(r'class="small name"[^>]*>([^<]+)<', svg) == ["fourth", "third", "synthetic", "real"]
    assert "of real, synthetic, third, fourth" in svg


def test_names_never_lie_on_each_other() -> None:
    svg = charts.line_chart(chart(*(line(str(i), [0, 1], [0.5, 0.9 + i / 1e4]) for i in range(8))))
    places = [float(y) for y in re.findall(r'class="small name" x="[\d.]+%" y="([\d.]+)"', svg)]
    assert len(places) == 8
    assert all(after - before >= 13.9 for before, after in pairwise(places))
    assert max(places) <= charts.TOP + charts.HEIGHT + 5


def test_bands_are_the_intervals_and_break_where_one_is_unknown() -> None:
    whole = charts.line_chart(chart(line("a", [0, 1, 2, 3], [1.0] * 4, [0.5] * 4, [1.5] * 4)))
    broken = charts.line_chart(
        chart(line("a", [0, 1, 2, 3, 4], [1.0] * 5, [0.5, 0.5, NAN, 0.5, 0.5], [1.5, 1.5, NAN, 1.5, 1.5]))
    )
    bands = [re.findall(r'class="band s0" d="([^"]+)"', svg)[0].count("M") for svg in (whole, broken)]
    assert bands == [1, 2]
    assert "band" not in charts.line_chart(chart(line("a", [0, 1], [1.0, 2.0])))


@pytest.mark.parametrize(
    "lines",
    [
        (line("a", [1], [1.0]),),
        (line("a", [1, 2], [0.0, 0.0]),),
        (line("a", [0, 1], [NAN, 5.0]), line("b", [0, 1], [NAN, NAN])),
        (line("a", [-1, 1], [1e300, -1e300]),),
        (line("a", [0, 1e-9], [1e-12, 2e-12]),),
    ],
)
@pytest.mark.parametrize("log", [False, True])
def test_degenerate_lines_are_drawn(lines: tuple[Line, ...], log: bool) -> None:
    svg = charts.line_chart(chart(*lines, log=log))
    assert svg
    assert "nan" not in svg
    assert "inf" not in svg


def test_nothing_known_draws_nothing() -> None:
    assert charts.line_chart(chart(line("a", [0, 1], [NAN, NAN]))) == ""
    assert charts.line_chart(chart()) == ""


def test_figures_stand_beside_the_chart() -> None:
    drawn = chart(line("a", [1, 2], [0.5, 0.62], [0.4, NAN], [0.6, NAN]), line("b", [2], [0.1]))
    assert charts.figures(drawn) == [("1", ["0.500 (0.400 to 0.600)", "–"]), ("2", ["0.620", "0.100"])]


def test_sparkline_bars_are_as_high_as_their_counts() -> None:
    svg = charts.sparkline(ExampleCustomer("x", (), activity=(2, 0, 4), span=("1993-01-01", "1994-01-01")))
    assert re.findall(r"M(\d) 20v-([\d.]+)", svg) == [("0", "9.0"), ("2", "18.0")]
    assert "1993-01-01 to 1994-01-01, at most 4" in svg
