"""Columns that are never learned (identifiers, personal data, free text): only whether a value is there is a code."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import polars as pl

from twinfold.tables.filling.form import Form, fill

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class FilledEncoding:
    """A column of made-up values of the right form, absent as often and for the same customers as the real ones.

    Code 0: there; code 1: missing.
    """

    form: Form
    has_missing: bool

    @property
    def cardinality(self) -> int:
        """How many codes there are."""
        return 1 + self.has_missing

    def encode(self, values: pl.Series) -> Array:
        """Codes, uint16, of stored values, null where missing; both of shape (rows,)."""
        return values.is_null().to_numpy().astype(np.uint16) * np.uint16(self.has_missing)

    def decode(self, codes: Array, *, start: int, seed: int) -> pl.Series:
        """Stored values, null where missing, for the rows from number `start` of the stream that `seed` names."""
        filled = fill(self.form, len(codes), start=start, seed=seed)
        return filled.set(pl.Series(codes == 1), None) if self.has_missing else filled

    def state(self) -> dict[str, Any]:
        """Everything learned, as settings for JSON."""
        return {"form": self.form.model_dump(mode="json"), "missing": self.has_missing}

    @classmethod
    def from_state(cls, settings: Mapping[str, Any]) -> Self:
        """The encoding that `state` came from. Raises `ValueError` where it could not have come from one."""
        return cls(Form.model_validate(settings["form"]), bool(settings["missing"]))
