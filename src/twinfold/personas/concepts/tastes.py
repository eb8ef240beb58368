"""Tastes: what each attribute means to each customer, in draws of what is not known of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from twinfold.behaviour.choosing import ChoosingModel
from twinfold.simulation.picking import Picking

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]


class Tastes(Picking):
    """The tastes of people; a learned customer has their own, anybody else those of somebody drawn from the population.

    Args:
        model: what was learned.
        codes: (people,) of each; seed: of all chance.
    """

    def __init__(self, model: ChoosingModel, codes: npt.NDArray[np.uint64], seed: int) -> None:
        super().__init__(model, codes, len(model.model.spread), seed, 0)

    def of(self, draw: int) -> Floats:
        """Log odds for one more of each attribute, (people, attributes), in one draw."""
        return self._tastes(draw)
