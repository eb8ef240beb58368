"""Where learning begins: with what an older model knows of columns that are the same."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from twinfold.protocols import LikelihoodModel
from twinfold.synthesis.engines.chain import Lookup
from twinfold.synthesis.engines.fixed_columns import FixedColumns

Array = npt.NDArray[Any]

ENOUGH = 2_000
"""With fewer rows, what began with an older model may lose less of the likelihood of rows held out."""


class Older(LikelihoodModel, Protocol):
    """A model that another can begin with."""

    fixed: FixedColumns


@dataclass(frozen=True)
class Start:
    """An older model, and which of its columns those of a new table are.

    Attributes:
        model: the older one.
        columns: by the place of a new column, that of the older one that it is.
        codes: by the place of a new column, the older code of each of its codes, (cardinality,), -1 where it has none.
        same: the places of new columns whose codes are the older ones.
    """

    model: Older
    columns: Mapping[int, int]
    codes: Mapping[int, Array]
    same: frozenset[int] = frozenset()

    def fix(self, new: FixedColumns) -> FixedColumns:
        """What is known of a new table's columns, by what an older one says of those with the same codes.

        Their shares are the older ones, that a small table knows too little of; and of what fixes what, only what held
        in the older table, too.
        """
        old = self.model.fixed
        margins = [old.margins[self.columns[j]] if j in self.same else own for j, own in enumerate(new.margins)]
        lookups = {}
        for j, lookup in new.lookups.items():
            if j in self.columns and lookup.parent in self.columns:
                older = old.lookups.get(self.columns[j])
                if older is None or older.parent != self.columns[lookup.parent]:
                    continue
                if {j, lookup.parent} <= self.same:
                    lookup = older if (older.codes == lookup.codes)[new.margins[lookup.parent] > 0].all() else lookup
                    lookup = Lookup(new.lookups[j].parent, lookup.codes)
            lookups[j] = lookup
        return FixedColumns(new.columns, new.order, lookups, margins)

    def learned(self, new: FixedColumns) -> dict[int, int]:
        """By the place of a column among those that are learned now, its place among those that were learned then."""
        old = self.model.fixed
        return {
            k: old.learned.index(self.columns[j])
            for k, j in enumerate(new.learned)
            if self.columns.get(j) in old.learned
        }

    def adopt(self, weights: Array, fresh: Array, new: FixedColumns) -> Array:
        """The older weights of codes, (codes, width), in the places of new ones; `fresh` ones where there are none.

        A code that is new in a column that was known begins with the mean of that column's.
        """
        old, out = self.model.fixed, fresh.copy()
        for k, older in self.learned(new).items():
            j, before = new.learned[k], old.codes_of[old.learned[older]]
            own, codes = weights[before], self.codes[j]
            out[new.codes_of[j]] = np.where((codes >= 0)[:, None], own[codes], own.mean(axis=0))
        return out


def slacken(start: Start | None, rows: int) -> float:
    """The part of its slack that learning so many rows has: few are soon learned by heart, and there is more to lose
    where it began with an older model."""
    return 1.0 if start is None else min(1.0, rows / ENOUGH)
