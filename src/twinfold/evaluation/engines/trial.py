"""One engine tried on a table: what its rows are worth and what they took, or why that is not known."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from twinfold.evaluation.finding import Evaluation, Finding, Verdict
from twinfold.evaluation.verdict import explain

State = Literal["judged", "failed", "not installed", "not tried"]

MEASURES = {
    "c2st_auc": ("told apart", 3),
    "shape_error": ("shape error", 4),
    "trend_error": ("trend error", 4),
    "utility": ("utility", 3),
    "dcr_share": ("nearness", 3),
    "outlier_mia_auc": ("attack", 3),
    "exact_copies": ("copies", 4),
}
"""The findings that engines are set side by side by: a short title, and the decimals that are shown."""

CLOSENESS, ATTACK = "c2st_auc", "outlier_mia_auc"
"""The finding by which engines are ranked, and the attack that the picture marks them by."""


@dataclass(frozen=True)
class Effort:
    """What a step took, in seconds: `cpu` of all threads together, `wall` by the clock."""

    cpu: float
    wall: float


@dataclass(frozen=True)
class Trial:
    """What came of one engine.

    Attributes:
        engine: its name.
        state: "judged", or why it was not.
        reason: in one line, of an engine that was not judged; of one that is refused, the gravest reason. Else empty.
        findings: all that `evaluate` finds, judged under the policy; none where it was not judged.
        headline: the verdict in one sentence.
        released: whether the policy releases its rows.
        fit, draw: what learning and drawing as many rows took; None where it was not judged.
        note: what a user must know of the fit ("stopped early, after 3 of 20 rounds").
    """

    engine: str
    state: State
    reason: str = ""
    findings: tuple[Finding, ...] = ()
    headline: str = ""
    released: bool = False
    fit: Effort | None = None
    draw: Effort | None = None
    note: str = ""

    def __post_init__(self) -> None:
        if (self.state == "judged") != (self.fit is not None and self.draw is not None):
            raise ValueError(f"{self.engine} is {self.state}, and took {self.fit} and {self.draw}")

    @property
    def judged(self) -> bool:
        """Whether its rows were judged."""
        return self.state == "judged"

    @property
    def cpu(self) -> float:
        """CPU seconds of learning and drawing; NaN where it was not judged."""
        return math.nan if self.fit is None or self.draw is None else self.fit.cpu + self.draw.cpu

    def finding(self, name: str) -> Finding | None:
        """A finding by its name; None where it was not looked for."""
        return next((finding for finding in self.findings if finding.name == name), None)

    @property
    def closeness(self) -> float:
        """How well a classifier tells its rows from real ones, 0.5 at best; infinity where that is not known.

        Below 0.5 a classifier does worse than a coin, by chance alone: that is no nearer than 0.5.
        """
        found = self.finding(CLOSENESS)
        return math.inf if found is None or not math.isfinite(found.value) else max(found.value, 0.5)

    @property
    def attacked(self) -> Verdict:
        """The verdict of the attack on the most isolated customers."""
        found = self.finding(ATTACK)
        return Verdict.UNKNOWN if found is None else found.verdict

    @property
    def leaks(self) -> bool:
        """Whether an attack succeeds on its rows, or they repeat learned ones, beyond a limit of the policy."""
        return any(finding.group == "safe" and finding.verdict is Verdict.FAIL for finding in self.findings)


def judged_trial(engine: str, evaluation: Evaluation, fit: Effort, draw: Effort, note: str = "") -> Trial:
    """The trial of an engine whose rows were evaluated under a policy."""
    policy, why = evaluation.policy, ""
    if policy is not None and not evaluation.released:
        unfit = next(purpose for purpose in evaluation.purposes if purpose.name == policy.purpose)
        why = explain(unfit, evaluation.findings, policy)
    return Trial(engine, "judged", why, evaluation.findings, evaluation.headline, evaluation.released, fit, draw, note)


def ranked(trials: Sequence[Trial]) -> tuple[Trial, ...]:
    """Trials from the best to the worst: released before refused, those that give customers away after others, nearer
    before farther, and those that were not judged last."""
    states: list[State] = ["judged", "failed", "not tried", "not installed"]

    def place(trial: Trial) -> tuple[int, bool, bool, float]:
        return states.index(trial.state), not trial.released, trial.leaks, trial.closeness

    return tuple(sorted(trials, key=place))
