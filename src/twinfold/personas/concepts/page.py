"""A concept test as one page: no script, no request to anywhere."""

from __future__ import annotations

import math
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from markupsafe import Markup

from twinfold.evaluation.finding import Chart, Line
from twinfold.evaluation.report.frames import embed_page, make_environment
from twinfold.personas.answer import Mark
from twinfold.personas.concepts.particulars import write_level
from twinfold.personas.concepts.result import ConceptTest
from twinfold.personas.concepts.sweep import Sweep
from twinfold.personas.concepts.wording import brought, explain, ground, headline, share, standing, sure
from twinfold.simulation.outcome import Figure
from twinfold.tables.text_file import save_text

if TYPE_CHECKING:
    import jinja2


def render_test(test: ConceptTest) -> str:
    """A concept test as one file of HTML that needs nothing but itself."""
    first, *others = test.concepts
    same = [pair for pair in first.attributes if all(pair in other.attributes for other in others)]
    brings = [reason.brings for concept in test.concepts for reason in concept.reasons]
    return (
        _environment()
        .get_template("concepts.html.jinja")
        .render(
            test=test,
            same=same,
            pairs=_matrix(test),
            drawn=[draw_sweep(test, sweep) for sweep in test.sweeps],
            most_share=_round_up(max(end for each in test.concepts for end in (each.share.upper, each.learned.upper))),
            span=_round_up(max((max(abs(f.lower), abs(f.upper)) for f in brings), default=1.0)),
        )
    )


def embed_test(test: ConceptTest, *, height: int = 640) -> str:
    """The page inside a frame of its own, `height` CSS pixels high, apart from the styles of a notebook."""
    return embed_page(render_test(test), "Twinfold concept test", height)


def write_test(test: ConceptTest, path: str | Path, *, force: bool = False) -> Path:
    """Write the page to `path`, whole or not at all. Raises `OutputError` where it can't be written."""
    save_text(render_test(test), path, force=force)
    return Path(path)


def share_axis(found: Figure, beside: Figure | None, most: float) -> Markup:
    """One axis from nothing to `most` with a share and its interval; below it that of the learned customers."""
    parts = [Markup('<line class="axis" x1="0" x2="100%" y1="31" y2="31"/>')]
    for figure, down, kind in ((found, 9, "them"), (beside, 22, "learned")):
        if figure is None:
            continue
        low, value, high = (_place(each, most) for each in (figure.lower, figure.value, figure.upper))
        parts.append(
            Markup(
                '<line class="interval {0}" x1="{1}%" x2="{2}%" y1="{3}" y2="{3}"/>'
                '<circle class="value {0}" cx="{4}%" cy="{3}" r="5"/>'
            ).format(kind, low, high, down, value)
        )
    return Markup('<svg class="share-axis" aria-hidden="true" width="100%" height="32">{}</svg>').format(
        Markup("").join(parts)
    )


def brought_axis(found: Figure, span: float) -> Markup:
    """One axis from `-span` to `span` with what something brings, and its interval."""
    low, value, high = (_place(each + span, 2 * span) for each in (found.lower, found.value, found.upper))
    return Markup(
        '<svg aria-hidden="true" width="100%" height="18"><line class="zero" x1="50%" x2="50%" y1="0" y2="18"/>'
        '<line class="interval" x1="{}%" x2="{}%" y1="9" y2="9"/><circle class="value" cx="{}%" cy="9" r="4"/></svg>'
    ).format(low, high, value)


def _round_up(share: float) -> float:
    """The end of an axis: a whole number of tenths."""
    return math.ceil(10 * share - 1e-9) / 10 or 0.1


def _place(value: float, most: float) -> float:
    """Per cent of the width, with room for a mark at either end."""
    return round(2 + 96 * min(max(value / most, 0.0), 1.0), 2)


def draw_sweep(test: ConceptTest, sweep: Sweep) -> Chart:
    """Shares as an attribute moves, a line a concept."""
    lines = []
    for row, concept in enumerate(test.concepts):
        found = [shares[row] for shares in sweep.shares]
        columns = [tuple(100 * getattr(f, end) for f in found) for end in ("value", "lower", "upper")]
        lines.append(Line(concept.name, sweep.levels, *columns))
    said = f"{sweep.attribute} is {write_level(sweep.usual)} in the test. Bands are 95 % intervals."
    if sweep.cut is not None:
        low, high = map(write_level, sweep.cut)
        said += f" {low} to {high} was asked for; of the rest nothing was learned."
    if any(sweep.apart):
        said += " BEYOND what was learned: nobody was asked to weigh anything like it against all others."
    title = f"{sweep.concept}: {sweep.attribute} moves"
    return Chart("useful", title, said, sweep.attribute, "share of these people, %", tuple(lines))


def _matrix(test: ConceptTest) -> list[tuple[str, list[str]]]:
    """Of each concept, the share that takes it rather than each other one."""
    wins = {(pair.first, pair.second): share(pair.share) for pair in test.pairs}
    for pair in test.pairs:
        turned = Figure(1 - pair.share.value, 1 - pair.share.upper, 1 - pair.share.lower)
        wins[pair.second, pair.first] = share(turned)
    names = [concept.name for concept in test.concepts]
    return [(own, ["" if own == other else wins[own, other] for other in names]) for own in names]


@cache
def _environment() -> jinja2.Environment:
    return make_environment(
        "twinfold.personas.concepts",
        brought=brought,
        brought_axis=brought_axis,
        explain=explain,
        ground=ground,
        headline=headline,
        share=share,
        share_axis=share_axis,
        standing=standing,
        sure=sure,
        write_level=write_level,
        mark=str(Mark.MODEL),
        most=60,
    )
