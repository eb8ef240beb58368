"""Berka's eight tables, from a database into a database: seconds, and what SQL counts on either side.

    scripts/bench databases [--databases postgresql,sqlite] [--copies 1] [--seed 0]

The tables go into a database with keys, foreign keys and the types of a bank's, are read, learned, and drawn into empty
tables with the same constraints in a second one. Counts, sums, averages and orphans are what SQL finds there. A
PostgreSQL is started for it, on loopback. `--copies` draws as many times the accounts that were learned.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import sqlalchemy as sa

from contest.contestants import compile_kernels
from twinfold.tables.databases.address import parse_address
from twinfold.tables.databases.reading import read_database
from twinfold.tables.layout import Layout
from twinfold.tables.reading import read
from twinfold.tables.schema import Column, Kind, Table
from twinfold.tables.writing import open_writer
from twinfold.verbs.fit import fit
from twinfold.verbs.sample import sample_to

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from berka_database import BERKA, LINKS, TABLES, connected, describe_berka, load_berka, make_berka, read_berka
from postgres_server import find_programs, running_server

COUNTED = (("loan", "amount"), ("loan", "payments"), ("order", "amount"), ("trans", "amount"), ("trans", "balance"))
DATED = (("account", "date"), ("trans", "date"), ("card", "issued"))


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    began = time.perf_counter()
    return work(), time.perf_counter() - began


def count(url: str) -> dict[str, list[Any]]:
    """What SQL finds in a database, by what it is."""
    tables = describe_berka().tables
    out: dict[str, list[Any]] = {}
    with connected(url) as connection:
        for name, table in tables.items():
            out[f"rows of {name}"] = [connection.scalar(sa.select(sa.func.count()).select_from(table))]
        for name, column in COUNTED:
            of = tables[name].c[column]
            total, mean = connection.execute(sa.select(sa.func.sum(of), sa.func.avg(of))).one()
            out[f"{name}.{column}: sum, average"] = [round(float(total)), round(float(mean), 2)]
        for name, column in DATED:
            of = tables[name].c[column]
            first, last = connection.execute(sa.select(sa.func.min(of), sa.func.max(of))).one()
            out[f"{name}.{column}: first, last"] = [f"{first:%Y-%m-%d}", f"{last:%Y-%m-%d}"]
    return out


def count_orphans(url: str) -> int:
    """Rows that point to none, over all links, by SQL."""
    tables = describe_berka().tables
    found = 0
    with connected(url) as connection:
        for name, column, to in LINKS:
            child, parent = tables[name].c[column], tables[to].c[f"{to}_id"]
            lost = sa.select(sa.func.count()).where(child.is_not(None), ~sa.exists().where(parent == child))
            found += connection.scalar(lost) or 0
    return found


def run(title: str, source: str, target: str, copies: int, seed: int) -> None:
    load_berka(source)
    make_berka(target)
    data, seconds_read = timed(lambda: read(source))
    model, seconds_fit = timed(lambda: fit(data, seed=seed))
    rows = sum(frame.height for frame in data.tables.values())
    summary, seconds_write = timed(lambda: sample_to(model, target, copies * model.rows, seed=seed + 1))
    written = sum(summary.tables.values())
    print(f"\n{title}: {len(TABLES)} tables, {len(LINKS)} foreign keys")
    say("read", rows, seconds_read, "keys, links and kinds found")
    say("fit", rows, seconds_fit)
    say("write", written, seconds_write, "drawn, and constraints checked")
    print(f"  orphans by SQL: real {count_orphans(source)}, synthetic {count_orphans(target)}")
    print(f"  {'by SQL':<30}{'real':>28}{'synthetic':>28}")
    real, synthetic = count(source), count(target)
    for what, values in real.items():
        print(f"  {what:<30}{spell(values):>28}{spell(synthetic[what]):>28}")
    move(target)


def move(target: str) -> None:
    """A million rows of transactions into a new table and back, with nothing learned or found out."""
    frame = pl.concat([read_berka("trans")] * 21).head(1_000_000)
    columns = tuple(Column(name=name, kind=Kind.CATEGORY, physical=str(kind)) for name, kind in frame.schema.items())
    table, layout = Table(name="moved", columns=columns), Layout(source="polars")

    def write() -> None:
        with open_writer(target, layout, table=table) as writer:
            writer.write(frame)

    say("write", frame.height, timed(write)[1], "to a table without a key")
    address = parse_address(f"{target}{'&' if '?' in target else '?'}table=moved")
    say("read", frame.height, timed(lambda: read_database(address))[1], "as they are")


def say(what: str, rows: int, seconds: float, beside: str = "") -> None:
    remark = f", {beside}" if beside else ""
    print(f"  {what:<6}{rows:>10,} rows in {seconds:6.1f} s, {rows / seconds:>9,.0f} a second{remark}", flush=True)


def spell(values: list[Any]) -> str:
    return ", ".join(f"{value:,}" if isinstance(value, int | float) else str(value) for value in values)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--databases", default="postgresql,sqlite")
    parser.add_argument("--copies", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    if not BERKA.exists():
        print("not run: ../shared, with the real tables, is not here")
        return
    compile_kernels()
    print(time.strftime("%Y-%m-%d"))
    databases = args.databases.split(",")
    if "sqlite" in databases:
        with tempfile.TemporaryDirectory() as folder:
            run("SQLite", f"sqlite:///{folder}/real.db", f"sqlite:///{folder}/new.db", args.copies, args.seed)
    if "postgresql" in databases:
        programs = find_programs()
        if programs is None:
            print("\nPostgreSQL: not run, for it is not installed: apt-get install postgresql")
            return
        with running_server(programs) as server:
            for name in ("real", "new"):
                make_schema(f"{server}/postgres", name)
            real, new = (f"{server}/postgres?options=-csearch_path%3D{name}" for name in ("real", "new"))
            run("PostgreSQL", real, new, args.copies, args.seed)


def make_schema(url: str, name: str) -> None:
    with connected(url) as connection:
        connection.execute(sa.schema.CreateSchema(name))


if __name__ == "__main__":
    main()
