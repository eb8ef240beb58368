"""Columns that another one determines in every real row: they are looked up for new rows, not made."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from twinfold.synthesis.augmenting.values import Floats, Values

EXPECTED = 20.0
"""Rows that would have contradicted a relation, were there none, before it is believed."""

LEAST = 5
"""Rows of each range of a number in which a category is always the same."""

REPEATED = 0.9
"""The share of rows whose value of the determining column others hold too: single rows agree with any relation."""


@dataclass(frozen=True)
class Relation:
    """Column `target` follows column `source`: it is `values` where the latter is `keys`, both shape (keys,).

    Keys are in order, an infinite one stands for missing.
    """

    source: int
    target: int
    keys: Floats
    values: Floats

    def look_up(self, source: Floats) -> Floats:
        """What goes with the nearest known key; both of shape (rows,)."""
        asked = np.where(np.isnan(source), np.inf, source)
        place = np.searchsorted(self.keys, asked).clip(0, len(self.keys) - 1)
        before = np.maximum(place - 1, 0)
        with np.errstate(invalid="ignore"):
            nearer = (asked - self.keys[before]) < (self.keys[place] - asked)
        return np.asarray(self.values[np.where(nearer, before, place)])


def find_relations(rows: Values, *, unfit: Collection[int] = ()) -> tuple[Relation, ...]:
    """The relations that hold in all rows, each column determined once at most, by one that is not determined itself.

    Args:
        rows: real ones.
        unfit: places of columns that determine no other.
    """
    x = np.where(np.isnan(rows.x), np.inf, rows.x)
    sides = [np.unique(column, return_index=True, return_inverse=True, return_counts=True) for column in x.T]
    order = sorted(range(x.shape[1]), key=lambda j: -len(sides[j][0]))
    roots: list[int] = []
    found = []
    for target in order:
        varied = len(x) - (sides[target][3] ** 2).sum() / len(x)  # rows that another, drawn at random, contradicts
        source = None
        if varied > 0:
            among = (j for j in roots if j not in unfit and _determines(rows, x, sides[j], j, target, varied / len(x)))
            source = next(among, None)
        if source is None:
            roots.append(target)
        else:
            keys, first = sides[source][:2]
            found.append(Relation(source, target, keys, rows.x[first, target]))
    return tuple(found)


def keep_relations(made: Values, relations: Sequence[Relation]) -> Values:
    """New rows in which the relations hold."""
    x = made.x.copy()
    for relation in relations:
        x[:, relation.target] = relation.look_up(x[:, relation.source])
    return Values(x, made.categories)


def _determines(
    rows: Values,
    x: Floats,
    side: Sequence[npt.NDArray[Any]],
    source: int,
    target: int,
    contradicted: float,
) -> bool:
    keys, first, inverse, counts = side
    if not np.array_equal(x[first[inverse], target], x[:, target]):
        return False
    repeated = counts > 1
    if counts[repeated].sum() >= REPEATED * len(x) and (counts - 1).sum() * contradicted >= EXPECTED:
        return True
    if source in rows.categories or target not in rows.categories:
        return False
    levels = x[first, target]
    begins = np.flatnonzero(np.r_[True, levels[1:] != levels[:-1]])
    lengths = np.add.reduceat(counts, begins)
    return len(begins) == len(np.unique(levels)) and bool((lengths >= LEAST).all()) and len(keys) > len(begins)
