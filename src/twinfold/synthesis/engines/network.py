"""The `network` engine: one network that predicts any column from any others.

A column that is not known yet enters as a token of its own, so that one network gives every conditional distribution
(Uria et al. 2014, "A deep and tractable density estimator"; Hoogeboom et al. 2022, "Autoregressive diffusion models").
Rows are drawn column by column: what is given first, then what a condition names, then the rest, so that a condition
costs no draws. A column that an earlier one fixes is looked up, and a condition on it is a condition on that one.

Learning needs torch (`network_training`); a learned model is plain arrays, and draws without it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from twinfold.errors import MissingExtraError, ModelFileError
from twinfold.protocols import CodeColumn, Codes, CodeTable, Draw, Progress, silent
from twinfold.synthesis.engines.chain import (
    Lookup,
    chain_order,
    check,
    checked_lookup,
    checked_margin,
    drawable,
    find_lookups,
    learn_margin,
)

Array = npt.NDArray[Any]

ROWS = 2048
"""Rows drawn at a time: what the caches of a processor hold."""

EPSILON = 0.01
"""Share of a column's margin in a likelihood, so that nothing is impossible."""

_LARGEST = 1e4  # no weight that was learned is larger, and none so large overflows


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

    def __init__(
        self,
        columns: Sequence[CodeColumn],
        order: Sequence[int],
        lookups: Mapping[int, Lookup],
        margins: Sequence[Array],
        members: Sequence[Weights],
        *,
        note: str = "",
    ) -> None:
        """`order` is the chain, `lookups` its columns that others fix, `margins[j]` the shares of column j's codes.

        `members` predict by their mean; their codes and columns are those of `order` without the lookups.
        """
        self.columns, self.order, self.lookups = tuple(columns), tuple(order), dict(lookups)
        self.margins, self.members, self.note = tuple(margins), tuple(members), note
        self._learned = [j for j in order if j not in self.lookups]
        ends = np.cumsum([0, *(self.columns[j].cardinality for j in self._learned)])
        self._codes_of = {j: slice(int(ends[k]), int(ends[k + 1])) for k, j in enumerate(self._learned)}
        self._unknown = {j: int(ends[-1]) + k for k, j in enumerate(self._learned)}
        self._drawable = [drawable(column) for column in self.columns]
        self._floors = [EPSILON * (0.99 * margin + 0.01 / len(margin)) for margin in self.margins]

    def sample(
        self,
        n: int,
        *,
        allowed: Mapping[int, npt.NDArray[np.float32]],
        given: Mapping[int, Codes],
        rng: np.random.Generator,
    ) -> Draw:
        """Draw n rows; see `protocols.Model.sample`."""
        codes, log_weight = np.zeros((len(self.columns), n), np.uint16), np.zeros(n)
        for begin in range(0, n, ROWS):
            rows = slice(begin, begin + ROWS)
            given_here = {j: column[rows] for j, column in given.items()}
            self._draw(codes[:, rows], log_weight[rows], allowed, given_here, rng)
        return Draw(codes, log_weight)

    def log_prob(self, codes: Codes) -> npt.NDArray[np.float64]:
        """The log probability of each row of codes, shape (rows,); finite for every row of valid codes."""
        log_prob = np.zeros(codes.shape[1])
        for begin in range(0, codes.shape[1], ROWS):
            rows = slice(begin, begin + ROWS)
            self._draw(codes[:, rows].copy(), log_prob[rows], {}, dict(enumerate(codes[:, rows])), None)
        return log_prob

    def _draw(
        self,
        codes: Array,
        log_weight: Array,
        allowed: Mapping[int, Array],
        given: Mapping[int, Array],
        rng: np.random.Generator | None,
    ) -> None:
        """Fill `codes`, (columns, rows), and add to `log_weight`, (rows,); no chance is needed where all is given."""
        n = len(log_weight)
        admitted = self._admitted(allowed, given, log_weight)
        states = [np.tile(m.embed[list(self._unknown.values())].sum(axis=0) + m.bias, (n, 1)) for m in self.members]
        for j in sorted(self._learned, key=lambda j: (j not in given, j not in admitted)):
            if j in given:
                codes[j] = given[j]
                self._weigh(log_weight, j, self._mean(states, j)[np.arange(n), codes[j]], codes[j])
            elif j in admitted:
                assert rng is not None
                chances = self._mean(states, j) * admitted[j]
                codes[j] = _pick(chances, rng.random(n))
                mass = chances.sum(axis=1, dtype=np.float64)
                with np.errstate(divide="ignore"):
                    log_weight += np.log(mass)
                codes[j, mass <= 0] = np.broadcast_to(admitted[j], chances.shape)[mass <= 0].argmax(axis=1)
            else:
                assert rng is not None
                asked = rng.integers(len(self.members), size=n)
                for k, (member, state) in enumerate(zip(self.members, states, strict=True)):
                    rows = np.flatnonzero(asked == k)
                    codes[j, rows] = _pick(self._predict(member, state[rows], j), rng.random(len(rows)))
            for member, state in zip(self.members, states, strict=True):
                state += member.embed[self._codes_of[j]][codes[j]] - member.embed[self._unknown[j]]
        for j, lookup in self.lookups.items():
            fixed = lookup.codes[codes[lookup.parent]]
            codes[j] = given.get(j, fixed)
            if lookup.parent in given and j in given:
                self._weigh(log_weight, j, fixed == codes[j], codes[j])
            elif lookup.parent in given and j in allowed:
                with np.errstate(divide="ignore"):
                    log_weight += np.log(allowed[j][fixed])

    def _admitted(
        self, allowed: Mapping[int, Array], given: Mapping[int, Array], log_weight: Array
    ) -> dict[int, Array]:
        """How much of each code is admitted, (cardinality,) or (rows, cardinality), of the columns that are learned.

        What is asked of a column that another fixes is asked of that one. A given code that nothing leads to asks for
        nothing, and is weighed as improbable.
        """
        admitted = {j: share for j, share in allowed.items() if j not in self.lookups and j not in given}
        for j, lookup in self.lookups.items():
            parent = lookup.parent
            if parent in given:
                continue
            if j in given:
                share = (lookup.codes == given[j][:, None]) & self._drawable[parent]
                lost = ~share.any(axis=1)
                log_weight[lost] += np.log(self._floors[j][given[j][lost]])
                share = (share | lost[:, None]).astype(np.float32)
            elif j in allowed:
                share = allowed[j][lookup.codes]
            else:
                continue
            admitted[parent] = admitted[parent] * share if parent in admitted else share
        return admitted

    def _predict(self, member: Weights, state: Array, j: int) -> Array:
        """A member's chances of column j's codes, (rows, cardinality) float32, from its state, (rows, width)."""
        for layer, bias in zip(member.layers, member.layer_biases, strict=True):
            state = state + (np.maximum(state, 0) @ layer.T + bias)
        own = self._codes_of[j]
        scores = np.maximum(state, 0) @ member.head[own].T + member.head_bias[own]
        scores[:, ~self._drawable[j]] = -np.inf
        scores -= scores.max(axis=1, keepdims=True, initial=-_LARGEST)
        np.exp(scores, out=scores)
        scores /= scores.sum(axis=1, keepdims=True)
        return scores

    def _mean(self, states: Sequence[Array], j: int) -> Array:
        """The members' mean chances."""
        chances = [self._predict(member, state, j) for member, state in zip(self.members, states, strict=True)]
        return sum(chances[1:], chances[0]) / np.float32(len(chances))

    def _weigh(self, log_weight: Array, j: int, chance: Array, codes: Array) -> None:
        log_weight += np.log((1 - EPSILON) * chance.astype(np.float64) + self._floors[j][codes])

    def arrays(self) -> dict[str, Array]:
        """Everything learned, as plain arrays."""
        out: dict[str, Array] = {"order": np.array(self.order, np.int32)}
        out |= {name: np.stack([getattr(member, name) for member in self.members]) for name in Weights._fields}
        for j, margin in enumerate(self.margins):
            out[f"c{j}_margin"] = margin
        for j, lookup in self.lookups.items():
            out[f"c{j}_parent"] = np.array([lookup.parent], np.int32)
            out[f"c{j}_lookup"] = lookup.codes
        return out

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array], columns: Sequence[CodeColumn]) -> Self:
        """The model that `arrays` came from, every shape and number checked."""
        try:
            order = [int(j) for j in arrays["order"]]
            check(sorted(order) == list(range(len(columns))), "the chain is not an order of the columns")
            fixed = [j for j in order if f"c{j}_lookup" in arrays]
            free = set(order) - set(fixed)
            lookups = {j: checked_lookup(arrays, j, free, columns) for j in fixed}
            margins = [checked_margin(arrays, j, column) for j, column in enumerate(columns)]
            members = list(_checked_members(arrays, [columns[j] for j in order if j not in lookups]))
        except (KeyError, ValueError, IndexError, OverflowError, TypeError) as error:
            raise ModelFileError(f"the model's network is damaged ({error}); fit the model again") from None
        return cls(columns, order, lookups, margins, members)


def _pick(chances: Array, places: Array) -> Array:
    """A code for each row of `chances`, (rows, codes), by `places`, (rows,) in [0, 1); a possible one where one is."""
    ends = np.cumsum(chances, axis=1)
    found = (ends <= (places * ends[:, -1])[:, None]).sum(axis=1)
    last = chances.shape[1] - 1 - (chances[:, ::-1] > 0).argmax(axis=1)  # rounding may lead past it
    codes: Array = np.minimum(found, last).astype(np.uint16)
    return codes


def _checked_members(arrays: Mapping[str, Array], learned: Sequence[CodeColumn]) -> Iterator[Weights]:
    codes = sum(column.cardinality for column in learned)
    stacked = Weights(**{name: arrays[name] for name in Weights._fields})
    check(stacked.layers.ndim == 4 and stacked.layers.shape[0] >= 1, "layers of the wrong shape")
    members, depth, width = stacked.layers.shape[:3]
    shapes = ((codes + len(learned), width), (width,), (depth, width, width), (depth, width), (codes, width), (codes,))
    for name, shape in zip(Weights._fields, shapes, strict=True):
        array = getattr(stacked, name)
        check(array.dtype == np.float32 and array.shape == (members, *shape), f"{name} of the wrong shape")
        check((np.abs(array) <= _LARGEST).all(), f"{name} that was never learned")
    for k in range(members):
        yield Weights(*(array[k] for array in stacked))


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

    def fit(
        self, table: CodeTable, *, seed: int, budget: float | None = None, progress: Progress = silent
    ) -> NetworkModel:
        """Learn a table's codes. Stopped by `KeyboardInterrupt` after a twentieth of its steps, gives what it has.

        With a `budget`, as many steps are planned as that time holds, by the pace of the first; rates follow the plan.
        Raises `MissingExtraError` where torch is not installed.
        """
        training = load_training()
        order = chain_order(table.columns)
        lookups = _to_roots(find_lookups(table, order), order)
        margins = [learn_margin(column, codes) for column, codes in zip(table.columns, table.codes, strict=True)]
        members, note = training.train(
            self, table, [j for j in order if j not in lookups], margins, seed, budget, progress
        )
        return NetworkModel(table.columns, order, lookups, margins, members, note=note)


def load_training() -> ModuleType:
    """The part that needs torch. Raises `MissingExtraError` where that is not installed."""
    try:
        from twinfold.synthesis.engines import network_training
    except ModuleNotFoundError as error:
        if error.name is None or error.name.split(".")[0] != "torch":
            raise
        raise MissingExtraError(
            'this engine needs torch, which is not installed; pip install "twinfold[deep]", or choose engine "trees"'
        ) from None
    return network_training


def _to_roots(lookups: Mapping[int, Lookup], order: Sequence[int]) -> dict[int, Lookup]:
    """The same look-ups, each in a column that is not itself looked up."""
    out: dict[int, Lookup] = {}
    for j in order:
        if j in lookups:
            parent, codes = lookups[j].parent, lookups[j].codes
            out[j] = Lookup(out[parent].parent, codes[out[parent].codes]) if parent in out else lookups[j]
    return out
