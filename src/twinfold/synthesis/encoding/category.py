"""Categories as codes: a code for each level that enough rows hold, one for all rarer levels, one for missing."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import polars as pl

from twinfold.synthesis.conditions.admitted import AdmittedLevels

Array = npt.NDArray[Any]
MAX_LEVELS, MAX_CHARACTERS = 5_000, 10_000


@dataclass(frozen=True)
class CategoryEncoding:
    """How one column of categories became codes: its common levels in order, then the rare ones' code, then missing.

    Attributes:
        levels: the levels that at least `min_count` rows hold, sorted, in the type of the values.
        has_rare, has_missing: whether there are such rows.
        label: what stands for rare levels; None leaves their place to the common ones.
    """

    levels: tuple[Any, ...]
    has_rare: bool
    has_missing: bool
    label: str | None = None

    @property
    def cardinality(self) -> int:
        """How many codes there are."""
        return len(self.levels) + self.has_rare + self.has_missing

    @property
    def rare(self) -> int | None:
        """The code of rare levels, or None."""
        return len(self.levels) if self.has_rare else None

    @property
    def missing(self) -> int | None:
        """The code of a missing value, or None."""
        return self.cardinality - 1 if self.has_missing else None

    @property
    def rare_drawn(self) -> bool:
        """Whether rare rows are drawn as such: under their label, or as missing where there is no common level."""
        return self.has_rare and (self.label is not None or not self.levels)

    @property
    def ordered(self) -> bool:
        """Whether the order of codes means anything: where levels are numbers."""
        return bool(self.levels) and not isinstance(self.levels[0], str | bool)

    def encode(self, values: pl.Series) -> Array:
        """Codes, uint16, of values, null where missing; both of shape (rows,). A level not learned counts as rare."""
        other = len(self.levels) if self.has_rare else max(len(self.levels) - 1, 0)
        missing = self.cardinality - 1 if self.has_missing else other
        codes = pl.Series([other], dtype=pl.UInt16).new_from_index(0, len(values))
        if self.levels:
            levels = pl.Series(list(self.levels)).cast(values.dtype)
            places = pl.Series(np.arange(len(levels), dtype=np.uint16))
            codes = values.replace_strict(levels, places, default=other, return_dtype=pl.UInt16)
        out: Array = codes.to_numpy().copy()
        out[values.is_null().to_numpy()] = missing
        return out

    def decode(self, codes: Array, rng: np.random.Generator) -> pl.Series:  # noqa: ARG002 - all encodings decode alike
        """Values, null where missing, of codes; both of shape (rows,)."""
        values = [*self.levels, *([self.label] if self.has_rare else []), *([None] if self.has_missing else [])]
        nothing = all(value is None for value in values)  # of too few values to show any
        return pl.Series(values, dtype=pl.Int64 if nothing else None).gather(codes)

    def restrict(self, admitted: AdmittedLevels) -> tuple[Self, npt.NDArray[np.float32]]:
        """The encoding itself, and which codes are admitted, 0 or 1. Rare levels are admitted under their label."""
        wanted = [(level in admitted.levels) != admitted.excluded for level in self.levels]
        if self.has_rare:
            shown = self.label is not None and (self.label in admitted.levels) != admitted.excluded
            wanted.append(shown if self.levels else admitted.null or shown)
        if self.has_missing:
            wanted.append(admitted.null)
        return self, np.array(wanted, np.float32)

    def state(self) -> dict[str, Any]:
        """Everything learned, as settings for JSON."""
        return {"levels": list(self.levels), "rare": self.has_rare, "missing": self.has_missing, "label": self.label}

    @classmethod
    def from_state(cls, settings: Mapping[str, Any]) -> Self:
        """The encoding that `state` came from. Raises `ValueError` where it could not have come from one."""
        levels, label = tuple(settings["levels"]), settings["label"]
        made = cls(levels, bool(settings["rare"]), bool(settings["missing"]), label)
        if len({type(level) for level in levels}) > 1 or not 1 <= made.cardinality <= MAX_LEVELS + 2:
            raise ValueError("categories that don't fit together")
        if not all(isinstance(level, str | bool | int | float) for level in levels) or not isinstance(
            label, str | None
        ):
            raise ValueError("categories of an unknown type")
        if any(len(text) > MAX_CHARACTERS for text in (*levels, label) if isinstance(text, str)):
            raise ValueError(f"a category of more than {MAX_CHARACTERS:,} characters")
        return made


def learn_category(
    values: pl.Series, *, label: str | None, min_count: int, owners: Array | None = None
) -> CategoryEncoding:
    """Learn how to encode values, null where missing, shape (rows,).

    `min_count`: how many rows, or of `owners`, (rows,), how many different ones, must hold a level before it may come
    out as itself; one of more than 10,000 characters never does. Of no rows all are missing. `label`: see
    `CategoryEncoding`.
    """
    column = "level"
    if owners is None:
        counts = values.drop_nulls().alias(column).value_counts(name="count")
    else:
        held = pl.DataFrame({column: values, "owner": owners}).drop_nulls()
        counts = held.group_by(column).agg(count=pl.col("owner").n_unique())
    textual = values.dtype == pl.String
    shown = pl.col("count") >= min_count
    if textual:
        shown &= pl.col(column).str.len_chars() <= MAX_CHARACTERS
    common = counts.filter(shown).top_k(MAX_LEVELS, by="count")
    levels = tuple(common[column].sort().to_list())
    return CategoryEncoding(
        levels=levels,
        has_rare=common.height < counts.height,
        has_missing=values.null_count() == len(values) or values.null_count() > 0,
        label=(label if levels else label or "(other)") if textual else None,
    )
