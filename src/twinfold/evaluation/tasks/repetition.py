"""What would other rows have given? Models of halves of the rows, and intervals from how these differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from twinfold.evaluation.alignment import Owners

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Places = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Halves:
    """Row numbers: two halves of the train rows that share no customer, and two of as many synthetic rows."""

    real: Places
    other: Places
    synthetic: Places
    rest: Places


def draw_halves(
    rows: tuple[int, int, int], owners: Owners | None, repeats: int, rng: np.random.Generator
) -> list[Halves]:
    """Halves of train and synthetic rows, all of one size, drawn anew so many times.

    Args:
        rows: how many train, holdout and synthetic rows there are.
        owners: as in `Aligned`; rows of one customer are then in one half, and halves of one number of customers.
    """
    whose = [np.arange(n) for n in rows] if owners is None else list(owners)
    keys = [np.unique(whose[side]) for side in (0, 2)]
    size = min(len(customers) for customers in keys) // 2
    drawn = []
    for _ in range(repeats):
        real, synthetic = (rng.permutation(customers)[: 2 * size] for customers in keys)
        parts = [real[:size], real[size:], synthetic[:size], synthetic[size:]]
        sides = (0, 0, 2, 2)
        drawn.append(Halves(*(np.flatnonzero(np.isin(whose[s], part)) for s, part in zip(sides, parts, strict=True))))
    return drawn


def interval(
    value: float,
    repeated: Floats | Sequence[float],
    resampled: Floats | None = None,
    *,
    floor: float = -np.inf,
    ceiling: float = np.inf,
) -> tuple[float, float, float]:
    """A value and its 95 % interval, from what other training rows and other holdout customers give.

    The variance of a figure learned from n rows is that of figures learned from halves of them (the jackknife that
    leaves half of the rows out: Shao and Wu 1989, d = n / 2), plus the variance over a bootstrap of the holdout.
    Student's t, with the degrees of freedom of such a sum (Satterthwaite 1946).

    Args:
        repeated: the figure of each half, two or more; of shape (series, repeats), several series of one spread.
        resampled: the figure in each draw of the bootstrap; None where repeats differ in their holdout customers too.
    """
    from scipy.stats import t

    series = np.atleast_2d(np.asarray(repeated, np.float64))
    learned = float(np.var(series, ddof=1, axis=1).mean())
    tested = 0.0 if resampled is None else float(np.var(resampled, ddof=1))
    if not np.isfinite([value, learned, tested]).all():
        return value, np.nan, np.nan
    whole = learned + tested
    freedom = (series.size - len(series)) * (whole / learned) ** 2 if learned > 0 else np.inf
    half = float(t.ppf(0.975, freedom) * np.sqrt(whole))
    return value, max(floor, value - half), min(ceiling, value + half)
