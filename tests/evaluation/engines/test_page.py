from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from real_browser import opened, serious_faults
from twinfold.evaluation.engines.comparison import EngineComparison
from twinfold.evaluation.engines.recommendation import recommend
from twinfold.evaluation.engines.trial import Trial, ranked
from twinfold.evaluation.finding import Verdict

MakeTrial = Callable[..., Trial]


@pytest.fixture
def compared(trial: MakeTrial) -> EngineComparison:
    trials = [
        trial("trees", 0.53, cpu=3, utility=0.99),
        trial("network", 0.531, cpu=60),
        trial("<b>loud</b>", 0.9, cpu=70, released=False, attacked=Verdict.FAIL),
        Trial("winged", "not installed", 'pip install "twinfold[wings]"'),
    ]
    found = recommend(trials, default="trees", purpose="model development")
    return EngineComparison(ranked(trials), found, "trees", "model development", {"seed": 0}, ("a note",))


def test_a_page_holds_all_engines_escaped_and_asks_nothing_of_anyone(compared: EngineComparison) -> None:
    page = compared.html()
    assert "<b>loud" not in page
    assert "&lt;b&gt;loud" in page
    assert "pip install &#34;twinfold[wings]&#34;" in page
    assert not {"<script", "http://", "https://"} & {
        part for part in ("<script", "http://", "https://") if part in page
    }


@pytest.mark.parametrize("width", [390, 1100])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_page_reads_well_in_a_browser(
    browser: Any, compared: EngineComparison, tmp_path: Path, width: int, scheme: str
) -> None:
    compared.write(tmp_path / "compare.html")
    place = (tmp_path / "compare.html").as_uri()
    with opened(browser, place, viewport={"width": width, "height": 900}, color_scheme=scheme) as page:
        assert serious_faults(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        names = page.locator(".scatter > svg > text")
        boxes = [names.nth(k).bounding_box() for k in range(names.count())]
        assert len(boxes) == 3
        for k, one in enumerate(boxes):
            for other in boxes[k + 1 :]:
                apart = one["x"] + one["width"] <= other["x"] or other["x"] + other["width"] <= one["x"]
                assert apart or abs(one["y"] - other["y"]) >= min(one["height"], other["height"]) - 4
