"""The URL of a database: what is accepted, and how to speak of it without its password."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twinfold.errors import DataError, MissingExtraError, TwinfoldError

if TYPE_CHECKING:
    from sqlalchemy import URL

ACCEPTED = "postgresql://user@host:port/name and sqlite:///file.db are accepted"

_URL = re.compile(r"[A-Za-z][\w+.-]+://")
_SECRET = re.compile(r"(\w[\w+.-]+:/{1,2}[^:/@\s]*):.*@")
_SECRET_OPTION = re.compile(r"([?&](?:ssl)?password=)[^&\s]*")
_POSTGRESQL = ("postgresql", "postgres", "postgresql+psycopg")


@dataclass(frozen=True)
class Address:
    """Where a database is.

    Attributes:
        url: for SQLAlchemy; it holds the password.
        label: for people; it does not.
        schema: the PostgreSQL schema that holds the tables; None takes the first of the search path.
        tables: the tables, or views, that are meant; none for every table.
        file: of SQLite, its file.
    """

    url: "URL" = field(repr=False)
    label: str
    schema: str | None = None
    tables: tuple[str, ...] = ()
    file: Path | None = None


def is_url(source: Any) -> bool:
    """Whether a source or a target is called by a URL, and so is no file.

    >>> is_url("sqlite:///bank.db"), is_url("C://bank.csv"), is_url("bank.csv")
    (True, False, False)
    """
    return isinstance(source, str) and _URL.match(source) is not None


def masked(text: str) -> str:
    """A text without the passwords of the URLs in it.

    >>> masked("postgresql://ann:s/cr@t@host:5432/bank?schema=new")
    'postgresql://ann:***@host:5432/bank?schema=new'
    """
    return _SECRET_OPTION.sub(r"\1***", _SECRET.sub(r"\1:***@", text))


def parse_address(text: str, *, error: type[TwinfoldError] = DataError) -> Address:
    """The database that a URL names: `postgresql://user:password@host:port/name` or `sqlite:///file.db`.

    `?schema=name` says which schema of PostgreSQL, `&table=name`, which may be repeated, which of its tables; what else
    follows the question mark goes to the driver. Raises `error` for any other URL, and `MissingExtraError` where the
    extra `sql` is not installed.
    """
    scheme = text.partition("://")[0]
    if scheme != "sqlite" and scheme not in _POSTGRESQL:
        raise error(
            f"{masked(text)} is neither a file nor a database that is known: {ACCEPTED}; export the tables of others "
            "as CSV or Parquet"
        )
    try:
        from sqlalchemy import make_url
        from sqlalchemy.exc import ArgumentError
    except ModuleNotFoundError as missing:
        raise missing_extra(missing) from None
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise error(_unreadable(text)) from None
    if "@" in (url.host or "") or "\0" in f"{url.host}{url.username}{url.password}{url.database}":
        raise error(_unreadable(text))
    query = dict(url.query)
    schemas, tables = (_listed(query.pop(name, ())) for name in ("schema", "table"))
    if len(schemas) > 1:
        raise error(f"{masked(text)} names {len(schemas)} schemas; one at a time is accepted")
    url = url.set(query=query, drivername="sqlite" if scheme == "sqlite" else "postgresql+psycopg")
    if scheme == "sqlite":
        if not url.database or url.database == ":memory:" or schemas:
            raise error(f"{masked(text)} names no file of SQLite; as in sqlite:///bank.db or sqlite:////srv/bank.db")
        return Address(url, f"sqlite:///{url.database}", tables=tables, file=Path(url.database))
    if not url.database:
        raise error(f"{masked(text)} names no database; add it, as in postgresql://user@host:5432/bank")
    label = url.set(drivername="postgresql", query={}).render_as_string(hide_password=True)
    return Address(url, label, schemas[0] if schemas else None, tables)


def missing_extra(error: ModuleNotFoundError) -> Exception:
    """What to raise for a module that can't be imported: that the extra is missing, or the error itself."""
    if error.name is None or error.name.split(".")[0] not in ("sqlalchemy", "psycopg"):
        return error
    return MissingExtraError(
        f'databases are read and written by {error.name}, which is not installed; pip install "twinfold[sql]"'
    )


def _unreadable(text: str) -> str:
    return f"{masked(text)} can't be read as a URL: {ACCEPTED}, with an @ in a password written as %40"


def _listed(values: str | tuple[str, ...]) -> tuple[str, ...]:
    return (values,) if isinstance(values, str) else tuple(values)
