"""The generator that must be refused: a chain of ordinary decision trees, whose leaves hold five learned rows."""

import numpy as np
import polars as pl


def draw(train: pl.DataFrame, *, leaf: int = 5, seed: int = 0) -> pl.DataFrame:
    """As many rows as were learned: each column by a tree on the columns before it, its value one of a learned row in
    the same leaf (Reiter 2005, "Using CART to generate partially synthetic, public use microdata")."""
    from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

    rng = np.random.default_rng(seed)
    levels = {
        n: train[n].unique(maintain_order=True).to_list() for n in train.columns if not train[n].dtype.is_numeric()
    }
    real = np.column_stack([_numbers(train[name], levels.get(name)) for name in train.columns])
    drawn = np.empty_like(real)
    drawn[:, 0] = rng.permutation(real[:, 0])
    for j, name in enumerate(train.columns[1:], start=1):
        kind = DecisionTreeClassifier if name in levels else DecisionTreeRegressor
        tree = kind(min_samples_leaf=leaf, random_state=seed).fit(real[:, :j], np.nan_to_num(real[:, j], nan=-1.0))
        order = np.argsort(leaves := tree.apply(real[:, :j]), kind="stable")
        asked = tree.apply(drawn[:, :j])
        begin, end = (np.searchsorted(leaves[order], asked, side) for side in ("left", "right"))
        drawn[:, j] = real[order[begin + (rng.random(len(asked)) * (end - begin)).astype(int)], j]
    return pl.DataFrame(
        [_column(values, train[name], levels.get(name)) for name, values in zip(train.columns, drawn.T, strict=True)]
    )


def _numbers(series: pl.Series, levels: list[object] | None) -> np.ndarray:
    if levels is None:
        return series.cast(pl.Float64).fill_null(np.nan).to_numpy()
    places = {level: k for k, level in enumerate(levels)}
    return np.array([places[value] for value in series], np.float64)


def _column(values: np.ndarray, like: pl.Series, levels: list[object] | None) -> pl.Series:
    if levels is not None:
        return pl.Series(like.name, [levels[int(k)] for k in values], dtype=like.dtype)
    return pl.Series(like.name, values).fill_nan(None).cast(like.dtype)
