"""What a model is asked: one column of the customers, of those who have it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from twinfold.evaluation.alignment import Aligned, Feature, Owners, Values
from twinfold.evaluation.boosting import Design, design

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

ROWS = 25_000  # of each table: the standard error of an area under the ROC curve is then under 0.01


@dataclass(frozen=True)
class Side:
    """Rows of one table: `x` what is known of them, `y` the answers, shape (rows,): 0 and 1, or amounts."""

    x: Design
    y: Floats

    def __getitem__(self, rows: npt.NDArray[np.int64]) -> Side:
        return Side(self.x[rows], self.y[rows])

    def __add__(self, other: Side) -> Side:
        x = np.concatenate([self.x.x, other.x.x])
        return Side(Design(x, self.x.categories), np.concatenate([self.y, other.y]))

    def __len__(self) -> int:
        return len(self.y)


@dataclass(frozen=True)
class Question:
    """A column to be predicted, of three tables.

    Attributes:
        target: the column; `level`: its value that is predicted against all others, None where amounts are predicted.
        features: the other columns, as in the designs.
        owners: as in `Aligned`, of the rows that have the target.
    """

    target: str
    level: str | None
    features: tuple[Feature, ...]
    train: Side
    holdout: Side
    synthetic: Side
    owners: Owners | None

    @property
    def binary(self) -> bool:
        """Whether a chance is predicted, and no amount."""
        return self.level is not None

    @property
    def about(self) -> str:
        """What is predicted, as sentences name it: y = 'yes', or amount."""
        return self.target if self.level is None else f"{self.target} = '{self.level}'"


def ask(aligned: Aligned, target: str, level: str | None = None) -> Question:
    """The question that a column asks, of at most `ROWS` rows of each table; rows without it are left out.

    Where no level is named, of two the rarer is predicted, of more the most frequent, as in train rows; a number that
    takes two values is two levels. Any other number is predicted as an amount.
    """
    j = [feature.name for feature in aligned.features].index(target)
    present = tuple(_present(aligned.features[j], side[j]) for side in _sides(aligned))
    known = aligned.where([mask & (mask.cumsum() <= ROWS) for mask in present])
    feature, answers = known.features[j], [side[j] for side in _sides(known)]
    values, counts = np.unique(answers[0], return_counts=True)
    if level is not None:
        answers = [answer == feature.levels.index(level) for answer in answers]
    elif not feature.numeric or len(values) == 2:
        chosen = values[np.argmin(counts) if len(values) == 2 else np.argmax(counts)] if len(values) else 0
        level = f"{chosen:g}" if feature.numeric else feature.levels[int(chosen)]
        answers = [answer == chosen for answer in answers]
    others = known.pick([f.name for f in known.features if f.name != target])
    sides = [
        Side(design(others.features, side), answer.astype(np.float64))
        for side, answer in zip(_sides(others), answers, strict=True)
    ]
    return Question(target, level, others.features, sides[0], sides[1], sides[2], known.owners)


def _sides(aligned: Aligned) -> tuple[Values, Values, Values]:
    return aligned.train, aligned.holdout, aligned.synthetic


def _present(feature: Feature, values: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    if feature.numeric:
        return ~np.isnan(values)
    return np.ones(len(values), np.bool_) if feature.missing is None else values != feature.missing
