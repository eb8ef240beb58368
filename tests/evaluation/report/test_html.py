"""The page: what it says first, what it never says or asks for, and that nothing from outside becomes markup."""

import html.parser
import os
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from twinfold.errors import OutputError
from twinfold.evaluation.finding import ColumnComparison, Evaluation, PairComparison, Purpose
from twinfold.evaluation.report.html import embed, render, write_report

VOID = {"meta", "link", "rect", "line", "circle", "path"}


class Page(html.parser.HTMLParser):
    """Elements and attributes of a page, its text, and whether each element is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: Counter[str] = Counter()
        self.attributes: Counter[str] = Counter()
        self.values: list[tuple[str, str]] = []
        self.text: list[str] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements[tag] += 1
        for name, value in attrs:
            self.attributes[f"{tag} {name}"] += 1
            self.values.append((name, value or ""))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements[tag] += 1
        for name, value in attrs:
            self.attributes[f"{tag} {name}"] += 1
            self.values.append((name, value or ""))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] != ["style"]:
            self.text.append(data)


def said(page: str) -> str:
    return " ".join(" ".join(Page(page).text).split()).replace("\N{NO-BREAK SPACE}", " ")


def pages_of(page: str) -> str:
    """What stands below the list of pages."""
    return page[page.index("<main") : page.index("</main>") + len("</main>")]


def test_pages_stand_in_the_order_in_which_they_are_asked_for(page: str) -> None:
    text = said(pages_of(page))
    marks = [
        "Verdict", "Not fit for", "What was measured", "Findings, worst first", "Notes", "Fidelity Are synthetic",
        "How was this computed?", "Each column, worst first", "Columns two by two", "Usefulness Does", "Privacy Does",
        "Fairness Are groups", "Example customers All", "Privacy officer Three texts", "Provenance What", "22,606",
    ]  # fmt: skip
    places = [text.index(mark) for mark in marks[:-1]] + [text.rindex(marks[-1])]
    assert places == sorted(places)


def test_linked_tables_say_how_they_hang_together_and_how_histories_go_on(linked: Evaluation) -> None:
    text = said(linked.html()).partition("Linked tables Do the tables")[2]
    marks = [
        "How the tables hang together", "What always holds", "Findings on links", "Parents without any row",
        "Histories", "From one row to the next", "Example customers All",
    ]  # fmt: skip
    places = [text.index(mark) for mark in marks]
    assert places == sorted(places)
    assert "payments accounts id accounts 8,950 (9,100) – (–) – (–) 17 (0) 3 (0) 2 (0)" in text
    assert "accounts.opened <= payments payments 70.0 99.9 100" in text
    assert "payments amount 0.52 0.31 21.0 5.0" in text
    assert "payments channel – – 81.0 40.0" in text
    assert "How the tables hang together" not in said(replace(linked, links=(), histories=()).html())


def test_each_purpose_has_its_reason(page: str) -> None:
    text = said(page)
    assert "Internal testing No finding speaks against it." in text
    assert "Model development c2st_auc is 0.637, or 8.3 % of something. 1 more finding speaks against it." in text


def test_verdicts_are_words_and_signs_not_colours_alone(page: str) -> None:
    text = said(page)
    assert "✕ fails" in text
    assert "✓ holds" in text
    assert "? cannot tell" in text
    assert "at most 0.600" in text
    assert "at least 0.950" in text


def test_page_promises_nothing_that_no_measurement_can_show(page: str) -> None:
    page = page.lower()
    assert "anonym" not in page
    assert "complian" not in page


def test_page_asks_for_nothing_and_runs_nothing(page: str, wide_page: str) -> None:
    for text in (page, wide_page):
        parsed = Page(text)
        assert parsed.open == []
        assert not {"script", "img", "iframe", "object", "embed", "base", "form", "input"} & set(parsed.elements)
        assert not [name for name, _ in parsed.values if name.startswith("on")]
        fetched = [value for name, value in parsed.values if name in ("href", "src", "srcset", "xlink:href", "action")]
        assert all(value == "data:," or value.startswith("#") for value in fetched)
        assert "@import" not in text
        assert "url(" not in text


def test_links_lead_somewhere(page: str) -> None:
    values = Page(page).values
    ids = [value for name, value in values if name == "id"]
    targets = [value[1:] for name, value in values if name == "href" and value.startswith("#")]
    targets += [value for name, value in values if name == "aria-labelledby"]
    assert len(ids) == len(set(ids))
    assert set(targets) <= set(ids)


def test_every_graphic_has_a_text_alternative_or_is_hidden(page: str) -> None:
    svgs = re.findall(r"<svg ([^>]*)>", page)
    outer = [svg for svg in svgs if "class=" in svg]
    assert len(outer) > 20
    assert all('role="img" aria-label="' in svg or 'aria-hidden="true"' in svg for svg in outer)


def test_headings_do_not_skip_a_level(page: str) -> None:
    levels = [int(level) for level in re.findall(r"<h(\d)", page)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_dates_are_dates_and_missing_shares_are_shown(page: str) -> None:
    assert ">1990<" in page
    assert "2014" in page
    row = page[page.index("<bdi>missing</bdi>") :][:400]
    assert "<td>12.0</td><td>3.0</td>" in row


def test_wide_table_stays_small_and_lists_what_it_does_not_draw(wide_page: str) -> None:
    assert len(wide_page.encode()) < 1_000_000
    drawn = wide_page.count('<article class="column">')
    assert 15 <= drawn <= 60
    assert wide_page[wide_page.index("listed") :].count('<th scope="row"') >= 300 - drawn


def test_thousands_of_findings_stay_small_and_every_link_leads_to_one(make: Callable[..., Evaluation]) -> None:
    findings = tuple(
        replace(f, sentence="long " * 100).about(f"table {i}") for i in range(300) for f in make().findings
    )
    page = render(make(findings=findings, purposes=(Purpose("p", "p", False, ("table 299.copies",)),)))
    assert len(page.encode()) < 1_000_000
    values = Page(page).values
    ids = {value for name, value in values if name == "id"}
    assert {f"finding-{number}" for number in range(1, len(findings) + 1)} <= ids
    assert {value[1:] for name, value in values if name == "href" and value.startswith("#")} <= ids
    assert page.count('<article class="finding') < len(findings)


def test_sixty_of_three_hundred_ordinary_columns_are_drawn(make: Callable[..., Evaluation]) -> None:
    columns = make().columns
    many = tuple(replace(columns[i % 5], name=f"column {i}") for i in range(300))
    page = render(make(columns=many))
    assert page.count('<article class="column">') == 60
    assert len(page.encode()) < 1_000_000


HOSTILE = [
    "<script>alert(1)</script>", '"><svg onload=alert(1)>', "'-->", "</title></style>", "{{ 7*7 }}", "\u202e\u0000",
    "a" * 5_000, "🏦" * 500, "ערבית",
]  # fmt: skip
TEXT = st.one_of(st.text(max_size=80), st.sampled_from(HOSTILE))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(TEXT, min_size=10, max_size=10))
def test_nothing_from_outside_becomes_markup(make: Callable[..., Evaluation], texts: list[str]) -> None:
    def build(name: str, *labels: str) -> Evaluation:
        grid = ((0.3, 0.2), (0.4, 0.1))
        return make(
            headline=labels[0],
            purposes=(Purpose("p", labels[1], False, ("c2st_auc", labels[2])),),
            findings=tuple(replace(f, title=labels[3], sentence=labels[4], method=labels[5]) for f in make().findings),
            columns=(
                ColumnComparison(name, "category", 0.1, 0.01, labels[:2], None, (0.4, 0.6), (0.5, 0.5), 0.1, 0.0),
                ColumnComparison(
                    name, "date", 0.1, 0.01, labels[:3], (0.0, 1.0, 2.0), (0.4, 0.6), (0.5, 0.5), 0.0, 0.0
                ),
            ),
            pairs=(PairComparison(name, labels[6], 0.1, 0.01, 0.5, labels[:2], labels[2:4], grid, grid[::-1]),),
            provenance={labels[7]: labels[8], "nested": {labels[8]: [labels[0]]}},
            notes=labels[:3],
        )

    plain = Page(render(build(*[f"text{i}" for i in range(10)])))
    hostile = Page(render(build(*texts)))
    emptied = {"details", "summary", "p", "p class", "details class"}  # an empty method leaves its fold out
    for seen, known in ((hostile.elements, plain.elements), (hostile.attributes, plain.attributes)):
        assert {k: v for k, v in seen.items() if k not in emptied} == {
            k: v for k, v in known.items() if k not in emptied
        }
    assert hostile.open == []


def test_notebook_gets_a_sealed_frame(evaluation: Evaluation) -> None:
    frame = Page(evaluation._repr_html_())
    assert frame.elements == {"iframe": 1}
    assert ("sandbox", "") in frame.values
    inside = dict(frame.values)["srcdoc"].replace('<base href="about:srcdoc">\n', "")
    assert inside.replace("base-uri about:", "base-uri 'none'") == render(evaluation)
    assert "height:300px" in embed(evaluation, height=300)


def test_report_is_written_once(evaluation: Evaluation, tmp_path: Path) -> None:
    target = tmp_path / "report.html"
    assert write_report(evaluation, target) == target
    assert target.read_text(encoding="utf-8") == evaluation.html()
    target.write_text("mine")
    with pytest.raises(OutputError, match=r"report.html exists.*--force"):
        write_report(evaluation, target)
    assert target.read_text() == "mine"
    write_report(evaluation, target, force=True)
    assert target.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


def test_places_that_cannot_be_written_to(
    evaluation: Evaluation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(OutputError, match="is a folder"):
        write_report(evaluation, tmp_path)
    with pytest.raises(OutputError, match="is not there"):
        write_report(evaluation, tmp_path / "absent" / "report.html")

    def full(*_: object) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(os, "link", full)
    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OutputError, match="No space left"):
        write_report(evaluation, tmp_path / "report.html")
    assert list(tmp_path.iterdir()) == []
