"""Boundaries: how large a difference must be at each look, so that looking often finds no more where there is nothing.

The chance of a false alarm is spent over the looks as O'Brien and Fleming's boundary would, little at first (Lan and
DeMets 1983); crossings of the path that results take are integrated numerically (Armitage, McPherson and Rowe 1969).
Several arms against one control share them: by the joint distribution of their differences (Dunnett 1955).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from scipy import optimize
from scipy.special import ndtr, ndtri

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

NODES = 256
"""Points at which the density of a path is known."""

FAR = 8.0
"""Standard errors that nothing goes beyond."""


def spent(time: float, alpha: float) -> float:
    """How much of `alpha`, two-sided, may have been spent once a part `time` of all customers is in.

    >>> round(spent(0.5, 0.05), 4), round(spent(1.0, 0.05), 4)
    (0.0031, 0.05)
    """
    return float(4 * ndtr(ndtri(alpha / 4) / np.sqrt(time)))


@lru_cache(maxsize=1024)
def find_boundaries(times: tuple[float, ...], alpha: float) -> tuple[float, ...]:
    """How many standard errors a difference must lie from nothing at each look, either way, (looks,).

    Args:
        times: after which parts of all customers, rising to 1.
        alpha: the chance of crossing any where there is no difference.

    >>> [round(bound, 3) for bound in find_boundaries((0.2, 0.4, 0.6, 0.8, 1.0), 0.05)]
    [4.877, 3.357, 2.68, 2.29, 2.031]
    """
    bounds: list[float] = []
    before = 0.0
    for time in times:
        left = spent(time, alpha) - before
        before += left

        def excess(bound: float, left: float = left) -> float:
            return list(_crossings(times, (*bounds, bound), 0.0))[-1] - left

        bounds.append(float(optimize.brentq(excess, 0.0, FAR, xtol=1e-8)) if excess(FAR) < 0 else FAR)
    return tuple(bounds)


def crossing(times: Sequence[float], bounds: Sequence[float], drift: float) -> Floats:
    """The chance that each look is the first to cross its boundary, (looks,).

    Args:
        times, bounds: of each look; see `find_boundaries`.
        drift: how many standard errors the difference is from nothing once all customers are in.
    """
    return np.array(list(_crossings(times, bounds, drift)))


def _crossings(times: Sequence[float], bounds: Sequence[float], drift: float) -> Iterator[float]:
    """The same, look by look: the density of the path within its boundaries so far is carried on."""
    nodes, mass, before = np.zeros(1), np.ones(1), 0.0
    points, weights = _rule()
    for time, bound in zip(times, bounds, strict=False):
        edge, step = bound * np.sqrt(time), np.sqrt(time - before)
        middle = nodes + drift * (time - before)
        yield float(mass @ (ndtr((middle - edge) / step) + ndtr((-edge - middle) / step)))
        inner = points * edge
        density = np.exp(-(((inner[:, None] - middle) / step) ** 2) / 2) / (step * np.sqrt(2 * np.pi))
        nodes, mass, before = inner, edge * weights * (density @ mass), time


@lru_cache(maxsize=1)
def _rule() -> tuple[Floats, Floats]:
    """Points from -1 to 1 and their weights (Gauss and Legendre)."""
    return np.polynomial.legendre.leggauss(NODES)


@lru_cache(maxsize=256)
def find_drift(times: tuple[float, ...], alpha: float, power: float) -> float:
    """How many standard errors the difference must be from nothing at the end, to be found with a chance of `power`.

    >>> round(find_drift((1.0,), 0.05, 0.8), 3), round(find_drift((0.2, 0.4, 0.6, 0.8, 1.0), 0.05, 0.8), 3)
    (2.802, 2.836)
    """
    bounds = find_boundaries(times, alpha)

    def lack(drift: float) -> float:
        return float(crossing(times, bounds, drift).sum()) - power

    if lack(0.0) >= 0:
        raise ValueError(f"a power of {power:g} is no more than alpha")
    return float(optimize.brentq(lack, 0.0, 20.0, xtol=1e-8))


@lru_cache(maxsize=256)
def share_alpha(alpha: float, parts: tuple[float, ...], reference: int) -> float:
    """The chance of a false alarm that each arm may have, so that all together have `alpha`.

    Args:
        alpha: of all arms; parts: (arms,) the share of customers in each; reference: which is the control.

    >>> share_alpha(0.05, (0.5, 0.5), 0)
    0.05
    >>> round(float(-ndtri(share_alpha(0.05, (1 / 3, 1 / 3, 1 / 3), 0) / 2)), 3)
    2.212
    """
    if len(parts) == 2:
        return alpha
    shared = np.array([np.sqrt(part / (part + parts[reference])) for k, part in enumerate(parts) if k != reference])
    points, weights = np.polynomial.hermite_e.hermegauss(96)
    weights = weights / weights.sum()
    apart = np.sqrt(1 - shared**2)[:, None]

    def excess(bound: float) -> float:
        within = ndtr((bound - shared[:, None] * points) / apart) - ndtr((-bound - shared[:, None] * points) / apart)
        return float(weights @ within.prod(axis=0)) - (1 - alpha)

    least, most = -ndtri(alpha / 2), -ndtri(alpha / 2 / (len(parts) - 1))
    return float(2 * ndtr(-optimize.brentq(excess, least, most, xtol=1e-10)))
