"""Choices as they are handed in, checked and laid out for learning."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from twinfold.behaviour.choice_sampler import Panel
from twinfold.errors import DataError

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]

LEAST_CHOICES, LEAST_CUSTOMERS = 20, 2
"""Fewer choices or customers aren't learned from."""

SHARED = 30
"""A difference that so many choices were about is a profile, which may have an effect of its own."""


@dataclass(frozen=True)
class ChoiceData:
    """A panel over the attributes that vary, in units of their usual step, `size` (varying,), and what it came from.

    `varies` (k,), `low` and `high` (k,), `span` (k, k), `correlation` (m, m).
    """

    panel: Panel
    size: Floats
    varies: npt.NDArray[np.bool_]
    low: Floats
    high: Floats
    span: Floats
    correlation: Floats


def orientation(x: Floats) -> Floats:
    """1 where a row's first number that isn't 0 is positive, or none is, and else -1, (n,)."""
    leading = x[np.arange(len(x)), (x != 0).argmax(1)]
    return np.where(leading < 0, -1.0, 1.0)


def read_panel(
    attributes: npt.ArrayLike, outcome: npt.ArrayLike, customer: npt.ArrayLike, demographics: npt.ArrayLike | None
) -> ChoiceData:
    """Check what `fit_choice` is given and lay it out by customer. Raises `DataError`."""
    x = _numbers(attributes, "attributes", 2)
    y = _outcome(outcome, len(x))
    codes = _customers(customer, len(x))
    low, high = x.min(0), x.max(0)
    varies = low < high
    if not varies.any():
        raise DataError(f"none of {x.shape[1]} attributes varies; give choices whose options differ in at least one")
    customers = int(codes.max()) + 1
    z, correlation = _demographics(demographics, customers)
    order = np.argsort(codes, kind="stable")
    x, y, codes = x[order], y[order], codes[order]
    sign = orientation(x)
    rows, which, count = np.unique(x * sign[:, None] + 0.0, axis=0, return_inverse=True, return_counts=True)
    shared = (count >= SHARED) & (rows[:, varies] != 0).any(1)
    number = np.where(shared, np.cumsum(shared) - 1, -1)
    largest = np.abs(x[:, varies]).max(0)
    square = (x[:, varies] ** 2).sum(0) / (x[:, varies] != 0).sum(0)
    size = np.sqrt(square)
    start = np.searchsorted(codes, np.arange(customers + 1)).astype(np.int64)
    scaled = np.ascontiguousarray(x[:, varies] / size)
    panel = Panel(scaled, y - 0.5, start, z, number[which.ravel()].astype(np.int64), sign, int(shared.sum()))
    span = np.zeros((len(varies), len(varies)))
    span[np.ix_(varies, varies)] = _projection(x[:, varies] / largest)
    return ChoiceData(panel, size, varies, low, high, span, correlation)


def _projection(x: Floats) -> Floats:
    """The projection on the space that rows of `x` span, (k, k)."""
    values, vectors = np.linalg.eigh(x.T @ x / len(x))
    kept = vectors[:, values > 1e-10 * values.max()]
    projection: Floats = kept @ kept.T
    return projection


def _numbers(given: npt.ArrayLike, what: str, dimensions: int) -> Floats:
    try:
        array = np.asarray(given, np.float64)
    except (TypeError, ValueError):
        raise DataError(f"{what} hold something that is no number; turn it into numbers first") from None
    if array.ndim != dimensions or 0 in array.shape:
        raise DataError(f"{what} of shape {array.shape}; give {dimensions} dimensions, none of them empty")
    if not np.isfinite(array).all():
        place = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
        raise DataError(f"{what} hold {array[place]} at {place}; give finite numbers, or leave such rows out")
    return array


def _outcome(given: npt.ArrayLike, rows: int) -> Floats:
    y = _numbers(given, "outcomes", 1)
    if len(y) != rows:
        raise DataError(f"{len(y)} outcomes for {rows} rows of attributes; give one a row")
    other = y[(y != 0) & (y != 1)]
    if len(other):
        raise DataError(f"outcome {other[0]:g} is neither 0 nor 1; give 1 where the first option was taken, else 0")
    if len(y) < LEAST_CHOICES:
        raise DataError(f"{len(y)} choices are too few; give at least {LEAST_CHOICES}")
    if y.min() == y.max():
        raise DataError(f"all {len(y)} outcomes are {y[0]:g}; give choices of both kinds, or exchange some options")
    return y


def _customers(given: npt.ArrayLike, rows: int) -> npt.NDArray[np.int64]:
    codes = np.asarray(given)
    if codes.shape != (rows,) or codes.dtype.kind not in "iu":
        raise DataError(
            f"customers of shape {codes.shape} and type {codes.dtype}; give {rows} whole numbers, one a row"
        )
    if codes.min() < 0:
        raise DataError(f"customer {codes.min()} is negative; number customers from 0")
    found = len(np.unique(codes))
    if found < LEAST_CUSTOMERS:
        raise DataError(f"choices of {found} customer; give those of at least {LEAST_CUSTOMERS}")
    if codes.max() >= 10 * rows:
        raise DataError(f"customer {codes.max()} among {rows} choices; number customers from 0 without gaps")
    return codes.astype(np.int64)


def _demographics(given: npt.ArrayLike | None, customers: int) -> tuple[Floats, Floats]:
    """Ones, then standardised columns, (customers, 1 + m), and the columns' correlation, (m, m)."""
    if given is None:
        return np.ones((customers, 1)), np.zeros((0, 0))
    columns = _numbers(given, "demographics", 2)
    if len(columns) != customers:
        raise DataError(f"demographics of {len(columns)} customers for {customers}; give one row a customer code")
    deviation = columns.std(0)
    standard = (columns - columns.mean(0)) / np.where(deviation > 0, deviation, 1.0)
    return np.column_stack([np.ones(customers), standard]), standard.T @ standard / customers
