"""The page of a scenario: quiet, whole, readable by everybody, and never steered by what it shows."""

import polars as pl
import pytest

import twinfold
from real_browser import opened, serious_faults
from twinfold.simulation.page import render_outcome, write_outcome
from twinfold.simulation.wording import headline


@pytest.fixture(scope="module")
def outcome(customers, offers):
    scenario = {
        "name": "A point off <script>alert(1)</script>",
        "periods": 6,
        "by": ["risk", "age"],
        "sensitive": ["risk"],
        "decisions": {"take": {"behaviour": "offers", "values": {"margin": "10 * rate - 20"}}},
        "contacts": {"call": {"decisions": "take", "periods": [2], "at_most": 50, "cost": 1}},
        "arms": {
            "as now": {},
            "cheaper": {"changes": [{"add": {"rate": -1}}]},
            "usury": {"changes": [{"set": {"rate": 30}}]},
            "<b>downturn</b>": {"shocks": [{"decision": "take", "odds": [0.5, 0.4, 0.6], "from": 3}]},
        },
    }
    return twinfold.simulate(customers, scenario, behaviours={"offers": offers}, draws=40)


def test_page_says_what_stands_behind_every_arm(outcome):
    page = render_outcome(outcome)
    assert "randomised" in page
    assert "assumed" in page
    assert "BEYOND what was learned" in page
    assert "<script" not in page
    assert "<b>downturn" not in page
    assert len(page) < 1_000_000


def test_headline_says_what_is_sure_and_what_is_not(outcome):
    cheaper, usury, downturn = headline(outcome)
    assert cheaper.startswith("cheaper: take +")
    assert "(randomised)" in cheaper
    assert "BEYOND what was learned" in usury
    assert downturn.startswith("<b>downturn</b>: take -")
    assert "(assumed)" in downturn


def test_page_of_one_arm_says_what_was_asked(customers, offers):
    odd = customers.with_columns(pl.lit(1.0).alias("a {0} b"))
    scenario = {
        "periods": 1,
        "decisions": {"take": {"behaviour": "offers"}},
        "contacts": {"call": {"decisions": "take", "periods": [1], "at_most": 50, "first": "gain * 'a {0} b'"}},
        "arms": {"as now": {}},
    }
    page = render_outcome(twinfold.simulate(odd, scenario, behaviours={"offers": offers}, draws=20))
    assert "What was asked" in page
    assert "a {0} b" in page


def test_page_is_written_whole_or_not_at_all(outcome, tmp_path):
    path = write_outcome(outcome, tmp_path / "page.html")
    with pytest.raises(twinfold.OutputError, match="exists"):
        write_outcome(outcome, path)
    assert "iframe" in outcome._repr_html_()


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1280, "light")])
def test_page_opens_quietly_fits_and_has_no_serious_fault(browser, outcome, tmp_path, width, scheme):
    path = write_outcome(outcome, tmp_path / "page.html")
    asked, said = [], []
    with opened(browser, "about:blank", viewport={"width": width, "height": 844}, color_scheme=scheme) as page:
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: said.append(message.text))
        page.goto(path.as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert serious_faults(page) == []
    assert asked == [path.as_uri()]
    assert said == []
