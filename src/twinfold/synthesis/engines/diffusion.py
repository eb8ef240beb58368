"""The `diffusion` engine: normal noise for numbers, masks for categories, and one network that takes both away.

At a random time from 0 to 1, a number is its place in a standard normal, by rank, mixed with noise (Ho et al. 2020,
"Denoising diffusion probabilistic models"), and a category is masked with that chance (Shi et al. 2024, "Simplified and
generalized masked diffusion for discrete data"). The network gives every column's code back, a number's too: so exact
values that many share come back as such (Dieleman et al. 2022, "Continuous diffusion for categorical data"). Of some
rows, columns at random are told, so that conditions can be met.

This file needs torch; what it gives does not.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch.nn import functional

from twinfold.protocols import CodeColumn, CodeTable, Progress, silent
from twinfold.synthesis.engines.adopting import adopt
from twinfold.synthesis.engines.denoiser import WAVES, Denoiser, DiffusionModel, Scale, find_numbers
from twinfold.synthesis.engines.fixed_columns import FixedColumns
from twinfold.synthesis.engines.latent_learning import column_losses
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
from twinfold.synthesis.engines.start import Start, slacken

_NOISES = 4


@dataclass(frozen=True)
class DiffusionEngine:
    """Settings of the `diffusion` engine.

    Attributes:
        steps: back from noise to a row, when it is drawn.
        width, depth: of the network: units, and residual layers.
        told: share of rows of which some columns are told.
        epochs, most_steps: how often each row is learned from, and how many steps of `batch` rows that may take.
        rate, decay, average: as of `network`.
        held_out, most_held_out: share of the rows that are not learned from, and the most of them.
        slack: learning ends where the loss of those rows, in nats a column, has risen so far above its least.
        start: an older model of this engine to begin with, whose width and depth then count; None to begin anew.
        gentle: with a start, the part of the rate that is left.
    """

    steps: int = 12
    width: int = 256
    depth: int = 2
    told: float = 0.3
    epochs: float = 60.0
    most_steps: int = 3000
    batch: int = 512
    rate: float = 3e-3
    decay: float = 0.01
    average: float = 0.99
    held_out: float = 0.1
    most_held_out: int = 3_000
    slack: float = 0.03
    start: Start | None = None
    gentle: float = 0.3

    def fit(
        self, table: CodeTable, *, seed: int, budget: float | None = None, progress: Progress = silent
    ) -> DiffusionModel:
        """Learn a table's codes. Stopped by `KeyboardInterrupt` after a twentieth of its steps, gives what it has."""
        fixed = FixedColumns.of(table)
        if self.start is not None:
            fixed = self.start.fix(fixed)
        progress("learning", 0.0)
        with one_thread():
            training = _Training(self, table, fixed, seed)
            note = training.run(budget, progress)
        assert training.best is not None
        return DiffusionModel(fixed, training.best, steps=self.steps, note=note)


class Network(torch.nn.Module):
    """The network while it learns."""

    def __init__(
        self, columns: Sequence[CodeColumn], numbers: int, width: int, depth: int, generator: torch.Generator
    ) -> None:
        """`numbers`: how many of the columns have normal noise."""
        super().__init__()
        count, features = len(columns), 2 + 2 * WAVES
        self.embed = CodeWeights(columns, width, generator, own=count**-0.5, shared=0.3 * count**-0.5)
        self.unknown = normal(count, width, scale=count**-0.5, generator=generator)
        self.noisy = normal(numbers, features, width, scale=0.3 * count**-0.5, generator=generator)
        self.time = normal(features, width, scale=0.3 * count**-0.5, generator=generator)
        self.bias = torch.nn.Parameter(torch.zeros(width))
        self.trunk = Trunk(width, depth, generator)
        self.head = CodeWeights(columns, width, generator, own=0.02, shared=0.0)
        self.sizes = self.head.sizes
        self.head_bias = torch.nn.Parameter(torch.zeros(sum(self.sizes)))

    def forward(
        self, flat: torch.Tensor, noisy: torch.Tensor, hidden: torch.Tensor, time: torch.Tensor, places: Sequence[int]
    ) -> torch.Tensor:
        """Scores, (rows, codes).

        Args:
            flat: (rows, columns) codes, numbered through all columns; those below `hidden` are told.
            noisy: (rows, numbers) numbers with their noise.
            hidden: (rows, columns) which columns are not told.
            time: (rows,) from 0 to 1.
            places: which columns have normal noise.
        """
        codes, count = sum(self.sizes), flat.shape[1]
        nothing = codes + count
        unknown = codes + torch.arange(count, device=flat.device)
        if places:
            unknown[list(places)] = nothing
        table = torch.cat([self.embed(), self.unknown, torch.zeros_like(self.unknown[:1])])
        state = functional.embedding_bag(torch.where(hidden, unknown, flat), table, mode="sum") + self.bias
        state = state + see(time) @ self.time
        for k, place in enumerate(places):
            state = state + (see(noisy[:, k]) @ self.noisy[k]) * hidden[:, place : place + 1]
        return functional.linear(self.trunk(state), self.head(), self.head_bias)

    @torch.no_grad()
    def begin(self, start: Start, fixed: FixedColumns) -> None:
        """Take what an older model knows; columns that are not here any more are as if they were never known."""
        older = start.model
        assert isinstance(older, DiffusionModel)
        numbers, before = find_numbers(fixed), find_numbers(older.fixed)
        adopt(self, older.denoiser, start, fixed, seen=before)
        for k, place in start.learned(fixed).items():
            now, then = fixed.learned[k], older.fixed.learned[place]
            if now in numbers and then in before:
                self.noisy[numbers.index(now)] = torch.tensor(older.denoiser.noisy[before.index(then)])
        self.time.copy_(torch.tensor(older.denoiser.time))

    @torch.no_grad()
    def fold(self) -> Denoiser:
        """What was learned, as arrays that need no torch."""
        embed, trunk = torch.cat([self.embed(), self.unknown]), self.trunk
        starts = (embed, self.noisy, self.time, self.bias)
        return Denoiser(*map(to_array, (*starts, trunk.layers, trunk.biases, self.head(), self.head_bias)))


def see(noisy: torch.Tensor) -> torch.Tensor:
    """What a network sees of noisy numbers, (rows,): (rows, features); as `denoiser.see`."""
    waves = noisy[:, None] * 2.0 ** torch.arange(WAVES, device=noisy.device)
    return torch.cat([torch.ones_like(noisy)[:, None], noisy[:, None], waves.sin(), waves.cos()], dim=1)


class _Training:
    """The network, and the rows that it learns from."""

    def __init__(self, engine: DiffusionEngine, table: CodeTable, fixed: FixedColumns, seed: int) -> None:
        self.engine, self.device = engine, find_device()
        self.data = Rows(table, fixed, engine.held_out, engine.most_held_out, seed, self.device)
        numbers = find_numbers(fixed)
        self.places = [fixed.learned.index(j) for j in numbers]
        self.edges = [
            torch.tensor(Scale.of(fixed.margins[j]).edges, device=self.device, dtype=torch.float64) for j in numbers
        ]
        generator, shape = torch.Generator().manual_seed(seed), (engine.width, engine.depth)
        if engine.start is not None:
            assert isinstance(engine.start.model, DiffusionModel)
            depth, width = engine.start.model.denoiser.layers.shape[:2]
            shape = (width, depth)
        self.network = Network(self.data.columns, len(numbers), *shape, generator)
        with torch.no_grad():
            self.network.head_bias.copy_(log_margins(table, fixed))
        if engine.start is not None:
            self.network.begin(engine.start, fixed)
        self.network.to(self.device)
        self.optimizer = Optimizer(list(self.network.parameters()), decay=engine.decay, average=engine.average)
        self.held = self.data.held.repeat(_NOISES)
        self.held_noise = self._noise(self.held)
        self.best: Denoiser | None = None
        self._lowest, self._slack = math.inf, engine.slack * len(self.data.columns) * slacken(engine.start, table.rows)

    def run(self, budget: float | None, progress: Progress) -> str:
        """Learn, and leave the result in `best`; what a user must know where `progress` stopped it."""
        engine, size = self.engine, self.data.batch(self.engine.batch)
        batches = self.data.batches(size)
        return run_steps(
            lambda share: self._step(next(batches), share),
            self._look,
            planned=self.data.plan(engine.epochs, engine.most_steps, size),
            budget=budget,
            tell=lambda done: progress("learning", done),
            usable=lambda: self.best is not None,
        )

    def _noise(self, rows: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """A time for each row, (rows,), its noisy numbers, (rows, numbers), and what is hidden, (rows, columns)."""
        n, count, generator, device = len(rows), len(self.data.columns), self.data.generator, self.device

        def rand(*shape: int) -> torch.Tensor:
            return torch.rand(*shape, generator=generator, device=device)

        time = rand(n).clamp(1e-3)
        noisy = torch.zeros(n, len(self.places), device=device)
        for k, (place, edges) in enumerate(zip(self.places, self.edges, strict=True)):
            code = self.data.flat[rows, place] - int(self.data.first[place])
            low, high = edges[code], edges[code + 1]
            rank = (low + (high - low) * rand(n)).clamp(1e-6, 1 - 1e-6)
            clean = torch.special.ndtri(rank).float()
            noise = torch.randn(n, generator=generator, device=device)
            noisy[:, k] = torch.cos(0.5 * torch.pi * time) * clean + torch.sin(0.5 * torch.pi * time) * noise
        hidden = rand(n, count) < time[:, None]
        if self.places:
            hidden[:, self.places] = True
        told = (rand(n, 1) < self.engine.told) & (rand(n, count) < rand(n, 1))
        return time, noisy, hidden & ~told

    def _losses(self, rows: torch.Tensor, noise: tuple[torch.Tensor, torch.Tensor, torch.Tensor]) -> torch.Tensor:
        """Losses of columns that are hidden, (rows, columns)."""
        time, noisy, hidden = noise
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.device.type == "cuda"):
            scores = self.network(self.data.flat[rows], noisy, hidden, time, self.places)
        return column_losses(scores, self.data.flat[rows], self.data.counted[rows] * hidden, self.network.sizes)

    def _step(self, rows: torch.Tensor, share: float) -> None:
        self.optimizer.clear()
        self._losses(rows, self._noise(rows)).sum(dim=1).mean().backward()  # type: ignore[no-untyped-call]
        rate = self.engine.rate * (1.0 if self.engine.start is None else self.engine.gentle)
        self.optimizer.step(rate * one_cycle(share))

    @torch.no_grad()
    def _look(self) -> bool:
        """Keep the average as the best, unless the loss of rows held out has risen too far by it, or is none."""
        with self.optimizer.averaged():
            lost = float(self._losses(self.held, self.held_noise).sum(dim=1).mean()) if len(self.held) else 0.0
            self._lowest = min(self._lowest, lost)
            if lost <= self._lowest + self._slack:
                self.best = self.network.fold()
                return True
        return False
