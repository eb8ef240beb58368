"""Engines compared on a table: what shows itself in a terminal, on a page, in a notebook and as JSON."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from twinfold.evaluation.engines.recommendation import RULE, Recommendation
from twinfold.evaluation.engines.trial import MEASURES, Trial
from twinfold.evaluation.finding import Finding
from twinfold.evaluation.report.summary import plain
from twinfold.evaluation.report.wording import number

VERSION = 1
"""The version of the JSON record: raised when a reader of the old one would misread the new one."""


@dataclass(frozen=True)
class Cell:
    """A measure of an engine, as it is shown: to the same decimals for all engines; a dash for what is not known."""

    value: str
    interval: str
    fails: bool


@dataclass(frozen=True)
class EngineComparison:
    """What came of engines on a table.

    Attributes:
        trials: one an engine, from the best to the worst, those that were not judged last.
        recommendation: the engine to take, in words.
        default: the engine that "auto" takes of this table.
        purpose: the title of the use that rows are released for, or refused.
        provenance: where it comes from, in display order.
        notes: what else a reader must know.
    """

    trials: tuple[Trial, ...]
    recommendation: Recommendation
    default: str
    purpose: str
    provenance: Mapping[str, Any]
    notes: tuple[str, ...] = ()

    @property
    def headline(self) -> str:
        """The recommendation's first sentence."""
        return self.recommendation.sentences[0]

    @property
    def judged(self) -> tuple[Trial, ...]:
        """The engines whose rows were judged."""
        return tuple(trial for trial in self.trials if trial.judged)

    @property
    def untold(self) -> tuple[Trial, ...]:
        """The engines of which nothing is known: failed, not tried, or not installed."""
        return tuple(trial for trial in self.trials if not trial.judged)

    @property
    def measures(self) -> tuple[str, ...]:
        """The findings that are set side by side: those of `MEASURES` that any engine has."""
        return tuple(name for name in MEASURES if any(trial.finding(name) for trial in self.trials))

    def cell(self, trial: Trial, measure: str) -> Cell:
        """A measure of an engine."""
        return show_finding(trial.finding(measure))

    def yardstick(self, measure: str) -> str:
        """What a second real sample gets, the learned rows in the synthetic rows' place; a dash where there is none."""
        return number(_yardstick(self.trials, measure), MEASURES[measure][1])

    def html(self) -> str:
        """The comparison as one file of HTML that needs nothing but itself."""
        from twinfold.evaluation.engines.page import render

        return render(self)

    def write(self, path: str | Path, *, force: bool = False) -> Path:
        """Write the page to `path`, whole or not at all. Raises `OutputError` where it can't be written."""
        from twinfold.tables.text_file import save_text

        save_text(self.html(), path, force=force)
        return Path(path)

    def json(self) -> dict[str, Any]:
        """Everything as plain values for `json.dump`, all findings included, with a `version`."""
        return {
            "version": VERSION,
            "headline": self.headline,
            "recommendation": {**plain(self.recommendation), "rule": RULE},
            "default": self.default,
            "purpose": self.purpose,
            "yardsticks": {name: plain(_yardstick(self.trials, name)) for name in self.measures},
            "engines": [plain(trial) for trial in self.trials],
            "provenance": plain(self.provenance),
            "notes": list(self.notes),
        }

    def text(self) -> str:
        """The comparison as plain text for a terminal."""
        from twinfold.evaluation.engines.terminal import text

        return text(self)

    def _repr_html_(self) -> str:
        from twinfold.evaluation.report.frames import embed_page

        return embed_page(self.html(), "Twinfold engines compared", 640)


def show_finding(finding: Finding | None) -> Cell:
    """A finding as a cell; one that was not looked for is a dash."""
    if finding is None:
        return Cell("–", "", fails=False)
    decimals = MEASURES[finding.name][1]
    value, low, high = (number(each, decimals) for each in (finding.value, finding.low, finding.high))
    return Cell(value, "" if value == "–" else f"{low} to {high}", finding.verdict.value == "fail")


def _yardstick(trials: tuple[Trial, ...], measure: str) -> float | None:
    found = (trial.finding(measure) for trial in trials)
    return next((each.yardstick for each in found if each is not None and each.yardstick is not None), None)
