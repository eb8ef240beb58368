"""How the cost of histories grows: accounts with their transactions, more and more of them, drawn and learned.

    scripts/bench histories [--drawn 10000,100000,1000000] [--learned 10000,100000] [--columns date,type,amount,balance]

The accounts of the Czech bank that have transactions, forty each, with such columns of these ("all" for all ten), are
learned; the tables that are learned again are drawn from that model, since real ones have too few rows. Each line is a
process of its own. Twinfold draws on two cores; CPU seconds are of all of them.
"""

import argparse
import shutil
import tempfile
import time
from pathlib import Path

import polars as pl

from contest.contestants import compile_kernels, timed
from contest.environments import SHARED, TWINFOLD

ASKED = "asked: 30,000,000 rows drawn in under 300 s, memory flat; 3,000,000 learned in 300 s"
NAMES = ("account", "trans")


def take_accounts(out: Path, columns: list[str]) -> None:
    """The accounts with transactions, and these, as a folder."""
    accounts, rows = (pl.read_parquet(SHARED / "data/berka" / f"{name}.parquet") for name in ("account", "trans"))
    out.mkdir()
    if columns != ["all"]:
        rows = rows.select("trans_id", "account_id", *columns)
    accounts = accounts.filter(pl.col("account_id").is_in(rows["account_id"].implode())).drop("district_id")
    accounts.write_parquet(out / "account.parquet")
    rows.write_parquet(out / "trans.parquet")


def line(what: str, folder: Path, wall: float, cpu: float, peak: float) -> None:
    customers, rows = (pl.scan_parquet(folder / f"{n}.parquet").select(pl.len()).collect().item() for n in NAMES)
    each = cpu / rows * 1e6
    print(f"{what:<9}{customers:>12,}{rows:>14,}{wall:>10.1f}{cpu:>10.1f}{each:>12.1f}{peak:>10.2f}", flush=True)


def run(*command: object) -> tuple[float, float, float]:
    """Wall seconds, CPU seconds and peak memory in GB of a command."""
    begun = time.perf_counter()
    _, cpu, peak = timed(TWINFOLD, *command, "--quiet", "--force")
    return time.perf_counter() - begun, cpu, peak


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--drawn", default="10000,100000,1000000")
    parser.add_argument("--learned", default="10000,100000")
    parser.add_argument("--columns", default="date,type,amount,balance")
    asked = parser.parse_args()
    compile_kernels()
    print(f"accounts with transactions ({asked.columns}); {ASKED}")
    print(f"{'':<9}{'customers':>12}{'rows':>14}{'wall s':>10}{'CPU s':>10}{'CPU us/row':>12}{'peak GB':>10}")
    with tempfile.TemporaryDirectory() as place:
        real, model, out = Path(place) / "real", Path(place) / "real.twin", Path(place) / "drawn"
        take_accounts(real, asked.columns.split(","))
        line("learned", real, *run("fit", real, "-o", model))
        for customers in filter(None, asked.drawn.split(",")):
            line("drawn", out, *run("sample", model, "-o", out, "-n", customers))
            shutil.rmtree(out)
        for customers in filter(None, asked.learned.split(",")):
            run("sample", model, "-o", out, "-n", customers)
            line("learned", out, *run("fit", out, "-o", Path(place) / "again.twin"))
            shutil.rmtree(out)


if __name__ == "__main__":
    main()
