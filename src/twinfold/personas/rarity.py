"""Rarity: which of a customer's attributes few others share, by which they introduce themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from scipy.stats import rankdata

from twinfold.personas.memory.memory import Rows

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]


def measure_rarity(people: Rows) -> Floats:
    """How unusual each value of each column is, (columns, customers): minus the log of the share of customers who have
    such a level, or a number as far out at the same end; nought where it is missing."""
    out = np.zeros((len(people.columns), people.frame.height))
    for place, column in enumerate(people.columns):
        values = people.values(column.name)
        if column.kind.numeric:
            numbers = people.numbers(column.name)
            known = np.isfinite(numbers)
            if known.any():
                share = rankdata(numbers[known], method="average") / known.sum()
                out[place, known] = -np.log(np.clip(2 * np.minimum(share, 1 - share + 1 / known.sum()), 1e-9, 1.0))
            continue
        texts = values.cast(pl.String)
        counts = texts.to_frame("level").select(pl.len().over("level"))["len"].to_numpy()
        out[place] = np.where(texts.is_null().to_numpy(), 0.0, -np.log(counts / len(texts)))
    return out
