"""Responding: what a response, a hazard or an assumed effect says of people, in several draws of what is not known."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from scipy.special import expit, logit

from twinfold.behaviour.assumed import AssumedModel
from twinfold.behaviour.behaviour import Behaviour
from twinfold.behaviour.evidence import Identification
from twinfold.behaviour.response import ResponseModel, Scored
from twinfold.behaviour.rows import numbers
from twinfold.evaluation.intervals import Z
from twinfold.simulation.levels import REASONS, Level

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Singles = npt.NDArray[np.float32]

CHUNK = 131_072
"""People that a model is asked about together."""


class Responding:
    """A response or a hazard, and the draws of what is not known of it.

    Args:
        behaviour: it.
        frame: the people as they are, their values read.
        draws: how many draws of what is not known; 0: one agent a person, and the likeliest truth.
        rng: the randomness of the draws.
        steps: how often it comes up.
        fresh: whether everybody's time begins when it first comes up for them, whatever the column says.
        moved: the columns to set aside; None: those whose distribution is another than the learned one's.
        reasons: whether reasons are given.

    Attributes:
        begins: where on the clock each person begins, (people,); clock: what time adds to the score at each place on
            it, and to it for one more of a numeric treatment, (draws, kinds, times, 2). No times where it adds nothing.
    """

    def __init__(
        self,
        behaviour: Behaviour,
        frame: pl.DataFrame,
        draws: int,
        rng: np.random.Generator,
        *,
        steps: int,
        fresh: bool,
        moved: Collection[str] | None,
        reasons: bool,
    ) -> None:
        model = behaviour.model
        self.assumed = model if isinstance(model, AssumedModel) else None
        self.model: ResponseModel = model.base if isinstance(model, AssumedModel) else model  # type: ignore[assignment]
        self.spread = self.model.regression.scale
        self.binary, self.label = self.model.regression.binary, self.model.assignment.label
        self.treatment = self.model.treatment.name
        if self.assumed is not None:
            self.label, self.treatment = Identification.ASSUMED, self.assumed.treatment
        hazard = behaviour.specification.kind == "hazard"
        self.time = behaviour.specification.time or "" if hazard else ""
        found = self.model.moved(frame) if moved is None else {}
        self.moved: Collection[str] = tuple(found) if moved is None else moved
        self.notes = (*self.model.strata.tell_unknown(frame), *self.model.tell_moved(frame, found))
        features = tuple(feature.name for feature in self.model.features)
        own = (*self.model.strata.columns, *features, *([self.treatment] if self.treatment else []))
        self.columns = tuple(dict.fromkeys(own))
        set_aside = {self.time, *self.moved}
        self.names = tuple(name for name in self.columns if name not in set_aside) if reasons else ()
        self.draws = draws
        self.unknown = self.model.draw_unknown(draws, rng)
        self.own = self._draw_assumed(rng.standard_normal(draws))
        self._origin, self.begins = self._begin(frame, fresh)
        self.clock = self._make_clock(frame, steps)

    def _begin(self, frame: pl.DataFrame, fresh: bool) -> tuple[float, npt.NDArray[np.int32]]:
        """The time at the clock's beginning, and where on it each person begins."""
        if not self.time:
            return 0.0, np.zeros(frame.height, np.int32)
        knots = [feature.knots for feature in self.model.features if feature.name == self.time]
        first = float(np.floor(knots[0][0])) if knots and knots[0] else 0.0
        if fresh or self.time not in frame.columns:
            return first, np.zeros(frame.height, np.int32)
        times = np.nan_to_num(np.round(numbers(frame, self.time)), nan=first)
        return float(times.min()), (times - times.min()).astype(np.int32)

    def _draw_assumed(self, luck: Floats) -> Floats:
        """Draws of an effect that is assumed, (draws,)."""
        if self.assumed is None:
            return np.zeros(len(luck))
        assumed = self.assumed.assumption
        ends = np.where(luck < 0, assumed.effect - assumed.lower, assumed.upper - assumed.effect)
        return assumed.effect + luck / Z * ends

    def level(self, frame: pl.DataFrame) -> Level:
        """The level of people, all at the clock's beginning; see `Decider`."""
        parts = [self._level(frame[begin : begin + CHUNK]) for begin in range(0, frame.height, CHUNK)]
        if len(parts) == 1:
            return parts[0]
        scores = [part.score.reshape(max(self.draws, 1), -1) for part in parts]
        reasons = [part.reasons for part in parts if part.reasons is not None]
        known, supported, kind, given = (
            np.concatenate([getattr(part, name) for part in parts]) for name in ("known", "supported", "kind", "given")
        )
        every = np.concatenate(reasons, axis=1) if reasons else None
        why = next((part.why for part in parts if part.why), "")
        return Level(np.concatenate(scores, axis=1).ravel(), known, supported, kind, given, reasons=every, why=why)

    def _level(self, frame: pl.DataFrame) -> Level:
        if self.time:
            frame = frame.with_columns(pl.lit(self._origin).alias(self.time))
        found = self.model.score(frame, self.moved)
        score, known, supported = self._agents(found), found.tried, found.supported
        if self.assumed is not None:
            steps, tried = self.assumed.steps(frame)
            effect = self.own[:, None] if self.draws else self.assumed.assumption.effect
            middle = (expit(score) if self.binary else score) + effect * steps
            score = logit(np.clip(middle, 1e-9, 1 - 1e-9)) if self.binary else middle
            known, supported = tried, supported & tried & (steps == 0)
        why = "" if known.all() else self._why(frame, known)
        given, _ = self.model.treatment.encode(frame)
        numeric = self.model.treatment.numeric and bool(self.model.treatment.name)
        kind = (
            np.zeros(frame.height, np.int8)
            if numeric
            else ((given > 0) @ np.arange(1, 1 + given.shape[1])).astype(np.int8)
        )
        much = given[:, 0].astype(np.float32) if numeric else np.zeros(frame.height, np.float32)
        flat = score.astype(np.float32).ravel()
        return Level(flat, known, supported, kind, much, reasons=self._reasons(found), why=why)

    def _why(self, frame: pl.DataFrame, known: npt.NDArray[np.bool_]) -> str:
        """Why nothing can be said of some people."""
        if self.label is Identification.NOT_IDENTIFIED:
            return f"the effect of {self.treatment} is not identified."
        if self.assumed is not None:
            return f"nothing is assumed of {self.treatment} as {int((~known).sum()):,} customers have it."
        return " ".join(self.model.treatment.tell(frame, known))

    def _agents(self, found: Scored) -> Floats:
        """The score in each draw, (draws, people)."""
        score = self.model.expect_drawn(found, self.unknown) if self.draws else found.score[None]
        return score if self.binary else np.clip(score, self.model.low, self.model.high)

    def _make_clock(self, frame: pl.DataFrame, steps: int) -> Singles:
        treatment = self.model.treatment
        if not self.time:
            return np.zeros((1, 1, 0, 2), np.float32)
        times = self._origin + np.arange(int(self.begins.max(initial=0)) + steps + 1)
        probe = frame[:1]
        kinds: list[pl.Expr]
        if treatment.name and treatment.numeric:
            kinds = [pl.lit(treatment.mean + step * treatment.spread).alias(treatment.name) for step in (0.0, 1.0)]
        elif treatment.name:
            kinds = [pl.lit(arm).alias(treatment.name) for arm in treatment.arms]
        else:
            kinds = [pl.lit(0).alias("")]
        out = []
        for kind in kinds:
            rows = pl.concat([probe.with_columns(kind)] * len(times)).with_columns(pl.Series(self.time, times))
            found = self.model.score(rows, self.moved)
            own = found.design.astype(np.float64)
            score = found.score + (self.unknown.coefficients @ own.T if self.draws else np.zeros((1, 1)))
            out.append(score - score[:, :1])
        table = np.stack(out, axis=1)  # (draws, kinds, times)
        if treatment.name and treatment.numeric:
            return np.stack([table[:, :1], table[:, 1:] - table[:, :1]], axis=-1).astype(np.float32)
        return np.stack([table, np.zeros_like(table)], axis=-1).astype(np.float32)

    def _reasons(self, found: Scored) -> npt.NDArray[np.int8] | None:
        """The columns that move each score farthest from the mean of these people, (3, people)."""
        if not self.names:
            return None
        added = self.model.contributions(found, self.names)
        apart = np.abs(added - added.mean(axis=1, keepdims=True))
        kept = min(REASONS, len(apart))
        first = np.argsort(-apart, axis=0, kind="stable")[:kept].astype(np.int8)
        first[np.take_along_axis(apart, first.astype(np.int64), axis=0) < 1e-6] = -1
        return np.pad(first, ((0, REASONS - kept), (0, 0)), constant_values=-1)
