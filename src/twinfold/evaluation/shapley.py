"""What each feature adds to the score of a boosted model: exact Shapley values of its trees.

TreeSHAP (Lundberg et al. 2020) in the form of Linear TreeSHAP (Yu et al. 2022, "Linear TreeShap"): the weights of
Shapley's sum over subsets are an integral over 0 to 1 of a product along the path to a leaf, which a Gauss-Legendre
rule gives exactly. LightGBM's own takes some four times as long.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numba
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Array = npt.NDArray[Any]

_CATEGORY, _DEFAULT_LEFT, _NAN = 1, 2, 2  # bits of a decision as LightGBM writes it, and its sort of missing values


def contributions(booster: Any, x: Floats) -> Floats:
    """What each feature adds to the score of each row, shape (rows, features), by a LightGBM model of one output."""
    out = np.zeros(x.shape)
    rows = np.ascontiguousarray(x)
    for text in booster.model_to_string().split("\nTree=")[1:]:
        tree = dict(line.split("=", 1) for line in text.split("\n\n", 1)[0].split("\n")[1:] if "=" in line)
        if int(tree["num_leaves"]) > 1:
            _add(tree, rows, out)
    return out


def _add(tree: dict[str, str], rows: Floats, out: Floats) -> None:
    def numbers(name: str, dtype: Any) -> Array:
        return np.array(tree.get(name, "0").split(), dtype)

    feature, decision = numbers("split_feature", int), numbers("decision_type", int)
    threshold, values = numbers("threshold", float), numbers("leaf_value", float)
    leaves = len(feature) + 1
    children = np.stack([numbers("left_child", int), numbers("right_child", int)], axis=1)
    children = np.where(children < 0, leaves - 2 - children, children)  # leaves behind the splits
    count = np.concatenate([numbers("internal_count", float), numbers("leaf_count", float)])
    earlier, kept, most = _paths(children, feature, count)
    places, weights = _rule((most + 1) // 2)
    factors, gains = _tabulate(earlier, kept, places)
    words = numbers("cat_threshold", np.uint32), numbers("cat_boundaries", int)
    _attribute(rows, children, feature, decision, threshold, *words, values, earlier, factors, gains, weights, out)


@cache
def _rule(places: int) -> tuple[Floats, Floats]:
    """Places and weights of the Gauss-Legendre rule on 0 to 1."""
    at, weights = np.polynomial.legendre.leggauss(places)
    return (at + 1) / 2, weights / 2


@numba.njit(cache=True)
def _paths(children: Array, feature: Array, count: Array) -> tuple[Array, Array, int]:
    """Of each node: the last node above or at it that the same feature led to, before it; the share of rows that the
    feature's splits kept on the way to it; and how many features are asked for on a way at most."""
    nodes = len(count)
    parent, earlier, kept = np.full(nodes, -1), np.full(nodes, -1), np.ones(nodes)
    asked, most = np.zeros(nodes, np.int64), 1
    for node in range(len(children)):
        for side in range(2):
            child, above = children[node, side], node
            parent[child] = node
            while above > 0 and feature[parent[above]] != feature[node]:
                above = parent[above]
            earlier[child] = above if above > 0 else -1
            before = kept[above] if above > 0 else 1.0
            kept[child] = before * count[child] / count[node]
            asked[child] = asked[node] + (above == 0)
            most = max(most, asked[child])
    return earlier, kept, most


def _tabulate(earlier: Array, kept: Floats, t: Floats) -> tuple[Floats, Floats]:
    """By what the step to a node multiplies the product, and what it makes the node's feature gain for it, at each
    place of the integral, (nodes, 3, places): where the row goes there, leaves here, or has left before by the same
    feature."""
    share = kept[:, None]
    follows, leaves = share * (1 - t) + t, share * (1 - t)
    first = (earlier < 0)[:, None]
    followed, left = np.where(first, 1.0, follows[earlier]), np.where(first, 1.0, leaves[earlier])
    before, gone = np.where(first, 0.0, (1 - kept[earlier])[:, None] / followed), -1 / (1 - t)
    factors = np.stack([follows / followed, leaves / followed, leaves / left], axis=1)
    gains = np.stack([(1 - share) / follows - before, gone - before, np.zeros_like(follows)], axis=1)
    return factors, gains


@numba.njit(cache=True)
def _goes_left(x: float, decision: int, threshold: float, words: Array, bounds: Array) -> bool:
    if decision & _CATEGORY:
        if np.isnan(x) or x <= -1:
            return False
        code, place = int(x), int(threshold)
        word = bounds[place] + code // 32
        return bool(word < bounds[place + 1] and (words[word] >> np.uint32(code % 32)) & np.uint32(1) == 1)
    if np.isnan(x):
        return decision & _DEFAULT_LEFT != 0 if decision >> 2 == _NAN else threshold >= 0
    return x <= threshold


@numba.njit(cache=True, fastmath={"contract", "reassoc"})
def _attribute(
    rows: Floats, children: Array, feature: Array, decision: Array, threshold: Floats, words: Array, bounds: Array,
    values: Floats, earlier: Array, factors: Floats, gains: Floats, weights: Floats, out: Floats,
) -> None:  # fmt: skip
    """Add what the features of one tree add to each row's score: products down the tree, sums of leaves up again."""
    nodes, splits, places = len(earlier), len(children), len(weights)
    step = np.zeros(nodes, np.int64)
    product, total = np.ones((nodes, places)), np.zeros((nodes, places))
    for r in range(len(rows)):
        for node in range(splits):
            left = _goes_left(rows[r, feature[node]], decision[node], threshold[node], words, bounds)
            for side in range(2):
                child = children[node, side]
                if earlier[child] >= 0 and step[earlier[child]] > 0:
                    step[child] = 2
                else:
                    step[child] = 0 if left == (side == 0) else 1
                for i in range(places):
                    product[child, i] = product[node, i] * factors[child, step[child], i]
        for leaf in range(len(values)):
            for i in range(places):
                total[splits + leaf, i] = values[leaf] * weights[i] * product[splits + leaf, i]
        for node in range(splits - 1, -1, -1):
            one, other = children[node, 0], children[node, 1]
            gained = 0.0
            for i in range(places):
                gained += total[one, i] * gains[one, step[one], i] + total[other, i] * gains[other, step[other], i]
                total[node, i] = total[one, i] + total[other, i]
            out[r, feature[node]] += gained
