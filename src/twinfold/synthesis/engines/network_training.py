"""How the `network` engine learns: with torch, on a GPU where there is one.

Each step takes some rows, makes a random number of each row's columns known, in the chain's order or any other, and
predicts the next: an unbiased estimate of the likelihood over orders (Hoogeboom et al. 2022, equation 6). Codes of an
ordered column share what they add, and how they are predicted, with the codes near them: hat functions of their rank
beside each code's own weights. Everything stays on the device; rows are drawn there.
"""

import math
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional

from twinfold.protocols import CodeColumn, CodeTable, Progress
from twinfold.synthesis.engines.chain import drawable
from twinfold.synthesis.engines.network import Weights

if TYPE_CHECKING:
    from twinfold.synthesis.engines.network import NetworkEngine

KNOTS = (4, 8, 16)
"""Intervals of an ordered column's rank, at several scales; a hat function stands on each end of each."""

LOOKS = 20
"""How often a fit looks at the rows that were held out."""

_PACE = 30
_MASKS = 4
_RISE = 0.15
_MOMENTS = (0.9, 0.98)


class Network(torch.nn.Module):
    """The network while it learns; `fold` gives what it has learned as plain arrays."""

    def __init__(self, columns: Sequence[CodeColumn], width: int, depth: int, generator: torch.Generator) -> None:
        """Columns in the order of the chain."""
        super().__init__()
        self.sizes = [column.cardinality for column in columns]
        codes, count = sum(self.sizes), len(columns)
        self.ordered = [k for k, column in enumerate(columns) if column.ordered]
        bases = [_basis(columns[k]) for k in self.ordered]
        for place, basis in enumerate(bases):
            self.register_buffer(f"basis{place}", basis)
        hats = bases[0].shape[1] if bases else 0

        def normal(*shape: int, scale: float) -> torch.nn.Parameter:
            return torch.nn.Parameter(torch.randn(*shape, generator=generator) * scale)

        self.embed = normal(codes + count, width, scale=count**-0.5)
        self.smooth_embed = normal(len(bases), hats, width, scale=0.3 * count**-0.5)
        self.bias = torch.nn.Parameter(torch.zeros(width))
        self.layers = normal(depth, width, width, scale=0.5 * math.sqrt(2 / width))
        self.layer_biases = torch.nn.Parameter(torch.zeros(depth, width))
        self.head = normal(codes, width, scale=0.02)
        self.smooth_head = torch.nn.Parameter(torch.zeros(len(bases), hats, width))
        self.head_bias = torch.nn.Parameter(torch.zeros(codes))

    def _smoothed(self, own: torch.Tensor, smooth: torch.Tensor) -> torch.Tensor:
        """Weights of codes, (codes, width): each code's own and what it shares with its neighbours."""
        parts = list(torch.split(own, self.sizes))
        for place, (k, shared) in enumerate(zip(self.ordered, smooth.unbind(), strict=True)):  # an index costs a copy
            parts[k] = parts[k] + self.get_buffer(f"basis{place}") @ shared
        return torch.cat(parts)

    def loss(
        self, flat: torch.Tensor, places: torch.Tensor, known: torch.Tensor, counted: torch.Tensor
    ) -> torch.Tensor:
        """The mean negative log likelihood of a row, estimated from one column of each.

        Args:
            flat: (rows, columns) codes, numbered through all columns.
            places: (rows, columns) each column's place in its row's order.
            known: (rows, 1) how many columns are known; the next is predicted.
            counted: (rows, columns) whether a code is learned from.
        """
        codes, count = sum(self.sizes), len(self.sizes)
        target = (places == known).int().argmax(dim=1)
        by_target = target.argsort(stable=True)
        flat, target = flat[by_target], target[by_target]
        observed = (places < known)[by_target]
        unknown = codes + torch.arange(count, device=flat.device)
        embed = torch.cat([self._smoothed(self.embed[:codes], self.smooth_embed), self.embed[codes:]])
        state = functional.embedding_bag(torch.where(observed, flat, unknown), embed, mode="sum") + self.bias
        for layer, bias in zip(self.layers, self.layer_biases, strict=True):
            state = state + functional.linear(functional.relu(state), layer, bias)
        state = functional.relu(state)
        answers = flat.gather(1, target[:, None])[:, 0]
        weights = counted[by_target].gather(1, target[:, None])[:, 0]
        heads = torch.split(self._smoothed(self.head, self.smooth_head), self.sizes)
        biases, rows = torch.split(self.head_bias, self.sizes), torch.bincount(target, minlength=count).tolist()
        asked = zip(*(torch.split(tensor, rows) for tensor in (state, answers, weights)), strict=True)
        total = torch.zeros((), device=flat.device)
        first = 0
        for size, head, bias, (own, answer, weight) in zip(self.sizes, heads, biases, asked, strict=True):
            if len(own):
                scores = functional.linear(own, head, bias).float()
                total = total + (functional.cross_entropy(scores, answer - first, reduction="none") * weight).sum()
            first += size
        return total * (count / len(flat))

    @torch.no_grad()
    def fold(self) -> Weights:
        """What was learned, as arrays that need no torch."""
        codes = sum(self.sizes)
        embed = torch.cat([self._smoothed(self.embed[:codes], self.smooth_embed), self.embed[codes:]])
        head = self._smoothed(self.head, self.smooth_head)
        tensors = (embed, self.bias, self.layers, self.layer_biases, head, self.head_bias)
        return Weights(*(tensor.detach().cpu().float().numpy().copy() for tensor in tensors))


def _basis(column: CodeColumn) -> torch.Tensor:
    """Smooth features of an ordered column's codes, (cardinality, features): rank, and hats on it; zero if missing."""
    known = np.flatnonzero(np.arange(column.cardinality) != (-1 if column.missing is None else column.missing))
    rank = np.linspace(0, 1, len(known))[:, None]
    hats = [np.clip(1 - np.abs(rank * knots - np.arange(knots + 1)), 0, 1) for knots in KNOTS]
    out = np.zeros((column.cardinality, 1 + sum(KNOTS) + len(KNOTS)), np.float32)
    out[known] = np.concatenate([2 * rank - 1, *hats], axis=1)
    return torch.tensor(out)


def train(
    engine: "NetworkEngine",
    table: CodeTable,
    learned: Sequence[int],
    margins: Sequence[npt.NDArray[Any]],
    seed: int,
    budget: float | None,
    progress: Progress,
) -> tuple[list[Weights], str]:
    """Train the members, one after another; also what a user must know of the fit.

    `learned`: the columns to be learned, in the order of the chain; `margins`: the shares of all columns' codes.
    """
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    members: list[Weights] = []
    progress("learning", 0.0)
    with _one_thread():
        for k, state in enumerate(np.random.SeedSequence(seed).generate_state(engine.members)):
            training = _Training(engine, table, learned, margins, int(state), device)
            begun = k / engine.members
            share = None if budget is None else budget / engine.members

            def tell(done: float, begun: float = begun) -> None:
                progress("learning", begun + done / engine.members)

            stopped = training.run(share, tell, usable=bool(members))
            if training.best is not None:
                members.append(training.best)
            if stopped:
                return (
                    members,
                    stopped if k == 0 else f"stopped early, with {len(members)} of {engine.members} networks",
                )
    return members, ""


class _Training:
    """One network, the rows it learns from, and the running average of its weights."""

    def __init__(
        self,
        engine: "NetworkEngine",
        table: CodeTable,
        learned: Sequence[int],
        margins: Sequence[npt.NDArray[Any]],
        seed: int,
        device: torch.device,
    ) -> None:
        self.engine, self.device = engine, device
        self.generator = torch.Generator(device).manual_seed(seed)
        columns = [table.columns[j] for j in learned]
        first = np.cumsum([0, *(column.cardinality for column in columns)])
        codes = table.codes[list(learned)].astype(np.int64)
        counted = np.stack([drawable(column)[own] for column, own in zip(columns, codes, strict=True)])
        self.flat = torch.tensor((codes + first[:-1, None]).T.copy(), device=device)
        self.counted = torch.tensor(counted.T.copy(), device=device, dtype=torch.float32)
        self.network = Network(columns, engine.width, engine.depth, torch.Generator().manual_seed(seed))
        shares = np.concatenate([margins[j] for j in learned])
        with torch.no_grad():
            self.network.head_bias.copy_(torch.tensor(np.log(np.maximum(shares, 0.1 / table.rows))))
        self.network.to(device)
        self.parameters = list(self.network.parameters())
        self.average = [p.detach().clone() for p in self.parameters]
        self.moments = [(torch.zeros_like(p), torch.zeros_like(p)) for p in self.parameters]
        shuffled = torch.randperm(table.rows, generator=self.generator, device=device)
        held = min(int(engine.held_out * table.rows), engine.most_held_out)
        self.held, self.rows = shuffled[:held].repeat(_MASKS), shuffled[held:]
        self.held_masks = self._masks(len(self.held))
        self.best: Weights | None = None

    def run(self, budget: float | None, tell: Any, *, usable: bool) -> str:
        """Learn, and leave the result in `best`; what a user must know where `tell` stopped it.

        `usable`: whether there is a model without this network, so that it may be left out.
        """
        engine, begun = self.engine, time.monotonic()
        planned = max(LOOKS, min(engine.most_steps, round(engine.epochs * len(self.rows) / engine.batch)))
        steps, highest = planned, -math.inf
        batches = self._batches()
        done = 0
        try:
            while done < steps:
                self._step(next(batches), done, steps)
                done += 1
                if budget is not None and done == min(_PACE, planned):
                    pace = (time.monotonic() - begun) / done
                    steps = max(done, int(min(budget / pace, 4 * planned)))
                if done % max(1, steps // LOOKS) == 0 or done == steps:
                    likelihood = self._look()
                    highest = max(highest, likelihood)
                    if likelihood < highest - engine.slack * len(self.network.sizes) and self.best is not None:
                        break
                    self.best = self._averaged()
                tell(done / steps)
        except KeyboardInterrupt:
            if self.best is None and not usable:
                raise
            return f"stopped early, after {done} of {steps} steps"
        return ""

    def _batches(self) -> Iterator[torch.Tensor]:
        while True:
            order = torch.randperm(len(self.rows), generator=self.generator, device=self.device)
            yield from torch.split(self.rows[order], self.engine.batch)

    def _masks(self, rows: int) -> tuple[torch.Tensor, torch.Tensor]:
        """For each row, every column's place in some order, (rows, columns), and how many are known, (rows, 1)."""
        count, generator, device = len(self.network.sizes), self.generator, self.device
        keys = torch.rand(rows, count, generator=generator, device=device)
        chained = torch.rand(rows, 1, generator=generator, device=device) < self.engine.chain
        keys = torch.where(chained, torch.arange(count, device=device, dtype=torch.float32), keys)
        known = torch.randint(count, (rows, 1), generator=generator, device=device)
        return keys.argsort(dim=1).argsort(dim=1), known

    def _loss(self, rows: torch.Tensor, masks: tuple[torch.Tensor, torch.Tensor]) -> torch.Tensor:
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.device.type == "cuda"):
            return self.network.loss(self.flat[rows], *masks, self.counted[rows])

    def _step(self, rows: torch.Tensor, done: int, steps: int) -> None:
        share = done / steps
        falling = 0.5 * (1 + math.cos(math.pi * (share - _RISE) / (1 - _RISE)))
        rate = self.engine.rate * max(0.01, share / _RISE if share < _RISE else falling)
        for parameter in self.parameters:
            parameter.grad = None
        self._loss(rows, self._masks(len(rows))).backward()  # type: ignore[no-untyped-call]
        self._move(rate, done + 1)

    @torch.no_grad()
    def _move(self, rate: float, step: int) -> None:
        """Move the weights against their gradients, and the average after them.

        AdamW (Loshchilov and Hutter 2019), by hand: torch's own imports for seven CPU seconds what it doesn't use then.
        """
        keep = min(self.engine.average, step / (9 + step))
        fast, slow = _MOMENTS
        for parameter, average, (mean, square) in zip(self.parameters, self.average, self.moments, strict=True):
            gradient = parameter.grad
            if gradient is None:  # what ordered columns share, where there is none
                continue
            mean.lerp_(gradient, 1 - fast)
            square.mul_(slow).addcmul_(gradient, gradient, value=1 - slow)
            if parameter.ndim > 1:
                parameter.mul_(1 - rate * self.engine.decay)
            spread = (square / (1 - slow**step)).sqrt_().add_(1e-8)
            parameter.addcdiv_(mean, spread, value=-rate / (1 - fast**step))
            average.lerp_(parameter, 1 - keep)

    @torch.no_grad()
    def _look(self) -> float:
        """The log likelihood of a row that was held out, by the running average."""
        if not len(self.held):
            return 0.0
        self._swap()
        found = -float(self._loss(self.held, self.held_masks))
        self._swap()
        return found

    @torch.no_grad()
    def _averaged(self) -> Weights:
        self._swap()
        weights = self.network.fold()
        self._swap()
        return weights

    def _swap(self) -> None:
        for parameter, average in zip(self.parameters, self.average, strict=True):
            parameter.data, average.data = average.data, parameter.data


@contextmanager
def _one_thread() -> Iterator[None]:
    """One thread on a processor: products this small lose more to waiting than they gain, and bytes depend on it."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
