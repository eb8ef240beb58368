"""Small trees over bins, and which leaf of each a row falls into: found for all trees at once.

They are grown by LightGBM and kept as plain arrays, so that drawing needs neither LightGBM nor any row.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numba
import numpy as np
import numpy.typing as npt

from twinfold.protocols import CodeColumn, Codes

Array = npt.NDArray[Any]

BINS = 256
"""Bins of a column that a tree can tell apart."""

LEAVES = 32
"""Leaves of a tree, at most."""

DE_BRUIJN = 0x077CB531
"""Multiplied by a single bit of 32, its highest five bits say which one that is."""
_NUMBER = np.zeros(32, np.int64)
_NUMBER[[(DE_BRUIJN << bit & 0xFFFFFFFF) >> 27 for bit in range(32)]] = np.arange(32)

_TYPES = {"feature": np.int16, "mask": np.uint64, "left": np.int32, "roots": np.int64}


def as_bins(columns: Sequence[CodeColumn], codes: Codes) -> Array:
    """Codes as bins of one byte, (rows, columns): the same, or neighbouring codes together where there are too many."""
    bins = np.empty(codes.shape[::-1], np.uint8)
    for j, column in enumerate(columns):
        step = -(-column.cardinality // BINS)
        bins[:, j] = codes[j] // step if step > 1 else codes[j]
    return bins


def bin_sizes(columns: Sequence[CodeColumn]) -> list[int]:
    """How many bins each column has."""
    return [-(-column.cardinality // -(-column.cardinality // BINS)) for column in columns]


@numba.njit(cache=True, nogil=True)
def lowest(left: int) -> int:
    """The number of the lowest bit that is set, of 32: multiplied by a de Bruijn number, it says where it stands."""
    bit = np.uint32(left & np.uint32(~left + np.uint32(1)))  # numba widens, so narrow each time
    return int(_NUMBER[np.uint32(bit * np.uint32(DE_BRUIJN)) >> np.uint32(27)])


@numba.njit(cache=True, nogil=True)
def narrow(alive: Array, starts: Array, asked: Array, bins: Array, row: int, left: Array) -> None:
    """Into `left`, (trees,) uint32: the leaves of each tree that all bins of a row leave; the lowest is its own."""
    left[:] = np.uint32(0xFFFFFFFF)
    for k in range(len(asked)):
        known = alive[starts[k] + bins[row, asked[k]]]
        for tree in range(len(left)):
            left[tree] &= known[tree]


@numba.njit(cache=True, nogil=True)
def _find(alive: Array, starts: Array, asked: Array, bins: Array, out: Array) -> None:
    left = np.empty(out.shape[1], np.uint32)
    for row in range(len(out)):
        narrow(alive, starts, asked, bins, row, left)
        for tree in range(len(left)):
            out[row, tree] = lowest(left[tree])


@dataclass(frozen=True)
class SmallTrees:
    """Trees end to end, shape (nodes,) each; `mask`, (nodes, 4), has a bit for each bin of `feature` that goes left.

    `feature` is -1 in a leaf; `left` counts from the tree's root, and the right child stands next to it. `roots`,
    (trees,), says where each tree begins. `sizes`, (columns,), are the bins of each column.

    The leaves of a tree are numbered from 0; `number`, (nodes,), holds theirs, -1 in inner nodes, and `leaves`,
    (trees,), how many there are. `layout` is what `narrow` takes.
    """

    feature: Array
    mask: Array
    left: Array
    roots: Array
    sizes: tuple[int, ...]
    number: Array = field(init=False, repr=False, compare=False)
    leaves: Array = field(init=False, repr=False, compare=False)
    layout: tuple[Array, Array, Array] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Lay the trees out for finding leaves (Lucchese et al. 2015, "QuickScorer").

        Every bin of every column leaves some leaves of each tree alive, as 32 bits; what all of a row's bins leave
        alive begins with its leaf.
        """
        asked = np.unique(self.feature[self.feature >= 0])
        starts = np.concatenate([[0], np.cumsum([self.sizes[j] for j in asked])]).astype(np.int64)
        alive = np.full((starts[-1], len(self.roots)), 0xFFFFFFFF, np.uint32)
        number = np.full(len(self.feature), -1, np.int8)
        goes_left = np.unpackbits(self.mask.view(np.uint8), axis=1, bitorder="little").astype(bool)
        for tree, root in enumerate(self.roots):
            for node, leaves in self._number_leaves(root, number):
                k = np.searchsorted(asked, self.feature[node])
                begin, end = starts[k], starts[k + 1]
                alive[begin:end, tree][~goes_left[node, : end - begin]] &= np.uint32(0xFFFFFFFF ^ leaves)
        object.__setattr__(self, "number", number)
        inner = np.add.reduceat(self.feature >= 0, self.roots) if len(self.roots) else np.zeros(0)
        object.__setattr__(self, "leaves", inner.astype(np.int64) + 1)
        object.__setattr__(self, "layout", (alive, starts, asked.astype(np.int64)))

    def _number_leaves(self, root: int, number: Array) -> list[tuple[int, int]]:
        """The inner nodes of a tree, each with the bits of the leaves on its left; leaves' own go into `number`."""
        found: list[tuple[int, int]] = []
        leaves = 0

        def visit(node: int) -> int:
            nonlocal leaves
            if self.feature[node] < 0:
                number[node] = leaves
                leaves += 1
                return 1 << int(number[node])
            on_left = visit(root + self.left[node])
            found.append((node, on_left))
            return on_left | visit(root + self.left[node] + 1)

        visit(root)
        return found

    def find(self, bins: Array) -> npt.NDArray[np.uint8]:
        """The number of the leaf that each row of `bins`, (rows, columns) uint8, falls into; shape (rows, trees)."""
        out = np.empty((len(bins), len(self.roots)), np.uint8)
        _find(*self.layout, bins, out)
        return out

    def arrays(self) -> dict[str, Array]:
        """Everything learned, as plain arrays."""
        return {name: getattr(self, name) for name in _TYPES}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array], sizes: Sequence[int]) -> Self:
        """The trees that `arrays` came from, over columns of such sizes. Raises `KeyError` or `ValueError`."""
        known = {name: arrays[name] for name in _TYPES}
        nodes, trees = len(known["feature"]), len(known["roots"])
        shapes = {"mask": (nodes, 4), "roots": (trees,)}
        for name, dtype in _TYPES.items():
            if known[name].dtype != dtype or known[name].shape != shapes.get(name, (nodes,)):
                raise ValueError(f"{name} of the wrong shape")
        feature, roots = known["feature"], known["roots"]
        ends = np.append(roots[1:], nodes)
        if (trees == 0) != (nodes == 0) or (trees and roots[0] != 0) or not (ends[:trees] > roots).all():
            raise ValueError("trees out of order")
        if not ((feature >= -1) & (feature < len(sizes))).all():
            raise ValueError("a split on no column")
        for root, end in zip(roots, ends, strict=False):  # breadth first, so that no node has two parents
            inner = np.flatnonzero(feature[root:end] >= 0)
            places = 1 + 2 * np.arange(len(inner))
            if end - root != 2 * len(inner) + 1 or len(inner) >= LEAVES or (places <= inner).any():
                raise ValueError("a tree of the wrong shape")
            if (known["left"][root + inner] != places).any():
                raise ValueError("a child out of place")
        return cls(**known, sizes=tuple(sizes))

    @classmethod
    def from_lightgbm(cls, trees: Sequence[Mapping[str, Any]], sizes: Sequence[int]) -> tuple[Self, Array]:
        """The trees of a dumped LightGBM model, and the value of each leaf, (nodes,) float32, zero in inner nodes."""
        feature: list[int] = []
        masks: list[Array] = []
        left: list[int] = []
        value: list[float] = []
        roots: list[int] = []
        for tree in trees:
            roots.append(len(feature))
            queue = [tree["tree_structure"]]
            for node in queue:  # breadth first, so that children stand side by side
                inner = "split_feature" in node
                feature.append(node["split_feature"] if inner else -1)
                masks.append(_mask(node) if inner else np.zeros(4, np.uint64))
                left.append(len(queue) if inner else -1)
                value.append(0.0 if inner else node["leaf_value"])
                if inner:
                    queue += [node["left_child"], node["right_child"]]
        made = cls(
            np.array(feature, np.int16),
            np.array(masks, np.uint64).reshape(-1, 4),
            np.array(left, np.int32),
            np.array(roots, np.int64),
            tuple(sizes),
        )
        return made, np.array(value, np.float32)


def _mask(node: Mapping[str, Any]) -> Array:
    bits = np.zeros(BINS, bool)
    if node["decision_type"] == "==":
        bits[[int(level) for level in str(node["threshold"]).split("||")]] = True
    else:
        bits[: int(np.floor(node["threshold"])) + 1] = True
    return np.packbits(bits, bitorder="little").view(np.uint64)
