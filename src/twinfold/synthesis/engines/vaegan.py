"""The `vaegan` engine: a variational autoencoder whose decoder must also please a critic.

It begins as `vae`. Then rows that the decoder makes of points of the prior are judged by the critic of `gan`, and what
the critic sees is added to what the autoencoder loses (Larsen et al. 2016, "Autoencoding beyond pixels using a learned
similarity metric"): the likelihood keeps every kind of row, the critic sharpens what is drawn.

This file needs torch; what it gives does not.
"""

from dataclasses import dataclass

import torch

from twinfold.protocols import CodeTable
from twinfold.synthesis.engines.adversary import MOMENTS, Critic, harden, soften
from twinfold.synthesis.engines.fixed_columns import FixedColumns
from twinfold.synthesis.engines.latent import Prior
from twinfold.synthesis.engines.learning import Optimizer
from twinfold.synthesis.engines.vae import Autoencoding, VAEEngine


@dataclass(frozen=True)
class VAEGANEngine(VAEEngine):
    """Settings of the `vaegan` engine, beside those of `vae`.

    Attributes:
        alone: the share of the steps that the autoencoder takes before there is a critic.
        adversary: weight of what the critic sees, beside a likelihood's one.
        pack, penalty, temperature, critic_rate: as of `gan`.
    """

    alone: float = 0.4
    adversary: float = 0.3
    pack: int = 4
    penalty: float = 1.0
    temperature: float = 0.2
    critic_rate: float = 2e-3

    def begin(self, table: CodeTable, fixed: FixedColumns, seed: int) -> Autoencoding:
        """The networks before they have learned anything."""
        return _Training(self, table, fixed, seed)


class _Training(Autoencoding):
    """The autoencoder, and the critic of what it draws."""

    def __init__(self, engine: VAEGANEngine, table: CodeTable, fixed: FixedColumns, seed: int) -> None:
        super().__init__(engine, table, fixed, seed)
        self.settings, self.seed = engine, seed
        self.critic = Critic(self.data.columns, engine.width, engine.pack, torch.Generator().manual_seed(seed + 1))
        self.critic.to(self.data.device)
        parameters = list(self.critic.parameters())
        self.critic_moves = Optimizer(parameters, decay=1e-3, average=engine.average, moments=MOMENTS)
        self.prior: Mixture | None = None

    def _loss(self, rows: torch.Tensor, share: float) -> torch.Tensor:
        """What the autoencoder loses, and how little the critic takes what is drawn for real."""
        lost, engine = super()._loss(rows, share), self.settings
        if share < engine.alone:
            return lost
        if self.prior is None:
            self.prior = Mixture(self.find_prior(self.seed), self.data.device)
        rows = rows[: len(rows) // engine.pack * engine.pack]
        if not len(rows):
            return lost
        with torch.no_grad():
            fake = self._draw(len(rows))
        real = harden(self.data.flat[rows], sum(self.decoder.sizes))
        self.critic_moves.clear()
        seen = self.critic.loss(real, fake, None, penalty=engine.penalty, generator=self.data.generator)
        seen.backward()  # type: ignore[no-untyped-call]
        self.critic_moves.step(engine.critic_rate * min(1.0, 2 * (1 - share) + 0.02))
        taken: torch.Tensor = self.critic(self._draw(len(rows))).mean()
        return lost - engine.adversary * taken

    def _draw(self, n: int) -> torch.Tensor:
        """Softened choices of codes, (rows, codes), at points of the prior."""
        assert self.prior is not None
        scores = self.decoder(self.prior.draw(n, self.data.generator))
        return soften(scores, self.decoder.sizes, self.settings.temperature, self.data.generator)


class Mixture:
    """A prior on the device."""

    def __init__(self, prior: Prior, device: torch.device) -> None:
        self._share, self._mean, self._factor = (
            torch.tensor(part, device=device, dtype=torch.float32) for part in (prior.share, prior.mean, prior.factor)
        )

    def draw(self, n: int, generator: torch.Generator) -> torch.Tensor:
        """Points, (n, size)."""
        which = torch.multinomial(self._share, n, replacement=True, generator=generator)
        noise = torch.randn(n, self._mean.shape[1], generator=generator, device=self._mean.device)
        return self._mean[which] + torch.einsum("nij,nj->ni", self._factor[which], noise)
