"""What `diffusion` has learned: a network that gives every column's codes back from a row in which all are noisy.

Numbers drown in normal noise, categories are masked, both the more the later it is; a row is drawn from noise alone by
going back in a few steps. What is given, or named by a condition, is known from the start: it is drawn first, one
column after another, by the same network, and weighed.

Learning needs torch (`diffusion`); a learned model is plain arrays, and draws without it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from twinfold.errors import ModelFileError
from twinfold.protocols import CodeColumn, Codes, Draw
from twinfold.synthesis.engines.chain import check
from twinfold.synthesis.engines.fixed_columns import FixedColumns, pick, pick_admitted
from twinfold.synthesis.engines.layers import chances, checked_weights, follow, on_one_thread

Array = npt.NDArray[Any]

ROWS = 2048
"""Rows drawn at a time: what the caches of a processor hold."""

WAVES = 6
"""Sines and cosines of a noisy number, each twice as fast as the one before, that a network sees it by."""

LEAST_CODES, MOST_SHARE = 24, 0.1
"""A column's noise is normal where it has an order, so many codes, and none that holds more of the rows."""

_EDGE = 1e-6


class Denoiser(NamedTuple):
    """The network on C codes of D columns, N of them with normal noise, all float32.

    `embed` (C + D, width): what each code adds, and below them each column while it is masked; `noisy` (N, features,
    width), what a noisy number adds by what `see` makes of it; `time` (features, width); `bias` (width,); `layers`
    (depth, width, width) and `layer_biases` (depth, width); `head` (C, width) and `head_bias` (C,).
    """

    embed: Array
    noisy: Array
    time: Array
    bias: Array
    layers: Array
    layer_biases: Array
    head: Array
    head_bias: Array


@dataclass(frozen=True)
class Scale:
    """A column's codes as ranges of a standard normal: `edges`, (cardinality + 1,), in ranks from 0 to 1."""

    edges: Array

    @classmethod
    def of(cls, margin: Array) -> Self:
        """That of a column whose codes have such shares; every code has a little."""
        shares = np.maximum(margin, 1e-6)
        return cls(np.concatenate([[0.0], np.cumsum(shares / shares.sum())]))

    def place(self, codes: Array, rng: np.random.Generator) -> Array:
        """A number of each code's range, by chance, (rows,)."""
        low, high = self.edges[codes], self.edges[codes.astype(np.int64) + 1]
        places: Array = ndtri(np.clip(low + (high - low) * rng.random(len(codes)), _EDGE, 1 - _EDGE))
        return places


def find_numbers(fixed: FixedColumns) -> list[int]:
    """The columns, of those that are learned, whose noise is normal; the others' values are masked."""
    return [
        j
        for j in fixed.learned
        if fixed.columns[j].ordered
        and fixed.columns[j].cardinality >= LEAST_CODES
        and fixed.margins[j].max() <= MOST_SHARE
    ]


def see(noisy: Array) -> Array:
    """What a network sees of noisy numbers, (rows,): (rows, features)."""
    waves = noisy[:, None] * 2.0 ** np.arange(WAVES)
    return np.concatenate([np.ones((len(noisy), 1)), noisy[:, None], np.sin(waves), np.cos(waves)], axis=1)


def signal(time: float) -> tuple[float, float]:
    """How much of a number is left at a time from 0 to 1, and the standard deviation of its noise."""
    return float(np.cos(0.5 * np.pi * time)), float(np.sin(0.5 * np.pi * time))


class DiffusionModel:
    """What the `diffusion` engine has learned of a table's codes."""

    def __init__(self, fixed: FixedColumns, denoiser: Denoiser, *, steps: int, note: str = "") -> None:
        """`steps`: back from noise to a row; codes and columns are those that are learned, in order."""
        self.columns, self.fixed, self.denoiser, self.steps, self.note = fixed.columns, fixed, denoiser, steps, note
        self._numbers = {j: k for k, j in enumerate(find_numbers(fixed))}
        self._scales = {j: Scale.of(fixed.margins[j]) for j in self._numbers}
        self._unknown = {j: fixed.codes_of[fixed.learned[-1]].stop + k for k, j in enumerate(fixed.learned)}

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
        """The log probability of each row of codes, shape (rows,); finite for every row of valid codes.

        It is that of drawing the row one column after another by the same network, each from noise alone.
        """
        return self.fixed.weigh_rows(codes, ROWS, partial(self._fill, rng=np.random.default_rng(0)))

    def _fill(
        self,
        codes: Codes,
        log_weight: Array,
        admitted: Mapping[int, Array],
        given: Mapping[int, Array],
        rng: np.random.Generator,
    ) -> None:
        """Make known what is given, then what a condition names; the rest comes out of noise."""
        row = _Rows(self, codes, rng)
        for j in sorted(self.fixed.learned, key=lambda j: j not in given):
            if j in given:
                chance = row.chances(j)
                own = given[j]
                self.fixed.weigh(log_weight, j, chance[np.arange(len(own)), own], own)
                row.tell(j, own)
            elif j in admitted:
                row.tell(j, pick_admitted(row.chances(j), admitted[j], rng.random(len(log_weight)), log_weight))
        row.denoise(self.steps)

    def arrays(self) -> dict[str, Array]:
        """Everything learned, as plain arrays."""
        return self.fixed.arrays() | self.denoiser._asdict() | {"steps": np.array([self.steps], np.int32)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array], columns: Sequence[CodeColumn]) -> Self:
        """The model that `arrays` came from, every shape and number checked."""
        try:
            fixed = FixedColumns.from_arrays(arrays, columns)
            steps = int(arrays["steps"][0])
            check(1 <= steps <= 10_000, f"{steps} steps")
            codes, count = fixed.codes_of[fixed.learned[-1]].stop, len(fixed.learned)
            layers, features = arrays["layers"], 2 + 2 * WAVES
            check(layers.ndim == 3, "layers of the wrong shape")
            depth, width = layers.shape[:2]
            shapes = ((codes + count, width), (len(find_numbers(fixed)), features, width), (features, width), (width,))
            ends = ((depth, width, width), (depth, width), (codes, width), (codes,))
            named = dict(zip(Denoiser._fields, (*shapes, *ends), strict=True))
            denoiser = Denoiser(**checked_weights(arrays, named))
        except (KeyError, ValueError, IndexError, OverflowError, TypeError) as error:
            raise ModelFileError(f"the model's network is damaged ({error}); fit the model again") from None
        return cls(fixed, denoiser, steps=steps)


class _Rows:
    """Rows on their way from noise: which columns are known of each, and how the others stand."""

    def __init__(self, model: DiffusionModel, codes: Array, rng: np.random.Generator) -> None:
        """`codes`, (columns, rows), are filled as they become known."""
        self._model, self._net, self._codes, self.rng = model, model.denoiser, codes, rng
        self._n = codes.shape[1]
        masked = [j for j in model.fixed.learned if j not in model._numbers]
        start = self._net.bias + self._net.embed[[model._unknown[j] for j in masked]].sum(axis=0)
        self._state = np.tile(start.astype(np.float32), (self._n, 1))  # without numbers and time
        self._noisy: dict[int, Array] = {j: rng.standard_normal((self._n,)) for j in model._numbers}
        self._masked = masked
        self._time = 1.0

    def tell(self, j: int, codes: Array) -> None:
        """Make a column known in all rows."""
        self._codes[j] = codes
        self._state += self._net.embed[self._model.fixed.codes_of[j]][codes]
        if j in self._noisy:
            del self._noisy[j]
        else:
            self._state -= self._net.embed[self._model._unknown[j]]
            self._masked = [i for i in self._masked if i != j]

    def chances(self, j: int) -> Array:
        """The chances of a column's codes, (rows, cardinality)."""
        return self._head(self._follow(), j)

    def denoise(self, steps: int) -> None:
        """Make all known that is not, by going back in time."""
        if not self._noisy and not self._masked:
            return
        order = np.argsort(self.rng.random((len(self._masked), self._n)), axis=0)  # the place of each column in a row
        left = len(self._masked)
        for step in range(steps, 0, -1):
            before = (step - 1) / steps
            state = self._follow()
            for j, noisy in self._noisy.items():
                self._codes[j] = pick(self._head(state, j), self.rng.random((self._n,)))
                clean = self._model._scales[j].place(self._codes[j], self.rng)
                self._noisy[j] = self._back(noisy, clean, before)
            keep = round(len(self._masked) * before)
            for k, j in enumerate(self._masked):
                rows = np.flatnonzero((order[k] >= keep) & (order[k] < left))
                if len(rows):
                    drawn = pick(self._head(state[rows], j), self.rng.random(len(rows)))
                    self._codes[j, rows] = drawn
                    table = self._net.embed[self._model.fixed.codes_of[j]]
                    self._state[rows] += table[drawn] - self._net.embed[self._model._unknown[j]]
            left, self._time = keep, before

    def _back(self, noisy: Array, clean: Array, before: float) -> Array:
        """Numbers at the time `before`, by what they are and what they may have been (Ho et al. 2020, equation 7)."""
        if before == 0:
            return clean
        (left, _), (left_before, spread_before) = signal(self._time), signal(before)
        spread = max(1e-12, 1 - left**2)
        step = left / left_before
        gone = 1 - step**2
        mean = left_before * gone / spread * clean + step * spread_before**2 / spread * noisy
        drawn: Array = mean + np.sqrt(gone * spread_before**2 / spread) * self.rng.standard_normal(self._n)
        return drawn

    def _follow(self) -> Array:
        """The state behind the layers, (rows, width)."""
        state = self._state + (see(np.full(1, self._time)) @ self._net.time).astype(np.float32)
        for j, noisy in self._noisy.items():
            state += see(noisy).astype(np.float32) @ self._net.noisy[self._model._numbers[j]]
        return follow(self._net.layers, self._net.layer_biases, state)

    def _head(self, state: Array, j: int) -> Array:
        own = self._model.fixed.codes_of[j]
        return chances(state @ self._net.head[own].T + self._net.head_bias[own], self._model.fixed.drawable[j])
