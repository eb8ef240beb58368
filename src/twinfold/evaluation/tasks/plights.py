"""Real rows made worse: few of them, wrong answers, hardly any positive ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Booleans = npt.NDArray[np.bool_]
    Starved = tuple[npt.NDArray[np.int64], Booleans]


@dataclass(frozen=True)
class Plight:
    """A way of making rows worse.

    Attributes:
        name, title, x_title: of the charts.
        shares: how bad it is made, by default.
        log: whether these are best seen on a logarithmic axis.
        rare: whether the share is that of positive rows, who then lack company.
        starve: from who is positive, shape (rows,), and a share: the places of the rows that are left, and which of
            these have their answer turned round.
    """

    name: str
    title: str
    x_title: str
    shares: tuple[float, ...]
    log: bool
    rare: bool
    starve: Callable[[Booleans, float, np.random.Generator], Starved]


def keep_few(positive: Booleans, share: float, rng: np.random.Generator) -> Starved:
    """A share of the rows."""
    left = rng.permutation(len(positive))[: round(share * len(positive))]
    return left, np.zeros(len(left), np.bool_)


def mislabel(positive: Booleans, share: float, rng: np.random.Generator) -> Starved:
    """All rows, a share of them with the wrong answer."""
    return np.arange(len(positive)), rng.random(len(positive)) < share


def make_rare(positive: Booleans, share: float, rng: np.random.Generator) -> Starved:
    """All rows that are not positive, and so many positive ones that they make up a share; all where they do not."""
    wanted = round(share / (1 - share) * (~positive).sum())
    left = np.r_[np.flatnonzero(~positive), rng.permutation(np.flatnonzero(positive))[:wanted]]
    return left, np.zeros(len(left), np.bool_)


SPARSE = Plight("sparse", "Few real rows", "share of the real rows", (0.01, 0.05, 0.2, 1.0), True, False, keep_few)
NOISY = Plight("noisy", "Wrong answers", "share of wrong answers", (0.1, 0.3), False, False, mislabel)
RARE = Plight("rare", "Few positive rows", "share of positive rows", (0.005, 0.02, 0.05), True, True, make_rare)
EVERY = (SPARSE, NOISY, RARE)
