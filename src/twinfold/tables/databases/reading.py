"""Reading a database: its tables as frames, and what it declares of their types, keys and links."""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import polars as pl

from twinfold.errors import DataError, unknown_name
from twinfold.tables.databases import postgresql, sqlite
from twinfold.tables.databases.address import Address
from twinfold.tables.databases.connection import reading
from twinfold.tables.databases.declarations import declared_links, find_unlearned
from twinfold.tables.databases.sql_types import read_type
from twinfold.tables.layout import DatabaseTable, Layout
from twinfold.tables.schema import Link
from twinfold.tables.storage_types import check_width, normalise

if TYPE_CHECKING:
    from sqlalchemy import Connection, Inspector
    from sqlalchemy.types import TypeEngine

_LISTED = 20


@dataclass(frozen=True)
class ReadTable:
    """One table as it was read, its `layout` with what the database declares, and notes in plain words."""

    frame: pl.DataFrame
    layout: Layout
    label: str
    notes: tuple[str, ...]


def read_database(address: Address) -> tuple[dict[str, ReadTable], list[str]]:
    """Read the tables of a database, as they are at one moment, by name, and notes about what was left aside.

    Views are read where the address names them. Raises `DataError` where the database can't be reached, holds no
    tables or not those that are named, or where a table has no rows.
    """
    import sqlalchemy as sa

    with reading(address) as connection, warnings.catch_warnings():
        warnings.simplefilter("ignore", sa.exc.SAWarning)  # of types that are not known, which our notes say
        inspector = sa.inspect(connection)
        names, notes = _choose_tables(connection, inspector, address)
        tables = {name: _read_table(connection, inspector, name, names) for name in names}
    declared = {name: table.layout.database or DatabaseTable() for name, table in tables.items()}
    notes += [
        f"table {name!r}: its foreign key ({', '.join(link.columns)}) to {link.table} is not used, for it is of "
        "several columns and the primary key there is another"
        for name, table in declared.items()
        for link in table.links
        if link.also and set(link.targets) != set(declared[link.table].together)
    ]
    notes += [
        f"table {link.table!r}: its foreign key ({link.column}) to {link.table} is to rows of its own table, by "
        f"another column than others are, or there are no others: {link.column} is left out"
        for link in find_unlearned(declared)
    ]
    if len(tables) > 1 and not declared_links(declared):
        notes.append(f"{address.label} declares no foreign keys that can be used: what follows is proposed")
    return tables, notes


def _choose_tables(connection: "Connection", inspector: "Inspector", address: Address) -> tuple[list[str], list[str]]:
    """The names of the tables to read, and a note on those left aside."""
    parts = postgresql.find_partitions(connection) if connection.dialect.name == "postgresql" else set()
    tables = sorted(set(inspector.get_table_names()) - parts)
    views = sorted({*inspector.get_view_names(), *_materialized(connection, inspector)})
    if address.tables:
        for name in address.tables:
            if name not in (*tables, *views):
                raise DataError(unknown_name("table", name, [*tables, *views], among=address.label))
        return list(dict.fromkeys(address.tables)), []
    if not tables and views:
        raise DataError(
            f"{address.label} holds no tables but views ({_listed(views)}); name those to read, as in ?table={views[0]}"
        )
    if not tables:
        where = "" if address.schema is None else f" in its schema {address.schema!r}"
        step = "; name another with ?schema=" if connection.dialect.name == "postgresql" and not where else ""
        raise DataError(f"{address.label} holds no tables{where}{step or '; check the name'}")
    return tables, [f"views are left aside: {_listed(views)}; one that ?table= names is read"] if views else []


def _materialized(connection: "Connection", inspector: "Inspector") -> list[str]:
    return inspector.get_materialized_view_names() if connection.dialect.name == "postgresql" else []


def _listed(names: list[str]) -> str:
    return ", ".join(names[:_LISTED]) + ", …" * (len(names) > _LISTED)


def _read_table(connection: "Connection", inspector: "Inspector", name: str, names: list[str]) -> ReadTable:
    label, dialect = f"table {name!r}", connection.dialect.name
    columns = inspector.get_columns(name)
    found = {column["name"]: read_type(column["type"], dialect) for column in columns}
    types = {column: known for column, known in found.items() if known is not None}
    check_width(len(found), label)
    if not types:
        raise DataError(f"{label} has no column that is read (numbers, text, booleans, dates and times are)")
    raw, notes = (sqlite if dialect == "sqlite" else postgresql).read_rows(connection, name, types)
    frame, more = normalise(raw, label)
    notes += more
    notes += [
        f"{label}: column {column['name']!r} is left out: its type ({_called(column['type'])}) is not read"
        for column in columns
        if column["name"] not in types
    ]
    key, links = _read_key(inspector, name), list(_read_links(inspector, name, names, notes))
    declared = DatabaseTable(
        types={column: types[column] for column in frame.columns},
        required=tuple(c["name"] for c in columns if not c["nullable"] and c["name"] in frame.columns),
        key=key[0] if len(key) == 1 and key[0] in frame.columns else None,
        together=key if len(key) > 1 and set(key) <= set(frame.columns) else (),
        links=tuple(link for link in links if set(link.columns) <= set(frame.columns)),
    )
    return ReadTable(frame, Layout(source="database", file_name=_file_name(name), database=declared), label, (*notes,))


def _called(declared: "TypeEngine[Any]") -> str:
    name = type(declared).__name__.lower()
    return "not known" if name == "nulltype" else name


def _read_key(inspector: "Inspector", name: str) -> tuple[str, ...]:
    return tuple(inspector.get_pk_constraint(name)["constrained_columns"])


def _read_links(inspector: "Inspector", name: str, names: list[str], notes: list[str]) -> Iterator[Link]:
    """The foreign keys of a table that can be used; the others are noted."""
    taken = set[tuple[str, ...]]()
    for key in inspector.get_foreign_keys(name):
        columns, other = key["constrained_columns"], _as_written(key["referred_table"], names)
        said = f"table {name!r}: its foreign key ({', '.join(columns)}) to {other}"
        if key["referred_schema"] is not None or other not in names:
            notes.append(f"{said} is not used, for that is not among the tables that are read")
            continue
        there = key["referred_columns"] or inspector.get_pk_constraint(other)["constrained_columns"]
        if len(columns) != len(there):
            notes.append(f"{said} is not used, for it does not say what it points to")
        elif tuple(columns) not in taken:
            taken.add(tuple(columns))
            own, others = ([column["name"] for column in inspector.get_columns(table)] for table in (name, other))
            pairs = [(_as_written(c, own), _as_written(to, others)) for c, to in zip(columns, there, strict=True)]
            yield Link(column=pairs[0][0], table=other, to=pairs[0][1], also=tuple(pairs[1:]))


def _as_written(name: str, known: list[str]) -> str:
    """A name as it stands where it was made: SQLite takes `Customer` for `customer`."""
    return name if name in known else next((other for other in known if other.lower() == name.lower()), name)


def _file_name(name: str) -> str | None:
    """What the file of a table is called where it goes to a folder: Parquet, which keeps most of its types."""
    plain = name.isprintable() and PurePath(name).name == name and len(name.encode()) < 200
    return f"{name}.parquet" if plain else None
