"""What customers choose between two options, and how sure that is: a mixed logit learned by full Bayes.

Each customer has coefficients of their own, drawn towards those of the population as far as their choices are few
(Allenby and Rossi 1999, "Marketing models of consumer heterogeneity"). What is kept is draws from the posterior.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from scipy.special import expit, softmax
from scipy.stats import norm

from twinfold.behaviour.choice_data import orientation, read_panel
from twinfold.behaviour.choice_sampler import Panel, draw_states
from twinfold.evaluation.intervals import Z
from twinfold.protocols import Progress, silent

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]

UNKNOWN = -1
"""The code of a customer that nothing is known of."""

NODES = norm.ppf((np.arange(21) + 0.5) / 21)
"""Equally likely values of a standard normal number, for what isn't known by draws."""

MOST_KEPT, DRAWS, LEAST_DRAWS = 20_000_000, 300, 40
"""Coefficients kept of all customers and draws, and how many draws at most and at least."""

WORK, MOST_SWEEPS, LEAST_SWEEPS = 60_000_000, 6_000, 1_000
"""Choices sampled through, and how many times each at most and at least. The first third isn't kept."""


@dataclass(frozen=True)
class ChoiceModel:
    """Draws from the posterior of a mixed logit, and the support that its data had.

    Attributes:
        coefficients: of each customer, (draws, customers, k) float32, log-odds for one unit of an attribute.
        mean: of the population, (draws, 1 + m, k): of the average customer, then for a standard deviation more of each
            demographic column.
        sigma: covariance of customers around that mean, (draws, k, k).
        spread: standard deviation of what adding attributes up misses of a pair's log-odds, the same for all who are
            asked, (draws,); 0 where no pair was asked of many, so that it can't be told.
        low, high: the range of each attribute seen, (k,). Equal where it never varied.
        span: projection on the combinations of attributes that were seen, (k, k).
        correlation: of the demographic columns, (m, m).
    """

    coefficients: npt.NDArray[np.float32]
    mean: Floats
    sigma: Floats
    spread: Floats
    low: Floats
    high: Floats
    span: Floats
    correlation: Floats

    def __post_init__(self) -> None:
        draws, customers, k = self.coefficients.shape if self.coefficients.ndim == 3 else (0, 0, 0)
        m = len(self.correlation)
        shapes = {
            "coefficients": (draws, customers, k),
            "mean": (draws, 1 + m, k),
            "sigma": (draws, k, k),
            "spread": (draws,),
            "low": (k,),
            "high": (k,),
            "span": (k, k),
            "correlation": (m, m),
        }
        if not (draws and customers and k):
            raise ValueError("coefficients of no draws, no customers or no attributes")
        for name, shape in shapes.items():
            array = getattr(self, name)
            if array.shape != shape or array.dtype.kind != "f":
                raise ValueError(f"{name} of shape {array.shape} and type {array.dtype}, not {shape} of floats")
            if not np.isfinite(array).all():
                raise ValueError(f"{name} not finite")
        if (self.low > self.high).any() or (self.spread < 0).any():
            raise ValueError("low above high, or a spread below 0")
        if (np.diagonal(self.sigma, axis1=1, axis2=2) < 0).any():
            raise ValueError("sigma has a negative variance")

    @property
    def identified(self) -> npt.NDArray[np.bool_]:
        """Which attributes varied, (k,): the coefficient of one that didn't is kept at 0, and says nothing."""
        return self.low < self.high

    @property
    def population(self) -> tuple[Floats, Floats, Floats]:
        """The average customer's coefficients, (k,), their covariance, (k, k), and Sigma's posterior mean, (k, k)."""
        mean = self.mean[:, 0]
        return mean.mean(0), np.atleast_2d(np.cov(mean.T)), self.sigma.mean(0)

    def predict(self, attributes: npt.ArrayLike, customer: npt.ArrayLike) -> tuple[Floats, Floats, Floats]:
        """Say how likely each customer takes the first option, and between what limits their own chance lies.

        The interval holds that customer's own probability of taking the first option of such a pair (not the choice
        itself, which is 0 or 1) with a chance of 95 %, over all that is unknown: the customer's coefficients, the
        population, and what adding attributes up misses of the pair. For an unknown customer it holds the
        probability of somebody drawn from the population, and so takes in how much customers differ.

        Args:
            attributes: first option's less the second's, (n, k), in the units of the training.
            customer: codes of the training, or -1 for somebody unknown, (n,).

        Returns:
            Probability (the posterior mean), lower and upper limit, (n,) each.

        Raises:
            ValueError: attributes of another width or not finite, or a customer that isn't there.
        """
        x, codes = self._checked(attributes, customer)
        out = np.empty((3, len(x)))
        for first in range(0, len(x), 500):
            part = slice(first, first + 500)
            centre, scale = self._log_odds(x[part], codes[part])
            chance = expit(centre[..., None] + scale[..., None] * NODES)
            flat = chance.transpose(1, 0, 2).reshape(centre.shape[1], -1)
            out[0, part] = flat.mean(1)
            out[1:, part] = np.quantile(flat, [0.025, 0.975], axis=1)
        return out[0], out[1], out[2]

    def draw_probabilities(
        self, attributes: npt.ArrayLike, customer: npt.ArrayLike, *, rng: np.random.Generator
    ) -> Floats:
        """Draw every row's probability from the posterior, jointly, so that means over groups can be taken of them.

        Rows of one profile share what adding up misses of it; unknown customers (-1) are each somebody else.

        Args:
            attributes, customer: as in `predict`.
            rng: for what isn't known by draws.

        Returns:
            Probabilities, (draws, n).

        Raises:
            ValueError: as `predict`.
        """
        x, codes = self._checked(attributes, customer)
        sign = orientation(x)
        centre, _ = self._log_odds(x, codes)
        fresh, which = np.unique(x * sign[:, None], axis=0, return_inverse=True)
        lack = rng.standard_normal((len(self.spread), len(fresh))) * self.spread[:, None]
        centre += sign * lack[:, which.ravel()]
        unknown = codes == UNKNOWN
        deviation = np.sqrt(self._variance(x[unknown])) * rng.standard_normal((len(self.spread), int(unknown.sum())))
        centre[:, unknown] += deviation
        drawn: Floats = expit(centre)
        return drawn

    def in_support(self, attributes: npt.ArrayLike) -> npt.NDArray[np.bool_]:
        """Say of which pairs the training can tell: (n,).

        Each attribute must lie in the range seen (of the pair or with its options exchanged), and the difference must
        be made of combinations that were seen: where two attributes only ever changed together, one alone is not.

        Args:
            attributes: differences, (n, k).
        """
        x, _ = self._checked(attributes, None)
        slack = 1e-9 * np.maximum(np.abs(self.low), np.abs(self.high)) + 1e-12
        inside = np.zeros(len(x), bool)
        for side in (x, -x):
            inside |= ((side >= self.low - slack) & (side <= self.high + slack)).all(1)
        size = np.where(self.identified, np.maximum(np.abs(self.low), np.abs(self.high)), 1.0)
        scaled = np.where(self.identified, x, 0.0) / size
        return np.asarray(inside & (np.abs(scaled - scaled @ self.span).max(1) < 1e-6))

    def shares(self, options: npt.ArrayLike) -> tuple[Floats, Floats, Floats]:
        """Forecast the market shares of options among the customers learned, and such as they are.

        The interval of 95 % takes in the posterior, that the customers are a sample, and what adding attributes up
        misses of an option (to first order). Each customer takes one.

        Args:
            options: attributes on one scale, in the units of the training, (j, k), j >= 2; only differences matter.

        Returns:
            Shares that sum up to 1, lower and upper limit, (j,) each.

        Raises:
            ValueError: fewer than two options, or of another width, or not finite.
        """
        x, _ = self._checked(options, None)
        if len(x) < 2:
            raise ValueError(f"{len(x)} option; shares are of two or more")
        customers = self.coefficients.shape[1]
        mean, within = np.empty((len(self.spread), len(x))), np.empty((len(self.spread), len(x)))
        for draw, b in enumerate(self.coefficients):
            chance = softmax(b @ x.T, axis=1)
            mean[draw] = chance.mean(0)
            slope = np.diag(mean[draw]) - chance.T @ chance / customers
            within[draw] = chance.var(0) / customers + self.spread[draw] ** 2 / 2 * (slope**2).sum(1)
        share = mean.mean(0)
        deviation = np.sqrt(mean.var(0) + within.mean(0))
        inner = np.clip(share, 1e-9, 1 - 1e-9)
        half, middle = Z * deviation / (inner * (1 - inner)), np.log(inner / (1 - inner))
        return share, expit(middle - half), expit(middle + half)

    def arrays(self) -> dict[str, Array]:
        """Everything learned, as plain arrays. No choice of anybody is among them, but coefficients of each are."""
        return {each.name: getattr(self, each.name) for each in fields(self)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array]) -> Self:
        """The model that `arrays` came from. Raises `KeyError` or `ValueError`."""
        return cls(**{each.name: arrays[each.name] for each in fields(cls)})

    def _checked(self, attributes: npt.ArrayLike, customer: npt.ArrayLike | None) -> tuple[Floats, Array]:
        x = np.asarray(attributes, np.float64)
        k = len(self.low)
        if x.ndim != 2 or x.shape[1] != k or not np.isfinite(x).all():
            raise ValueError(f"attributes of shape {x.shape}; finite numbers of shape (n, {k}) are accepted")
        codes = np.asarray(np.full(len(x), UNKNOWN) if customer is None else customer)
        most = self.coefficients.shape[1] - 1
        if codes.shape != (len(x),) or codes.dtype.kind not in "iu" or ((codes < UNKNOWN) | (codes > most)).any():
            raise ValueError(f"customers must be whole numbers from -1 to {most}, one a row of {len(x)}")
        return x, codes

    def _log_odds(self, x: Floats, codes: Array) -> tuple[Floats, Floats]:
        """The centre and the standard deviation of the log-odds, of each draw and row."""
        unknown = codes == UNKNOWN
        centre = np.empty((len(self.spread), len(x)))
        centre[:, unknown] = self.mean[:, 0] @ x[unknown].T
        centre[:, ~unknown] = np.einsum("nk,dnk->dn", x[~unknown], self.coefficients[:, codes[~unknown]])
        variance = np.repeat(self.spread[:, None] ** 2, len(x), axis=1)
        variance[:, unknown] += self._variance(x[unknown])
        return centre, np.sqrt(variance)

    def _variance(self, x: Floats) -> Floats:
        """How much log-odds vary between customers, whatever their demographics, (draws, n)."""
        told = np.einsum("dmk,nk->dnm", self.mean[:, 1:], x)
        between = np.einsum("nk,dkl,nl->dn", x, self.sigma, x, optimize=True)
        total: Floats = between + np.einsum("dnm,mp,dnp->dn", told, self.correlation, told, optimize=True)
        return np.maximum(total, 0.0)


def fit_choice(
    attributes: npt.ArrayLike,
    outcome: npt.ArrayLike,
    customer: npt.ArrayLike,
    *,
    demographics: npt.ArrayLike | None = None,
    rng: np.random.Generator,
    progress: Progress = silent,
) -> ChoiceModel:
    """Learn each customer's coefficients, and the population's, from choices between two options.

    How far a customer is drawn to the population has a posterior, so nothing is tuned. What adding up misses of pairs
    is learned in a first pass that gives each pair an effect, and only widens what is said: coefficients learned beside
    such effects predicted new pairs worse (docs/design/2026-11-27-choice.md). An attribute that never varies is kept at
    0 (see `ChoiceModel.identified`).

    Args:
        attributes: first option's less the second's, (n, k), any unit.
        outcome: 1 where the first was taken, else 0, (n,).
        customer: whose choice it was, codes from 0, (n,). One without choices is as the population.
        demographics: of each customer, (customers, m), on which the mean may depend. None: it depends on none.
        rng: the randomness.
        progress: told "learning" from 0 to 1; may stop it by `KeyboardInterrupt`.

    Raises:
        DataError: anything that can't be learned from, by its value.
    """
    data = read_panel(attributes, outcome, customer, demographics)
    panel, varies = data.panel, data.varies
    customers, k, m = len(panel.start) - 1, len(varies), panel.z.shape[1]
    sweeps = int(np.clip(WORK // len(panel.half), LEAST_SWEEPS, MOST_SWEEPS))
    kept = int(np.clip(MOST_KEPT // (customers * k), LEAST_DRAWS, DRAWS))
    spread = _learn_spread(panel, kept, rng, progress)
    chosen = set(_places(sweeps, kept))
    b = np.zeros((kept, customers, k), np.float32)
    mean, sigma = np.zeros((kept, m, k)), np.zeros((kept, k, k))
    draw = 0
    for sweep, state in enumerate(draw_states(panel.without_profiles(), sweeps, rng)):
        if sweep % 20 == 0:
            progress("learning", sweep / sweeps)
        if sweep in chosen:
            b[draw][:, varies] = state.b / data.size
            mean[draw][:, varies] = state.d / data.size
            sigma[draw][np.ix_(varies, varies)] = np.linalg.inv(state.precision) / np.outer(data.size, data.size)
            draw += 1
    progress("learning", 1.0)
    return ChoiceModel(b, mean, sigma, spread, data.low, data.high, data.span, data.correlation)


def _places(sweeps: int, kept: int) -> list[int]:
    """Which sweeps are kept: evenly, of the last two thirds."""
    return [int(place) for place in np.linspace(sweeps // 3, sweeps - 1, kept)]


def _learn_spread(panel: Panel, kept: int, rng: np.random.Generator, progress: Progress) -> Floats:
    """Draws of what adding up misses, (kept,)."""
    if panel.profiles == 0:
        return np.zeros(kept)
    spread = np.empty(LEAST_SWEEPS)
    for sweep, state in enumerate(draw_states(panel, LEAST_SWEEPS, rng)):
        if sweep % 20 == 0:
            progress("looking for what adding up misses", sweep / LEAST_SWEEPS)
        spread[sweep] = state.tau
    drawn: Floats = spread[_places(LEAST_SWEEPS, kept)]
    return drawn
