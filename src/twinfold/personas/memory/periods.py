"""Periods: of which year, quarter, month, weekday or day a date is, as a column beside it ("paid_on by year")."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from twinfold.tables.schema import Column, Kind

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

PERIODS = {"year": "%Y", "quarter": "Q", "month": "%B %Y", "weekday": "%A", "day": "%Y-%m-%d"}
"""What dates are grouped by, and how each is written, in `strftime` directives."""

_BY = " by "


def name_period(column: str, period: str) -> str:
    """What the column is called that says of which year, quarter, month, weekday or day a date is."""
    return f"{column}{_BY}{period}"


def split_period(name: str, columns: Sequence[Column]) -> tuple[Column, str] | None:
    """The column of dates and the period that a name stands for; None where it stands for none."""
    base, _, period = name.rpartition(_BY)
    if period not in PERIODS:
        return None
    dates = (column for column in columns if column.name == base and column.kind in (Kind.DATE, Kind.DATETIME))
    return next(((column, period) for column in dates), None)


def write_periods(days: Floats, period: str) -> pl.Series:
    """Which period each day is of, in days since 1970 and NaN where unknown, (rows,), as text; null where unknown.

    >>> [write_periods(np.array([8523.5]), period)[0] for period in PERIODS]
    ['1993', 'Q2 1993', 'May 1993', 'Monday', '1993-05-03']
    """
    dates = pl.Series(np.floor(days)).fill_nan(None).cast(pl.Int32).cast(pl.Date)
    if period == "quarter":
        return pl.select(pl.format("Q{} {}", dates.dt.quarter(), dates.dt.year())).to_series()
    return dates.dt.strftime(PERIODS[period])
