"""Linkability: whether two halves of a customer's record, held by two parties, meet in the same released rows.

The second risk of the Article 29 Working Party's opinion 05/2014 (WP 216), as a game (Giomi et al. 2023).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from twinfold.privacy.neighbours import Points, neighbours

if TYPE_CHECKING:
    import numpy.typing as npt

_SLACK = np.float32(1e-5)  # sums of float32 differ in their last digits


@dataclass(frozen=True)
class Links:
    """Of each customer, shape (customers,): whether the two halves were `linked`, and the `chance` of it had each half
    led to as many rows drawn at random."""

    linked: npt.NDArray[np.bool_]
    chance: npt.NDArray[np.float64]


def link(halves: tuple[Points, Points], released: tuple[Points, Points], *, most: int = 5) -> Links:
    """Link two halves of customers' records through the released rows nearest to each.

    Each half leads to the rows whose distance is that of the `most`-th nearest or less: rows as near as each other
    can't be told apart, so all of them. The halves are linked where both lead to at least one and at most `most` rows.

    Args:
        halves: of the same customers, the columns that one party knows and those that the other does.
        released: the same columns of the release.
        most: 5: fewer miss rows that were changed a little, more are shared by chance.

    The distances of all rows are measured: customers x rows x columns steps.
    """
    from scipy.stats import poisson

    from twinfold.privacy.kernels import count_reached

    rows = len(released[0])
    last = min(most, rows) - 1
    reach = [neighbours(h, r, last + 1)[0][:, last] + _SLACK for h, r in zip(halves, released, strict=True)]
    asked = [half.flat() for half in halves]
    among = [np.ascontiguousarray(side.flat().T) for side in released]
    known = [side.categories.shape[1] for side in released]
    one, other, both = count_reached(asked[0], asked[1], among[0], among[1], known[0], known[1], reach[0], reach[1])
    expected = one * (other / rows)
    return Links((both >= 1) & (both <= most), poisson.cdf(most, expected) - poisson.cdf(0, expected))
