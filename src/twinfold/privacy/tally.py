"""What an attacker's guesses came to, beside those that owe nothing to a release."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


@dataclass(frozen=True)
class Tally:
    """How many guesses were right.

    Attributes:
        hits, guesses: about learned customers.
        control_hits, control_guesses: by the same attack about customers that were not learned: what a release tells
            of everybody.
        baseline: the share of right guesses about learned customers by somebody who knows the columns' own
            distributions alone.
    """

    hits: int
    guesses: int
    control_hits: int
    control_guesses: int
    baseline: float

    @classmethod
    def of(cls, right: npt.NDArray[np.bool_], control: npt.NDArray[np.bool_], baseline: float) -> Tally:
        """Count guesses about learned customers and about others, both of shape (guesses,)."""
        return cls(int(right.sum()), len(right), int(control.sum()), len(control), float(baseline))

    @property
    def success(self) -> float:
        """The share of right guesses about learned customers."""
        return self.hits / self.guesses

    @property
    def control(self) -> float:
        """The share of right guesses about customers that were not learned."""
        return self.control_hits / self.control_guesses
