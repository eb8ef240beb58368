"""The `gan` engine: a conditional generative adversarial network on codes.

A generator turns noise, and one code that is asked for, into chances of all columns' codes; a critic tells rows drawn
from these from real ones, and is held smooth by a gradient penalty (Gulrajani et al. 2017, "Improved training of
Wasserstein GANs"). What is asked for is sampled so that rare levels are learned too (Xu et al. 2019, "Modeling tabular
data using conditional GAN", section 4.3), and the critic may judge several rows at once. Codes stand for exact values
and bins of numbers; neighbouring ones share weights, so that a number is learned as a place among modes. Rows that the
generator has lost are looked for, and shown to the critic more often until they are back.

This file needs torch; what it gives does not.
"""

import math
from dataclasses import dataclass

import numpy as np
import torch

from twinfold.protocols import CodeTable, Progress, silent
from twinfold.synthesis.engines.adversary import MOMENTS, Critic, harden, soften
from twinfold.synthesis.engines.coverage import Coverage
from twinfold.synthesis.engines.fixed_columns import FixedColumns
from twinfold.synthesis.engines.latent import Decoder, LatentModel, Prior
from twinfold.synthesis.engines.latent_learning import DecoderNetwork
from twinfold.synthesis.engines.learning import (
    Optimizer,
    Rows,
    find_device,
    log_margins,
    one_thread,
    run_steps,
)

_LOOKED_AT = 16_000
"""Rows that are drawn at a look, and real ones that may be found lost: of rare kinds some must be among them."""


@dataclass(frozen=True)
class GANEngine:
    """Settings of the `gan` engine.

    Attributes:
        latent: dimensions of the noise.
        width, depth: of the generator: units, and residual layers; the critic has as many units, and two layers.
        pack: rows that the critic judges together; 1 for none.
        penalty: of the critic's gradient, 0 for none.
        critic_steps: of the critic, for each of the generator's.
        temperature: of the Gumbel softmax that lets gradients through a choice of codes (Jang et al. 2017).
        asks: whether a code is asked for in each row; a generator of which none is has noise alone.
        asked: weight of the loss where a row does not hold the code that was asked for.
        answer: share of the shown rows that are lost ones, while there are any; 0 to do nothing about them.
        answered: share of the steps in which that is done; after them rows are shown as often as they are asked for.
        epochs, most_steps: how often each row is learned from, and how many steps of `batch` rows that may take.
        rate, critic_rate: of learning, falling to nothing over the last half; decay, average: as of `network`.
        held_out, most_held_out: share of the rows that are not learned from, and the most of them: of all states of the
            generator, the one that draws pairs of codes most as these have them is kept.
    """

    latent: int = 64
    width: int = 256
    depth: int = 2
    pack: int = 1
    penalty: float = 1.0
    critic_steps: int = 2
    temperature: float = 0.2
    asks: bool = True
    asked: float = 1.0
    answer: float = 0.25
    answered: float = 0.6
    epochs: float = 100.0
    most_steps: int = 2500
    batch: int = 256
    rate: float = 5e-4
    critic_rate: float = 2e-3
    decay: float = 1e-3
    average: float = 0.995
    held_out: float = 0.1
    most_held_out: int = 3_000

    def fit(
        self, table: CodeTable, *, seed: int, budget: float | None = None, progress: Progress = silent
    ) -> LatentModel:
        """Learn a table's codes. Stopped by `KeyboardInterrupt` after a twentieth of its steps, gives what it has."""
        fixed = FixedColumns.of(table)
        progress("learning", 0.0)
        with one_thread():
            training = _Training(self, table, fixed, seed)
            note = training.run(budget, progress)
        assert training.best is not None
        return LatentModel(fixed, training.best, Prior.standard(self.latent), note=note)


class _Training:
    """Both networks, and the rows that they learn from."""

    def __init__(self, engine: GANEngine, table: CodeTable, fixed: FixedColumns, seed: int) -> None:
        self.engine, self.fixed, self.device = engine, fixed, find_device()
        self.data = Rows(table, fixed, engine.held_out, engine.most_held_out, seed, self.device)
        start, columns = torch.Generator().manual_seed(seed), self.data.columns
        self.generator = DecoderNetwork(
            columns, engine.latent, engine.width, engine.depth, start, conditioned=engine.asks
        )
        self.critic = Critic(columns, engine.width, engine.pack, start)
        with torch.no_grad():
            self.generator.head_bias.copy_(log_margins(table, fixed))
        self.generator.to(self.device)
        self.critic.to(self.device)
        settings = {"decay": engine.decay, "average": engine.average, "moments": MOMENTS}
        self.moves = Optimizer(list(self.generator.parameters()), **settings)  # type: ignore[arg-type]
        self.critic_moves = Optimizer(list(self.critic.parameters()), **settings)  # type: ignore[arg-type]
        self.asking = Asking(self.data, evenly=not engine.asks)
        held = (self.data.held if len(self.data.held) else self.data.rows).cpu().numpy()
        self.held = Coverage.of(CodeTable(table.columns, table.codes[:, held]))
        rows = self.data.rows.cpu().numpy()[:_LOOKED_AT]
        self.learned, self.lost = Coverage.of(CodeTable(table.columns, table.codes[:, rows])), self.data.rows[:0]
        self.best: Decoder | None = None
        self._lowest = math.inf

    def run(self, budget: float | None, progress: Progress) -> str:
        """Learn, and leave the result in `best`; what a user must know where `progress` stopped it."""
        engine = self.engine
        return run_steps(
            self._step,
            self._look,
            planned=self.data.plan(engine.epochs, engine.most_steps, self.data.batch(engine.batch)),
            budget=budget,
            tell=lambda done: progress("learning", done),
            usable=lambda: self.best is not None,
        )

    def _draw(self, asked: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Scores and softened choices of codes, (rows, codes) each, for codes that are asked for."""
        noise = torch.randn(len(asked), self.engine.latent, generator=self.data.generator, device=self.device)
        scores = self.generator(noise, asked)
        return scores, soften(scores, self.generator.sizes, self.engine.temperature, self.data.generator)

    def _step(self, share: float) -> None:
        engine, falling = self.engine, min(1.0, 2 * (1 - share) + 0.02)
        size = self.data.batch(engine.batch) // engine.pack * engine.pack
        answer = engine.answer if share < engine.answered else 0.0
        for _ in range(engine.critic_steps):
            asked, _, rows = self.asking.draw(size, self.lost, answer)
            with torch.no_grad():
                fake = self._draw(asked)[1]
            real = harden(self.data.flat[rows], sum(self.generator.sizes))
            self.critic_moves.clear()
            told = asked if engine.asks else None
            loss = self.critic.loss(real, fake, told, penalty=engine.penalty, generator=self.data.generator)
            loss.backward()  # type: ignore[no-untyped-call]
            self.critic_moves.step(engine.critic_rate * falling)
        asked, column, _ = self.asking.draw(size, self.lost, answer)
        scores, fake = self._draw(asked)
        loss = -self.critic(fake, asked if engine.asks else None).mean()
        if engine.asks:
            loss = loss + engine.asked * self._missed(scores, asked, column)
        self.moves.clear()
        loss.backward()
        self.moves.step(engine.rate * falling)

    def _missed(self, scores: torch.Tensor, asked: torch.Tensor, column: torch.Tensor) -> torch.Tensor:
        """The mean negative log likelihood of the codes that were asked for."""
        sums = torch.stack([own.logsumexp(dim=1) for own in torch.split(scores, self.generator.sizes, dim=1)], dim=1)
        return (sums.gather(1, column[:, None]) - scores.gather(1, asked[:, None])).mean()

    @torch.no_grad()
    def _look(self) -> bool:
        """Keep the generator's average where it draws most as rows held out are; note which rows it has lost."""
        with self.moves.averaged():
            decoder = self.generator.fold()
        model = LatentModel(self.fixed, decoder, Prior.standard(self.engine.latent))
        drawn = model.sample(_LOOKED_AT, allowed={}, given={}, rng=np.random.default_rng(0)).codes
        error = self.held.error(drawn)
        if error <= self._lowest:
            self.best, self._lowest = decoder, error
        if self.engine.answer:
            self.lost = self.data.rows[torch.tensor(self.learned.lost(drawn), device=self.device)]
        return True


class Asking:
    """Codes to ask for: of a random column, by the log of how often it is held, and rows that hold them."""

    def __init__(self, data: Rows, *, evenly: bool) -> None:
        """`evenly`: each row is shown as often as any other."""
        self.data = data
        codes = data.flat[data.rows]
        self._order, self._begin, self._count, self._chance = [], [], [], []
        for k, column in enumerate(data.columns):
            own = codes[:, k] - int(data.first[k])
            counted = data.counted[data.rows, k] > 0
            count = torch.bincount(own[counted], minlength=column.cardinality)
            order = torch.argsort(torch.where(counted, own, column.cardinality), stable=True)
            self._order.append(data.rows[order])
            self._begin.append(torch.cumsum(count, 0) - count)
            self._count.append(count)
            self._chance.append(count.float() if evenly else torch.log1p(count.float()))

    def draw(self, n: int, lost: torch.Tensor, answer: float) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Codes, numbered through all columns, the columns, and places of real rows that hold them; (n,) each.

        A share `answer` of the rows are `lost` ones, where there are any.
        """
        generator, device, count = self.data.generator, self.data.device, len(self._order)
        column = torch.randint(count, (n,), generator=generator, device=device)
        rows = torch.empty(n, dtype=torch.long, device=device)
        for k in range(count):
            here = torch.nonzero(column == k)[:, 0]
            if len(here):
                code = torch.multinomial(self._chance[k], len(here), replacement=True, generator=generator)
                place = torch.rand(len(here), generator=generator, device=device) * self._count[k][code]
                rows[here] = self._order[k][self._begin[k][code] + place.long()]
        if len(lost) and answer:
            some = lost[torch.randint(len(lost), (n,), generator=generator, device=device)]
            rows = torch.where(torch.rand(n, generator=generator, device=device) < answer, some, rows)
        return self.data.flat[rows].gather(1, column[:, None])[:, 0], column, rows
