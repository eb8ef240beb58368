"""The pages: every finding on one of them, what was not measured said with the option that measures it."""

import re
from collections.abc import Callable
from dataclasses import replace

from twinfold.evaluation.finding import Evaluation
from twinfold.evaluation.report.pages import arrange_pages, linked_findings
from twinfold.evaluation.report.summary import summarise


def test_every_finding_stands_on_one_page(linked: Evaluation) -> None:
    summary = summarise(linked)
    numbers = [each.number for page in arrange_pages(summary) for each in page.findings]
    numbers += [each.number for each in linked_findings(summary)]
    assert sorted(numbers) == list(range(1, len(linked.findings) + 1))
    html = linked.html()
    assert all(html.count(f'id="finding-{number}"') == 1 for number in numbers)
    page = html[html.index('<section class="page" id="linked"') :]
    assert "Parents without any row: payments" in page[: page.index('<section class="page" id="examples"')]


def test_charts_and_tables_stand_with_their_group(evaluation: Evaluation) -> None:
    html = evaluation.html()
    starts = {key: html.index(f'<section class="page" id="{key}"') for key in ("usefulness", "privacy", "fairness")}
    assert starts["usefulness"] < html.index("<h3>How much synthetic data is worth") < starts["privacy"]
    assert starts["privacy"] < html.index("<h3>Attacks") < starts["fairness"] < html.index("<h3>Groups of customers")
    assert "<td>320</td>" in html


def test_what_was_not_measured_is_said_with_what_measures_it(make: Callable[..., Evaluation]) -> None:
    faithful = tuple(finding for finding in make().findings if finding.group == "faithful")
    bare = make(findings=faithful, exhibits=(), charts=())
    html = bare.html()
    for key, said in (
        ("usefulness", "no target was named"),
        ("privacy", "Privacy was not measured"),
        ("fairness", "Fairness was not measured"),
    ):
        page = html[html.index(f'<section class="page" id="{key}"') :]
        assert said in page[: page.index("</section>")]
    assert "--target COLUMN" in html
    whole = make().html()
    assert "no target was named" not in whole


def test_pages_are_listed_and_only_linked_tables_have_theirs(evaluation: Evaluation, linked: Evaluation) -> None:
    for report, linked_too in ((evaluation, False), (linked, True)):
        html = report.html()
        nav = html[html.index("<nav") : html.index("</nav>")]
        named = re.findall(r'href="#(\w+)"', nav)
        assert ("linked" in named) is linked_too
        assert all(f'<section class="page" id="{key}"' in html for key in named if key != "all")
        assert '<main id="all">' in html


def test_example_customers_are_cards_and_their_absence_is_said(evaluation: Evaluation) -> None:
    html = evaluation.html()
    assert html.count('<article class="card">') == 2
    assert "name (made up)" in html
    assert "and 143 more" in html
    assert 'class="spark"' in html
    assert "None shown." in replace(evaluation, examples=()).html()
