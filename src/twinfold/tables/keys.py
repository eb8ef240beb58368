"""Keys: where the values of a column that points to them are found, and the order that they and times put rows in."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from twinfold.tables.schema import Kind, Link, Table

Array = npt.NDArray[Any]


def values_of(frame: pl.DataFrame, columns: Sequence[str]) -> pl.Series:
    """The values of a key, or of what points to one, (rows,): of several columns as one text, null where one is."""
    if len(columns) == 1:
        return frame[columns[0]]
    return frame.select(pl.concat_str(map(_as_text, columns), separator="\x1f").alias(" + ".join(columns))).to_series()


def _as_text(column: str) -> pl.Expr:
    return pl.col(column).cast(pl.String).str.replace(r"\.0$", "")


def find_places(values: pl.Series, keys: pl.Series) -> npt.NDArray[np.int64]:
    """For each value, the place of its key, -1 where there is none; of a key that is given twice, any. (rows,)."""
    places = pl.DataFrame({"key": keys, "place": np.arange(len(keys))}).unique("key", keep="first")
    found = pl.DataFrame({"key": values.cast(keys.dtype, strict=False)}).join(
        places, on="key", how="left", maintain_order="left"
    )
    return found["place"].fill_null(-1).to_numpy().astype(np.int64)


def is_one_to_one(values: pl.Series, keys: pl.Series) -> bool:
    """Whether every key is pointed to by one value, and none twice."""
    return not values.null_count() and values.n_unique() == len(values) == len(keys)


def parent_link(table: Table, tables: Mapping[str, Table], frames: Mapping[str, pl.DataFrame]) -> Link | None:
    """The link to the table that a table's rows hang on: the first to another one that is learned.

    Of several none to a table of which each row has one here for itself: its rows are drawn with these.
    """
    links = [link for link in table.links if link.table != table.name and not tables[link.table].reference]
    own = frames[table.name]
    many = [link for link in links if link.also or not is_one_to_one(own[link.column], frames[link.table][link.to])]
    return next(iter([*many, *links]), None)


def find_own_key(table: Table, frame: pl.DataFrame) -> str | None:
    """The column by which people call the rows of a table: its key, or the first identifiers that no two share and that
    tell nobody's name; None where there is none."""
    identifiers = [column.name for column in table if column.kind is Kind.IDENTIFIER and column.personal is None]
    for name in (table.key, *identifiers):
        if name in frame.columns and not frame[name].null_count() and not frame[name].is_duplicated().any():
            return name
    return None


def sort_rows(parent: Array, time: Array | None) -> npt.NDArray[np.int64]:
    """The places of rows, those of a parent together, by their times, and else as they stand.

    A row whose time is missing follows the one before it in the file.
    """
    if time is None:
        return np.argsort(parent, kind="stable")
    known = pl.Series(time).fill_nan(None).forward_fill().fill_null(-np.inf).to_numpy()
    return np.lexsort((known, parent))
