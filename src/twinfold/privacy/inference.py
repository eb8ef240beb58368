"""Inference: whether a customer's secret can be read from the released row that is nearest in everything else.

The third risk of the Article 29 Working Party's opinion 05/2014 (WP 216), as a game (Giomi et al. 2023).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from twinfold.privacy.neighbours import Points, nearest
from twinfold.privacy.tally import Tally

if TYPE_CHECKING:
    import numpy.typing as npt

_TOLERANCE = 0.05


@dataclass(frozen=True)
class Knowledge:
    """Customers, or released rows: `known`, all columns but one as points, and `secret`, the one, of shape (rows,):
    numbers as float64 with NaN where missing, or integer codes."""

    known: Points
    secret: npt.NDArray[Any]

    def __getitem__(self, rows: Any) -> Knowledge:
        return Knowledge(self.known[rows], self.secret[rows])


def infer(learned: Knowledge, unseen: Knowledge, released: Knowledge) -> Tally:
    """Guess customers' secrets by the released row that is nearest in all other columns.

    A guess is right where it is the same level, or a number within 5 % of the spread (between the 5 % and 95 % points
    of the release) of the true one; a missing secret is guessed by a missing one. The baseline guesses the same for
    everybody: what is right most often in the release.
    """
    tolerance = _tolerance(released.secret)
    right, control = (
        agree(released.secret[nearest(side.known, released.known)[1]], side.secret, tolerance)
        for side in (learned, unseen)
    )
    constant = _most_common(released.secret, tolerance)
    return Tally.of(right, control, agree(np.full_like(learned.secret, constant), learned.secret, tolerance).mean())


def agree(guesses: npt.NDArray[Any], truths: npt.NDArray[Any], tolerance: float) -> npt.NDArray[np.bool_]:
    """Which guesses are near enough to the truth, both of shape (guesses,)."""
    if truths.dtype.kind != "f":
        same: npt.NDArray[np.bool_] = guesses == truths
        return same
    near: npt.NDArray[np.bool_] = (np.abs(guesses - truths) <= tolerance) | (np.isnan(guesses) & np.isnan(truths))
    return near


def _tolerance(values: npt.NDArray[Any]) -> float:
    if values.dtype.kind != "f" or np.isnan(values).all():
        return 0.0
    low, high = np.nanquantile(values, [0.05, 0.95])
    return float(_TOLERANCE * (high - low)) * (1 + 1e-9)  # a number just as far is near enough, however it is rounded


def _most_common(values: npt.NDArray[Any], tolerance: float) -> Any:
    """The guess that is right for most of the values."""
    if values.dtype.kind != "f":
        return np.bincount(values).argmax()
    held = np.sort(values[~np.isnan(values)])
    near = np.searchsorted(held, held + tolerance, "right") - np.searchsorted(held, held - tolerance, "left")
    return held[near.argmax()] if near.max(initial=0) > len(values) - len(held) else np.nan
