"""How the `network` engine learns: with torch, on a GPU where there is one.

Each step takes some rows, makes a random number of each row's columns known, in the chain's order or any other, and
predicts the next: an unbiased estimate of the likelihood over orders (Hoogeboom et al. 2022, equation 6). Everything
stays on the device; rows are drawn there.
"""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch.nn import functional

from twinfold.protocols import CodeColumn, CodeTable, Progress
from twinfold.synthesis.engines.adopting import adopt
from twinfold.synthesis.engines.fixed_columns import FixedColumns
from twinfold.synthesis.engines.learning import (
    CodeWeights,
    Optimizer,
    Rows,
    Trunk,
    find_device,
    log_margins,
    normal,
    one_cycle,
    one_thread,
    run_steps,
    to_array,
)
from twinfold.synthesis.engines.network import NetworkModel, Weights
from twinfold.synthesis.engines.start import slacken

if TYPE_CHECKING:
    from twinfold.synthesis.engines.network import NetworkEngine

_MASKS = 4


class Network(torch.nn.Module):
    """The network while it learns; `fold` gives what it has learned as plain arrays."""

    def __init__(self, columns: Sequence[CodeColumn], width: int, depth: int, generator: torch.Generator) -> None:
        """Columns in the order of the chain."""
        super().__init__()
        count = len(columns)
        self.embed = CodeWeights(columns, width, generator, own=count**-0.5, shared=0.3 * count**-0.5)
        self.unknown = normal(count, width, scale=count**-0.5, generator=generator)
        self.bias = torch.nn.Parameter(torch.zeros(width))
        self.trunk = Trunk(width, depth, generator)
        self.head = CodeWeights(columns, width, generator, own=0.02, shared=0.0)
        self.sizes = self.head.sizes
        self.head_bias = torch.nn.Parameter(torch.zeros(sum(self.sizes)))

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
        embed = torch.cat([self.embed(), self.unknown])
        state = functional.embedding_bag(torch.where(observed, flat, unknown), embed, mode="sum") + self.bias
        state = self.trunk(state)
        answers = flat.gather(1, target[:, None])[:, 0]
        weights = counted[by_target].gather(1, target[:, None])[:, 0]
        heads = torch.split(self.head(), self.sizes)
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
        embed, trunk = torch.cat([self.embed(), self.unknown]), self.trunk
        tensors = (embed, self.bias, trunk.layers, trunk.biases, self.head(), self.head_bias)
        return Weights(*map(to_array, tensors))


def train(
    engine: "NetworkEngine",
    table: CodeTable,
    fixed: FixedColumns,
    seed: int,
    budget: float | None,
    progress: Progress,
) -> tuple[list[Weights], str]:
    """Train the members, one after another; also what a user must know of the fit."""
    device = find_device()
    members: list[Weights] = []
    olders: Sequence[Weights] = ()
    if engine.start is not None:
        assert isinstance(engine.start.model, NetworkModel)
        olders = engine.start.model.members
    count = len(olders) or engine.members
    progress("learning", 0.0)
    with one_thread():
        for k, state in enumerate(np.random.SeedSequence(seed).generate_state(count)):
            training = _Training(engine, table, fixed, int(state), device, olders[k] if olders else None)
            begun = k / count
            share = None if budget is None else budget / count

            def tell(done: float, begun: float = begun) -> None:
                progress("learning", begun + done / count)

            stopped = training.run(share, tell, usable=bool(members))
            if training.best is not None:
                members.append(training.best)
            if stopped:
                return (
                    members,
                    stopped if k == 0 else f"stopped early, with {len(members)} of {count} networks",
                )
    return members, ""


class _Training:
    """One network, the rows it learns from, and the running average of its weights."""

    def __init__(
        self,
        engine: "NetworkEngine",
        table: CodeTable,
        fixed: FixedColumns,
        seed: int,
        device: torch.device,
        older: Weights | None,
    ) -> None:
        """`older`: the network to begin with, of the model that the engine has as its start."""
        self.engine = engine
        self.data = Rows(table, fixed, engine.held_out, engine.most_held_out, seed, device)
        depth, width = (engine.depth, engine.width) if older is None else older.layers.shape[:2]
        self.network = Network(self.data.columns, width, depth, torch.Generator().manual_seed(seed))
        with torch.no_grad():
            self.network.head_bias.copy_(log_margins(table, fixed))
        if engine.start is not None and older is not None:
            adopt(self.network, older, engine.start, fixed)
        self.network.to(device)
        self.optimizer = Optimizer(list(self.network.parameters()), decay=engine.decay, average=engine.average)
        self.held = self.data.held.repeat(_MASKS)
        self.held_masks = self._masks(len(self.held))
        self.best: Weights | None = None
        self._highest = -math.inf
        self._slack = engine.slack * len(self.data.columns) * slacken(engine.start, table.rows)
        self._rate = engine.rate * (1.0 if older is None else engine.gentle)
        self._batch = engine.batch if older is None else self.data.batch(engine.batch)

    def run(self, budget: float | None, tell: Any, *, usable: bool) -> str:
        """Learn, and leave the result in `best`; what a user must know where `tell` stopped it.

        `usable`: whether there is a model without this network, so that it may be left out.
        """
        engine, batches = self.engine, self.data.batches(self._batch)
        return run_steps(
            lambda share: self._step(next(batches), share),
            self._look,
            planned=self.data.plan(engine.epochs, engine.most_steps, self._batch),
            budget=budget,
            tell=tell,
            usable=lambda: usable or self.best is not None,
        )

    def _masks(self, rows: int) -> tuple[torch.Tensor, torch.Tensor]:
        """For each row, every column's place in some order, (rows, columns), and how many are known, (rows, 1)."""
        count, generator, device = len(self.data.columns), self.data.generator, self.data.device
        keys = torch.rand(rows, count, generator=generator, device=device)
        chained = torch.rand(rows, 1, generator=generator, device=device) < self.engine.chain
        keys = torch.where(chained, torch.arange(count, device=device, dtype=torch.float32), keys)
        known = torch.randint(count, (rows, 1), generator=generator, device=device)
        return keys.argsort(dim=1).argsort(dim=1), known

    def _loss(self, rows: torch.Tensor, masks: tuple[torch.Tensor, torch.Tensor]) -> torch.Tensor:
        device = self.data.device.type
        with torch.autocast(device, torch.bfloat16, enabled=device == "cuda"):
            return self.network.loss(self.data.flat[rows], *masks, self.data.counted[rows])

    def _step(self, rows: torch.Tensor, share: float) -> None:
        self.optimizer.clear()
        self._loss(rows, self._masks(len(rows))).backward()  # type: ignore[no-untyped-call]
        self.optimizer.step(self._rate * one_cycle(share))

    @torch.no_grad()
    def _look(self) -> bool:
        """Keep the running average as the best, unless the likelihood of rows held out has fallen too far by it."""
        with self.optimizer.averaged():
            likelihood = -float(self._loss(self.held, self.held_masks)) if len(self.held) else 0.0
            self._highest = max(self._highest, likelihood)
            if likelihood < self._highest - self._slack and self.best is not None:
                return False
            self.best = self.network.fold()
        return True
