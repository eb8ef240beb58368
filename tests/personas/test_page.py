"""The page of personas: quiet, whole, readable by everybody, and never steered by what it shows."""

import numpy as np
import polars as pl
import pytest

import twinfold
from real_browser import opened, serious_faults
from twinfold.personas.page import render_personas, write_personas


@pytest.fixture(scope="module")
def hostile(crowd):
    """People with names, levels and columns that would steer a page."""
    frame, kind = crowd
    levels = np.array(["<script>alert(1)</script>", "\u202eevil", "plain"])[kind]
    return twinfold.find_personas(frame.with_columns(pl.Series("<b>way</b>", levels)), values=["worth = balance"])


def test_nothing_that_is_shown_steers_the_page(hostile):
    page = render_personas(hostile)
    assert "<script" not in page
    assert "<b>way</b>" not in page
    assert "&lt;script" in page
    assert len(page) < 1_000_000


def test_histories_are_drawn_on_the_page(bank):
    page = render_personas(twinfold.find_personas(bank))
    assert 'class="chart"' in page
    assert "this persona" in page
    assert '<th scope="row">2019.' in page  # years are written without a comma
    assert "2,019" not in page


def test_notebooks_show_the_page_in_a_frame(hostile, tmp_path):
    shown = hostile._repr_html_()
    assert shown.startswith("<iframe sandbox")
    assert "about:srcdoc" in shown  # links to its own places stay inside
    path = write_personas(hostile, tmp_path / "page.html")
    with pytest.raises(twinfold.OutputError, match="exists"):
        write_personas(hostile, path)


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1280, "light")])
def test_page_opens_quietly_fits_and_has_no_serious_fault(browser, hostile, bank, tmp_path, width, scheme):
    for name, personas in (("one", hostile), ("many", twinfold.find_personas(bank))):
        path = write_personas(personas, tmp_path / f"{name}.html")
        asked, said = [], []
        with opened(browser, "about:blank", viewport={"width": width, "height": 844}, color_scheme=scheme) as page:
            page.on("request", lambda request, asked=asked: asked.append(request.url))
            page.on("console", lambda message, said=said: said.append(message.text))
            page.goto(path.as_uri())
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert serious_faults(page) == []
        assert asked == [path.as_uri()]
        assert said == []
