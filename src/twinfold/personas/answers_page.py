"""Answers to one question as one page: no script, no request to anywhere; what is drawn are the record's tallies."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from markupsafe import Markup

from twinfold.evaluation.report.frames import embed_page, make_environment
from twinfold.personas.answers import Answers
from twinfold.personas.tally import Share, Tally
from twinfold.simulation.wording import number

if TYPE_CHECKING:
    import jinja2

SHOWN = 12
"""Answers that the page shows in words, at most; files hold all."""


def render_answers(answers: Answers) -> str:
    """Answers as one file of HTML that needs nothing but itself."""
    return _environment().get_template("answers.html.jinja").render(answers=answers, shown=answers.answers[:SHOWN])


def embed_answers(answers: Answers, *, height: int = 560) -> str:
    """The page inside a frame of its own, `height` CSS pixels high, apart from the styles of a notebook."""
    return embed_page(render_answers(answers), "Twinfold answers", height)


def draw_share(share: Share, answers: Answers, expected: tuple[float, float, float] | None) -> Markup:
    """A share as a bar, with its interval; what a behaviour expects as a dot with its own, below; the longest interval
    of all groups is as long as there is room."""
    reach = max(each.upper for tally in answers.tallies for each in tally.shares)
    parts = [Markup('<rect class="them" x="0" y="3" width="{}%" height="9"/>').format(_percent(share.value, reach))]
    parts.append(_line("interval", _percent(share.lower, reach), _percent(share.upper, reach), 7.5))
    if expected is not None:
        middle, low, high = (_percent(each, reach) for each in expected)
        parts += [_line("everybody", low, high, 19), _dot("everybody", middle, 19)]
    return _drawn(parts, 25 if expected is not None else 16)


def draw_quarters(tally: Tally, answers: Answers) -> Markup:
    """The middle half of numbers as a bar with a stroke at their middle and a dot at their mean, on an axis that
    reaches over all groups'."""
    low, high = reach_of(answers)
    assert tally.quarters is not None
    assert tally.mean is not None
    ends = [round(100 * (each - low) / (high - low), 2) for each in (*tally.quarters, tally.mean)]
    wide = round(ends[2] - ends[0], 2)
    parts = [
        Markup('<line class="axis" x1="0" x2="100%" y1="9" y2="9"/>'),
        Markup('<rect class="them" x="{}%" y="4" width="{}%" height="10"/>').format(ends[0], wide),
        Markup('<line class="interval" x1="{0}%" x2="{0}%" y1="2" y2="16"/>').format(ends[1]),
        _dot("everybody", ends[3], 9),
    ]
    return _drawn(parts, 18)


def reach_of(answers: Answers) -> tuple[float, float]:
    """From where to where the axes of numbers reach."""
    known = [each for tally in answers.tallies if tally.quarters for each in (*tally.quarters, tally.mean or 0.0)]
    room = 0.08 * (max(known) - min(known)) or 0.05 * abs(known[0]) or 0.5
    low = 0.0 if 0 <= min(known) < (max(known) - min(known)) else min(known) - room
    return low, max(known) + room


def _percent(share: float, reach: float) -> float:
    """Per cent of the width."""
    return round(98 * min(max(share / reach, 0.0), 1.0), 2) if reach else 0.0


def _line(kind: str, low: float, high: float, at: float) -> Markup:
    return Markup('<line class="{0}" x1="{1}%" x2="{2}%" y1="{3}" y2="{3}"/>').format(kind, low, high, at)


def _dot(kind: str, at: float, top: float) -> Markup:
    return Markup('<circle class="{}" cx="{}%" cy="{}" r="4"/>').format(kind, at, top)


def _drawn(parts: list[Markup], height: int) -> Markup:
    return Markup('<svg class="drawn" aria-hidden="true" width="100%" height="{}">{}</svg>').format(
        height, Markup("").join(parts)
    )


@cache
def _environment() -> jinja2.Environment:
    return make_environment("twinfold.personas", draw_share=draw_share, draw_quarters=draw_quarters, say=number)
