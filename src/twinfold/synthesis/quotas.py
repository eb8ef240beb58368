"""Quotas: shares that drawn rows keep, chosen one after another among more rows than are wanted.

Rows drawn independently miss each share by chance, and by what a model got wrong. Where each row is a little likelier
to be chosen the more its values are wanting among those chosen before, both cancel out (balanced sampling: Deville and
Tillé 2004, "Efficient balanced sampling: the cube method"; here by feedback, so that rows stream).

Kept are the shares of each column's bins, of the strongest pairs of columns' groups, and of the groups of a column in
the leaves of trees that predict it from all others: the moments that a boosted model of that column is fitted to.
No cell of fewer than ten real rows is kept.

How often two groups of two columns meet in the learned rows is partly chance, and chance gives away who was learned. So
the shares of pairs are drawn towards those of the model's own rows as far as they differ by no more than chance (James
and Stein 1961; Efron and Morris 1973, section 2).
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numba
import numpy as np
import numpy.typing as npt

from twinfold.protocols import CodeColumn, Codes, Progress, silent
from twinfold.synthesis.engines.chain import group_codes
from twinfold.synthesis.engines.tree_kernels import GROUPS, relate
from twinfold.synthesis.leaves import SmallTrees, lowest, narrow
from twinfold.synthesis.named_arrays import put_under, take_from

Array = npt.NDArray[Any]

LEAST_CELL = 10
"""Real rows that a share must stand for to be kept."""

COARSE = 8
"""Groups of a column that trees predict, at most."""

PAIRS, MOST_PAIRED = 150, 300
"""Pairs of columns whose shares are kept, and columns among which they are looked for, at most."""

RELATED_ROWS, RELATED_CELLS = 5_000, 2 * 10**8
"""Rows by which it is judged which pairs are strong, and pairs times rows, at most."""

TREES, OF_TWO, MOST_TREES, MOST_TARGETS, MOST_WORK = 8, 24, 200, 40, 10**9
"""Trees that predict a column, and one of two levels; all trees, and columns that they predict, at most; and values
that growing them may look at."""

ROWS_A_TREE = 80
"""Rows for each tree, at least: with more trees, few rows would be kept nearly as they are."""

FEW_LEAVES, MANY_LEAVES = 8, 31
"""Leaves of a tree, more where it predicts a column of two levels: what others shall be predicted from these rows."""

SHARE_FEEDBACK, CELL_FEEDBACK = 8.0, 5.0
"""How many times over a want would be made good within a whole draw."""

MOST_PUSH = 2.0
"""How far wants move the log of the chance of a row, at most."""

LEVEL = 0.01
"""How fast the level of all pushes is learned, a part a row: about it they vary, so that most rows drawn are kept."""

SETTINGS = {
    "objective": "binary",
    "learning_rate": 0.2,
    "min_data_in_leaf": 60,
    "cat_smooth": 50.0,
    "max_bin": 255,
    "feature_pre_filter": False,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
    "verbose": -1,
}
"""LightGBM's settings for the trees that predict a column."""


@numba.njit(cache=True, nogil=True, fastmath=True)
def _push(now: Any, cells: Array, places: Array) -> Any:
    """How far some cells lag behind what they should have by now, in parts of what they shall have; see `_cells`."""
    push, now = np.float32(0), np.float32(now)
    for k in places:
        push += now * cells[k, 0] - cells[k, 1] * cells[k, 2]
    return push


@numba.njit(cache=True, nogil=True)
def _choose(
    bins: Array, group_of: Array, coarse_of: Array, code_first: Array, codes: Array, chance: Array, luck: Array,
    first: Array, pairs: Array, pair_width: Array,
    alive: Array, starts: Array, asked: Array, target: Array, leaf_width: Array,
    cells: Array, have: int, wanted: int, chosen: Array,
) -> int:  # fmt: skip
    """Choose rows until there are as many as wanted: how many more, their places in `chosen`.

    Args:
        bins: (rows, columns); codes: (columns, rows); `group_of[code_first[j] + code]` is a code's group, and
            `coarse_of` at that place its coarse group.
        chance, luck: (rows,) the chance of each row without wants, and a uniform number that decides.
        first: (columns + pairs + trees,) where the cells of each begin in `cells`, see `_cells`.
        pairs: (pairs, 2) columns; pair_width: groups of the second.
        alive, starts, asked: see `leaves.narrow`; target: (trees,) columns; leaf_width: coarse groups of each.
        have, wanted: rows that were chosen before, and that there shall be.
    """
    columns, n_pairs, trees, found = bins.shape[1], len(pairs), len(target), 0
    groups, coarse, left = np.empty(columns, np.uint32), np.empty(columns, np.uint32), np.empty(trees, np.uint32)
    places = np.empty(columns + n_pairs + trees, np.uint32)
    level = 0.0
    for row in range(len(chance)):
        if have + found == wanted:
            break
        for j in range(columns):
            k = code_first[j] + codes[j, row]
            groups[j], coarse[j] = group_of[k], coarse_of[k]
            places[j] = first[j] + bins[row, j]
        for q in range(n_pairs):
            i = columns + q
            places[i] = first[i] + groups[pairs[q, 0]] * pair_width[q] + groups[pairs[q, 1]]
        narrow(alive, starts, asked, bins, row, left)
        for t in range(trees):
            i = columns + n_pairs + t
            places[i] = first[i] + lowest(left[t]) * leaf_width[t] + coarse[target[t]]
        push = _push(have + found, cells, places)
        level += (push - level) * LEVEL
        if luck[row] < chance[row] * np.exp(min(max(push - level, -MOST_PUSH), MOST_PUSH)):
            for k in places:
                cells[k, 1] += 1
            chosen[found] = row
            found += 1
    return found


def _cells(shares: Array, wanted: int, feedback: float) -> npt.NDArray[np.float32]:
    """For each share: a push per row wanted by now, the rows taken (none yet), and a push less per row taken.

    Both are zero where there is no quota.
    """
    part = np.where(shares > 0, feedback / (wanted * shares + 1), 0)
    return np.stack([shares * part, np.zeros_like(shares), part], axis=1).astype(np.float32)


@dataclass(frozen=True)
class Quotas:
    """Shares to be kept; none below `LEAST_CELL` rows, which count as no quota: zero.

    Attributes:
        groups, coarse: the group of each code of each column, one column after another, (codes of all columns,) uint8,
            below 32, and below 8.
        shares: of the bins of all columns, (bins of all columns,) float32.
        pairs: (pairs, 2) int32 columns; pair_shares: of their groups crossed, the second's running fastest, all pairs
            one after another, float32.
        trees: they predict the column `target`, (trees,) int32, each; leaf_shares: of their leaves crossed with its
            coarse groups, all trees one after another, float32.
    """

    columns: tuple[CodeColumn, ...]
    groups: Array
    coarse: Array
    shares: Array
    pairs: Array
    pair_shares: Array
    trees: SmallTrees
    target: Array
    leaf_shares: Array

    def arrays(self) -> dict[str, Array]:
        """Everything learned, as plain arrays."""
        return {name: getattr(self, name) for name in _TYPES} | put_under("trees", self.trees.arrays())

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array], columns: Sequence[CodeColumn], sizes: Sequence[int]) -> Self:
        """The quotas that `arrays` came from, of such columns, with `sizes` bins. Raises `KeyError` or `ValueError`."""
        own = {name: arrays[name] for name in _TYPES}
        for name, dtype in _TYPES.items():
            if own[name].dtype != dtype or own[name].ndim != (2 if name == "pairs" else 1):
                raise ValueError(f"{name} of the wrong type")
        trees = SmallTrees.from_arrays(take_from("trees", arrays), sizes)
        made = cls(tuple(columns), trees=trees, **own)
        codes = sum(c.cardinality for c in columns)
        for groups, most in ((made.groups, GROUPS), (made.coarse, COARSE)):
            if len(groups) != codes or (groups >= most).any():
                raise ValueError("groups of the wrong shape")
        for name, indices, shape in (
            ("pairs", made.pairs, (len(made.pairs), 2)),
            ("targets", made.target, (len(made.trees.roots),)),
        ):
            if indices.shape != shape or not ((indices >= 0) & (indices < len(columns))).all():
                raise ValueError(f"{name} of no columns")
        lengths = (sum(sizes), made._pair_cells.sum(), made._leaf_cells.sum())
        for array, length in zip((made.shares, made.pair_shares, made.leaf_shares), lengths, strict=True):
            if array.shape != (length,) or not ((array >= 0) & (array <= 1)).all():
                raise ValueError("shares that are none")
        return made

    @cached_property
    def code_first(self) -> npt.NDArray[np.int64]:
        """Where the codes of each column begin in `groups` and `coarse`."""
        return _begins([column.cardinality for column in self.columns])

    @cached_property
    def pair_width(self) -> npt.NDArray[np.int64]:
        """How many groups the second column of each pair has."""
        return self._width(self.groups)[self.pairs[:, 1]]

    @cached_property
    def leaf_width(self) -> npt.NDArray[np.int64]:
        """How many coarse groups the column that each tree predicts has."""
        return self._width(self.coarse)[self.target]

    @cached_property
    def cell_first(self) -> npt.NDArray[np.int64]:
        """Where the shares of each column, each pair and each tree begin, of all shares one after another."""
        return _begins([*self.trees.sizes, *self._pair_cells, *self._leaf_cells])

    def _width(self, groups: Array) -> npt.NDArray[np.int64]:
        return np.maximum.reduceat(groups, self.code_first).astype(np.int64) + 1

    @property
    def _pair_cells(self) -> npt.NDArray[np.int64]:
        return self._width(self.groups)[self.pairs[:, 0]] * self.pair_width

    @property
    def _leaf_cells(self) -> npt.NDArray[np.int64]:
        return self.trees.leaves * self.leaf_width


def _begins(lengths: Sequence[int]) -> npt.NDArray[np.int64]:
    """Where each of several arrays of such lengths begins, one standing after another."""
    return np.concatenate([[0], np.cumsum(lengths)[:-1]]).astype(np.int64)


_TYPES = {
    "groups": np.uint8,
    "coarse": np.uint8,
    "shares": np.float32,
    "pairs": np.int32,
    "pair_shares": np.float32,
    "target": np.int32,
    "leaf_shares": np.float32,
}


class Selection:
    """Rows being chosen by quotas: `have` of `wanted` so far."""

    def __init__(self, quotas: Quotas, wanted: int) -> None:
        """Nothing is chosen yet."""
        self.wanted, self.have = wanted, 0
        self._quotas = quotas
        parts = (
            (quotas.shares, SHARE_FEEDBACK),
            (quotas.pair_shares, CELL_FEEDBACK),
            (quotas.leaf_shares, CELL_FEEDBACK),
        )
        self._cells = np.concatenate([_cells(shares, wanted, feedback) for shares, feedback in parts])

    def choose(self, codes: Codes, bins: Array, chance: Array, rng: np.random.Generator) -> npt.NDArray[np.int64]:
        """The places of the rows that are chosen among some.

        Args:
            codes: shape (columns, rows); bins: the same rows, (rows, columns) uint8.
            chance: of each row where nothing is wanting, shape (rows,).
            rng: source of chance.
        """
        quotas, chosen = self._quotas, np.empty(self.wanted - self.have, np.int64)
        found = _choose(
            bins, quotas.groups, quotas.coarse, quotas.code_first, codes, chance, rng.random(len(chance)),
            quotas.cell_first, quotas.pairs, quotas.pair_width, *quotas.trees.layout, quotas.target, quotas.leaf_width,
            self._cells, self.have, self.wanted, chosen,
        )  # fmt: skip
        self.have += found
        return chosen[:found]


def learn_quotas(
    columns: Sequence[CodeColumn],
    codes: Codes,
    bins: Array,
    sizes: Sequence[int],
    *,
    drawn: Codes,
    weights: Array,
    seed: int,
    deadline: float | None = None,
    progress: Progress = silent,
) -> Quotas:
    """Learn the shares that drawn rows shall keep.

    Args:
        columns: what is known of them.
        codes: real rows, shape (columns, rows).
        bins: the same rows, (rows, columns) uint8.
        sizes: bins of each column.
        drawn: rows of the model whose draws are chosen among, shape (columns, rows), and `weights`, (rows,), how far
            each would count without quotas.
        seed: of the trees.
        deadline: the `time.monotonic()` after which no tree is grown.
        progress: told "calibrating" from 0 to 1; may stop it by `KeyboardInterrupt`.
    """
    found = [group_codes(column, own) for column, own in zip(columns, codes, strict=True)]
    groups = np.stack([group_of[own] for (group_of, _), own in zip(found, codes, strict=True)])
    widths = np.array([int(group_of.max()) + 1 for group_of, _ in found])
    shares = np.concatenate([_shares(bins[:, j], size) for j, size in enumerate(sizes)])
    pairs = _strongest_pairs(groups, widths)
    crossed = [groups[i].astype(np.int64) * widths[j] + groups[j] for i, j in pairs]
    drawn_groups = np.stack([group_of[own] for (group_of, _), own in zip(found, drawn, strict=True)])
    pair_shares = []
    for cell, (i, j) in zip(crossed, pairs, strict=True):
        other = drawn_groups[i].astype(np.int64) * widths[j] + drawn_groups[j]
        expected = np.bincount(other, weights, minlength=widths[i] * widths[j]) / weights.sum()
        pair_shares.append(_shrink(_shares(cell, len(expected)), expected, len(cell)))
    trees, target = _grow(columns, codes, bins, sizes, widths, seed, deadline, progress)
    leaf, coarse = trees.find(bins), [_coarsen(*each) for each in zip(columns, codes, found, strict=True)]
    leaf_shares = []
    for t, j in enumerate(target):
        width = int(coarse[j].max()) + 1
        leaf_shares.append(_shares(leaf[:, t].astype(np.int64) * width + coarse[j][codes[j]], trees.leaves[t] * width))
    nothing = np.zeros(0, np.float32)
    return Quotas(
        tuple(columns),
        np.concatenate([group_of for group_of, _ in found]),
        np.concatenate(coarse),
        shares,
        pairs,
        np.concatenate([nothing, *pair_shares]),
        trees,
        target,
        np.concatenate([nothing, *leaf_shares]),
    )


def _coarsen(column: CodeColumn, codes: Codes, found: tuple[Array, int]) -> npt.NDArray[np.uint8]:
    """The coarse group of each code: neighbours together, or the commonest levels and one group for the rest."""
    group_of, groups = found
    if groups <= COARSE:
        return group_of
    if column.ordered:
        return (group_of.astype(np.int64) * COARSE // groups).astype(np.uint8)
    rank = np.argsort(np.argsort(-np.bincount(codes, minlength=column.cardinality), kind="stable"))
    return np.minimum(rank, COARSE - 1).astype(np.uint8)


def _shares(cells: Array, size: int) -> npt.NDArray[np.float32]:
    counts = np.bincount(cells, minlength=size)
    return np.where(counts >= LEAST_CELL, counts / len(cells), 0).astype(np.float32)


def _shrink(shares: Array, expected: Array, rows: int) -> npt.NDArray[np.float32]:
    """Shares of some rows, drawn towards expected ones as far as chance may be why they differ; no share stays none."""
    kept = shares > 0
    apart = (shares - expected)[kept]
    chance = (shares * (1 - shares))[kept] / rows
    if not kept.any() or not chance.all():  # a single cell, which holds every row
        return shares.astype(np.float32)
    excess = float((apart**2 / chance).mean())
    out = shares.copy()
    out[kept] = expected[kept] + max(0.0, 1 - 1 / max(excess, 1e-9)) * apart
    return out.astype(np.float32)


def _strongest_pairs(groups: Array, widths: Array) -> npt.NDArray[np.int32]:
    """The pairs of columns that say most about each other, by Cramér's V, (pairs, 2)."""
    rows = groups.shape[1]
    varied = np.argsort([np.bincount(own).max() for own in groups], kind="stable")[:MOST_PAIRED]
    most = RELATED_CELLS // max(len(varied) ** 2 // 2, 1)
    some = np.linspace(0, rows - 1, min(rows, RELATED_ROWS, most)).astype(np.int64)
    sample = np.ascontiguousarray(groups[:, some])
    strength: list[tuple[float, int, int]] = []
    for place, j in enumerate(np.sort(varied)):
        others = np.sort(varied)[:place]
        least = np.minimum(widths[others], widths[j]) - 1
        found = relate(sample, widths, j, others) / np.maximum(least, 1) / len(some)
        strength += [(float(v), int(i), int(j)) for v, i in zip(found, others, strict=True) if v > 0]
    strength.sort(reverse=True)
    return np.array([(i, j) for _, i, j in strength[:PAIRS]], np.int32).reshape(-1, 2)


def _grow(
    columns: Sequence[CodeColumn],
    codes: Codes,
    bins: Array,
    sizes: Sequence[int],
    widths: Array,
    seed: int,
    deadline: float | None,
    progress: Progress,
) -> tuple[SmallTrees, npt.NDArray[np.int32]]:
    """Trees that predict each column from all others, and which column each predicts.

    A column is predicted as a question of yes or no: above the median, or the commonest level.
    """
    import lightgbm

    rows, every = bins.shape
    answers = {j: _answer(column, own) for j, (column, own) in enumerate(zip(columns, codes, strict=True))}
    asked = [j for j, answer in answers.items() if min(answer.sum(), rows - answer.sum()) >= LEAST_CELL]
    asked = sorted(asked, key=lambda j: (widths[j], j))[:MOST_TARGETS]
    wanted = {j: TREES if widths[j] > 2 else OF_TWO for j in asked}
    most = min(MOST_TREES, rows // ROWS_A_TREE, MOST_WORK // (rows * every))
    part = min(1.0, most / max(sum(wanted.values()), 1))
    dumped: list[Mapping[str, Any]] = []
    target: list[int] = []
    if asked and part * TREES >= 1:
        settings = SETTINGS | {"seed": seed}
        unordered = [j for j, column in enumerate(columns) if not column.ordered]
        data = lightgbm.Dataset(
            bins.astype(np.float32),
            np.zeros(rows),
            categorical_feature=unordered,
            params=settings,
            free_raw_data=False,
        ).construct()
        for place, j in enumerate(asked):
            progress("calibrating", place / len(asked))
            if deadline is not None and time.monotonic() > deadline:
                break
            data.set_label(answers[j].astype(np.float32))
            others, leaves = np.arange(every) != j, FEW_LEAVES if widths[j] > 2 else MANY_LEAVES
            booster = lightgbm.train(
                settings | {"feature_contri": others.astype(float).tolist(), "num_leaves": leaves},
                data,
                int(part * wanted[j]),
            )
            found = [tree for tree in booster.dump_model()["tree_info"] if "split_feature" in tree["tree_structure"]]
            dumped += found
            target += [j] * len(found)
    return SmallTrees.from_lightgbm(dumped, sizes)[0], np.array(target, np.int32)


def _answer(column: CodeColumn, codes: Array) -> npt.NDArray[np.bool_]:
    if column.ordered:
        return np.asarray(codes > np.median(codes))
    return np.asarray(codes == np.bincount(codes).argmax())
