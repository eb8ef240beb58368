"""Two evaluations compared: what got better or worse by more than chance, and which verdicts changed."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from twinfold.errors import DataError
from twinfold.evaluation.finding import Verdict
from twinfold.evaluation.intervals import between
from twinfold.evaluation.report.record import Record, RecordedColumn, RecordedFinding, known
from twinfold.evaluation.report.summary import WORDS
from twinfold.evaluation.report.wording import label, number, places, prose, shorten

MOVED = 10
"""Columns that are named, those that moved most."""

METHOD = (
    "A finding is called better or worse where the 95 % interval of the difference lies on one side of zero. It comes "
    "from the two findings' own intervals (MOVER: Zou and Donner 2008, equation 1), as if these were independent: of "
    "two tables judged by the same holdout they are not, and smaller changes may be real. A figure that was counted "
    "has no interval: any change of it is one. Among many findings, one in twenty differs so by chance."
)

Change = Literal["better", "worse", "unclear"]


ASKED = ("policy", "target", "sensitive", "favourable", "tasks", "curves", "shadow models", "model", "seed", "twinfold")
"""What of the provenance says what was asked, and of whom."""


@dataclass(frozen=True)
class FindingChange:
    """A finding before and after.

    Attributes:
        name, title: of the finding.
        before, after: its values; NaN where it could not be measured.
        low, high: the 95 % interval of `after - before`; NaN where that is not known.
        change: better or worse beyond the interval, else unclear.
        verdicts: before and after.
    """

    name: str
    title: str
    before: float
    after: float
    low: float
    high: float
    change: Change
    verdicts: tuple[Verdict, Verdict]

    @property
    def words(self) -> tuple[str, str]:
        """The verdicts in plain words."""
        return WORDS[self.verdicts[0]], WORDS[self.verdicts[1]]

    @property
    def turned(self) -> bool:
        """Whether the verdict changed."""
        return self.verdicts[0] is not self.verdicts[1]

    @property
    def cells(self) -> tuple[str, str, str]:
        """Both values and the interval of the difference as text, to the same decimals."""
        decimals = places([self.before, self.after, self.low, self.high])
        interval = "–"
        if math.isfinite(self.low) and self.low < self.high:
            interval = f"{_signed(self.low, decimals)} to {_signed(self.high, decimals)}"
        return number(self.before, decimals), number(self.after, decimals), interval


@dataclass(frozen=True)
class ColumnChange:
    """How far a column was off, beyond what two real samples are, before and after."""

    name: str
    before: float
    after: float


@dataclass(frozen=True)
class PurposeChange:
    """A purpose for which the table was fit before and is not now, or the reverse."""

    title: str
    fit: bool


@dataclass(frozen=True)
class ReportDifference:
    """What changed from one evaluation to another.

    Attributes:
        headlines: of both.
        asked: what was asked otherwise: of each such thing its name, and what it was before and after.
        purposes: those whose verdict changed.
        findings: of both evaluations, those that changed first: worse, better, verdict alone, unclear.
        added, gone: titles of findings that only the second, or only the first, has.
        columns: those that moved most.
    """

    headlines: tuple[str, str]
    asked: tuple[tuple[str, str, str], ...]
    purposes: tuple[PurposeChange, ...]
    findings: tuple[FindingChange, ...]
    added: tuple[str, ...]
    gone: tuple[str, ...]
    columns: tuple[ColumnChange, ...]

    @property
    def changed(self) -> tuple[FindingChange, ...]:
        """The findings that got better or worse, or have another verdict."""
        return tuple(finding for finding in self.findings if finding.change != "unclear" or finding.turned)

    @property
    def headline(self) -> str:
        """The difference in one sentence."""
        worse, better = (sum(f.change == change for f in self.findings) for change in ("worse", "better"))
        if not worse and not better:
            return "No finding got better or worse by more than chance."
        said = [f"{count} {'finding' if count == 1 else 'findings'} got {how}" for how, count in
                (("worse", worse), ("better", better)) if count]  # fmt: skip
        return f"By more than chance, {' and '.join(said)}."

    def html(self) -> str:
        """The difference as one page of HTML that needs nothing but itself."""
        from twinfold.evaluation.report.html import environment

        return environment().get_template("difference.html.jinja").render(difference=self, method=METHOD)

    def json(self) -> dict[str, Any]:
        """The difference as plain values for `json.dump`."""
        from twinfold.evaluation.report.summary import plain

        return {"headline": self.headline, **plain(self)}

    def text(self) -> str:
        """The difference as plain text for a terminal."""
        lines = [self.headline, "", f"before: {self.headlines[0]}", f"after:  {self.headlines[1]}"]
        lines += [f"asked otherwise: {name}, {old} → {new}" for name, old, new in self.asked]
        lines += [f"{'now fit' if each.fit else 'no longer fit'} for {each.title}" for each in self.purposes]
        if self.changed:
            lines += ["", *_table([_row(finding) for finding in self.changed])]
        lines += [f"new: {title}" for title in self.added] + [f"no longer there: {title}" for title in self.gone]
        if self.columns:
            moved = ", ".join(f"{c.name} {number(c.before, 3)} → {number(c.after, 3)}" for c in self.columns)
            lines += ["", f"Columns that moved most (distance beyond two real samples): {moved}"]
        return "\n".join(lines) + "\n"


def compare(before: Record, after: Record) -> ReportDifference:
    """What changed from one record to another.

    Raises `DataError` where one is for the public and the other is not: what rounding changes is no difference.
    """
    if before.audience != after.audience:
        raise DataError(
            f"the first record is for the {before.audience} audience and the second for the {after.audience} one, and "
            "figures for the public are rounded; compare two records for the same audience"
        )
    old, new = ({finding.name: finding for finding in record.findings} for record in (before, after))
    findings = [_change(finding, new[name]) for name, finding in old.items() if name in new]
    order = {"worse": 0, "better": 1, "unclear": 3}
    findings.sort(key=lambda each: 2 if each.turned and each.change == "unclear" else order[each.change])
    fit = {purpose.name: purpose.fit for purpose in before.purposes}
    return ReportDifference(
        headlines=(prose(before.headline, 400), prose(after.headline, 400)),
        asked=_asked(before.provenance, after.provenance),
        purposes=tuple(
            PurposeChange(shorten(purpose.title, 120), purpose.fit)
            for purpose in after.purposes
            if fit.get(purpose.name, purpose.fit) != purpose.fit
        ),
        findings=tuple(findings),
        added=tuple(shorten(finding.title, 120) for name, finding in new.items() if name not in old),
        gone=tuple(shorten(finding.title, 120) for name, finding in old.items() if name not in new),
        columns=_moved(before.columns, after.columns),
    )


def _asked(before: dict[str, Any], after: dict[str, Any]) -> tuple[tuple[str, str, str], ...]:
    """What was asked otherwise, or by another version: a verdict may turn by that alone."""
    told = ((name, *(shorten(side.get(name, "–"), 100) for side in (before, after))) for name in ASKED)
    return tuple((name, old, new) for name, old, new in told if old != new)


def _change(before: RecordedFinding, after: RecordedFinding) -> FindingChange:
    a, b = ((known(f.value), known(f.low), known(f.high)) for f in (before, after))
    low, high = between(a, b)
    change: Change = "unclear"
    if low > 0 or high < 0:  # false for NaN
        change = "better" if (high < 0) == (after.better == "lower") else "worse"
    title = shorten(after.title, 120)
    return FindingChange(after.name, title, a[0], b[0], low, high, change, (before.verdict, after.verdict))


def _moved(before: Sequence[RecordedColumn], after: Sequence[RecordedColumn]) -> tuple[ColumnChange, ...]:
    """The columns of both whose distance beyond the yardstick changed most."""
    old = {(column.table, column.name): _excess(column) for column in before}
    both = [
        ColumnChange(
            label(f"{c.table}.{c.name}" if c.table else c.name, 60), old[c.table, c.name], _excess(c)
        )
        for c in after
        if (c.table, c.name) in old
    ]  # fmt: skip
    moved = [column for column in both if abs(column.after - column.before) >= 0.0005]  # false for NaN
    return tuple(sorted(moved, key=lambda c: -abs(c.after - c.before))[:MOVED])


def _excess(column: RecordedColumn) -> float:
    return known(column.error) - known(column.yardstick)


def _signed(value: float, decimals: int) -> str:
    text = number(value, decimals)
    return text if text.startswith("−") or not float(f"{value:.{decimals}f}") else f"+{text}"


def _row(finding: FindingChange) -> tuple[str, ...]:
    before, after, interval = finding.cells
    verdicts = " → ".join(finding.words) if finding.turned else finding.words[1]
    return finding.change, finding.title, f"{before} → {after}", interval, verdicts


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows under a head, in columns as wide as they must be."""
    every = [("", "finding", "value", "95 % interval of the difference", "verdict"), *rows]
    widths = [max(len(row[place]) for row in every) for place in range(5)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in every]
