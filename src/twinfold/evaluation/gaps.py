"""Gaps between groups: how much likelier an outcome is in one than in another, and whether synthetic rows widen that.

Demographic parity difference: the highest rate less the lowest (Feldman et al. 2015, "Certifying and removing disparate
impact", for the ratio of the two); equal opportunity difference: the same among those who hold the favourable outcome
(Hardt, Price and Srebro 2016, "Equality of opportunity in supervised learning").
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Codes = npt.NDArray[np.int64]

RESAMPLES = 400
_DOUBT = 0.05  # a real gap that chance brings as often as that is none to be widened


@dataclass(frozen=True)
class Gap:
    """A gap between groups of the same columns, in real and in synthetic rows.

    Attributes:
        name: what the groups are of.
        real, synthetic: the gap of all rows first, then of resampled ones, (1 + resamples,).
        train: that of the train rows, where they are a yardstick.
        told: whether the real gap is more than chance.
        ends, ends_synthetic: the groups with the lowest and the highest rate, of real and of synthetic rows.
        groups: how many are compared.
    """

    name: str
    real: Floats
    synthetic: Floats
    train: float | None
    told: bool
    ends: tuple[str, str]
    ends_synthetic: tuple[str, str]
    groups: int

    @property
    def turned(self) -> bool:
        """Whether who is lowest in real rows is highest in synthetic ones, and the other way round."""
        return self.ends == self.ends_synthetic[::-1]

    @property
    def amplification(self) -> Floats:
        """The synthetic gap over the real one, of all rows first, then of resampled ones; 1 is as it was."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(self.real > 0, self.synthetic / self.real, np.nan)


def resample(
    cells: Codes, size: int, owner: Codes | None, rng: np.random.Generator, *, draws: int = RESAMPLES
) -> Floats:
    """How many rows each cell holds, (1 + draws, size): of all rows first, then where customers come at random.

    `cells`: of each row, (rows,), from 0; `owner`: whose row each is, where customers have several, who then come
    together. How often one comes is Poisson's: rows are many, so that the sum hardly matters.
    """
    counts = np.bincount(cells, minlength=size)
    if owner is None:
        return np.vstack([counts, rng.poisson(counts, (draws, size))]).astype(np.float64)
    from scipy.sparse import csr_array

    _, whose = np.unique(owner, return_inverse=True)
    held = csr_array((np.ones(len(cells)), (whose, cells)), shape=(whose.max(initial=0) + 1, size))
    often = rng.poisson(1.0, (draws, held.shape[0])).astype(np.float64)
    return np.vstack([counts, (held.T @ often.T).T]).astype(np.float64)


def rates(counts: Floats) -> Floats:
    """The share of the second of each pair of counts, shape (..., 2) to (...); NaN of none."""
    total = counts.sum(-1)
    with np.errstate(invalid="ignore"):
        share: Floats = np.where(total > 0, counts[..., 1] / total, np.nan)
    return share


def difference(rate: Floats) -> Floats:
    """The highest rate less the lowest, shape (..., groups) to (...).

    >>> float(difference(np.array([0.2, 0.5, 0.3])))
    0.3
    """
    return np.asarray(np.nanmax(rate, -1) - np.nanmin(rate, -1))


def ratio(rate: Floats) -> Floats:
    """The lowest rate over the highest, shape (..., groups) to (...); 1 is parity.

    >>> float(ratio(np.array([0.2, 0.5, 0.3])))
    0.4
    """
    highest = np.nanmax(rate, -1)
    return np.asarray(np.where(highest > 0, np.nanmin(rate, -1) / np.where(highest > 0, highest, 1.0), 1.0))


def retrain(rate: Floats, by_part: Floats, rng: np.random.Generator) -> Floats:
    """Rates as resampled, (1 + resamples, groups), with what another draw of training rows would add.

    `by_part`: the rates by models trained on each of several random parts, (parts, groups). Their variance over the
    number of parts is that by a model trained on all (the random group method: Wolter 2007, chapter 2). It is known
    from few parts only, hence Student's distribution.
    """
    parts = len(by_part)
    spread = (by_part - by_part.mean(0)) / np.sqrt(parts * (parts - 1))
    draws, moved = len(rate) - 1, rate.copy()
    student = rng.normal(size=(draws, parts)) / np.sqrt(rng.chisquare(parts - 1, (draws, 1)) / (parts - 1))
    moved[1:] += student @ spread
    return moved.clip(0, 1)


def differ(size: Floats, rate: Floats) -> bool:
    """Whether rates of groups differ by more than chance.

    Pearson's chi-squared test, with the variance of a group's rate that resampling shows where that is larger, as it is
    where customers have several rows. `size`: rows of each group, (groups,); `rate`: (1 + resamples, groups).
    """
    from scipy.stats import chi2

    pooled = float((size * rate[0]).sum() / size.sum())
    if not 0 < pooled < 1:
        return False
    variance = np.maximum(pooled * (1 - pooled) / size, np.nanvar(rate[1:], axis=0))
    return bool(chi2.sf(((rate[0] - pooled) ** 2 / variance).sum(), len(size) - 1) < _DOUBT)


def figures(draws: Floats) -> tuple[float, float, float]:
    """A value and its interval, from that of all rows and those of resampled ones, (1 + resamples,): percentiles."""
    low, high = np.nanquantile(draws[1:], [0.025, 0.975])
    value = float(draws[0])
    return value, min(float(low), value), max(float(high), value)
