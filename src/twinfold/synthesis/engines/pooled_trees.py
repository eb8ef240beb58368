"""Trees of new rows and of rows that an older model drew: they ask where a row comes from only where that matters.

A table is small, an older model knows many customers. Its rows stand beside the new ones, with one column more that
says which are which, and trees learn both (as Daume 2007, "Frustratingly easy domain adaptation", has a linear model
choose between shared and own weights): where both are alike, a leaf holds both; where they differ, a tree may split by
the origin. A few new rows among many have no leaf of their own to say so: then the older rows are taken so that each
column's shares are about those of the new ones (raking: Deming and Stephan 1940). What is drawn is drawn as new. How
many older rows stand beside the new ones, and whether they are raked, is tried on new rows held out; none among them,
so that an older model which says nothing here is left out.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln

from twinfold.errors import ModelFileError
from twinfold.protocols import CodeColumn, Codes, CodeTable, Draw, Progress, silent
from twinfold.synthesis.engines.chain import Lookup, check, group_codes
from twinfold.synthesis.engines.tree_kernels import BINS
from twinfold.synthesis.engines.trees import TreesEngine, TreesModel

Array = npt.NDArray[Any]

OLDER_ROWS = 32_000
"""Rows that an older model draws, at most."""

TRIED = (1, 4, 16)
"""How many older rows for each new one are tried, besides none."""

FOLDS, TRIAL_TREES, MOST_TESTED, ENOUGH = 3, 8, 3_000, 1_500
"""Parts of the new rows that are held out in turn, trees a column in such a trial, rows held out at most, and rows of
which one part is enough."""

RAKES, HEAVIEST, RAREST = 12, 20.0, 1e-4
"""Rounds of raking, what the heaviest older row weighs, in means, and the least older share of a group of codes."""

STRENGTHS = (1, 3, 10, 30, 100, 300, 1_000, 3_000, 10_000)
"""How many rows the older shares of a column may count for."""

_ORIGIN = CodeColumn("origin", 2, False)
_NEW = 1


@dataclass(frozen=True)
class OlderRows:
    """Rows that an older model drew, in the codes of a new table.

    `codes` (columns, rows), and `known`, of the same shape: where the older model has a code for it.
    """

    codes: Codes
    known: npt.NDArray[np.bool_]


class PooledTrees:
    """Trees whose first column says where a row comes from; seen from outside, a model of the new table's columns."""

    def __init__(self, trees: TreesModel, columns: Sequence[CodeColumn], older: int, *, note: str = "") -> None:
        """`older`: how many older rows were learned beside the new ones."""
        self.trees, self.columns, self.older, self.note = trees, tuple(columns), older, note

    def sample(
        self,
        n: int,
        *,
        allowed: Mapping[int, npt.NDArray[np.float32]],
        given: Mapping[int, Codes],
        rng: np.random.Generator,
    ) -> Draw:
        """Draw n rows; see `protocols.Model.sample`."""
        inner = {j + 1: np.pad(share, (0, self._spare(j))) for j, share in allowed.items()}
        known = {0: np.full(n, _NEW, np.uint16)} | {j + 1: codes for j, codes in given.items()}
        drawn = self.trees.sample(n, allowed=inner, given=known, rng=rng)
        return Draw(np.ascontiguousarray(drawn.codes[1:]), drawn.log_weight)

    def log_prob(self, codes: Codes) -> npt.NDArray[np.float64]:
        """The log probability of each row of codes, shape (rows,); finite for every row of valid codes."""
        return self.trees.log_prob(_with_origin(codes, _NEW))

    def _spare(self, j: int) -> int:
        return self.trees.columns[j + 1].cardinality - self.columns[j].cardinality

    def arrays(self) -> dict[str, Array]:
        """Everything learned, as plain arrays."""
        spare = np.array([self._spare(j) for j in range(len(self.columns))], np.int32)
        return self.trees.arrays() | {"spare": spare, "older": np.array([self.older], np.int64)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array], columns: Sequence[CodeColumn]) -> Self:
        """The model that `arrays` came from, checked."""
        try:
            spare, older = arrays["spare"], arrays["older"]
            check(spare.shape == (len(columns),) and np.isin(spare, (0, 1)).all(), "spare codes of the wrong shape")
            check(older.shape == (1,) and older.dtype == np.int64 and older[0] > 0, "no count of older rows")
            check(np.array_equal(arrays.get("context", ()), [0]), "rows without an origin")
        except (KeyError, ValueError, TypeError) as error:
            raise ModelFileError(f"the model's trees are damaged ({error}); fit the model again") from None
        inner = [_spared(column)[0] if more else column for column, more in zip(columns, spare, strict=True)]
        trees = TreesModel.from_arrays(arrays, (_ORIGIN, *inner))
        for j, column in enumerate(columns):
            if not _stays_below(trees, j + 1, column.cardinality):
                raise ModelFileError("the model's trees are damaged (an unknown code is drawn); fit the model again")
        return cls(trees, columns, int(older[0]))


@dataclass(frozen=True)
class PooledTreesEngine:
    """Settings of `trees` that begin with an older model: those of the trees, and the older model's rows."""

    trees: TreesEngine
    older: OlderRows

    def fit(
        self, table: CodeTable, *, seed: int, budget: float | None = None, progress: Progress = silent
    ) -> TreesModel | PooledTrees:
        """Learn a table's codes; see `TreesEngine.fit`. Where older rows bring nothing, trees of the new ones alone."""
        begun = time.monotonic()
        plan = self._choose(table, seed, budget, progress)
        left = None if budget is None else max(budget - (time.monotonic() - begun), 0.0)
        if not plan.count:
            return self.trees.fit(table, seed=seed, budget=left, progress=progress)
        return self._fit(self.trees, table, plan, seed, left, progress)

    def _choose(self, table: CodeTable, seed: int, budget: float | None, progress: Progress) -> "_Plan":
        """Which older rows make new rows that are held out likeliest; half of a budget is spent on that."""
        for column, known in zip(table.columns, self.older.known, strict=True):
            if column.ordered and column.cardinality >= BINS and not known.all():
                return _Plan(0, raked=False)  # there is no place for a code of what is unknown
        begun, engine = time.monotonic(), replace(self.trees, trees=TRIAL_TREES)
        counts = sorted({min(each * table.rows, self.older.codes.shape[1]) for each in TRIED})
        plans = [_Plan(0, raked=False), *(_Plan(count, raked=raked) for count in counts for raked in (False, True))]
        part = np.random.default_rng(seed).integers(FOLDS, size=table.rows)
        tested = [np.flatnonzero(part == fold)[:MOST_TESTED] for fold in range(FOLDS)]
        folds = [fold for fold in range(FOLDS) if len(tested[fold])]
        if table.rows >= ENOUGH:
            folds = folds[:1]  # of so many rows one part says enough
        likelihood = np.zeros(len(plans))
        for k, plan in enumerate(plans):
            for done, fold in enumerate(folds):
                learned = CodeTable(table.columns, np.ascontiguousarray(table.codes[:, part != fold]))
                held = np.ascontiguousarray(table.codes[:, tested[fold]])
                model = self._fit(engine, learned, plan, seed, None, silent)
                likelihood[k] += model.log_prob(held).sum()
                progress("weighing the older model", (k + (done + 1) / len(folds)) / len(plans))
            if budget is not None and time.monotonic() - begun > budget / 2:
                likelihood = likelihood[: k + 1]
                break
        return plans[int(np.argmax(likelihood))]

    def _fit(
        self, engine: TreesEngine, table: CodeTable, plan: "_Plan", seed: int, budget: float | None, progress: Progress
    ) -> PooledTrees:
        weight = rake(self.older, table) if plan.raked else np.ones(self.older.codes.shape[1])
        taken = _take(weight, plan.count)
        codes, known = self.older.codes[:, taken], self.older.known[:, taken]
        columns = list(table.columns)
        for j, column in enumerate(table.columns):
            if known[j].all():
                continue
            columns[j], unknown = _spared(column)
            codes[j, ~known[j]] = unknown
        pooled = np.concatenate([_with_origin(codes, 1 - _NEW), _with_origin(table.codes, _NEW)], axis=1)
        learned = CodeTable((_ORIGIN, *columns), np.ascontiguousarray(pooled))
        trees = engine.fit(learned, seed=seed, context=1, budget=budget, progress=progress)
        return PooledTrees(trees, table.columns, plan.count, note=trees.note)


@dataclass(frozen=True)
class _Plan:
    """How many older rows are learned beside the new ones, and whether they are raked to the new shares."""

    count: int
    raked: bool


def rake(older: OlderRows, table: CodeTable) -> npt.NDArray[np.float64]:
    """Weights of older rows, (rows,), by which each column's codes have about the shares that they have in a table.

    Shares are of groups of codes, and drawn towards the older ones by as much as makes the new rows likeliest: hardly
    where both tables differ, nearly all the way where what differs is chance (empirical Bayes).
    """
    weight, cells = np.ones(older.codes.shape[1]), []
    for column, codes, mine, known in zip(table.columns, table.codes, older.codes, older.known, strict=True):
        if known.any():
            group_of, groups = group_codes(column, codes)
            place = group_of[mine[known]]
            share = np.maximum(np.bincount(place, minlength=groups) / len(place), RAREST)
            new = np.bincount(group_of[codes], minlength=groups)
            aim = new + max(STRENGTHS, key=partial(_likelihood, new, share / share.sum())) * share
            cells.append((known, place, aim / aim.sum()))
    for _ in range(RAKES):
        for known, place, aim in cells:
            held = np.bincount(place, weight[known], minlength=len(aim))
            weight[known] *= np.divide(aim, held / held.sum(), out=np.ones(len(aim)), where=held > 0)[place]
            weight = np.minimum(weight / weight.mean(), HEAVIEST)
    return weight


def _likelihood(new: npt.NDArray[np.int64], share: npt.NDArray[np.float64], strength: float) -> float:
    """The log likelihood of counts whose shares are about `share`: Dirichlet's, as of so many older rows."""
    prior = strength * share
    gained = float((gammaln(new + prior) - gammaln(prior)).sum())
    return gained + float(gammaln(strength) - gammaln(strength + new.sum()))


def _take(weight: npt.NDArray[np.float64], count: int) -> npt.NDArray[np.int64]:
    """So many places, each in proportion to its weight, as evenly as can be."""
    ends = np.cumsum(weight)
    return np.searchsorted(ends, (np.arange(count) + 0.5) / max(count, 1) * (ends[-1] if len(ends) else 0.0))


def _stays_below(trees: TreesModel, j: int, cardinality: int) -> bool:
    """Whether no code of column j that can be drawn is beyond what the new table has."""
    part, together = trees.parts[j], trees.together.get(j)
    drawn = [part.codes if isinstance(part, Lookup) else part.values] if part is not None else []
    drawn += [] if together is None else [together.then]
    return all((each < cardinality).all() for each in drawn)


def _with_origin(codes: Codes, origin: int) -> Codes:
    return np.concatenate([np.full((1, codes.shape[1]), origin, np.uint16), codes])


def _spared(column: CodeColumn) -> tuple[CodeColumn, int]:
    """The column with a code of what the older model does not know: nothing is learned of it, and it is never drawn.

    That is the code of rare levels, where these are not drawn either, or one more; then theirs is as any other.
    """
    if column.rare is not None and not column.rare_drawn:
        return column, column.rare
    unknown = column.cardinality
    return replace(column, cardinality=unknown + 1, rare=unknown, rare_drawn=False), unknown
