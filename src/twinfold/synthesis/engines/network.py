"""The `network` engine: one network that predicts any column from any others.

A column that is not known yet enters as a token of its own, so that one network gives every conditional distribution
(Uria et al. 2014, "A deep and tractable density estimator"; Hoogeboom et al. 2022, "Autoregressive diffusion models").
Rows are drawn column by column: what is given first, then what a condition names, then the rest, so that a condition
costs no draws. A column that an earlier one fixes is looked up, and a condition on it is a condition on that one.

Learning needs torch (`network_training`); a learned model is plain arrays, and draws without it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from twinfold.errors import ModelFileError
from twinfold.protocols import CodeColumn, Codes, CodeTable, Draw, Progress, silent
from twinfold.synthesis.engines.chain import check
from twinfold.synthesis.engines.deep import load_deep
from twinfold.synthesis.engines.fixed_columns import FixedColumns, pick, pick_admitted
from twinfold.synthesis.engines.layers import chances, checked_weights, follow, on_one_thread
from twinfold.synthesis.engines.start import Start

Array = npt.NDArray[Any]

ROWS = 2048
"""Rows drawn at a time: what the caches of a processor hold."""


class Weights(NamedTuple):
    """A trained network on C codes of D columns, all float32.

    `embed` (C + D, width): what each code adds, and below them each column while it is not known; `bias` (width,);
    `layers` (depth, width, width) and `layer_biases` (depth, width); `head` (C, width) and `head_bias` (C,).
    """

    embed: Array
    bias: Array
    layers: Array
    layer_biases: Array
    head: Array
    head_bias: Array


class NetworkModel:
    """What the `network` engine has learned of a table's codes."""

    def __init__(self, fixed: FixedColumns, members: Sequence[Weights], *, note: str = "") -> None:
        """`members` predict by their mean; their codes and columns are those that are learned, in order."""
        self.columns, self.fixed, self.members, self.note = fixed.columns, fixed, tuple(members), note
        known = fixed.codes_of[fixed.learned[-1]].stop
        self._unknown = {j: known + k for k, j in enumerate(fixed.learned)}

    @on_one_thread
    def sample(
        self,
        n: int,
        *,
        allowed: Mapping[int, npt.NDArray[np.float32]],
        given: Mapping[int, Codes],
        rng: np.random.Generator,
    ) -> Draw:
        """Draw n rows; see `protocols.Model.sample`."""
        return self.fixed.draw(n, ROWS, allowed, given, partial(self._fill, rng=rng))

    @on_one_thread
    def log_prob(self, codes: Codes) -> npt.NDArray[np.float64]:
        """The log probability of each row of codes, shape (rows,); finite for every row of valid codes."""
        return self.fixed.weigh_rows(codes, ROWS, partial(self._fill, rng=np.random.default_rng(0)))

    def _fill(
        self,
        codes: Array,
        log_weight: Array,
        admitted: Mapping[int, Array],
        given: Mapping[int, Array],
        rng: np.random.Generator,
    ) -> None:
        """Fill `codes`, (columns, rows), and add to `log_weight`, (rows,); what is given is left to no chance."""
        n, fixed = len(log_weight), self.fixed
        states = [np.tile(m.embed[list(self._unknown.values())].sum(axis=0) + m.bias, (n, 1)) for m in self.members]
        for j in sorted(fixed.learned, key=lambda j: (j not in given, j not in admitted)):
            if j in given:
                codes[j] = given[j]
                fixed.weigh(log_weight, j, self._mean(states, j)[np.arange(n), codes[j]], codes[j])
            elif j in admitted:
                codes[j] = pick_admitted(self._mean(states, j), admitted[j], rng.random(n), log_weight)
            else:
                asked = rng.integers(len(self.members), size=n)
                for k, (member, state) in enumerate(zip(self.members, states, strict=True)):
                    rows = np.flatnonzero(asked == k)
                    codes[j, rows] = pick(self._predict(member, state[rows], j), rng.random(len(rows)))
            for member, state in zip(self.members, states, strict=True):
                state += member.embed[fixed.codes_of[j]][codes[j]] - member.embed[self._unknown[j]]

    def _predict(self, member: Weights, state: Array, j: int) -> Array:
        """A member's chances of column j's codes, (rows, cardinality) float32, from its state, (rows, width)."""
        own = self.fixed.codes_of[j]
        state = follow(member.layers, member.layer_biases, state)
        return chances(state @ member.head[own].T + member.head_bias[own], self.fixed.drawable[j])

    def _mean(self, states: Sequence[Array], j: int) -> Array:
        """The members' mean chances."""
        found = [self._predict(member, state, j) for member, state in zip(self.members, states, strict=True)]
        return sum(found[1:], found[0]) / np.float32(len(found))

    def arrays(self) -> dict[str, Array]:
        """Everything learned, as plain arrays."""
        stacked = {name: np.stack([getattr(member, name) for member in self.members]) for name in Weights._fields}
        return self.fixed.arrays() | stacked

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array], columns: Sequence[CodeColumn]) -> Self:
        """The model that `arrays` came from, every shape and number checked."""
        try:
            fixed = FixedColumns.from_arrays(arrays, columns)
            members = list(_checked_members(arrays, [columns[j] for j in fixed.learned]))
        except (KeyError, ValueError, IndexError, OverflowError, TypeError) as error:
            raise ModelFileError(f"the model's network is damaged ({error}); fit the model again") from None
        return cls(fixed, members)


def _checked_members(arrays: Mapping[str, Array], learned: Sequence[CodeColumn]) -> Iterator[Weights]:
    codes = sum(column.cardinality for column in learned)
    layers = arrays["layers"]
    check(layers.ndim == 4 and layers.shape[0] >= 1, "layers of the wrong shape")
    members, depth, width = layers.shape[:3]
    shapes = ((codes + len(learned), width), (width,), (depth, width, width), (depth, width), (codes, width), (codes,))
    stacked = checked_weights(arrays, dict(zip(Weights._fields, ((members, *shape) for shape in shapes), strict=True)))
    for k in range(members):
        yield Weights(**{name: array[k] for name, array in stacked.items()})


@dataclass(frozen=True)
class NetworkEngine:
    """Settings of the `network` engine.

    Attributes:
        width, depth: of the trunk that all columns share: units, and residual layers.
        members: networks whose predictions are averaged.
        epochs, most_steps: how often each row is learned from, and how many steps of `batch` rows that may take.
        batch: rows a step; one column of each is predicted from some others.
        rate: the highest rate of learning, of one cycle that rises and falls.
        decay: how far weights are drawn to zero.
        chain: share of rows whose columns become known in the chain's order, that rows are drawn in; the others' in
            any order, that conditions need.
        average: how much of the running average of weights, which is what predicts, each step keeps.
        held_out, most_held_out: share of the rows that are not learned from, and the most of them.
        slack: learning ends where the likelihood of those rows, in nats a column, has fallen so far below its best.
        start: an older model of this engine to begin with, whose networks' number and size then count; None for none.
        gentle: with a start, the part of the rate that is left.
    """

    width: int = 256
    depth: int = 2
    members: int = 2
    epochs: float = 50.0
    most_steps: int = 1500
    batch: int = 512
    rate: float = 3e-3
    decay: float = 0.01
    chain: float = 0.5
    average: float = 0.99
    held_out: float = 0.1
    most_held_out: int = 3_000
    slack: float = 0.03
    start: Start | None = None
    gentle: float = 0.3

    def fit(
        self, table: CodeTable, *, seed: int, budget: float | None = None, progress: Progress = silent
    ) -> NetworkModel:
        """Learn a table's codes. Stopped by `KeyboardInterrupt` after a twentieth of its steps, gives what it has.

        With a `budget`, as many steps are planned as that time holds, by the pace of the first; rates follow the plan.
        Raises `MissingExtraError` where torch is not installed.
        """
        training = load_deep("network_training")
        fixed = FixedColumns.of(table)
        if self.start is not None:
            fixed = self.start.fix(fixed)
        members, note = training.train(self, table, fixed, seed, budget, progress)
        return NetworkModel(fixed, members, note=note)
