"""A connection to a database, in one transaction, whose failures are one line without a password."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from twinfold.errors import DataError, OutputError, TwinfoldError, unknown_name
from twinfold.tables.databases.address import Address, masked, missing_extra

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

_PATIENCE = 10
"""Seconds until a server that does not answer is given up."""

_REFUSED = "refused what was to be written, and nothing was"
_INSTEAD = "mend that, or name an empty database or schema"
_LONGEST = 200


@contextmanager
def reading(address: Address) -> Iterator["Connection"]:
    """A connection that sees the database as it is at one moment, and changes nothing.

    Raises `DataError` where the database can't be reached or read.
    """
    if address.file is not None and not address.file.is_file():
        raise DataError(f"{address.label} does not exist: there is no file {str(address.file)!r}; check the path")
    step = "mend that, or name the tables to read with ?table="
    with _connection(address, DataError) as connection, _refusing(address, DataError, "can't be read", step):
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA query_only = ON")
        else:
            connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        _enter_schema(connection, address, DataError)
        yield connection


@contextmanager
def writing(address: Address) -> Iterator["Connection"]:
    """A connection whose changes are kept when the block ends well, and else are as if they had never been.

    Raises `OutputError` where the database can't be reached or written to.
    """
    file = address.file
    if file is not None and not file.absolute().parent.is_dir():
        raise OutputError(f"{address.label} lies in a folder that does not exist; make {str(file.parent)!r} first")
    new = file is not None and not file.exists()
    try:
        with _connection(address, OutputError) as connection, _refusing(address, OutputError, _REFUSED, _INSTEAD):
            _enter_schema(connection, address, OutputError)
            yield connection
            connection.commit()
    except BaseException:
        if new and file is not None:
            file.unlink(missing_ok=True)
        raise


@contextmanager
def _connection(address: Address, error: type[TwinfoldError]) -> Iterator["Connection"]:
    try:
        import sqlalchemy as sa

        engine = _engine(address)
    except ModuleNotFoundError as missing:
        raise missing_extra(missing) from None
    step = "check the host, the port, the user and the password" if address.file is None else "check the path"
    with _refusing(address, error, "can't be reached", step):
        try:
            connection = engine.connect()
        except ValueError as failure:  # of a name that can be no host's
            raise sa.exc.ArgumentError(str(failure)) from failure
    with connection:
        yield connection


def _engine(address: Address) -> "Engine":
    import sqlalchemy as sa

    if address.file is None:
        options = {"connect_timeout": _PATIENCE, "client_encoding": "utf8", "application_name": "twinfold"}
        known = {name: value for name, value in options.items() if name not in address.url.query}
        return sa.create_engine(address.url, poolclass=sa.NullPool, connect_args=known)
    engine = sa.create_engine(address.url, poolclass=sa.NullPool)

    # Python's driver begins no transaction before a table is made, unless it is told to leave that to us
    @sa.event.listens_for(engine, "connect")
    def _leave_transactions(connection: Any, _: Any) -> None:
        connection.isolation_level = None
        connection.execute("PRAGMA foreign_keys = ON")

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: "Connection") -> None:
        connection.exec_driver_sql("BEGIN")

    return engine


def _enter_schema(connection: "Connection", address: Address, error: type[TwinfoldError]) -> None:
    """Make the schema that is asked for the one where tables are sought and made, and let values have one form."""
    import sqlalchemy as sa

    if connection.dialect.name == "sqlite":
        return
    settings = {"datestyle": "ISO", "timezone": "UTC"}
    known = sa.inspect(connection).get_schema_names()
    schema = address.schema or connection.scalar(sa.select(sa.func.current_schema()))
    if schema is None:
        listed = ", ".join(known)
        raise error(f"the search path of {address.label} names no schema that is there ({listed}); say ?schema=NAME")
    if schema not in known:
        raise error(
            f"{unknown_name('schema', schema, known, among=address.label)}; name one of these, or make it first"
        )
    settings["search_path"] = connection.dialect.identifier_preparer.quote_identifier(schema)
    for name, value in settings.items():
        connection.execute(sa.select(sa.func.set_config(name, value, True)))


@contextmanager
def _refusing(address: Address, error: type[TwinfoldError], what: str, step: str) -> Iterator[None]:
    """Turn what drivers raise into one line that says what can't be done with the database."""
    import sqlite3

    from sqlalchemy.exc import SQLAlchemyError

    drivers: tuple[type[Exception], ...] = (SQLAlchemyError, sqlite3.Error)
    if address.file is None:
        import psycopg

        drivers = (*drivers, psycopg.Error)
    try:
        yield
    except drivers as failure:
        reason = _reason(failure, address)
        raise error(f"{address.label} {what}: {reason}; {step}") from None


def _reason(failure: Exception, address: Address) -> str:
    """What a driver says, on one line, without the values of a row that it may add and without the password."""
    original = getattr(failure, "orig", None) or failure
    diagnosis = getattr(getattr(original, "diag", None), "message_primary", None)
    lines = str(diagnosis or original).strip().splitlines() or [type(original).__name__]
    reason = masked(" ".join(lines[0].split()))
    secret = address.url.password
    if secret:
        reason = reason.replace(str(secret), "***")
    return reason if len(reason) <= _LONGEST else reason[: _LONGEST - 1] + "…"
