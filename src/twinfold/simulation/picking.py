"""Picking: what a choice says of people who are shown several options, in several draws of what is not known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from scipy.special import ndtri, softmax

from twinfold.behaviour.choosing import ChoosingModel
from twinfold.behaviour.rows import numbers
from twinfold.errors import SpecificationError
from twinfold.simulation.levels import REASONS, Level, tell_unknown
from twinfold.simulation.luck import TRAITS, draw_uniforms

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]


AVERAGED, LEAST_AVERAGED = 20_000_000, 20
"""People times draws of the model that a customer's chances are the average of, and draws at least."""


class Picking:
    """A choice between options, and the draws of what is not known of it; arguments as of `Responding`."""

    treatment, binary, moved, spread = "", True, (), 1.0

    def __init__(
        self, model: ChoosingModel, codes: npt.NDArray[np.uint64], draws: int, seed: int, decision: int
    ) -> None:
        self.model, self.label, self.columns = model, model.label, ()
        self.names, self.draws, self.codes = model.attributes, draws, codes
        place = np.minimum(np.searchsorted(model.names, codes), len(model.names) - 1)
        self.known, self._place = model.names[place] == codes, place
        self.notes = tell_unknown(self.known, "have the taste of somebody drawn from all")
        self.seed = seed
        kept = len(model.model.spread)
        count = draws or min(kept, max(LEAST_AVERAGED, AVERAGED // max(len(codes), 1)))
        self._kept = np.arange(count) * kept // count
        luck = [draw_uniforms(seed, codes, TRAITS + number, decision) for number in range(len(self.names))]
        self._own = ndtri(np.stack(luck, axis=1))

    def _tastes(self, number: int) -> Floats:
        """The coefficients of each person in one draw of the model's, (people, attributes): a learned customer's own,
        else those of somebody drawn from the population, who is the same one in every draw."""
        model = self.model.model
        root = np.linalg.svd(model.sigma[number])
        drawn = model.mean[number, 0] + self._own @ (np.sqrt(root.S) * root.Vh.T).T
        own = model.coefficients[number][self._place]
        return np.asarray(np.where(self.known[:, None], own, drawn))

    def level(self, frame: pl.DataFrame) -> Level:
        """The level of options, a row each, with all attributes: how likely each is in each draw, and without draws on
        average over what is not known of a customer, as `predict` has it."""
        levels = np.stack([numbers(frame, name) for name in self.names], axis=1)
        self._check(levels)
        model, people = self.model.model, len(self.codes)
        # What adding up misses of an option is the option's own, in all arms that have it
        rngs = [np.random.default_rng([self.seed, *np.frombuffer(row.tobytes(), np.uint32)]) for row in levels]
        missed = np.stack([rng.standard_normal(len(self._kept)) for rng in rngs], axis=1)
        missed *= model.spread[self._kept][:, None] / np.sqrt(2)
        shares = np.empty((len(levels), max(self.draws, 1), people), np.float32)
        average, taste = np.zeros((people, len(levels))), np.zeros((people, len(self.names)))
        for place, number in enumerate(self._kept.tolist()):
            own = self._tastes(number)
            chance = softmax(own @ levels.T + missed[place], axis=1)
            if self.draws:
                shares[:, place] = chance.T
            average += chance / len(self._kept)
            taste += own / len(self._kept)
        if not self.draws:
            shares[:, 0] = average.T
        flat = shares.reshape(len(levels), -1)
        pairs = levels[:1] - levels[1:]
        supported = np.full(people, bool(model.in_support(pairs).all()))
        zero = np.zeros(people, np.int8)
        reasons = self._reasons(taste, levels)
        return Level(
            flat[0], np.ones(people, bool), supported, zero, zero.astype(np.float32), shares=flat, reasons=reasons
        )

    def _check(self, levels: Floats) -> None:
        never = [n for n, known in zip(self.names, self.model.model.identified, strict=True) if not known]
        differing = [name for name in never if len(np.unique(levels[:, self.names.index(name)])) > 1]
        if differing:
            raise SpecificationError(f"options differ in {differing[0]!r}, which never varied: nothing is known of it")

    @staticmethod
    def _reasons(taste: Floats, levels: Floats) -> npt.NDArray[np.int8]:
        """The attributes that speak most for or against the first option beside the mean of the others, (3, people)."""
        apart = np.abs(taste * (levels[0] - levels[1:].mean(axis=0)))
        kept = min(REASONS, apart.shape[1])
        first = np.argsort(-apart, axis=1, kind="stable")[:, :kept].T.astype(np.int8)
        first[np.take_along_axis(apart.T, first.astype(np.int64), axis=0) == 0] = -1
        return np.pad(first, ((0, REASONS - kept), (0, 0)), constant_values=-1)
