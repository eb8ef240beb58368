"""Columns of a history that may follow from what is known already: whether they do is a flag, drawn first."""

from typing import Any, Protocol, Self

import numpy as np
import numpy.typing as npt

from twinfold.synthesis.past import Past, Rows

Array = npt.NDArray[Any]


def or_else(value: Array, own: Array) -> npt.NDArray[np.float64]:
    """Numbers that follow, and where there is none those drawn, or such as other rows have; all of shape (rows,)."""
    out = np.where(np.isnan(value), own, value)
    known = out[~np.isnan(out)]
    return np.where(np.isnan(out), np.resize(known if len(known) else np.zeros(1), len(out)), out)


class FollowingColumn(Protocol):
    """A number among codes that follows in some rows, and is learned from the others."""

    @property
    def target(self) -> str:
        """The column."""

    def must(self, past: Past | None, /) -> bool:
        """Whether it follows in every row, of first ones where there is no past."""

    def value(self, rows: Rows, past: Past | None, /) -> npt.NDArray[np.float64]:
        """What rows would hold if it followed; (rows,)."""

    def goes_on(self, rows: Rows, past: Past | None, /) -> npt.NDArray[np.bool_]:
        """In which real rows it follows, or is taken to; (rows,)."""

    def among(self, parents: Array, /) -> Self:
        """The column for some of the parents, by their places."""
