"""The page of a concept test: quiet, whole, readable by everybody, and never steered by what it shows."""

import numpy as np
import pytest

import twinfold
from real_browser import opened, serious_faults
from twinfold.personas.concepts.page import render_test, write_test


@pytest.fixture(scope="module")
def hostile(people, planted):
    """Concepts, attributes and personas with names that would steer a page."""
    rng = np.random.default_rng(0)
    behaviour = planted(rng.normal([-1.0, 0.5], 0.4, (400, 2)), ("<b>fee</b>", "points"), spread=0.5)
    asked = {
        "title": "<script>alert(1)</script>",
        "customer": "who",
        "concepts": [
            {"name": "<img src=x onerror=alert(1)>", "attributes": {"<b>fee</b>": 0, "points": 0}},
            {
                "name": "Gold\u202eevil",
                "description": "</p><script>x</script>{{ test }} [a](javascript:x)",
                "attributes": {"<b>fee</b>": 2, "points": 3},
            },
            {"name": "x" * 80, "attributes": {"<b>fee</b>": 1, "points": 1}},
        ],
        "personas": ["<i>young</i>: age < 40"],
    }
    return twinfold.concept_test(people, asked, behaviour, vary=["Gold\u202eevil.points=1..3"])


def test_nothing_that_is_shown_steers_the_page(hostile):
    page = render_test(hostile)
    for tag in ("<script", "<img", "<b>fee</b>", "<i>young", "\u202e"):
        assert tag not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "{{ test }}" in page  # as it stands, not what it would mean to a template
    assert len(page) < 500_000


def test_the_page_says_what_shares_rest_on_and_what_is_not_known(cards, savers, people):
    page = render_test(twinfold.concept_test(people, cards, savers, vary=["Gold.fee=0..2"]))
    for said in ("the model estimates; randomised", "Everybody takes one", "comes first", "Points on all you buy."):
        assert said in page
    assert page.count('class="share-axis"') == 3
    assert 'class="chart"' in page


def test_numbers_of_the_page_are_those_of_the_record(cards, savers, people):
    test = twinfold.concept_test(people, cards, savers)
    page, record = render_test(test), test.record()
    for concept in record["concepts"]:
        assert f"{100 * concept['share']['value']:.1f} %" in page
    for quote in record["quotes"]:
        assert quote["sentence"].replace("'", "&#39;") in page


def test_notebooks_show_the_page_in_a_frame(hostile, tmp_path):
    assert hostile._repr_html_().startswith("<iframe sandbox")
    path = write_test(hostile, tmp_path / "page.html")
    with pytest.raises(twinfold.OutputError, match="exists"):
        write_test(hostile, path)


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1280, "light")])
def test_page_opens_quietly_fits_and_has_no_serious_fault(browser, hostile, tmp_path, width, scheme):
    path = write_test(hostile, tmp_path / "page.html")
    asked, said = [], []
    with opened(browser, "about:blank", viewport={"width": width, "height": 844}, color_scheme=scheme) as page:
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: said.append(message.text))
        page.goto(path.as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert serious_faults(page) == []
    assert asked == [path.as_uri()]
    assert said == []
