"""Which earlier columns of the chain made a drawn value likely: exact Shapley values of its trees.

What is shared out is the probability that a column holds one of some codes: the mean share of these in the leaves that
the row falls into. A column that is not known sends a row down both branches, in proportion to the customers on each
(TreeSHAP: Lundberg et al. 2020, "From local explanations to global understanding with explainable AI for trees").
"""

from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
import numpy.typing as npt

from twinfold.protocols import Codes
from twinfold.synthesis.engines.chain import Lookup
from twinfold.synthesis.engines.cooccurrence import Cooccurrence
from twinfold.synthesis.engines.tree_kernels import Forest, goes_left
from twinfold.synthesis.engines.trees import TreesModel

Array = npt.NDArray[Any]

MOST_DEEP = 64
"""Different columns that a branch may ask for, at most; a tree is offered half as many."""


@dataclass(frozen=True)
class Attribution:
    """Why a column of a row is likely to hold one of some codes.

    Attributes:
        usual: how likely that is where nothing is known of a row.
        added: what each column adds to that, by what the row holds there, (columns,).
        low, high: between which of its bins the trees take a column for the same, (columns,): the middle one of their
            limits, of an ordered column.
        fixed: the column that fixes this one, None where none does.
    """

    usual: float
    added: npt.NDArray[np.float64]
    low: npt.NDArray[np.int64]
    high: npt.NDArray[np.int64]
    fixed: int | None = None

    @property
    def probability(self) -> float:
        """How likely the codes are, given the columns before."""
        return float(np.clip(self.usual + self.added.sum(), 0, 1))


def attribute(model: TreesModel, j: int, codes: Codes, low: int, high: int) -> Attribution:
    """Why column j holds a code from `low` to `high`, both included, in a row of `codes`, (columns,)."""
    part, columns = model.parts[j], len(model.columns)
    added, first, last = np.zeros(2 * columns), np.zeros(columns, np.int64), np.full(columns, 255)
    if part is None:
        raise ValueError(f"column {model.columns[j].name!r} is given, and not drawn")
    if isinstance(part, Lookup):
        usual = float(model.margins[j][low : high + 1].sum())
        added[part.parent] = float(low <= part.codes[codes[part.parent]] <= high) - usual
        return Attribution(usual, added[:columns], first, last, part.parent)
    bins = model.bins(codes[:, None])[:, 0]
    usual = float(_share_out(part, bins, low, high, added))
    limits = np.full((len(part.roots), columns, 2), -1, np.int64)
    _follow(part, bins, limits)
    for i in range(columns):
        asked = limits[limits[:, i, 1] >= 0, i]
        if len(asked):
            first[i], last[i] = np.sort(asked, axis=0)[len(asked) // 2]
    own = added[:columns] + added[columns:]  # what is expected of the column is said by the columns before it
    if j in model.together:
        _add_together(model.together[j], codes, low, high, usual, own)
    return Attribution(usual, own, first, last)


def _add_together(pairs: Cooccurrence, codes: Codes, low: int, high: int, usual: float, added: Array) -> None:
    """What columns add whose codes are followed by a code of this one, before trees say the rest.

    From the last pair to the first, each of which mixes its own code with what came of those after it.
    """
    for parent, when, then, share in zip(
        *(a[::-1] for a in (pairs.parent, pairs.when, pairs.then, pairs.share)), strict=True
    ):
        if codes[parent] == when:
            now = usual + added.sum()
            added[parent] += share * (float(low <= then <= high) - now)


@numba.njit(cache=True, nogil=True)
def _held(forest: Forest, tree: int, node: int, low: int, high: int) -> float:
    """The share of a node's values, by its place among the nodes, that lie from low to high."""
    count, begin = 0, forest.offsets[tree]
    for k in range(begin + forest.start[node], begin + forest.end[node]):
        if low <= forest.values[k] <= high:
            count += 1
    return float(count / (forest.end[node] - forest.start[node]))


@numba.njit(cache=True, nogil=True)
def _weight(zero: Array, one: Array, depth: int, k: int, ways: Array) -> float:
    """The mean over all orders of columns of what stands before column k: the product of `one` for those that came
    earlier and `zero` for those that come later."""
    ways[0], n = 1.0, 0
    for m in range(depth):
        if m == k:
            continue
        ways[n + 1] = 0.0
        for i in range(n, -1, -1):
            ways[i + 1] += ways[i] * one[m]
            ways[i] *= zero[m]
        n += 1
    total, choose = 0.0, 1.0
    for i in range(depth):
        total += ways[i] / (depth * choose)
        choose = choose * (depth - 1 - i) / (i + 1)
    return total


@numba.njit(cache=True, nogil=True)
def _share_out(forest: Forest, bins: Array, low: int, high: int, added: Array) -> float:
    """Into `added`, (features,): the Shapley value of each feature for the share of values from low to high in the
    leaves of one row, `bins`, (features,), mean over trees. Returns the same share where nothing is known."""
    trees, nodes = len(forest.roots), len(forest.feature)
    parent = np.full(nodes, -1, np.int64)
    asked = np.empty(MOST_DEEP, np.int64)
    zero, one, ways = np.empty(MOST_DEEP), np.empty(MOST_DEEP), np.empty(MOST_DEEP + 1)
    usual = 0.0
    for tree in range(trees):
        root = forest.roots[tree]
        end = forest.roots[tree + 1] if tree + 1 < trees else nodes
        usual += _held(forest, tree, root, low, high) / trees
        for node in range(root, end):
            if forest.feature[node] >= 0:
                parent[root + forest.left[node]] = node
                parent[root + forest.left[node] + 1] = node
                continue
            depth, below, up = 0, node, parent[node]
            while up >= 0:
                feature, k = forest.feature[up], 0
                while k < depth and asked[k] != feature:
                    k += 1
                if k == depth and depth < MOST_DEEP:
                    asked[k], zero[k], one[k] = feature, 1.0, 1.0
                    depth += 1
                if k < depth:
                    zero[k] *= (forest.end[below] - forest.start[below]) / (forest.end[up] - forest.start[up])
                    if goes_left(forest.mask, up, bins[feature]) != (below == root + forest.left[up]):
                        one[k] = 0.0
                below, up = up, parent[up]
            value = _held(forest, tree, node, low, high) / trees
            for k in range(depth):
                added[asked[k]] += value * (one[k] - zero[k]) * _weight(zero, one, depth, k, ways)
    return usual


@numba.njit(cache=True, nogil=True)
def _follow(forest: Forest, bins: Array, limits: Array) -> None:
    """Into `limits`, (trees, columns, 2): between which bins of each column, both included, an ordered column of one
    row goes the same way at every node of each tree; -1 where a tree does not ask for it."""
    for tree in range(len(forest.roots)):
        root = forest.roots[tree]
        node = root
        while forest.feature[node] >= 0:
            feature = forest.feature[node]
            value = bins[feature]
            left = goes_left(forest.mask, node, value)
            if feature < limits.shape[1]:
                if limits[tree, feature, 1] < 0:
                    limits[tree, feature, 0], limits[tree, feature, 1] = 0, 255
                last = 255  # the last bin that goes left: bins that no row of the node had go right, whatever they are
                while last > 0 and not goes_left(forest.mask, node, last):
                    last -= 1
                if left:
                    limits[tree, feature, 1] = min(limits[tree, feature, 1], last)
                elif value > last:
                    limits[tree, feature, 0] = max(limits[tree, feature, 0], last + 1)
            node = root + forest.left[node] + (0 if left else 1)
