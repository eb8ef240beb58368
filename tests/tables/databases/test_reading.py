"""What a database holds and declares, as it is read; what can't be read is said in one line without a password."""

import datetime
import socket
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
import sqlalchemy as sa

from berka_database import connected
from twinfold.errors import DataError
from twinfold.tables.reading import read
from twinfold.tables.schema import Link

Make = Callable[[], str]

TYPES = """
CREATE TYPE mood AS ENUM ('fine', 'so-so');
CREATE DOMAIN percent AS smallint CHECK (VALUE BETWEEN 0 AND 100);
CREATE TABLE every (
    id uuid PRIMARY KEY, small smallint, whole integer, large bigint, exact numeric(12, 2), huge numeric(30, 2),
    digits numeric(9, 0), plain numeric, whole_plain numeric(38, 0), single real, wide double precision, flag boolean,
    day date, moment timestamp, zoned timestamptz, at time, word text, short varchar(5), fixed char(4), feeling mood,
    share percent, doc jsonb, bytes bytea, many integer[], lasts interval, address inet
);
INSERT INTO every VALUES
('7c9e6679-7425-40de-944b-e07fc1f90ae7', 1, 2, 9007199254740993, 1.50, 12345678901234567890.25, 7, 1.25, 12, 0.1, 0.1,
 true, '2024-02-29', '2024-02-29 10:11:12.5', '2024-02-29 10:11:12+02', '10:11:12', E'a "b",\\n', 'ž', 'ab', 'so-so',
 40, '{"a": 1}', 'x', '{1}', '1 day', '10.0.0.1'),
('7c9e6679-7425-40de-944b-e07fc1f90ae8', -1, -2, -3, 'NaN', 0, 0, 'NaN', 3, 'NaN', 'Infinity', false,
 'infinity', '0044-03-15 BC', '2024-02-29 10:11:12+00', '00:00:00', '', '', '', 'fine', 0, '{}', 'x', '{}', '1 day',
 NULL),
('7c9e6679-7425-40de-944b-e07fc1f90ae9', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
 NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)
"""


def execute(url: str, script: str) -> None:
    """Run commands, one after another."""
    with connected(url) as connection:
        for command in filter(str.strip, script.split(";")):
            connection.exec_driver_sql(command)


def test_every_type_of_postgresql(new_postgres: Make) -> None:
    url = new_postgres()
    execute(url, TYPES)
    dataset = read(url)
    frame = dataset.tables["every"]
    first, second, third = frame.rows(named=True)
    assert first == {
        "id": "7c9e6679-7425-40de-944b-e07fc1f90ae7",
        **{"small": 1, "whole": 2, "large": 9007199254740993, "exact": Decimal("1.50")},
        **{"huge": Decimal("12345678901234567890.25"), "digits": 7, "plain": 1.25, "whole_plain": 12},
        **{"single": pytest.approx(0.1), "wide": 0.1, "flag": True, "day": datetime.date(2024, 2, 29)},
        "moment": datetime.datetime(2024, 2, 29, 10, 11, 12, 500_000),
        "zoned": datetime.datetime(2024, 2, 29, 8, 11, 12, tzinfo=datetime.UTC),
        **{"at": "10:11:12", "word": 'a "b",\n', "short": "ž", "fixed": "ab", "feeling": "so-so", "share": 40},
    }
    assert {name for name, value in second.items() if value is None} == {
        *("exact", "plain", "single", "wide", "day", "moment")
    }
    assert (second["word"], second["short"]) == ("", "")
    assert set(third.values()) == {third["id"], None}
    types = {name: str(frame.schema[name]) for name in ("small", "whole", "large", "digits", "plain", "whole_plain")}
    assert list(types.values()) == ["Int16", "Int32", "Int64", "Int64", "Float64", "Int64"]
    notes = "\n".join(dataset.notes)
    for name in ("doc", "bytes", "many", "lasts", "address"):
        assert f"column {name!r} is left out: its type (" in notes
    assert "1 of 'day' are no date that can be held here, and are missing" in notes


def test_sqlite_gives_what_it_stores(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'bank.db'}"
    rows = ", ".join(f"({n}, '{n:03d}', '2024-01-{n:02d}', {n * 100 + 930101}, {n}, x'00', 1)" for n in range(1, 29))
    execute(
        url,
        "CREATE TABLE t (id INTEGER PRIMARY KEY, code TEXT, day DATE, number INT, rate DECIMAL(5, 1), raw TEXT, odd);"
        f"INSERT INTO t VALUES {rows}; UPDATE t SET odd = 'x', rate = 1.5 WHERE id = 1;"
        "INSERT INTO t (id) VALUES (99)",
    )
    dataset = read(url)
    frame = dataset.tables["t"]
    assert dict(frame.schema) == {
        **{"id": pl.Int64, "code": pl.String, "day": pl.String, "number": pl.Int64, "rate": pl.Float64},
        "odd": pl.String,
    }
    assert frame.row(0) == (1, "001", "2024-01-01", 930201, 1.5, "x")
    assert set(frame.row(-1)) == {99, None}
    assert dataset.schema["t"]["day"].format == "%Y-%m-%d"
    assert any("'raw' is left out" in note for note in dataset.notes)


NAMES = ['select "x"; DROP TABLE t; --', "Mixed.Case", "percent %s %(a)s :b", "žluťoučký'kůň", "order"]


@pytest.mark.parametrize("table", NAMES)
def test_names_are_names_and_nothing_else(new_database: Make, table: str) -> None:
    url = new_database()
    with connected(url) as connection:
        made = sa.Table(
            table, sa.MetaData(), *(sa.Column(name, sa.Integer, key=f"c{i}") for i, name in enumerate(NAMES))
        )
        made.create(connection)
        connection.execute(sa.insert(made).values([{f"c{i}": start + i for i in range(5)} for start in (0, 5)]))
    frame = read(url).tables[table]
    assert frame.columns == NAMES
    assert frame.rows() == [tuple(range(5)), tuple(range(5, 10))]


DECLARED = """
CREATE TABLE person (person_ref varchar(8) UNIQUE, id integer PRIMARY KEY, boss integer REFERENCES person, age integer);
CREATE TABLE deal (a integer, b integer, who varchar(8) REFERENCES person (person_ref), PRIMARY KEY (a, b));
CREATE TABLE step (a integer, b integer, n integer, FOREIGN KEY (a, b) REFERENCES deal (a, b));
INSERT INTO person VALUES ('p1', 1, NULL, 30), ('p2', 2, 1, 40);
INSERT INTO deal VALUES (1, 1, 'p1'), (1, 2, 'p1');
INSERT INTO step VALUES (1, 1, 5), (1, 2, 6)
"""


def test_what_is_declared_is_known(new_database: Make) -> None:
    url = new_database()
    execute(url, DECLARED)
    dataset = read(url)
    person, deal, step = (dataset.schema[name] for name in ("person", "deal", "step"))
    assert (person.key, person["id"].kind, person["person_ref"].kind) == ("person_ref", "identifier", "identifier")
    assert person["boss"].treatment == "drop"
    assert [(link.column, link.table, link.to) for link in deal.links] == [("who", "person", "person_ref")]
    assert (deal.key, deal.together) == (None, ("a", "b"))
    assert [(link.columns, link.table, link.targets) for link in step.links] == [(("a", "b"), "deal", ("a", "b"))]
    assert "(boss) to person is to rows of its own table" in "\n".join(dataset.notes)


def test_a_declared_link_to_rows_of_the_same_table_is_learned_and_one_that_another_implies_is_not(
    new_database: Make,
) -> None:
    url = new_database()
    execute(
        url,
        "CREATE TABLE person (id integer PRIMARY KEY, boss integer REFERENCES person);"
        "CREATE TABLE line (person integer REFERENCES person, n integer, PRIMARY KEY (person, n));"
        "CREATE TABLE part (person integer REFERENCES person, n integer, a integer,"
        "FOREIGN KEY (person, n) REFERENCES line (person, n));"
        "INSERT INTO person VALUES (1, NULL), (2, 1); INSERT INTO line VALUES (1, 1), (1, 2);"
        "INSERT INTO part VALUES (1, 2, 5)",
    )
    schema = read(url).schema
    assert [(link.column, link.table) for link in schema["person"].links] == [("boss", "person")]
    assert schema["person"]["boss"].treatment == "fake"
    assert [link.columns for link in schema["part"].links] == [("person", "n")]


def test_where_nothing_is_declared_links_are_proposed(new_database: Make) -> None:
    url = new_database()
    execute(
        url,
        "CREATE TABLE customer (customer_id integer, age integer);"
        "CREATE TABLE payment (customer_id integer, amount integer);"
        f"INSERT INTO customer VALUES {', '.join(f'({n}, {20 + n % 50})' for n in range(100))};"
        f"INSERT INTO payment VALUES {', '.join(f'({n % 100}, {n})' for n in range(300))}",
    )
    dataset = read(url)
    assert [link.table for link in dataset.schema["payment"].links] == ["customer"]
    assert any("declares no foreign keys" in note for note in dataset.notes)


def test_views_partitions_and_schemas(new_postgres: Make) -> None:
    url = new_postgres()
    execute(
        url,
        "CREATE TABLE moved (day date, amount integer) PARTITION BY RANGE (day);"
        "CREATE TABLE moved_2024 PARTITION OF moved FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');"
        "INSERT INTO moved VALUES ('2024-03-01', 5), ('2024-04-01', 6);"
        "CREATE VIEW large AS SELECT * FROM moved WHERE amount > 5;"
        'CREATE SCHEMA "Old Bank"; CREATE TABLE "Old Bank".kept (a integer); INSERT INTO "Old Bank".kept VALUES (1)',
    )
    dataset = read(url)
    assert {name: frame.height for name, frame in dataset.tables.items()} == {"moved": 2}
    assert any("views are left aside: large" in note for note in dataset.notes)
    assert read(f"{url}?table=large").tables["large"].height == 1
    assert list(read(f"{url}?schema=Old%20Bank").tables) == ["kept"]
    assert list(read(f"{url}?options=-csearch_path%3D%22Old%5C%20Bank%22").tables) == ["kept"]
    with pytest.raises(DataError, match=r"schema 'Old bank' is not in .*(Old Bank|public).*did you mean 'Old Bank'"):
        read(f"{url}?schema=Old%20bank")
    with pytest.raises(DataError, match=r"table 'mved' is not in .*did you mean 'moved'"):
        read(f"{url}?table=mved")


def test_what_cannot_be_read_is_said(new_database: Make) -> None:
    url = new_database()
    execute(url, "CREATE VIEW v AS SELECT 1 AS a")
    with pytest.raises(DataError, match="holds no tables but views \\(v\\); name those to read, as in \\?table=v"):
        read(url)
    execute(url, "DROP VIEW v; CREATE TABLE empty (a integer)")
    with pytest.raises(DataError, match="table 'empty' has columns \\('a'\\) and no rows below them"):
        read(url)
    execute(url, "CREATE TABLE other (a integer); INSERT INTO other VALUES (1), (2)")
    assert {name: frame.height for name, frame in read(url).tables.items()} == {"empty": 0, "other": 2}
    execute(url, "DROP TABLE other")
    execute(url, "DROP TABLE empty")
    with pytest.raises(DataError, match="holds no tables"):
        read(url)


def test_a_server_that_refuses_is_named_without_the_password(postgres: str) -> None:
    user, _, rest = postgres.partition("://")[2].partition(":")
    address = rest.rpartition("@")[2]
    with pytest.raises(
        DataError, match=f'{user}:\\*\\*\\*@{address}/postgres can.t be reached: .*password .*"{user}"'
    ) as no:
        read(f"postgresql://{user}:hush@{address}/postgres")
    assert "hush" not in str(no.value)
    with pytest.raises(DataError, match=r'database "none" does not exist.*check'):
        read(f"{postgres}/none")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(DataError, match=r"can't be reached: .*refused"):
            read(f"postgresql://{user}:hush@127.0.0.1:{taken.getsockname()[1]}/bank")


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"there is no file '.*none\.db'; check the path"):
        read(f"sqlite:///{tmp_path / 'none.db'}")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "text.db").write_text("a,b\n1,2\n" * 100)
    with pytest.raises(DataError, match=r"text\.db can't be read: file is not a database"):
        read(f"sqlite:///{tmp_path / 'text.db'}")


def test_sqlite_takes_names_in_any_case_and_links_to_nothing(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'bank.db'}"
    execute(
        url,
        "CREATE TABLE Customer (Id integer PRIMARY KEY); INSERT INTO Customer VALUES (1), (2);"
        "CREATE TABLE card (owner integer, shop integer REFERENCES shops,"
        "FOREIGN KEY (OWNER) REFERENCES CUSTOMER (ID));"
        "INSERT INTO card VALUES (1, 1), (2, 1)",
    )
    dataset = read(url)
    assert dataset.schema["card"].links == (Link(column="owner", table="Customer", to="Id"),)
    assert any("(shop) to shops is not used" in note for note in dataset.notes)


def test_links_that_do_not_hold_are_not_declared_anew(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'bank.db'}"
    execute(
        url,
        "CREATE TABLE region (region_id integer PRIMARY KEY, name text); INSERT INTO region VALUES (1, 'a'), (2, 'b');"
        "CREATE TABLE customer (id integer PRIMARY KEY, region_id integer REFERENCES region);"
        "CREATE TABLE payment (customer integer REFERENCES customer, amount integer);"
        f"INSERT INTO customer VALUES {', '.join(f'({n}, {1 + n % 2})' for n in range(100))};"
        f"INSERT INTO payment VALUES {', '.join(f'({n}, {n})' for n in range(100))}",
    )
    assert [link.table for link in read(url).layouts["customer"].database.links] == ["region"]
    execute(url, "UPDATE customer SET region_id = 3 WHERE id < 20")  # SQLite does not mind
    dataset = read(url)
    assert [link.table for link in dataset.schema["customer"].links] == ["region"]
    assert dataset.layouts["customer"].database.links == ()


def test_numbers_longer_than_any_integer_stay_whole(new_postgres: Make) -> None:
    url = new_postgres()
    execute(
        url,
        "CREATE TABLE t (account numeric(24, 0), free numeric); INSERT INTO t VALUES (123456789012345678901234, 1),"
        "(NULL, 20000000000000000000)",
    )
    dataset = read(url)
    frame = dataset.tables["t"]
    assert dataset.schema["t"]["free"].kind == "identifier"
    assert frame.rows() == [("123456789012345678901234", "1"), (None, "20000000000000000000")]
