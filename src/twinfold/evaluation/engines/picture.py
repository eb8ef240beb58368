"""Marks on two axes as inline SVG, in the manner of `report.charts`: what a CPU second buys.

Places along the axis of x are percentages, so that a picture takes the width it is given while its letters keep their
size; names are placed for a narrow page, where they have least room.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from markupsafe import Markup

from twinfold.evaluation.finding import Verdict
from twinfold.evaluation.report.wording import exact_places, label, number, ticks

HEIGHT, TOP, NARROW = 280, 22, 520
"""Pixels of the area of the marks, above it, and the width that names are placed for."""

SHAPES = {
    Verdict.PASS: ("pass", '<circle r="5.5"/>'),
    Verdict.FAIL: ("fail", '<path d="M-5-5 5 5M-5 5 5-5"/>'),
    Verdict.UNKNOWN: ("unknown", '<path d="M0-6.5 6.5 0 0 6.5-6.5 0z"/>'),
    Verdict.INFO: ("unknown", '<path d="M0-6.5 6.5 0 0 6.5-6.5 0z"/>'),
}
"""How a mark looks by the verdict that it stands for: by shape, and by a colour of the style sheet."""

_LETTER, _LINE = 6.6, 13.0


@dataclass(frozen=True)
class Mark:
    """One thing at a place: `y` with its interval; the verdict gives its look."""

    name: str
    x: float
    y: float
    low: float
    high: float
    verdict: Verdict


@dataclass(frozen=True)
class Scatter:
    """Marks over a logarithmic axis of x, ready to be drawn; `levels` are values of y with a name each."""

    title: str
    x_title: str
    y_title: str
    marks: tuple[Mark, ...]
    levels: tuple[tuple[str, float], ...] = ()

    @property
    def known(self) -> tuple[Mark, ...]:
        """The marks that have a place."""
        return tuple(mark for mark in self.marks if mark.x > 0 and math.isfinite(mark.x) and math.isfinite(mark.y))


class _Box(NamedTuple):
    left: float
    top: float
    right: float
    bottom: float

    def shared(self, other: "_Box") -> float:
        """The area that two boxes share."""
        across = min(self.right, other.right) - max(self.left, other.left)
        down = min(self.bottom, other.bottom) - max(self.top, other.top)
        return max(0.0, across) * max(0.0, down)


def draw(scatter: Scatter) -> Markup:
    """The picture: gridlines, levels, intervals, marks with their names; nothing where no mark has a place."""
    marks = scatter.known
    if not marks:
        return Markup("")
    scale = _Scale(scatter, marks)
    taken = [_around(mark, scale) for mark in marks]
    taken += [_Box(scale.across(mark.x) - 3, scale.down(mark.high), scale.across(mark.x) + 3, scale.down(mark.low))
              for mark in marks]  # fmt: skip
    levels = [_level(name, y, scale, taken) for name, y in scatter.levels if scale.low <= y <= scale.high]
    names = [_name(mark, scale, taken) for mark in sorted(marks, key=lambda mark: mark.x)]
    parts = [_grid(scale), *levels, *(_interval(mark, scale) for mark in marks), *(_mark(m, scale) for m in marks)]
    return Markup('<svg class="scatter" role="img" aria-label="{}" width="100%" height="{}">{}</svg>').format(
        _said(scatter), TOP + HEIGHT + 24, Markup("").join([*parts, *names])
    )


def key(verdict: Verdict) -> Markup:
    """A mark for a legend."""
    kind, shape = SHAPES[verdict]
    return Markup(
        '<svg class="key" aria-hidden="true" width="16" height="16"><svg x="8" y="8" overflow="visible">'
        '<g class="spot {}">{}</g></svg></svg>'
    ).format(kind, Markup(shape))  # noqa: S704 - ours


class _Scale:
    """Where values stand: across in pixels of a narrow page, down in pixels."""

    def __init__(self, scatter: Scatter, marks: Sequence[Mark]) -> None:
        ends = [y for mark in marks for y in (mark.y, mark.low, mark.high) if math.isfinite(y)]
        top, bottom = max(ends), min(ends)
        ends += [y for _, y in scatter.levels if bottom - 0.5 * (top - bottom) - 0.05 <= y <= top + 0.05]
        room = 0.08 * (max(ends) - min(ends)) or 0.05
        self.low, self.high = min(ends) - room, max(ends) + room
        logs = [math.log10(mark.x) for mark in marks]
        span = max(max(logs) - min(logs), 1.0)
        middle = (max(logs) + min(logs)) / 2
        self.first, self.last = middle - 0.62 * span, middle + 0.62 * span

    def share(self, x: float) -> float:
        """How far along the axis a place is, 0 to 1, with room for the values at the left."""
        return 0.08 + 0.92 * (math.log10(x) - self.first) / (self.last - self.first)

    def across(self, x: float) -> float:
        """Pixels from the left of a narrow page."""
        return NARROW * self.share(x)

    def down(self, y: float) -> float:
        """Pixels from the top of the picture."""
        y = min(max(y, self.low), self.high) if math.isfinite(y) else self.low
        return round(TOP + HEIGHT * (self.high - y) / (self.high - self.low), 1)

    @property
    def x_marks(self) -> list[float]:
        """Round places along the axis: powers of ten, and where these are few, twice and five times as much too."""
        powers = range(math.floor(self.first), math.ceil(self.last) + 1)
        factors = (1, 2, 5) if self.last - self.first < 2.5 else (1,)
        every = [factor * 10.0**power for power in powers for factor in factors]
        return [x for x in every if self.first <= math.log10(x) <= self.last]


def _grid(scale: _Scale) -> Markup:
    marks = ticks(scale.low, scale.high)
    decimals = exact_places(marks)
    parts = [
        Markup(
            '<line class="guide" x1="0" x2="100%" y1="{}" y2="{}"/><text class="small" x="0" y="{}">{}</text>'
        ).format(scale.down(y), scale.down(y), round(scale.down(y) - 3, 1), number(y, decimals))
        for y in marks
    ]
    base = TOP + HEIGHT
    parts += [
        Markup('<text class="small middle" x="{}%" y="{}">{}</text>').format(
            round(100 * scale.share(x), 2), base + 17, f"{x:g}"
        )
        for x in scale.x_marks
    ]
    parts.append(Markup('<line class="axis" x1="0" x2="100%" y1="{}" y2="{}"/>').format(base, base))
    return Markup("").join(parts)


def _level(name: str, y: float, scale: _Scale, taken: list[_Box]) -> Markup:
    """A line across, named at one of its ends, above or below it, where that covers least."""
    at, width, left = scale.down(y), _LETTER * len(name), 0.09 * NARROW
    ends = {"end": (NARROW - width, NARROW), "start": (left, left + width)}
    places = [(anchor, _Box(first, at + way, last, at + way + _LINE))
              for anchor, (first, last) in ends.items() for way in (-16.0, 3.0)]  # fmt: skip
    anchor, box = min(places, key=lambda place: sum(place[1].shared(other) for other in taken))
    taken.append(box)
    return Markup(
        '<line class="level" x1="0" x2="100%" y1="{}" y2="{}"/><text class="small {}" x="{}%" y="{}">{}</text>'
    ).format(at, at, anchor, 100 if anchor == "end" else 9, round(box.bottom - 3, 1), name)


def _interval(mark: Mark, scale: _Scale) -> Markup:
    if not (math.isfinite(mark.low) and math.isfinite(mark.high)):
        return Markup("")
    at, kind = round(100 * scale.share(mark.x), 2), SHAPES[mark.verdict][0]
    return Markup('<line class="whisker {}" x1="{}%" x2="{}%" y1="{}" y2="{}"/>').format(
        kind, at, at, scale.down(mark.low), scale.down(mark.high)
    )


def _mark(mark: Mark, scale: _Scale) -> Markup:
    kind, shape = SHAPES[mark.verdict]
    return Markup('<svg x="{}%" y="{}" overflow="visible"><g class="spot {}">{}</g></svg>').format(
        round(100 * scale.share(mark.x), 2),
        scale.down(mark.y),
        kind,
        Markup(shape),  # noqa: S704 - ours
    )


def _around(mark: Mark, scale: _Scale) -> _Box:
    x, y = scale.across(mark.x), scale.down(mark.y)
    return _Box(x - 8, y - 8, x + 8, y + 8)


def _name(mark: Mark, scale: _Scale, taken: list[_Box]) -> Markup:
    """A mark's name beside it, where it covers least of marks, intervals and other names."""
    name, x, y = label(mark.name, 24), scale.across(mark.x), scale.down(mark.y)
    width = _LETTER * len(name)
    best, least = None, math.inf
    for dx, dy, anchor in _places():
        left = x + dx - {"start": 0.0, "middle": width / 2, "end": width}[anchor]
        box = _Box(left, y + dy - 10, left + width, y + dy + 3)
        outside = max(0.0, -box.left) + max(0.0, box.right - NARROW) + max(0.0, TOP - box.top)
        outside += max(0.0, box.bottom - TOP - HEIGHT)
        covered = sum(box.shared(other) for other in taken) + 20 * outside
        if covered < least - 1e-9:
            best, least = (box, dx, dy, anchor), covered
    assert best is not None
    box, dx, dy, anchor = best
    taken.append(box)
    return Markup('<svg x="{}%" y="{}" overflow="visible"><text class="{}" x="{}" y="{}">{}</text></svg>').format(
        round(100 * scale.share(mark.x), 2), y, anchor, dx, dy, name
    )


def _places() -> list[tuple[float, float, str]]:
    """Where a name may stand beside its mark, the best places first: pixels across and down, and its anchor."""
    near = [(10.0, 4.0, "start"), (-10.0, 4.0, "end"), (8.0, -9.0, "start"), (8.0, 17.0, "start")]
    near += [(-8.0, -9.0, "end"), (-8.0, 17.0, "end")]
    return near + [(6.0, 4.0 + way * down, "start") for down in (26.0, 40.0, 54.0) for way in (-1, 1)]


def _said(scatter: Scatter) -> str:
    """What the picture shows, for those who do not see it."""
    said = "; ".join(f"{label(mark.name, 40)} {number(mark.y, 3)} at {mark.x:.3g}" for mark in scatter.known)
    return f"{scatter.title}: {scatter.y_title} by {scatter.x_title}: {said}"
