"""The comparison as one page: no script, no request to anywhere."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from twinfold.evaluation.engines import picture
from twinfold.evaluation.engines.comparison import EngineComparison
from twinfold.evaluation.engines.recommendation import RULE, seconds
from twinfold.evaluation.engines.trial import CLOSENESS, MEASURES, Trial
from twinfold.evaluation.finding import Finding, Verdict
from twinfold.evaluation.report.frames import make_environment

if TYPE_CHECKING:
    import jinja2

LOOKS = (
    (Verdict.PASS, "the attack on the most isolated customers fails"),
    (Verdict.FAIL, "the attack succeeds: beyond the policy's limit"),
    (Verdict.UNKNOWN, "cannot be told, or has no limit"),
)
"""What the marks of the picture mean."""


def render(comparison: EngineComparison) -> str:
    """The comparison as one file of HTML that needs nothing but itself."""
    return (
        _environment()
        .get_template("engines.html.jinja")
        .render(
            comparison=comparison,
            scatter=scatter(comparison),
            looks=[(verdict, said) for verdict, said in LOOKS if verdict in _verdicts(comparison)],
            methods=_methods(comparison),
        )
    )


def scatter(comparison: EngineComparison) -> picture.Scatter:
    """What a CPU second buys: how well rows are told from real ones against what the engine took."""
    found = [(trial, trial.finding(CLOSENESS)) for trial in comparison.judged]
    marks = tuple(
        picture.Mark(_named(trial), trial.cpu, each.value, each.low, each.high, _look(trial))
        for trial, each in found
        if each is not None
    )
    levels = [("a coin", 0.5)]
    known: list[Finding] = [each for _, each in found if each is not None]
    if known and known[0].yardstick is not None:
        levels = [("a second real sample", known[0].yardstick)]
    if known and known[0].threshold is not None:
        levels.append(("the policy's limit", known[0].threshold))
    return picture.Scatter(
        "What a CPU second buys",
        "CPU seconds to learn and to draw as many rows, logarithmic",
        "told apart from unseen real rows (C2ST AUC, 0.5 is best)",
        marks,
        tuple(levels),
    )


def _named(trial: Trial) -> str:
    return trial.engine if trial.released else f"{trial.engine} (refused)"


def _look(trial: Trial) -> Verdict:
    return Verdict.UNKNOWN if trial.attacked is Verdict.INFO else trial.attacked


def _verdicts(comparison: EngineComparison) -> set[Verdict]:
    return {_look(trial) for trial in comparison.judged}


def _methods(comparison: EngineComparison) -> list[tuple[str, str, str]]:
    """Of each measure its short title, what it is, and how it is computed."""
    out = []
    for name in comparison.measures:
        found = next(each for trial in comparison.judged if (each := trial.finding(name)) is not None)
        out.append((MEASURES[name][0], found.title, found.method))
    return out


@cache
def _environment() -> jinja2.Environment:
    return make_environment(
        "twinfold.evaluation.engines", picture=picture, seconds=seconds, measured=MEASURES, rule=RULE, most=60
    )
