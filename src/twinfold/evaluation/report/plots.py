"""The report's graphics as inline SVG: small, without script, and coloured by the page's style sheet alone.

Places along an axis are percentages, so that a graphic takes the width it is given while its letters keep their size.
"""

import math
from collections.abc import Sequence
from itertools import pairwise

from markupsafe import Markup

from twinfold.evaluation.finding import ColumnComparison, Finding, StepComparison
from twinfold.evaluation.report.summary import FindingLine, cumulated, span_days
from twinfold.evaluation.report.wording import (
    SPACE,
    label,
    moment,
    number,
    percent,
    places,
    ticks,
)

WIDTH, HEIGHT = 300, 90
"""The grid on which curves are drawn, stretched to the width there is."""

TAILS = (0.0, 0.002, 0.01, 0.03)
"""Shares of values beyond either end that an axis may leave out: the first that is not much longer than the last."""


def finding_axis(line: FindingLine) -> Markup:
    """One axis with a finding's value and interval, its threshold with the acceptable side, and the real yardstick."""
    finding = line.finding
    low, high = _domain(finding)

    def place(value: float) -> float:
        return round(3 + 94 * (min(max(value, low), high) - low) / (high - low), 2)

    parts = [Markup('<line class="axis" x1="0" x2="100%" y1="34" y2="34"/>')]
    if finding.threshold is not None:
        at = place(finding.threshold)
        start, width = (0, at) if finding.better == "lower" else (at, round(100 - at, 2))
        parts.append(
            Markup(
                '<rect class="allowed" x="{}%" y="27" width="{}%" height="14"/>'
                '<line class="limit" x1="{}%" x2="{}%" y1="18" y2="42"/>'
            ).format(start, width, at, at)
        )
        parts.append(_text(at, 12, line.limit))
    sampled = line.interval != "–"
    if sampled:
        ends = place(finding.low), place(finding.high)
        parts.append(Markup('<line class="interval" x1="{}%" x2="{}%" y1="34" y2="34"/>').format(*ends))
        parts += [_at(end, 34, '<path class="interval" d="M0-5v10"/>') for end in ends]
    at = place(finding.value)
    parts.append(Markup('<circle class="value" cx="{}%" cy="34" r="5.5"/>').format(at))
    parts.append(_text(at, 58, f"synthetic {line.value}" + (f" ({line.interval})" if sampled else ""), "strong"))
    if finding.yardstick is not None and math.isfinite(finding.yardstick):
        at = place(finding.yardstick)
        parts.append(_at(at, 34, '<path class="yardstick" d="M0-9 9 0 0 9-9 0z"/>'))
        parts.append(_text(at, 76, f"real holdout {line.yardstick}"))
    said = f"synthetic {line.value}, 95{SPACE}% interval {line.interval}; real holdout {line.yardstick}; {line.limit}"
    return Markup('<svg class="finding-axis" role="img" aria-label="{}" width="100%" height="82">{}</svg>').format(
        said, Markup("").join(parts)
    )


def bars(real: float, synthetic: float, largest: float) -> Markup:
    """Two bars, real above synthetic, on a scale from 0 to `largest`."""
    widths = [round(100 * share / largest, 1) if share > 0 and largest > 0 else 0 for share in (real, synthetic)]
    return Markup(
        '<svg class="bars" aria-hidden="true" width="100%" height="15"><rect class="real" width="{}%" height="6"/>'
        '<rect class="synthetic" y="8" width="{}%" height="6"/></svg>'
    ).format(*widths)


def distribution(column: ColumnComparison) -> Markup:
    """Two densities as steps, or, where one spike would hide the rest, two curves of the share at or below a value."""
    assert column.edges is not None
    first, last = _shown(column)
    edges = column.edges[first : last + 1]
    span = (edges[-1] - edges[0]) or 1.0
    x = [round(WIDTH * (edge - edges[0]) / span) for edge in edges]
    densities = _densities(column, first, last)
    if densities is None:
        drawn = [_curve(x, cumulated(shares)[first : last + 1]) for shares in _sides(column)]
        guides = Markup(
            '<line class="guide" x1="0" x2="100%" y1="45" y2="45"/><text class="small end" x="100%" y="57">half</text>'
        )
        what = "share below each value"
    else:
        top = max(max(heights) for heights in densities) or 1.0
        drawn = [_steps(x, [height / top for height in heights]) for heights in densities]
        guides, what = Markup(""), "density"
    fill = (
        Markup('<path class="synthetic-fill" d="{}V90H0z"/>').format(drawn[0]) if densities is not None else Markup("")
    )
    labels = Markup("").join(_text(at, 106, text, "small", room=3) for at, text in _axis_labels(column, first, last))
    return Markup(
        '<svg class="distribution" role="img" aria-label="{}" width="100%" height="112">{}'
        '<svg viewBox="0 0 300 90" preserveAspectRatio="none" width="100%" height="90">{}'
        "{}</svg>"
        '<line class="axis" x1="0" x2="100%" y1="90" y2="90"/>{}</svg>'
    ).format(f"{column_said(column)}, {what}", guides, fill, _lines(drawn), labels)


def _sides(column: ColumnComparison) -> list[tuple[float, ...]]:
    """Shares of synthetic, real holdout and, where they are given, train rows."""
    return [column.synthetic, column.real, *([column.train] if column.train else [])]


def _lines(drawn: Sequence[str]) -> Markup:
    kinds = ("synthetic-line", "real-line", "train-line")
    return Markup("").join(
        Markup('<path class="{}" d="{}"/>').format(kind, line) for kind, line in zip(kinds, drawn, strict=False)
    )


def lag_axis(step: StepComparison) -> Markup:
    """An axis from -1 to 1 with a column's autocorrelation: synthetic, real holdout and, as a stroke, train rows."""
    train, holdout, synthetic = (
        (round(50 + 47 * value, 2) if math.isfinite(value) else None) for value in step.autocorrelation
    )
    parts = [
        Markup(
            '<line class="axis" x1="0" x2="100%" y1="10" y2="10"/>'
            '<line class="guide" x1="50%" x2="50%" y1="3" y2="17"/>'
        )
    ]
    if train is not None:
        parts.append(_at(train, 10, '<path class="train-mark" d="M0-7v14"/>'))
    if synthetic is not None:
        parts.append(Markup('<circle class="value" cx="{}%" cy="10" r="5"/>').format(synthetic))
    if holdout is not None:
        parts.append(_at(holdout, 10, '<path class="yardstick" d="M0-7 7 0 0 7-7 0z"/>'))
    return Markup('<svg class="lag-axis" aria-hidden="true" width="100%" height="20">{}</svg>').format(
        Markup("").join(parts)
    )


def is_density(column: ColumnComparison) -> bool:
    """Whether `distribution` draws densities; if not, it draws cumulated shares."""
    return _densities(column, *_shown(column)) is not None


def column_said(column: ColumnComparison) -> str:
    """What a graphic of a column is, for those who do not see it."""
    return f"{label(column.name, 48)}, real beside synthetic"


def _domain(finding: Finding) -> tuple[float, float]:
    known = [finding.value, finding.low, finding.high, finding.yardstick, finding.threshold]
    finite = [value for value in known if value is not None and math.isfinite(value)]
    low, high = min(finite), max(finite)
    room = 0.15 * (high - low) or 0.15 * abs(high) or 0.1
    start = max(low - room, 0.0) if low >= 0 else low - room
    end = min(high + room, 1.0) if high <= 1 else high + room
    return (start, end) if end > start else (start - room, end + room)


def _text(at: float, y: int, text: str, kind: str = "", *, room: float = 27) -> Markup:
    """Text at `at` per cent of the width, centred there if it has `room` to both ends, else turned inwards."""
    side = "start" if at < room else "end" if at > 100 - room else "middle"
    return Markup('<text x="{}%" y="{}" class="{}">{}</text>').format(at, y, f"{kind} {side}".strip(), text)


def _at(at: float, y: int, drawing: str) -> Markup:
    """A drawing around its own origin, put at `at` per cent of the width."""
    return Markup('<svg x="{}%" y="{}" overflow="visible">{}</svg>').format(at, y, Markup(drawing))  # noqa: S704 - ours


def _shown(column: ColumnComparison) -> tuple[int, int]:
    """First and last edge to draw: all, unless leaving out a small tail makes the axis at least three times shorter."""
    assert column.edges is not None
    edges, last = column.edges, len(column.edges) - 1
    real, synthetic = cumulated(column.real), cumulated(column.synthetic)
    ends = []
    for tail in TAILS:
        first = max((i for i in range(last) if max(real[i], synthetic[i]) <= tail + 1e-9), default=0)
        final = min((i for i in range(1, last + 1) if min(real[i], synthetic[i]) >= 1 - tail - 1e-9), default=last)
        ends.append((first, final) if tail and final - first >= 4 else (0, last))
    shortest = min(edges[final] - edges[first] for first, final in ends)
    return next(end for end in ends if edges[end[1]] - edges[end[0]] <= 3 * shortest)


def beyond(column: ColumnComparison) -> str:
    """How much of a column lies beyond the axis that `distribution` draws, in one plain sentence; empty for nothing."""
    first, last = _shown(column)
    left = [1 - sum(shares[first:last]) / (sum(shares) or 1.0) for shares in (column.real, column.synthetic)]
    if max(left) < 1e-9:
        return ""
    return f"Beyond this axis: {percent(left[0])}{SPACE}% of real values, {percent(left[1])}{SPACE}% of synthetic ones."


def _densities(column: ColumnComparison, first: int, last: int) -> list[list[float]] | None:
    """Heights of the steps of each side; None where an empty bin or a lone spike would hide everything else."""
    assert column.edges is not None
    widths = [b - a for a, b in pairwise(column.edges[first : last + 1])]
    if not widths or min(widths) <= 0:
        return None
    heights = [
        [share / width for share, width in zip(shares[first:last], widths, strict=True)] for shares in _sides(column)
    ]
    usual = sum(column.real[first:last]) / sum(widths)
    even = max(widths) < 1.5 * min(widths)
    return heights if max(map(max, heights)) <= (30 if even else 8) * usual else None


def _steps(x: Sequence[int], heights: Sequence[float]) -> str:
    path = ["M0 90"]
    for end, height in zip(x[1:], heights, strict=True):
        path.append(f"V{90 - round(86 * height)}H{end}")
    return "".join(path)


def _curve(x: Sequence[int], shares: Sequence[float]) -> str:
    return "M" + " ".join(f"{at} {90 - round(86 * share)}" for at, share in zip(x, shares, strict=True))


def _axis_labels(column: ColumnComparison, first: int, last: int) -> list[tuple[float, str]]:
    """Places (per cent) and texts below a distribution: round numbers, or dates at three of the edges."""
    assert column.edges is not None
    edges = column.edges
    low, high = edges[first], edges[last]
    span = (high - low) or 1.0
    if column.kind in ("date", "datetime") and len(column.labels) == len(edges):
        wanted = [low, (low + high) / 2, high]
        chosen = sorted({min(range(first, last + 1), key=lambda i: abs(edges[i] - w)) for w in wanted})
        days = span_days(column, first, last)
        return [(round(100 * (edges[i] - low) / span, 1), moment(column.labels[i], span_days=days)) for i in chosen]
    marks = ticks(low, high)
    decimals = places([0, marks[1] - marks[0]], marks) if len(marks) > 1 else places([low, high], marks)
    exact = next(
        (d for d in range(decimals) if all(math.isclose(round(m, d), m, abs_tol=1e-9) for m in marks)), decimals
    )
    return [(round(100 * (mark - low) / span, 1), number(mark, exact)) for mark in marks]
