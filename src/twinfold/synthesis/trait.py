"""Traits: what rows that are pointed to are, in a few coarse codes."""

from typing import Any, Self

import numpy as np
import numpy.typing as npt
import polars as pl
from pydantic import BaseModel, ConfigDict, Field, model_validator

from twinfold.synthesis.clock import Binning
from twinfold.synthesis.differences import read_numbers
from twinfold.tables.schema import Column
from twinfold.tables.values import to_values

Array = npt.NDArray[Any]

MOST_CODES = 8
"""The bins or levels of a trait, at most."""


class Trait(BaseModel):
    """A column of pointed rows in a few codes: its commonest levels and one for all others, or bins between `edges`.

    The last code is that of a missing value.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    column: str
    levels: tuple[str, ...] = Field(default=(), max_length=MOST_CODES)
    edges: tuple[float, ...] = Field(default=(), max_length=MOST_CODES)

    @model_validator(mode="after")
    def _check(self) -> Self:
        Binning.restored(np.array(self.edges, np.float64))
        if bool(self.levels) == bool(self.edges):
            raise ValueError("a trait without codes")
        return self

    @property
    def cardinality(self) -> int:
        """How many codes there are."""
        return len(self.levels or self.edges) + 2

    @classmethod
    def of(cls, series: pl.Series, column: Column, owners: Array, min_count: int) -> Self | None:
        """The trait that a stored column makes; None where it would have one code.

        A level is told that `min_count` of the rows' `owners` hold, and an edge is nobody's value.
        """
        if column.kind.numeric:
            numbers = read_numbers(pl.DataFrame({column.name: series}), column)
            edges = Binning.of(numbers, owners, most=MOST_CODES).edges
            return cls(column=column.name, edges=tuple(edges)) if len(edges) else None
        held = pl.DataFrame({"level": to_values(series, column).cast(pl.String), "owner": owners}).drop_nulls()
        counts = held.group_by("level").agg(pl.len().alias("rows"), pl.col("owner").n_unique().alias("owners"))
        known = counts.filter(pl.col("owners") >= min_count).sort("rows", "level", descending=[True, False])
        levels = tuple(known["level"][: MOST_CODES - 1].to_list())
        return cls(column=column.name, levels=levels) if levels and counts.height > 1 else None

    def encode(self, series: pl.Series, column: Column) -> npt.NDArray[np.int64]:
        """The codes of a stored column, (rows,)."""
        if self.edges:
            numbers = read_numbers(pl.DataFrame({column.name: series}), column)
            return Binning(np.array(self.edges)).encode(numbers).astype(np.int64)
        values = to_values(series, column).cast(pl.String)
        codes = values.replace_strict(list(self.levels), list(range(len(self.levels))), default=len(self.levels))
        return codes.set(values.is_null(), len(self.levels) + 1).cast(pl.Int64).to_numpy()
