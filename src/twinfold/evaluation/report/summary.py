"""An evaluation in the order and the words in which people read it: the page, the terminal and JSON all show this.

Everything stands worst first: findings by verdict and distance from their threshold, columns and pairs by how far they
lie beyond the difference between two real samples.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import Any

from twinfold.evaluation.finding import (
    Audience,
    ColumnComparison,
    Evaluation,
    Finding,
    PairComparison,
    Purpose,
    Verdict,
)
from twinfold.evaluation.report.wording import (
    SPACE,
    exact_places,
    label,
    moment,
    number,
    parse_moment,
    percent,
    places,
    prose,
    shorten,
)

VERSION = 1
"""The version of the JSON record: raised when a reader of the old one would misread the new one."""

WORDS = {Verdict.FAIL: "fails", Verdict.UNKNOWN: "cannot tell", Verdict.PASS: "holds", Verdict.INFO: "for information"}
SYMBOLS = {Verdict.FAIL: "✕", Verdict.UNKNOWN: "?", Verdict.PASS: "✓", Verdict.INFO: "·"}
_ORDER = list(WORDS)


@dataclass(frozen=True)
class FindingLine:
    """A finding with its numbers as text, all to the same number of decimals; `limit` says "at most 0.600".

    What is counted rather than sampled has no interval: a dash stands there, as for all that is not known.
    """

    finding: Finding
    value: str
    interval: str
    yardstick: str
    limit: str
    title: str
    sentence: str
    method: str

    @property
    def word(self) -> str:
        """The verdict in plain words."""
        return WORDS[self.finding.verdict]

    @property
    def symbol(self) -> str:
        """The verdict as one character, so that it never hangs on colour."""
        return SYMBOLS[self.finding.verdict]


@dataclass(frozen=True)
class PurposeLine:
    """A purpose and the one sentence why the table is fit for it or not; `because` are places in `Summary.findings`."""

    purpose: Purpose
    title: str
    reason: str
    because: tuple[int, ...]


@dataclass(frozen=True)
class Summary:
    """What is shown, in the order in which it is shown."""

    headline: str
    purposes: tuple[PurposeLine, ...]
    findings: tuple[FindingLine, ...]
    columns: tuple[ColumnComparison, ...]
    pairs: tuple[PairComparison, ...]
    provenance: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]
    source: Evaluation
    audience: Audience = "internal"

    @property
    def fit(self) -> tuple[PurposeLine, ...]:
        """What the table is fit for."""
        return tuple(line for line in self.purposes if line.purpose.fit)

    @property
    def tables(self) -> tuple[str, ...]:
        """The tables whose columns are compared, in their order; of a single table its name is empty."""
        return tuple(dict.fromkeys(column.table for column in self.source.columns))

    @property
    def unfit(self) -> tuple[PurposeLine, ...]:
        """What the table is not fit for."""
        return tuple(line for line in self.purposes if not line.purpose.fit)

    def record(self) -> dict[str, Any]:
        """Everything as plain values for JSON, comparisons included; a number that is none is None."""
        source = self.source
        record = {
            "version": VERSION,
            "audience": self.audience,
            "headline": source.headline,
            "released": source.released,
            "policy": source.policy and source.policy.json(),
            "purposes": [line.purpose for line in self.purposes],
            "findings": [line.finding for line in self.findings],
            "columns": self.columns,
            "pairs": self.pairs,
            "links": source.links,
            "histories": source.histories,
            "steps": source.steps,
            "rules": source.rules,
            "exhibits": source.exhibits,
            "charts": source.charts,
            "examples": source.examples,
            "notes": source.notes,
            "provenance": source.provenance,
        }
        return {key: plain(value) for key, value in record.items()}


def summarise(evaluation: Evaluation, audience: Audience = "internal") -> Summary:
    """Put an evaluation, such as `audience` may see it, into the order and the words in which it is shown."""
    findings = sorted(evaluation.findings, key=_badness)
    lines = tuple(_finding_line(finding, rounded=audience == "public") for finding in findings)
    return Summary(
        headline=prose(evaluation.headline, 400),
        purposes=tuple(_purpose_line(purpose, lines, evaluation) for purpose in evaluation.purposes),
        findings=lines,
        columns=tuple(sorted(evaluation.columns, key=lambda c: _last(c.yardstick - c.error))),
        pairs=tuple(sorted(evaluation.pairs, key=lambda p: _last(p.yardstick - p.error))),
        provenance=tuple((shorten(name, 60), said) for name, said in _flat(evaluation.provenance)),
        notes=tuple(prose(note, 1500) for note in evaluation.notes),
        source=evaluation,
        audience=audience,
    )


def largest_gap(column: ColumnComparison) -> str:
    """Where a column's two distributions differ most, in one plain sentence; empty where they show no difference."""
    real, synthetic, where = list(column.real), list(column.synthetic), "{}"
    if column.edges is not None:
        real, synthetic, where = cumulated(real), cumulated(synthetic), "below {}"
    gaps = [round(abs(s - r), 12) for r, s in zip(real, synthetic, strict=True)]
    worst = gaps.index(max(gaps)) if gaps else 0
    if not gaps or percent(real[worst]) == percent(synthetic[worst]):
        return ""
    place = where.format(label(column.labels[worst]) if column.edges is None else edge_text(column, worst))
    rows = "rows" if column.edges is None else "values"
    return (
        f"Most apart: {place}, {percent(real[worst])}{SPACE}% of real {rows}, "
        f"{percent(synthetic[worst])}{SPACE}% of synthetic ones."
    )


def cumulated(shares: Sequence[float]) -> list[float]:
    """Share below each edge: one more than the shares, from 0."""
    total, out = 0.0, [0.0]
    for share in shares:
        total += share
        out.append(min(1.0, total))
    return out


def edge_text(column: ColumnComparison, index: int) -> str:
    """A bin's edge as people read it: times as they came, numbers with the decimals that tell them apart."""
    assert column.edges is not None
    if column.kind in ("date", "datetime") and index < len(column.labels):
        return moment(column.labels[index], span_days=min(100, span_days(column, 0, len(column.labels) - 1)))
    edge = column.edges[index]
    if column.kind == "integer":
        return number(math.ceil(edge), 0)
    widths = [b - a for a, b in pairwise(column.edges) if b > a]
    return number(edge, max(0, places([0, min(widths, default=1)]) - 1))


def span_days(column: ColumnComparison, first: int, last: int) -> int:
    """Days from one edge of a date's bins to another; 0 where their labels are no dates."""
    start, end = (parse_moment(column.labels[index]) for index in (first, last))
    return (end - start).days if start and end else 0


def _badness(finding: Finding) -> tuple[int, float]:
    """Sorts worst first: by verdict, then by how far beyond its threshold, in units of threshold to yardstick."""
    if finding.threshold is None or not math.isfinite(finding.value):
        return _ORDER.index(finding.verdict), 0.0
    beyond = finding.value - finding.threshold
    if finding.better == "higher":
        beyond = -beyond
    room = abs(finding.threshold - finding.yardstick) if finding.yardstick is not None else 0.0
    return _ORDER.index(finding.verdict), _last(-beyond / (room or abs(finding.threshold) or 1.0))


def _last(key: float) -> float:
    """A sort key that puts what is not a number at the end."""
    return key if math.isfinite(key) else math.inf


def _finding_line(finding: Finding, *, rounded: bool) -> FindingLine:
    """`rounded` figures are shown with the digits that they have, not with more."""
    figures = (finding.value, finding.low, finding.high, finding.yardstick)
    decimals = places(figures, [finding.threshold])
    if rounded:
        decimals = exact_places([*figures, finding.threshold], decimals)
    sampled = math.isfinite(finding.low) and math.isfinite(finding.high) and finding.low < finding.high
    limit = "–"
    if finding.threshold is not None:
        limit = f"at {'most' if finding.better == 'lower' else 'least'} {number(finding.threshold, decimals)}"
    return FindingLine(
        finding=finding,
        value=number(finding.value, decimals),
        interval=f"{number(finding.low, decimals)} to {number(finding.high, decimals)}" if sampled else "–",
        yardstick=number(finding.yardstick, decimals),
        limit=limit,
        title=shorten(finding.title, 120),
        sentence=prose(finding.sentence, 600),
        method=prose(finding.method, 1500),
    )


def _purpose_line(purpose: Purpose, findings: Sequence[FindingLine], evaluation: Evaluation) -> PurposeLine:
    policy = evaluation.policy
    lines = {line.finding.name: index for index, line in enumerate(findings)}
    because = tuple(lines[name] for name in purpose.failing if name in lines)
    title = shorten(purpose.title, 120)
    if because:
        more = len(because) - 1
        also = f" {more} more finding{'s speak' if more > 1 else ' speaks'} against it." if more else ""
        reason = findings[because[0]].sentence + also
    elif purpose.failing:
        kinds = {} if policy is None else policy.kinds
        missing = [f"whether {kinds[name].plain}" if name in kinds else name for name in purpose.failing[:5]]
        reason = shorten(f"Required, and not measured: {'; '.join(missing)}.", 400)
    else:
        reason = "No finding speaks against it." if purpose.fit else "No single finding is given as the reason."
        if untried := _untried(purpose, evaluation):
            reason += f" Not measured, though it has limits for it: {', '.join(untried)}."
    return PurposeLine(purpose, title[:1].upper() + title[1:], reason, because)


def _untried(purpose: Purpose, evaluation: Evaluation) -> list[str]:
    """The findings that protect customers, that a purpose limits, and that nobody measured."""
    policy = evaluation.policy
    if policy is None or purpose.name not in {rule.name for rule in policy.rules}:
        return []
    measured = {finding.measure for finding in evaluation.findings}
    limited = [limit.finding for limit in policy.rule_of(purpose.name).limits if limit.finding not in measured]
    kinds = [(name, policy.kinds[name]) for name in limited]
    return [name for name, kind in kinds if kind.group == "safe" and (evaluation.links or not kind.linked)]


def _flat(provenance: Mapping[str, Any], above: str = "") -> list[tuple[str, str]]:
    """Nested provenance as lines: {"train": {"rows": 9}} becomes ("train · rows", "9")."""
    lines: list[tuple[str, str]] = []
    for name, value in provenance.items():
        title = f"{above} · {name}" if above else str(name)
        if isinstance(value, Mapping):
            lines += _flat(value, title)
        elif isinstance(value, (list, tuple)):
            lines.append((title, shorten(", ".join(map(str, value)), 400)))
        elif isinstance(value, int) and not isinstance(value, bool) and "seed" not in title:
            lines.append((title, f"{value:,}" if abs(value) >= 10_000 else str(value)))
        else:
            lines.append((title, shorten(value, 400)))
    return lines


def plain(value: Any) -> Any:
    """A value as JSON can hold it: dataclasses as mappings, numbers of numpy as Python's, what is none as None."""
    if hasattr(value, "__dataclass_fields__"):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if hasattr(value, "item"):  # a numpy scalar
        value = value.item()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, (bool, int)):
        return value
    return str(value)
