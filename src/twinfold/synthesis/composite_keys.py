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


ROUNDS = 20
"""How often a part of a key is drawn anew where the key is an earlier row's."""


def check_key(frame: pl.DataFrame, table: Table) -> None:
    """Raise `DataError` where two rows have the same key of several columns."""
    if table.together:
        keys = values_of(frame, table.together).drop_nulls()
        twice = int(keys.is_duplicated().sum())
        if twice:
            named = " + ".join(table.together)
            raise DataError(
                f"key {named!r} of {table.name} is given twice ({twice:,} rows share theirs); make it unique, or take "
                "it out of schema.toml"
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


def separate(frame: pl.DataFrame, table: Table, link: Link | None, rng: np.random.Generator) -> pl.DataFrame:
    """Stored rows, of which those with an earlier one's key have other values of a learned part of it, drawn anew.

    A number for which none is found in `ROUNDS` is the next one after all others; other rows keep their key.
    """
    pointing = () if link is None else link.columns
    free = [name for name in table.together if name not in pointing and table[name].treatment is Treatment.LEARN]
    if not free or not set(table.together) <= set(frame.columns):
        return frame
    name, rest = free[-1], [other for other in table.together if other != free[-1]]
    rows = frame.select(table.together)
    for _ in range(ROUNDS):
        again = np.flatnonzero(~values_of(rows, table.together).is_first_distinct().to_numpy())
        if not len(again):
            break
        drawn = frame[name].gather(rng.integers(0, frame.height, len(again)))
        rows = rows.with_columns(rows[name].scatter(again, drawn))
    if _is_number(table, name):
        later = ~values_of(rows, table.together).is_first_distinct()
        numbers = pl.Series("number", to_numbers(to_values(rows[name], table[name])))
        rows = rows.with_columns(numbers, later.alias("again"))
        after = pl.col("number").max().over(rest) + pl.col("again").cast(pl.Int64).cum_sum().over(rest)
        found = rows.select(pl.when("again").then(after).otherwise("number")).to_series()
        rows = rows.with_columns(from_values(found, table[name]).alias(name))
    return frame.with_columns(rows[name])


def _is_number(table: Table, name: str) -> bool:
    return table[name].kind is Kind.INTEGER and table[name].treatment is Treatment.LEARN
