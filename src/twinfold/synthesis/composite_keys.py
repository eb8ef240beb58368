"""Keys of several columns: a number that counts a parent's rows, and rows that would have the same key."""

from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from twinfold.errors import DataError
from twinfold.tables.keys import values_of
from twinfold.tables.schema import Kind, Link, Table, Treatment
from twinfold.tables.values import from_values, to_numbers, to_values

Array = npt.NDArray[Any]

COUNTING = 0.999
"""Parents whose rows a number must count for it to do so in all drawn ones."""


def check_key(frame: pl.DataFrame, table: Table) -> None:
    """Raise `DataError` where two rows have the same key of several columns."""
    if table.together:
        keys = values_of(frame, table.together).drop_nulls()
        twice = int(keys.is_duplicated().sum())
        if twice:
            raise DataError(
                f"key {' + '.join(table.together)!r} of {table.name} is given twice ({twice:,} rows share theirs); make "
                "it unique, or take it out of schema.toml"
            )


def find_counting(frame: pl.DataFrame, table: Table, link: Link, parent: Array) -> tuple[str, int] | None:
    """The column of a key that counts the rows of each parent, and the number of the first; None where none does.

    `parent`: the place of each row's parent, (rows,).
    """
    own = [name for name in table.together if name not in link.columns]
    if len(own) != 1 or len(own) == len(table.together) or not len(parent) or not _is_number(table, own[0]):
        return None
    numbers = to_numbers(to_values(frame[own[0]], table[own[0]]))
    order = np.lexsort((numbers, parent))
    begin = np.flatnonzero(np.diff(parent[order], prepend=-1))
    place = np.arange(len(order)) - np.repeat(begin, np.diff(np.append(begin, len(order))))
    first = np.nanmin(numbers) if len(numbers) else np.nan
    if np.isnan(numbers).any() or (numbers[order] - place != first).mean() > 1 - COUNTING:
        return None
    return own[0], int(first)


def count_rows(parent: Array, table: Table, counting: tuple[str, int]) -> pl.Series:
    """The stored column that counts the rows of each parent, which stand together; `parent` as in `find_counting`."""
    begin = np.flatnonzero(np.diff(parent, prepend=-1))
    place = np.arange(len(parent)) - np.repeat(begin, np.diff(np.append(begin, len(parent))))
    return from_values(pl.Series(place + counting[1], dtype=pl.Float64), table[counting[0]])


def separate(frame: pl.DataFrame, table: Table, link: Link | None) -> pl.DataFrame:
    """Stored rows, those whose key is another's with the next number that is free; as far as a number is part of it."""
    pointing = () if link is None else link.columns
    numbered = [name for name in table.together if name not in pointing and _is_number(table, name)]
    if not numbered or not frame.height or not set(table.together) <= set(frame.columns):
        return frame
    name, rest = numbered[-1], [other for other in table.together if other != numbered[-1]]
    numbers = pl.Series("number", to_numbers(to_values(frame[name], table[name])))
    rows = frame.select(rest).with_columns(numbers)
    again = pl.int_range(pl.len()).over([*rest, "number"]) > 0
    free = pl.col("number").max().over(rest) + pl.col("again").cast(pl.Int64).cum_sum().over(rest)
    made = rows.with_columns(again=again).with_columns(pl.when("again").then(free).otherwise("number").alias("number"))
    return frame.with_columns(from_values(made["number"], table[name]).alias(name))


def _is_number(table: Table, name: str) -> bool:
    return table[name].kind is Kind.INTEGER and table[name].treatment is Treatment.LEARN
