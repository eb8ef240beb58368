"""The adversary of `gan` and `vaegan`: a critic of several rows at once, kept smooth by a gradient penalty."""

import math
from collections.abc import Sequence

import torch
from torch.nn import functional

from twinfold.protocols import CodeColumn
from twinfold.synthesis.engines.learning import CodeWeights, normal

MOMENTS = (0.5, 0.9)
"""Of the optimizers of both sides: little is remembered, since the other one moves."""


class Critic(torch.nn.Module):
    """How real several rows look together, of the chances that they give to codes, and what was asked of them.

    Several at once, so that rows which are too alike are seen to be drawn (Lin et al. 2018, "PacGAN").
    """

    def __init__(self, columns: Sequence[CodeColumn], width: int, pack: int, generator: torch.Generator) -> None:
        """`pack`: how many rows; each is seen by half of the `width` units first."""
        super().__init__()
        self.pack, part = pack, max(32, width // 2)
        scale = len(columns) ** -0.5
        self.inlet = CodeWeights(columns, part, generator, own=scale, shared=scale)
        self.asked = CodeWeights(columns, part, generator, own=scale, shared=0.0)
        self.bias = torch.nn.Parameter(torch.zeros(part))
        self.first = normal(width, pack * part, scale=math.sqrt(2 / (pack * part)), generator=generator)
        self.first_bias = torch.nn.Parameter(torch.zeros(width))
        self.second = normal(width, width, scale=math.sqrt(2 / width), generator=generator)
        self.second_bias = torch.nn.Parameter(torch.zeros(width))
        self.last = normal(1, width, scale=math.sqrt(1 / width), generator=generator)

    def forward(self, soft: torch.Tensor, asked: torch.Tensor | None = None) -> torch.Tensor:
        """Scores, (rows / pack,), of rows of chances, (rows, codes), and codes asked for, (rows,)."""
        state = soft @ self.inlet() + self.bias
        if asked is not None:
            state = state + self.asked()[asked]
        state = functional.leaky_relu(state, 0.2).reshape(len(soft) // self.pack, -1)
        state = functional.leaky_relu(functional.linear(state, self.first, self.first_bias), 0.2)
        state = functional.leaky_relu(functional.linear(state, self.second, self.second_bias), 0.2)
        scores: torch.Tensor = functional.linear(state, self.last)[:, 0]
        return scores

    def loss(
        self,
        real: torch.Tensor,
        fake: torch.Tensor,
        asked: torch.Tensor | None,
        *,
        penalty: float,
        generator: torch.Generator,
    ) -> torch.Tensor:
        """How far real rows are from looking more real than drawn ones, and the penalty (Gulrajani et al. 2017)."""
        loss: torch.Tensor = self(fake, asked).mean() - self(real, asked).mean()
        return loss + penalty * self._steepness(real, fake, asked, generator) if penalty else loss

    def _steepness(
        self, real: torch.Tensor, fake: torch.Tensor, asked: torch.Tensor | None, generator: torch.Generator
    ) -> torch.Tensor:
        """How far the gradient is from a length of one, between real rows and drawn ones."""
        packs = len(real) // self.pack
        place = torch.rand(packs, 1, generator=generator, device=real.device).repeat_interleave(self.pack, dim=0)
        between = (place * real + (1 - place) * fake).requires_grad_()
        (gradient,) = torch.autograd.grad(self(between, asked).sum(), between, create_graph=True)
        length: torch.Tensor = gradient.reshape(packs, -1).norm(dim=1)
        return ((length - 1) ** 2).mean()


def soften(scores: torch.Tensor, sizes: Sequence[int], temperature: float, generator: torch.Generator) -> torch.Tensor:
    """A choice of a code in every column that lets gradients through, (rows, codes), of scores of the same shape.

    Gumbel's softmax (Jang et al. 2017); the lower the temperature, the more it is a choice.
    """
    chance = torch.rand(scores.shape, generator=generator, device=scores.device).clamp(1e-20)
    noisy = (scores - torch.log((-torch.log(chance)).clamp(1e-20))) / temperature
    return torch.cat([own.softmax(dim=1) for own in torch.split(noisy, list(sizes), dim=1)], dim=1)


def harden(flat: torch.Tensor, codes: int) -> torch.Tensor:
    """Real rows in the same form, (rows, codes), of codes numbered through all columns, (rows, columns)."""
    return torch.zeros(len(flat), codes, device=flat.device).scatter_(1, flat, 1.0)
