"""The report as one page: no script, no request to anywhere, under half a megabyte whatever the table."""

import os
import secrets
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from twinfold.errors import OutputError
from twinfold.evaluation.finding import Evaluation
from twinfold.evaluation.report.summary import Summary, summarise

if TYPE_CHECKING:
    import jinja2

LIMIT = 480_000
"""Bytes that a page may have, with some room below the 500 KB that are promised."""

_DRAWN = ((60, 12), (45, 9), (30, 6), (15, 3), (8, 1), (0, 0))
"""Columns and pairs drawn: the most that stays below `LIMIT`."""

_LISTED, _LEVELS = 400, 10


def render(evaluation: Evaluation) -> str:
    """The report as a page of HTML that needs nothing but itself.

    The worst 60 columns and 12 pairs are drawn (fewer where long labels would make the page too large),
    the other columns listed. Names and labels are escaped and shortened; the JSON record has them in full.
    """
    summary = summarise(evaluation)
    page = ""
    for columns, pairs in _DRAWN:
        page = _page(summary, columns, pairs)
        if len(page.encode()) <= LIMIT:
            break
    return page


def embed(evaluation: Evaluation, *, height: int = 640) -> str:
    """The report inside a frame of its own, `height` CSS pixels high, apart from the styles of a notebook."""
    from markupsafe import escape

    return (
        f'<iframe sandbox="" title="Twinfold evaluation" style="width:100%;height:{height}px;border:0" '
        f'srcdoc="{escape(render(evaluation))}"></iframe>'
    )


def write_report(evaluation: Evaluation, path: str | Path, *, force: bool = False) -> Path:
    """Write the report to `path`, whole or not at all.

    Raises `OutputError` where `path` exists and `force` is not given, where it is a folder, or lies where nothing can
    be written.
    """
    target = Path(path)
    if target.is_dir():
        raise OutputError(f"{target} is a folder, the report needs a file; give for example {target / 'report.html'}")
    if target.exists() and not force:
        raise OutputError(f"{target} exists; give another path, or --force to overwrite it")
    if not target.parent.is_dir():
        raise OutputError(
            f"the folder {target.parent} of {target.name} is not there; make it first, or give another path"
        )
    draft = target.with_name(f".{target.name[:80]}.{secrets.token_hex(4)}")
    page = render(evaluation)
    try:
        draft.write_text(page, encoding="utf-8", newline="\n")
        if force:
            draft.replace(target)
        else:
            _place(draft, target)
    except OSError as error:
        raise OutputError(f"{target} can't be written ({error.strerror or error}); give another path") from error
    finally:
        draft.unlink(missing_ok=True)
    return target


def _place(draft: Path, target: Path) -> None:
    """Give the draft its name, unless another program has taken that name meanwhile."""
    try:
        os.link(draft, target)
    except FileExistsError:
        raise OutputError(f"{target} exists; give another path, or --force to overwrite it") from None
    except OSError:  # a file system without hard links
        draft.replace(target)


def _page(summary: Summary, columns: int, pairs: int) -> str:
    listed = _LISTED if columns else _LISTED // 4
    return (
        _environment()
        .get_template("report.html.jinja")
        .render(
            summary=summary,
            columns=summary.columns[:columns],
            listed=summary.columns[columns : columns + listed],
            unlisted=max(0, len(summary.columns) - columns - listed),
            pairs=summary.pairs[:pairs],
            levels=_LEVELS,
        )
    )


@cache
def _environment() -> "jinja2.Environment":
    import jinja2

    from twinfold.evaluation.report import heatmaps, plots, wording
    from twinfold.evaluation.report import summary as summaries

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("twinfold.evaluation.report", ""),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(heatmaps=heatmaps, plots=plots, summaries=summaries)
    environment.filters.update(label=wording.label, percent=wording.percent, number=wording.number)
    return environment
