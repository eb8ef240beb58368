"""Free texts on a scale: how near each lies, by what it means, to a sentence for each point.

Semantic similarity rating (Maier et al. 2025, "LLMs reproduce human purchase intent via semantic similarity elicitation
of Likert ratings"): the cosines of a text and of each point's anchor, less the least of them, are the chances of the
points; of several lists of anchors the mean counts. Nobody has shown that this holds of any question but those that it
was tried on: it is used only where real texts, whose writers also gave a number, bear it out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import rankdata

from twinfold.errors import DataError
from twinfold.evaluation.intervals import Z

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Embed = Callable[[Sequence[str]], npt.NDArray[np.float32]]
    """What texts mean, as vectors of length 1, (texts, dimensions)."""

ENOUGH = 0.9
"""The rank correlation of what texts are placed at with what their writers answered, from which on texts are placed."""

LEAST_TEXTS = 50
"""Real texts by which that is told, at least."""


@dataclass(frozen=True)
class Agreement:
    """How well real texts are placed: the rank correlation with their writers' answers, its 95 % interval, and of how
    many texts it is."""

    value: float
    lower: float
    upper: float
    texts: int

    @property
    def enough(self) -> bool:
        """Whether texts may be placed."""
        return self.value >= ENOUGH

    def text(self) -> str:
        """In a sentence."""
        said = "is enough" if self.enough else "is not enough"
        return (
            f"{self.texts:,} real texts are placed in a rank correlation of {self.value:.2f} "
            f"[{self.lower:.2f}, {self.upper:.2f}] with their writers' own answers: {ENOUGH:g} or more is asked for, "
            f"so it {said}."
        )


def place_texts(texts: Sequence[str], anchors: Sequence[Sequence[str]], embed: Embed) -> Floats:
    """The chances of each point, (texts, points); of a text that is as near to all, or empty, the same for all."""
    found = np.asarray(embed(list(texts)), np.float64)
    chances = [_place(found @ np.asarray(embed(list(each)), np.float64).T) for each in anchors]
    return np.asarray(np.mean(chances, axis=0))


def _place(near: Floats) -> Floats:
    above = np.nan_to_num(near - near.min(axis=1, keepdims=True))
    whole = above.sum(axis=1, keepdims=True)
    return np.asarray(np.where(whole > 1e-9, above / np.maximum(whole, 1e-9), 1 / near.shape[1]))


def expect_points(chances: Floats) -> Floats:
    """The point that is expected of each, from 1, (texts,)."""
    return np.asarray(chances @ np.arange(1, chances.shape[1] + 1))


def judge_places(chances: Floats, answer: npt.NDArray[np.int64], place: str) -> Agreement:
    """How well texts are placed, beside the points that their writers answered, (texts,).

    Spearman's rank correlation, its interval by Fisher's z with Bonett and Wright's (2000) variance.
    Raises `DataError` where there are too few texts, or all answers are the same.
    """
    if len(answer) < LEAST_TEXTS:
        raise DataError(
            f"{place}: {len(answer):,} texts with an answer; it takes {LEAST_TEXTS} to tell how texts are placed"
        )
    if answer.min() == answer.max():
        raise DataError(f"{place}: all {len(answer):,} answers are {answer[0] + 1}; give texts of people who differ")
    ranks = rankdata(expect_points(chances).round(9)), rankdata(answer)
    value = float(np.corrcoef(*ranks)[0, 1]) if np.ptp(ranks[0]) > 0 else 0.0
    half = Z * np.sqrt((1 + value**2 / 2) / (len(answer) - 3))
    middle = np.arctanh(np.clip(value, -1 + 1e-12, 1 - 1e-12))
    return Agreement(value, float(np.tanh(middle - half)), float(np.tanh(middle + half)), len(answer))
