"""An effect: what a treatment adds to the score on average, how sure that is, and what may hide in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from twinfold.behaviour.design import Block, span_of
from twinfold.behaviour.estimates import check_array
from twinfold.behaviour.regression import Regression

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Effect:
    """What was learned of a treatment's effect on average.

    Attributes:
        average: what it adds to the score, (kinds,): of each arm, or a number's mean slope; and `error`, how sure that
            is, with what is hidden.
        hidden: the spread of the part of it that may be that of something unknown, (kinds,).
        other: the same within strata before anything is adjusted for, or, after a slip of the lot, once it is: the one
            that is not used, (kinds,); not a number where the treatment goes with nothing.
        natural: coefficients of the treatment on strata and features, (columns before the treatment's, kinds): what a
            row's treatment would be if nobody intervened.
    """

    average: Floats
    error: Floats
    hidden: Floats
    other: Floats
    natural: Floats

    def moved(self, design: npt.NDArray[Any], given: Floats) -> Floats:
        """How far each row's treatment is from where it would be by itself, (rows, kinds): as many times counts what
        may hide in the effect. Zero where nothing hides."""
        if not self.hidden.any():
            return np.zeros(given.shape)
        found: Floats = given - design[:, : len(self.natural)] @ self.natural
        return found

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """What was learned, as plain arrays."""
        return {each.name: getattr(self, each.name) for each in fields(self)}

    @classmethod
    def restored(cls, arrays: Mapping[str, npt.NDArray[Any]], kinds: int, before: int) -> Self:
        """The effect that arrays came from. Raises `ValueError` or `KeyError`."""
        own = {each.name: arrays[each.name] for each in fields(cls)}
        for name, array in own.items():
            finite = np.nan_to_num(array) if name == "other" else array
            check_array(name, finite, (before, kinds) if name == "natural" else (kinds,))
        return cls(**own)


def average_effect(
    regression: Regression, design: npt.NDArray[np.float32], blocks: Sequence[Block]
) -> tuple[Floats, Floats]:
    """What the treatment adds to the score on average, (kinds,), and its error, before anything hidden.

    Interactions with strata and with features are with what lies about their means, so that they average out.
    """
    treatment = span_of(blocks, "treatment")
    weights = np.eye(design.shape[1])[treatment]
    if any(block.name == "treatment bends" for block in blocks):
        given, bends = design[:, treatment].astype(np.float64), span_of(blocks, "treatment bends")
        apart = given - given.mean(axis=0)
        weights[:, bends] = apart.T @ design[:, bends] / (apart**2).sum()
    errors = np.sqrt(((weights @ regression.covariance) * weights).sum(axis=1))
    return weights @ regression.coefficients, errors
