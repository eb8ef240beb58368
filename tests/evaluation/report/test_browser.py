"""The report in a real browser: it asks for nothing, complains of nothing, and fits a phone."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from twinfold.evaluation.finding import Evaluation
from twinfold.evaluation.report.html import write_report

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    executable = shutil.which("chromium")
    if executable is None:
        missing = "chromium is not installed: apt-get install chromium"
        if os.environ.get("TWINFOLD_REQUIRE_BROWSER") == "1":
            pytest.fail(missing)
        pytest.skip(missing)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture(scope="module", params=["evaluation", "linked", "wide"])
def report(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    evaluation: Evaluation = request.getfixturevalue(request.param)
    return write_report(evaluation, tmp_path_factory.mktemp("report") / "report.html")


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (390, "dark"), (1280, "dark")])
def test_report_opens_quietly_and_fits(browser: Any, report: Path, width: int, scheme: str) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 844}, color_scheme=scheme, java_script_enabled=True
    )
    page = context.new_page()
    requests: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(report.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("document.querySelector('h1').getBoundingClientRect().top") < 200
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    context.close()
    assert requests == [report.as_uri()]
    assert complaints == []
    assert (paper == "rgb(255, 255, 255)") is (scheme == "light")


def test_report_prints_light_with_its_folds_open(browser: Any, report: Path) -> None:
    context = browser.new_context(color_scheme="dark")
    page = context.new_page()
    page.goto(report.as_uri())
    page.emulate_media(media="print")
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    folded = page.evaluate("document.querySelector('.finding details p').getBoundingClientRect().height")
    context.close()
    assert paper == "rgb(255, 255, 255)"
    assert folded > 0
