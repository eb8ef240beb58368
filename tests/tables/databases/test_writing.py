"""What is written to a database is what it was read as; where something fails, nothing was written."""

import datetime
from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import sqlalchemy as sa

from berka_database import connected
from twinfold.errors import OutputError
from twinfold.tables.dataset import Dataset
from twinfold.tables.layout import DatabaseTable, Layout, SqlType
from twinfold.tables.reading import read
from twinfold.tables.schema import Column, Kind, Link, Table
from twinfold.tables.writing import open_writer, open_writers

Make = Callable[[], str]


def describe() -> sa.MetaData:
    metadata = sa.MetaData()
    sa.Table("Region", metadata, sa.Column("code", sa.CHAR(3), primary_key=True), sa.Column("name", sa.String(20)))
    sa.Table(
        "customer",
        metadata,
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("region", sa.ForeignKey("Region.code"), nullable=False),
        sa.Column("limit", sa.Numeric(8, 2)),
        sa.Column("mood", sa.Enum("fine", "so-so", name="mood")),
        sa.Column("born", sa.Date, nullable=False),
        sa.Column("seen", sa.DateTime),
        sa.Column("note", sa.Text),
        sa.Column("active", sa.Boolean),
        sa.Column("share", sa.Double),
    )
    sa.Table(
        "user",
        metadata,
        sa.Column("customer", sa.ForeignKey("customer.id"), nullable=False),
        sa.Column("n", sa.SmallInteger),
    )
    return metadata


ROWS: dict[str, list[dict[str, Any]]] = {
    "Region": [{"code": code, "name": f"region {code}"} for code in ("abc", "xyz", "q")],
    "customer": [
        {
            "id": 10_000_000_000 + n,
            "region": ("abc", "xyz", "q")[n % 3],
            "limit": None if n == 5 else Decimal(n * 25) / 100,
            "mood": (None, "fine", "so-so")[n % 3],
            "born": datetime.date(1980, 1, 1) + datetime.timedelta(n),
            "seen": datetime.datetime(2024, 1, 1, 12, n % 60, 30),
            "note": (None, "", 'a "quoted", \\. line\nand another', "\\N", "NULL")[n % 5],
            "active": n % 2 == 0,
            "share": n / 7,
        }
        for n in range(60)
    ],
    "user": [{"customer": 10_000_000_000 + n % 60, "n": n % 5} for n in range(200)],
}


def fill(url: str, *, rows: bool = True) -> str:
    with connected(url) as connection:
        metadata = describe()
        metadata.create_all(connection)
        for name, table in metadata.tables.items() if rows else ():
            connection.execute(table.insert(), ROWS[name])
    return url


def learned(dataset: Dataset) -> list[Table]:
    return [table for table in dataset.schema.tables if not table.reference]


def write(dataset: Dataset, url: str, pieces: int = 3, then: type[BaseException] | None = None) -> None:
    """All rows of a dataset into a database, in pieces that hold parts of every table; and what happens `then`."""
    with open_writers(url, dataset.layouts, tables=learned(dataset)) as writers:
        for piece in range(pieces):
            for name, writer in writers.items():
                frame = dataset.tables[name]
                size = -(-frame.height // pieces) if name == "user" else frame.height
                if name == "user" or not piece:
                    writer.write(frame[piece * size : (piece + 1) * size])
        if then is not None:
            raise then


def shape(url: str) -> dict[str, Any]:
    """Everything that is declared of the tables."""
    with connected(url) as connection:
        inspector = sa.inspect(connection)
        return {
            name: {
                "columns": [(c["name"], str(c["type"]), c["nullable"]) for c in inspector.get_columns(name)],
                "key": inspector.get_pk_constraint(name)["constrained_columns"],
                "links": sorted(
                    (k["constrained_columns"], k["referred_table"], k["referred_columns"])
                    for k in inspector.get_foreign_keys(name)
                ),
            }
            for name in sorted(inspector.get_table_names())
        }


def contents(url: str) -> dict[str, list[Any]]:
    with connected(url) as connection:
        return {
            name: sorted(connection.execute(sa.select(table)).all(), key=repr)
            for name, table in describe().tables.items()
        }


def test_tables_are_made_as_they_were_and_hold_what_they_held(new_database: Make) -> None:
    source, target = fill(new_database()), new_database()
    dataset = read(source)
    write(dataset, target)
    assert contents(target) == contents(source)
    assert shape(target) == shape(source) or source.startswith("sqlite")
    if source.startswith("sqlite"):  # which calls a number what it likes
        made, first = shape(target), shape(source)
        for name in first:
            assert (made[name]["key"], made[name]["links"]) == (first[name]["key"], first[name]["links"])


def test_empty_tables_are_filled_parents_first(new_database: Make) -> None:
    source, target = fill(new_database()), fill(new_database(), rows=False)
    before = shape(target)
    write(read(source), target)
    assert contents(target) == contents(source)
    assert shape(target) == before


@pytest.mark.parametrize("stop", [KeyboardInterrupt, ValueError])
@pytest.mark.parametrize("there", [True, False])
def test_what_stops_midway_leaves_nothing(new_database: Make, there: bool, stop: type[BaseException]) -> None:
    dataset, target = read(fill(new_database())), new_database()
    if there:
        fill(target, rows=False)
    with pytest.raises(stop):
        write(dataset, target, then=stop)
    if there:
        assert contents(target) == {"Region": [], "customer": [], "user": []}
    elif target.startswith("sqlite"):
        assert not Path(target.removeprefix("sqlite:///")).exists()
    else:
        assert shape(target) == {}
        with connected(target) as connection:
            assert connection.scalar(sa.text("SELECT count(*) FROM pg_type WHERE typname = 'mood'")) == 0


def test_a_broken_constraint_refuses_everything(new_database: Make) -> None:
    dataset, target = read(fill(new_database())), new_database()
    strays = dataset.tables["user"].with_columns(customer=pl.lit(7, pl.Int64))
    wrong = replace(dataset, tables={**dataset.tables, "user": strays})
    with pytest.raises(OutputError, match=r"(?i)nothing was: .*foreign key constraint") as refused:
        write(wrong, target)
    assert len(str(refused.value).splitlines()) == 1
    assert not target.startswith("postgresql") or shape(target) == {}


def test_rows_and_views_in_the_way_are_left_alone(new_database: Make) -> None:
    source, target = fill(new_database()), new_database()
    dataset = read(source)
    for force in (False, True):
        with (
            pytest.raises(OutputError, match=r"table 'Region' of .* has rows, and only empty tables are filled"),
            open_writers(source, dataset.layouts, tables=learned(dataset), force=force),
        ):
            pass
    assert contents(source)["user"]
    with connected(target) as connection:
        connection.exec_driver_sql("CREATE VIEW customer AS SELECT 1 AS a")
    with pytest.raises(OutputError, match="'customer' is a view"):
        write(dataset, target)


def test_a_table_that_lacks_a_column_says_which(new_database: Make) -> None:
    dataset, target = read(fill(new_database())), new_database()
    with connected(target) as connection:
        connection.exec_driver_sql('CREATE TABLE "user" (customer bigint, nn smallint)')
    with pytest.raises(OutputError, match=r"column 'n' is not in table 'user' .*\(customer, nn\); did you mean 'nn'"):
        write(dataset, target)
    assert target.startswith("sqlite") or list(shape(target)) == ["user"]


def test_names_that_would_do_harm_are_only_names(new_database: Make) -> None:
    name, column = 'x"; DROP TABLE t; --', "a%s');(b) :c"
    target = new_database()
    labels = ("100%", "a'); DROP TABLE t; --", ":b", "")
    enum = SqlType(name="enum", label='m"); DROP TABLE t; --', values=labels)
    columns = (
        Column(name=column, kind=Kind.INTEGER, physical="Int64"),
        Column(name="m", kind=Kind.CATEGORY, physical="String"),
    )
    layout = Layout(source="database", database=DatabaseTable(types={"m": enum}))
    with open_writer(target, layout, table=Table(name=name, columns=columns)) as writer:
        writer.write(pl.DataFrame({column: [1, 2, None, 4], "m": labels}))
    back = read(target).tables[name]
    assert back[column].to_list() == [1, 2, None, 4]
    assert tuple(back["m"]) == labels


def frame_tables(url: str) -> Mapping[str, pl.DataFrame]:
    frames = {
        "customers": pl.DataFrame({"id": ["c1", "c2"], "day": ["2024-01-01", None], "rate": [0.5, None]}),
        "payments": pl.DataFrame({"customer_id": ["c2", "c2"], "amount": pl.Series([1, 2], dtype=pl.UInt8)}),
    }
    link = Link(column="customer_id", table="customers", to="id")
    tables = [
        Table(
            name=name,
            columns=tuple(
                Column(
                    name=column,
                    kind=Kind.IDENTIFIER if "id" in column else Kind.CATEGORY,
                    physical=str(dtype),
                    treatment="fake" if "id" in column else "learn",
                )
                for column, dtype in frame.schema.items()
            ),
            links=(link,) if name == "payments" else (),
        )
        for name, frame in frames.items()
    ]
    layouts = {"payments": Layout(source="csv"), "customers": Layout(source="polars")}
    with open_writers(url, layouts, tables=tables) as writers:
        for name, writer in writers.items():
            writer.write(frames[name])
    return frames


def test_tables_of_files_get_types_keys_and_links(new_database: Make) -> None:
    target = new_database()
    frames = frame_tables(target)
    made = shape(target)
    assert made["customers"]["key"] == ["id"]
    assert made["payments"]["links"] == [(["customer_id"], "customers", ["id"])]
    numbers = ["TEXT", "SMALLINT"]
    assert [kind for _, kind, _ in made["payments"]["columns"]] == numbers
    back = read(target).tables
    assert back["customers"].rows() == frames["customers"].rows()


def test_made_up_texts_and_numbers_keep_to_their_columns(new_postgres: Make) -> None:
    target = new_postgres()
    with connected(target) as connection:
        connection.exec_driver_sql(
            "CREATE TABLE t (name varchar(4), amount numeric(5, 1), id integer GENERATED ALWAYS AS IDENTITY)"
        )
        connection.exec_driver_sql("ALTER TABLE t ADD twice numeric GENERATED ALWAYS AS (amount * 2) STORED")
    columns = (
        Column(name="name", kind=Kind.TEXT, physical="String", treatment="fake"),
        *(Column(name=name, kind=Kind.DECIMAL, physical="Float64") for name in ("amount", "twice")),
    )
    with open_writer(target, Layout(source="csv"), table=Table(name="t", columns=columns)) as writer:
        writer.write(pl.DataFrame({"name": ["Maximilian"], "amount": [123456.78], "twice": [1.0]}))
    with connected(target) as connection:
        assert connection.execute(sa.text("SELECT * FROM t")).all() == [
            ("Maxi", Decimal("9999.9"), 1, Decimal("19999.8"))
        ]


def test_a_place_that_is_no_database_is_refused(tmp_path: Path) -> None:
    with (
        pytest.raises(OutputError, match="lies in a folder that does not exist; make"),
        frame_writer(f"sqlite:///{tmp_path}/no/new.db"),
    ):
        pass
    (tmp_path / "text.db").write_text("mine" * 100)
    with pytest.raises(OutputError, match="file is not a database"), frame_writer(f"sqlite:///{tmp_path}/text.db"):
        pass
    assert (tmp_path / "text.db").read_text() == "mine" * 100
    with (
        pytest.raises(OutputError, match=r"mysql://ann:\*\*\*@host/bank is neither"),
        frame_writer("mysql://ann:hush@host/bank"),
    ):
        pass
    with (
        pytest.raises(OutputError, match=r"postgresql://ann:\*\*\*@host/bank is no file"),
        open_writer("postgresql://ann:hush@host/bank", Layout(source="csv")),
    ):
        pass


def frame_writer(url: str) -> Any:
    table = Table(name="t", columns=(Column(name="a", kind=Kind.INTEGER, physical="Int64"),))
    return open_writer(url, Layout(source="csv"), table=table)


def test_a_table_whose_name_is_a_path_becomes_no_file_elsewhere(tmp_path: Path) -> None:
    layout = Layout(source="database")
    with (
        pytest.raises(OutputError, match="can't be a file of that name"),
        open_writers(tmp_path / "out", {"../../gone": layout, "b": layout}),
    ):
        pass
    assert list(tmp_path.iterdir()) == []
