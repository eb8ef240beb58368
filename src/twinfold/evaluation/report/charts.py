"""Charts of lines over a common axis as inline SVG, in the manner of `plots`.

Lines are told apart by dashes and marks besides colour, and named at their ends. Places along the axis are
percentages, so that a chart takes the width it is given while its letters keep their size.
"""

import math
from collections.abc import Sequence

from markupsafe import Markup

from twinfold.evaluation.finding import Chart, ExampleCustomer, Line
from twinfold.evaluation.report.wording import exact_places, label, number, places, ticks

HEIGHT, TOP = 220, 14
"""Pixels of the area in which lines are drawn, and above it."""

PLOT = 78
"""Per cent of the width for the lines; their names stand in the rest."""

LINES = 8
"""Lines that are drawn at most: more can't be told apart."""

_STYLES = 6
"""Styles of lines that the style sheet knows."""

_MARKS = ("M-4-4H4V4H-4z", "M0-5 5 4H-5z", "M0-5.5 5.5 0 0 5.5-5.5 0z", "M-4-4 4 4M-4 4 4-4", "M0-5V5M-5 0H5")
"""Marks of lines but the first, whose are circles."""

_MARKED = 16
"""Places of a line with a mark each, at most; of a finer one only the last has one."""

_GRID = 1000


def line_chart(chart: Chart) -> Markup:
    """A chart: gridlines, intervals as bands, lines with marks, and their names at their ends."""
    styled = [(style, line) for style, line in zip(styles(chart), chart.lines, strict=False) if _known(line)]
    lines = [line for _, line in styled]
    if not lines:
        return Markup("")
    scale = _Scale(chart, lines)
    parts = [_grid(scale)]
    bands = Markup("").join(_band(line, scale, style) for style, line in styled)
    drawn = Markup("").join(
        Markup('<path class="series s{}" d="{}"/>').format(style % _STYLES, _path(_known(line), scale))
        for style, line in styled
    )
    parts.append(
        Markup(
            '<svg viewBox="0 0 1000 {}" preserveAspectRatio="none" y="{}" width="{}%" height="{}">{}{}</svg>'
        ).format(HEIGHT, TOP, PLOT, HEIGHT, bands, drawn)
    )
    for style, line in styled:
        known = _known(line)
        marked = known if len(known) <= _MARKED else known[-1:]
        parts += [_mark(scale.across(x), TOP + scale.down(y), style) for x, y in marked]
    parts.append(_names(lines, scale))
    return Markup('<svg class="chart" role="img" aria-label="{}" width="100%" height="{}">{}</svg>').format(
        _said(chart, lines), TOP + HEIGHT + 24, Markup("").join(parts)
    )


def sparkline(example: ExampleCustomer) -> Markup:
    """How many rows a customer has in each span of time, as small bars."""
    most = max(example.activity)
    bars = "".join(
        f"M{place} 20v-{round(18 * count / most, 1)}h.8V20z" for place, count in enumerate(example.activity) if count
    )
    return Markup(
        '<svg class="spark" role="img" aria-label="rows over time, {} to {}, at most {} in a span" '
        'viewBox="0 0 {} 20" preserveAspectRatio="none" width="100%" height="28">'
        '<path class="synthetic" d="{}"/></svg>'
    ).format(*(label(day, 10) for day in example.span), most, len(example.activity), bars)


def styles(chart: Chart) -> list[int]:
    """The style of each line that is drawn: what is synthetic or real looks so here as in every other picture."""
    names = [line.name.lower() for line in chart.lines[:LINES]]
    chosen: dict[int, int] = {}
    for style, word in enumerate(("synthetic", "real")):
        named = (place for place, name in enumerate(names) if word in name and place not in chosen)
        chosen |= {place: style for place in [next(named, None)] if place is not None}
    free = (style for style in range(2 * LINES) if style not in chosen.values())
    return [chosen[place] if place in chosen else next(free) for place in range(len(names))]


def key(style: int) -> Markup:
    """A short piece of a line of that style, for a legend."""
    return Markup('<svg class="key" aria-hidden="true" width="34" height="12">{}{}</svg>').format(
        Markup('<line class="series s{}" x1="0" x2="34" y1="6" y2="6"/>').format(style % _STYLES),
        _mark(50, 6, style),
    )


def figures(chart: Chart) -> list[tuple[str, list[str]]]:
    """The chart as a table: each place along the axis, and there each line's value with its interval."""
    lines = chart.lines[:LINES]
    xs = sorted({x for line in lines for x in line.x})
    values = [value for line in lines for value in (*line.y, *line.low, *line.high) if math.isfinite(value)]
    decimals = min(4, places([min(values, default=0), max(values, default=0)]))
    across = exact_places(xs)
    rows = []
    for x in xs:
        cells = []
        for line in lines:
            place = line.x.index(x) if x in line.x else None
            cells.append("–" if place is None else _cell(line, place, decimals))
        rows.append((f"{x:.2f}" if chart.years else number(x, across), cells))
    return rows


class _Scale:
    """Where values stand: across in per cent of the whole width, down in pixels of the lines' area."""

    def __init__(self, chart: Chart, lines: Sequence[Line]) -> None:
        xs = [x for line in lines for x, _ in _known(line)]
        ys = [y for line in lines for y in (*line.y, *line.low, *line.high) if math.isfinite(y)]
        self.log, self.years = chart.log and min(xs) > 0, chart.years
        self.x_marks = _x_marks(xs, log=self.log)
        self.low, self.high = self._turn(min(xs)), self._turn(max(xs))
        room = 0.06 * (max(ys) - min(ys)) or 0.06 * abs(max(ys)) or 0.5
        self.bottom = 0.0 if 0 <= min(ys) < room else min(ys) - room
        self.top = 1.0 if 1 - room < max(ys) <= 1 else max(ys) + room

    def _turn(self, x: float) -> float:
        return math.log10(x) if self.log else x

    def share(self, x: float) -> float:
        """How far along the axis a place is, 0 to 1, with room on either side: at the left for the values."""
        span = self.high - self.low
        return 0.08 + 0.9 * ((self._turn(x) - self.low) / span if span else 0.5)

    def across(self, x: float) -> float:
        """Per cent of the whole width."""
        return round(PLOT * self.share(x), 2)

    def down(self, y: float) -> float:
        """Pixels from the top of the lines' area."""
        return round(HEIGHT * (self.top - y) / (self.top - self.bottom), 1)


def _x_marks(xs: Sequence[float], *, log: bool) -> list[float]:
    """Round places on the axis; on a logarithmic one powers of ten, or the places themselves where these are few."""
    if not log:
        return ticks(min(xs), max(xs))
    own = sorted(set(xs))
    if len(own) <= 6:
        return own
    first, last = math.ceil(math.log10(own[0]) - 1e-9), math.floor(math.log10(own[-1]) + 1e-9)
    step = max(1, -(-(last - first + 1) // 6))
    return [10.0**power for power in range(first, last + 1, step)] or [own[0], own[-1]]


def _grid(scale: _Scale) -> Markup:
    marks = ticks(scale.bottom, scale.top)
    decimals = exact_places(marks)
    parts = [
        Markup(
            '<line class="guide" x1="0" x2="{}%" y1="{}" y2="{}"/><text class="small" x="0" y="{}">{}</text>'
        ).format(PLOT, TOP + scale.down(y), TOP + scale.down(y), round(TOP + scale.down(y) - 3, 1), number(y, decimals))
        for y in marks
    ]
    across = exact_places(scale.x_marks)
    parts += [
        Markup('<text class="small middle" x="{}%" y="{}">{}</text>').format(
            scale.across(x), TOP + HEIGHT + 16, f"{x:.{across}f}" if scale.years else number(x, across)
        )
        for x in scale.x_marks
    ]
    base = TOP + HEIGHT
    parts.append(Markup('<line class="axis" x1="0" x2="{}%" y1="{}" y2="{}"/>').format(PLOT, base, base))
    return Markup("").join(parts)


def _known(line: Line) -> list[tuple[float, float]]:
    """The places of a line that are known, from left to right."""
    return sorted((x, y) for x, y in zip(line.x, line.y, strict=True) if math.isfinite(x) and math.isfinite(y))


def _path(points: Sequence[tuple[float, float]], scale: _Scale) -> str:
    return "M" + " ".join(f"{round(_GRID * scale.share(x), 1)} {scale.down(y)}" for x, y in points)


def _band(line: Line, scale: _Scale, style: int) -> Markup:
    """A line's intervals, broken where one is not known; nothing for an interval that is none."""
    every = sorted(zip(line.x, line.low, line.high, line.y, strict=True))
    runs: list[list[tuple[float, float, float]]] = [[]]
    for point in every:
        if all(map(math.isfinite, point)):
            runs[-1].append(point[:3])
        elif runs[-1]:
            runs.append([])
    shapes = []
    for run in runs:
        if len(run) == 1:  # a band of one place would have no width
            x, low, high = run[0]
            shapes.append(_path([(x, low), (x, high)], scale))
        elif run:
            around = [(x, high) for x, _, high in run] + [(x, low) for x, low, _ in reversed(run)]
            shapes.append(_path(around, scale) + "z")
    return Markup('<path class="band s{}" d="{}"/>').format(style % _STYLES, "".join(shapes)) if shapes else Markup("")


def _mark(across: float, down: float, style: int) -> Markup:
    kind = f"mark s{style % _STYLES}"
    if style % (len(_MARKS) + 1) == 0:
        return Markup('<circle class="{}" cx="{}%" cy="{}" r="4.5"/>').format(kind, across, down)
    shape = _MARKS[style % (len(_MARKS) + 1) - 1]
    return Markup('<svg x="{}%" y="{}" overflow="visible"><path class="{}" d="{}"/></svg>').format(
        across, down, kind, shape
    )


def _names(lines: Sequence[Line], scale: _Scale) -> Markup:
    """The lines' names beside their ends, moved apart where they would lie on each other."""
    wanted = sorted((TOP + scale.down(_known(line)[-1][1]), line.name) for line in lines)
    least = 14.0
    placed: list[tuple[float, str]] = []
    for down, name in wanted:
        placed.append((max(down, placed[-1][0] + least) if placed else down, name))
    beyond = max(0.0, placed[-1][0] - (TOP + HEIGHT))
    at = [(down - beyond, name) for down, name in placed]
    for index in range(len(at) - 2, -1, -1):
        at[index] = (min(at[index][0], at[index + 1][0] - least), at[index][1])
    return Markup("").join(
        Markup('<text class="small name" x="{}%" y="{}">{}</text>').format(
            PLOT + 1, round(down + 4, 1), label(name, 24)
        )
        for down, name in at
    )


def _cell(line: Line, place: int, decimals: int) -> str:
    value, low, high = line.y[place], line.low[place], line.high[place]
    said = number(value, decimals)
    if math.isfinite(low) and math.isfinite(high):
        said += f" ({number(low, decimals)} to {number(high, decimals)})"
    return said


def _said(chart: Chart, lines: Sequence[Line]) -> str:
    """What a chart is, for those who do not see it; the figures stand in a table below."""
    names = ", ".join(label(line.name, 40) for line in lines)
    return f"{label(chart.title, 80)}: {label(chart.y_title, 60)} by {label(chart.x_title, 60)}, of {names}"
