"""Berka's eight tables (PKDD'99, a Czech bank) in a database, with the types, keys and constraints of a bank's."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl
import sqlalchemy as sa

BERKA = Path(__file__).parents[2] / "shared/data/berka"

MONEY = sa.Numeric(12, 2)
TABLES: dict[str, dict[str, Any]] = {
    "district": {"A2": sa.String(30), "A3": sa.String(20), "A4": sa.Integer(), "A10": sa.Numeric(5, 1)},
    "client": {"birth_number": sa.CHAR(6), "district_id": "district"},
    "account": {"district_id": "district", "frequency": sa.String(20), "date": sa.Date()},
    "disp": {"client_id": "client", "account_id": "account", "type": sa.Enum("OWNER", "DISPONENT", name="right")},
    "card": {"disp_id": "disp", "type": sa.String(10), "issued": sa.DateTime()},
    "loan": {
        "account_id": "account",
        "date": sa.Date(),
        "amount": sa.Integer(),
        "duration": sa.SmallInteger(),
        "payments": sa.Integer(),
        "status": sa.CHAR(1),
    },
    "order": {
        "account_id": "account",
        "bank_to": sa.CHAR(2),
        "account_to": sa.BigInteger(),
        "amount": MONEY,
        "k_symbol": sa.String(12),
    },
    "trans": {
        "account_id": "account",
        "date": sa.Date(),
        "type": sa.String(12),
        "operation": sa.String(20),
        "amount": MONEY,
        "balance": sa.Double(),
        "k_symbol": sa.String(12),
    },
}
"""By table, after those that it points to: its columns but the primary key, each with its type or what it points to."""

LINKS = [(name, column, to) for name, own in TABLES.items() for column, to in own.items() if isinstance(to, str)]
NULLABLE = {"k_symbol", "operation", "bank_to"}
DATES = {"date": "%Y-%m-%d", "issued": "%Y-%m-%d"}


def describe_berka() -> sa.MetaData:
    """The tables, as SQLAlchemy makes them."""
    metadata = sa.MetaData()
    for name, own in TABLES.items():
        columns = [sa.Column(f"{name}_id", sa.Integer, primary_key=True, autoincrement=False)]
        for column, kind in own.items():
            pointing = [sa.ForeignKey(metadata.tables[kind].c[f"{kind}_id"])] if isinstance(kind, str) else []
            kind = sa.Integer() if isinstance(kind, str) else kind
            columns.append(sa.Column(column, kind, *pointing, nullable=column in NULLABLE))
        sa.Table(name, metadata, *columns)
    return metadata


def read_berka(name: str) -> pl.DataFrame:
    """A table with the columns above, dates as dates."""
    frame = pl.read_parquet(BERKA / f"{name}.parquet").select(f"{name}_id", *TABLES[name])
    if name == "trans":
        frame = frame.with_columns((pl.col("date") + 19_000_000).cast(pl.String).str.to_date("%Y%m%d"))
    dated = [column for column in DATES if column in frame.columns and frame.schema[column] == pl.String]
    frame = frame.with_columns(pl.col(column).str.to_date(DATES[column]) for column in dated)
    if name == "card":
        frame = frame.with_columns(pl.col("issued").cast(pl.Datetime("us")))
    return frame.with_columns(pl.col("birth_number").cast(pl.String)) if name == "client" else frame


def make_berka(url: str) -> None:
    """Make the tables in an empty database."""
    with connected(url) as connection:
        describe_berka().create_all(connection)


def load_berka(url: str, accounts: int | None = None) -> None:
    """Make the tables in an empty database and put the rows into them, or those of the first accounts."""
    frames = {name: read_berka(name) for name in TABLES}
    if accounts is not None:
        frames["account"] = frames["account"].head(accounts)
        for name in ("disp", "loan", "order", "trans"):
            frames[name] = frames[name].join(frames["account"], on="account_id", how="semi")
        frames["client"] = frames["client"].join(frames["disp"], on="client_id", how="semi")
        frames["card"] = frames["card"].join(frames["disp"], on="disp_id", how="semi")
    metadata = describe_berka()
    with connected(url) as connection:
        metadata.create_all(connection)
        for name, table in metadata.tables.items():
            connection.execute(table.insert(), frames[name].to_dicts())


@contextmanager
def connected(url: str) -> Iterator[sa.Connection]:
    """A connection of our own, whose changes are kept."""
    made = sa.make_url(url)
    engine = sa.create_engine(made.set(drivername=made.drivername.replace("postgresql", "postgresql+psycopg")))
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()
