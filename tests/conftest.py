"""What tests of several folders need: a real PostgreSQL, a real browser."""

import itertools
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from postgres_server import find_programs, running_server
from real_browser import running_browser


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """A server for all tests, as its URL up to the database's name."""
    programs = find_programs()
    if programs is None:
        missing = "PostgreSQL is not installed: apt-get install postgresql"
        if os.environ.get("TWINFOLD_REQUIRE_POSTGRES") == "1":
            pytest.fail(missing)
        pytest.skip(missing)
    with running_server(programs) as url:
        yield url


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A browser for the tests of a file."""
    with running_browser() as started:
        yield started


@contextmanager
def _making(server: str, names: Iterator[str]) -> Iterator[Callable[[], str]]:
    """A function that makes an empty database of PostgreSQL and gives its URL; all are gone at the end."""
    import psycopg
    from psycopg.sql import SQL, Identifier

    made: list[str] = []

    def run(command: str, name: str) -> None:
        with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
            connection.execute(SQL(command).format(Identifier(name)))

    def make() -> str:
        made.append(next(names))
        run("CREATE DATABASE {} TEMPLATE template0", made[-1])
        return f"{server}/{made[-1]}"

    try:
        yield make
    finally:
        for name in made:
            run("DROP DATABASE {} WITH (FORCE)", name)


_NAMES = (f"bank{number}" for number in itertools.count())


@pytest.fixture(scope="module")
def new_postgres(postgres: str) -> Iterator[Callable[[], str]]:
    """A function that makes an empty database of PostgreSQL and gives its URL."""
    with _making(postgres, _NAMES) as make:
        yield make


@pytest.fixture(scope="module", params=["postgresql", "sqlite"])
def new_database(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[], str]]:
    """A function that gives the URL of an empty database, of either sort."""
    if request.param == "postgresql":
        yield request.getfixturevalue("new_postgres")
    else:
        folder: Path = tmp_path_factory.mktemp("sqlite")
        yield lambda: f"sqlite:///{folder / next(_NAMES)}.db"
