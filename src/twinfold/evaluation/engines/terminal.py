"""The comparison as plain text: the recommendation, a line an engine, and what was not judged."""

from collections.abc import Callable, Sequence

from twinfold.evaluation.engines.comparison import EngineComparison
from twinfold.evaluation.engines.recommendation import seconds
from twinfold.evaluation.engines.trial import CLOSENESS, MEASURES, Trial
from twinfold.evaluation.report.wording import shorten


def text(comparison: EngineComparison) -> str:
    """The comparison as plain text; intervals of all figures are on the page and in JSON."""
    lines = [*comparison.recommendation.sentences, ""]
    if comparison.judged:
        heads = ["engine", "", "CPU time", *_spread(comparison, lambda name: (MEASURES[name][0], "95 % interval"))]
        real = ["a second real sample", "", "", *_spread(comparison, lambda name: (comparison.yardstick(name), ""))]
        lines += [*_table([heads, *(_row(comparison, trial) for trial in comparison.judged), real]), ""]
    lines += [f"{each.engine}: refused, {each.reason}." for each in comparison.judged if not each.released]
    lines += [f"{each.engine}: {each.state}, {each.reason.rstrip('.')}." for each in comparison.untold]
    lines += [f"Note: {each.engine}: {shorten(each.note, 300)}." for each in comparison.judged if each.note]
    lines += [f"Note: {note}" for note in comparison.notes]
    return "\n".join(lines).rstrip() + "\n"


def _row(comparison: EngineComparison, trial: Trial) -> list[str]:
    def show(name: str) -> tuple[str, str]:
        cell = comparison.cell(trial, name)
        return f"{cell.value}{' ✕' if cell.fails else ''}", cell.interval

    verdict = "✓ released" if trial.released else "✕ refused"
    return [trial.engine, verdict, seconds(trial.cpu), *_spread(comparison, show)]


def _spread(comparison: EngineComparison, show: Callable[[str], tuple[str, str]]) -> list[str]:
    """A cell a measure; the one that engines are ranked by has one more, for its interval."""
    cells = []
    for name in comparison.measures:
        value, interval = show(name)
        cells += [value, interval] if name == CLOSENESS else [value]
    return cells


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
