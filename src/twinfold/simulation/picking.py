"""Picking: what a choice says of people who are shown several options, in several draws of what is not known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from scipy.special import ndtri

from twinfold.behaviour.choosing import ChoosingModel
from twinfold.behaviour.rows import numbers
from twinfold.errors import SpecificationError
from twinfold.simulation.levels import REASONS, Level, tell_unknown
from twinfold.simulation.luck import TRAITS, draw_uniforms

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]


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
        self.tastes = self._draw_tastes(seed, decision)
        self.seed = seed

    def _draw_tastes(self, seed: int, decision: int) -> Floats:
        """The coefficients of each agent, (draws, people, attributes): a learned customer's own, else those of somebody
        drawn from the population. Without draws, each person's are of a draw of their own."""
        model, people = self.model.model, len(self.codes)
        kept, k = len(model.spread), len(self.names)

        def luck(number: int) -> Floats:
            return draw_uniforms(seed, self.codes, TRAITS + number, decision)

        own = np.stack([ndtri(luck(number)) for number in range(k)], axis=1)
        which = (luck(k) * kept).astype(np.int64)
        place, known = self._place, self.known
        roots = [np.linalg.svd(sigma) for sigma in model.sigma]
        out = np.empty((max(self.draws, 1), people, k))
        for draw in range(len(out)):
            chosen = which if not self.draws else np.full(people, draw * kept // self.draws)
            for each in np.unique(chosen):
                rows = chosen == each
                spread = np.sqrt(roots[each].S) * roots[each].Vh.T
                out[draw, rows] = model.mean[each, 0] + own[rows] @ spread.T
                mine = rows & known
                out[draw, mine] = model.coefficients[each][place[mine]]
        return out

    def level(self, frame: pl.DataFrame) -> Level:
        """The level of options, a row each, with all attributes."""
        levels = np.stack([numbers(frame, name) for name in self.names], axis=1)
        self._check(levels)
        model = self.model.model
        worth = self.tastes @ levels.T
        if self.draws:
            # What adding up misses of an option is the option's own, in all arms that have it
            rngs = [np.random.default_rng([self.seed, *np.frombuffer(row.tobytes(), np.uint32)]) for row in levels]
            missed = np.stack([rng.standard_normal(self.draws) for rng in rngs], axis=1)
            spread = model.spread[np.arange(self.draws) * len(model.spread) // self.draws] / np.sqrt(2)
            worth = worth + (missed * spread[:, None])[:, None, :]
        worth -= worth.max(axis=-1, keepdims=True)
        shares = np.exp(worth)
        shares /= shares.sum(axis=-1, keepdims=True)
        flat = np.ascontiguousarray(shares.reshape(-1, len(levels)).T.astype(np.float32))
        people = len(self.codes)
        pairs = levels[:1] - levels[1:]
        supported = np.full(people, bool(model.in_support(pairs).all()))
        reasons = self._reasons(levels)
        zero = np.zeros(people, np.int8)
        return Level(
            flat[0], np.ones(people, bool), supported, zero, zero.astype(np.float32), shares=flat, reasons=reasons
        )

    def _check(self, levels: Floats) -> None:
        never = [n for n, known in zip(self.names, self.model.model.identified, strict=True) if not known]
        differing = [name for name in never if len(np.unique(levels[:, self.names.index(name)])) > 1]
        if differing:
            raise SpecificationError(f"options differ in {differing[0]!r}, which never varied: nothing is known of it")

    def _reasons(self, levels: Floats) -> npt.NDArray[np.int8]:
        """The attributes that speak most for or against the first option beside the mean of the others, (3, people)."""
        apart = np.abs(self.tastes[0] * (levels[0] - levels[1:].mean(axis=0)))
        kept = min(REASONS, apart.shape[1])
        first = np.argsort(-apart, axis=1, kind="stable")[:, :kept].T.astype(np.int8)
        first[np.take_along_axis(apart.T, first.astype(np.int64), axis=0) == 0] = -1
        return np.pad(first, ((0, REASONS - kept), (0, 0)), constant_values=-1)
