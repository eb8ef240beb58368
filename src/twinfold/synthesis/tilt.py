"""A tilt: how many times likelier a row is among real rows than among a model's, as a sum of small trees' scores.

A classifier that tells real rows from drawn ones estimates the ratio of their densities (Sugiyama, Suzuki and Kanamori
2012, "Density ratio estimation in machine learning", chapter 4). It is learned by LightGBM on codes.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numba
import numpy as np
import numpy.typing as npt

from twinfold.protocols import CodeColumn, Progress, silent
from twinfold.synthesis.leaves import DE_BRUIJN, LEAVES, SmallTrees, bin_sizes, lowest, narrow

Array = npt.NDArray[Any]

UNIT, MOST_SCORE = 2.0**-22, 256.0
"""What scores of leaves are counted in where many are added up, and how large one may be."""

PATIENCE = 40
"""Trees that may bring nothing to rows held out, before no more are grown."""

SETTINGS = {
    "objective": "binary",
    "learning_rate": 0.15,
    "num_leaves": 31,
    "min_data_in_leaf": 50,
    "cat_smooth": 50.0,
    "cat_l2": 50.0,
    "max_bin": 255,
    "deterministic": True,
    "force_row_wise": True,
    "verbose": -1,
}
"""LightGBM's settings. A leaf holds 50 rows at least."""


@numba.njit(cache=True, nogil=True)
def _add_scores(
    alive: Array, starts: Array, asked: Array, score: Array, margins: Array, first: Array, bins: Array, out: Array
) -> None:
    """The score of each row of `bins`, (rows, columns), by its trees' `score`, (trees, leaves), and its margins."""
    trees = alive.shape[1]
    left = np.empty(trees, np.uint32)
    for row in range(len(out)):
        narrow(alive, starts, asked, bins, row, left)
        total = np.float32(0)
        for column in range(len(first)):
            total += margins[first[column] + bins[row, column]]
        for tree in range(trees):
            total += score[tree, lowest(left[tree])]
        out[row] = total


@numba.njit(cache=True, nogil=True)
def _narrow_all(alive: Array, starts: Array, asked: Array, bins: Array, out: Array) -> None:
    """Into `out`, (rows, trees): what `narrow` says of each row of `bins`, (rows, columns)."""
    left = np.empty(alive.shape[1], np.uint32)
    for row in range(len(out)):
        narrow(alive, starts, asked, bins, row, left)
        out[row] = left


@numba.njit(cache=True, nogil=True)
def _add_scores_beside(
    alive: Array, starts: Array, asked: Array, scaled: Array, before: Array, rows: Array, bins: Array, out: Array
) -> None:
    """The scores of `bins`, (rows, columns), beside what their other columns leave of the trees, `before[rows]`.

    `scaled`, (trees * 32,), holds `_scale`d scores: whole numbers, so that their sum hangs on no order, and many trees
    are added up at a time.
    """
    trees, count = alive.shape[1], len(asked)
    left = np.empty(trees, np.uint32)
    everything = np.full(trees, 0xFFFFFFFF, np.uint32)
    for place in range(len(rows)):
        own = before[rows[place]]
        known = alive[starts[0] + bins[place, asked[0]]] if count > 1 else everything
        for tree in range(trees):
            left[tree] = own[tree] & known[tree]
        for k in range(1, count - 1):
            known = alive[starts[k] + bins[place, asked[k]]]
            for tree in range(trees):
                left[tree] &= known[tree]
        known = alive[starts[count - 1] + bins[place, asked[count - 1]]] if count else everything
        total = np.int64(0)
        for tree in range(trees):
            both = left[tree] & known[tree]
            bit = np.uint32(both & np.uint32(np.uint32(0) - both))
            spot = np.uint32(bit * np.uint32(DE_BRUIJN)) >> np.uint32(27)
            total += scaled[np.int64(tree * LEAVES) + np.int64(spot)]
        out[place] = total * UNIT


def _scale(by_leaf: Array) -> npt.NDArray[np.int32]:
    """Scores of leaves, (trees, leaves), as whole numbers of `UNIT`, in the order in which a de Bruijn number finds
    them, end to end."""
    out = np.zeros(by_leaf.shape, np.int32)
    out[:, [(DE_BRUIJN << bit & 0xFFFFFFFF) >> 27 for bit in range(LEAVES)]] = np.round(
        by_leaf.clip(-MOST_SCORE, MOST_SCORE).astype(np.float64) / UNIT
    )
    return out.ravel()


@dataclass(frozen=True)
class Tilt:
    """Small trees whose leaves' `score`, (nodes,), is added to a row's log ratio.

    `margins`, (bins of all columns,), is added for each bin by itself.
    """

    trees: SmallTrees
    score: Array
    margins: Array
    _by_leaf: Array = field(init=False, repr=False, compare=False)
    _scaled: Array = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_leaf = np.zeros((len(self.trees.roots), LEAVES), np.float32)
        leaves = np.flatnonzero(self.trees.number >= 0)
        tree = np.searchsorted(self.trees.roots, leaves, side="right") - 1
        by_leaf[tree, self.trees.number[leaves]] = self.score[leaves]
        object.__setattr__(self, "_by_leaf", by_leaf)
        object.__setattr__(self, "_scaled", _scale(by_leaf))

    @classmethod
    def none(cls, sizes: Sequence[int]) -> Self:
        """The tilt that moves nothing, over columns of such sizes."""
        trees, score = SmallTrees.from_lightgbm([], sizes)
        return cls(trees, score, np.zeros(sum(sizes), np.float32))

    def scores(self, bins: Array) -> npt.NDArray[np.float64]:
        """The log ratio of each row of `bins`, (rows, columns) uint8, up to a constant; shape (rows,)."""
        out = np.empty(len(bins))
        _add_scores(*self.trees.layout, self._by_leaf, self.margins, self._first, bins, out)
        return out

    @property
    def _first(self) -> npt.NDArray[np.int64]:
        return np.concatenate([[0], np.cumsum(self.trees.sizes)[:-1]]).astype(np.int64)

    def narrow(self, context: Array) -> npt.NDArray[np.uint32]:
        """What the first columns, bins of shape (rows, columns) uint8, leave of the trees, for `scores_beside`."""
        alive, starts, asked = self.trees.layout
        out = np.empty((len(context), alive.shape[1]), np.uint32)
        split = int(np.searchsorted(asked, context.shape[1]))
        _narrow_all(alive, starts, asked[:split], context, out)
        return out

    def scores_beside(self, before: Array, rows: Array, bins: Array, known: int) -> npt.NDArray[np.float64]:
        """The log ratio of rows whose first columns are known, up to what margins say of these; (rows,).

        Args:
            before: what `narrow` says of the first columns of all rows.
            rows: the places there of those that are asked for, (rows,).
            bins: of their other columns, (rows, columns) uint8.
            known: how many columns the first ones are.
        """
        alive, starts, asked = self.trees.layout
        split = int(np.searchsorted(asked, known))
        out = np.empty(len(rows))
        _add_scores_beside(alive, starts[split:], asked[split:] - known, self._scaled, before, rows, bins, out)
        if self.margins.any():
            out += sum(self.margins[first + bins[:, k]] for k, first in enumerate(self._first[known:]))
        return out

    def arrays(self) -> dict[str, Array]:
        """Everything learned, as plain arrays."""
        return self.trees.arrays() | {"score": self.score, "margins": self.margins}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array], sizes: Sequence[int]) -> Self:
        """The tilt that `arrays` came from, of columns of such sizes. Raises `KeyError` or `ValueError`."""
        trees = SmallTrees.from_arrays(arrays, sizes)
        for name, length in (("score", len(trees.feature)), ("margins", sum(sizes))):
            array = arrays[name]
            if array.dtype != np.float32 or array.shape != (length,):
                raise ValueError(f"{name} of the wrong shape")
            if not np.isfinite(array).all() or np.abs(array).max(initial=0) > 100:
                raise ValueError(f"{name} out of bounds")
        return cls(trees, arrays["score"], arrays["margins"])


def learn_tilt(
    real: Array,
    drawn: Array,
    held_real: Array,
    held_drawn: Array,
    *,
    columns: Sequence[CodeColumn],
    rounds: int,
    seed: int,
    random_cuts: bool = True,
    deadline: float | None = None,
    progress: Progress = silent,
) -> Tilt | None:
    """Learn what tells real rows from drawn ones, as far as it tells them apart among rows that were held out.

    Args:
        real, drawn: bins, (rows, columns) uint8 each; either side counts as much as the other.
        held_real, held_drawn: the same of other rows, which say when to stop.
        columns: what is known of them.
        rounds: trees, at most.
        seed: of the random cuts.
        random_cuts: whether columns are cut at random (Geurts 2006), which fits single rows less; else at the best.
        deadline: the `time.monotonic()` after which no tree is grown.
        progress: told "calibrating" from 0 to 1; may stop it by `KeyboardInterrupt`.

    Returns:
        The tilt, or None where it tells nothing.
    """
    import lightgbm

    settings = SETTINGS | {"seed": seed, "num_threads": 1, "extra_trees": random_cuts}
    sizes, unordered = bin_sizes(columns), [j for j, column in enumerate(columns) if not column.ordered]
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
    dumped = booster.dump_model(num_iteration=int(np.argmin(losses)) + 1)["tree_info"]
    return Tilt(*SmallTrees.from_lightgbm(dumped, sizes), np.zeros(sum(sizes), np.float32))


def _dataset(
    lightgbm: Any, real: Array, drawn: Array, unordered: Sequence[int], settings: dict[str, Any], reference: Any = None
) -> Any:
    label = np.repeat([1, 0], [len(real), len(drawn)])
    weight = np.where(label == 1, len(drawn) / max(len(real), 1), 1.0)
    return lightgbm.Dataset(
        np.concatenate([real, drawn]).astype(np.float32),
        label,
        weight=weight,
        categorical_feature=list(unordered),
        params=settings,
        reference=reference,
    )
