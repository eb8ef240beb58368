"""The page of a survey: quiet, whole, readable by everybody, and never steered by what it shows."""

import json

import numpy as np
import polars as pl
import pytest

import twinfold
from real_browser import opened, serious_faults
from twinfold.personas.survey.folder import write_folder
from twinfold.personas.survey.page import render_survey, write_survey

EVIL = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def hostile(borrowers, offers):
    """Questions, options, levels and keys that would steer a page."""
    rng = np.random.default_rng(0)
    people = borrowers.with_columns(
        pl.Series("<b>way</b>", np.array([EVIL, "\u202eevil", "plain"])[rng.integers(0, 3, borrowers.height)])
    )
    take = {"behaviour": "offers", "offer": {"rate": 7}}
    items = [
        {"id": EVIL, "kind": "single", "question": f"{EVIL} & \u202e?", "column": "<b>way</b>"},
        {"id": "age", "kind": "numeric", "question": "How old?", "column": "age"},
        {"id": "m", "kind": "multiple", "question": "Which?", "options": {"<i>x</i>": "age < 30", "y": "age > 40"}},
        {"id": "t", "kind": "single", "question": "Take it?", **take},
        {"id": "l", "kind": "likert", "question": "Likely?", "scale": ["<u>", "b", "c"], **take},
        {"id": "w", "kind": "open", "question": "Why?", **take},
        {"id": "n", "kind": "open", "question": "What is your favourite <img src=x onerror=alert(1)> colour?"},
    ]
    asked = {"title": f"Survey {EVIL}", "items": items}
    return twinfold.survey(people, asked, n=300, behaviours={"offers": offers}, conditions=[f"{EVIL}: age < 40"])


def test_nothing_that_is_shown_steers_the_page(hostile):
    page = render_survey(hostile)
    assert "<script" not in page
    assert "<b>way</b>" not in page
    assert "<i>x</i>" not in page
    assert "\u202e" not in page
    assert "<img" not in page
    assert "&lt;script" in page
    assert len(page) < 1_000_000


def test_every_figure_of_the_record_stands_on_the_page(hostile):
    page = render_survey(hostile)
    assert page.count("Not answered: ") == len(hostile.unanswered) == 1
    age = hostile["age"].of("mean")
    assert f"{age.value:.1f} [{age.lower:.1f}, {age.upper:.1f}]" in page
    assert "scale assumed" in page
    assert "narrows the first alone" in page


def test_notebooks_show_the_page_in_a_frame_and_files_are_not_overwritten(hostile, tmp_path):
    shown = hostile._repr_html_()
    assert shown.startswith("<iframe sandbox")
    assert "about:srcdoc" in shown
    path = write_survey(hostile, tmp_path / "page.html")
    with pytest.raises(twinfold.OutputError, match="exists"):
        write_survey(hostile, path)


def test_a_folder_holds_answers_page_and_record(hostile, tmp_path):
    answers, page, record = write_folder(hostile, tmp_path / "out")
    rows = pl.read_parquet(answers)
    assert rows.columns == (
        ["customer", "persona", "weight", "item", "answer", "value", "mark", "label", "lower", "upper", "quote"]
    )
    assert rows.height == 300 * 7
    assert json.loads(record.read_text()) == json.loads(json.dumps(hostile.record()))
    assert page.read_text() == render_survey(hostile)
    with pytest.raises(twinfold.OutputError, match="exists"):
        write_folder(hostile, tmp_path / "out")
    with pytest.raises(twinfold.OutputError, match="does not exist"):
        write_folder(hostile, tmp_path / "no" / "out")


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1280, "light")])
def test_page_opens_quietly_fits_and_has_no_serious_fault(browser, hostile, tmp_path, width, scheme):
    path = write_survey(hostile, tmp_path / "page.html")
    asked, said = [], []
    with opened(browser, "about:blank", viewport={"width": width, "height": 844}, color_scheme=scheme) as page:
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: said.append(message.text))
        page.goto(path.as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert serious_faults(page) == []
    assert asked == [path.as_uri()]
    assert said == []
