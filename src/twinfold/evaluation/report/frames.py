"""What all pages have in common: how templates are read, what they are given, and frames for notebooks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import jinja2

HOME = "twinfold.evaluation.report"
"""The package whose templates, styles and charts every page may use."""


def make_environment(package: str = HOME, **drawn_by: Any) -> jinja2.Environment:
    """The templates of a package and of this one, with what they draw by; everything that they are given is escaped."""
    import jinja2

    from twinfold.evaluation.report import charts, wording

    made = jinja2.Environment(
        loader=jinja2.ChoiceLoader([jinja2.PackageLoader(name, "") for name in dict.fromkeys((package, HOME))]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(charts=charts, **drawn_by)
    made.filters.update(label=wording.label, percent=wording.percent, number=wording.number, prose=wording.prose)
    return made


def embed_page(page: str, title: str, height: int) -> str:
    """A page inside a frame of its own, `height` CSS pixels high, apart from the styles of a notebook."""
    from markupsafe import escape

    # Links to its own places would lead to the notebook's address: a frame's text has none but that
    page = page.replace("base-uri 'none'", "base-uri about:", 1)
    page = page.replace("<title>", '<base href="about:srcdoc">\n<title>', 1)
    return (
        f'<iframe sandbox="" title="{escape(title)}" style="width:100%;height:{height}px;border:0" '
        f'srcdoc="{escape(page)}"></iframe>'
    )
