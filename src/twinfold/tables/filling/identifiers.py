"""Identifiers: numbers in sequence or of one width, and texts of learned templates, none of them twice."""

import itertools
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
    avoid,
    join,
    learn_templates,
    numbered,
    spell,
)

_SAMPLE = 50_000
_LARGEST = 2**62
_HARDLY = 1e6


class SequenceForm(BaseModel):
    """Integers: counted from `first`, or `scattered` over all of `first`'s width (and over the next when that is full).

    `last`: the largest that the column can store; beyond it the numbers begin again. `taken`: the first number that is
    passed over, for real ones lie above it, and the first that is not any more.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: Literal["sequence"] = "sequence"
    first: int = Field(ge=0, le=_LARGEST)
    scattered: bool
    last: int = Field(ge=0, le=_LARGEST)
    taken: tuple[int, int] | None = None

    @model_validator(mode="after")
    def _in_order(self) -> "SequenceForm":
        if self.taken is not None and not self.first < self.taken[0] <= self.taken[1] <= 10 * _LARGEST:
            raise ValueError(f"a sequence from {self.first} that passes over {self.taken[0]} to {self.taken[1]}")
        if self.first > self.last:
            raise ValueError(f"a sequence from {self.first} to {self.last}")
        return self

    def make(self, rows: Rows) -> pl.Series:
        """Integers of 64 bits."""
        ranges = self._ranges()
        span = sum(high - low + 1 for low, high in ranges)
        numbers = np.empty(len(rows), np.int64)
        index = rows.index % np.uint64(min(span, 2**63))
        start = 0
        for low, high in ranges:
            size = high - low + 1
            inside = (index >= start) & (index < start + size)
            if inside.any():
                place = index[inside] - np.uint64(start)
                place = rows.permute(place, size, len(str(low))) if self.scattered else place
                numbers[inside] = (place + np.uint64(low)).astype(np.int64)
            start += size
        return pl.Series(numbers)

    def _ranges(self) -> list[tuple[int, int]]:
        """The ranges of numbers, filled one after the other, of one width each where they are scattered."""
        spans = [(self.first, self.last)]
        if self.taken is not None:
            spans = [(self.first, min(self.taken[0] - 1, self.last)), (self.taken[1], self.last)]
        ranges = []
        for low, high in spans:
            while low <= high:
                top = min(10 ** len(str(low)) - 1, high) if self.scattered else high
                ranges.append((low, top))
                low = top + 1
        return ranges


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
    """What integers to count or scatter: of the width of the distinct ones that are there, and none of them.

    Counted ones go on above the highest, from a round number; scattered ones lie in the widest gap, its ends made
    round. Where neither holds as many as there are, numbers get longer; where the column's type is full, real ones
    come.
    """
    values = values.abs() if values.dtype.is_signed_integer() else values
    if values.is_empty():
        return SequenceForm(first=min(1, last), scattered=False, last=last)
    low, high = int(values.min()), int(values.max())  # type: ignore[arg-type]  # integers have integer bounds
    dense = high - low < 10 * len(values)
    usual = values.cast(pl.String).str.len_chars().mode().min()
    width = len(str(low)) if dense else int(usual)  # type: ignore[arg-type]  # a number of characters
    first = 10 ** (width - 1) if width > 1 else 1
    if dense:
        return _count(first, low, high, len(values), last)
    return _scatter(first, 10**width, values, last)


def _count(first: int, low: int, high: int, rows: int, last: int) -> SequenceForm:
    above = _round_up(high + 1, 10 ** max(1, len(str(high)) - 2))
    below = low // 10 ** max(0, len(str(low)) - 2) * 10 ** max(0, len(str(low)) - 2)
    if len(str(above + rows - 1)) > len(str(high)) and below - first >= rows and below <= last:
        return SequenceForm(first=first, scattered=False, last=last, taken=(below, above))
    if above + rows - 1 <= last:
        return SequenceForm(first=above, scattered=False, last=last)
    return SequenceForm(first=min(low, 1, last), scattered=False, last=last)


def _scatter(first: int, end: int, values: pl.Series, last: int) -> SequenceForm:
    """Numbers from `first` to below `end`, all of one width, without `values`."""
    end = min(end, last + 1)
    if end - first >= _HARDLY * len(values) ** 2:  # a number drawn will hardly be real
        return SequenceForm(first=first, scattered=True, last=last)
    inside = values.filter((values >= first) & (values < end)).sort().to_numpy().astype(np.int64)
    ends = np.concatenate([[first - 1], inside, [end]]).astype(np.int64)
    widest = int(np.diff(ends).argmax())
    low, high = int(ends[widest]) + 1, int(ends[widest + 1])
    unit = 10 ** max(0, len(str(max(high - low, 1))) - 2)
    low, high = _round_up(low, unit), high // unit * unit
    beyond = 10 ** len(str(int(values.max())))  # type: ignore[arg-type]  # integers have integer bounds
    if high - low >= len(values):
        return SequenceForm(first=low, scattered=True, last=last, taken=(high, beyond if beyond <= last else high))
    return SequenceForm(first=beyond if beyond + len(values) <= last else min(first, last), scattered=True, last=last)


def _round_up(number: int, unit: int) -> int:
    return -(-number // unit) * unit


def learn_pattern(values: pl.Series, min_count: int) -> PatternForm | SequenceForm:
    """The form of distinct texts: of digits without leading zeros, a sequence; otherwise templates, without the texts.

    Where too few texts of a template are nobody's, it gets longer by a digit.
    """
    plain = values.str.contains(r"^(0|[1-9][0-9]{0,17})$")
    if len(values) >= min_count and plain.all():
        return learn_sequence(values.cast(pl.Int64), _LARGEST)
    sample = values.sample(_SAMPLE, seed=0) if len(values) > _SAMPLE else values
    shapes = set(values.str.replace_all(r"[\p{L}\p{N}]", "x").unique())
    found: dict[str, Template] = {}
    for template in learn_templates(sample, min_count):
        tried = (avoid(wider, values, min_count) for wider in template.wider())
        kept = next(filter(None, tried), None) or _longer(template, shapes)
        same = found.get(kept.shape)
        found[kept.shape] = kept if same is None else same.model_copy(update={"weight": same.weight + kept.weight})
    return PatternForm(templates=tuple(found.values()))


def _longer(template: Template, shapes: set[str]) -> Template:
    """The template with as many more digits as give a shape that no text has."""
    longer = next(t for t in map(template.longer, itertools.count(1)) if t.shape not in shapes)
    return longer.model_copy(update={"weight": template.weight})
