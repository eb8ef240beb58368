"""Walking the latent space of a model: from one customer to another, or towards what a condition says.

Points on the straight line between two are decoded with the same chance throughout, so that what changes along the way
changes because of where the point is (White 2016, "Sampling generative networks", for attribute directions).
"""

from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from twinfold.errors import DataError, OptionError
from twinfold.protocols import Codes, Progress, silent
from twinfold.synthesis.calibration import uncalibrated
from twinfold.synthesis.conditions import Condition
from twinfold.synthesis.drawing import draw_codes
from twinfold.synthesis.engines.latent import LatentModel
from twinfold.synthesis.observation import observe
from twinfold.synthesis.synthesizer import Synthesizer

Array = npt.NDArray[Any]

DRAWN = 2_000
"""Customers drawn to find a direction: so many who meet the condition, and as many at random."""


def find_space(synthesizer: Synthesizer) -> LatentModel:
    """The model with a latent space that customers can be placed in. Raises `OptionError` where there is none."""
    model = uncalibrated(synthesizer.model)
    if not isinstance(model, LatentModel) or model.encoder is None:
        raise OptionError(
            f"a model of the engine {synthesizer.engine} has no space to walk in; fit one with engine vae or vaegan"
        )
    return model


def place(synthesizer: Synthesizer, frame: pl.DataFrame) -> Array:
    """Where rows lie, (rows, dimensions); what a row lacks, or was never learned, is left open.

    Raises `DataError` where nothing of a row is known.
    """
    model, seen = find_space(synthesizer), observe(synthesizer.codebook, frame)
    points = np.empty((frame.height, model.prior.mean.shape[1]))
    for row in range(frame.height):
        known = {j: seen.codes[j, row : row + 1] for j in model.fixed.learned if seen.known[j, row]}
        if not known:
            raise DataError(f"row {row + 1} holds nothing that was learned; give one column of the model at least")
        points[row] = model.encode(known, 1)[0][0]
    return points


def find_ends(synthesizer: Synthesizer, begin: Array, condition: Condition, seed: int) -> Array:
    """Where ways toward those who meet a condition end, (rows, dimensions), as do the places where they `begin`.

    They run beside the line from the middle of all customers to that of those who meet it, until they are as far along
    it as these are; who is already stays. Raises `ConditionError` where nobody like that was learned.
    """
    model, rng = find_space(synthesizer), np.random.default_rng(seed)
    drawn = [each.codes for each in draw_codes(synthesizer.model, synthesizer.codebook, DRAWN, condition, rng)]
    meeting = np.concatenate(drawn, axis=1)
    every = synthesizer.model.sample(DRAWN, allowed={}, given={}, rng=rng).codes
    middles = [model.encode(dict(enumerate(codes)), codes.shape[1])[0].mean(axis=0) for codes in (meeting, every)]
    line = middles[0] - middles[1]
    line /= max(float(np.linalg.norm(line)), np.finfo(float).tiny)
    ahead = np.maximum((middles[0] - begin) @ line, 0.0)
    ends: Array = begin + ahead[:, None] * line
    return ends


def walk_line(
    synthesizer: Synthesizer, begin: Array, end: Array, steps: int, seed: int, progress: Progress = silent
) -> pl.DataFrame:
    """Rows at `steps` points from `begin` to `end`, both (rows, dimensions): row after row, each step by step."""
    model = find_space(synthesizer)
    frames = []
    for row in range(len(begin)):
        progress("walking", row / len(begin))
        codes = np.zeros((len(model.columns), steps), np.uint16)
        for step, share in enumerate(np.linspace(0, 1, steps)):
            point = (1 - share) * begin[row] + share * end[row]
            _decode(model, point, codes[:, step : step + 1], np.random.default_rng([seed, row]))
        same = [np.random.default_rng([seed, row, 1]) for _ in range(steps)]
        decoded = [
            synthesizer.codebook.decode(codes[:, k : k + 1], rng=same[k], start=row, seed=seed) for k in range(steps)
        ]
        frames.append(pl.concat(decoded))
    progress("walking", 1.0)
    return pl.concat(frames)


def _decode(model: LatentModel, point: Array, codes: Codes, rng: np.random.Generator) -> None:
    weight = np.zeros(1)
    model.fill(point[None], codes, weight, {}, {}, rng)
    model.fixed.look_up(codes, weight, {}, {})
