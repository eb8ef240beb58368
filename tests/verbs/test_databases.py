"""From a database through a model into a database, as a user goes: by the commands and in Python."""

import re
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import sqlalchemy as sa

import twinfold
from berka_database import BERKA, LINKS, TABLES, connected, describe_berka, load_berka, make_berka
from postgres_server import PASSWORD
from twinfold.cli.main import main

Make = Callable[[], str]


def columns_of(url: str) -> dict[str, list[tuple[str, str, bool]]]:
    with connected(url) as connection:
        inspector = sa.inspect(connection)
        return {
            name: [(c["name"], str(c["type"]), c["nullable"]) for c in inspector.get_columns(name)]
            for name in inspector.get_table_names()
        }


def orphans(url: str) -> int:
    tables = describe_berka().tables
    found = 0
    with connected(url) as connection:
        for name, column, to in LINKS:
            child, parent = tables[name].c[column], tables[to].c[f"{to}_id"]
            lost = sa.select(sa.func.count()).where(child.is_not(None), ~sa.exists().where(parent == child))
            found += connection.scalar(lost) or 0
    return found


@pytest.mark.skipif(not BERKA.is_dir(), reason="the real data of development is not here")
def test_a_bank_goes_from_one_postgresql_into_another(new_postgres: Make, tmp_path: Path) -> None:
    real, made, filled = (new_postgres() for _ in range(3))
    load_berka(real, accounts=600)
    make_berka(filled)
    model = tmp_path / "bank.twin"
    assert main(["fit", real, "-o", str(model), "--quiet"]) == 0
    assert main(["sample", str(model), "-o", made, "--quiet"]) == 0
    assert main(["sample", str(model), "-o", filled, "--quiet"]) == 0

    assert columns_of(made) == columns_of(real)
    tables = describe_berka().tables
    counts: dict[str, dict[str, int]] = {}
    for url in (real, made, filled):
        with connected(url) as connection:
            counts[url] = {
                n: connection.scalar(sa.select(sa.func.count()).select_from(t)) or 0 for n, t in tables.items()
            }
    assert counts[made] == counts[filled]
    assert counts[made]["account"] == 600
    assert counts[made]["district"] == counts[real]["district"] == 77
    for name in ("client", "disp", "order", "trans"):
        assert counts[made][name] == pytest.approx(counts[real][name], rel=0.3)
    with connected(real) as first, connected(made) as second:
        for name in ("order", "trans"):
            # Of so few accounts a few large payments make much; a sum in other units would be another order
            mean = sa.select(sa.func.avg(tables[name].c.amount))
            assert float(second.scalar(mean)) == pytest.approx(float(first.scalar(mean)), rel=0.5)
        keys = sa.select(sa.func.count(sa.distinct(tables["trans"].c.trans_id)))
        assert second.scalar(keys) == counts[made]["trans"]
    assert orphans(made) == orphans(filled) == 0
    with connected(made) as connection:
        inspector = sa.inspect(connection)
        links = [(n, k["constrained_columns"][0]) for n in TABLES for k in inspector.get_foreign_keys(n)]
        assert sorted(links) == sorted((name, column) for name, column, _ in LINKS)
        assert all(inspector.get_pk_constraint(n)["constrained_columns"] == [f"{n}_id"] for n in TABLES)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rng = np.random.default_rng(0)
    path = tmp_path_factory.mktemp("files")
    count = rng.integers(0, 6, 300)
    pl.DataFrame({"region_id": range(6), "name": list("abcdef")}).write_csv(path / "regions.csv")
    pl.DataFrame(
        {
            "id": [f"C-{n:05d}" for n in range(300)],
            "region_id": rng.integers(0, 6, 300),
            "since": pl.Series(rng.integers(15_000, 19_000, 300)).cast(pl.Int32).cast(pl.Date),
        }
    ).write_csv(path / "customers.csv")
    pl.DataFrame(
        {
            "customers_id": np.repeat([f"C-{n:05d}" for n in range(300)], count),
            "date": rng.integers(930_101, 930_128, count.sum()),
            "amount": rng.integers(1, 5_000, count.sum()) / 100,
        }
    ).write_csv(path / "payments.csv")
    return path


def test_files_become_a_database_and_a_database_becomes_files(
    new_database: Make, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("twinfold.synthesis.linked.CHUNK", 60)  # so that customers come in pieces
    first, second = new_database(), new_database()
    twinfold.fit(folder).save(tmp_path / "a.twin")
    summary = twinfold.sample_to(tmp_path / "a.twin", first, 200)
    assert summary.tables["customers"] == 200
    with connected(first) as connection:
        found = connection.scalar(sa.text("SELECT count(DISTINCT id) FROM customers")), summary.tables["payments"]
        assert found == (200, connection.scalar(sa.text("SELECT count(*) FROM payments")))
    assert PASSWORD not in summary.text()
    assert "tery" not in summary.text()
    model = twinfold.fit(first, seed=1)
    assert [link.table for link in model.parts[1].table.links] == ["customers"]
    model.save(tmp_path / "b.twin")
    twinfold.sample_to(tmp_path / "b.twin", tmp_path / "out", 150)
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == [
        *("customers.parquet", "payments.parquet", "regions.parquet")
    ]
    customers, payments = (pl.read_parquet(tmp_path / f"out/{name}.parquet") for name in ("customers", "payments"))
    assert customers.height == 150
    assert payments["customers_id"].is_in(customers["id"].implode()).all()
    assert payments["date"].cast(pl.String).str.to_date("%y%m%d").is_between(date(1993, 1, 1), date(1993, 6, 1)).all()
    twinfold.sample_to(tmp_path / "b.twin", second, 150)
    assert columns_of(second) == columns_of(first)
    frames = twinfold.sample(tmp_path / "b.twin", 20)
    assert isinstance(frames["customers"], pl.DataFrame)


def test_one_table_with_everything_that_one_table_can(new_database: Make, tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    url, made = new_database(), new_database()
    table = sa.Table(
        "client",
        sa.MetaData(),
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("age", sa.SmallInteger, nullable=False),
        sa.Column("kind", sa.Enum("new", "old", "vip", name="kind")),
        sa.Column("city", sa.String(4)),
    )
    with connected(url) as connection:
        table.create(connection)
        rows = [
            {
                "id": n,
                "age": int(age),
                "kind": "vip" if n % 150 == 0 else ("new", "old")[n % 2],
                "city": f"t{n % 90:03d}",
            }
            for n, age in enumerate(rng.integers(18, 90, 400))
        ]
        connection.execute(table.insert(), rows)
    model, report = tmp_path / "m.twin", tmp_path / "report.html"
    assert main(["fit", url, "-o", str(model), "--report", str(report), "--quiet"]) == 0
    drawn_from = ["sample", str(model), "--override", "numbers of no meaning, for types alone"]
    assert main([*drawn_from, "-o", made, "-n", "300", "--where", "age >= 60", "--quiet"]) == 0
    assert columns_of(made) == columns_of(url)
    with connected(made) as connection:
        drawn = connection.execute(sa.select(table)).all()
    assert len({row.id for row in drawn}) == len(drawn) == 300
    assert min(row.age for row in drawn) >= 60
    assert main(["predict", str(model), f"{url}?table=client", "age", "-o", str(tmp_path / "p.csv"), "--quiet"]) == 0
    assert pl.read_csv(tmp_path / "p.csv").height == 400

    password = PASSWORD if url.startswith("postgresql") else "no password"
    held = [
        report.read_text(),
        *(zipfile.ZipFile(model).read(n).decode("latin-1") for n in zipfile.ZipFile(model).namelist()),
    ]
    for secret in (password, "%2Fb%40ttery", "b@ttery"):
        assert not any(secret in text for text in held)


def test_a_schema_of_postgresql_is_learned_and_another_filled(new_postgres: Make, folder: Path, tmp_path: Path) -> None:
    url = new_postgres()
    with connected(url) as connection:
        for name in ("real", "New Bank"):
            connection.execute(sa.schema.CreateSchema(name))
    model = tmp_path / "m.twin"
    twinfold.fit(folder).save(model)
    twinfold.sample_to(model, f"{url}?schema=real", 150)
    assert main(["inspect", f"{url}?schema=real", "--save", str(tmp_path / "schema.toml")]) == 0
    read = ["fit", f"{url}?options=-csearch_path=real", "--schema", str(tmp_path / "schema.toml")]
    assert main([*read, "-o", str(model), "--force", "--quiet"]) == 0
    assert main(["sample", str(model), "-o", f"{url}?schema=New%20Bank", "--quiet"]) == 0
    with connected(url) as connection:
        inspector = sa.inspect(connection)
        assert sorted(inspector.get_table_names("New Bank")) == ["customers", "payments", "regions"]
        assert inspector.get_table_names("public") == []
        links = inspector.get_foreign_keys("payments", "New Bank")
        assert [(k["constrained_columns"], k["referred_schema"]) for k in links] == [(["customers_id"], "New Bank")]


@pytest.mark.parametrize("verb", ["inspect", "fit", "sample"])
def test_a_wrong_password_is_one_line_that_does_not_say_it(
    verb: str, postgres: str, folder: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    model = tmp_path / "m.twin"
    if verb == "sample":
        twinfold.fit(folder).save(model)
    address = postgres.rpartition("@")[2]
    url = f"postgresql://teller:hush%2Fhush@{address}/postgres"
    command = {
        "inspect": ["inspect", url],
        "fit": ["fit", url, "-o", str(model)],
        "sample": ["sample", str(model), "-o", url, "--force"],
    }[verb]
    assert main(command) == 2
    out, err = capfd.readouterr()
    [line] = err.splitlines()
    assert out == ""
    assert f"postgresql://teller:***@{address}/postgres can't be reached" in line
    assert "hush" not in line
    assert verb == "sample" or not model.exists()


REFUSED = {
    "a database that is not known": (
        "mysql://ann:hush@host/bank",
        r"mysql://ann:\*\*\*@host/bank .*postgresql://.*CSV",
    ),
    "a host that is not there": ("postgresql://ann:hush@localhost:1/bank", "can't be reached.*check the host"),
    "a port that is none": (
        "postgresql://ann:hush@localhost:x/bank",
        r"ann:\*\*\*@localhost:x/bank can't be read as a URL",
    ),
    "no file": ("sqlite:///none/none.db", "none.db"),
    "a name far too long": (f"postgresql://ann:hush@{'h' * 300}/bank", "can't be reached"),
}


@pytest.mark.parametrize("case", REFUSED)
@pytest.mark.parametrize("verb", ["inspect", "fit", "sample", "impute", "evaluate"])
def test_bad_urls_are_refused_in_one_line(
    case: str,
    verb: str,
    folder: Path,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url, said = REFUSED[case]
    monkeypatch.chdir(tmp_path)
    if verb in ("sample", "impute"):
        twinfold.fit(folder / "customers.csv").save("m.twin")
    before = sorted(tmp_path.iterdir())
    command = {
        "inspect": ["inspect", url, "--save", "schema.toml"],
        "fit": ["fit", url, "-o", "n.twin"],
        "sample": ["sample", "m.twin", "-o", url],
        "impute": ["impute", "m.twin", url, "-m", "1", "-o", "out.csv"],
        "evaluate": ["evaluate", "--train", url, "--holdout", url, "--synthetic", url, "-o", "r.html"],
    }[verb]
    assert main(command) == 2
    out, err = capfd.readouterr()
    [line] = err.splitlines()
    assert out == ""
    assert "hush" not in line
    assert re.search(said, line), line
    assert sorted(tmp_path.iterdir()) == before


SHOP = """
CREATE TABLE client (id integer PRIMARY KEY, age integer, brought_by integer REFERENCES client);
CREATE TABLE product (id integer PRIMARY KEY, price integer NOT NULL);
CREATE TABLE purchase (id integer PRIMARY KEY, client integer NOT NULL REFERENCES client);
CREATE TABLE line (purchase integer REFERENCES purchase, n integer, product integer NOT NULL REFERENCES product,
    pieces integer, PRIMARY KEY (purchase, n));
CREATE TABLE complaint (purchase integer NOT NULL, n integer NOT NULL, reason varchar(10),
    FOREIGN KEY (purchase, n) REFERENCES line (purchase, n));
"""


def shop() -> dict[str, pl.DataFrame]:
    rng = np.random.default_rng(0)
    count, lines = rng.integers(1, 4, 400), rng.integers(1, 4, 800)
    buyer = np.repeat(np.arange(400), count)[:800]
    lines = lines[: len(buyer)]
    purchase = np.repeat(np.arange(len(buyer)), lines)
    n = np.arange(len(purchase)) - np.repeat(np.cumsum(lines) - lines, lines) + 1
    complains = rng.random(len(purchase)) < 0.3
    by = pl.Series([None if k < 40 or k % 3 else int(rng.integers(0, k)) for k in range(400)], dtype=pl.Int64)
    return {
        "client": pl.DataFrame({"id": np.arange(400), "age": rng.integers(18, 90, 400), "brought_by": by}),
        "product": pl.DataFrame({"id": np.arange(1100), "price": rng.integers(1, 99, 1100)}),
        "purchase": pl.DataFrame({"id": np.arange(len(buyer)), "client": buyer}),
        "line": pl.DataFrame(
            {
                "purchase": purchase,
                "n": n,
                "product": rng.integers(0, 1100, len(purchase)),
                "pieces": rng.integers(1, 5, len(purchase)),
            }
        ),
        "complaint": pl.DataFrame(
            {
                "purchase": purchase[complains],
                "n": n[complains],
                "reason": rng.choice(["late", "broken"], complains.sum()),
            }
        ),
    }


def test_links_that_form_no_tree_and_keys_of_several_columns_keep_their_constraints(
    new_database: Make, tmp_path: Path
) -> None:
    real, made, filled = (new_database() for _ in range(3))
    for url in (real, filled):
        with connected(url) as connection:
            for statement in filter(str.strip, SHOP.split(";")):
                connection.exec_driver_sql(statement)
    with connected(real) as connection:
        for name, frame in shop().items():
            table = sa.table(name, *map(sa.column, frame.columns))
            connection.execute(sa.insert(table), frame.to_dicts())
    model = twinfold.fit(real)
    assert "line hangs on purchase and points by product to product" in model.describe()
    model.save(tmp_path / "shop.twin")
    for target in (made, filled):  # both refuse what breaks their constraints
        twinfold.sample_to(tmp_path / "shop.twin", target, 300)
        with connected(target) as connection:
            inspector = sa.inspect(connection)
            assert inspector.get_pk_constraint("line")["constrained_columns"] == ["purchase", "n"]
            declared = [
                (f["constrained_columns"], f["referred_table"]) for f in inspector.get_foreign_keys("complaint")
            ]
            assert declared == [(["purchase", "n"], "line")]
            assert "client" in {f["referred_table"] for f in inspector.get_foreign_keys("client")}
            brought = connection.scalar(sa.text("SELECT count(brought_by) FROM client"))
            assert 40 < (brought or 0) < 150
            assert (connection.scalar(sa.text("SELECT count(*) FROM complaint")) or 0) > 100


def test_a_table_that_hangs_on_no_customer_gets_its_key_in_a_new_database(new_database: Make) -> None:
    made = new_database()
    twinfold.sample_to(twinfold.fit(shop()), made, 100)
    with connected(made) as connection:
        inspector = sa.inspect(connection)
        assert inspector.get_pk_constraint("product")["constrained_columns"] == ["id"]
        assert "product" in {f["referred_table"] for f in inspector.get_foreign_keys("line")}
