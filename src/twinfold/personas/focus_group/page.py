"""A focus group as one page: no script, no request to anywhere."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from twinfold.evaluation.report.frames import embed_page, make_environment
from twinfold.personas.focus_group.group import FocusGroup
from twinfold.tables.text_file import save_text

if TYPE_CHECKING:
    import jinja2


def render_focus_group(group: FocusGroup) -> str:
    """A session as one file of HTML that needs nothing but itself."""
    return _environment().get_template("focus_group.html.jinja").render(group=group)


def embed_focus_group(group: FocusGroup, *, height: int = 640) -> str:
    """The page inside a frame of its own, `height` CSS pixels high, apart from the styles of a notebook."""
    return embed_page(render_focus_group(group), "Twinfold focus group", height)


def write_focus_group(group: FocusGroup, path: str | Path, *, force: bool = False) -> Path:
    """Write the page to `path`, whole or not at all. Raises `OutputError` where it can't be written."""
    save_text(render_focus_group(group), path, force=force)
    return Path(path)


@cache
def _environment() -> jinja2.Environment:
    return make_environment("twinfold.personas.focus_group")
