"""The report in a real browser: it asks for nothing, complains of nothing, fits a phone, and is read by everybody."""

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from real_browser import opened, serious_faults
from twinfold.evaluation.finding import Evaluation
from twinfold.evaluation.linked.evaluation import evaluate_linked
from twinfold.evaluation.report.html import write_report
from twinfold.tables.dataset import Dataset
from twinfold.tables.reading import read
from twinfold.verbs.compare_reports import compare_reports

DATA = Path(__file__).parents[3] / ".." / "shared" / "data" / "berka"
ACCOUNTS = 250


@pytest.fixture(scope="module")
def berka() -> Evaluation:
    """What three samples of the accounts of a Czech bank are to each other."""
    if not DATA.is_dir():
        pytest.skip("the shared data is not here")
    bank = read(DATA)
    order = np.random.default_rng(0).permutation(bank.tables["account"]["account_id"].to_numpy())
    parts = []
    for begin in range(0, 3 * ACCOUNTS, ACCOUNTS):
        mine = pl.Series(order[begin : begin + ACCOUNTS]).implode()
        frames = {
            name: frame.filter(pl.col("account_id").is_in(mine)) if "account_id" in frame.columns else frame
            for name, frame in bank.tables.items()
        }
        for name, key in (("client", "client_id"), ("card", "disp_id")):
            frames[name] = frames[name].filter(pl.col(key).is_in(frames["disp"][key].implode()))
        parts.append(Dataset(frames, bank.schema, bank.layouts))
    return evaluate_linked(*parts)


@pytest.fixture(scope="module", params=["evaluation", "linked", "wide", "berka"])
def report(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    evaluation: Evaluation = request.getfixturevalue(request.param)
    return write_report(evaluation, tmp_path_factory.mktemp("report") / "report.html")


def visible(page: Any) -> list[str]:
    """The report's pages that are shown."""
    shown = "[...document.querySelectorAll('.page')].filter(page => page.getClientRects().length).map(page => page.id)"
    return list(page.evaluate(shown))


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
    assert visible(page) == ["overview"]
    assert page.evaluate("document.querySelector('h1').getBoundingClientRect().top") < 200
    page.goto(f"{report.as_uri()}#all")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    context.close()
    assert requests == [report.as_uri()]
    assert complaints == []
    assert (paper == "rgb(255, 255, 255)") is (scheme == "light")


def test_report_prints_light_and_whole_with_its_folds_open(browser: Any, report: Path) -> None:
    with opened(browser, report.as_uri(), color_scheme="dark") as page:
        page.emulate_media(media="print")
        paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
        folded = page.evaluate("document.querySelector('.finding details p').getBoundingClientRect().height")
        pages, every = visible(page), page.evaluate("document.querySelectorAll('.page').length")
    assert paper == "rgb(255, 255, 255)"
    assert folded > 0
    assert len(pages) == every >= 8


@pytest.mark.parametrize(
    ("name", "shown", "scheme"),
    [
        ("linked", "all", "light"),
        ("linked", "all", "dark"),
        ("berka", "linked", "dark"),
        ("berka", "examples", "light"),
    ],
)
def test_no_serious_fault_of_accessibility(
    browser: Any, request: pytest.FixtureRequest, tmp_path: Path, name: str, shown: str, scheme: str
) -> None:
    report = write_report(request.getfixturevalue(name), tmp_path / "report.html")
    with opened(browser, f"{report.as_uri()}#{shown}", color_scheme=scheme) as page:
        assert serious_faults(page) == []


def test_pages_are_reached_by_key_and_by_link(browser: Any, evaluation: Evaluation, tmp_path: Path) -> None:
    address = write_report(evaluation, tmp_path / "report.html").as_uri()
    with opened(browser, address) as page:
        page.get_by_role("link", name="Privacy", exact=True).first.focus()
        page.keyboard.press("Enter")
        assert visible(page) == ["privacy"]
        below = page.evaluate("document.querySelector('.contents').getBoundingClientRect().bottom")
        assert page.evaluate("document.querySelector('#privacy-title').getBoundingClientRect().top") >= below - 1
        page.goto(f"{address}#finding-1")  # as the verdict's reasons link to it
        assert visible(page) == ["fidelity"]
        assert page.evaluate("document.querySelector('#finding-1').getBoundingClientRect().top") < 300
        page.get_by_role("link", name="All pages").click()
        assert len(visible(page)) == 8
        page.go_back()
        assert visible(page) == ["fidelity"]


def test_pages_are_reached_in_a_notebook_too(browser: Any, evaluation: Evaluation, tmp_path: Path) -> None:
    notebook = tmp_path / "notebook.html"
    notebook.write_text(f"<!doctype html><title>x</title>{evaluation._repr_html_()}", encoding="utf-8")
    address = notebook.as_uri()
    with opened(browser, address) as page:
        frame = page.frame_locator("iframe")
        frame.get_by_role("link", name="Privacy", exact=True).first.click()
        frame.locator("#privacy").wait_for(state="visible", timeout=5_000)
        assert not frame.locator("#overview").is_visible()
        assert page.url == address


def test_difference_is_quiet_and_without_serious_fault(
    browser: Any, evaluation: Evaluation, linked: Evaluation, tmp_path: Path
) -> None:
    difference = compare_reports(evaluation.json(), linked.json())
    page_file = tmp_path / "diff.html"
    page_file.write_text(difference.html(), encoding="utf-8")
    with opened(browser, page_file.as_uri(), viewport={"width": 390, "height": 844}) as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        assert serious_faults(page) == []
