"""How linked tables hang together: one table that all others hang on, every child below its parent."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from twinfold.errors import DataError
from twinfold.synthesis.differences import measured_columns
from twinfold.tables.dataset import Dataset
from twinfold.tables.keys import find_places, is_one_to_one
from twinfold.tables.ruled_columns import ruled_columns
from twinfold.tables.schema import Link, Table


@dataclass(frozen=True)
class Branch:
    """A table that hangs on another, as a part of it says."""

    table: Table
    link: Link
    turned: bool = False


def body_of(table: Table, elsewhere: Collection[str]) -> Table:
    """A table without what is said elsewhere: columns that point elsewhere or follow a formula, the time of a history.

    A column that an order says something of is one of distances.
    """
    said = (*elsewhere, *ruled_columns(table), table.time)
    apart = measured_columns(table)
    columns = tuple(apart.get(column.name, column) for column in table if column.name not in said)
    return table.model_copy(update={"columns": columns, "key": None, "links": (), "time": None, "rules": ()})


def elsewhere_of(tables: Sequence[Table], links: Sequence[Link | None], turned: Sequence[bool]) -> dict[str, set[str]]:
    """For each table, the columns that take their values from other tables' keys."""
    out: dict[str, set[str]] = {table.name: set() for table in tables}
    for table, link, around in zip(tables, links, turned, strict=True):
        if link is not None:
            out[link.table if around else table.name].add(link.to if around else link.column)
    return out


def find_parents(values: pl.Series, keys: pl.Series, child: Table, link: Link) -> npt.NDArray[np.int64]:
    """The place of each row's parent, -1 where there is none."""
    twice = keys.filter(keys.is_duplicated())
    if len(twice):
        raise DataError(
            f"key {link.to!r} of {link.table} is given twice ({len(twice):,} rows share theirs), and {child.name} "
            "points to it; make it unique, or name another key in schema.toml"
        )
    return find_places(values, keys)


def arrange(dataset: Dataset) -> tuple[Table, list[Branch]]:
    """The table that all others hang on, and those, every child after its parent."""
    schema = dataset.schema
    learned = {table.name: table for table in schema.tables if not table.reference}
    links = {name: [link for link in table.links if link.table in learned] for name, table in learned.items()}
    hung: dict[str, list[Branch]] = {name: [] for name in learned}
    for name, found in links.items():
        turned = [
            link
            for link in found
            if len(found) > 1
            and not links[link.table]
            and is_one_to_one(dataset.tables[name][link.column], dataset.tables[link.table][link.to])
        ]
        turned = turned[: len(found) - 1]
        for link in turned:
            hung[name].append(
                Branch(learned[link.table], Link(column=link.to, table=name, to=link.column), turned=True)
            )
        links[name] = [link for link in found if link not in turned]
    for name, found in links.items():
        if len(found) > 1:
            parents = ", ".join(f"{link.table} ({link.column})" for link in found)
            raise DataError(
                f"{name} points to several tables: {parents}; one parent is learned yet: take the other link out of "
                "schema.toml (twinfold inspect --save)"
            )
        if found:
            hung[found[0].table].append(Branch(learned[name], found[0]))
    below = {each.table.name for found in hung.values() for each in found}
    roots = [table for name, table in learned.items() if name not in below]
    if len(roots) != 1:
        listed = ", ".join(table.name for table in roots) or "none, for they point to each other in a circle"
        raise DataError(
            f"one table is needed that all others hang on: {listed}; say in schema.toml (twinfold inspect --save) what "
            'the others point to, as in links = { customer_id = "customers.id" }, whose key no two rows share, or name '
            "one file instead of the folder"
        )
    reached, hanging = [roots[0].name], list[Branch]()
    for branches in hung.values():  # what has fewer rows is drawn first, and tells the others
        branches.sort(key=lambda each: dataset.tables[each.table.name].height)
    for name in reached:
        hanging += hung[name]
        reached += [each.table.name for each in hung[name]]
    left = sorted(set(learned) - set(reached))
    if left:
        raise DataError(f"{', '.join(left)} point to each other in a circle; correct the links in schema.toml")
    return roots[0], hanging
