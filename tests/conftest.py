"""What tests of several folders need: a real PostgreSQL."""

import itertools
import os
from collections.abc import Callable, Iterator

import pytest

from postgres_server import find_programs, running_server


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


@pytest.fixture
def new_database(postgres: str) -> Iterator[Callable[[], str]]:
    """A function that makes an empty database and gives its URL."""
    import psycopg
    from psycopg.sql import SQL, Identifier

    numbers = itertools.count()

    def run(command: str, name: str) -> None:
        with psycopg.connect(f"{postgres}/postgres", autocommit=True) as connection:
            connection.execute(SQL(command).format(Identifier(name)))

    made: list[str] = []

    def make() -> str:
        made.append(f"bank{next(numbers)}")
        run("CREATE DATABASE {} TEMPLATE template0", made[-1])
        return f"{postgres}/{made[-1]}"

    yield make
    for name in made:
        run("DROP DATABASE {} WITH (FORCE)", name)
