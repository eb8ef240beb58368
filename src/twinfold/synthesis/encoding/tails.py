"""The tails of a column of numbers: drawn by a law, so that they are nobody's, and no one customer moves them far."""

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

LAST = 1.0
"""How far out draws go: to where so many of the learned rows are expected."""

INFLUENCE = 3.0
"""How many times the median excess one row's may count: a single row then moves a tail's length by about a quarter."""


def continue_tail(values: Array, bound: float, *, min_count: int) -> tuple[Array, Array]:
    """How the upper tail of sorted values goes on beyond `bound`: exponentially, by its last rows' mean excess.

    Excesses over a high threshold are close to a generalised Pareto law (Pickands 1975, "Statistical inference using
    extreme order statistics"), whose shape a handful of rows can't tell from the exponential's. Of the `min_count` most
    extreme rows only their mean enters, each counting `INFLUENCE` times their median at most.

    Args:
        values: sorted, shape (rows,), at least `min_count`.
        bound: the highest value that may be shown as it is; fewer than `min_count` rows lie above it.
        min_count: how many rows must stand behind what is shown.

    Returns:
        Ranks from the top, falling from how many rows lie above the bound to `LAST`, and the values expected there;
        both of shape (points,), none where the rows above are too few or too close to say.
    """
    beyond = int((values > bound).sum())
    excess = np.maximum(values[-min_count + 1 :] - bound, 0.0)
    scale = np.minimum(excess, INFLUENCE * np.median(excess)).mean() if len(excess) else 0.0
    if not beyond or not scale > 0:
        return np.zeros(0), np.zeros(0)
    ranks = np.arange(beyond, LAST - 1, -1.0)
    return ranks, bound + scale * np.log(beyond / ranks)
