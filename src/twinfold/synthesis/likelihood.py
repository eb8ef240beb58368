"""How likely rows are under a model.

A number has up to 255 codes, and what a model says of one code among so many is noisy. So numbers that few rows share
are moved to several neighbours, and the probabilities averaged.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from twinfold.errors import DataError
from twinfold.protocols import Codes, Progress
from twinfold.synthesis.encoding.codebook import Codebook
from twinfold.synthesis.encoding.number import NumberEncoding
from twinfold.synthesis.observation import observe
from twinfold.synthesis.synthesizer import Synthesizer

Array = npt.NDArray[Any]

SHIFTS, WIDTH = 8, 0.03
"""How many neighbours stand for a number, and how far off they are at most, as a share of the column's rows."""

HEAVY = 0.02
"""The share of rows from which on a number stands for itself alone."""

ROWS = 50_000
"""Rows judged at a time."""


def log_likelihood(
    synthesizer: Synthesizer, frame: pl.DataFrame, *, progress: Progress
) -> Iterator[npt.NDArray[np.float64]]:
    """The natural log of each row's probability, piece by piece; see `twinfold.log_prob`.

    Args:
        synthesizer: what was learned.
        frame: the rows, stored as in the table, with every learned column.
        progress: told how far the work has come.

    Raises:
        DataError: a learned column is not there.
    """
    absent = [name for name in synthesizer.codebook.learned if name not in frame.columns]
    if absent:
        raise DataError(f"column {absent[0]!r} is not in the data; a row's probability needs every learned column")
    model = synthesizer.model
    strange = np.log(synthesizer.rows + 1)
    near = _neighbours(synthesizer.codebook)
    shifts = _spread(len(synthesizer.codebook.learned)) if near else np.zeros((1, len(synthesizer.codebook.learned)))
    for start in range(0, frame.height, ROWS):
        progress("judging rows", start / frame.height)
        seen = observe(synthesizer.codebook, frame.slice(start, ROWS))
        never = (~seen.known | seen.beyond).sum(axis=0)
        likely = [model.log_prob(_shifted(seen.codes, near, shift)) for shift in shifts]
        yield np.logaddexp.reduce(likely, axis=0) - np.log(len(shifts)) - never * strange
    progress("judging rows", 1.0)


def _spread(columns: int) -> Array:
    """Shifts, shape (SHIFTS, columns), even within each column: a Latin hypercube (McKay and others 1979)."""
    rng = np.random.default_rng(0)
    even = (np.arange(SHIFTS) + 0.5) / SHIFTS * 2 - 1
    return np.stack([rng.permutation(even) for _ in range(columns)], axis=1) * WIDTH


def _neighbours(codebook: Codebook) -> dict[int, tuple[Array, Array]]:
    """Of each column of numbers: the codes that few rows have, in order, and the rank of each among these, 0 to 1."""
    out = {}
    for j, name in enumerate(codebook.learned):
        encoding = codebook.encodings[name]
        if isinstance(encoding, NumberEncoding):
            share = np.add.reduceat(encoding.piece_share, encoding.piece_start[:-1])
            light = np.flatnonzero(share < HEAVY * share.sum())
            if len(light) > 1:
                ends = np.cumsum(share[light]) / share[light].sum()
                out[j] = light, ends - np.diff(ends, prepend=0.0) / 2
    return out


def _shifted(codes: Codes, near: dict[int, tuple[Array, Array]], shift: Array) -> Codes:
    """The codes with those of numbers moved to a neighbour: by `shift`, (columns,), in ranks."""
    out = codes.copy()
    for j, (light, middle) in near.items():
        place = np.searchsorted(light, codes[j]).clip(0, len(light) - 1)
        here = light[place] == codes[j]
        rank = middle[place[here]] + shift[j]
        rank = np.where((rank < 0) | (rank > 1), middle[place[here]] - shift[j], rank)
        between = (middle[1:] + middle[:-1]) / 2
        out[j, here] = light[np.searchsorted(between, rank)]
    return out
