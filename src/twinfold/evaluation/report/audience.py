"""An evaluation as the public may read it: figures rounded, single records and small groups left out.

Figures about real customers give a little of them away, each one, and together more: whoever may compare many exact
figures can find out who is among them (Dwork et al. 2017, "Exposed!"). Rounding makes that harder, not impossible.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from typing import Any

from twinfold.errors import OptionError, unknown_name
from twinfold.evaluation.finding import (
    Audience,
    Chart,
    ColumnComparison,
    Evaluation,
    Exhibit,
    Finding,
    Line,
    LinkComparison,
    PairComparison,
    RuleComparison,
    StepComparison,
    Three,
)

AUDIENCES: tuple[Audience, ...] = ("internal", "public")

SMALL_SHARE, SMALL_GROUP = 0.01, 50
"""A share of real customers below which it is left out, and a number of them below which a group is."""

REST = "(other)"
_KEPT = (
    *("engine", "target", "sensitive", "favourable", "tasks", "curves", "shadow models"),
    *("policy", "limits loosened", "seed", "twinfold", "polars", "lightgbm"),
)
"""What of the provenance the public reads as it is; of the tables it reads how many rows they have, roughly."""

_COUNTED = re.compile(r"([\d,]+) (?:of these |other )?rows")
_NUMBER = re.compile(r"(?<![\w.,'-])[−-]?\d[\d,]*(?:\.\d+)?(?![\w,.]*\d)(?!\w)")
_QUOTED = re.compile(r"('[^']*')")


def seen_by(evaluation: Evaluation, audience: Audience) -> Evaluation:
    """The evaluation as an audience may see it: whole inside the bank, else rounded and without small groups.

    Raises `OptionError` where there is no such audience.
    """
    if audience not in AUDIENCES:
        raise OptionError(unknown_name("audience", audience, AUDIENCES))
    return evaluation if audience == "internal" else _publish(evaluation)


def _publish(evaluation: Evaluation) -> Evaluation:
    return replace(
        evaluation,
        headline=round_text(evaluation.headline),
        findings=tuple(map(_finding, evaluation.findings)),
        columns=tuple(map(_column, evaluation.columns)),
        pairs=tuple(map(_pair, evaluation.pairs)),
        provenance=_provenance(evaluation.provenance),
        notes=tuple(map(round_text, evaluation.notes)),
        links=tuple(map(_link, evaluation.links)),
        histories=tuple(map(_column, evaluation.histories)),
        steps=tuple(map(_step, evaluation.steps)),
        rules=tuple(RuleComparison(rule.table, rule.rule, _three(rule.kept)) for rule in evaluation.rules),
        exhibits=tuple(_exhibit(exhibit) for exhibit in evaluation.exhibits if not exhibit.single),
        charts=tuple(map(_chart, evaluation.charts)),
    )


def round_number(value: float) -> float:
    """A figure to two significant digits.

    >>> round_number(22_605.0), round_number(0.6374), round_number(7.0)
    (23000.0, 0.64, 7.0)
    """
    if not value or not math.isfinite(value):
        return value
    return round(value, 1 - math.floor(math.log10(abs(value))))


def round_text(text: str) -> str:
    """A sentence whose figures are rounded to two significant digits; names in quotes and years stay.

    >>> round_text("3 of 22,605 rows (0.013 %) repeat one; 'income_2023' is off by 8.37 %.")
    "3 of 23,000 rows (0.013 %) repeat one; 'income_2023' is off by 8.4 %."
    >>> round_text("Seen 1,234 times since 1994-05-31.")
    'Seen 1,200 times since 1994-05-31.'
    """
    parts = _QUOTED.split(text)
    return "".join(part if place % 2 else _NUMBER.sub(_rounded, part) for place, part in enumerate(parts))


def _rounded(found: re.Match[str]) -> str:
    text = found[0]
    plain = text.replace(",", "").replace("−", "-")
    if re.fullmatch(r"(?:19|20)\d\d", text):  # a year
        return text
    value = round_number(float(plain))
    digits = len(plain.partition(".")[2])
    decimals = min(digits, max(0, 1 - math.floor(math.log10(abs(value))))) if value else digits
    return f"{value:,.{decimals}f}".replace("-", text[0])


def _finding(finding: Finding) -> Finding:
    value, low, high = map(round_number, (finding.value, finding.low, finding.high))
    yardstick, threshold = (None if v is None else round_number(v) for v in (finding.yardstick, finding.threshold))
    return replace(
        finding,
        value=value,
        low=low,
        high=high,
        yardstick=yardstick,
        threshold=threshold,
        sentence=round_text(finding.sentence),
    )


def _three(figures: Three) -> Three:
    train, holdout, synthetic = map(round_number, figures)
    return train, holdout, synthetic


def _column(column: ColumnComparison) -> ColumnComparison:
    grouped = _levels(column) if column.edges is None else _bins(column)
    return replace(
        grouped,
        error=round_number(column.error),
        yardstick=round_number(column.yardstick),
        real=tuple(map(round_number, grouped.real)),
        synthetic=tuple(map(round_number, grouped.synthetic)),
        train=tuple(map(round_number, grouped.train)),
        real_missing=round_number(column.real_missing) if column.real_missing >= SMALL_SHARE else 0.0,
        synthetic_missing=round_number(column.synthetic_missing),
    )


def _levels(column: ColumnComparison) -> ColumnComparison:
    """Levels that few real rows hold, and what was together before, as one."""
    held = [label != REST and real >= SMALL_SHARE for label, real in zip(column.labels, column.real, strict=True)]
    if all(held):
        return column
    real, synthetic = (
        (*(share for share, keep in zip(shares, held, strict=True) if keep),
         sum(share for share, keep in zip(shares, held, strict=True) if not keep))
        for shares in (column.real, column.synthetic)
    )  # fmt: skip
    labels = *(label for label, keep in zip(column.labels, held, strict=True) if keep), REST
    if real[-1] < SMALL_SHARE:  # too few even together
        real = (*real[:-1], 0.0)
    return replace(column, labels=labels, real=real, synthetic=synthetic)


def _bins(column: ColumnComparison) -> ColumnComparison:
    """Bins joined with their neighbours until each holds enough real rows, or none."""
    if not column.edges:
        return column
    sides = (column.real, column.synthetic, column.train)
    ends, held = [0], 0.0
    for place, share in enumerate(column.real, start=1):
        held += share
        if held >= SMALL_SHARE or held == 0.0:
            ends.append(place)
            held = 0.0
    if ends[-1] < len(column.real):
        ends = [*(ends[:-1] or [0]), len(column.real)]
    real, synthetic, train = (tuple(sum(side[a:b]) for a, b in pairwise(ends)) if side else () for side in sides)
    edges = tuple(column.edges[end] for end in ends)
    labels = tuple(column.labels[end] for end in ends) if len(column.labels) == len(column.edges) else column.labels
    return replace(column, edges=edges, labels=labels, real=real, synthetic=synthetic, train=train)


def _pair(pair: PairComparison) -> PairComparison:
    """Cells that few real rows are in are left empty."""
    real = tuple(tuple(round_number(cell) if cell >= SMALL_SHARE else 0.0 for cell in row) for row in pair.real)
    synthetic = tuple(
        tuple(round_number(made) if cell >= SMALL_SHARE else 0.0 for made, cell in zip(*rows, strict=True))
        for rows in zip(pair.synthetic, pair.real, strict=True)
    )
    figures = (round_number(value) for value in (pair.error, pair.yardstick, pair.strength))
    error, yardstick, strength = figures
    return replace(pair, error=error, yardstick=yardstick, strength=strength, real=real, synthetic=synthetic)


def _link(link: LinkComparison) -> LinkComparison:
    return LinkComparison(
        link.table,
        link.column,
        link.parent,
        link.key,
        *map(_three, (link.rows, link.orphans, link.nulls, link.repeated, link.mean, link.none)),
    )


def _step(step: StepComparison) -> StepComparison:
    return StepComparison(step.table, step.name, _three(step.autocorrelation), _three(step.repeats))


def _exhibit(exhibit: Exhibit) -> Exhibit:
    """Figures rounded, rows left out behind which few customers stand."""
    least = {place: float(SMALL_GROUP) for place in exhibit.counts} | dict.fromkeys(exhibit.shares, SMALL_SHARE)
    rows = tuple(
        tuple(round_text(cell) if isinstance(cell, str) else round_number(cell) for cell in row)
        for row in exhibit.rows
        if not any(not isinstance(cell := row[place], str) and cell < few for place, few in least.items())
    )
    left = len(exhibit.rows) - len(rows)
    said = f" Left out: {left} {'group' if left == 1 else 'groups'} of few customers." if left else ""
    return replace(exhibit, sentence=round_text(exhibit.sentence) + said, rows=rows)


def _chart(chart: Chart) -> Chart:
    lines = tuple(
        Line(line.name, *(tuple(map(round_number, values)) for values in (line.x, line.y, line.low, line.high)))
        for line in chart.lines
    )
    return replace(chart, sentence=round_text(chart.sentence), lines=lines)


def _provenance(provenance: Mapping[str, Any]) -> dict[str, Any]:
    """Roughly how many rows each table has, policy, seed and versions; no command, and no path or digest of a table."""
    kept: dict[str, Any] = {}
    for name, said in provenance.items():
        if name in _KEPT:
            kept[name] = said
        elif name in ("train", "holdout", "synthetic"):
            tables = said if isinstance(said, Mapping) else {"": said}
            for table, text in tables.items():
                if found := _COUNTED.search(str(text)):
                    rows = round_number(float(found[1].replace(",", "")))
                    kept[f"{name} · {table}" if table else name] = f"about {rows:,.0f} rows"
    return kept
