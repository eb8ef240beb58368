"""Candidates around what is known of a row, and a choice among them: sampling importance resampling.

A chain draws its columns in one order, so what is known of a late column can't guide the earlier ones. Instead, several
candidates are drawn around the known columns, each weighs as much as it makes the known ones likely, and one is chosen
in proportion to the weights (Rubin 1988, "Using the SIR algorithm to simulate posterior distributions"). Rows whose
candidates agree badly with what is known get more of them. The effective sample size (Kish 1965) of a row's candidates
says how many independent ones they are worth.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from twinfold.protocols import Codes, Model

Array = npt.NDArray[Any]

FIRST, MOST = 16, 1024
"""Candidates that each row begins with, and the most that it may get."""

ENOUGH = 8.0
"""The effective sample size at which a row gets no more candidates."""

BLOCK = 2**18
"""Candidates drawn at a time: what memory holds."""


@dataclass(frozen=True)
class Choice:
    """Rows chosen among candidates.

    Attributes:
        codes: the chosen rows, shape (draws, columns, rows).
        effective: the effective sample size behind each row, shape (rows,); 0 where no candidate was possible.
        tried: how many candidates each row had, shape (rows,).
    """

    codes: Codes
    effective: npt.NDArray[np.float64]
    tried: npt.NDArray[np.int64]


def choose_rows(
    model: Model,
    known: Mapping[int, Codes],
    rows: int,
    columns: int,
    *,
    allowed: Mapping[int, npt.NDArray[np.float32]],
    draws: int,
    rng: np.random.Generator,
) -> Choice:
    """Complete rows around the columns that are known of them.

    Args:
        model: what an engine learned, of as many `columns`.
        known: by column, the code in each row, shape (rows,); the same columns are known of all rows.
        rows, columns: how many there are.
        allowed: by column, how much of each code is admitted, shape (cardinality,), from 0 to 1.
        draws: how many times each row is completed, independently but for the candidates that they share.
        rng: source of chance.
    """
    codes = np.zeros((draws, columns, rows), np.uint16)
    best = np.full((draws, rows), -np.inf)
    total, squares = np.full(rows, -np.inf), np.full(rows, -np.inf)
    tried = np.zeros(rows, np.int64)
    short, count = np.arange(rows), FIRST
    while len(short) and (not tried.any() or tried.max() < MOST):
        step = max(1, BLOCK // count)
        for begin in range(0, len(short), step):
            part = short[begin : begin + step]
            around = {j: np.repeat(column[part], count) for j, column in known.items()}
            drawn = model.sample(len(part) * count, allowed=allowed, given=around, rng=rng)
            weight = drawn.log_weight.reshape(len(part), count)
            total[part] = np.logaddexp(total[part], np.logaddexp.reduce(weight, axis=1))
            squares[part] = np.logaddexp(squares[part], np.logaddexp.reduce(2 * weight, axis=1))
            for draw in range(draws):  # the largest of log weight + Gumbel noise is a draw in proportion to weight
                score = weight + rng.gumbel(size=weight.shape)
                place = score.argmax(axis=1)
                highest = score[np.arange(len(part)), place]
                better = highest > best[draw, part]
                best[draw, part[better]] = highest[better]
                found = (np.arange(len(part)) * count + place)[better]
                codes[draw][:, part[better]] = drawn.codes[:, found]
        tried[short] += count
        short = short[_effective(total[short], squares[short]) < ENOUGH]
        count = int(tried.max())
    return Choice(codes, _effective(total, squares), tried)


def _effective(total: Array, squares: Array) -> npt.NDArray[np.float64]:
    out: npt.NDArray[np.float64] = np.exp(2 * total - np.where(total > -np.inf, squares, 0.0))
    return out
