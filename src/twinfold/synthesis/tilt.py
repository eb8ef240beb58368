"""A tilt: how many times likelier a row is among real rows than among a model's, as a sum of small trees' scores.

A classifier that tells real rows from drawn ones estimates the ratio of their densities (Sugiyama, Suzuki and Kanamori
2012, "Density ratio estimation in machine learning", chapter 4). It is learned by LightGBM on codes, and kept as plain
arrays, so that drawing needs neither LightGBM nor any row.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numba
import numpy as np
import numpy.typing as npt

from twinfold.protocols import Progress, silent

Array = npt.NDArray[Any]

BINS = 256
"""Bins of a column that a tilt can tell apart."""

PATIENCE = 40
"""Trees that may bring nothing to rows held out, before no more are grown."""

LEAVES = 32
"""Leaves of a tree, at most."""

_DE_BRUIJN = 0x077CB531

SETTINGS = {
    "objective": "binary",
    "learning_rate": 0.1,
    "num_leaves": 31,
    "min_data_in_leaf": 50,
    "extra_trees": True,
    "cat_smooth": 50.0,
    "cat_l2": 50.0,
    "max_bin": 255,
    "deterministic": True,
    "force_row_wise": True,
    "verbose": -1,
}
"""LightGBM's settings. A leaf holds 50 rows at least, and random cuts (Geurts 2006) fit single rows less."""


@numba.njit(cache=True, nogil=True)
def _add_scores(
    alive: Array, starts: Array, asked: Array, score: Array, margins: Array, first: Array, bins: Array, out: Array
) -> None:
    """The score of each row of `bins`, (rows, columns), by its trees, see `Tilt.__post_init__`, and its margins."""
    trees = alive.shape[1]
    left = np.empty(trees, np.uint32)
    for row in range(len(out)):
        left[:] = np.uint32(0xFFFFFFFF)
        for k in range(len(asked)):
            known = alive[starts[k] + bins[row, asked[k]]]
            for tree in range(trees):
                left[tree] &= known[tree]
        total = np.float32(0)
        for column in range(len(first)):
            total += margins[first[column] + bins[row, column]]
        for tree in range(trees):
            lowest = np.uint32(left[tree] & np.uint32(~left[tree] + np.uint32(1)))  # numba widens, so narrow each time
            total += score[tree, np.uint32(lowest * np.uint32(_DE_BRUIJN)) >> np.uint32(27)]
        out[row] = total


@dataclass(frozen=True)
class Tilt:
    """Trees end to end, shape (nodes,) each; `mask`, (nodes, 4), has a bit for each bin of `feature` that goes left.

    `feature` is -1 in a leaf, whose `score` is added to a row's log ratio; `left` counts from the tree's root, and the
    right child stands next to it. `roots`, (trees,), says where each tree begins. `margins`, (bins of all columns,), is
    added for each bin by itself. `sizes`, (columns,), are the bins of each column.
    """

    feature: Array
    mask: Array
    left: Array
    score: Array
    roots: Array
    margins: Array
    sizes: tuple[int, ...]
    _laid_out: tuple[Array, Array, Array, Array] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Lay the trees out for drawing (Lucchese et al. 2015, "QuickScorer").

        Every bin of every column leaves some leaves of each tree alive, as 32 bits; what all of a row's bins leave
        alive begins with its leaf. Scores stand where a multiplication by a de Bruijn number takes the lowest bit.
        """
        asked = np.unique(self.feature[self.feature >= 0])
        starts = np.concatenate([[0], np.cumsum([self.sizes[j] for j in asked])]).astype(np.int64)
        alive = np.full((starts[-1], len(self.roots)), 0xFFFFFFFF, np.uint32)
        score = np.zeros((len(self.roots), LEAVES), np.float32)
        goes_left = np.unpackbits(self.mask.view(np.uint8), axis=1, bitorder="little").astype(bool)
        for tree, root in enumerate(self.roots):
            for node, leaves in self._number_leaves(root, tree, score):
                k = np.searchsorted(asked, self.feature[node])
                begin, end = starts[k], starts[k + 1]
                alive[begin:end, tree][~goes_left[node, : end - begin]] &= np.uint32(0xFFFFFFFF ^ leaves)
        object.__setattr__(self, "_laid_out", (alive, starts, asked.astype(np.int64), score))

    def _number_leaves(self, root: int, tree: int, score: Array) -> list[tuple[int, int]]:
        """The inner nodes of a tree, each with the bits of the leaves on its left; leaves' scores go into `score`."""
        found: list[tuple[int, int]] = []
        number = 0

        def visit(node: int) -> int:
            nonlocal number
            if self.feature[node] < 0:
                bit = 1 << number
                score[tree, (bit * _DE_BRUIJN & 0xFFFFFFFF) >> 27] = self.score[node]
                number += 1
                return bit
            on_left = visit(root + self.left[node])
            found.append((node, on_left))
            return on_left | visit(root + self.left[node] + 1)

        visit(root)
        return found

    def scores(self, bins: Array) -> npt.NDArray[np.float64]:
        """The log ratio of each row of `bins`, (columns, rows) uint8, up to a constant; shape (rows,)."""
        out = np.empty(bins.shape[1])
        alive, starts, asked, score = self._laid_out
        first = np.concatenate([[0], np.cumsum(self.sizes)[:-1]]).astype(np.int64)
        _add_scores(alive, starts, asked, score, self.margins, first, np.ascontiguousarray(bins.T), out)
        return out

    def arrays(self) -> dict[str, Array]:
        """Everything learned, as plain arrays."""
        return {name: getattr(self, name) for name in _TYPES}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array], sizes: Sequence[int]) -> Self:
        """The tilt that `arrays` came from, of columns of such sizes. Raises `KeyError` or `ValueError`."""
        known = {name: arrays[name] for name in _TYPES}
        nodes, trees = len(known["feature"]), len(known["roots"])
        shapes = {"mask": (nodes, 4), "roots": (trees,), "margins": (sum(sizes),)}
        for name, dtype in _TYPES.items():
            shape = shapes.get(name, (nodes,))
            if known[name].dtype != dtype or known[name].shape != shape:
                raise ValueError(f"{name} of the wrong shape")
        feature, roots = known["feature"], known["roots"]
        ends = np.append(roots[1:], nodes)
        if not trees or roots[0] != 0 or not (ends > roots).all():
            raise ValueError("trees out of order")
        if not ((feature >= -1) & (feature < len(sizes))).all():
            raise ValueError("a split on no column")
        for root, end in zip(roots, ends, strict=True):  # breadth first, so that no node has two parents
            inner = np.flatnonzero(feature[root:end] >= 0)
            places = 1 + 2 * np.arange(len(inner))
            if end - root != 2 * len(inner) + 1 or len(inner) >= LEAVES or (places <= inner).any():
                raise ValueError("a tree of the wrong shape")
            if (known["left"][root + inner] != places).any():
                raise ValueError("a child out of place")
        for name in ("score", "margins"):
            if not np.isfinite(known[name]).all() or np.abs(known[name]).max() > 100:
                raise ValueError(f"{name} out of bounds")
        return cls(**known, sizes=tuple(sizes))


_TYPES = {
    "feature": np.int16,
    "mask": np.uint64,
    "left": np.int32,
    "score": np.float32,
    "roots": np.int64,
    "margins": np.float32,
}


def learn_tilt(
    real: Array,
    drawn: Array,
    held_real: Array,
    held_drawn: Array,
    *,
    sizes: Sequence[int],
    unordered: Sequence[int],
    rounds: int,
    seed: int,
    deadline: float | None = None,
    progress: Progress = silent,
) -> Tilt | None:
    """Learn what tells real rows from drawn ones, as far as it tells them apart among rows that were held out.

    Args:
        real, drawn: bins, (columns, rows) uint8 each; either side counts as much as the other.
        held_real, held_drawn: the same of other rows, which say when to stop.
        sizes: bins of each column.
        unordered: columns whose bins have no order.
        rounds: trees, at most.
        seed: of the random cuts.
        deadline: the `time.monotonic()` after which no tree is grown.
        progress: told "calibrating" from 0 to 1; may stop it by `KeyboardInterrupt`.

    Returns:
        The tilt, or None where it tells nothing.
    """
    import lightgbm

    settings = SETTINGS | {"seed": seed, "num_threads": 1}
    train = _dataset(lightgbm, real, drawn, unordered, settings)
    held = _dataset(lightgbm, held_real, held_drawn, unordered, settings, reference=train)
    losses: list[float] = []

    def watch(now: Any) -> None:
        progress("calibrating", now.iteration / rounds)
        losses.append(now.evaluation_result_list[0][2])
        best = int(np.argmin(losses))
        if now.iteration - best >= PATIENCE or (deadline is not None and time.monotonic() > deadline):
            raise lightgbm.callback.EarlyStopException(best, now.evaluation_result_list)

    booster = lightgbm.train(settings, train, rounds, valid_sets=[held], callbacks=[watch])
    if min(losses) >= np.log(2):
        return None
    return _from_lightgbm(booster.dump_model(num_iteration=int(np.argmin(losses)) + 1)["tree_info"], sizes)


def _dataset(
    lightgbm: Any, real: Array, drawn: Array, unordered: Sequence[int], settings: dict[str, Any], reference: Any = None
) -> Any:
    label = np.repeat([1, 0], [real.shape[1], drawn.shape[1]])
    weight = np.where(label == 1, drawn.shape[1] / max(real.shape[1], 1), 1.0)
    return lightgbm.Dataset(
        np.concatenate([real.T, drawn.T]).astype(np.float32),
        label,
        weight=weight,
        categorical_feature=list(unordered),
        params=settings,
        reference=reference,
    )


def _from_lightgbm(trees: Sequence[Mapping[str, Any]], sizes: Sequence[int]) -> Tilt:
    feature: list[int] = []
    masks: list[Array] = []
    left: list[int] = []
    score: list[float] = []
    roots: list[int] = []
    for tree in trees:
        roots.append(len(feature))
        queue = [tree["tree_structure"]]
        for node in queue:  # breadth first, so that children stand side by side
            inner = "split_feature" in node
            feature.append(node["split_feature"] if inner else -1)
            masks.append(_mask(node) if inner else np.zeros(4, np.uint64))
            left.append(len(queue) if inner else -1)
            score.append(0.0 if inner else node["leaf_value"])
            if inner:
                queue += [node["left_child"], node["right_child"]]
    return Tilt(
        np.array(feature, np.int16),
        np.array(masks, np.uint64).reshape(-1, 4),
        np.array(left, np.int32),
        np.array(score, np.float32),
        np.array(roots, np.int64),
        np.zeros(sum(sizes), np.float32),
        tuple(sizes),
    )


def _mask(node: Mapping[str, Any]) -> Array:
    bits = np.zeros(BINS, bool)
    if node["decision_type"] == "==":
        bits[[int(level) for level in str(node["threshold"]).split("||")]] = True
    else:
        bits[: int(np.floor(node["threshold"])) + 1] = True
    return np.packbits(bits, bitorder="little").view(np.uint64)
