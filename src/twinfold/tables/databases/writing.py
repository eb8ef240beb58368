"""Writing tables that come in pieces into a database: in one transaction, parents before what points to them."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

import polars as pl

from twinfold.errors import OutputError, unknown_name
from twinfold.tables.databases import postgresql, sqlite
from twinfold.tables.databases.address import Address
from twinfold.tables.databases.connection import writing
from twinfold.tables.databases.sql_types import fit_into, make_type, read_type, type_of
from twinfold.tables.layout import DatabaseTable, Layout, SqlType
from twinfold.tables.schema import Kind, Link, Table

if TYPE_CHECKING:
    from sqlalchemy import Connection, Inspector, MetaData


@dataclass(frozen=True)
class _Plan:
    """A table to be written: what is known of its columns, its key and its links.

    Attributes:
        pointed: columns that others point to.
        columns: of a table that is there, the columns that can be written; None where it is to be made.
    """

    name: str
    types: Mapping[str, SqlType]
    key: str | None
    together: tuple[str, ...]
    links: tuple[Link, ...]
    required: tuple[str, ...] = ()
    pointed: frozenset[str] = frozenset()
    columns: tuple[str, ...] | None = None


@contextmanager
def open_tables(
    address: Address, layouts: Mapping[str, Layout], tables: Sequence[Table]
) -> Iterator[dict[str, "TableWriter"]]:
    """Writers of tables into a database, in the order in which the parts of a piece are to be written.

    A table that is not there is made, with the types that it came with, and with the keys and links of `tables`, those
    that were learned. One that is there, and empty, is filled. Everything is kept when the block ends well, and else
    nothing is. Raises `OutputError` where a table has rows, or a view its name, and where the database refuses.
    """
    import sqlalchemy as sa

    if address.tables:
        raise OutputError(f"{address.label} is written to under the tables' own names; leave ?table= out")
    with writing(address) as connection:
        inspector = sa.inspect(connection)
        views = inspector.get_view_names()
        plans = {}
        for plan in _plan(layouts, {table.name: table for table in tables}):
            if plan.name in views:
                raise OutputError(f"{plan.name!r} is a view in {address.label}; name another database or schema")
            there = inspector.has_table(plan.name)
            plans[plan.name] = _plan_filling(connection, inspector, address, plan) if there else plan
        deferred = {"postgresql": "SET CONSTRAINTS ALL DEFERRED", "sqlite": "PRAGMA defer_foreign_keys = ON"}
        connection.exec_driver_sql(deferred[connection.dialect.name])
        metadata = sa.MetaData()
        yield {name: TableWriter(connection, metadata, plans[name], address.label) for name in _in_order(plans)}


@dataclass
class TableWriter:
    """Takes the rows of one table, a frame at a time; every frame has the columns of the first.

    With the first one the table is made, where it is not there.
    """

    connection: "Connection" = field(repr=False)
    metadata: "MetaData" = field(repr=False)
    plan: _Plan
    label: str
    begun: bool = False

    def write(self, frame: pl.DataFrame) -> None:
        """Put rows into the table."""
        if not self.begun:
            self._begin(frame)
            self.begun = True
        known = [name for name in frame.columns if self.plan.columns is None or name in self.plan.columns]
        fitting = frame.select(fit_into(frame[name], self.plan.types.get(name)) for name in known)
        dialect = sqlite if self.connection.dialect.name == "sqlite" else postgresql
        dialect.write_rows(self.connection, self.plan.name, fitting)

    def close(self) -> None:
        """Nothing is left to do."""

    def _begin(self, frame: pl.DataFrame) -> None:
        if self.plan.columns is None:
            _make_table(self.connection, self.metadata, self.plan, frame)
            return
        _stand_in(self.metadata, self.plan.name, self.plan.columns)
        for name in frame.columns:
            if name not in self.plan.types:
                said = unknown_name("column", name, self.plan.types, among=f"table {self.plan.name!r} of {self.label}")
                raise OutputError(f"{said}; add it there, or let an empty schema be filled")


def _plan(layouts: Mapping[str, Layout], learned: Mapping[str, Table]) -> Iterator[_Plan]:
    """The tables as they would be made anew."""
    declared = {name: layout.database or DatabaseTable() for name, layout in layouts.items()}
    links = {name: _sure_links(name, declared[name], learned) for name in layouts}
    for name, own in declared.items():
        single = (link for found in links.values() for link in found if not link.also)
        pointed = sorted({link.to for link in single if link.table == name})
        table = learned.get(name)
        keys = [key for key in (own.key, *pointed, table.key if table else None) if key is not None]
        if table is not None:  # a key that is made up is nobody else's; one that is learned may be
            keys = [key for key in keys if key in table.names and table[key].kind is Kind.IDENTIFIER]
        together = own.together if table is None else table.together
        yield _Plan(name, own.types, next(iter(keys), None), together, links[name], own.required, frozenset(pointed))


def _sure_links(name: str, declared: DatabaseTable, learned: Mapping[str, Table]) -> tuple[Link, ...]:
    """The links that hold in every row: to tables that are drawn; to those that pass through, what was declared."""
    links = learned[name].links if name in learned else declared.links
    return tuple(link for link in links if link.table in learned or link in declared.links)


def _plan_filling(connection: "Connection", inspector: "Inspector", address: Address, plan: _Plan) -> _Plan:
    """The plan for a table that is there. Raises `OutputError` where it has rows."""
    import sqlalchemy as sa

    if connection.execute(sa.select(sa.literal(1)).select_from(sa.table(plan.name)).limit(1)).first() is not None:
        raise OutputError(
            f"table {plan.name!r} of {address.label} has rows, and only empty tables are filled, --force or not; empty "
            "it, or name another database or schema"
        )
    columns = {column["name"]: column for column in inspector.get_columns(plan.name)}
    types = {name: read_type(column["type"], connection.dialect.name) for name, column in columns.items()}
    links = tuple(
        Link(column=key["constrained_columns"][0], table=key["referred_table"], to="")
        for key in inspector.get_foreign_keys(plan.name)
        if key["referred_table"] != plan.name
    )
    return _Plan(
        plan.name,
        {name: known or SqlType(name="text") for name, known in types.items()},
        plan.key,
        plan.together,
        links,
        columns=tuple(name for name, column in columns.items() if not column.get("computed")),
    )


def _in_order(plans: Mapping[str, _Plan]) -> list[str]:
    """The tables, each after those that it points to, as far as they don't point to each other."""
    above = {name: {link.table for link in plan.links} & set(plans) - {name} for name, plan in plans.items()}
    try:
        return list(TopologicalSorter(above).static_order())
    except CycleError:
        return list(plans)


def _make_table(connection: "Connection", metadata: "MetaData", plan: _Plan, frame: pl.DataFrame) -> None:
    import sqlalchemy as sa
    from sqlalchemy.dialects.postgresql import ENUM

    dialect = connection.dialect.name
    types = {name: make_type(plan.types.get(name) or type_of(dtype), dialect) for name, dtype in frame.schema.items()}
    required = {name for name in plan.required if name in types and not frame[name].null_count()}
    table = sa.Table(
        plan.name,
        metadata,
        *(sa.Column(name, kind, nullable=name not in required, autoincrement=False) for name, kind in types.items()),
    )
    for kind in types.values():
        if isinstance(kind, ENUM):
            kind.create(connection, checkfirst=True)
    key = plan.together if plan.key is None else (plan.key,)
    if key and set(key) <= set(types):
        table.append_constraint(sa.PrimaryKeyConstraint(*(table.c[name] for name in key)))
    for name in sorted(plan.pointed - {plan.key}):
        table.append_constraint(sa.UniqueConstraint(table.c[name]))
    for link in plan.links:
        other = metadata.tables.get(link.table)
        if other is not None and set(link.columns) <= set(types) and set(link.targets) <= set(other.c.keys()):
            there = [other.c[to] for to in link.targets]
            table.append_constraint(sa.ForeignKeyConstraint([table.c[c] for c in link.columns], there))
    connection.execute(sa.schema.CreateTable(table))


def _stand_in(metadata: "MetaData", name: str, columns: Sequence[str]) -> None:
    """A table that is there, for others to point to."""
    import sqlalchemy as sa

    sa.Table(name, metadata, *(sa.Column(column, sa.types.NullType) for column in columns))
