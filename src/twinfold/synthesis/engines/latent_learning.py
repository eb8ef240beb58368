"""What engines with a latent space learn with: the decoder, the encoder, and a prior for where real rows lie in it."""

import warnings
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional

from twinfold.protocols import CodeColumn
from twinfold.synthesis.engines.latent import Decoder, Encoder, Prior
from twinfold.synthesis.engines.learning import CodeWeights, Trunk, normal, to_array

MOST_PARTS, PART_ROWS = 40, 200
"""Normal distributions that a prior is a mixture of, at most, and how many rows there must be for each."""

PRIOR_ROWS, PRIOR_ROUNDS = 10_000, 40
"""Rows that a prior is learned from, and rounds of its learning, at most."""


class DecoderNetwork(torch.nn.Module):
    """From a point of the latent space to scores of all codes."""

    def __init__(
        self,
        columns: Sequence[CodeColumn],
        size: int,
        width: int,
        depth: int,
        generator: torch.Generator,
        *,
        conditioned: bool = False,
    ) -> None:
        """`size`: dimensions of the latent space; `conditioned`: whether a code can be asked for."""
        super().__init__()
        self.inlet = normal(width, size, scale=size**-0.5, generator=generator)
        self.bias = torch.nn.Parameter(torch.zeros(width))
        self.condition = CodeWeights(columns, width, generator, own=1.0, shared=0.0) if conditioned else None
        self.trunk = Trunk(width, depth, generator)
        self.head = CodeWeights(columns, width, generator, own=0.02, shared=0.0)
        self.sizes = self.head.sizes
        self.head_bias = torch.nn.Parameter(torch.zeros(sum(self.sizes)))

    def forward(self, points: torch.Tensor, asked: torch.Tensor | None = None) -> torch.Tensor:
        """Scores, (rows, codes), of points, (rows, size); `asked`, (rows,), codes numbered through all columns."""
        state = functional.linear(points, self.inlet, self.bias)
        if self.condition is not None and asked is not None:
            state = state + self.condition()[asked]
        return functional.linear(self.trunk(state), self.head(), self.head_bias)

    @torch.no_grad()
    def fold(self) -> Decoder:
        """What was learned, as arrays that need no torch."""
        condition = self.condition() if self.condition is not None else self.head.own[:0]
        trunk = self.trunk
        tensors = (self.inlet, self.bias, condition, trunk.layers, trunk.biases, self.head(), self.head_bias)
        return Decoder(*map(to_array, tensors))


class EncoderNetwork(torch.nn.Module):
    """From rows, known in part, to normal distributions of points."""

    def __init__(
        self, columns: Sequence[CodeColumn], size: int, width: int, depth: int, generator: torch.Generator
    ) -> None:
        """`size`: dimensions of the latent space."""
        super().__init__()
        count = len(columns)
        self.embed = CodeWeights(columns, width, generator, own=count**-0.5, shared=0.3 * count**-0.5)
        self.unknown = normal(count, width, scale=count**-0.5, generator=generator)
        self.bias = torch.nn.Parameter(torch.zeros(width))
        self.trunk = Trunk(width, depth, generator)
        self.mean = normal(size, width, scale=width**-0.5, generator=generator)
        self.mean_bias = torch.nn.Parameter(torch.zeros(size))
        self.spread = normal(size, width, scale=0.1 * width**-0.5, generator=generator)
        self.spread_bias = torch.nn.Parameter(torch.full((size,), -1.0))

    def forward(self, flat: torch.Tensor, known: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Means and logs of standard deviations, (rows, size) each.

        `flat` (rows, columns): codes, numbered through all columns; `known` (rows, columns): which of them are told.
        """
        unknown = sum(self.embed.sizes) + torch.arange(flat.shape[1], device=flat.device)
        embed = torch.cat([self.embed(), self.unknown])
        state = functional.embedding_bag(torch.where(known, flat, unknown), embed, mode="sum") + self.bias
        state = self.trunk(state)
        spread = functional.linear(state, self.spread, self.spread_bias).clamp(-6, 2)
        return functional.linear(state, self.mean, self.mean_bias), spread

    @torch.no_grad()
    def fold(self) -> Encoder:
        """What was learned, as arrays that need no torch."""
        embed, trunk = torch.cat([self.embed(), self.unknown]), self.trunk
        ends = (self.mean, self.mean_bias, self.spread, self.spread_bias)
        return Encoder(*map(to_array, (embed, self.bias, trunk.layers, trunk.biases, *ends)))


def column_losses(
    scores: torch.Tensor, flat: torch.Tensor, counted: torch.Tensor, sizes: Sequence[int]
) -> torch.Tensor:
    """The negative log likelihood of each row's code in each column, (rows, columns), zero where not `counted`."""
    losses, first = [], 0
    for k, own in enumerate(torch.split(scores, list(sizes), dim=1)):
        losses.append(functional.cross_entropy(own.float(), flat[:, k] - first, reduction="none"))
        first += own.shape[1]
    return torch.stack(losses, dim=1) * counted


def divergence(mean: torch.Tensor, spread: torch.Tensor) -> torch.Tensor:
    """Kullback and Leibler's, of normal distributions from the standard one, (rows, size) nats; `spread` is a log."""
    return 0.5 * (mean**2 + torch.exp(2 * spread) - 1) - spread


def learn_prior(points: npt.NDArray[np.floating], seed: int) -> Prior:
    """A mixture of normal distributions for where real rows lie, of points of real rows, (rows, size).

    What a decoder was never shown it blurs, and the standard normal holds much of that (Ghosh et al. 2020, "From
    variational to deterministic autoencoders": ex-post density estimation).
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.mixture import GaussianMixture

    parts = max(1, min(MOST_PARTS, len(points) // PART_ROWS))
    mixture = GaussianMixture(
        parts, covariance_type="full", reg_covar=1e-4, max_iter=PRIOR_ROUNDS, tol=1e-2, random_state=seed % 2**32
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # rounds are limited on purpose
        mixture.fit(points)
    return Prior(mixture.weights_, mixture.means_, np.linalg.cholesky(mixture.covariances_))


def warm_up(share: float, until: float) -> float:
    """How much of a weight counts after such a share of the steps: all of it after `until`, nothing at the start."""
    return min(1.0, share / until) if until > 0 else 1.0
