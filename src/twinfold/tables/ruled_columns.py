"""The formulas of a table's columns: proposed from its rows, and kept in others."""

import numpy as np
import numpy.typing as npt
import polars as pl

from twinfold.errors import SchemaError
from twinfold.tables.formulas import find_formulas, find_partial_formulas
from twinfold.tables.rules import Formula, Order, Rule
from twinfold.tables.schema import Kind, Table, Treatment
from twinfold.tables.values import decimals_of, from_values, to_numbers, to_values


def propose_formulas(frame: pl.DataFrame, table: Table) -> list[Formula]:
    """The formulas that hold in every row among the learned numbers of a stored table."""
    columns, decimals = _numbers(frame, table)
    return find_formulas(columns, decimals=decimals)


def find_formulas_in_part(frame: pl.DataFrame, table: Table) -> list[tuple[Formula, float]]:
    """The formulas that hold in most of its rows, with the shares; not of columns of which another rule says more."""
    said = {name for rule in table.parsed_rules if not isinstance(rule, Order) for name in _named(rule)}
    columns, decimals = _numbers(frame, table)
    columns = {name: values for name, values in columns.items() if name not in said}
    return find_partial_formulas(columns, decimals=decimals)


def _named(rule: Rule) -> tuple[str, ...]:
    names = (getattr(rule, side, None) for side in ("target", "base", "amount"))
    return tuple(name for name in names if name is not None)


def _numbers(frame: pl.DataFrame, table: Table) -> tuple[dict[str, npt.NDArray[np.float64]], dict[str, int]]:
    """The learned numbers of a stored table, and their digits."""
    kinds = (Kind.INTEGER, Kind.DECIMAL)
    numbers = [c for c in table if c.kind in kinds and c.treatment is Treatment.LEARN and c.name != table.time]
    columns = {column.name: to_numbers(to_values(frame[column.name], column)) for column in numbers}
    return columns, {column.name: decimals_of(column) for column in numbers}


def ruled_columns(table: Table) -> set[str]:
    """The columns that follow from others of their row."""
    return {rule.target for rule in table.parsed_rules if isinstance(rule, Formula)}


def apply_formulas(frame: pl.DataFrame, table: Table) -> pl.DataFrame:
    """Stored rows with the columns that follow formulas; one may use what another one says.

    Raises `SchemaError` where formulas go round in a circle.
    """
    left = [rule for rule in table.parsed_rules if isinstance(rule, Formula)]
    while left:
        ready = [rule for rule in left if {rule.left, rule.right} <= set(frame.columns)]
        for rule in ready:
            one, other = (to_numbers(to_values(frame[name], table[name])) for name in (rule.left, rule.right))
            column = table[rule.target]
            values = pl.Series(np.round(rule.compute(one, other), decimals_of(column))).fill_nan(None)
            frame = frame.with_columns(from_values(values, column).alias(rule.target))
        if not ready:
            listed = "; ".join(map(str, left))
            raise SchemaError(f"rules of {table.name} go round in a circle: {listed}; take one out of schema.toml")
        left = [rule for rule in left if rule not in ready]
    return frame
