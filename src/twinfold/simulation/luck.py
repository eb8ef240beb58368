"""Luck: random numbers that belong to a customer, a period and a decision, and to nothing else.

The same customer has the same luck in every arm, whatever happens to others or happened before, so that two arms differ
by what was done and not by chance (common random numbers: Law 2015, "Simulation modeling and analysis", section 11.2).
The numbers come from a counter that is mixed (SplitMix64's finaliser: Steele, Lea and Flood 2014), not from a state.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numba
import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

FIRST, SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
STEP = np.uint64(0x9E3779B97F4A7C15)
LOW, HALF, HIGH = np.uint64(30), np.uint64(27), np.uint64(31)
TRAITS = 1 << 40
"""The period of the luck that makes people what they are, before anything happens."""

SHIFT, UNIT = np.uint64(11), 2.0**-53


@numba.njit(inline="always")
def mix(word: np.uint64) -> np.uint64:
    """A word of 64 bits, thoroughly mixed; no two words give the same."""
    word = (word ^ (word >> LOW)) * FIRST
    word = (word ^ (word >> HALF)) * SECOND
    return word ^ (word >> HIGH)


@numba.njit(inline="always")
def uniform(seed: np.uint64, customer: np.uint64, moment: np.uint64) -> float:
    """A number from 0 to 1, both excluded, of a customer at a moment; see `moment_of`."""
    word = mix(mix(mix(seed + STEP) ^ customer) + (moment + np.uint64(1)) * STEP)
    return (float(word >> SHIFT) + 0.5) * UNIT


def moment_of(period: int, decision: int) -> int:
    """The number of a decision in a period: periods from 0, decisions from 0 to 65,535."""
    return period << 16 | decision


@numba.njit(cache=True)
def _uniforms(seed: np.uint64, customers: npt.NDArray[np.uint64], moment: np.uint64) -> Floats:
    out = np.empty(len(customers))
    for row in range(len(customers)):
        out[row] = uniform(seed, customers[row], moment)
    return out


def draw_uniforms(seed: int, customers: npt.NDArray[np.uint64], period: int, decision: int) -> Floats:
    """The luck of customers, (customers,), at one decision: from 0 to 1, both excluded.

    Args:
        seed: of the whole world: another one is another world.
        customers: (customers,) the code of each, as `behaviour.rows.hash_names` gives it.
        period, decision: from 0.
    """
    made: Floats = _uniforms(np.uint64(seed), customers, np.uint64(moment_of(period, decision)))
    return made
