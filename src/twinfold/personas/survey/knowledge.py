"""What is known of customers by name: their own columns, and what their rows in other tables amount to."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from twinfold.errors import DataError, SpecificationError, unknown_name
from twinfold.evaluation.alignment import MISSING, text
from twinfold.personas.memory.memory import Memory
from twinfold.personas.people import Feature, People
from twinfold.tables.schema import Column
from twinfold.tables.values import format_value, to_numbers

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]


class Knowledge:
    """What can be asked for by its name.

    Args:
        memory: of all customers.
        people: the same with what their rows amount to; None where there are too few, or no other tables.
        order: the place in `memory` of each of `people`, (customers,).
    """

    def __init__(self, memory: Memory, people: People | None, order: npt.NDArray[np.int64]) -> None:
        self.memory, self._order = memory, order
        own = {column.name for column in memory.people.columns}
        every = people.every if people is not None and memory.histories else ()
        self._summaries: dict[str, Feature] = {
            name: feature for feature in every if not feature.own for name in (feature.name, feature.label)
        }
        self.names = (*sorted(own), *self._summaries)

    def column(self, name: str, place: str) -> Column:
        """How a column's values are written. Raises `SpecificationError` where there is none; `place` asks for it."""
        if name in self._summaries:
            return self._summaries[name].column
        for column in self.memory.people.columns:
            if column.name == name:
                return column
        raise SpecificationError(
            f"{place}: {unknown_name('column', name, self.names, among=f'what is known of {self.memory.people.name}')}"
        )

    def numbers(self, name: str) -> Floats | None:
        """The numbers of a column, (customers,), NaN where missing; None where it holds none. 0 and 1 may be text."""
        if name in self._summaries:
            feature = self._summaries[name]
            found = feature.numbers if feature.numbers is not None else _read(read_levels(feature.levels))
            return None if found is None else self._ordered(found)
        if self.column(name, "").kind.numeric:
            return to_numbers(self.memory.people.values(name))
        return _read(read_levels(self.memory.people.values(name)))

    def levels(self, name: str) -> pl.Series:
        """The values of a column as people read them, (customers,), null where missing."""
        if name in self._summaries:
            feature = self._summaries[name]
            if feature.levels is not None:
                own = read_levels(feature.levels)
                return own[np.argsort(self._order)]
            return write_numbers(self._ordered(np.asarray(feature.numbers)), feature.column)
        column = self.column(name, "")
        if column.kind.numeric:
            return write_numbers(to_numbers(self.memory.people.values(name)), column)
        return read_levels(self.memory.people.values(name))

    @cached_property
    def all_numbers(self) -> dict[str, Floats]:
        """All that holds numbers, by name, as a formula may use it."""
        found = {name: self.numbers(name) for name in self.names}
        return {name: each for name, each in found.items() if each is not None}

    def _ordered(self, values: Floats) -> Floats:
        out = np.full(self.memory.count, np.nan)
        out[self._order] = values
        return out


def order_of(people: People, memory: Memory) -> npt.NDArray[np.int64]:
    """The place in a memory of each of the same people, (people,). Raises `DataError` where they can't be matched."""
    if not memory.histories:
        return np.arange(memory.count)
    key = people.table.key
    if key is None or people.frame[key].null_count() or people.frame[key].is_duplicated().any():
        raise DataError(
            f"{people.table.name} has no key of its own; give one column that tells customers apart, so that "
            "what their rows amount to can be told of them"
        )
    return np.array([memory.place[name] for name in people.frame[key].cast(pl.String)], np.int64)


def read_levels(values: pl.Series | None) -> pl.Series:
    """Values that are no numbers as people read them, null where missing."""
    assert values is not None
    return text(values).replace(MISSING, None)


def _read(levels: pl.Series) -> Floats | None:
    """Levels as numbers; None where some are none."""
    read = levels.cast(pl.Float64, strict=False)
    if read.null_count() > levels.null_count() or not len(levels.drop_nulls()):
        return None
    return read.fill_null(float("nan")).to_numpy()


def write_numbers(numbers: Floats, column: Column | None) -> pl.Series:
    """Numbers as people read them, null where NaN, each different one written once; None are of no column."""
    different, place = np.unique(numbers, return_inverse=True)
    written = [
        None if np.isnan(each) else f"{each:,.6g}" if column is None else format_value(each, column)
        for each in different.tolist()
    ]
    return pl.Series(np.array(written, object)[place].tolist(), dtype=pl.String)
