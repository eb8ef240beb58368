"""One person drawn again and again: released rows that crowd onto a single record where no other people are.

A membership attack asks of each record alike, and hardly sees one in a thousand. Who is repeated many times, in the
release or in what was learned, shows by the crowd.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from twinfold.privacy.membership import Records
from twinfold.privacy.neighbours import Points, nearest

if TYPE_CHECKING:
    import numpy.typing as npt

ONTO = 0.25
"""A row comes onto a record that is nearer than this part of the record's distance to any other real one."""


@dataclass(frozen=True)
class Crowd:
    """The record that is crowded most: so many released rows come onto it, and so many rows of other people are it."""

    released: int
    others: int


def find_crowds(records: Records, released: Points) -> tuple[Crowd, Crowd]:
    """The learned and the unseen record onto which most released rows come, in comparison with other people.

    Other people are those of the other table: who is learned many times over is one person.
    """
    distance, onto = nearest(released, records.points)
    crowded = np.bincount(onto[distance <= ONTO * records.isolation[onto]], minlength=len(records.learned))
    return _most(crowded, records.learned, records.unseen), _most(crowded, records.unseen, records.learned)


def _most(crowded: npt.NDArray[np.int64], own: npt.NDArray[np.int64], others: npt.NDArray[np.int64]) -> Crowd:
    ratio = np.where(own > 0, crowded / (others + 1), -1.0)
    most = int(np.argmax(ratio))
    return Crowd(int(crowded[most]), int(others[most]))
