"""Dates that stand for no one's: uniform over the years that many rows share."""

from typing import Literal

import numpy as np
import polars as pl
from pydantic import BaseModel, ConfigDict, Field, model_validator

from twinfold.tables import dates
from twinfold.tables.filling.rows import Rows

_YEARS = (1, 9998)


class DateForm(BaseModel):
    """Days, and times of day where `timed`, of the years `first` to `last`; as text in `format` where that is given."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: Literal["date"] = "date"
    first: int = Field(ge=_YEARS[0])
    last: int = Field(le=_YEARS[1])
    timed: bool
    format: str | None

    @model_validator(mode="after")
    def _in_order(self) -> "DateForm":
        if self.first > self.last:
            raise ValueError(f"dates from {self.first} to {self.last}")
        return self

    def make(self, rows: Rows) -> pl.Series:
        """Moments, or their text."""
        start, end = (np.datetime64(f"{year:04d}-01-01", "s") for year in (self.first, self.last + 1))
        step = 1 if self.timed else 86_400
        count = int((end - start) // np.timedelta64(step, "s"))
        moments = start + rows.below(count, 1).astype(np.int64) * np.timedelta64(step, "s")
        series = pl.Series(moments.astype("datetime64[us]"))
        return dates.render(series, self.format) if self.format else series


def learn_date(values: pl.Series, min_count: int, format: str | None) -> DateForm:
    """The first and last year that at least `min_count` distinct moments share."""
    counts = values.dt.year().alias("year").value_counts(name="rows").filter(pl.col("rows") >= min_count)
    years = counts.to_series(0).clip(*_YEARS)
    timed = values.dtype != pl.Date and bool((values.dt.truncate("1d") != values).any())
    return DateForm(
        first=int(years.min()) if len(years) else 1970,  # type: ignore[arg-type]  # years are integers
        last=int(years.max()) if len(years) else 2000,  # type: ignore[arg-type]
        timed=timed,
        format=format,
    )
