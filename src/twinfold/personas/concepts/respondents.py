"""The respondents: whom a concept test asks, and who of them is of which persona."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from twinfold.behaviour.rows import as_text, hash_names
from twinfold.errors import DataError, OptionError, SpecificationError, unknown_name
from twinfold.personas.concepts.specification import Concepts
from twinfold.personas.portraits import REST, read_conditions
from twinfold.personas.segmentation import LEAST_PEOPLE
from twinfold.simulation.luck import TRAITS, draw_uniforms
from twinfold.synthesis.conditions import parse
from twinfold.tables.keys import find_own_key
from twinfold.tables.schema import Table

if TYPE_CHECKING:
    import numpy.typing as npt

    Flags = npt.NDArray[np.bool_]
    Places = npt.NDArray[np.int64]

LOT = 2 * TRAITS
"""The period of the lots by which some are chosen of many."""


@dataclass(frozen=True)
class Respondents:
    """Whom a concept test asks.

    Attributes:
        name: what they are called together.
        customers: (people,) how each is called: by the column that was named, else by their key or an identifier, else
            by the number of their row from 0.
        codes: (people,) by which taste and luck are theirs.
        personas: names with their conditions, the rest with none; empty where none is named.
        persona: (people,) the place of theirs in `personas`.
    """

    name: str
    customers: pl.Series
    codes: npt.NDArray[np.uint64]
    personas: Mapping[str, str]
    persona: Places

    @property
    def people(self) -> int:
        """How many there are."""
        return len(self.codes)

    def draw(self, count: int, seed: int, *, lot: int) -> Places:
        """The rows of so many of them, by lot, ascending; who is drawn of few is drawn of more."""
        if count >= self.people:
            return np.arange(self.people)
        order = np.argsort(draw_uniforms(seed, self.codes, LOT, lot), kind="stable")
        return np.sort(order[:count])


def gather_respondents(concepts: Concepts, table: Table, frame: pl.DataFrame, who: str | None) -> Respondents:
    """Whom a concept test asks.

    Args:
        concepts: which name the column by which customers are known, and personas.
        table, frame: all customers, a row each.
        who: a condition on those who are asked; None is everybody.

    Raises:
        SpecificationError: there is no such column; DataError: somebody has two rows, or there are too few people;
            ConditionError: a condition is none; OptionError: one holds for too few.
    """
    conditions = read_conditions(concepts.personas)
    _check_customers(concepts.customer, table, frame)
    if frame.height < LEAST_PEOPLE:
        raise DataError(f"{table.name} has {frame.height} rows; a concept test asks {LEAST_PEOPLE} people or more")
    asked = np.ones(frame.height, bool) if who is None else _holds(who, table, frame)
    if asked.sum() < LEAST_PEOPLE:
        raise OptionError(f"{who!r} holds for {asked.sum()} people; {LEAST_PEOPLE} or more are asked: ask for less")
    persona = np.full(frame.height, len(conditions), np.int64)
    for place, condition in reversed([*enumerate(conditions.values())]):
        persona[_holds(condition, table, frame)] = place  # whoever obeys several is in the first
    called = concepts.customer or find_own_key(table, frame)
    customers = frame[called] if called is not None else pl.Series("row", np.arange(frame.height))
    rows = np.flatnonzero(asked)
    names = dict(conditions)
    if conditions and (persona[rows] == len(conditions)).any():
        names[REST] = ""
    _check_personas(names, persona[rows])
    return Respondents(table.name, customers[rows], _code(customers, concepts)[rows], names, persona[rows])


def _code(customers: pl.Series, concepts: Concepts) -> npt.NDArray[np.uint64]:
    """The code of each; of those who aren't said to be known, one that is nobody's who was learned: keys of synthetic
    customers may look like those of real ones."""
    return hash_names(customers if concepts.customer else "somebody " + as_text(customers))


def _holds(condition: str, table: Table, frame: pl.DataFrame) -> Flags:
    return parse(condition, table).holds_in(frame, table)


def _check_customers(name: str | None, table: Table, frame: pl.DataFrame) -> None:
    if name is None:
        return
    if name not in frame.columns:
        raise SpecificationError(f"customer: {unknown_name('column', name, table.names, among=table.name)}")
    column = frame[name]
    if column.null_count() or column.n_unique() < frame.height:
        again = column.filter(column.is_duplicated()).drop_nulls()
        whom = repr(str(again[0])[:40]) if len(again) else "nobody"
        raise DataError(f"customer {whom} of {table.name} has several rows, or none is named; give one row for each")


def _check_personas(names: Mapping[str, str], persona: Places) -> None:
    for place, name in enumerate(names):
        count = int((persona == place).sum())
        if count < LEAST_PEOPLE:
            raise OptionError(
                f"persona {name!r} has {count} of the people who are asked; personas are of {LEAST_PEOPLE} or more: "
                "name more, or leave it out"
            )
