"""Ranges: what personas say and do beside everybody, drawn on one axis."""

from __future__ import annotations

import math

from markupsafe import Markup

from twinfold.personas.feedback.comparison import Beside

WIDEST = math.log(4)
"""How far the axis reaches to either side, in nats: from a quarter to four times as often."""

MARKS = {"¼": 1 / 4, "½": 1 / 2, "1": 1.0, "2": 2.0, "4": 4.0}
"""Times as often that are written below the axis."""


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
