"""Personas as one page of cards: no script, no request to anywhere."""

from __future__ import annotations

import math
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from markupsafe import Markup

from twinfold.evaluation.report.frames import embed_page, make_environment
from twinfold.personas.feedback.comparison import Beside
from twinfold.personas.feedback.themes import AGAIN
from twinfold.personas.feedback.wording import say_times
from twinfold.personas.persona import Personas
from twinfold.personas.segmentation import STABLE
from twinfold.personas.wording import change, factor, lead, worth
from twinfold.simulation.wording import number
from twinfold.tables.text_file import save_text

if TYPE_CHECKING:
    import jinja2

WIDEST = math.log(4)
"""How far the axis reaches to either side, in nats: from a quarter to four times as often."""

MARKS = {"¼": 1 / 4, "½": 1 / 2, "1": 1.0, "2": 2.0, "4": 4.0}
"""Times as often that are written below the axis."""


def render_personas(personas: Personas) -> str:
    """Personas as one file of HTML that needs nothing but itself."""
    return _environment().get_template("personas.html.jinja").render(personas=personas)


def embed_personas(personas: Personas, *, height: int = 640) -> str:
    """The page inside a frame of its own, `height` CSS pixels high, apart from the styles of a notebook."""
    return embed_page(render_personas(personas), "Twinfold personas", height)


def write_personas(personas: Personas, path: str | Path, *, force: bool = False) -> Path:
    """Write the page to `path`, whole or not at all. Raises `OutputError` where it can't be written."""
    save_text(render_personas(personas), path, force=force)
    return Path(path)


def pair_of_bars(inside: float, overall: float) -> Markup:
    """Two bars from nothing to all: of the persona, and of everybody."""
    parts = Markup("").join(
        Markup('<rect class="{}" x="0" y="{}" width="{:.2f}%" height="7"/>').format(name, top, 100 * share)
        for name, top, share in (("them", 2, inside), ("everybody", 11, overall))
    )
    frame = Markup('<line class="axis" x1="0" x2="100%" y1="20" y2="20"/>')
    return Markup('<svg class="drawn" aria-hidden="true" width="100%" height="22">{}{}</svg>').format(parts, frame)


def bar(share: float, largest: float) -> Markup:
    """One bar, the largest as long as there is room."""
    return Markup(
        '<svg class="drawn" aria-hidden="true" width="100%" height="16"><rect class="them" x="0" y="3" width="{:.2f}%" '
        'height="10"/></svg>'
    ).format(100 * share / largest if largest else 0)


def draw_ranges(say: Beside | None, do: Beside | None) -> Markup:
    """Two ranges, what is said above what is done, on an axis of times as often as everybody; at one is a stroke."""
    parts = [Markup('<line class="guide" x1="50%" x2="50%" y1="0" y2="26"/>')]
    for name, top, side in (("say", 8, say), ("do", 19, do)):
        if side is not None:
            at, low, high = (_place(each) for each in side.effect)
            parts.append(
                Markup(
                    '<line class="{0}" x1="{1}%" x2="{2}%" y1="{3}" y2="{3}"/>'
                    '<circle class="{0}" cx="{4}%" cy="{3}" r="4"/>'
                ).format(name, low, high, top, at)
            )
    return Markup('<svg class="drawn" aria-hidden="true" width="100%" height="26">{}</svg>').format(
        Markup("").join(parts)
    )


def draw_axis() -> Markup:
    """The axis of the ranges, to stand at the foot of a table."""
    marks = Markup("").join(
        Markup('<text class="small middle" x="{}%" y="12">{}</text>').format(_place(math.log(times)), said)
        for said, times in MARKS.items()
    )
    return Markup('<svg class="drawn" aria-hidden="true" width="100%" height="16">{}</svg>').format(marks)


def _place(effect: float) -> float:
    """Where an effect stands, in per cent of the width; what lies beyond either end stands there."""
    return round(4 + 92 * (max(-WIDEST, min(WIDEST, effect)) + WIDEST) / (2 * WIDEST), 2)


@cache
def _environment() -> jinja2.Environment:
    return make_environment(
        "twinfold.personas",
        again=AGAIN,
        bar=bar,
        change=change,
        draw_axis=draw_axis,
        draw_ranges=draw_ranges,
        number=number,
        pair_of_bars=pair_of_bars,
        say_times=say_times,
        stable=STABLE,
        factor=factor,
        lead=lead,
        worth=worth,
        most=60,
    )
