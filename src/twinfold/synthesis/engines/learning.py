"""What all networks learn by, with torch: rows on the device, weights that move and their average, a plan of steps."""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from twinfold.protocols import CodeColumn, CodeTable
from twinfold.synthesis.engines.fixed_columns import FixedColumns

KNOTS = (4, 8, 16)
"""Intervals of an ordered column's rank, at several scales; a hat function stands on each end of each."""

LOOKS = 20
"""How often a fit looks at the rows that were held out."""

LEAST_BATCH = 32
"""Rows of a step, at least."""

_PACE = 30
_RISE = 0.15


class CodeWeights(torch.nn.Module):
    """Weights that belong to codes, numbered through all columns: each code's own, and what neighbours share.

    Codes of an ordered column share weights with the codes near them: hat functions of their rank.
    """

    def __init__(
        self, columns: Sequence[CodeColumn], width: int, generator: torch.Generator, *, own: float, shared: float
    ) -> None:
        """`own` and `shared` are the spreads that weights begin with, of `width` for each code."""
        super().__init__()
        self.sizes = [column.cardinality for column in columns]
        self.ordered = [k for k, column in enumerate(columns) if column.ordered]
        bases = [basis(columns[k]) for k in self.ordered]
        for place, each in enumerate(bases):
            self.register_buffer(f"basis{place}", each)
        hats = bases[0].shape[1] if bases else 0
        self.own = normal(sum(self.sizes), width, scale=own, generator=generator)
        self.shared = normal(len(bases), hats, width, scale=shared, generator=generator)

    def forward(self) -> torch.Tensor:
        """The weights of all codes, (codes, width)."""
        parts = list(torch.split(self.own, self.sizes))
        for place, (k, shared) in enumerate(zip(self.ordered, self.shared.unbind(), strict=True)):  # an index copies
            parts[k] = parts[k] + self.get_buffer(f"basis{place}") @ shared
        return torch.cat(parts)


class Trunk(torch.nn.Module):
    """Residual layers that all columns share."""

    def __init__(self, width: int, depth: int, generator: torch.Generator) -> None:
        super().__init__()
        self.layers = normal(depth, width, width, scale=0.5 * math.sqrt(2 / width), generator=generator)
        self.biases = torch.nn.Parameter(torch.zeros(depth, width))

    def forward(self, state: torch.Tensor) -> torch.Tensor:
        """The state behind the layers, rectified, (rows, width)."""
        for layer, bias in zip(self.layers, self.biases, strict=True):
            state = state + torch.nn.functional.linear(torch.relu(state), layer, bias)
        return torch.relu(state)


def normal(*shape: int, scale: float, generator: torch.Generator) -> torch.nn.Parameter:
    """Weights that begin at random."""
    return torch.nn.Parameter(torch.randn(*shape, generator=generator) * scale)


def basis(column: CodeColumn) -> torch.Tensor:
    """Smooth features of an ordered column's codes, (cardinality, features): rank, and hats on it; zero if missing."""
    known = np.flatnonzero(np.arange(column.cardinality) != (-1 if column.missing is None else column.missing))
    rank = np.linspace(0, 1, len(known))[:, None]
    hats = [np.clip(1 - np.abs(rank * knots - np.arange(knots + 1)), 0, 1) for knots in KNOTS]
    out = np.zeros((column.cardinality, 1 + sum(KNOTS) + len(KNOTS)), np.float32)
    out[known] = np.concatenate([2 * rank - 1, *hats], axis=1)
    return torch.tensor(out)


class Rows:
    """A table on the device: what is learned from, and what is held out to know when to stop.

    Attributes:
        columns: those that are learned, in the order of the chain.
        flat: (rows, columns) codes, numbered through all columns.
        counted: (rows, columns) float, whether a code is learned from.
        rows, held: the places of rows to learn from, and of those held out.
    """

    def __init__(
        self,
        table: CodeTable,
        fixed: FixedColumns,
        held_out: float,
        most_held_out: int,
        seed: int,
        device: torch.device,
    ) -> None:
        self.device, self.generator = device, torch.Generator(device).manual_seed(seed)
        self.columns = [table.columns[j] for j in fixed.learned]
        self.first = np.cumsum([0, *(column.cardinality for column in self.columns)])
        codes = table.codes[fixed.learned].astype(np.int64)
        counted = np.stack([fixed.drawable[j][own] for j, own in zip(fixed.learned, codes, strict=True)])
        self.flat = torch.tensor((codes + self.first[:-1, None]).T.copy(), device=device)
        self.counted = torch.tensor(counted.T.copy(), device=device, dtype=torch.float32)
        shuffled = torch.randperm(table.rows, generator=self.generator, device=device)
        held = min(int(held_out * table.rows), most_held_out)
        self.held, self.rows = shuffled[:held], shuffled[held:]

    def batch(self, most: int) -> int:
        """Rows of a step: so many at most, and of few rows a tenth, so that few epochs are many steps."""
        return min(most, max(LEAST_BATCH, len(self.rows) // 10))

    def plan(self, epochs: float, most: int, size: int) -> int:
        """Steps of so many rows that take each row so often, `most` at most."""
        return min(most, round(epochs * len(self.rows) / size))

    def batches(self, size: int) -> Iterator[torch.Tensor]:
        """Places of rows to learn from, so many at a time, each as often as any other, without end."""
        while True:
            order = torch.randperm(len(self.rows), generator=self.generator, device=self.device)
            yield from torch.split(self.rows[order], size)


def log_margins(table: CodeTable, fixed: FixedColumns) -> torch.Tensor:
    """The logs of the shares of all codes that are learned, (codes,), none of them without any."""
    shares = np.concatenate([fixed.margins[j] for j in fixed.learned])
    return torch.tensor(np.log(np.maximum(shares, 0.1 / table.rows)), dtype=torch.float32)


class Optimizer:
    """Weights that move against their gradients, and the running average of them.

    AdamW (Loshchilov and Hutter 2019), by hand: torch's own imports for seven CPU seconds what it doesn't use then.
    """

    def __init__(
        self,
        parameters: Sequence[torch.nn.Parameter],
        *,
        decay: float,
        average: float,
        moments: tuple[float, float] = (0.9, 0.98),
    ) -> None:
        """`decay` draws matrices to zero, `average` is how much of the average each step keeps."""
        self.parameters, self.decay, self.keep, self.moments = list(parameters), decay, average, moments
        self.average = [p.detach().clone() for p in self.parameters]
        self._running = [(torch.zeros_like(p), torch.zeros_like(p)) for p in self.parameters]
        self._steps = 0

    def clear(self) -> None:
        """Forget the gradients."""
        for parameter in self.parameters:
            parameter.grad = None

    @torch.no_grad()
    def step(self, rate: float) -> None:
        """Move the weights, and the average after them."""
        self._steps += 1
        keep = min(self.keep, self._steps / (9 + self._steps))
        fast, slow = self.moments
        for parameter, average, (mean, square) in zip(self.parameters, self.average, self._running, strict=True):
            gradient = parameter.grad
            if gradient is None:  # what ordered columns share, where there is none
                continue
            mean.lerp_(gradient, 1 - fast)
            square.mul_(slow).addcmul_(gradient, gradient, value=1 - slow)
            if parameter.ndim > 1:
                parameter.mul_(1 - rate * self.decay)
            spread = (square / (1 - slow**self._steps)).sqrt_().add_(1e-8)
            parameter.addcdiv_(mean, spread, value=-rate / (1 - fast**self._steps))
            average.lerp_(parameter, 1 - keep)

    @contextmanager
    def averaged(self) -> Iterator[None]:
        """The average in the place of the weights."""
        self._swap()
        try:
            yield
        finally:
            self._swap()

    def _swap(self) -> None:
        for parameter, average in zip(self.parameters, self.average, strict=True):
            parameter.data, average.data = average.data, parameter.data


def one_cycle(share: float) -> float:
    """The part of the highest rate after such a share of the steps: it rises and falls (Smith and Topin 2019)."""
    falling = 0.5 * (1 + math.cos(math.pi * (share - _RISE) / (1 - _RISE)))
    return max(0.01, share / _RISE if share < _RISE else falling)


def run_steps(
    step: Callable[[float], None],
    look: Callable[[], bool],
    *,
    planned: int,
    budget: float | None,
    tell: Callable[[float], None],
    usable: Callable[[], bool],
) -> str:
    """Take the steps of a plan; what a user must know where `tell` stopped it by `KeyboardInterrupt`.

    Args:
        step: takes one; told the share of the plan that is done.
        look: looks at the rows held out, `LOOKS` times; gives whether to go on.
        planned: how many steps; under a budget as many as it holds, by the pace of the first, up to four times that.
        budget: seconds, or None.
        tell: told the share that is done.
        usable: whether there is a model yet; where there is none, stopping is an error.
    """
    begun, steps, done = time.monotonic(), max(LOOKS, planned), 0
    planned = steps
    try:
        while done < steps:
            step(done / steps)
            done += 1
            if budget is not None and done == min(_PACE, planned):
                pace = (time.monotonic() - begun) / done
                steps = max(done, int(min(budget / pace, 4 * planned)))
            if (done % max(1, steps // LOOKS) == 0 or done == steps) and not look():
                break
            tell(done / steps)
    except KeyboardInterrupt:
        if not usable():
            raise
        return f"stopped early, after {done} of {steps} steps"
    return ""


def find_device() -> torch.device:
    """A GPU where there is one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def to_array(tensor: torch.Tensor) -> npt.NDArray[Any]:
    """Weights as an array of their own, float32."""
    return tensor.detach().cpu().float().numpy().copy()


@contextmanager
def one_thread() -> Iterator[None]:
    """One thread on a processor: products this small lose more to waiting than they gain, and bytes depend on it."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
