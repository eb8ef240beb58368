"""Analysis: what came of an experiment, and what may be concluded at this look."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from twinfold.errors import DataError
from twinfold.simulation.experiments.checks import Checks, check_lot
from twinfold.simulation.experiments.lift_forecast import LiftScore
from twinfold.simulation.experiments.lifts import Means, encode_covariates, estimate_means
from twinfold.simulation.experiments.planning import rule_of
from twinfold.simulation.experiments.results import Results
from twinfold.simulation.experiments.segments import Segments, compare_segments
from twinfold.simulation.experiments.specification import Experiment


class Verdict(StrEnum):
    """What may be concluded of an arm."""

    HIGHER = "higher"
    LOWER = "lower"
    NOT_YET = "not yet"
    NOT_SHOWN = "no difference shown"
    NONE = "no conclusion"


@dataclass(frozen=True)
class ArmResult:
    """What came of an arm.

    Attributes:
        arm: its name; rows: of known outcome; mean: of the outcome, adjusted; plain: as it came.
        lift: how much more than of the control, between `lower` and `upper`; `error`, its standard error.
        relative: the same as a part of the control's mean, with its interval; not a number where that is about zero.
        verdict: what may be concluded; the control has none, nor a lift.
    """

    arm: str
    rows: int
    mean: float
    plain: float
    lift: float = float("nan")
    lower: float = float("nan")
    upper: float = float("nan")
    error: float = float("nan")
    relative: float = float("nan")
    relative_lower: float = float("nan")
    relative_upper: float = float("nan")
    verdict: Verdict | None = None


@dataclass(frozen=True)
class Analysis:
    """What came of an experiment, and what may be concluded.

    Attributes:
        name, outcome, control: of the experiment; `alpha`, the chance of a false alarm in any arm at any look.
        look, looks: which one it is, of how many; bound: how many standard errors an interval reaches.
        checks: of the lot. Where one failed, no verdict is given.
        arms: the control first.
        adjusted: covariates that the outcome was adjusted for; narrower: the part of the lifts' variance that this took
            away, on average.
        effect: the least that was worth finding, where that was said.
        segments: what was found in parts of the customers.
        score: how far a frozen forecast was right; None where none was given.
        notes: what a user must know besides.
    """

    name: str
    outcome: str
    control: str
    alpha: float
    look: int
    looks: int
    bound: float
    checks: Checks
    arms: tuple[ArmResult, ...]
    adjusted: tuple[str, ...]
    narrower: float
    effect: float | None
    segments: Segments
    score: LiftScore | None = None
    notes: tuple[str, ...] = ()

    def text(self) -> str:
        """What was found, in plain words."""
        customers = sum(self.checks.assigned.values())
        looks = f", look {self.look} of {self.looks}" if self.looks > 1 else ""
        lines = [
            f"Experiment {self.name}: {self.outcome} of {customers:,} customers in {len(self.arms)} arms{looks}.",
            self.checks.text(),
            "",
            *self._table(),
            "",
            *(self._say(result) for result in self.arms[1:]),
        ]
        if self.adjusted:
            lines.append(
                f"Adjusted for {', '.join(self.adjusted)}, which took {max(self.narrower, 0):.1%} off the variance of "
                "lifts."
            )
        lines += self._tell_segments()
        if self.score is not None:
            lines += ["", self.score.text()]
        return "\n".join([*lines, *self.notes])

    def _table(self) -> list[str]:
        header = ("arm", "rows", "mean", "lift", f"interval ({100 * (1 - self.alpha):.4g} %)", "relative")
        rows = [header, *(_line(result) for result in self.arms)]
        widths = [max(len(row[k]) for row in rows) for k in range(len(header))]
        return [
            "  ".join(
                cell.ljust(w) if k == 0 else cell.rjust(w) for k, (cell, w) in enumerate(zip(r, widths, strict=True))
            )
            for r in rows
        ]

    def _say(self, result: ArmResult) -> str:
        about = f"{result.arm}: {self.outcome}"
        against = f"than under {self.control}"
        between = f"between {result.lower:+.3g} and {result.upper:+.3g}"
        match result.verdict:
            case Verdict.HIGHER | Verdict.LOWER:
                stop = f" The boundary of look {self.look} is crossed: you may stop." if self.look < self.looks else ""
                return f"{about} is {result.verdict} {against}, by {abs(result.lift):.3g} ({between}).{stop}"
            case Verdict.NOT_YET:
                return f"{result.arm}: nothing is shown yet at look {self.look} of {self.looks} ({between}); go on."
            case Verdict.NONE:
                return f"{result.arm}: no conclusion, for the lot failed its checks."
        ruled = ""
        if self.effect is not None and (result.upper < self.effect if self.effect > 0 else result.lower > self.effect):
            ruled = f" An effect of {self.effect:+.3g} is ruled out."
        return f"{result.arm}: no difference from {self.control} is shown; it may be anything {between}.{ruled}"

    def _tell_segments(self) -> list[str]:
        lines = []
        for each in self.segments.differences:
            own = [s for s in self.segments.lifts if (s.arm, s.segment) == (each.arm, each.segment)]
            shown = "; ".join(f"{s.level} {s.lift:+.3g} [{s.lower:+.3g}, {s.upper:+.3g}]" for s in own)
            differs = "lifts differ" if each.p < self.alpha else "no difference between lifts is shown"
            lines.append(f"{each.arm} by {each.segment}: {differs} (p = {each.p:.2g}, corrected): {shown}.")
        if self.segments.few:
            few = ", ".join(self.segments.few[:8])
            lines.append(f"Too few in some arm to judge apart: {few}{', …' if len(self.segments.few) > 8 else ''}.")
        return lines

    def json(self) -> dict[str, Any]:
        """For a machine."""
        own = {key: value for key, value in asdict(self).items() if key not in ("checks", "score")}
        record: dict[str, Any] = own | {
            "checks": self.checks.json(),
            "score": None if self.score is None else self.score.json(),
        }
        return {key: _without_nan(value) for key, value in record.items()}


def _line(result: ArmResult) -> tuple[str, ...]:
    cells = (result.arm, f"{result.rows:,}", f"{result.mean:.4g}")
    if result.verdict is None:
        return (*cells, "", "", "")
    relative = "–"
    if np.isfinite(result.relative):
        relative = f"{result.relative:+.1%} [{result.relative_lower:+.1%}, {result.relative_upper:+.1%}]"
    return (*cells, f"{result.lift:+.4g}", f"[{result.lower:+.4g}, {result.upper:+.4g}]", relative)


def estimate(results: Results, asked: Experiment) -> tuple[Means, tuple[str, ...], float]:
    """What comes of each arm, adjusted; what was adjusted for; and the part of the lifts' variance that this took away.

    Args:
        results: of known outcomes.
    """
    least = int(np.bincount(results.arm, minlength=len(asked.arms)).min())
    known, used = encode_covariates(results.frame, asked.covariates, least)
    arguments = (results.outcome, results.arm, len(asked.arms))
    means = estimate_means(*arguments, known, results.clusters)
    if not used:
        return means, used, 0.0
    bare = estimate_means(*arguments, known[:, :0], results.clusters)
    spread = [np.diag(each.lifts(asked.reference, asked.others)[1]).mean() for each in (means, bare)]
    return means, used, float(1 - spread[0] / spread[1])


def analyse(results: Results, asked: Experiment, look: int) -> Analysis:
    """What came of an experiment, and what may be concluded.

    Args:
        results: its rows; asked: what was planned.
        look: which of the planned looks it is, from 1.

    Raises `DataError` where an arm's outcome can't be judged.
    """
    checks, known = check_lot(results, asked), results.known()
    means, used, narrower = estimate(known, asked)
    bound = rule_of(asked).bounds[look - 1]
    lifts, covariance = means.lifts(asked.reference, asked.others)
    errors = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    if not (errors > 1e-9 * known.outcome.std()).all():
        raise DataError(f"{asked.outcome} follows from the covariates alone; leave out what was known afterwards")
    last = look == len(asked.times)
    arms = [_arm(asked, means, asked.reference)]
    for place, lift, error in zip(asked.others, lifts.tolist(), errors.tolist(), strict=True):
        relative, low, high = means.relative(place, asked.reference, bound)
        arms.append(
            _arm(
                asked,
                means,
                place,
                lift=lift,
                lower=lift - bound * error,
                upper=lift + bound * error,
                error=error,
                relative=relative,
                relative_lower=low,
                relative_upper=high,
                verdict=_conclude(lift / error, bound, last) if checks.passed else Verdict.NONE,
            )
        )
    left_out = [name for name in asked.covariates if name not in used]
    return Analysis(
        name=asked.name,
        outcome=asked.outcome,
        control=asked.labels[asked.reference],
        alpha=asked.alpha,
        look=look,
        looks=len(asked.times),
        bound=bound,
        checks=checks,
        arms=tuple(arms),
        adjusted=used,
        narrower=narrower,
        effect=asked.effect,
        segments=compare_segments(known, asked, look) if checks.passed else Segments(),
        notes=(f"Not adjusted for {', '.join(left_out)}: too few rows, or nothing in them.",) if left_out else (),
    )


def _arm(asked: Experiment, means: Means, place: int, **lift: Any) -> ArmResult:
    """An arm's result: its means, and what is said of its lift."""
    values = (int(means.rows[place]), float(means.values[place]), float(means.plain[place]))
    return ArmResult(asked.labels[place], *values, **lift)


def _conclude(score: float, bound: float, last: bool) -> Verdict:
    if abs(score) >= bound:
        return Verdict.HIGHER if score > 0 else Verdict.LOWER
    return Verdict.NOT_SHOWN if last else Verdict.NOT_YET


def _without_nan(value: Any) -> Any:
    """The same, with None for what is no number."""
    if isinstance(value, dict):
        return {key: _without_nan(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(each) for each in value]
    return None if isinstance(value, float) and not np.isfinite(value) else value
