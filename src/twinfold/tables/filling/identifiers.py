"""Identifiers: numbers in sequence or of one width, and texts of learned templates, none of them twice."""

from typing import Literal

import numpy as np
import numpy.typing as npt
import polars as pl
from pydantic import BaseModel, ConfigDict, Field, model_validator

from twinfold.tables.filling.rows import Numbers, Rows
from twinfold.tables.filling.templates import (
    MOST_TEMPLATES,
    Matrix,
    Template,
    join,
    learn_templates,
    numbered,
    spell,
)

_BLOCK = 1000
_SAMPLE = 50_000
_LARGEST = 2**62


class SequenceForm(BaseModel):
    """Integers: counted from `first`, or `scattered` over all of `first`'s width (and over the next when that is full).

    `last`: the largest that the column can store; beyond it the numbers begin again.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: Literal["sequence"] = "sequence"
    first: int = Field(ge=0, le=_LARGEST)
    scattered: bool
    last: int = Field(ge=0, le=_LARGEST)

    @model_validator(mode="after")
    def _in_order(self) -> "SequenceForm":
        if self.first > self.last:
            raise ValueError(f"a sequence from {self.first} to {self.last}")
        return self

    def make(self, rows: Rows) -> pl.Series:
        """Integers of 64 bits."""
        span = self.last - self.first + 1
        if not self.scattered:
            index = rows.index % np.uint64(min(span, 2**63))
            return pl.Series((index + np.uint64(self.first)).astype(np.int64))
        numbers = np.empty(len(rows), np.int64)
        start, low, width = 0, self.first, 10 ** len(str(self.first)) - self.first
        index = rows.index % np.uint64(span)
        while start < span:
            size = min(width, self.last - low + 1)
            inside = (index >= start) & (index < start + size)
            if inside.any():
                scattered = rows.permute(index[inside] - np.uint64(start), size, len(str(low)))
                numbers[inside] = (scattered + np.uint64(low)).astype(np.int64)
            start, low = start + size, low + width
            width = 9 * low
        return pl.Series(numbers)


class PatternForm(BaseModel):
    """Texts of templates. `unique`: no text twice, longer ones once a template is used up."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: Literal["pattern"] = "pattern"
    templates: tuple[Template, ...] = Field(min_length=1, max_length=MOST_TEMPLATES)
    unique: bool = True

    @model_validator(mode="after")
    def _some_used(self) -> "PatternForm":
        if not sum(template.weight for template in self.templates):
            raise ValueError("templates of which none is used")
        return self

    def make(self, rows: Rows) -> pl.Series:
        """Texts of the templates."""
        if not self.unique:
            chosen = rows.pick([template.weight for template in self.templates], 1)
            return _gather(
                rows, chosen, [self._random(t, rows.where(chosen == i)) for i, t in enumerate(self.templates)]
            )
        chosen, rank = self._places(rows)
        spaces = np.array([numbered(template) for template in self.templates], np.uint64)
        full = rank >= spaces[chosen]
        chosen[full] = len(self.templates)
        parts = [
            spell(template, rows.permute(rank[chosen == i], int(spaces[i]), 2 + i), rows.where(chosen == i))
            for i, template in enumerate(self.templates)
        ]
        kept = ~full
        series = _gather(rows.where(kept), chosen[kept], parts)
        if not full.any():
            return series
        return _gather_series(full, series, self._overflow(rows.where(full)))

    def _random(self, template: Template, rows: Rows) -> Matrix:
        return spell(template, rows.below(numbered(template), 2), rows)

    def _places(self, rows: Rows) -> tuple[npt.NDArray[np.intp], Numbers]:
        """The template of each row, and how many rows before it have that template."""
        counts = [template.weight for template in self.templates]
        order = Rows(np.arange(sum(counts), dtype=np.uint64), rows.key).bits(0).argsort()
        template_at = np.repeat(np.arange(len(counts)), counts)[order]
        rank_at = np.empty(len(order), np.uint64)
        for i, count in enumerate(counts):
            rank_at[template_at == i] = np.arange(count, dtype=np.uint64)
        block, place = np.divmod(rows.index, np.uint64(len(order)))
        chosen = template_at[place.astype(np.intp)]
        return chosen, block * np.array(counts, np.uint64)[chosen] + rank_at[place.astype(np.intp)]

    def _overflow(self, rows: Rows) -> pl.Series:
        """Longer texts for rows whose template is used up: as long as the row's number needs."""
        largest = max(self.templates, key=lambda template: (template.space, template.shape))
        shapes = {template.shape for template in self.templates}
        pending = np.ones(len(rows), bool)
        parts, chosen = [], np.zeros(len(rows), np.intp)
        longer = 0
        while pending.any():
            longer += 1
            template = largest.longer(longer)
            space = numbered(template)
            if template.shape in shapes:
                continue
            now = pending & (rows.index < space)
            part = rows.where(now)
            parts.append(spell(template, rows.permute(part.index, space, 100 + longer), part))
            chosen[now] = len(parts) - 1
            pending &= ~now
        return _gather(rows, chosen, parts)


def _gather(rows: Rows, chosen: npt.NDArray[np.intp], parts: list[Matrix]) -> pl.Series:
    """Texts of several lengths, `parts[i]` for the rows where `chosen` is i, in the order of the rows."""
    if len(parts) == 1:
        return join(parts[0])
    joined = pl.concat([join(part) for part in parts])
    place = np.empty(len(rows), np.int64)
    place[np.argsort(chosen, kind="stable")] = np.arange(len(rows))
    return joined.gather(place)


def _gather_series(second: npt.NDArray[np.bool_], first_values: pl.Series, second_values: pl.Series) -> pl.Series:
    place = np.empty(len(second), np.int64)
    place[~second] = np.arange(len(first_values))
    place[second] = len(first_values) + np.arange(len(second_values))
    return pl.concat([first_values, second_values]).gather(place)


def learn_sequence(values: pl.Series, last: int) -> SequenceForm:
    """What integers to count or scatter, from how many distinct ones there are and how wide they are."""
    values = values.abs() if values.dtype.is_signed_integer() else values
    if values.is_empty():
        return SequenceForm(first=min(1, last), scattered=False, last=last)
    low, high = int(values.min()), int(values.max())  # type: ignore[arg-type]  # integers have integer bounds
    dense = high - low < 10 * len(values)
    if dense and (low <= 1 or low * 10 <= high):
        return SequenceForm(first=min(low, 1, last), scattered=False, last=last)
    usual = values.cast(pl.String).str.len_chars().mode().min()
    width = len(str(low)) if dense else int(usual)  # type: ignore[arg-type]  # a number of characters
    first = 10 ** (width - 1) if width > 1 else 1
    return SequenceForm(first=min(first, last), scattered=not dense, last=last)


def learn_pattern(values: pl.Series, min_count: int) -> PatternForm | SequenceForm:
    """The form of distinct texts: of digits without leading zeros, a sequence; otherwise templates."""
    if len(values) > _SAMPLE:
        values = values.sample(_SAMPLE, seed=0)
    plain = values.str.contains(r"^(0|[1-9][0-9]{0,17})$")
    if len(values) >= min_count and plain.all():
        return learn_sequence(values.cast(pl.Int64), _LARGEST)
    return PatternForm(templates=learn_templates(values, min_count))
