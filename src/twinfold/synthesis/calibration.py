"""Calibration: what an engine got wrong of the whole, taken out by keeping its rows by a tilt, and by quotas.

An engine learns one column after another, and every column's error is small; together they are what tells synthetic
rows from real ones. A classifier that learns to tell them gives, row by row, how much likelier each is among the real
ones, and rows are kept in that proportion (Azadi et al. 2019, "Discriminator rejection sampling"; Grover et al. 2019,
"Bias correction of learned generative models using likelihood-free importance weighting"). Of the rows that this would
keep, those are kept that together have the shares of the real ones: see `quotas`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from twinfold.errors import ModelFileError
from twinfold.protocols import CodeColumn, Codes, CodeTable, Draw, LikelihoodModel, Progress, silent
from twinfold.synthesis.acceptance import MOST_WEIGHT, Acceptance, tilt_scale, tilt_weights
from twinfold.synthesis.leaves import as_bins, bin_sizes
from twinfold.synthesis.quotas import LEAST_CELL, learn_quotas
from twinfold.synthesis.tilt import Tilt, learn_tilt

Array = npt.NDArray[Any]

MOST_REAL, MOST_CELLS = 50_000, 20_000_000
"""Real rows that a tilt is learned from, and values in the whole of its learning, at most."""

LEAST_REAL = 1_000
"""With fewer real rows there is no telling what an engine got wrong from chance."""

DRAWN = 4
"""Rows drawn for each real one that a tilt is learned from."""

RAKED = 8
"""Fresh rows that margins are raked with, and that say what to expect of pairs, for each real one: a tilt fits those
that it learned from too well."""

SWEEPS, CHANCE = 4, 100
"""How often all margins are raked, and how many real rows of a bin have it raked by half."""

ROUNDS = 150
"""Trees of a tilt, at most."""


class CalibratedModel:
    """A model whose rows are kept in proportion to a tilt, by quotas where nothing is asked of them."""

    def __init__(self, base: LikelihoodModel, acceptance: Acceptance) -> None:
        """`acceptance` says which of the base's rows are kept."""
        self.base, self.acceptance, self.note = base, acceptance, base.note

    def sample(
        self,
        n: int,
        *,
        allowed: Mapping[int, npt.NDArray[np.float32]],
        given: Mapping[int, Codes],
        rng: np.random.Generator,
    ) -> Draw:
        """Draw n rows; see `protocols.Model.sample`."""
        if allowed or given:
            draw = self.base.sample(n, allowed=allowed, given=given, rng=rng)
            return Draw(draw.codes, draw.log_weight + self._log_weights(draw.codes))
        kept: list[Array] = []
        selection = self.acceptance.begin(n)
        while selection.have < n:
            asked = int(1.02 * MOST_WEIGHT * (n - selection.have)) + 16
            codes = self.base.sample(asked, allowed={}, given={}, rng=rng).codes
            kept.append(codes[:, self.acceptance.choose(selection, codes, rng)])
        return Draw(np.concatenate(kept, axis=1), np.zeros(n))

    def log_prob(self, codes: Codes) -> npt.NDArray[np.float64]:
        """The log probability of each row of codes, shape (rows,)."""
        return self.base.log_prob(codes) + self._log_weights(codes)

    def arrays(self) -> dict[str, Array]:
        """Everything learned, as plain arrays."""
        return self.base.arrays() | self.acceptance.arrays()

    def _log_weights(self, codes: Codes) -> npt.NDArray[np.float64]:
        return np.log(self.acceptance.weights(as_bins(self.acceptance.columns, codes)))


def uncalibrated(model: LikelihoodModel) -> LikelihoodModel:
    """What an engine learned, without what calibration made of it."""
    return model.base if isinstance(model, CalibratedModel) else model


def calibrate(
    model: LikelihoodModel,
    learned: CodeTable,
    held: CodeTable,
    *,
    seed: int,
    deadline: float | None = None,
    progress: Progress = silent,
) -> LikelihoodModel:
    """The model with quotas, and with a tilt where rows that it never saw show that one helps.

    Args:
        model: what an engine learned of `learned`.
        learned: the codes that it learned.
        held: codes that it did not learn, or none. They say when the tilt has learned enough, for a model's own rows
            look more like its draws than others do.
        seed: of the rows drawn.
        deadline: the `time.monotonic()` at which to stop; None for no such time.
        progress: told how far the work has come; where it raises `KeyboardInterrupt`, the model is left as it is.
    """
    rng = np.random.default_rng(seed)
    columns, sizes = learned.columns, bin_sizes(learned.columns)
    rows = min(learned.rows, MOST_REAL, MOST_CELLS // ((1 + DRAWN) * len(columns)))
    tilted = rows >= LEAST_REAL and held.rows >= LEAST_REAL // 10
    try:
        progress("calibrating", 0.0)
        real = _drawable(model, learned, rng.permutation(learned.rows)[:rows], rng)
        unseen = _drawable(model, held, np.arange(held.rows), rng)
        every = np.concatenate([real, unseen], axis=1)
        bins = as_bins(columns, every)
        tilt = Tilt.none(sizes)
        if tilted:
            tilt = _learn_tilt(model, columns, bins, rows, rng, seed, deadline, progress)
        drawn = model.sample(RAKED * (rows if tilted else every.shape[1]), allowed={}, given={}, rng=rng).codes
        fresh, scale = as_bins(columns, drawn), 0.0
        if tilted:
            tilt = replace(tilt, margins=_rake(fresh, tilt.scores(fresh), bins, sizes))
            scale = tilt_scale(tilt.scores(fresh))
        quotas = learn_quotas(
            columns,
            every,
            bins,
            sizes,
            drawn=drawn,
            weights=tilt_weights(tilt, scale, fresh),
            seed=seed,
            deadline=deadline,
            progress=lambda stage, done: progress(stage, 0.8 + 0.2 * done),
        )
        progress("calibrating", 1.0)
    except KeyboardInterrupt:
        return model
    return CalibratedModel(model, Acceptance(columns, tilt, scale, quotas))


def _learn_tilt(
    model: LikelihoodModel,
    columns: Sequence[CodeColumn],
    bins: Array,
    rows: int,
    rng: np.random.Generator,
    seed: int,
    deadline: float | None,
    progress: Progress,
) -> Tilt:
    """The tilt from a model's rows to real ones, of which the first `rows` teach and the others say when to stop."""
    drawn = as_bins(columns, model.sample(DRAWN * len(bins), allowed={}, given={}, rng=rng).codes)
    spare = DRAWN * rows  # of drawn rows, those after it are held out
    progress("calibrating", 0.2)
    tilt = learn_tilt(
        bins[:rows],
        drawn[:spare],
        bins[rows:],
        drawn[spare:],
        columns=columns,
        rounds=ROUNDS,
        seed=seed,
        deadline=deadline,
        progress=lambda stage, done: progress(stage, 0.2 + 0.6 * done),
    )
    return tilt or Tilt.none(bin_sizes(columns))


def restore(model: LikelihoodModel, arrays: Mapping[str, Array], columns: Sequence[CodeColumn]) -> LikelihoodModel:
    """The model with the tilt and the quotas that its arrays hold, if they do.

    Raises `ModelFileError` where they are damaged.
    """
    if "tilt_roots" not in arrays:
        return model
    try:
        return CalibratedModel(model, Acceptance.from_arrays(arrays, columns))
    except (KeyError, ValueError, IndexError, TypeError) as error:
        raise ModelFileError(f"the model's calibration is damaged ({error}); fit the model again") from None


def _rake(bins: Array, scores: Array, real: Array, sizes: Sequence[int]) -> Array:
    """What each bin of each column adds, so that drawn rows have the margins of real ones (Deming and Stephan 1940).

    Bins of fewer than `LEAST_CELL` real rows are left as they are.
    """
    weights = np.exp(scores - scores.max())
    added = [np.zeros(size) for size in sizes]
    for _ in range(SWEEPS):
        for j, size in enumerate(sizes):
            wanted = np.bincount(real[:, j], minlength=size)
            found = np.bincount(bins[:, j], weights, minlength=size) / weights.sum() * len(real)
            judged = (wanted >= LEAST_CELL) & (found >= LEAST_CELL / 2)
            step = np.zeros(size)
            step[judged] = np.log(wanted[judged] / found[judged]) * wanted[judged] / (wanted[judged] + CHANCE)
            added[j] += step
            weights *= np.exp(step)[bins[:, j]]
    return np.concatenate(added).clip(-1, 1).astype(np.float32)


def _drawable(model: LikelihoodModel, table: CodeTable, rows: Array, rng: np.random.Generator) -> Codes:
    """Rows of a table, with levels that are never drawn replaced by what the model would draw in their place."""
    codes = table.codes[:, rows]
    for j, column in enumerate(table.columns):
        if column.rare is not None and not column.rare_drawn:
            rare = np.flatnonzero(table.codes[j, rows] == column.rare)
            if len(rare):
                others = {i: codes[i, rare] for i in range(len(codes)) if i != j}
                codes[j, rare] = model.sample(len(rare), allowed={}, given=others, rng=rng).codes[j]
    return codes
