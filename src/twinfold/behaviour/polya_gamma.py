"""Pólya-Gamma numbers, which make a logit's coefficients normal given the data (Polson, Scott and Windle 2013).

Compiled. Drawn exactly, as an alternating series allows (Devroye 2009, "On exact simulation algorithms for some
distributions related to Jacobi theta functions").
"""

import math
from typing import Any

import numba
import numpy as np

_SPLIT = 0.64
"""Below it the series converges one way, above it the other (Polson, Scott and Windle 2013, section 4.1)."""

_STEEPEST = 30.0
"""Half a log-odds beyond which the number would overflow, and hardly moves."""


@numba.njit(cache=True, nogil=True)
def _normal_below(x: float) -> Any:
    return 0.5 * math.erfc(-x / math.sqrt(2.0))


@numba.njit(cache=True, nogil=True)
def _term(n: int, x: float) -> float:
    """The n-th term of the series of the Jacobi density at `x`."""
    step = (n + 0.5) * math.pi
    if x > _SPLIT:
        return step * math.exp(-0.5 * step * step * x)
    scale: float = (2.0 / (math.pi * x)) ** 1.5
    return step * scale * math.exp(-2.0 * (n + 0.5) ** 2 / x)


@numba.njit(cache=True, nogil=True)
def _draw_short(rng: np.random.Generator, tilt: float) -> float:
    """An inverse Gaussian number of mean 1 / `tilt` and shape 1, below the split."""
    if tilt * _SPLIT < 1.0:
        while True:
            first, second = rng.standard_exponential(), rng.standard_exponential()
            if first * first > 2.0 * second / _SPLIT:
                continue
            x = _SPLIT / (1.0 + first * _SPLIT) ** 2
            if rng.random() <= math.exp(-0.5 * tilt * tilt * x):
                return x
    mean = 1.0 / tilt
    while True:
        square = rng.standard_normal() ** 2
        x = mean + 0.5 * mean * mean * square - 0.5 * mean * math.sqrt(4.0 * mean * square + (mean * square) ** 2)
        if rng.random() > mean / (mean + x):
            x = mean * mean / x
        if x <= _SPLIT:
            return x


@numba.njit(cache=True, nogil=True)
def draw_polya_gamma(rng: np.random.Generator, log_odds: float) -> float:
    """One PG(1, `log_odds`) number; log-odds beyond ±60 count as 60."""
    tilt = min(abs(log_odds) * 0.5, _STEEPEST)
    rate = math.pi**2 / 8.0 + tilt * tilt / 2.0
    root = math.sqrt(1.0 / _SPLIT)
    below = math.exp(-tilt) * _normal_below(root * (_SPLIT * tilt - 1.0))
    below += math.exp(tilt) * _normal_below(-root * (_SPLIT * tilt + 1.0))
    above = 1.0 / (1.0 + 4.0 / math.pi * rate * math.exp(rate * _SPLIT) * below)
    while True:
        long = rng.random() < above
        x = _SPLIT + rng.standard_exponential() / rate if long else _draw_short(rng, tilt)
        total = _term(0, x)
        height, n = rng.random() * total, 0
        while True:
            n += 1
            if n % 2 == 1:
                total -= _term(n, x)
                if height <= total:
                    return 0.25 * x
            else:
                total += _term(n, x)
                if height > total:
                    break
