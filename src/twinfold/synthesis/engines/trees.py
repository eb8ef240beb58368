"""The `trees` engine: a chain of honest, bagged trees on codes, one column after another.

Each column is predicted from the columns before it by several trees (Drechsler and Reiter 2011, "An empirical
evaluation of easily implemented, nonparametric methods for generating synthetic datasets"). Every tree sees a random
half of the rows for its splits and fills its leaves with rows of the other half (honest trees: Athey and Imbens 2016),
so that a leaf never stands for the rows that shaped it. A new row asks one tree at random for each column: it follows
the mean of all.
A column that an earlier one fixes (a level of education and its number) is looked up; so are gaps and special codes
that occur together, before the trees say what the rest holds.
"""

import time
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from twinfold.errors import ModelFileError
from twinfold.protocols import CodeColumn, Codes, CodeTable, Draw, Progress, silent
from twinfold.synthesis.engines import tree_kernels as kernels
from twinfold.synthesis.engines.chain import (
    Lookup,
    Relation,
    chain_order,
    check,
    checked_lookup,
    checked_margin,
    find_lookups,
    group_codes,
    learn_margin,
    relate,
)
from twinfold.synthesis.engines.coarsening import coarsen
from twinfold.synthesis.engines.cooccurrence import Cooccurrence, checked_cooccurrence, find_cooccurrences
from twinfold.synthesis.engines.expectation import MOST_ROWS, Expectation, normal_scores
from twinfold.synthesis.engines.tree_kernels import Forest

Array = npt.NDArray[Any]


class TreesModel:
    """What the `trees` engine has learned of a table's codes."""

    def __init__(
        self,
        columns: Sequence[CodeColumn],
        order: Sequence[int],
        parts: Sequence[Forest | Lookup | None],
        margins: Sequence[Array],
        together: Mapping[int, Cooccurrence],
        expectations: Mapping[int, Expectation],
        *,
        note: str = "",
    ) -> None:
        """`order` is the chain; `parts[j]` gives column j from those before it, but for what `together[j]` says of it.

        It is None where column j is always given. `margins[j]` are its codes' shares. Its trees may ask for the bin of
        `expectations[j]` as well, as for a column that stands j places after the last one.
        """
        self.columns, self.order, self.parts, self.margins = tuple(columns), tuple(order), tuple(parts), tuple(margins)
        self.together, self.expectations, self.note = dict(together), dict(expectations), note
        self._bin_maps = [_bin_map(margin) for margin in self.margins]

    def sample(
        self,
        n: int,
        *,
        allowed: Mapping[int, npt.NDArray[np.float32]],
        given: Mapping[int, Codes],
        rng: np.random.Generator,
    ) -> Draw:
        """Draw n rows; see `protocols.Model.sample`."""
        codes = np.zeros((len(self.columns), n), np.uint16)
        bins = np.zeros((len(self.columns) * (2 if self.expectations else 1), n), np.uint8)
        log_weight = np.zeros(n)
        for j in self.order:
            part, column = self.parts[j], codes[j]
            if j in self.expectations:
                bins[len(self.columns) + j] = self.expectations[j].bins(codes)
            if j in given:
                column[:] = given[j]
                self._add_log_prob(j, bins, codes, log_weight)
            elif part is None:
                raise ValueError(f"column {self.columns[j].name!r} is learned from, and must be given")
            elif isinstance(part, Lookup):
                column[:] = part.codes[codes[part.parent]]
                if j in allowed:
                    with np.errstate(divide="ignore"):
                        log_weight += np.log(allowed[j][column])
            elif j in allowed:
                log_admitted = np.zeros(n)
                kernels.draw_admitted(part, bins, allowed[j], rng.random(n), column, log_admitted)
                if j in self.together:
                    self.together[j].draw(codes, column, log_admitted, rng, allowed[j])
                log_weight += log_admitted
            else:
                kernels.draw(part, bins, rng.random(n), rng.random(n), column)
                if j in self.together:
                    self.together[j].draw(codes, column, np.zeros(n), rng)
            bins[j] = column if len(self.margins[j]) <= kernels.BINS else self._bin_maps[j][column]
        return Draw(codes, log_weight)

    def log_prob(self, codes: Codes) -> npt.NDArray[np.float64]:
        """The log probability of each row of codes, shape (rows,); finite for every row of valid codes."""
        bins, log_prob = self.bins(codes), np.zeros(codes.shape[1])
        for j in self.order:
            self._add_log_prob(j, bins, codes, log_prob)
        return log_prob

    def leaf_sizes(self, codes: Codes) -> npt.NDArray[np.float64]:
        """The sum over columns of the mean log number of rows in the leaves that each row falls into, shape (rows,).

        The lower it is, the fewer customers stand behind what is drawn around such a row.
        """
        bins, sizes = self.bins(codes), np.zeros(codes.shape[1])
        for part in self.parts:
            if isinstance(part, Forest):
                kernels.add_leaf_sizes(part, bins, sizes)
        return sizes

    def bins(self, codes: Codes) -> Array:
        """What trees see of rows of codes, (columns, rows) uint8, and as many again where something is expected."""
        bins = np.stack([bin_map[column] for bin_map, column in zip(self._bin_maps, codes, strict=True)])
        return _with_expected(bins, self.expectations, codes)

    def _add_log_prob(self, j: int, bins: Array, codes: Codes, log_prob: Array) -> None:
        part, floor, epsilon = self.parts[j], self.margins[j], 0.01
        floor = 0.99 * floor + 0.01 / len(floor)
        if part is None:
            return
        if isinstance(part, Lookup):
            agrees = part.codes[codes[part.parent]] == codes[j]
            log_prob += np.log((1 - epsilon) * agrees + epsilon * floor[codes[j]])
            return
        own = np.zeros(len(log_prob))
        kernels.add_log_prob(part, bins, codes[j], floor, epsilon, own)
        if j in self.together:
            own = self.together[j].log_prob(codes, codes[j], own, floor, epsilon)
        log_prob += own

    def arrays(self) -> dict[str, Array]:
        """Everything learned, as plain arrays."""
        out: dict[str, Array] = {"order": np.array(self.order, np.int32)}
        context = [j for j, part in enumerate(self.parts) if part is None]
        if context:
            out["context"] = np.array(context, np.int32)
        for j, (part, margin) in enumerate(zip(self.parts, self.margins, strict=True)):
            out[f"c{j}_margin"] = margin
            if isinstance(part, Lookup):
                out[f"c{j}_parent"] = np.array([part.parent], np.int32)
                out[f"c{j}_lookup"] = part.codes
            elif part is not None:
                out |= {f"c{j}_{name}": getattr(part, name) for name in Forest._fields}
            if j in self.together:
                out |= {f"c{j}_{name}": array for name, array in self.together[j].arrays().items()}
            if j in self.expectations:
                out |= {f"c{j}_expected_{name}": array for name, array in self.expectations[j].arrays().items()}
        return out

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array], columns: Sequence[CodeColumn]) -> Self:
        """The model that `arrays` came from, every index checked, since compiled code trusts them."""
        try:
            order = [int(j) for j in arrays["order"]]
            if sorted(order) != list(range(len(columns))):
                raise ValueError("the chain is not an order of the columns")
            parts: list[Forest | Lookup | None] = [None] * len(columns)
            expectations = {}
            for place, j in enumerate(order):
                own = {name: arrays[f"c{j}_expected_{name}"] for name in EXPECTED if f"c{j}_expected_{name}" in arrays}
                if own:
                    expectations[j] = Expectation.restored(own, order[:place], columns)
                known = [*order[:place], *([len(columns) + j] if own else [])]
                parts[j] = _checked_part(arrays, j, known, columns)
            margins = [checked_margin(arrays, j, column) for j, column in enumerate(columns)]
            found = {j: checked_cooccurrence(arrays, j, order[:place], columns) for place, j in enumerate(order)}
            together = {j: each for j, each in found.items() if each is not None}
        except (KeyError, ValueError, IndexError, OverflowError, TypeError) as error:
            raise ModelFileError(f"the model's trees are damaged ({error}); fit the model again") from None
        return cls(columns, order, parts, margins, together, expectations)


WIDE = 10
"""Leaves of the smallest size whose rows make a wide node."""

EXPECTED = ("by", "effects", "edges")
"""The arrays of an expectation."""


def _checked_part(
    arrays: Mapping[str, Array], j: int, before: Sequence[int], columns: Sequence[CodeColumn]
) -> Forest | Lookup | None:
    if f"c{j}_lookup" in arrays:
        return checked_lookup(arrays, j, [i for i in before if i < len(columns)], columns)
    if j in arrays.get("context", ()):
        return None
    forest = Forest(**{name: arrays[f"c{j}_{name}"] for name in Forest._fields})
    nodes, trees = len(forest.feature), len(forest.roots)
    types = (np.int16, np.uint64, np.int32, np.int32, np.int32, np.int64, np.int64)
    for name, dtype in zip(Forest._fields, types, strict=False):
        array = getattr(forest, name)
        shape = (nodes, 4) if name == "mask" else (trees,) if name in ("roots", "offsets") else (nodes,)
        check(array.dtype == dtype and array.shape == shape, f"{name} of the wrong shape")
    check(forest.values.ndim == 1 and forest.values.dtype in (np.uint8, np.uint16), "values of the wrong shape")
    check(trees >= 1 and forest.roots[0] == 0 and forest.offsets[0] == 0, "no first tree")
    tree_ends, value_ends = np.append(forest.roots[1:], nodes), np.append(forest.offsets[1:], len(forest.values))
    check((tree_ends > forest.roots).all() and (value_ends > forest.offsets).all(), "trees out of order")
    tree = np.searchsorted(forest.roots, np.arange(nodes), side="right") - 1
    size, held = (tree_ends - forest.roots)[tree], (value_ends - forest.offsets)[tree]
    inner = forest.feature >= 0
    place = np.arange(nodes) - forest.roots[tree]
    check(np.isin(forest.feature[inner], list(before)).all(), "a split on a later column")
    check(
        (forest.left[inner] > place[inner]).all() and (forest.left[inner] + 1 < size[inner]).all(),
        "a child out of place",
    )
    check(
        (forest.start >= 0).all() and (forest.end > forest.start).all() and (forest.end <= held).all(), "an empty leaf"
    )
    check((forest.values < columns[j].cardinality).all(), "a code beyond its column")
    return forest


@dataclass(frozen=True)
class TreesEngine:
    """Settings of the `trees` engine.

    Attributes:
        trees, most_trees: trees a column, and the most that a budget buys; more are smoother and slower.
        min_leaf: the fewest customers whose values fill a leaf, and the fewest that shape one.
        cumulative: how far a split of an ordered column is judged by its cumulative distribution (1) or its groups (0).
        least_cell: the fewest customers for whom a cell of a leaf's histogram stands; see `coarsening`.
        min_gain: the least gain that a split of a small node must bring, in multiples of what chance gains on average.
        predictors: columns that a tree may ask for, at most: three quarters of them those that say most about its
            column, the others at random.
        max_structure, max_values: rows that shape a tree, and that fill its leaves, at most; every tree takes others.
        threads: trees grown at a time.
        expect: whether a column's trees may also ask what the columns before it make likely; see `expectation`.
    """

    trees: int = 20
    most_trees: int = 60
    min_leaf: int = 20
    least_cell: int = 5
    cumulative: float = 0.5
    min_gain: float = 1.0
    predictors: int = 32
    max_structure: int = 30_000
    max_values: int = 100_000
    threads: int = 2
    expect: bool = False

    def fit(
        self,
        table: CodeTable,
        *,
        seed: int,
        context: int = 0,
        owners: Array | None = None,
        together: Mapping[int, Cooccurrence] | None = None,
        budget: float | None = None,
        progress: Progress = silent,
    ) -> TreesModel:
        """Learn a table's codes. Stopped by `KeyboardInterrupt` after the first round of trees, gives what it has.

        With a `budget`, rounds of trees are grown, at least one and at most `most_trees`, until the next would pass it.
        The first `context` columns are learned from, and will be given. `owners`, (rows,) from 0, say whose each row
        is, where a customer has several: then customers are counted in the place of rows. `together` says of columns
        what is known before; of the others it is found.
        """
        begun = time.monotonic()
        margins = [learn_margin(column, codes) for column, codes in zip(table.columns, table.codes, strict=True)]
        bins = np.stack([_bin_map(margin)[codes] for margin, codes in zip(margins, table.codes, strict=True)])
        order = [*range(context), *(context + j for j in chain_order(table.columns[context:]))]
        lookups = {j: lookup for j, lookup in find_lookups(table, order).items() if j >= context}
        relations = relate(table, order, strongest=self.predictors * 3 // 4)
        said = dict(together or {})
        lookups = {j: lookup for j, lookup in lookups.items() if j not in said}
        without = {*range(context), *lookups, *said}
        joint = said | find_cooccurrences(
            table, order, without=without, min_leaf=self.min_leaf, rng=np.random.default_rng(seed)
        )
        learned = [j for j in order[context:] if j not in lookups]
        expectations = self._expect(table, learned, order, seed)
        bins = _with_expected(bins, expectations, table.codes)
        grown: list[list[Any]] = [[] for _ in table.columns]
        rounds = self.trees if budget is None else self.most_trees
        seeds = np.random.SeedSequence(seed).spawn(rounds)
        note = ""
        progress("learning", 0.0)
        with ThreadPoolExecutor(self.threads) as pool:
            try:
                for round_, round_seed in enumerate(seeds):
                    taken = time.monotonic() - begun
                    if budget is not None and round_ and taken * (round_ + 1) / round_ > budget:
                        break
                    columns = [j for j in learned if round_ == 0 or j != order[0]]
                    tasks = [
                        pool.submit(self._grow, table, bins, relations[j], joint.get(j), expectations, owners, j, s)
                        for j, s in zip(columns, round_seed.spawn(len(columns)), strict=True)
                    ]
                    for done, (j, task) in enumerate(zip(columns, tasks, strict=True)):
                        grown[j].append(task.result())
                        progress("learning", (round_ + (done + 1) / len(columns)) / rounds)
            except KeyboardInterrupt:
                pool.shutdown(cancel_futures=True)
                if not all(grown[j] for j in learned):
                    raise
                note = f"stopped early, after {min(len(grown[j]) for j in learned[1:] or learned)} of {rounds} rounds"
        parts = [
            lookups[j] if j in lookups else _join(grown[j]) if j >= context else None for j in range(len(table.columns))
        ]
        return TreesModel(table.columns, order, parts, margins, joint, expectations, note=note)

    def _expect(
        self, table: CodeTable, drawn: Sequence[int], order: Sequence[int], seed: int
    ) -> dict[int, Expectation]:
        """What is expected of the columns that are drawn, by those before them."""
        if not self.expect:
            return {}
        scores = [normal_scores(column, codes) for column, codes in zip(table.columns, table.codes, strict=True)]
        rows = np.random.default_rng(seed).permutation(table.rows)[:MOST_ROWS]
        found = {j: Expectation.learn(table, j, order[: order.index(j)], scores, rows) for j in drawn}
        return {j: expectation for j, expectation in found.items() if expectation is not None}

    def _grow(
        self,
        table: CodeTable,
        bins: Array,
        relation: Relation,
        together: Cooccurrence | None,
        expected: Collection[int],
        owners: Array | None,
        j: int,
        seed: np.random.SeedSequence,
    ) -> Any:
        column, codes, rng = table.columns[j], table.codes[j], np.random.default_rng(seed)
        rows = np.arange(table.rows, dtype=np.int32)
        if together is not None:
            free = rows[~together.applied(table.codes, codes)]
            rows = free if len(free) else rows
        if column.rare is not None and not column.rare_drawn:
            shown = rows[codes[rows] != column.rare]
            rows = shown if len(shown) else rows
        others = rng.permutation(relation.others)[: self.predictors - len(relation.strongest)]
        predictors = np.sort(np.concatenate([relation.strongest, others]))
        if j in expected:
            predictors = np.append(predictors, len(table.columns) + j)
        if not len(predictors):
            structure, values = rows[:0], rows
        else:
            rows = rng.permutation(rows)
            if owners is None:
                half = len(rows) // 2
                one, other = rows[:half], rows[half:]
            else:
                first = rng.random(owners.max() + 1) < 0.5
                one, other = rows[first[owners[rows]]], rows[~first[owners[rows]]]
            structure, values = one[: self.max_structure], (other if len(other) else one)[: self.max_values].copy()
        group_of, n_groups = group_codes(column, codes)
        feature, mask, left, start, end = kernels.grow(
            bins,
            np.array([c.ordered for c in table.columns] + [True] * (len(bins) - len(table.columns))),
            predictors,
            group_of[codes],
            n_groups,
            self.cumulative if column.ordered else 0.0,
            structure,
            values,
            self.min_leaf,
            self.min_leaf,
            self.min_gain,
            np.zeros(0, np.int32) if owners is None else owners,
        )
        owned = np.zeros(0, np.int32) if owners is None else owners[values]
        held = self._fill(column, feature, left, start, end, codes[values], owned, rng)
        return feature, mask, left, start, end, held.astype(np.uint8 if column.cardinality <= 256 else np.uint16)

    def _fill(
        self,
        column: CodeColumn,
        feature: Array,
        left: Array,
        start: Array,
        end: Array,
        codes: Codes,
        owners: Array,
        rng: np.random.Generator,
    ) -> Codes:
        """What a tree's leaves hold, of `codes` in the order of its nodes and of their `owners`: coarse histograms."""
        leaf_of = np.zeros(len(codes), np.int64)
        for node in np.flatnonzero(feature < 0):
            leaf_of[start[node] : end[node]] = start[node]
        order = np.lexsort((codes, leaf_of))  # sorted within a leaf: a histogram, no order of rows
        held, owned = codes[order], owners[order] if len(owners) else owners
        apart = -1 if column.missing is None else column.missing
        coarsen(
            feature, left, start, end, codes, held, owned, column.cardinality, column.ordered, apart,
            self.least_cell, WIDE * self.min_leaf, rng.random(len(feature)),
        )  # fmt: skip
        return held


def _with_expected(bins: Array, expectations: Mapping[int, Expectation], codes: Codes) -> Array:
    """The bins of columns, and below them as many again, where something is expected: of each column, what is."""
    if not expectations:
        return bins
    out = np.concatenate([bins, np.zeros_like(bins)])
    for j, expectation in expectations.items():
        out[len(bins) + j] = expectation.bins(codes)
    return out


def _bin_map(margin: Array) -> Array:
    """From a column's codes to its bins: the same, or, where there are too many, the commonest and one for the rest."""
    if len(margin) <= kernels.BINS:
        return np.arange(len(margin), dtype=np.uint8)
    out = np.full(len(margin), kernels.BINS - 1, np.uint8)
    commonest = np.argsort(-margin, kind="stable")[: kernels.BINS - 1]
    out[commonest] = np.arange(kernels.BINS - 1)
    return out


def _join(trees: Sequence[Any]) -> Forest:
    """One forest of several trees: (feature, mask, left, start, end, values) each."""
    joined = [np.concatenate([tree[k] for tree in trees]) for k in range(6)]
    roots = np.cumsum([0] + [len(tree[0]) for tree in trees[:-1]]).astype(np.int64)
    offsets = np.cumsum([0] + [len(tree[5]) for tree in trees[:-1]]).astype(np.int64)
    feature, mask, left, start, end, values = joined
    return Forest(feature, mask, left, start, end, roots, offsets, values)
