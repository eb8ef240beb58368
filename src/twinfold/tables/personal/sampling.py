"""A small, always equal sample of a column's values, as text."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl

_ROWS = 20_000
_VALUES = 1_000
_CHARACTERS = 2_000
_LEVELS, _REPEATED = 20, 2
_MISSING = frozenset(
    {"", "?", "-", "--", ".", "n/a", "na", "nan", "null", "none", "unknown", "missing", "not available"}
)


@dataclass(frozen=True)
class Sample:
    """Distinct values of a column.

    Attributes:
        values: at most 1,000 of them, at random, without marks of missing values; the first 2,000 characters of each.
        distinct: how many there are among the rows looked at.
        repeated: mean number of those rows that hold a value.
        integer: whether they were stored as numbers, so that leading zeros are lost.
    """

    values: tuple[str, ...]
    distinct: int
    repeated: float
    integer: bool

    @property
    def levels(self) -> bool:
        """Whether there are few values, each in many rows: then names and streets are mostly of towns and branches."""
        return self.distinct <= _LEVELS and self.repeated > _REPEATED

    def share(self, test: Callable[[str], object]) -> float:
        """Share of the values that pass a test."""
        return sum(map(bool, map(test, self.values))) / len(self.values)


def texts(series: pl.Series) -> pl.Series | None:
    """The present values as text: integers, floats that are integers, and text itself; None for any other type."""
    present = series.drop_nulls()
    dtype = series.dtype
    if dtype.is_float():
        present = present.filter(present.is_finite())
        head = present.head(_VALUES)
        if not (head == head.round()).all() or not (present == present.round()).all():
            return None
        # Beyond 2^53 a float no longer holds every integer, beyond 2^63 it does not fit one.
        present = present.filter(present.abs() < 2.0**63).cast(pl.Int64)
    if dtype.is_integer() or dtype.is_float():
        return present.cast(pl.String)
    if dtype == pl.String or dtype in (pl.Categorical, pl.Enum):
        return present.cast(pl.String)
    return None


def take_sample(series: pl.Series) -> Sample | None:
    """Sample a column; None where nothing in it could be personal data."""
    if len(series) > 2 * _ROWS:
        kept = np.sort(np.random.default_rng(0).choice(len(series), 2 * _ROWS, replace=False))
        narrowed = series.gather(kept)
        series = narrowed if narrowed.null_count() < _ROWS else series.drop_nulls().head(_ROWS)
    present = texts(series)
    if present is None:
        return None
    present = present.head(_ROWS).str.strip_chars().str.slice(0, _CHARACTERS)
    present = present.filter(~present.str.to_lowercase().is_in(list(_MISSING)))
    unique = present.unique(maintain_order=True)
    if not len(unique):
        return None
    chosen = unique if len(unique) <= _VALUES else unique.sample(_VALUES, seed=0)
    return Sample(tuple(chosen), len(unique), len(present) / len(unique), series.dtype.is_numeric())
