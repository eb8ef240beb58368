"""The rules of a table's columns: proposed from its rows, and kept in others."""

import numpy as np
import polars as pl

from twinfold.errors import SchemaError
from twinfold.tables.rules import find_rules, parse_rule
from twinfold.tables.schema import Column, Kind, Table, Treatment
from twinfold.tables.values import from_values, to_numbers, to_values

ANY_DECIMALS = 6
"""Digits after the decimal point to which a rule holds in a column that has as many as a float does."""


def propose_rules(frame: pl.DataFrame, table: Table) -> tuple[str, ...]:
    """The rules that hold in every row among the learned numbers of a stored table, as a schema writes them."""
    kinds = (Kind.INTEGER, Kind.DECIMAL)
    numbers = [c for c in table if c.kind in kinds and c.treatment is Treatment.LEARN and c.name != table.time]
    columns = {column.name: to_numbers(to_values(frame[column.name], column)) for column in numbers}
    found = find_rules(columns, decimals={column.name: _decimals(column) for column in numbers})
    return tuple(map(str, found))


def ruled_columns(table: Table) -> set[str]:
    """The columns that follow from others."""
    return {parse_rule(rule).target for rule in table.rules}


def apply_rules(frame: pl.DataFrame, table: Table) -> pl.DataFrame:
    """Stored rows with the columns that follow rules; a rule may use what another one says.

    Raises `SchemaError` where rules go round in a circle.
    """
    left = [parse_rule(rule) for rule in table.rules]
    while left:
        ready = [rule for rule in left if {rule.left, rule.right} <= set(frame.columns)]
        for rule in ready:
            one, other = (to_numbers(to_values(frame[name], table[name])) for name in (rule.left, rule.right))
            column = table[rule.target]
            values = pl.Series(np.round(rule.compute(one, other), _decimals(column))).fill_nan(None)
            frame = frame.with_columns(from_values(values, column).alias(rule.target))
        if not ready:
            listed = "; ".join(map(str, left))
            raise SchemaError(f"rules of {table.name} go round in a circle: {listed}; take one out of schema.toml")
        left = [rule for rule in left if rule not in ready]
    return frame


def _decimals(column: Column) -> int:
    return 0 if column.kind is Kind.INTEGER else ANY_DECIMALS if column.decimals is None else column.decimals
