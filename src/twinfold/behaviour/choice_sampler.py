"""The posterior of a panel of binary choices, drawn by Gibbs sampling.

Customer i takes the first of two options with log-odds x'b_i + u_q. Coefficients b_i are normal around z_i'D, with
covariance Sigma. u_q is what adding attributes up misses of a profile q, the same for all who were asked, normal with
standard deviation tau.

Given Pólya-Gamma numbers all is normal (Polson, Scott and Windle 2013). D and u are drawn together, once given the
b_i and once given their deviations, which mixes where either alone would not (Yu and Meng 2011, "To center or not to
center"). Sigma has the prior of Huang and Wand 2013: deviations half-t of scale 2.5, correlations uniform.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Self

import numba
import numpy as np
import numpy.typing as npt

from twinfold.behaviour.polya_gamma import draw_polya_gamma

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]

SCALE = 2.5
"""The half-t scale of a coefficient's deviation between customers, in log-odds of an attribute's usual step."""

WIDE = 0.01
"""The precision of the population's mean before the data: a deviation of 10 in log-odds."""

RIDGE = 300.0
"""Before the data, what demographics tell is as far from nothing as if so many customers had said nothing."""


@dataclass(frozen=True)
class Panel:
    """Choices in the order of their customers: rows of customer i are `start[i]` to `start[i + 1]`.

    `x` (n, k); `half`, the outcome less one half, (n,); `z` (customers, 1 + m), ones first; `profile` (n,), which
    shared profile a row is of, or -1; `sign` (n,), 1 or -1 where it is that profile with its options exchanged.
    """

    x: Floats
    half: Floats
    start: npt.NDArray[np.int64]
    z: Floats
    profile: npt.NDArray[np.int64]
    sign: Floats
    profiles: int

    def without_profiles(self) -> Self:
        """The same choices, where no profile has an effect of its own."""
        return replace(self, profile=np.full(len(self.profile), -1), profiles=0)


@dataclass
class State:
    """Where the sampler stands: `b` (customers, k), `d` (1 + m, k), `precision` (k, k), `u` (profiles,)."""

    b: Floats
    d: Floats
    precision: Floats
    u: Floats
    tau: float


@numba.njit(cache=True, nogil=True)
def _factor(matrix: Array) -> None:
    """Cholesky's factor of the lower half, in place."""
    for j in range(len(matrix)):
        for i in range(j, len(matrix)):
            total = matrix[i, j]
            for m in range(j):
                total -= matrix[i, m] * matrix[j, m]
            matrix[i, j] = np.sqrt(total) if i == j else total / matrix[j, j]


@numba.njit(cache=True, nogil=True)
def _draw_normal(rng: np.random.Generator, precision: Array, shift: Array) -> None:
    """Into `shift`: a draw of mean precision⁻¹ shift and covariance precision⁻¹. Spoils `precision`."""
    k = len(shift)
    _factor(precision)
    for a in range(k):
        for c in range(a):
            shift[a] -= precision[a, c] * shift[c]
        shift[a] /= precision[a, a]
    for a in range(k):
        shift[a] += rng.standard_normal()
    for a in range(k - 1, -1, -1):
        for c in range(a + 1, k):
            shift[a] -= precision[c, a] * shift[c]
        shift[a] /= precision[a, a]


@numba.njit(cache=True, nogil=True)
def _draw_customers(
    rng: np.random.Generator,
    x: Array,
    half: Array,
    start: Array,
    offset: Array,
    mean: Array,
    precision: Array,
    b: Array,
    omega: Array,
) -> None:
    """Into `omega` the Pólya-Gamma number of each row, then into `b` each customer's coefficients."""
    k = b.shape[1]
    own, shift = np.empty((k, k)), np.empty(k)
    for i in range(len(b)):
        for a in range(k):
            total = 0.0
            for c in range(k):
                total += precision[a, c] * mean[i, c]
                own[a, c] = precision[a, c]
            shift[a] = total
        for t in range(start[i], start[i + 1]):
            odds = offset[t]
            for a in range(k):
                odds += x[t, a] * b[i, a]
            omega[t] = draw_polya_gamma(rng, odds)
            for a in range(k):
                if x[t, a] != 0.0:
                    shift[a] += (half[t] - omega[t] * offset[t]) * x[t, a]
                    for c in range(a + 1):
                        own[a, c] += omega[t] * x[t, a] * x[t, c]
        _draw_normal(rng, own, shift)
        b[i] = shift


@numba.njit(cache=True, nogil=True)
def _pool(
    x: Array, half: Array, start: Array, z: Array, profile: Array, sign: Array, e: Array, omega: Array, profiles: int
) -> tuple[Array, Array, Array, Array, Array]:
    """What all rows say of D, flattened, and of u, given deviations `e`: precision, shift, cross, and u's own two."""
    k, m = x.shape[1], z.shape[1]
    precision, shift = np.zeros((m * k, m * k)), np.zeros(m * k)
    cross, own, own_shift = np.zeros((profiles, m * k)), np.zeros(profiles), np.zeros(profiles)
    square, line = np.empty((k, k)), np.empty(k)
    for i in range(len(e)):
        square[:] = 0.0
        line[:] = 0.0
        for t in range(start[i], start[i + 1]):
            rest = half[t]
            for a in range(k):
                rest -= omega[t] * x[t, a] * e[i, a]
            q = profile[t]
            for a in range(k):
                if x[t, a] != 0.0:
                    line[a] += rest * x[t, a]
                    for c in range(k):
                        square[a, c] += omega[t] * x[t, a] * x[t, c]
                    if q >= 0:
                        for f in range(m):
                            cross[q, f * k + a] += sign[t] * omega[t] * z[i, f] * x[t, a]
            if q >= 0:
                own[q] += omega[t]
                own_shift[q] += sign[t] * rest
        for f in range(m):
            shift[f * k : (f + 1) * k] += z[i, f] * line
            for g in range(m):
                precision[f * k : (f + 1) * k, g * k : (g + 1) * k] += z[i, f] * z[i, g] * square
    return precision, shift, cross, own, own_shift


def draw_states(panel: Panel, sweeps: int, rng: np.random.Generator) -> Iterator[State]:
    """Draw from the posterior: one state a sweep, the same object each time, from no heterogeneity known on.

    Args:
        panel: the choices.
        sweeps: how many states.
        rng: the randomness.
    """
    customers, k = len(panel.start) - 1, panel.x.shape[1]
    m = panel.z.shape[1]
    state = State(np.zeros((customers, k)), np.zeros((m, k)), np.eye(k), np.zeros(panel.profiles), 0.3)
    omega = np.zeros(len(panel.x))
    aids = np.ones(k)
    for _ in range(sweeps):
        offset = np.where(panel.profile >= 0, panel.sign * np.append(state.u, 0.0)[panel.profile], 0.0)
        _draw_customers(
            rng,
            panel.x,
            panel.half,
            panel.start,
            offset,
            panel.z @ state.d,
            state.precision,
            state.b,
            omega,
        )
        _draw_mean(panel, state, rng)
        e = state.b - panel.z @ state.d
        aids = _draw_spread(state, e, aids, rng)
        _draw_mean_beside(panel, state, e, omega, rng)
        yield state


def _ridge(m: int) -> Floats:
    return np.diag(np.append(0.0, np.full(m - 1, RIDGE)))


def _draw_mean(panel: Panel, state: State, rng: np.random.Generator) -> None:
    """D given the customers' coefficients."""
    m, k = state.d.shape
    precision = np.kron(panel.z.T @ panel.z + _ridge(m), state.precision) + WIDE * np.eye(m * k)
    shift = (panel.z.T @ state.b @ state.precision).ravel()
    _draw_normal(rng, precision, shift)
    state.d = shift.reshape(m, k)


def _draw_spread(state: State, e: Floats, aids: Floats, rng: np.random.Generator) -> Floats:
    """Sigma's inverse, by Bartlett's decomposition of a Wishart matrix; returns the prior's new aids, (k,)."""
    (m, k), nu = state.d.shape, 2.0
    told = RIDGE * state.d[1:].T @ state.d[1:]
    scatter = 2 * nu * np.diag(1 / aids) + e.T @ e + told
    freedom = nu + k - 1 + len(e) + m - 1
    lower = np.tril(rng.standard_normal((k, k)), -1) + np.diag(np.sqrt(rng.chisquare(freedom - np.arange(k))))
    root = np.linalg.cholesky(np.linalg.inv(scatter)) @ lower
    state.precision = root @ root.T
    new: Floats = (nu * np.diag(state.precision) + SCALE**-2) / rng.gamma((nu + k) / 2, 1.0, k)
    return new


def _draw_mean_beside(panel: Panel, state: State, e: Floats, omega: Floats, rng: np.random.Generator) -> None:
    """D and u together, given deviations `e`, and then tau; moves all customers along."""
    m, k = state.d.shape
    precision, shift, cross, own, own_shift = _pool(
        panel.x, panel.half, panel.start, panel.z, panel.profile, panel.sign, e, omega, panel.profiles
    )
    known = 1 / (own + 1 / max(state.tau, 1e-3) ** 2)
    precision += np.kron(_ridge(m), state.precision) + WIDE * np.eye(m * k) - (cross * known[:, None]).T @ cross
    shift -= cross.T @ (known * own_shift)
    _draw_normal(rng, precision, shift)
    if panel.profiles:
        state.u = known * (own_shift - cross @ shift) + np.sqrt(known) * rng.standard_normal(panel.profiles)
        aid = rng.standard_exponential() / (state.tau**-2 + 1)  # tau is half-Cauchy of scale 1 before the data
        rate = 0.5 * float(state.u @ state.u) + aid
        state.tau = float(max(1e-3, np.sqrt(rate / rng.gamma((panel.profiles + 1) / 2))))
    state.d = shift.reshape(m, k)
    state.b = panel.z @ state.d + e
