"""The outcome of a scenario as one page: no script, no request to anywhere."""

from __future__ import annotations

import math
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from markupsafe import Markup

from twinfold.evaluation.finding import Chart, Line
from twinfold.evaluation.report.frames import embed_page, make_environment
from twinfold.simulation.outcome import FEW_SUPPORTED, ArmOutcome, Figure, Outcome, Ratio, Result
from twinfold.simulation.wording import change, count, figure, headline, rests_on, standing
from twinfold.tables.text_file import save_text

if TYPE_CHECKING:
    import jinja2

MOST_ARMS, MOST_NOTES = 20, 60

LOOK_EVEN = 0.8
"""The ratio of rates below which groups are said to be treated unevenly: the four fifths of American case law."""


def render_outcome(outcome: Outcome) -> str:
    """The outcome as one file of HTML that needs nothing but itself."""
    first, *others = outcome.arms[:MOST_ARMS]
    return (
        _environment()
        .get_template("outcome.html.jinja")
        .render(
            outcome=outcome,
            first=first,
            others=others,
            headline=headline(outcome)[:MOST_ARMS],
            charts_of=_paths(outcome),
            groups=_groups(outcome),
            noted=outcome.notes[:MOST_NOTES],
        )
    )


def embed_outcome(outcome: Outcome, *, height: int = 640) -> str:
    """The page inside a frame of its own, `height` CSS pixels high, apart from the styles of a notebook."""
    return embed_page(render_outcome(outcome), "Twinfold scenario", height)


def write_outcome(outcome: Outcome, path: str | Path, *, force: bool = False) -> Path:
    """Write the page to `path`, whole or not at all. Raises `OutputError` where it can't be written."""
    save_text(render_outcome(outcome), path, force=force)
    return Path(path)


def gain_axis(outcome: Outcome, arm: str, metric: str, span: float) -> Markup:
    """One axis with the change of a metric beside the first arm, as a share of it; `span` is how far it reaches."""
    result, base = outcome.of(arm, metric), outcome.of(outcome.arms[0].name, metric)
    if result.gain is None or base.total is None or not base.total.value:
        return Markup("")
    return _axis(tuple(part / abs(base.total.value) for part in _parts(result.gain)), -span, span, 0.0)


def level_axis(result: Result, span: float) -> Markup:
    """One axis with the change of a metric in a group, a customer; `span` is how far it reaches."""
    if result.gain is None:
        return Markup("")
    return _axis(tuple(part / result.people for part in _parts(result.gain)), -span, span, 0.0)


def ratio_axis(ratio: Ratio) -> Markup:
    """One axis from nothing to twice as often, with the ratio of two groups and the line of four fifths."""
    return _axis((ratio.value, ratio.lower, ratio.upper), 0.0, 2.0, 1.0, limit=LOOK_EVEN)


def _axis(ends: tuple[float, ...], low: float, high: float, zero: float, limit: float | None = None) -> Markup:
    value, lower, upper = ends

    def place(at: float) -> float:
        return round(2 + 96 * (min(max(at, low), high) - low) / (high - low), 2)

    parts = [Markup('<line class="axis" x1="0" x2="100%" y1="11" y2="11"/>')]
    if limit is not None:
        parts.append(Markup('<line class="limit" x1="{0}%" x2="{0}%" y1="3" y2="19"/>').format(place(limit)))
    parts.append(Markup('<line class="zero" x1="{0}%" x2="{0}%" y1="1" y2="21"/>').format(place(zero)))
    parts.append(
        Markup('<line class="interval" x1="{}%" x2="{}%" y1="11" y2="11"/>').format(place(lower), place(upper))
    )
    for end, beyond, drawing in ((lower, lower < low, "M5 -5-1 0 5 5"), (upper, upper > high, "M-5 -5 1 0-5 5")):
        shape = drawing if beyond else "M0-5v10"
        parts.append(
            Markup('<svg x="{}%" y="11" overflow="visible"><path class="interval" fill="none" d="{}"/></svg>').format(
                place(end), shape
            )
        )
    parts.append(Markup('<circle class="value" cx="{}%" cy="11" r="5"/>').format(place(value)))
    return Markup('<svg class="gain-axis" aria-hidden="true" width="100%" height="22">{}</svg>').format(
        Markup("").join(parts)
    )


def arm_span(outcome: Outcome, arm: str) -> float:
    """How far the axes of an arm reach: as far as the second longest of its changes, as a share of the first arm."""
    reached = []
    for metric in outcome.metrics:
        gain, base = outcome.of(arm, metric).gain, outcome.of(outcome.arms[0].name, metric).total
        if gain is not None and base is not None and base.value:
            reached.append(max(abs(gain.lower), abs(gain.upper)) / abs(base.value))
    return _span(reached)


def group_span(results: list[Result]) -> float:
    """How far the axes of some groups reach."""
    ends = [max(abs(r.gain.lower), abs(r.gain.upper)) / r.people for r in results if r.gain is not None]
    return _span(ends)


def _span(ends: list[float]) -> float:
    """Round, at least the middle of the ends and at most the largest: one huge interval hides no other."""
    if not ends or max(ends) <= 0:
        return 1.0
    middle = sorted(ends)[len(ends) // 2]
    reach = min(max(ends), 3 * middle) if middle > 0 else max(ends)
    step = 10.0 ** math.floor(math.log10(reach))
    return math.ceil(reach / step) * step


def each(found: Figure | None, people: int) -> str:
    """A sum a customer, with its interval."""
    if found is None:
        return "nothing can be said"
    return figure(Figure(*(part / people for part in _parts(found))), signed=True)


def winners(arm: ArmOutcome, metric: str) -> list[str]:
    """Of which share of customers more of a metric is expected than in the first arm, and of which less."""
    return [f"{share:.0%}" if share else "–" for share in arm.winners.get(metric, (0.0, 0.0))]


def _parts(found: Figure) -> tuple[float, float, float]:
    return found.value, found.lower, found.upper


def _paths(outcome: Outcome) -> list[Chart]:
    """For each decision, how often it comes in each period, a line an arm; none where there is one period."""
    if outcome.periods < 2:
        return []
    out = []
    for name in dict.fromkeys(name for arm in outcome.arms for name in arm.paths):
        lines = []
        for arm in outcome.arms:
            if name in arm.paths:
                path, ends = arm.paths[name], range(1, outcome.periods + 1)
                step = -(-outcome.periods // 120)
                middle, low, high = (_in_steps(row, step) for row in path)
                lines.append(Line(arm.name, tuple(float(end) for end in [*ends][::step]), middle, low, high))
        every = f" ({outcome.period}s in {-(-outcome.periods // 120)})" if outcome.periods > 120 else ""
        said = "Bands are the 95 % interval of what is not known; single periods vary by luck beyond it."
        out.append(Chart("useful", name, said, f"{outcome.period}{every}", f"{name} expected", tuple(lines)))
    return out


def _in_steps(row: object, step: int) -> tuple[float, ...]:
    values = np.asarray(row, float)
    return tuple(float(values[begin : begin + step].sum()) for begin in range(0, len(values), step))


def _groups(outcome: Outcome) -> list[tuple[str, list[tuple[str, list[tuple[str, list[Result]]]]]]]:
    """By column, and there by metric, what each arm changes in each group: (column, (metric, (arm, results)))."""
    out = []
    for column in dict.fromkeys(result.column for result in outcome.results if result.column):
        metrics = []
        for metric in outcome.metrics:
            arms = []
            for arm in outcome.arms[1:MOST_ARMS]:
                here = (column, metric, arm.name)
                own = [r for r in outcome.results if (r.column, r.metric, r.arm) == here]
                if any(r.gain and (r.gain.lower or r.gain.upper) for r in own):
                    arms.append((arm.name, own))
            if arms:
                metrics.append((metric, arms))
        if metrics:
            out.append((column, metrics))
    return out


@cache
def _environment() -> jinja2.Environment:
    return make_environment(
        "twinfold.simulation",
        figure=figure,
        standing=standing,
        change=change,
        count=count,
        rests_on=rests_on,
        each=each,
        winners=winners,
        gain_axis=gain_axis,
        level_axis=level_axis,
        ratio_axis=ratio_axis,
        arm_span=arm_span,
        group_span=group_span,
        most=60,
        few=FEW_SUPPORTED,
    )
