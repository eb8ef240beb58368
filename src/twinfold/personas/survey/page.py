"""A survey as one page: no script, no request to anywhere; every picture is drawn from the tallies of the record."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from markupsafe import Markup

from twinfold.evaluation.report.frames import embed_page, make_environment
from twinfold.personas.survey.results import Group, ItemResult, Survey
from twinfold.personas.survey.tallies import MEAN, QUANTILES, Tally
from twinfold.personas.survey.wording import figure, interval, mean_of, plain, share, standing, who_was_asked
from twinfold.tables.text_file import save_text

if TYPE_CHECKING:
    import jinja2

MOST_NOTES, MOST_OPTIONS = 60, 30
"""Notes, and options of an item, that the page shows at most."""

EVERYBODY = "everybody"


@dataclass(frozen=True)
class Drawing:
    """One group's answers to an item, ready to be drawn.

    Attributes:
        name: of the group; answers: how many.
        shares: the tallies of options, in their order; mean: of numbers or points; quarters: of numbers.
    """

    name: str
    answers: int
    shares: tuple[Tally, ...]
    mean: Tally | None
    quarters: tuple[Tally, ...]


def render_survey(survey: Survey) -> str:
    """The survey as one file of HTML that needs nothing but itself."""
    drawings = {result.item.id: _draw(result, survey) for result in survey.items}
    template = _environment().get_template("survey.html.jinja")
    return template.render(survey=survey, noted=survey.notes[:MOST_NOTES], drawings=drawings)


def embed_survey(survey: Survey, *, height: int = 640) -> str:
    """The page inside a frame of its own, `height` CSS pixels high, apart from the styles of a notebook."""
    return embed_page(render_survey(survey), "Twinfold survey", height)


def write_survey(survey: Survey, path: str | Path, *, force: bool = False) -> Path:
    """Write the page to `path`, whole or not at all. Raises `OutputError` where it can't be written."""
    save_text(render_survey(survey), path, force=force)
    return Path(path)


def bar(tally: Tally, reach: float, everybody: Tally | None) -> Markup:
    """A share as a bar with its interval, the longest interval as long as there is room, and a tick where everybody's
    share ends."""
    parts = [Markup('<rect class="them" x="0" y="4" width="{}%" height="10"/>').format(_along(tally.value, 0.0, reach))]
    if everybody is not None:
        parts.append(_tick("everybody", _along(everybody.value, 0.0, reach), 1, 17))
    if tally.lower <= tally.upper:
        ends = _along(tally.lower, 0.0, reach), _along(tally.upper, 0.0, reach)
        parts.append(Markup('<line class="interval" x1="{}%" x2="{}%" y1="9" y2="9"/>').format(*ends))
        parts += [_tick("interval", end, 6, 12) for end in ends]
    return _drawn(parts, 18)


def axis(tally: Tally, span: tuple[float, float], everybody: Tally | None) -> Markup:
    """A mean as a dot with its interval on an axis that reaches over all groups', and a tick at everybody's."""
    low, high = span
    parts = [Markup('<line class="axis" x1="0" x2="100%" y1="11" y2="11"/>')]
    if everybody is not None:
        parts.append(_tick("everybody", _along(everybody.value, low, high), 1, 21))
    if tally.lower <= tally.upper:
        ends = _along(tally.lower, low, high), _along(tally.upper, low, high)
        parts.append(Markup('<line class="interval" x1="{}%" x2="{}%" y1="11" y2="11"/>').format(*ends))
        parts += [_tick("interval", end, 6, 16) for end in ends]
    parts.append(Markup('<circle class="value" cx="{}%" cy="11" r="5"/>').format(_along(tally.value, low, high)))
    return _drawn(parts, 22)


def reach_of(drawings: Sequence[Drawing]) -> float:
    """How far the bars of an item reach: a round share beyond all intervals."""
    ends = [tally.upper if tally.lower <= tally.upper else tally.value for each in drawings for tally in each.shares]
    return min(1.0, math.ceil(20 * max(ends, default=1.0)) / 20) or 1.0


def span_of(drawings: Sequence[Drawing]) -> tuple[float, float]:
    """From where to where the axes of an item reach: over all intervals, with some room."""
    known = [each.mean for each in drawings if each.mean is not None]
    ends = [end for mean in known for end in (mean.value, mean.lower, mean.upper) if math.isfinite(end)]
    if not ends:
        return 0.0, 1.0
    room = 0.05 * (max(ends) - min(ends)) or 0.05 * abs(ends[0]) or 0.5
    return min(ends) - room, max(ends) + room


def _draw(result: ItemResult, survey: Survey) -> list[Drawing]:
    return [made for group in survey.groups if (made := _draw_group(result, group)) is not None]


def _draw_group(result: ItemResult, group: Group) -> Drawing | None:
    own = {tally.what: tally for tally in result.tallies if tally.group == group.name}
    if not own:
        return None
    quarters = () if result.options else tuple(own[name] for name in QUANTILES if name in own)
    shares = tuple(own[option] for option in result.options if option in own)[:MOST_OPTIONS]
    mean = None if MEAN in result.options else mean_of(result, group.name)
    answers = next(iter(own.values())).answers
    return Drawing(group.name or EVERYBODY, answers, shares, mean, quarters)


def _along(value: float, low: float, high: float) -> float:
    """Per cent of the width."""
    return round(100 * (min(max(value, low), high) - low) / (high - low), 2) if high > low else 0.0


def _tick(kind: str, at: float, top: int, bottom: int) -> Markup:
    return Markup('<line class="{}" x1="{}%" x2="{}%" y1="{}" y2="{}"/>').format(kind, at, at, top, bottom)


def _drawn(parts: list[Markup], height: int) -> Markup:
    return Markup('<svg class="drawn" aria-hidden="true" width="100%" height="{}">{}</svg>').format(
        height, Markup("").join(parts)
    )


@cache
def _environment() -> jinja2.Environment:
    return make_environment(
        "twinfold.personas.survey",
        axis=axis,
        bar=bar,
        figure=figure,
        interval=interval,
        plain=plain,
        reach_of=reach_of,
        share=share,
        span_of=span_of,
        standing=standing,
        who_was_asked=who_was_asked,
        most=MOST_OPTIONS,
    )
