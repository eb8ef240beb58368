"""Assumed effects: the user's own number, with their interval, on what is expected of customers anyway."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import polars as pl

from twinfold.behaviour.evidence import Identification
from twinfold.behaviour.forecast import Forecast
from twinfold.behaviour.response import ResponseModel
from twinfold.behaviour.rows import numbers, texts
from twinfold.behaviour.specification import Assumption

if TYPE_CHECKING:
    import numpy.typing as npt


@dataclass(frozen=True)
class AssumedModel:
    """What is expected of customers anyway, and what a treatment that never varied is assumed to add.

    Attributes:
        base: what is expected under the treatment that everybody had.
        treatment: the column of the treatment.
        assumption: what it is assumed to do.
    """

    base: ResponseModel
    treatment: str
    assumption: Assumption

    def forecast(self, frame: pl.DataFrame, among: pl.DataFrame | None = None) -> Forecast:
        """What is expected of rows whose values are read: without the treatment, and what it is assumed to add.

        A label that is neither the usual nor the assumed one gets no number; see `response.ResponseModel`.
        """
        own = self.base.forecast(frame, among)
        steps, known = self.steps(frame)
        assumed = self.assumption
        middle = own.prediction + assumed.effect * steps
        ends = np.stack([(assumed.lower - assumed.effect) * steps, (assumed.upper - assumed.effect) * steps])
        low = middle - np.hypot(own.prediction - own.lower, np.minimum(ends.min(axis=0), 0.0))
        high = middle + np.hypot(own.upper - own.prediction, np.maximum(ends.max(axis=0), 0.0))
        notes = own.notes
        if self.base.regression.binary:
            cut = int(((middle < 0) | (middle > 1)).sum())
            if cut:
                notes = (*notes, f"What you assume takes {cut:,} rows beyond 0 or 1: they are cut there.")
            middle, low, high = (np.clip(each, 0.0, 1.0) for each in (middle, low, high))
        middle, low, high = (np.where(known, each, np.nan) for each in (middle, low, high))
        names = np.where(known, str(Identification.ASSUMED), str(Identification.NOT_IDENTIFIED))
        return Forecast(middle, low, high, names, own.in_support & known & (steps == 0), notes=notes)

    def gain(
        self, one: pl.DataFrame, other: pl.DataFrame, among: pl.DataFrame | None = None
    ) -> tuple[float, float, float, float]:
        """How much more rows do on average under one treatment than under another, as is assumed: the mean, its
        interval, and the share of rows within what was learned under both."""
        found = [self.forecast(frame, among) for frame in (one, other)]
        steps = float((self.steps(one)[0] - self.steps(other)[0]).mean())
        ends = sorted((self.assumption.lower * steps, self.assumption.upper * steps))
        both = float((found[0].in_support & found[1].in_support).mean())
        return float(np.nanmean(found[0].prediction - found[1].prediction)), ends[0], ends[1], both

    def steps(self, frame: pl.DataFrame) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
        """How much more of the treatment than usual each row has, and whether that is known."""
        if self.assumption.arm is None:
            values = numbers(frame, self.treatment)
            known = np.isfinite(values)
            return np.where(known, values - float(self.assumption.usual), 0.0), known
        found = texts(frame, self.treatment)
        changed = (found == self.assumption.arm).fill_null(False).to_numpy()
        return changed.astype(np.float64), changed | (found == str(self.assumption.usual)).fill_null(False).to_numpy()

    def describe(self) -> list[str]:
        """What is assumed, in plain words."""
        assumed = self.assumption
        what = (
            f"{self.treatment} {assumed.arm} in the place of {assumed.usual}"
            if assumed.arm
            else f"one more of {self.treatment}"
        )
        interval = f"{assumed.effect:+.4g} [{assumed.lower:+.4g}, {assumed.upper:+.4g}]"
        return [f"The outcome with {what}: {interval}, as you assume. The data say nothing of it."]

    def record(self) -> dict[str, Any]:
        """What JSON can say of the model."""
        return {
            "base": self.base.record(),
            "treatment": self.treatment,
            "assumed": self.assumption.model_dump(mode="json"),
        }

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """What was learned, as plain arrays."""
        return self.base.arrays()

    @classmethod
    def restored(cls, record: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]]) -> Self:
        """The model that a record and arrays came from. Raises `ValueError`, `KeyError` or `TypeError`."""
        assumption = Assumption.model_validate(record["assumed"])
        return cls(ResponseModel.restored(record["base"], arrays), str(record["treatment"]), assumption)
