"""How likely rows are under a model."""

from collections.abc import Iterator
from typing import cast

import numpy as np
import numpy.typing as npt
import polars as pl

from twinfold.errors import DataError, OptionError
from twinfold.protocols import LikelihoodModel, Progress
from twinfold.synthesis.observation import observe
from twinfold.synthesis.synthesizer import Synthesizer

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
        DataError: a learned column is not there; OptionError: the model knows no likelihood.
    """
    absent = [name for name in synthesizer.codebook.learned if name not in frame.columns]
    if absent:
        raise DataError(f"column {absent[0]!r} is not in the data; a row's probability needs every learned column")
    if not hasattr(synthesizer.model, "log_prob"):
        raise OptionError(f"the engine {synthesizer.engine!r} knows no likelihood; fit with --engine trees")
    model = cast(LikelihoodModel, synthesizer.model)
    strange = np.log(synthesizer.rows + 1)
    for start in range(0, frame.height, ROWS):
        progress("judging rows", start / frame.height)
        seen = observe(synthesizer.codebook, frame.slice(start, ROWS))
        never = (~seen.known | seen.beyond).sum(axis=0)
        yield model.log_prob(seen.codes) - never * strange
    progress("judging rows", 1.0)
