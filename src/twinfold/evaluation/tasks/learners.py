"""The kinds of model that banks train, each with one usual setting."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from twinfold.evaluation.boosting import Design, fit
from twinfold.evaluation.tasks.question import Side

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

Predict = Callable[[Design], "Floats"]
"""The chance of being positive, or the amount, of each row of a design, shape (rows,)."""

BOOSTING = "gradient boosting"
_LEAST = 10  # rows that hold a level below which it has no column of its own
_GRID = 200  # quantiles that a number's rank is read from


def learn_boosted(side: Side, *, binary: bool, seed: int, weight: Floats | None = None) -> Predict:
    """A model of gradient-boosted trees. Of rows that all have one answer, that answer."""
    if (constant := _constant(side)) is not None:
        return constant
    objective = "binary" if binary else "regression"
    booster = fit(side.x, side.y, seed=seed, weight=weight, objective=objective).booster
    return lambda x: np.asarray(booster.predict(x.x, num_threads=1), np.float64)


def learn_kinds(side: Side, *, binary: bool, seed: int) -> dict[str, Predict]:
    """A model of each kind, by its name; all but boosting see numbers by their rank and levels as columns."""
    learned = {BOOSTING: learn_boosted(side, binary=binary, seed=seed)}
    kinds = _kinds(binary, seed, len(side))
    if (constant := _constant(side)) is not None:
        return learned | dict.fromkeys(kinds, constant)
    encode = Encoding.fit(side.x)
    encoded = encode(side.x)
    with one_thread():
        fitted = {name: model.fit(encoded, side.y) for name, model in kinds.items()}
    return learned | {name: _predictor(model, encode, binary) for name, model in fitted.items()}


def learn_logistic(side: Side, *, seed: int) -> Predict:
    """A logistic regression: what is left where rows are too few for trees."""
    if (constant := _constant(side)) is not None:
        return constant
    encode = Encoding.fit(side.x)
    model = _kinds(True, seed, len(side))["logistic regression"]
    with one_thread():
        return _predictor(model.fit(encode(side.x), side.y), encode, True)


def one_thread() -> AbstractContextManager[None]:
    """Work of scikit-learn on one thread: pieces so small are slowed down by more."""
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # scikit-learn_boosted's own

    return cast("AbstractContextManager[None]", threadpool_limits(1))


def _kinds(binary: bool, seed: int, rows: int) -> dict[str, Any]:
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.naive_bayes import GaussianNB
    from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
    from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

    forest: dict[str, Any] = {"n_estimators": 50, "min_samples_leaf": 5, "max_features": "sqrt", "random_state": seed}
    tree: dict[str, Any] = {"max_depth": 4, "min_samples_leaf": 20, "random_state": seed}
    neighbours = {"n_neighbors": min(25, rows)}
    if binary:
        return {
            "logistic regression": LogisticRegression(max_iter=1000),
            "random forest": RandomForestClassifier(**forest),
            "decision tree": DecisionTreeClassifier(**tree),
            "nearest neighbours": KNeighborsClassifier(**neighbours),
            "naive Bayes": GaussianNB(var_smoothing=1e-3),
        }
    return {
        "ridge regression": Ridge(),
        "random forest": RandomForestRegressor(**forest),
        "decision tree": DecisionTreeRegressor(**tree),
        "nearest neighbours": KNeighborsRegressor(**neighbours),
    }


def _predictor(model: Any, encode: Encoding, binary: bool) -> Predict:
    def predict(x: Design) -> Floats:
        with one_thread():
            found = model.predict_proba(encode(x))[:, 1] if binary else model.predict(encode(x))
        return np.asarray(found, np.float64)

    return predict


def _constant(side: Side) -> Predict | None:
    if len(side) and np.ptp(side.y) > 0:
        return None
    answer = float(side.y[0]) if len(side) else 0.0
    return lambda x: np.full(len(x.x), answer)


@dataclass(frozen=True)
class _Recipe:
    """How one column of a design is encoded: a category by `levels`, a number by its rank on `grid`."""

    levels: Floats | None
    grid: Floats
    some_missing: bool

    @classmethod
    def fit(cls, values: Floats, *, category: bool) -> _Recipe:
        if category:
            held, counts = np.unique(values, return_counts=True)
            return cls(held[counts >= _LEAST] if (counts >= _LEAST).any() else held, np.zeros(1), False)
        present = values[~np.isnan(values)]
        grid = np.quantile(present, np.linspace(0, 1, _GRID)) if len(present) else np.zeros(1)
        return cls(None, grid, len(present) < len(values))

    def __call__(self, values: Floats) -> Floats:
        if self.levels is not None:
            return np.asarray((values[:, None] == self.levels) * np.sqrt(2))
        low, high = (np.searchsorted(self.grid, values, side=side) for side in ("left", "right"))
        ranks = ((low + high) / (2 * len(self.grid)) - 0.5) * np.sqrt(12)
        absent = np.isnan(values)
        ranks = np.where(absent, 0.0, ranks)
        return np.column_stack([ranks, absent]) if self.some_missing else ranks[:, None]


@dataclass(frozen=True)
class Encoding:
    """Designs as numbers of about unit spread: what linear models, neighbours and segments need.

    A number becomes its rank among the rows learned from; missing ones the middle, and a column that says so. Each
    level of a category that ten rows hold becomes a column, scaled so that a category weighs about what a number does.
    """

    recipes: tuple[_Recipe, ...]

    @classmethod
    def fit(cls, x: Design) -> Encoding:
        """The encoding that the rows of a design suggest."""
        return cls(tuple(_Recipe.fit(x.x[:, j], category=j in x.categories) for j in range(x.x.shape[1])))

    def __call__(self, x: Design) -> Floats:
        """Shape (rows, encoded columns)."""
        return np.column_stack([recipe(x.x[:, j]) for j, recipe in enumerate(self.recipes)])

    def columns(self) -> list[tuple[int, float | None]]:
        """Of each encoded column the place of its feature, and the level it stands for: None for a number's rank, NaN
        for a number that is missing."""
        out: list[tuple[int, float | None]] = []
        for j, recipe in enumerate(self.recipes):
            if recipe.levels is not None:
                out += [(j, float(level)) for level in recipe.levels]
            else:
                out += [(j, None), (j, np.nan)][: 1 + recipe.some_missing]
        return out
