"""What an evaluation found: findings, comparisons that can be drawn, and the verdict they lead to."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Literal

from twinfold.evaluation.policy.policy import Policy


class Verdict(StrEnum):
    """`pass` and `fail` are judged against a threshold; `info` has none; `unknown` could not be measured."""

    PASS = "pass"  # noqa: S105 - a verdict, no password
    FAIL = "fail"
    INFO = "info"
    UNKNOWN = "unknown"


Group = Literal["faithful", "useful", "safe", "fair"]


@dataclass(frozen=True)
class Finding:
    """One measured property of a synthetic table.

    Attributes:
        name: stable machine name ("c2st_auc"); of one table of several, after that table's ("payments.shape_error").
        title: what it is, in plain words ("Told apart from real customers").
        group: the promise it bears on.
        value, low, high: the measure and its 95 % interval.
        yardstick: the same measure with the real holdout in the synthetic table's place; None where that says nothing.
        threshold: the worst acceptable value; None where the finding is information only.
        better: which direction is good: "lower", "higher".
        sentence: the finding in one plain sentence with its figures.
        method: how it was computed, in one or two sentences, with its source.
    """

    name: str
    title: str
    group: Group
    value: float
    low: float
    high: float
    yardstick: float | None
    threshold: float | None
    better: Literal["lower", "higher"]
    verdict: Verdict
    sentence: str
    method: str

    @property
    def measure(self) -> str:
        """What is measured, whichever table it is measured of: "shape_error" of "payments.shape_error"."""
        return self.name.rpartition(".")[2]

    def about(self, table: str) -> "Finding":
        """The same finding as one about a table of several."""
        return replace(self, name=f"{table}.{self.name}", title=f"{self.title}: {table}")


Subject = tuple[str, str, Group]
"""What a finding is about: its name, its title and the promise that it bears on."""


def measured(
    subject: Subject,
    figures: tuple[float, float, float],
    *,
    yardstick: float | None,
    sentence: str,
    method: str,
    better: Literal["lower", "higher"] = "lower",
) -> Finding:
    """A finding that has been measured and not yet been judged: `figures` are its value and its interval's ends."""
    value, low, high = map(float, figures)
    return Finding(*subject, value, low, high, yardstick, None, better, Verdict.INFO, sentence, method)


def unmeasured(
    subject: Subject, *, sentence: str, method: str, better: Literal["lower", "higher"] = "lower"
) -> Finding:
    """A finding that could not be measured, for the reason that `sentence` gives."""
    nan = float("nan")
    return Finding(*subject, nan, nan, nan, None, None, better, Verdict.UNKNOWN, sentence, method)


@dataclass(frozen=True)
class ColumnComparison:
    """One column, real holdout beside synthetic, ready to be drawn.

    For a category, `labels` are levels (at most 20, the last may be "(other)") and `real`, `synthetic` their shares.
    For a number or time, `edges` (one more than the shares) bound the bins of `real`, `synthetic` (shares of the
    present values) and `labels` are the edges as text. `real_missing`, `synthetic_missing` are shares of all rows.
    `error` is the distance between the two distributions: total variation for categories, Kolmogorov-Smirnov for
    numbers, 0 to 1; `yardstick` is that of the train rows against the holdout. `table` is named where there are
    several; `train`, where given, are the shares of the train rows.
    """

    name: str
    kind: str
    error: float
    yardstick: float
    labels: tuple[str, ...]
    edges: tuple[float, ...] | None
    real: tuple[float, ...]
    synthetic: tuple[float, ...]
    real_missing: float
    synthetic_missing: float
    table: str = ""
    train: tuple[float, ...] = ()


@dataclass(frozen=True)
class PairComparison:
    """Two columns together: `real` and `synthetic` shares of a grid, rows `first`'s bins, columns `second`'s."""

    first: str
    second: str
    error: float
    yardstick: float
    strength: float
    first_labels: tuple[str, ...]
    second_labels: tuple[str, ...]
    real: tuple[tuple[float, ...], ...]
    synthetic: tuple[tuple[float, ...], ...]
    table: str = ""


Three = tuple[float, float, float]
"""A figure of the train, the holdout and the synthetic tables."""


def three(values: Sequence[float]) -> Three:
    """The figures of the three tables, of which there must be as many."""
    train, holdout, synthetic = values
    return train, holdout, synthetic


@dataclass(frozen=True)
class LinkComparison:
    """One link between two tables, each figure of train, holdout and synthetic rows.

    Attributes:
        table, column, parent, key: rows of `table` point with `column` to the `key` of `parent`.
        rows: of `table`.
        orphans, nulls: rows that point to no row of the parent, and rows that point nowhere.
        repeated: rows of the parent whose key an earlier one has.
        mean, none: rows for each row of the parent, and the share of these that have none; NaN where a parent is
            one of many tables, or a reference table.
    """

    table: str
    column: str
    parent: str
    key: str
    rows: Three
    orphans: Three
    nulls: Three
    repeated: Three
    mean: Three
    none: Three


@dataclass(frozen=True)
class StepComparison:
    """How a column goes on from one row of a history to the next, each figure of train, holdout and synthetic rows.

    Attributes:
        autocorrelation: of lag one, -1 to 1; NaN for what is no number or does not vary.
        repeats: the share of rows that repeat the value of the row before.
    """

    table: str
    name: str
    autocorrelation: Three
    repeats: Three


@dataclass(frozen=True)
class RuleComparison:
    """A rule that the train rows keep ("opened <= closed"), and the share of rows that keep it in each table."""

    table: str
    rule: str
    kept: Three


@dataclass(frozen=True)
class Exhibit:
    """A table of figures that stands beside the findings of its group, ready to be shown.

    Attributes:
        group: the promise it bears on.
        title, sentence: what it shows, in a few plain words, and what is to be seen in it.
        header: the columns' titles.
        rows: as many cells each; numbers as they are (NaN where unknown), everything else as text.
        counts, shares: the places of the cells that say how many real customers a row is about, as a number, or as a
            share of all: a public report leaves out rows of few.
        single: whether a cell tells of a single customer, so that a public report leaves the table out.
    """

    group: Group
    title: str
    sentence: str
    header: tuple[str, ...]
    rows: tuple[tuple[str | float, ...], ...]
    counts: tuple[int, ...] = ()
    shares: tuple[int, ...] = ()
    single: bool = False

    def __post_init__(self) -> None:
        if uneven := [row for row in self.rows if len(row) != len(self.header)]:
            raise ValueError(f"{len(self.header)} columns in {self.title!r}, but a row of {len(uneven[0])}")


@dataclass(frozen=True)
class Line:
    """One line of a chart: at each of `x` the value `y` and its 95 % interval, all of one length; an interval that is
    not known is NaN."""

    name: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]

    def __post_init__(self) -> None:
        if {len(self.y), len(self.low), len(self.high)} != {len(self.x)}:
            raise ValueError(f"line {self.name!r} has {len(self.x)} places, {len(self.y)} values and others' ends")


@dataclass(frozen=True)
class Chart:
    """Lines over a common axis, ready to be drawn; `log` where the axis of x is logarithmic, `years` where it is of
    years, which are written without setting thousands apart."""

    group: Group
    title: str
    sentence: str
    x_title: str
    y_title: str
    lines: tuple[Line, ...]
    log: bool = False
    years: bool = False


@dataclass
class Found:
    """What has been found so far, in the order in which it is looked for."""

    findings: list[Finding] = field(default_factory=list)
    exhibits: list[Exhibit] = field(default_factory=list)
    charts: list[Chart] = field(default_factory=list)

    def add(self, findings: Sequence[Finding], exhibits: Sequence[Exhibit] = (), charts: Sequence[Chart] = ()) -> None:
        """Add what a measure found."""
        self.findings += findings
        self.exhibits += exhibits
        self.charts += charts

    def take(self, other: "Found") -> None:
        """Add what has been found elsewhere."""
        self.add(other.findings, other.exhibits, other.charts)


@dataclass(frozen=True)
class ExampleCustomer:
    """One synthetic customer, ready to be shown as a card.

    Attributes:
        title: which synthetic customers it stands for.
        facts: what the customer is, each with a label and a value.
        events: some rows of the tables that hang on the customer, in time order: when, the table, and what it says; the
            time is empty where a table has none.
        more: how many rows more there are.
        activity: how many rows fall into each of equally long spans from the first to the last, `span`; empty where
            none has a time.
    """

    title: str
    facts: tuple[tuple[str, str], ...]
    events: tuple[tuple[str, str, str], ...] = ()
    more: int = 0
    activity: tuple[int, ...] = ()
    span: tuple[str, str] = ("", "")


Audience = Literal["internal", "public"]
"""Who reads a report: the bank, or anybody. For the public figures are rounded, and what tells of single records or of
small groups of real customers is left out."""


@dataclass(frozen=True)
class Purpose:
    """One use the table may be put to, whether it is fit for it, and the names of the findings that say no."""

    name: str
    title: str
    fit: bool
    failing: tuple[str, ...]


@dataclass(frozen=True)
class Evaluation:
    """Everything an evaluation found. `headline` is the verdict in one plain sentence; `provenance` says what was
    compared: file hashes, rows, seed, versions, command, in display order.

    Of several tables, `links` says how they hang together, `histories` holds the numbers of rows and the times between
    them, `steps` how columns go on from row to row, and `rules` what always holds. `exhibits` and `charts` are tables
    and pictures of figures that no single finding can say; `examples` are synthetic customers. `policy` holds the
    limits that the verdict rests on.
    """

    headline: str
    purposes: tuple[Purpose, ...]
    findings: tuple[Finding, ...]
    columns: tuple[ColumnComparison, ...]
    pairs: tuple[PairComparison, ...]
    provenance: dict[str, Any]
    notes: tuple[str, ...] = ()
    links: tuple[LinkComparison, ...] = ()
    histories: tuple[ColumnComparison, ...] = ()
    steps: tuple[StepComparison, ...] = ()
    rules: tuple[RuleComparison, ...] = ()
    exhibits: tuple[Exhibit, ...] = ()
    charts: tuple[Chart, ...] = ()
    examples: tuple[ExampleCustomer, ...] = ()
    policy: Policy | None = None

    @property
    def released(self) -> bool:
        """Whether the table may be used for the purpose of its policy; False without one."""
        return self.policy is not None and self.fit_for(self.policy.purpose)

    def fit_for(self, purpose: str) -> bool:
        """Whether the table may be used for a purpose, by its name."""
        return next(p.fit for p in self.purposes if p.name == purpose)

    def html(self, *, audience: Audience = "internal") -> str:
        """The report as one file of HTML that needs nothing but itself, for the bank or for the public.

        Raises `OptionError` where there is no such audience.
        """
        from twinfold.evaluation.report.html import render

        return render(self, audience=audience)

    def json(self, *, audience: Audience = "internal") -> dict[str, Any]:
        """Everything found as plain values for `json.dump`, comparisons included, with a `version`, for the bank or for
        the public.

        Raises `OptionError` where there is no such audience.
        """
        from twinfold.evaluation.report.audience import seen_by
        from twinfold.evaluation.report.summary import summarise

        return summarise(seen_by(self, audience), audience).record()

    def text(self) -> str:
        """The verdict and the findings as plain text for a terminal."""
        from twinfold.evaluation.report.terminal import text

        return text(self)

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        from twinfold.evaluation.report.html import embed

        return embed(self)
