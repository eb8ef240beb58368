"""The classifier that evaluation asks: LightGBM with the settings of the independent yardstick, one thread, one "
"seed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from twinfold.evaluation.alignment import Feature, Values

if TYPE_CHECKING:
    import numpy.typing as npt

LEVELS = 250  # levels of a category that the trees can tell apart; the rest are one
_ROUNDS = 200
_SETTINGS = {
    "objective": "binary",
    "learning_rate": 0.05,
    "num_leaves": 31,
    "num_threads": 1,
    "deterministic": True,
    "force_col_wise": True,
    "verbose": -1,
}


@dataclass(frozen=True)
class Design:
    """What the classifier sees: `x` of shape (rows, features), NaN where missing, and which features are categories."""

    x: npt.NDArray[np.float64]
    categories: list[int]

    def __getitem__(self, rows: Any) -> Design:
        return Design(self.x[rows], self.categories)


def design(features: tuple[Feature, ...], *sides: Values) -> Design:
    """The rows of several tables, one table after the other."""
    columns = []
    for j, feature in enumerate(features):
        values = np.concatenate([side[j] for side in sides])
        columns.append(values if feature.numeric else np.minimum(values, LEVELS))
    categories = [j for j, feature in enumerate(features) if not feature.numeric]
    return Design(np.column_stack(columns).astype(np.float64), categories)


@dataclass(frozen=True)
class Classifier:
    """A LightGBM model that tells positive rows from others."""

    booster: Any

    def scores(self, test: Design) -> npt.NDArray[np.float64]:
        """The log odds of being positive, shape (test rows,)."""
        return np.asarray(self.booster.predict(test.x, raw_score=True, num_threads=1), np.float64)

    def contributions(self, test: Design) -> npt.NDArray[np.float64]:
        """What each feature adds to the score of each row, shape (test rows, features); with a constant they sum up to
        the scores (TreeSHAP: Lundberg et al. 2020)."""
        found = np.asarray(self.booster.predict(test.x, pred_contrib=True, num_threads=1), np.float64)
        return found[:, :-1]


def fit(
    rows: Design,
    positive: npt.NDArray[np.bool_] | npt.NDArray[np.float64],
    *,
    seed: int,
    weight: npt.NDArray[np.float64] | None = None,
    **changed: Any,
) -> Classifier:
    """Learn to tell positive rows from others, by LightGBM's settings above but for those that are `changed`: with
    another objective, amounts in the place of `positive`. `weight` is how much each row counts, None for all alike."""
    import lightgbm

    data = lightgbm.Dataset(
        rows.x,
        positive.astype(np.float32),
        weight=weight,
        categorical_feature=rows.categories,
        params={"verbose": -1},
    )
    return Classifier(lightgbm.train({**_SETTINGS, "seed": seed, **changed}, data, _ROUNDS, keep_training_booster=True))


def fitted_scores(
    learned: Design, positive: npt.NDArray[np.bool_], test: Design, *, seed: int
) -> npt.NDArray[np.float64]:
    """Fit on some rows, score others: the log odds of being positive, shape (test rows,)."""
    return fit(learned, positive, seed=seed).scores(test)
