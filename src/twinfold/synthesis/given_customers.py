"""Customers of linked tables whose own columns are given: rows in all other tables are drawn for them."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from twinfold.errors import ConditionError
from twinfold.synthesis.cross_links import CrossLink, added_columns
from twinfold.synthesis.differences import measure
from twinfold.synthesis.population import (
    Part,
    Population,
    children_of,
    counted_from,
    draw_rows,
)


def check_given(parts: Sequence[Part], given: pl.DataFrame) -> None:
    """Raise `ConditionError` where given customers can't be pointed to: a key is missing, or given twice."""
    root = parts[0].table
    for name in dict.fromkeys(link.to for _, link in children_of(parts) if link.table == root.name):
        wrong = given[name].is_null() | given[name].is_duplicated()
        if wrong.any():
            row = int(wrong.arg_max() or 0)
            what = "missing" if given[name][row] is None else "given twice"
            raise ConditionError(
                f"key {name!r} of the given {root.name} is {what} in row {row + 1}, and other tables point to it; "
                "give each row a key of its own"
            )


def draw_given(
    parts: Sequence[Part], given: pl.DataFrame, rng: np.random.Generator, crossing: Sequence[CrossLink] = ()
) -> Population:
    """Draw the rows of given customers, whose own columns are `given` as they are stored, (customers, columns).

    What links add to their columns, `crossing`, is not known of them.
    """
    root = parts[0]
    unknown = added_columns(root.table.name, crossing)
    read = root.births.read(given).with_columns(pl.lit(None, pl.Int64).alias(column.name) for column in unknown)
    measured = measure(read, root.table, root.differences, {})
    numbers = {name: root.codebook.read_numbers(name, measured[name]) for name in counted_from(root)}
    return draw_rows(parts, Population(root.codebook.encode(measured).codes, numbers), rng)
