"""Coverage: which pairs of codes a model draws as often as real rows have them, and which it has lost.

An adversarial network can win by drawing few kinds of rows (mode collapse). A kind is lost where a pair of groups of
codes, of two columns, is drawn far more seldom than it stands among real rows.
"""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from twinfold.protocols import Codes, CodeTable
from twinfold.synthesis.engines.chain import group_codes

Array = npt.NDArray[Any]

LEAST, FACTOR = 10.0, 3.0
"""A pair is lost where that many rows of it are expected at least, and that many times fewer are drawn."""


@dataclass(frozen=True)
class Coverage:
    """Real rows, by groups of their codes.

    Attributes:
        group_of: for each column the group of each code, numbered through all columns.
        groups: how many there are in all.
        pairs: (groups, groups), the share of real rows that are in both.
        codes: those of the real rows, (columns, rows).
    """

    group_of: tuple[Array, ...]
    groups: int
    pairs: Array
    codes: Codes

    @classmethod
    def of(cls, table: CodeTable) -> Self:
        """That of a table's rows."""
        group_of, groups = [], 0
        for column, codes in zip(table.columns, table.codes, strict=True):
            own, count = group_codes(column, codes)
            group_of.append(own.astype(np.int64) + groups)
            groups += count
        return cls(tuple(group_of), groups, _pairs(group_of, groups, table.codes), table.codes)

    def error(self, drawn: Codes) -> float:
        """The mean over pairs of columns of how far drawn shares are from real ones (total variation), 0 to 1."""
        gap = np.abs(_pairs(self.group_of, self.groups, drawn) - self.pairs).sum()
        return float(gap / 2 / len(self.group_of) ** 2)

    def lost(self, drawn: Codes) -> npt.NDArray[np.int64]:
        """The places of real rows in a lost pair: one that too few of the `drawn` rows, (columns, rows), are in."""
        expected = self.pairs * drawn.shape[1]
        found = _pairs(self.group_of, self.groups, drawn) * drawn.shape[1]
        lost = (expected >= LEAST) & (found * FACTOR < expected)
        if not lost.any():
            return np.zeros(0, np.int64)
        held = np.zeros(self.codes.shape[1], bool)
        groups = np.stack([own[codes] for own, codes in zip(self.group_of, self.codes, strict=True)])
        for own in groups:
            for other in groups:
                held |= lost[own, other]
        return np.flatnonzero(held)


def _pairs(group_of: "tuple[Array, ...] | list[Array]", groups: int, codes: Codes) -> Array:
    """The share of rows in each pair of groups, (groups, groups)."""
    within = np.zeros((codes.shape[1], groups), np.float32)
    for own, column in zip(group_of, codes, strict=True):
        within[np.arange(codes.shape[1]), own[column]] = 1.0
    shares: Array = (within.T @ within).astype(np.float64) / max(codes.shape[1], 1)
    return shares
