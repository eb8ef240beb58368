"""Trials of engines that nobody ran, with the figures that a test asks for."""

from collections.abc import Callable

import pytest

from twinfold.evaluation.engines.trial import Effort, Trial
from twinfold.evaluation.finding import Finding, Verdict

MakeTrial = Callable[..., Trial]


def _finding(name: str, value: float, half: float, verdict: Verdict) -> Finding:
    group, better = ("useful", "higher") if name == "utility" else ("safe", "lower")
    ends = (value, value - half, value + half)
    return Finding(name, name, group, *ends, 0.5, 0.7, better, verdict, "a sentence.", "a method.")  # type: ignore[arg-type]


@pytest.fixture
def trial() -> MakeTrial:
    def make(
        engine: str,
        auc: float,
        *,
        half: float = 0.01,
        cpu: float = 10.0,
        released: bool = True,
        attacked: Verdict = Verdict.PASS,
        utility: float | None = None,
    ) -> Trial:
        findings = [_finding("c2st_auc", auc, half, Verdict.PASS), _finding("outlier_mia_auc", 0.5, 0.05, attacked)]
        findings += [] if utility is None else [_finding("utility", utility, 0.01, Verdict.PASS)]
        reason = "" if released else "a classifier tells it from real customers"
        effort = Effort(0.8 * cpu, 0.5 * cpu), Effort(0.2 * cpu, 0.2 * cpu)
        return Trial(engine, "judged", reason, tuple(findings), "A headline.", released, *effort)

    return make
