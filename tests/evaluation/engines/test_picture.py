import math
import re

import pytest

from twinfold.evaluation.engines.picture import Mark, Scatter, draw, key
from twinfold.evaluation.finding import Verdict


def scatter(*marks: Mark, levels: tuple[tuple[str, float], ...] = ()) -> Scatter:
    return Scatter("What a CPU second buys", "CPU seconds", "told apart", marks, levels)


def mark(name: str, x: float, y: float, verdict: Verdict = Verdict.PASS) -> Mark:
    return Mark(name, x, y, y - 0.01, y + 0.01, verdict)


def test_each_mark_is_drawn_named_and_said() -> None:
    drawn = draw(scatter(mark("trees", 3, 0.53), mark("a<b", 60, 0.7, Verdict.FAIL), levels=(("a coin", 0.5),)))
    assert drawn.count('class="spot') == drawn.count('class="whisker') == 2
    assert {"spot pass", "spot fail"} <= set(re.findall(r"spot \w+", drawn))
    assert ">trees</text>" in drawn
    assert ">a coin</text>" in drawn
    assert "a&lt;b" in drawn
    assert "<b" not in drawn
    assert "trees 0.530 at 3" in drawn


def test_names_of_marks_that_lie_together_do_not_lie_on_each_other() -> None:
    drawn = draw(scatter(*(mark(name, 60 + k, 0.53) for k, name in enumerate(("network", "blend", "diffusion")))))
    places = re.findall(r'<text class="(start|end|middle)" x="([-\d.]+)" y="([-\d.]+)">', drawn)
    assert len(set(places)) == 3


@pytest.mark.parametrize("marks", [(), (mark("none", math.nan, 0.5),), (mark("none", 3.0, math.nan),)])
def test_what_has_no_place_is_not_drawn(marks: tuple[Mark, ...]) -> None:
    assert draw(scatter(*marks)) == ""


def test_one_mark_without_an_interval_is_drawn() -> None:
    drawn = draw(scatter(Mark("trees", 0.02, 0.5, math.nan, math.nan, Verdict.INFO)))
    assert "whisker" not in drawn
    assert "nan" not in drawn


def test_marks_look_different_by_shape() -> None:
    assert len({key(verdict) for verdict in (Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN)}) == 3
