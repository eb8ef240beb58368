"""Membership attacks of someone who holds records, the release, and other people's records beside them.

Each attack gives every record under attack a score, higher for one that the attacker thinks was learned. Whom to attack
is chosen from all real records together, and what the attacker knows of other people is drawn from all of them too:
neither says who was learned, so that a release that owes nothing to anybody gives a guess.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from twinfold.privacy.neighbours import Points, count_within, nearest, neighbours

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Rows = npt.NDArray[np.int64]

NEIGHBOURS = 10
"""How many other people's records the density around a record is told by."""


@dataclass(frozen=True)
class Records:
    """The distinct records of two tables, the learned and the unseen one.

    Attributes:
        points: the records, in no order that says whose they are.
        learned, unseen: how many rows of either table each is, shape (records,).
        isolation: how far each lies from the nearest other one, shape (records,).
        record: the place among the records of each row, train then holdout rows, shape (rows,).
        first: the place of the first row that is each record, shape (records,).
    """

    points: Points
    learned: Rows
    unseen: Rows
    isolation: Floats
    record: Rows
    first: Rows

    def isolated(self, count: int) -> Rows:
        """The places of the `count` records of one table alone that lie farthest from any other, the farthest first."""
        own = np.flatnonzero((self.learned == 0) != (self.unseen == 0))
        return own[np.argsort(-self.isolation[own], kind="stable")[:count]]


def gather_records(train: Points, holdout: Points) -> Records:
    """The distinct records of as many train as holdout rows."""
    both = train.join(holdout)
    _, first, record = np.unique(both.flat(), axis=0, return_index=True, return_inverse=True)
    learned, unseen = (np.bincount(rows, minlength=len(first)) for rows in np.split(record.ravel(), [len(train)]))
    distinct = both[first]
    isolation = nearest(distinct, distinct, skip_self=True)[0].astype(np.float64)
    return Records(distinct, learned, unseen, isolation, record.ravel(), first)


def score_nearness(targets: Points, reference: Points, released: Points) -> dict[str, Floats]:
    """What the rows around each target say, each of shape (targets,).

    Args:
        targets: the records under attack.
        reference: other people's records, `NEIGHBOURS` at least, none of them a target.
        released: the synthetic rows.

    Returns:
        "distance": the nearer the nearest released row, the likelier a member (Stadler et al. 2022, "Synthetic data:
        anonymisation groundhog day"). "distance difference": the same, taken from the distance to the nearest of the
        reference, so that who stands alone anyhow is no surprise (Chen et al. 2020, "GAN-Leaks"). "density ratio": how
        much denser released rows lie around a target than other people do, within the distance to the tenth of these
        (van Breugel et al. 2023, "Membership inference attacks against synthetic data through overfitting detection").
    """
    k = min(NEIGHBOURS, len(reference))
    around, _ = neighbours(targets, reference, k)
    to_released, _ = nearest(targets, released)
    within = count_within(targets, released, around[:, -1])
    denser = np.log((within + 0.5) / len(released)) - np.log((k + 0.5) / len(reference))
    return {
        "distance": -to_released.astype(np.float64),
        "distance difference": (around[:, 0] - to_released).astype(np.float64),
        "density ratio": denser,
    }
