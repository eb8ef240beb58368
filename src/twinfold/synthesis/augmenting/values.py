"""What augmentation works on: the learned columns of real rows, as numbers and as levels."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Values:
    """Rows of one kind.

    Attributes:
        x: shape (rows, columns): numbers, NaN where missing, and the levels of categories as whole numbers.
        categories: the places of the columns that hold levels; a missing category is a level of its own.
    """

    x: Floats
    categories: tuple[int, ...] = ()

    def __getitem__(self, rows: Any) -> "Values":
        return Values(self.x[rows], self.categories)

    def __len__(self) -> int:
        return len(self.x)

    @property
    def numbers(self) -> tuple[int, ...]:
        """The places of the columns that hold numbers."""
        held = set(self.categories)
        return tuple(j for j in range(self.x.shape[1]) if j not in held)
