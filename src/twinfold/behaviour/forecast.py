"""Forecasts: what is expected of each row, how sure that is, and what stands behind it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from twinfold.behaviour.evidence import Identification

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

COLUMNS = ("prediction", "lower", "upper", "identification", "in_support")
"""The columns of a forecast; some kinds of model add others."""


@dataclass(frozen=True)
class Forecast:
    """What a decision model expects of rows.

    Attributes:
        prediction: the expected outcome, (rows,); NaN where nothing can be said.
        lower, upper: the 95 % interval of that expectation, (rows,): it says how well the expectation is known, not how
            far single outcomes lie from it.
        identification: what the treatment's effect rests on, (rows,) texts.
        in_support: whether rows like this one were learned, (rows,).
        more: further columns, by name.
        notes: what a user must know of the rows, in plain words.
        average: what rows are expected to do on average, and the 95 % interval of that; None where it is not known.
        window: of what is counted ahead, the day after which, since 1970 or in the rows' own numbers, and for how many
            days; None for what has no time.
    """

    prediction: Floats
    lower: Floats
    upper: Floats
    identification: npt.NDArray[np.str_]
    in_support: npt.NDArray[np.bool_]
    more: dict[str, Floats] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    average: tuple[float, float, float] | None = None
    window: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        rows = len(self.prediction)
        parts = (self.lower, self.upper, self.identification, self.in_support, *self.more.values())
        if any(len(part) != rows for part in parts):
            raise ValueError("a forecast's columns differ in length")
        known = np.isfinite(self.prediction)
        if not ((self.lower <= self.prediction) & (self.prediction <= self.upper))[known].all():
            raise ValueError("a forecast lies outside its interval")
        if (known & (self.identification == str(Identification.NOT_IDENTIFIED))).any():
            raise ValueError("a number for what is not identified")

    def frame(self) -> pl.DataFrame:
        """The forecast as columns, null where nothing can be said."""
        columns = {
            "prediction": self.prediction,
            "lower": self.lower,
            "upper": self.upper,
            "identification": self.identification.astype(object),
            "in_support": self.in_support,
        }
        made = pl.DataFrame(columns | self.more, strict=False)
        return made.with_columns(pl.col(pl.Float64).fill_nan(None), pl.col("identification").cast(pl.String))
