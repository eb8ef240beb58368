"""The `vae` engine: a variational autoencoder of codes.

An encoder says where in a latent space a row lies, a decoder how likely each column's codes are there (Kingma and
Welling 2014, "Auto-encoding variational Bayes"). A code is a level, an exact value or a bin of a number, and all are
predicted by their own likelihood. What the latent space may hold is warmed up, with some nats a dimension free, so that
it is used (Bowman et al. 2016; Kingma et al. 2016). Part of the rows are encoded from some of their columns alone, so
that a condition finds its points (Ma et al. 2019, "EDDI", section 3). The prior is fitted to where rows came to lie.

This file needs torch; what it gives does not.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from twinfold.protocols import CodeTable, Progress, silent
from twinfold.synthesis.engines.fixed_columns import FixedColumns
from twinfold.synthesis.engines.latent import Decoder, Encoder, LatentModel, Prior
from twinfold.synthesis.engines.latent_learning import (
    PRIOR_ROWS,
    DecoderNetwork,
    EncoderNetwork,
    column_losses,
    divergence,
    learn_prior,
    warm_up,
)
from twinfold.synthesis.engines.learning import (
    Optimizer,
    Rows,
    find_device,
    log_margins,
    one_cycle,
    one_thread,
    run_steps,
)

PATIENCE = 4
"""Looks in a row, after the warm-up, at which too much is lost before learning ends."""


@dataclass(frozen=True)
class VAEEngine:
    """Settings of the `vae` engine.

    Attributes:
        latent: dimensions of the latent space.
        width, depth: of the encoder and of the decoder: units, and residual layers.
        weight: of the divergence from the prior, beside a likelihood's one. Below one, more of a row is told by its
            point, and the prior that is fitted afterwards makes up for it.
        warm_up: the share of the steps until which that weight grows.
        free: nats a dimension that cost nothing.
        partial: share of rows that are encoded from some of their columns.
        fitted_prior: whether the prior is fitted to where real rows lie.
        epochs, most_steps: how often each row is learned from, and how many steps of `batch` rows that may take.
        rate, decay, average: as of `network`.
        held_out, most_held_out: share of the rows that are not learned from, and the most of them.
        slack: no state is kept at which the bound on the likelihood of those rows, in nats a column, has fallen so far
            below its best.
    """

    latent: int = 24
    width: int = 256
    depth: int = 2
    weight: float = 0.6
    warm_up: float = 0.3
    free: float = 0.02
    partial: float = 0.3
    fitted_prior: bool = True
    epochs: float = 40.0
    most_steps: int = 2500
    batch: int = 256
    rate: float = 3e-3
    decay: float = 0.01
    average: float = 0.99
    held_out: float = 0.1
    most_held_out: int = 3_000
    slack: float = 0.05

    def fit(
        self, table: CodeTable, *, seed: int, budget: float | None = None, progress: Progress = silent
    ) -> LatentModel:
        """Learn a table's codes. Stopped by `KeyboardInterrupt` after a twentieth of its steps, gives what it has."""
        fixed = FixedColumns.of(table)
        progress("learning", 0.0)
        with one_thread():
            training = self.begin(table, fixed, seed)
            note = training.run(budget, lambda done: progress("learning", 0.95 * done))
            assert training.best is not None
            prior = training.find_prior(seed)
        if not note:
            progress("learning", 1.0)
        return LatentModel(fixed, training.best[0], prior, training.best[1], note=note)

    def begin(self, table: CodeTable, fixed: FixedColumns, seed: int) -> "Autoencoding":
        """The networks before they have learned anything."""
        return Autoencoding(self, table, fixed, seed)


class Autoencoding:
    """The two networks, and the rows that they learn from."""

    def __init__(self, engine: VAEEngine, table: CodeTable, fixed: FixedColumns, seed: int) -> None:
        self.engine, self.fixed, self.codes, device = engine, fixed, table.codes, find_device()
        self.data = Rows(table, fixed, engine.held_out, engine.most_held_out, seed, device)
        generator, columns = torch.Generator().manual_seed(seed), self.data.columns
        self.encoder = EncoderNetwork(columns, engine.latent, engine.width, engine.depth, generator)
        self.decoder = DecoderNetwork(columns, engine.latent, engine.width, engine.depth, generator)
        with torch.no_grad():
            self.decoder.head_bias.copy_(log_margins(table, fixed))
        self.encoder.to(device)
        self.decoder.to(device)
        parameters = [*self.encoder.parameters(), *self.decoder.parameters()]
        self.optimizer = Optimizer(parameters, decay=engine.decay, average=engine.average)
        self.best: tuple[Decoder, Encoder] | None = None
        self._lowest, self._share, self._worse = math.inf, 0.0, 0

    def run(self, budget: float | None, tell: Callable[[float], None]) -> str:
        """Learn, and leave the result in `best`; what a user must know where `tell` stopped it."""
        engine, batches = self.engine, self.data.batches(self.engine.batch)
        return run_steps(
            lambda share: self._step(next(batches), share),
            self._look,
            planned=self.data.plan(engine.epochs, engine.most_steps, engine.batch),
            budget=budget,
            tell=tell,
            usable=lambda: self.best is not None,
        )

    def _parts(self, rows: torch.Tensor, known: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Losses of columns, (rows, columns), and divergences of dimensions, (rows, latent)."""
        flat = self.data.flat[rows]
        mean, spread = self.encoder(flat, known)
        noise = torch.randn(mean.shape, generator=self.data.generator, device=mean.device)
        scores = self.decoder(mean + torch.exp(spread) * noise)
        losses = column_losses(scores, flat, self.data.counted[rows] * known, self.decoder.sizes)
        return losses, divergence(mean, spread)

    def _known(self, n: int) -> torch.Tensor:
        """Which columns of each row are told to the encoder, (rows, columns)."""
        generator, device = self.data.generator, self.data.device
        chance = torch.rand(n, 1, generator=generator, device=device)
        part = torch.rand(n, len(self.data.columns), generator=generator, device=device) < chance
        whole = torch.rand(n, 1, generator=generator, device=device) >= self.engine.partial
        return part | whole

    def _step(self, rows: torch.Tensor, share: float) -> None:
        self._share = share
        self.optimizer.clear()
        self._loss(rows, share).backward()  # type: ignore[no-untyped-call]
        self.optimizer.step(self.engine.rate * one_cycle(share))

    def _loss(self, rows: torch.Tensor, share: float) -> torch.Tensor:
        """What the networks lose of rows, after such a share of the steps."""
        losses, diverged = self._parts(rows, self._known(len(rows)))
        paid = (diverged.mean(dim=0) - self.engine.free).clamp(min=0).sum()
        return losses.sum(dim=1).mean() + self.engine.weight * warm_up(share, self.engine.warm_up) * paid

    @torch.no_grad()
    def _look(self) -> bool:
        """Keep the average as the best, unless the loss of rows held out rose too far by it; end where it stays there.

        While the divergence is warmed up it costs less than it does in that loss, and may grow for a while.
        """
        with self.optimizer.averaged():
            lost = 0.0
            if len(self.data.held):
                known = torch.ones_like(self.data.flat[self.data.held], dtype=torch.bool)
                losses, diverged = self._parts(self.data.held, known)
                lost = float(losses.sum(dim=1).mean() + diverged.sum(dim=1).mean())
            self._lowest = min(self._lowest, lost)
            if lost <= self._lowest + self.engine.slack * len(self.data.columns):
                self.best, self._worse = (self.decoder.fold(), self.encoder.fold()), 0
                return True
        self._worse += self._share >= self.engine.warm_up
        return self._worse < PATIENCE

    def find_prior(self, seed: int) -> Prior:
        """The standard normal, or a mixture fitted to where the best networks place the rows that were learned."""
        standard = Prior.standard(self.engine.latent)
        if not self.engine.fitted_prior:
            return standard
        assert self.best is not None
        rows, rng = self.data.rows.cpu().numpy(), np.random.default_rng(seed)
        rows = rng.permutation(rows)[:PRIOR_ROWS]
        model = LatentModel(self.fixed, self.best[0], standard, self.best[1])
        mean, spread = model.encode({j: self.codes[j, rows] for j in self.fixed.learned}, len(rows))
        return learn_prior(mean + spread * rng.standard_normal(mean.shape), seed)
