"""Positive parameters by greatest likelihood, and how well they are known."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import optimize

Floats = npt.NDArray[np.float64]
Likelihood = Callable[[Floats], tuple[Floats, Floats]]

LOOSE = 1 / 9
"""The precision with which the log of any parameter is known before data: to a factor of e^3, one standard error."""

BOUND = 12.0
"""How far the log of a parameter may go."""


def estimate(
    likelihood: Likelihood, starts: Sequence[Sequence[float]], weight: Floats, *, greatest: Sequence[float] = ()
) -> tuple[Floats, Floats]:
    """The log parameters of greatest likelihood, (parameters,), and a covariance that holds though the model doesn't.

    Args:
        likelihood: of log parameters: the log likelihood of each row, (rows,), and its gradient, (rows, parameters).
        starts: parameters from each of which the descent begins; the best end counts.
        weight: shape (rows,), how many customers each row is.
        greatest: shape (parameters,), how large each may become; left out, as large as `BOUND` lets it.

    The covariance is White's (1982, "Maximum likelihood estimation of misspecified models"), its Hessian taken by
    differences of the gradient. What data don't tell keeps `LOOSE`, instead of an infinite variance.
    """
    share = weight / weight.sum()
    bounds = [(-BOUND, float(np.log(most))) for most in greatest] or [(-BOUND, BOUND)] * len(starts[0])

    def loss(logs: Floats) -> tuple[float, Floats]:
        value, slopes = likelihood(logs)
        return -float(share @ value), -share @ slopes

    def descend(start: Sequence[float]) -> optimize.OptimizeResult:
        options = {"ftol": 1e-15, "gtol": 1e-9, "maxiter": 1000, "maxfun": 2000}
        return optimize.minimize(loss, np.log(start), jac=True, method="L-BFGS-B", bounds=bounds, options=options)

    logs: Floats = min((descend(start) for start in starts), key=lambda end: float(end.fun)).x
    size, step = len(logs), 1e-4
    hessian = np.stack([(loss(logs + step * e)[1] - loss(logs - step * e)[1]) / (2 * step) for e in np.eye(size)])
    values, vectors = np.linalg.eigh(weight.sum() * (hessian + hessian.T) / 2 + LOOSE * np.eye(size))
    inverse = (vectors / np.maximum(values, LOOSE)) @ vectors.T
    scores = likelihood(logs)[1]
    covariance = inverse @ (scores.T @ (scores * weight[:, None]) + LOOSE * np.eye(size)) @ inverse
    return logs, (covariance + covariance.T) / 2


def gradient(function: Callable[[Floats], Floats], logs: Floats) -> Floats:
    """How a function of log parameters, (rows,), changes with each, by central differences; (rows, parameters)."""
    step = 1e-4
    return np.stack(
        [(function(logs + step * e) - function(logs - step * e)) / (2 * step) for e in np.eye(len(logs))], 1
    )


def check_estimates(arrays: Mapping[str, npt.NDArray[Any]], size: int) -> tuple[Floats, Floats]:
    """Parameters, (size,), and the covariance of their logs, as they came from a file.

    Raises:
        KeyError: one of them is missing.
        ValueError: one of another shape or type, not finite, parameters of 0 or less, a covariance that is none.
    """
    parameters, covariance = arrays["parameters"], arrays["covariance"]
    check_array("parameters", parameters, (size,))
    check_array("covariance", covariance, (size, size))
    if (parameters <= 0).any():
        raise ValueError("parameters that are not positive")
    if not np.allclose(covariance, covariance.T) or np.linalg.eigvalsh(covariance).min() < -1e-9:
        raise ValueError("covariance that is none")
    return parameters, covariance


def check_array(name: str, array: npt.NDArray[Any], shape: tuple[int, ...]) -> None:
    """Raise `ValueError` unless an array holds finite floats in such a shape."""
    if array.dtype != np.float64 or array.shape != shape:
        raise ValueError(f"{name} of the wrong shape or type")
    if not np.isfinite(array).all():
        raise ValueError(f"{name} not finite")
