"""How a network begins with what an older one knows of columns that are the same. This file needs torch."""

from collections.abc import Collection
from typing import Protocol

import torch

from twinfold.synthesis.engines.denoiser import Denoiser
from twinfold.synthesis.engines.fixed_columns import FixedColumns
from twinfold.synthesis.engines.learning import CodeWeights, Trunk, to_array
from twinfold.synthesis.engines.network import Weights
from twinfold.synthesis.engines.start import Start


class Beginning(Protocol):
    """A network that has learned nothing yet: what its columns add while they are known and unknown, and its ends."""

    embed: CodeWeights
    unknown: torch.nn.Parameter
    bias: torch.nn.Parameter
    trunk: Trunk
    head: CodeWeights
    head_bias: torch.nn.Parameter


@torch.no_grad()
def adopt(
    network: Beginning,
    older: Denoiser | Weights,
    start: Start,
    new: FixedColumns,
    *,
    seen: Collection[int] = (),
) -> None:
    """Have a network begin with an older one of the same width and depth.

    Columns that are not here any more are from now on as if they were never known; `seen` are those of the older table
    that never enter as unknown.
    """
    old = start.model.fixed
    codes, before = new.codes_of[new.learned[-1]].stop, len(older.embed) - len(old.learned)
    for layer, weights in ((network.embed, older.embed), (network.head, older.head)):
        adopted = start.adopt(weights, to_array(layer()), new)
        layer.own.copy_(torch.tensor(adopted[:codes]))
        layer.shared.zero_()
    gone = set(range(len(old.learned)))
    for k, place in start.learned(new).items():
        j = new.learned[k]
        if j in start.same:
            network.head_bias[new.codes_of[j]] = torch.tensor(older.head_bias[old.codes_of[start.columns[j]]])
        network.unknown[k] = torch.tensor(older.embed[before + place])
        gone.discard(place)
    unknown = [before + place for place in gone if old.learned[place] not in seen]
    network.bias.copy_(torch.tensor(older.bias + older.embed[unknown].sum(axis=0)))
    network.trunk.layers.copy_(torch.tensor(older.layers))
    network.trunk.biases.copy_(torch.tensor(older.layer_biases))
