"""Ranges of numbers that codes stand for, as people say them."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from twinfold.synthesis.encoding.number import NumberEncoding
from twinfold.tables.schema import Column
from twinfold.tables.values import format_value

Array = npt.NDArray[Any]


PASSED_OVER = 0.1
"""The share of a range's customers that a bin may hold which reaches beyond it: these count, but are not spoken of."""


@dataclass(frozen=True)
class NumberRange:
    """All codes of a column of numbers from `first` to `last`, both included, and the numbers that they stand for.

    These go from `low`, included unless `above`, to `high`, excluded unless `closed`; infinite where nothing bounds
    them.
    """

    first: int
    last: int
    low: float
    high: float
    above: bool
    closed: bool

    @classmethod
    def around(cls, encoding: NumberEncoding, code: int, share: float) -> Self:
        """The numbers next to a code's that about so large a share of customers hold; the code alone where as many hold
        its number, and none beyond such a number."""
        held = _shares(encoding)
        heavy = np.flatnonzero(_single(encoding) & (held >= share))
        if code in heavy:
            return cls.between(encoding, code, code, share)
        begin = int(max(heavy[heavy < code], default=-1)) + 1
        end = int(min(heavy[heavy > code], default=len(held)))
        ends = np.cumsum(held[begin:end])
        middles, half = ends - held[begin:end] / 2, share / 2
        middle = np.clip(middles[code - begin], min(half, ends[-1] / 2), max(ends[-1] - half, ends[-1] / 2))
        near = begin + np.flatnonzero(np.abs(middles - middle) <= half)
        return cls.between(encoding, int(min([code, *near])), int(max([code, *near])), share)

    @classmethod
    def between(cls, encoding: NumberEncoding, first: int, last: int, share: float) -> Self:
        """The range of some codes. Single numbers that lie in the bins at its ends come to it, but for those beyond its
        other numbers that so large a share hold."""
        single, held = _single(encoding), _shares(encoding)
        bounds, known = _bounds(encoding), _reaches(encoding)
        run = _ruling(first, last, single & (held < share), held, bounds)
        low, high = bounds[0, run].min(), bounds[1, run].max()
        least, most = known[0, run].min(), known[1, run].max()
        numbers = bounds[0]
        below = numbers[single & (held >= share) & (numbers >= low) & (numbers < least)]
        beyond = numbers[single & (held >= share) & (numbers <= high) & (numbers > most)]
        low, above = (below.max(), True) if len(below) else (low, False)
        closed = not len(beyond) and bool((single & (numbers == high))[run].any())
        high = beyond.min() if len(beyond) else high
        after = numbers > low if above else numbers >= low
        within = np.flatnonzero(single & after & ((numbers <= high) if closed else (numbers < high)))
        codes = [first, last, *within]
        return cls(int(min(codes)), int(max(codes)), float(low), float(high), above, closed)

    def said(self, column: Column) -> str:
        """The range in words."""
        low, high = (format_value(end, column) if np.isfinite(end) else "" for end in (self.low, self.high))
        if low == high:
            return f"= {low}" if low else "of any size"
        until = f"{'' if self.closed else 'below '}{high}"
        if self.above:
            return f"above {low}" + (f" and {'up to ' if self.closed else ''}{until}" if high else "")
        if not low:
            return f"of {high} or less" if self.closed else until
        return f"from {low} to {until}" if high else f"of {low} or more"


def _ruling(first: int, last: int, few: Array, held: Array, bounds: Array) -> Array:
    """The codes that say how far a run of codes reaches: all but bins of little that spread among single numbers
    outside the run, such as the rare numbers between common ones. `few`, (codes,): the single numbers that count."""
    run = np.arange(first, last + 1)
    outside = bounds[0, few & ~np.isin(np.arange(len(few)), run)]
    spread = [bool(((outside > bounds[0, c]) & (outside < bounds[1, c])).any()) for c in run]
    ruling = run[few[run] | ~np.array(spread) | (held[run] > PASSED_OVER * held[run].sum())]
    return ruling if len(ruling) else run


def _shares(encoding: NumberEncoding) -> npt.NDArray[np.float64]:
    """The share of the present numbers that each code stands for, (codes,)."""
    held = np.add.reduceat(encoding.piece_share, encoding.piece_start[:-1])
    return np.asarray(held / held.sum())


def _single(encoding: NumberEncoding) -> npt.NDArray[np.bool_]:
    """Which codes stand for one number, (codes,)."""
    out = np.zeros(len(encoding.piece_start) - 1, np.bool_)
    out[encoding.atom_codes] = True
    return out


def _bounds(encoding: NumberEncoding) -> npt.NDArray[np.float64]:
    """Between which numbers a code is what a number is encoded as, (2, codes); the same one where it is single."""
    out = np.empty((2, len(encoding.piece_start) - 1))
    out[:, encoding.atom_codes] = encoding.atoms
    out[0, encoding.bin_codes] = np.append(-np.inf, encoding.edges)[: len(encoding.bin_codes)]
    out[1, encoding.bin_codes] = np.append(encoding.edges, np.inf)[: len(encoding.bin_codes)]
    return out


def _reaches(encoding: NumberEncoding) -> npt.NDArray[np.float64]:
    """The least and the greatest number that comes out of each code, (2, codes)."""
    ends = np.stack([encoding.piece_low, encoding.piece_high])
    if len(encoding.knot_rank):
        ends = np.where(encoding.exact, ends, np.interp(ends, encoding.knot_rank, encoding.knot_value))
    begin = encoding.piece_start[:-1]
    return np.stack([np.minimum.reduceat(ends[0], begin), np.maximum.reduceat(ends[1], begin)])
