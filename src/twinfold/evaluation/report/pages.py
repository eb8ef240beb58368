"""The pages of the report: which findings, charts and tables stand on which, and what is said where none do."""

from collections.abc import Sequence
from dataclasses import dataclass

from twinfold.evaluation.finding import Chart, Exhibit, Group
from twinfold.evaluation.policy.policy_file import built_in
from twinfold.evaluation.report.summary import FindingLine, Summary


@dataclass(frozen=True)
class Promise:
    """One of the promises, and the page that its findings stand on.

    Attributes:
        key: of the page, as its address has it.
        group: of the findings.
        title: of the page.
        asks: what the page answers, in a sentence or two.
        unmeasured: what is said where no finding tells: why, and what would measure it.
    """

    key: str
    group: Group
    title: str
    asks: str
    unmeasured: str


PROMISES: tuple[Promise, ...] = (
    Promise(
        "fidelity",
        "faithful",
        "Fidelity",
        "Are synthetic customers distributed like real ones: column by column, two by two, and all together?",
        "Fidelity was not measured: no column of the tables could be compared.",
    ),
    Promise(
        "usefulness",
        "useful",
        "Usefulness",
        "Does work that is done on synthetic customers come to the same result as on real ones?",
        "Usefulness was not measured: no target was named. Name the column that a model shall predict with --target "
        "COLUMN (in Python target=…), and models trained on the synthetic customers are tested on real ones.",
    ),
    Promise(
        "privacy",
        "safe",
        "Privacy",
        "Does the table give away real customers who were learned? These are attacks that were run, and copies that "
        "were counted; an attack that was not run says nothing.",
        "Privacy was not measured: no column of the tables could be attacked.",
    ),
    Promise(
        "fairness",
        "fair",
        "Fairness",
        "Are groups of customers as present, as well drawn and as well treated as in the real data?",
        "Fairness was not measured: no column was named whose groups are to be compared. twinfold evaluate --target "
        "COLUMN --sensitive COLUMNS does. Until then nobody knows whether small groups are drawn worse than large "
        "ones.",
    ),
)


@dataclass(frozen=True)
class Numbered:
    """A finding with its place among all, worst first, from 1: by that number it is referred to."""

    number: int
    line: FindingLine


@dataclass(frozen=True)
class Page:
    """One promise's page."""

    promise: Promise
    findings: tuple[Numbered, ...]
    charts: tuple[Chart, ...]
    exhibits: tuple[Exhibit, ...]
    elsewhere: int

    @property
    def empty(self) -> bool:
        """Whether nothing at all was measured."""
        return not (self.findings or self.charts or self.exhibits or self.elsewhere)

    @property
    def counts(self) -> tuple[tuple[str, str, int], ...]:
        """How many findings have each verdict: its sign, its word and the number, worst first."""
        seen: dict[tuple[str, str], int] = {}
        for each in self.findings:
            key = each.line.symbol, each.line.word
            seen[key] = seen.get(key, 0) + 1
        return tuple((symbol, word, count) for (symbol, word), count in seen.items())


def arrange_pages(summary: Summary) -> tuple[Page, ...]:
    """The promises' pages, in their order."""
    everything = number_findings(summary)
    return tuple(_page(promise, summary, everything) for promise in PROMISES)


def linked_findings(summary: Summary) -> tuple[Numbered, ...]:
    """The findings that stand on the page of linked tables."""
    return tuple(each for each in number_findings(summary) if is_linked(each.line))


def number_findings(summary: Summary) -> tuple[Numbered, ...]:
    """All findings with their numbers."""
    return tuple(Numbered(number, line) for number, line in enumerate(summary.findings, start=1))


def is_linked(line: FindingLine) -> bool:
    """Whether a finding is one of linked tables alone."""
    kind = built_in().kinds.get(line.finding.measure)
    return line.finding.group == "faithful" and kind is not None and kind.linked


def _page(promise: Promise, summary: Summary, everything: Sequence[Numbered]) -> Page:
    own = [each for each in everything if each.line.finding.group == promise.group]
    here = tuple(each for each in own if not is_linked(each.line))
    return Page(
        promise,
        here,
        tuple(chart for chart in summary.source.charts if chart.group == promise.group),
        tuple(exhibit for exhibit in summary.source.exhibits if exhibit.group == promise.group),
        elsewhere=len(own) - len(here),
    )
