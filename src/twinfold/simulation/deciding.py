"""Deciding: what a behaviour says of everybody under one setting, as levels that compiled steps run on.

What is not known of a behaviour is drawn once, and is the same for all people, settings and arms, so that what arms
share drops out of their difference. Each draw is a whole other truth: coefficients, what may hide in an effect, what
strata never learned may do, how far a treatment lies from any that was tried.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Protocol

import numpy as np
import polars as pl

from twinfold.behaviour.behaviour import Behaviour
from twinfold.behaviour.choosing import ChoosingModel
from twinfold.behaviour.evidence import Identification
from twinfold.behaviour.returning import ReturningModel
from twinfold.simulation.levels import Level
from twinfold.simulation.picking import Picking
from twinfold.simulation.purchasing import Purchasing
from twinfold.simulation.responding import Responding

if TYPE_CHECKING:
    import numpy.typing as npt


class Decider(Protocol):
    """What says how likely people decide something."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that it looks at."""

    @property
    def treatment(self) -> str:
        """The column whose effect it knows; empty where there is none."""

    @property
    def label(self) -> Identification:
        """What that effect rests on."""

    @property
    def names(self) -> tuple[str, ...]:
        """The names of reasons."""

    @property
    def moved(self) -> Collection[str]:
        """The columns that are set aside, since these people are of others than the learned ones."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What a user must know of these people, in plain words."""

    @property
    def binary(self) -> bool:
        """Whether it decides yes or no, and not how much."""

    def level(self, frame: pl.DataFrame) -> Level:
        """The level of people under the treatments and with the columns that a frame of values gives them; of a choice,
        the frame has a row for each option."""


def make_decider(
    behaviour: Behaviour,
    frame: pl.DataFrame,
    codes: npt.NDArray[np.uint64],
    *,
    draws: int,
    seed: int,
    decision: int,
    days: float,
    steps: int,
    fresh: bool,
    moved: Collection[str] | None,
    reasons: bool,
) -> Responding | Picking | Purchasing:
    """What a behaviour says of people.

    Args:
        behaviour: it.
        frame: the people as they are, their values read; codes: (people,) of each.
        draws: how many draws of what is not known; 0: one agent a person, and the likeliest truth.
        seed, decision: by which people are made what they are.
        days: from the first to the last.
        steps, fresh, moved, reasons: see `Responding`.
    """
    rng = np.random.default_rng([seed, decision, draws])
    model = behaviour.model
    if isinstance(model, ChoosingModel):
        return Picking(model, codes, draws, seed, decision)
    if isinstance(model, ReturningModel):
        return Purchasing(model, codes, draws, seed, decision, days=days, rng=rng)
    return Responding(behaviour, frame, draws, rng, steps=steps, fresh=fresh, moved=moved, reasons=reasons)
