"""The report as one file of several pages: no script, no request to anywhere, under a megabyte whatever the table."""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from twinfold.evaluation.finding import Audience, Evaluation, Verdict
from twinfold.evaluation.report.audience import seen_by
from twinfold.evaluation.report.frames import embed_page, make_environment
from twinfold.evaluation.report.pages import arrange_pages, linked_findings, number_findings
from twinfold.evaluation.report.summary import Summary, summarise
from twinfold.tables.text_file import save_text

if TYPE_CHECKING:
    import jinja2

LIMIT = 960_000
"""Bytes that a report may have, with some room below the megabyte that is promised."""

_DRAWN = ((60, 12, 400), (45, 9, 300), (30, 6, 200), (15, 3, 100), (8, 1, 50), (0, 0, 20))
"""Columns, pairs and findings drawn: the most that stays below `LIMIT`."""

_LISTED, _LEVELS, _ROWS = 400, 10, 60

_SHOWN = 15
"""Findings that the first page lists openly at least; those that fail or are unknown always are."""


def render(evaluation: Evaluation, *, audience: Audience = "internal") -> str:
    """The report as one file of HTML that needs nothing but itself, for the bank or for the public.

    The worst 60 columns and 12 pairs are drawn (fewer where long labels would make the file too large),
    the other columns listed. Names and labels are escaped and shortened; the JSON record has them in full.
    Raises `OptionError` where there is no such audience.
    """
    summary = summarise(seen_by(evaluation, audience), audience)
    page = ""
    for columns, pairs, findings in _DRAWN:
        page = _page(summary, columns, pairs, findings)
        if len(page.encode()) <= LIMIT:
            break
    return page


def embed(evaluation: Evaluation, *, height: int = 640) -> str:
    """The report inside a frame of its own, `height` CSS pixels high, apart from the styles of a notebook."""
    return embed_page(render(evaluation), "Twinfold evaluation", height)


def write_report(
    evaluation: Evaluation, path: str | Path, *, force: bool = False, audience: Audience = "internal"
) -> Path:
    """Write the report to `path`, whole or not at all; for the "public", rounded and without what tells of few.

    Raises `OutputError` where `path` exists and `force` is not given, where it is a folder, or lies where nothing can
    be written, and `OptionError` where there is no such audience.
    """
    save_text(render(evaluation, audience=audience), path, force=force)
    return Path(path)


def _page(summary: Summary, columns: int, pairs: int, findings: int) -> str:
    listed = _LISTED if columns else _LISTED // 4
    pages, linked = arrange_pages(summary), linked_findings(summary)
    has_links = bool(linked or summary.source.links or summary.source.histories)
    contents = [("overview", "Verdict"), *((page.promise.key, page.promise.title) for page in pages)]
    contents += [("linked", "Linked tables")] if has_links else []
    contents += [("examples", "Example customers"), ("officer", "Privacy officer"), ("provenance", "Provenance")]
    return (
        environment()
        .get_template("report.html.jinja")
        .render(
            summary=summary,
            contents=contents,
            pages=pages,
            numbered=number_findings(summary),
            shown=max(
                _SHOWN, sum(line.finding.verdict in (Verdict.FAIL, Verdict.UNKNOWN) for line in summary.findings)
            ),
            linked=linked,
            has_links=has_links,
            columns=summary.columns[:columns],
            listed=summary.columns[columns : columns + listed],
            unlisted=max(0, len(summary.columns) - columns - listed),
            pairs=summary.pairs[:pairs],
            drawn=findings,
            levels=_LEVELS,
            most=_ROWS if columns else _ROWS // 4,
        )
    )


@cache
def environment() -> "jinja2.Environment":
    """The templates, with what they draw by; everything that they are given is escaped."""
    from twinfold.evaluation.report import exhibits, heatmaps, officer, plots
    from twinfold.evaluation.report import summary as summaries

    return make_environment(exhibits=exhibits, heatmaps=heatmaps, officer=officer, plots=plots, summaries=summaries)
