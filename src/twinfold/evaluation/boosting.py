"""The classifier that evaluation asks: LightGBM with the settings of the independent yardstick, one thread, one "
"seed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from twinfold.evaluation.alignment import Feature, Values

if TYPE_CHECKING:
    import numpy.typing as npt

_LEVELS = 250  # levels of a category that the trees can tell apart; the rest are one
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
        columns.append(values if feature.numeric else np.minimum(values, _LEVELS))
    categories = [j for j, feature in enumerate(features) if not feature.numeric]
    return Design(np.column_stack(columns).astype(np.float64), categories)


def fitted_scores(
    fit: Design, positive: npt.NDArray[np.bool_], test: Design, *, seed: int, additive: bool = False
) -> npt.NDArray[np.float64]:
    """Fit on some rows, score others: the log odds of being positive, shape (test rows,).

    `additive`: no tree asks for two features, so that what only features together say is not learned.
    """
    booster = _fitted(fit, positive, seed, additive=additive)
    return np.asarray(booster.predict(test.x, raw_score=True, num_threads=1), np.float64)


def fitted_contributions(
    fit: Design, positive: npt.NDArray[np.bool_], test: Design, *, seed: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Fit on some rows, explain others: what each feature adds to the log odds, shape (test rows, features), and all
    scores, (test rows,): contributions and what they are added to (TreeSHAP: Lundberg et al. 2020)."""
    booster = _fitted(fit, positive, seed)
    found = np.asarray(booster.predict(test.x, pred_contrib=True, num_threads=1), np.float64)
    return found[:, :-1], found.sum(1)


def _fitted(fit: Design, positive: npt.NDArray[np.bool_], seed: int, *, additive: bool = False) -> Any:
    import lightgbm

    data = lightgbm.Dataset(
        fit.x,
        positive.astype(np.float32),
        categorical_feature=fit.categories,
        params={"verbose": -1},
    )
    settings = {**_SETTINGS, "seed": seed}
    if additive:
        settings["interaction_constraints"] = [[j] for j in range(fit.x.shape[1])]
    return lightgbm.train(settings, data, _ROUNDS)
