"""Whose texts are whose: by the customers' key, or, where there is none, by a column that both share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from twinfold.errors import DataError, unknown_name
from twinfold.personas.feedback.sources import Source
from twinfold.personas.people import People
from twinfold.tables.keys import find_places
from twinfold.tables.links import link_tables
from twinfold.tables.schema import Kind, Schema

if TYPE_CHECKING:
    import numpy.typing as npt

    Flags = npt.NDArray[np.bool_]
    Places = npt.NDArray[np.int64]

CUSTOMERS, TEXTS = "customers of all", "texts of them"
"""How the two tables are called while it is sought how they hang together."""

LEVELS = 50
"""Values of a shared column, at most."""

SHARED = 0.9
"""The share of rows whose value of a shared column the customers must have too."""


@dataclass(frozen=True)
class Linked:
    """Whose texts are whose.

    Attributes:
        column: of the texts, by which they are linked; key: whether it says whose they are, and not only of what.
        owner: the place of each text's person, or of its level, (texts,); -1 where there is none.
        levels: of a shared column the values; whose: the place of each person's, (people,), -1 where they have none.
    """

    column: str
    key: bool
    owner: Places
    levels: tuple[str, ...] = ()
    whose: Places | None = None


def link_texts(source: Source, people: People) -> Linked:
    """Link texts to people by their key, or by a column that both have. Raises `DataError` where nothing does."""
    frame, named = source.frame, source.how.key
    if named is not None and named not in frame.columns:
        raise DataError(unknown_name("column", named, frame.columns, among=source.name))
    column, key = _find_key(source, people)
    if column is not None and key is not None:
        owner = find_places(frame[column], people.frame[key])
        if not (owner >= 0).any():
            raise DataError(
                f"none of the {frame.height:,} rows of {source.name} is of a customer in {people.table.name}: no "
                f"{column!r} is among their {key!r}; give the texts of these very customers (synthetic ones have keys "
                "of their own)"
            )
        return Linked(column, True, owner)
    shared = _find_shared(source, people)
    if shared is None:
        raise DataError(
            f"nothing links {source.name} ({', '.join(map(repr, frame.columns[:10]))}) to {people.table.name}: no "
            "column holds the customers' key, nor categories of theirs such as a product; name one with --texts-key"
        )
    texts, levels = (_as_text(each[shared]) for each in (frame, people.frame))
    names = levels.drop_nulls().unique().sort()
    return Linked(shared, False, find_places(texts, names), tuple(names), find_places(levels, names))


def _find_key(source: Source, people: People) -> tuple[str | None, str | None]:
    """The column of the texts that says whose they are, and the one of the customers that it points to."""
    named = source.how.key
    bare = {"links": (), "reference": False, "rules": ()}
    pair = ((CUSTOMERS, people.table), (TEXTS, source.table))
    tables = tuple(table.model_copy(update={"name": name, **bare}) for name, table in pair)
    linked, _ = link_tables({CUSTOMERS: people.frame, TEXTS: source.frame}, Schema(tables=tables))
    key = people.table.key if people.table.key in people.frame.columns else linked[CUSTOMERS].key
    if named is not None:
        to = named if named in people.frame.columns else key
        unique = to is not None and people.frame[to].drop_nulls().is_unique().all()
        return (named, to) if unique else (None, None)
    for link in linked[TEXTS].links:
        if link.table == CUSTOMERS and not link.also:
            return link.column, link.to
    if key is not None:  # of few customers alone most keys may be others'
        alike = [name for name in source.frame.columns if name.strip().lower() == key.strip().lower()]
        if alike:
            return alike[0], key
    return None, None


def _find_shared(source: Source, people: People) -> str | None:
    """A column of categories that texts and customers have in common: of several the one of most values."""
    able = []
    for column in people.table:
        if column.name in source.frame.columns and source.how.key in (None, column.name):
            values, known = _as_text(source.frame[column.name]), _as_text(people.frame[column.name]).unique()
            few = column.kind in (Kind.CATEGORY, Kind.BOOLEAN) and 1 < known.drop_nulls().len() <= LEVELS
            if few and len(values) and values.is_in(known.implode()).sum() >= SHARED * len(values):
                able.append((known.len(), column.name))
    return max(able)[1] if able else None


def _as_text(series: pl.Series) -> pl.Series:
    return series.cast(pl.String, strict=False).str.strip_chars().str.replace(r"\.0$", "")
