"""Columns that are learned by what they are beside another: an order between the two then holds by construction.

`opened <= closed` makes `closed` the number of days after `opened`, which is 0 or more in every row that is drawn; of
`account.date <= date`, the first row of an account's history is drawn so many days after the account's date. `amount
per pieces` makes `amount` what a piece costs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from twinfold.errors import SchemaError
from twinfold.synthesis.encoding.codebook import step_of
from twinfold.tables.orders import in_unit_of
from twinfold.tables.ruled_columns import ruled_columns
from twinfold.tables.rules import Order, Ratio, Running
from twinfold.tables.schema import Column, Kind, Table, Treatment
from twinfold.tables.values import decimals_of, from_values, to_numbers, to_values

Array = npt.NDArray[Any]


RATIO_DIGITS = 4
"""Digits that a ratio has beyond those of the amount."""


@dataclass(frozen=True)
class Difference:
    """`column` is `base` plus (`sign` 1) or minus (-1) a distance; a base of a parent is named "table.column".

    Where `sign` is 0, it is `base` times a ratio, which is missing and stands for 0 where the base is 0.
    """

    column: Column
    base: str
    of: Column
    sign: int

    def distances(self, values: Array, base: Array) -> Array:
        """How far values lie from their bases, in steps of the column, or their ratio to them; all of shape (rows,)."""
        if not self.sign:
            return np.where(base > 0, values / np.where(base > 0, base, 1.0), np.nan)
        return self.sign * (values - in_unit_of(self.column, base, self.of, self.sign)) / _unit(self.column)

    def values(self, distances: Array, base: Array) -> Array:
        """The values of distances from bases, or of ratios to them; a negative one counts as none."""
        if not self.sign:
            return of_ratio(distances, base)
        start = in_unit_of(self.column, base, self.of, self.sign)
        return start + self.sign * np.maximum(distances, 0) * _unit(self.column)


def of_ratio(ratio: Array, base: Array) -> npt.NDArray[np.float64]:
    """What a ratio to a base amounts to, both of shape (rows,): 0 where the base is 0, whatever the ratio."""
    return np.where(base > 0, base * np.maximum(ratio, 0), base)


def measured_columns(table: Table) -> dict[str, Column]:
    """The columns of distances that stand in the place of those that orders say something of, by name."""
    return {name: _distance_column(table[name], sign) for name, _, sign in _plan(table) if name != table.time}


def find_differences(table: Table, tables: Mapping[str, Table]) -> tuple[Difference, ...]:
    """What the orders of a table make of its columns, bases first; `tables` are those above it, by name.

    Raises `SchemaError` where the orders can't be kept.
    """
    found = []
    unlearned = {each.name for each in table if each.treatment is not Treatment.LEARN} | ruled_columns(table)
    running = {name for rule in table.parsed_rules if isinstance(rule, Running) for name in (rule.target, rule.amount)}
    for name, base, sign in _plan(table):
        if said := sorted({name, base} & unlearned) or sorted({name} & running):
            raise SchemaError(
                f"an order of {table.name} asks for {said[0]!r}, which is not learned, or follows another rule; "
                "take one of the rules out of schema.toml"
            )
        if base in table.names:
            of = table[base]
        else:
            above, _, column = base.rpartition(".")
            of = tables[above][column]
        found.append(Difference(table[name], base, of, sign))
    return tuple(found)


def find_ratios(table: Table) -> dict[str, str]:
    """The columns of a table that are learned per another, each with that one; bases first."""
    return {name: base for name, base, sign in _plan(table) if not sign}


def measure(
    frame: pl.DataFrame, table: Table, differences: Sequence[Difference], bases: Mapping[str, Array]
) -> pl.DataFrame:
    """Stored rows with distances in the place of columns; `bases` are parents' numbers by name, (rows,) each."""
    columns = []
    for each in differences:
        if each.column.name != table.time:
            base = bases[each.base] if each.base in bases else read_numbers(frame, table[each.base])
            numbers = each.distances(read_numbers(frame, each.column), base)
            stood_in = measured_columns(table)[each.column.name]
            columns.append(pl.Series(each.column.name, np.round(numbers, decimals_of(stood_in))).fill_nan(None))
    return frame.with_columns(columns)


def restore(
    frame: pl.DataFrame, table: Table, differences: Sequence[Difference], bases: Mapping[str, Array]
) -> pl.DataFrame:
    """Stored rows of rows with distances; the inverse of `measure`."""
    for each in differences:
        if each.column.name != table.time:
            base = bases[each.base] if each.base in bases else read_numbers(frame, table[each.base])
            distances = to_numbers(frame[each.column.name])
            numbers = pl.Series(each.values(distances, base)).fill_nan(None)
            frame = frame.with_columns(from_values(numbers, each.column))
    return frame


def read_numbers(frame: pl.DataFrame, column: Column) -> npt.NDArray[np.float64]:
    """The numbers of a stored column, NaN where missing; (rows,)."""
    return to_numbers(to_values(frame[column.name], column))


def _plan(table: Table) -> list[tuple[str, str, int]]:
    """For each order and ratio: the column that is learned beside another: after it (1), before it (-1), per it (0)."""
    plan: dict[str, tuple[str, int]] = {}
    for rule in table.parsed_rules:
        if isinstance(rule, Ratio):
            if rule.target in plan or rule.target == table.time:
                raise SchemaError(
                    f"rule {str(rule)!r} of {table.name} says of {rule.target!r} what another does, or of the time"
                )
            plan[rule.target] = (rule.base, 0)
        if not isinstance(rule, Order):
            continue
        options = [(rule.high, rule.low, 1), (rule.low, rule.high, -1)]
        if rule.high == table.time and rule.low in table.names:
            options.reverse()  # the time is there before the row
        free = [
            o for o in options if o[0] in table.names and o[0] not in plan and not (o[0] == table.time and o[2] < 0)
        ]
        free = [o for o in free if o[0] != table.time or o[1] not in table.names]
        if not free:
            raise SchemaError(
                f"rule {str(rule)!r} of {table.name} can't be kept beside the others: each column can be said to come "
                "after, or before, one other; take one of the rules out of schema.toml"
            )
        name, base, sign = free[0]
        plan[name] = (base, sign)
    ordered: list[tuple[str, str, int]] = []
    while plan:
        ready = [name for name, (base, _) in plan.items() if base not in plan]
        if not ready:
            raise SchemaError(
                f"orders of {table.name} go round in a circle: {', '.join(plan)}; take one out of schema.toml"
            )
        ordered += [(name, *plan.pop(name)) for name in ready]
    return ordered


def _distance_column(column: Column, sign: int) -> Column:
    kind = Kind.DECIMAL if column.kind is Kind.DECIMAL or not sign else Kind.INTEGER
    decimals = column.decimals if sign else min(decimals_of(column) + RATIO_DIGITS, 15)
    return Column(name=column.name, kind=kind, physical="Float64", decimals=decimals, treatment=column.treatment)


def _unit(column: Column) -> float:
    """The step of a date-time, in microseconds; 1 for others."""
    return step_of(column) if column.kind is Kind.DATETIME else 1.0
