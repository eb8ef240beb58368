"""The `copula` engine: a Gaussian copula, the quick classical baseline.

Every column is cut out of a standard normal, each code a range of it as wide as its share, and the normals are
correlated (Nelsen 2006, "An introduction to copulas"; Patki et al. 2016, "The synthetic data vault"). Levels without an
order stand in that of their place on the first axis of the table (multiple correspondence analysis). Correlations are
those of the hidden normals, not of their codes: what a pair of cut normals amounts to is a power series of their
correlation, in products of Hermite coefficients, and is solved for it (Mehler 1866; "polychoric", Olsson 1979).

Rows that something is asked of are drawn column by column, within what is asked (Geweke 1991; Hajivassiliou and
McFadden 1998; Keane 1994).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from scipy.special import logsumexp, ndtr, ndtri

from twinfold.errors import ModelFileError
from twinfold.protocols import CodeColumn, Codes, CodeTable, Draw, Progress, silent
from twinfold.synthesis.engines.chain import check
from twinfold.synthesis.engines.fixed_columns import FixedColumns, pick_admitted

Array = npt.NDArray[Any]

ROWS = 8192
"""Rows drawn at a time."""

TERMS = 16
"""Of the power series of a correlation."""

STRONGEST = 0.995
"""The largest correlation, so that no column fixes another."""

PATHS = 8
"""Ways through the columns that a likelihood is a mean over."""

AXIS_ROWS = 20_000
"""Rows that levels are put in order by, at most."""

_FAR = 38.0  # beyond this, a standard normal has no mass that a float can hold


class CopulaModel:
    """What the `copula` engine has learned of a table's codes."""

    def __init__(self, fixed: FixedColumns, places: Sequence[Array], correlation: Array, *, note: str = "") -> None:
        """What was learned of the columns that no other fixes, in order.

        `places[k]`, (cardinality,), is the place of each code on its normal; `correlation`, (columns, columns), that of
        the normals.
        """
        self.columns, self.fixed, self.note = fixed.columns, fixed, note
        self.places, self.correlation = tuple(places), correlation
        self._cuts = [cut(fixed.margins[j], place) for j, place in zip(fixed.learned, places, strict=True)]
        self._codes = [np.argsort(place) for place in places]

    def sample(
        self,
        n: int,
        *,
        allowed: Mapping[int, npt.NDArray[np.float32]],
        given: Mapping[int, Codes],
        rng: np.random.Generator,
    ) -> Draw:
        """Draw n rows; see `protocols.Model.sample`."""
        return self.fixed.draw(n, ROWS, allowed, given, partial(self._fill, rng=rng))

    def log_prob(self, codes: Codes) -> npt.NDArray[np.float64]:
        """The log probability of each row of codes, shape (rows,); finite for every row of valid codes.

        An estimate, always the same: a mean over ways through the columns.
        """
        fill = partial(self._fill, rng=np.random.default_rng(0))
        terms = np.stack([self.fixed.weigh_rows(codes, ROWS, fill) for _ in range(PATHS)])
        found: npt.NDArray[np.float64] = logsumexp(terms, axis=0) - np.log(PATHS)
        return found

    def _fill(
        self,
        codes: Codes,
        log_weight: Array,
        admitted: Mapping[int, Array],
        given: Mapping[int, Array],
        rng: np.random.Generator,
    ) -> None:
        """Fill `codes`, what is given or admitted first; rows are weighed by how likely that is."""
        n, learned = len(log_weight), self.fixed.learned
        order = sorted(range(len(learned)), key=lambda k: (learned[k] not in given, learned[k] not in admitted))
        factor = np.linalg.cholesky(self.correlation[np.ix_(order, order)])
        noise = np.zeros((len(order), n))
        for step, k in enumerate(order):
            j, mean, spread = learned[k], factor[step, :step] @ noise[:step], factor[step, step]
            if j not in given and j not in admitted:
                noise[step] = rng.standard_normal(n)
                place = np.searchsorted(self._cuts[k][1:-1], mean + spread * noise[step], side="right")
                codes[j] = self._codes[k][place]
                continue
            ends = ndtr((self._cuts[k] - mean[:, None]) / spread)
            chance = np.maximum(np.diff(ends, axis=1), 0.0)[:, self.places[k]]
            if j in given:
                codes[j] = given[j]
                self.fixed.weigh(log_weight, j, chance[np.arange(n), codes[j]], codes[j])
            else:
                codes[j] = pick_admitted(chance, admitted[j], rng.random(n), log_weight)
            place = self.places[k][codes[j]]
            low, high = ends[np.arange(n), place], ends[np.arange(n), place + 1]
            within = ndtri(np.clip(low + (high - low) * rng.random(n), 1e-300, 1 - 1e-16))
            bounds = np.stack([self._cuts[k][place], self._cuts[k][place + 1]])
            noise[step] = np.clip(within, *((bounds - mean) / spread).clip(-_FAR, _FAR)).clip(-8, 8)

    def arrays(self) -> dict[str, Array]:
        """Everything learned, as plain arrays."""
        places = {f"c{j}_place": place for j, place in zip(self.fixed.learned, self.places, strict=True)}
        return self.fixed.arrays() | places | {"correlation": self.correlation}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array], columns: Sequence[CodeColumn]) -> Self:
        """The model that `arrays` came from, every shape and number checked."""
        try:
            fixed = FixedColumns.from_arrays(arrays, columns)
            places = tuple(arrays[f"c{j}_place"] for j in fixed.learned)
            for j, place in zip(fixed.learned, places, strict=True):
                check(place.dtype == np.int64, "places that are no numbers")
                check(np.array_equal(np.sort(place), np.arange(columns[j].cardinality)), "places that are no order")
            correlation = arrays["correlation"]
            check(correlation.shape == (len(places),) * 2 and correlation.dtype == np.float64, "correlations' shape")
            check(np.isfinite(correlation).all() and np.allclose(np.diag(correlation), 1), "no correlations")
            check(np.allclose(correlation, correlation.T), "correlations that are not mutual")
            np.linalg.cholesky(correlation)
        except (KeyError, ValueError, IndexError, OverflowError, TypeError, np.linalg.LinAlgError) as error:
            raise ModelFileError(f"the model's copula is damaged ({error}); fit the model again") from None
        return cls(fixed, places, correlation)


@dataclass(frozen=True)
class CopulaEngine:
    """The `copula` engine, which has no settings."""

    def fit(
        self,
        table: CodeTable,
        *,
        seed: int,  # noqa: ARG002  nothing is left to chance
        budget: float | None = None,  # noqa: ARG002  and it takes a second
        progress: Progress = silent,
    ) -> CopulaModel:
        """Learn a table's codes, in two passes, whatever the seed and the budget."""
        progress("learning", 0.0)
        fixed = FixedColumns.of(table)
        places = _order_levels(table, fixed)
        cuts = [cut(fixed.margins[j], place) for j, place in zip(fixed.learned, places, strict=True)]
        means = [_means(bounds)[place] for bounds, place in zip(cuts, places, strict=True)]
        scores = np.stack([mean[table.codes[j]] for j, mean in zip(fixed.learned, means, strict=True)])
        scores -= scores.mean(axis=1, keepdims=True)
        progress("learning", 0.5)
        found = scores @ scores.T / table.rows
        correlation = _nearest_correlation(_uncut(found, np.stack([_coefficients(bounds) for bounds in cuts])))
        progress("learning", 1.0)
        return CopulaModel(fixed, places, correlation)


def cut(margin: Array, place: Array) -> Array:
    """The bounds, (cardinality + 1,), between places on a standard normal, of codes with such shares."""
    shares = np.zeros(len(margin))
    shares[place] = margin
    bounds = ndtri(np.clip(np.cumsum(shares) / max(shares.sum(), 1e-300), 0, 1))
    return np.concatenate([[-np.inf], bounds[:-1], [np.inf]])


def _density(bounds: Array) -> Array:
    density: Array = np.exp(-0.5 * np.square(np.clip(bounds, -_FAR, _FAR))) / np.sqrt(2 * np.pi)
    return density


def _means(bounds: Array) -> Array:
    """The mean of a standard normal between each two bounds, (places,); zero where there is nothing between them."""
    mass, density = np.diff(ndtr(bounds)), _density(bounds)
    means: Array = np.where(mass > 1e-12, -np.diff(density) / np.maximum(mass, 1e-12), 0.0)
    return means


def _coefficients(bounds: Array) -> Array:
    """The Hermite coefficients of a cut normal, (TERMS,): of the step function of its means, from the first on."""
    ends, density, means = np.clip(bounds, -_FAR, _FAR), _density(bounds), _means(bounds)
    before, this, out = np.zeros_like(ends), np.ones_like(ends), np.empty(TERMS)
    norm = 1.0
    for k in range(1, TERMS + 1):
        norm *= np.sqrt(k)
        out[k - 1] = (means * -np.diff(this * density)).sum() / norm
        before, this = this, ends * this - (k - 1) * before
    return out


def _uncut(found: Array, coefficients: Array) -> Array:
    """The correlations of normals, (D, D), whose cut ones have the covariances `found`; by bisection."""
    powers = coefficients[:, None, :] * coefficients[None, :, :]
    low, high = np.full(found.shape, -STRONGEST), np.full(found.shape, STRONGEST)
    for _ in range(30):
        middle = (low + high) / 2
        value = np.zeros_like(middle)
        for k in range(TERMS - 1, -1, -1):
            value = (value + powers[:, :, k]) * middle
        low, high = np.where(value < found, middle, low), np.where(value < found, high, middle)
    middles: Array = (low + high) / 2
    return middles


def _nearest_correlation(found: Array) -> Array:
    """A correlation matrix near to a symmetric one: eigenvalues below a floor are raised, the diagonal set to one."""
    np.fill_diagonal(found, 1.0)
    values, vectors = np.linalg.eigh((found + found.T) / 2)
    raised = (vectors * np.maximum(values, 1e-4)) @ vectors.T
    spread = np.sqrt(np.diag(raised))
    scaled = raised / np.outer(spread, spread)
    correlation: Array = (scaled + scaled.T) / 2
    np.fill_diagonal(correlation, 1.0)
    return correlation


def _order_levels(table: CodeTable, fixed: FixedColumns) -> list[Array]:
    """The place of each code of the columns that are learned: their order's, or that of levels on the first axis."""
    rows = np.linspace(0, table.rows - 1, min(table.rows, AXIS_ROWS)).astype(np.int64)
    columns = []
    for j in fixed.learned:
        codes = table.codes[j, rows]
        if fixed.columns[j].ordered:
            centred = codes - codes.mean()
            columns.append((centred / max(centred.std(), 1e-12))[:, None])
        else:
            share = np.bincount(codes, minlength=fixed.columns[j].cardinality) / len(codes)
            columns.append((np.eye(len(share), dtype=np.float32)[codes] - share) / np.sqrt(np.maximum(share, 1e-3)))
    design = np.concatenate(columns, axis=1, dtype=np.float64)
    _, vectors = np.linalg.eigh(design.T @ design)
    axis = design @ vectors[:, -1]
    places: list[Array] = []
    for j in fixed.learned:
        count = fixed.columns[j].cardinality
        if fixed.columns[j].ordered:
            places.append(np.arange(count))
            continue
        held = np.bincount(table.codes[j, rows], minlength=count)
        mean = np.bincount(table.codes[j, rows], axis, minlength=count) / np.maximum(held, 1)
        places.append(np.argsort(np.argsort(mean, kind="stable")).astype(np.int64))
    return places
