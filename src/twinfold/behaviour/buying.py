"""How often customers come back, at a rate of their own that falls once they lapse.

BG/NBD (Fader, Hardie and Lee 2005, "Counting your customers the easy way"): while active, a customer buys at a rate of
their own, gamma distributed with shape r and scale 1 / alpha; after each repeat purchase they lapse with a chance of
their own, beta distributed with a and b, and buy no more. Ours lets those who lapsed buy at rho times their rate: with
rho = 0 it is BG/NBD. Their purchases are those of a Poisson process, thinned; so all that is asked has a closed form.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from scipy import linalg, special

from twinfold.behaviour import estimates
from twinfold.behaviour.purchases import Histories, Rows

Floats = npt.NDArray[np.float64]

NODES = 48
"""Points of the quadrature over the chance to lapse."""

STARTS = ((0.3, 0.3, 0.8, 2.5, 0.05), (1.0, 1.0, 0.3, 3.0, 0.2))
"""r, alpha, a, b, rho, with alpha in units of the mean age: the descent begins at each."""

GREATEST = (1e5, 1e5, 1e5, 1e5, 1.0)

CHUNK = 20_000


@dataclass(frozen=True)
class Buying:
    """A fitted BG/NBD, or one whose customers buy on when they have lapsed.

    Args:
        parameters: shape (4,), r, alpha (days), a, b; or (5,), and rho.
        covariance: shape (parameters, parameters), of their logs.
    """

    parameters: Floats
    covariance: Floats

    def rows(self, histories: Histories) -> Rows:
        """What this model asks of histories."""
        return histories.rows(last=len(self.parameters) == 4)

    def alive(self, rows: Rows) -> Floats:
        """The probability that customers are active at the end of observation, (rows,)."""
        return _states(self.parameters, rows)[1]

    def moments(self, rows: Rows, horizon: float) -> tuple[Floats, Floats]:
        """The mean and the variance of the number of purchases in the days to come, (rows,) each.

        The mean of BG/NBD is equation 10 there, as an integral over the chance to lapse: where its hypergeometric
        series cancels (a near 1, many purchases), nothing cancels here.
        """
        return _moments(self.parameters, rows, horizon)

    def gradient(self, rows: Rows, horizon: float) -> Floats:
        """How the mean number of purchases changes with the log of each parameter, (rows, parameters)."""
        return estimates.gradient(lambda logs: _moments(np.exp(logs), rows, horizon)[0], np.log(self.parameters))

    def draw(self, rows: Rows, horizon: float, rng: np.random.Generator) -> npt.NDArray[np.int64]:
        """Draw how many purchases each customer makes in the days to come, (customers,).

        Given the history and when the customer lapsed, if at all, rate and chance to lapse are again gamma and beta.
        """
        r, alpha, a, b, rho = _five(self.parameters)
        _, active, lapsed = _states(self.parameters, rows)
        x, age, place = rows.frequency[rows.place], rows.age[rows.place], rows.place
        at, seen = rng.random(len(place)), active[place]
        rate = rng.gamma(r + x)
        number = rng.poisson(rate / (alpha + age) * horizon)
        stays = np.minimum(number, rng.geometric(rng.beta(a, b + x).clip(1e-12, 1.0)))
        out = stays + rng.binomial(number - stays, rho)
        # Where in a customer's repeat purchases the rest of the probability falls
        edges = np.cumsum(np.append(0.0, lapsed))
        starts = np.searchsorted(rows.owner, np.arange(len(active)))
        chosen = np.searchsorted(edges, edges[starts][place] + at - seen, side="right") - 1
        gone = np.flatnonzero((at >= seen) & (x > 0))
        end = np.clip(chosen[gone], starts[place[gone]], np.searchsorted(rows.owner, place[gone], side="right") - 1)
        scale = alpha + rows.time[end] + rho * (age[gone] - rows.time[end])
        out[gone] = rng.poisson(rho * horizon * rate[gone] / scale)
        return np.asarray(out, np.int64)

    def people(self, rows: Rows, luck: Floats) -> tuple[Floats, Floats, npt.NDArray[np.bool_]]:
        """Give every customer a rate a day, a chance to lapse with each purchase, and whether they have lapsed already,
        (customers,) each: drawn given their history, as `draw` draws them.

        Args:
            rows: of their histories, `rows.place` saying which is whose.
            luck: (3, customers) from 0 to 1: the same luck gives the same people.
        """
        r, alpha, a, b, rho = _five(self.parameters)
        _, active, lapsed = _states(self.parameters, rows)
        x, age, place = rows.frequency[rows.place], rows.age[rows.place], rows.place
        scale, gone = alpha + age, (luck[0] >= active[place]) & (x > 0)
        if gone.any():  # when each of them lapsed, by where in their repeat purchases the luck falls
            edges, starts = np.cumsum(np.append(0.0, lapsed)), np.searchsorted(rows.owner, np.arange(len(active)))
            own = place[gone]
            at = np.searchsorted(edges, edges[starts][own] + luck[0][gone] - active[own], side="right") - 1
            at = np.clip(at, starts[own], np.searchsorted(rows.owner, own, side="right") - 1)
            scale[gone] = alpha + rows.time[at] + rho * (age[gone] - rows.time[at])
        rate = special.gammaincinv(r + x, luck[1]) / scale
        return rate, special.betaincinv(a, b + x, luck[2]), gone

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Everything learned, as plain arrays."""
        return {"parameters": self.parameters, "covariance": self.covariance}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[Any]]) -> Self:
        """What `arrays` came from. Raises `KeyError` or `ValueError`."""
        size = 4 if arrays["parameters"].shape == (4,) else 5
        parameters, covariance = estimates.check_estimates(arrays, size)
        if size == 5 and parameters[4] > 1:
            raise ValueError("a rho above 1")
        return cls(parameters, covariance)


def fit_buying(histories: Histories, *, plain: bool = False) -> Buying:
    """The model of greatest likelihood.

    Args:
        histories: of customers, some of whom came back.
        plain: BG/NBD, in which nobody buys who has lapsed; by default rho is learned too.
    """
    rows, size = histories.rows(last=plain), 4 if plain else 5
    unit = float(np.average(rows.age, weights=rows.weight))
    scaled = Rows(rows.frequency, rows.age / unit, rows.weight, rows.place, rows.owner, rows.order, rows.time / unit)
    logs, covariance = estimates.estimate(
        lambda at: log_likelihood(np.exp(at), scaled),
        [start[:size] for start in STARTS],
        rows.weight,
        greatest=GREATEST[:size],
    )
    return Buying(np.exp(logs) * np.array([1, unit, 1, 1, 1])[:size], covariance)


def log_likelihood(parameters: Floats, rows: Rows) -> tuple[Floats, Floats]:
    """The log likelihood of each row, (rows,), and its gradient by log parameters, (rows, parameters).

    A history is one of a customer still active, or of one who lapsed after any of their repeat purchases; with rho = 0
    after the last one (equation 6 there).
    """
    r, alpha, a, b, rho = _five(parameters)
    x, age, owner, order = rows.frequency, rows.age, rows.owner, rows.order
    whole, active, lapsed = _states(parameters, rows)

    def add(values: Floats) -> Floats:
        return _add(rows, lapsed * values)

    number, step = x.astype(np.int64), order.astype(np.int64)
    steps = np.arange(int(x.max(initial=0)) + 1)
    rate, stay, both = (special.digamma(start + steps) for start in (r, b, a + b))
    since = rows.time + rho * (age[owner] - rows.time)
    value = special.gammaln(r + steps)[number] - special.gammaln(r) - x * np.log(alpha) + whole
    slopes = [
        r * ((rate - rate[0])[number] - active * np.log1p(age / alpha) - add(np.log1p(since / alpha))),
        r - alpha * (r + x) * (active / (alpha + age) + add(1 / (alpha + since))),
        a * (both[0] - active * both[number] - add(both[step])) + 1 - active,
        b * (both[0] - stay[0] + active * (stay - both)[number] + add(stay[step - 1] - both[step])),
        add(x[owner] - order - (r + x[owner]) * rho * (age[owner] - rows.time) / (alpha + since)),
    ]
    return value, np.stack(slopes[: len(parameters)], axis=1)


def _five(parameters: Floats) -> Floats:
    return parameters if len(parameters) == 5 else np.append(parameters, 0.0)


def _weigh(parameters: Floats, rows: Rows) -> tuple[Floats, Floats]:
    """Log weights of being active, (rows,), and of having lapsed after each repeat purchase, (repeats,)."""
    r, alpha, a, b, rho = _five(parameters)
    number, step = rows.frequency.astype(np.int64), rows.order.astype(np.int64)
    steps = np.arange(int(rows.frequency.max(initial=0)) + 1)
    stay, both = (special.gammaln(start + steps) - special.gammaln(start) for start in (b, a + b))
    stays = (stay - both)[number] - (r + rows.frequency) * np.log1p(rows.age / alpha)
    x, since = rows.frequency[rows.owner], rows.time + rho * (rows.age[rows.owner] - rows.time)
    goes = (
        np.log(a) + stay[step - 1] - both[step] - (r + x) * np.log1p(since / alpha) + special.xlogy(x - rows.order, rho)
    )
    return stays, goes


def _states(parameters: Floats, rows: Rows) -> tuple[Floats, Floats, Floats]:
    """The log of all weights' sum, (rows,), and the probabilities of being active, (rows,), and of having lapsed after
    each repeat purchase, (repeats,)."""
    stays, goes = _weigh(parameters, rows)
    top = stays.copy()
    np.maximum.at(top, rows.owner, goes)
    active, lapsed = np.exp(stays - top), np.exp(goes - top[rows.owner])
    whole = active + _add(rows, lapsed)
    return top + np.log(whole), active / whole, lapsed / whole[rows.owner]


def _add(rows: Rows, values: Floats) -> Floats:
    """The sum of values of repeat purchases, (repeats,), over each row's; (rows,)."""
    return np.bincount(rows.owner, weights=values, minlength=len(rows.frequency)).astype(float)


def _moments(parameters: Floats, rows: Rows, horizon: float) -> tuple[Floats, Floats]:
    r, alpha, a, b, rho = _five(parameters)
    x, age, owner = rows.frequency, rows.age, rows.owner
    _, active, lapsed = _states(parameters, rows)
    numbers, own = np.unique(x, return_inverse=True)
    nodes, weights = (np.array(each) for each in zip(*(beta_rule(a, b + n) for n in numbers), strict=True))
    first, second = np.empty(len(own)), np.empty(len(own))
    for start in range(0, len(own), CHUNK):
        part = slice(start, start + CHUNK)
        chosen, shape = own[part], r + x[part]
        once, twice = _of_the_active(nodes[chosen], shape[:, None], (horizon / (alpha + age[part]))[:, None], rho)
        first[part] = (weights[chosen] * once).sum(1)
        second[part] = (weights[chosen] * twice).sum(1)
    shape = r + x[owner]
    slow = rho * horizon * shape / (alpha + rows.time + rho * (age[owner] - rows.time))

    mean = active * first + _add(rows, lapsed * slow)
    return mean, active * second + _add(rows, lapsed * (slow + slow**2 * (1 + 1 / shape))) - mean**2


def _of_the_active(p: Floats, shape: Floats, ratio: Floats, rho: float) -> tuple[Floats, Floats]:
    """The mean of the number of purchases and of its square, of those active who lapse with chance p.

    Of all that the rate would bring, K, a Poisson number, those up to lapsing are made: the lesser of K and a geometric
    number. Of the rest each is made with chance rho. The rate is integrated out.
    """
    far, every = np.log1p(p * ratio), shape * ratio
    once = -np.expm1(-shape * far) / p
    # The difference below cancels where little happens; its series stands in
    small = p * ratio * (shape + 2) < 1e-3
    exact = (once - every * np.exp(-(shape + 1) * far)) / p
    series = every * (shape + 1) * ratio * (0.5 - (shape + 2) * p * ratio / 3)
    twice = once + 2 * (1 - p) * np.where(small, series, exact)
    if rho == 0:
        return once, twice
    cross = every * (1 - (1 - p) * np.expm1(-(shape + 1) * far) / p)
    square = every + every**2 * (1 + 1 / shape)
    mean = (1 - rho) * once + rho * every
    return mean, (1 - rho) ** 2 * twice + 2 * rho * (1 - rho) * cross + rho**2 * square + rho * (1 - rho) * (
        every - once
    )


def beta_rule(a: float, b: float, size: int = NODES) -> tuple[Floats, Floats]:
    """The points within 0 to 1 and the weights, (size,) each, that integrate over a beta distribution.

    Gauss-Jacobi, from the three-term recurrence of its polynomials (Golub and Welsch 1969).

    >>> points, weights = beta_rule(0.5, 300.0)
    >>> bool(np.isclose(weights @ points, 0.5 / 300.5))
    True
    """
    total = a + b - 2
    n = np.arange(1.0, size)
    m = n[1:]
    middle, square = np.empty(size), np.empty(size - 1)
    middle[0] = (a - b) / (a + b)
    middle[1:] = (a - b) * total / ((2 * n + total) * (2 * n + total + 2))
    square[0] = 4 * a * b / ((a + b) ** 2 * (a + b + 1))
    square[1:] = 4 * m * (m + b - 1) * (m + a - 1) * (m + total) / ((2 * m + total) ** 2 * ((2 * m + total) ** 2 - 1))
    points, vectors = linalg.eigh_tridiagonal(middle, np.sqrt(square))
    return ((points + 1) / 2).clip(1e-300), vectors[0] ** 2
