"""Learning: what an experiment measured is taken into a behaviour, as far as each of the two is sure.

The lifts that a behaviour expects of the experiment's own customers are functions of its coefficients and of what may
hide in its effect. Both are corrected by the lifts that were measured, in proportion to how unsure they are: a Kalman
filter's update, repeated about what it finds, for odds bend (Bell and Cathey 1993). Where a behaviour and an experiment
contradict each other by more than both allow, more must be hidden than was thought: how much is estimated from how far
they lie apart, and the experiment has its way.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from scipy import stats

from twinfold.behaviour.behaviour import Behaviour
from twinfold.behaviour.design import span_of
from twinfold.behaviour.evidence import Identification
from twinfold.behaviour.response import ResponseModel
from twinfold.behaviour.rows import read_values
from twinfold.behaviour.treatment import PIECES
from twinfold.errors import OptionError
from twinfold.evaluation.intervals import Z
from twinfold.simulation.experiments.lift_forecast import check_behaviour, expect_lifts
from twinfold.simulation.experiments.specification import Experiment

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

ROUNDS = 8
"""How often the update is repeated about what it found, at most."""

SURPRISE = 0.1
"""The chance of so large a distance between a lot's effect and an experiment's, below which more is thought to hide: a
lot of other customers, or of years ago, may no longer hold, and a reason that no column shows passes for a lot."""

OWN = 0.9
"""The part of what is known of every lift that must come from the experiment for it to be called one by lot."""


@dataclass(frozen=True)
class LearnedLift:
    """What became of the lift that a behaviour expects of an arm: before, what was measured, and after, each with its
    interval."""

    arm: str
    before: tuple[float, float, float]
    found: tuple[float, float, float]
    after: tuple[float, float, float]

    def text(self) -> str:
        """In a line."""
        told = [
            f"{middle:+.4g} [{low:+.4g}, {high:+.4g}]" for middle, low, high in (self.before, self.found, self.after)
        ]
        apart = self.before[1] > self.found[2] or self.found[1] > self.before[2]
        end = ", for the two contradict each other." if apart else "."
        return f"{self.arm}: expected {told[0]}, measured {told[1]}, now {told[2]}{end}"


@dataclass(frozen=True)
class Lesson:
    """What was learned of an experiment: the new behaviour, each arm's lift among the experiment's customers before and
    after, and what may hide in the effect, in scores (log odds, or the outcome itself), before and after."""

    behaviour: Behaviour
    lifts: tuple[LearnedLift, ...]
    hidden: tuple[float, float]

    @property
    def label(self) -> str:
        """What stands behind the effect now."""
        model = self.behaviour.model
        return str(model.assignment.label) if isinstance(model, ResponseModel) else str(Identification.ASSUMED)

    def json(self) -> dict[str, Any]:
        """For a machine."""
        return {"lifts": [asdict(lift) for lift in self.lifts], "hidden": list(self.hidden), "label": self.label}

    def text(self) -> str:
        """In a few lines."""
        lines = [each.text() for each in self.lifts]
        if self.hidden[0] > 0:
            lines.append(f"What may hide in the effect: {self.hidden[0]:.3g} before, {self.hidden[1]:.3g} now.")
        return "\n".join([*lines, f"The effect is called {self.label}."])


def learn_lifts(
    behaviour: Behaviour, frame: pl.DataFrame, asked: Experiment, lifts: Floats, covariance: Floats
) -> Lesson:
    """Take measured lifts into a behaviour of a response.

    Args:
        behaviour: what was known; frame: the experiment's rows, as they are stored.
        lifts: (arms but the control,) as measured; covariance: of them.

    Raises `OptionError` where the behaviour is of something else, or has not learned an arm.
    """
    check_behaviour(behaviour, asked)
    model = behaviour.model
    if not isinstance(model, ResponseModel):
        raise OptionError("an assumption can't learn; calibrate a behaviour on the experiment's rows in its place")
    before = expect_lifts(behaviour, frame, asked)
    rows = [_treated(behaviour, frame, asked, place) for place in (asked.reference, *asked.others)]
    learned, own = _update(model, rows, lifts, covariance)
    if own >= OWN and _told_by_lot(model, asked):
        learned = replace(learned, assignment=replace(model.assignment, label=Identification.RANDOMISED, imbalanced={}))
    made = replace(behaviour, model=learned)
    after = expect_lifts(made, frame, asked)
    halves = Z * np.sqrt(np.diag(covariance))
    told = tuple(
        LearnedLift(
            arm,
            (gain.value, gain.lower, gain.upper),
            (float(lift), float(lift - half), float(lift + half)),
            (after[arm].value, after[arm].lower, after[arm].upper),
        )
        for (arm, gain), lift, half in zip(before.items(), lifts, halves, strict=True)
    )
    return Lesson(made, told, (_largest(model), _largest(learned)))


def _treated(behaviour: Behaviour, frame: pl.DataFrame, asked: Experiment, place: int) -> pl.DataFrame:
    given = frame.with_columns(pl.lit(asked.arms[place]).alias(asked.treatment))
    return read_values(given, behaviour.columns)


def _update(
    model: ResponseModel, rows: Sequence[pl.DataFrame], lifts: Floats, covariance: Floats
) -> tuple[ResponseModel, float]:
    """The model, corrected, and the least part of what is known of a lift that comes from the experiment.

    What hides in the effect of a kind of treatment moves a row's score as far as the row's treatment is from where it
    would be by itself: so does a change of coefficients, `fold`, (columns, kinds). So both are one.

    Args:
        rows: the experiment's customers, their values read, under each arm, the control first.
    """
    start, fold, hidden = model.regression.coefficients, _fold(model), model.effect.hidden
    moved, found, noise, spread = model.moved(rows[0]), start, covariance, model.regression.covariance
    for number in range(ROUNDS):
        now = replace(model, regression=replace(model.regression, coefficients=found))
        expected, slopes, far = _expect_lifts(now, rows, moved)
        if not number:
            noise = covariance + far
            hidden = _suspect(model, slopes @ fold, slopes @ spread @ slopes.T + noise, lifts - expected)
        hides = fold * hidden**2
        both = slopes @ (spread + hides @ fold.T)  # how lifts go with coefficients, what hides in them with it
        total = both @ slopes.T + noise
        before, found = found, start + both.T @ np.linalg.solve(total, lifts - expected - slopes @ (start - found))
        if np.allclose(found, before, rtol=0, atol=1e-8 * (1 + np.abs(found).max())):
            break
    seen, known = slopes @ spread, slopes @ hides
    left = spread - seen.T @ np.linalg.solve(total, seen)
    remaining = np.sqrt(np.maximum(hidden**2 - (known * np.linalg.solve(total, known)).sum(axis=0), 0.0))
    own = np.diag(np.linalg.solve(total, both @ slopes.T)).min()
    return _corrected(model, found, (left + left.T) / 2, remaining), float(own)


def _fold(model: ResponseModel) -> Floats:
    """How coefficients change with what hides in the effect of each kind of treatment, (columns, kinds)."""
    natural, treatment = model.effect.natural, span_of(model.blocks, "treatment")
    out = np.zeros((len(model.regression.coefficients), model.treatment.kinds))
    out[treatment] = np.eye(model.treatment.kinds)
    out[: len(natural)] -= natural
    return out


def _expect_lifts(
    model: ResponseModel, rows: Sequence[pl.DataFrame], moved: Collection[str]
) -> tuple[Floats, Floats, Floats]:
    """The lifts that are expected, (others,), how they change with coefficients, (others, columns), and the variance of
    what is not known of effects far from any that was tried, (others, others)."""
    means, slopes, fars = [], [], []
    for frame in rows:
        found = model.score(frame, moved)
        slope = model.regression.slope(found.score) / len(found.score)
        means.append(float(model.regression.expect(found.score).mean()))
        slopes.append(slope @ found.design.astype(np.float64))
        fars.append(float(slope @ found.far) ** 2)
    far = np.diag(fars[1:]) + fars[0]
    return np.array(means[1:]) - means[0], np.array(slopes[1:]) - slopes[0], far


def _suspect(model: ResponseModel, moves: Floats, known: Floats, apart: Floats) -> Floats:
    """What may hide in each kind's effect, (kinds,): what was thought, and as much more, alike for all, as the distance
    between what was measured and expected lets one think: its mean square, where anything up to three times the
    distance was as likely before. A lot's effect is believed until chance hardly explains the distance.

    Args:
        moves: how lifts change with what hides, (others, kinds); known: the covariance of the distance where nothing
            hides; apart: the distance, (others,).
    """
    hidden, size = model.effect.hidden, np.abs(moves).max(axis=0)
    total = known + (moves * hidden**2) @ moves.T
    surprise = float(stats.chi2.sf(apart @ np.linalg.solve(total, apart), len(apart)))
    lot = model.assignment.label is Identification.RANDOMISED
    if not (size > 0).any() or (lot and surprise > SURPRISE):
        return hidden
    most = 3 * float(np.abs(apart).max() / size[size > 0].min())
    every = np.linspace(0.0, most, 121)
    totals = [known + (moves * (hidden**2 + more**2)) @ moves.T for more in every]
    likely = np.array([np.linalg.slogdet(total)[1] + apart @ np.linalg.solve(total, apart) for total in totals]) / -2
    weights = np.exp(likely - likely.max())
    return np.asarray(np.sqrt(hidden**2 + weights @ every**2 / weights.sum()))


def _corrected(model: ResponseModel, coefficients: Floats, covariance: Floats, hidden: Floats) -> ResponseModel:
    """The model with such coefficients, and so much that may still hide in its effect.

    That the errors of both go against each other now is left out: intervals are a little too wide, by what was unsure
    of the coefficients before.
    """
    weights, effect = _average_weights(model), model.effect
    error = np.sqrt(np.maximum(((weights @ covariance) * weights).sum(axis=1), 0.0))
    return replace(
        model,
        regression=replace(model.regression, coefficients=coefficients, covariance=covariance),
        effect=replace(effect, average=weights @ coefficients, error=np.hypot(error, hidden), hidden=hidden),
    )


def _average_weights(model: ResponseModel) -> Floats:
    """Which coefficients make the average effect of each kind, (kinds, columns); of a number whose effect bends, over
    the doses that were tried."""
    treatment = span_of(model.blocks, "treatment")
    weights = np.eye(len(model.regression.coefficients))[treatment]
    if any(block.name == "treatment bends" for block in model.blocks):
        own = model.treatment
        counts = own.tried.sum(axis=0).astype(np.float64)
        centres = own.low + (np.arange(PIECES) + 0.5) * (own.high - own.low) / PIECES
        given = ((centres - own.mean) / own.spread)[:, None]
        apart = (given - np.average(given[:, 0], weights=counts)) * counts[:, None]
        weights[:, span_of(model.blocks, "treatment bends")] = apart.T @ own.bends(given) / (apart.T @ given)
    return weights


def _told_by_lot(model: ResponseModel, asked: Experiment) -> bool:
    """Whether an experiment of all that was tried tells the effect by itself: it is the same for all customers and
    doses in the model, so that nothing else of it came from rows without a lot."""
    bare = not any(block.name.startswith("treatment ") for block in model.blocks)
    return bare and set(model.treatment.arms) <= set(asked.labels)


def _largest(model: ResponseModel) -> float:
    return float(model.effect.hidden.max(initial=0.0))
