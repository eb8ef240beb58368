"""Faithful and safe, as independent libraries judge it: ../shared/bench/score.py on fits of several seeds.

    scripts/bench faithfulness [--tables adult,bank_marketing] [--seeds 3] [--split given]

Each fit and draw is a process of its own that runs the two commands of the command line; CPU seconds are of all their
threads, kernels compiled before. The judge's libraries (torch, sdmetrics) get an environment of their own, made at
the first run. The last line of each table is a floor for clipped tails: the real training rows themselves, with numbers
clipped at their tenth most extreme. SDMetrics cuts each table's numbers into bins of that table's own range, so a
shorter tail alone moves its figure for pairs. `scripts/bench peers` does it beside the peers.
"""

import argparse
import time

import polars as pl
import polars.selectors as cs

from contest.contestants import compile_kernels, twinfold
from contest.environments import SHARED
from contest.judging import FIGURES, judge
from contest.tables import GIVEN, TABLES, split

CLIPPED_AT = 10


def line(name: str, values: dict[str, float], costs: tuple[float, ...] = ()) -> None:
    cells = "".join(f"{values[key]:>11.4f}" if key in values else f"{'':>11}" for key in FIGURES)
    print(f"{name:<22}{cells}" + "".join(f"{cost:>9.2f}" for cost in costs), flush=True)


def clipped(train: pl.DataFrame) -> pl.DataFrame:
    """The rows with each number held between its column's tenth smallest and tenth largest."""
    numbers = cs.numeric()
    ordered = numbers.drop_nulls().sort()
    return train.with_columns(numbers.clip(ordered.get(CLIPPED_AT - 1), ordered.get(-CLIPPED_AT)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", default="adult,bank_marketing", help=f"of {', '.join(TABLES)}")
    parser.add_argument("--split", default=GIVEN, help="the given halves, or a seed for fresh ones")
    parser.add_argument("--seeds", type=int, default=3)
    args = parser.parse_args()
    if not SHARED.exists():
        print("not run: ../shared, with the real tables and the independent judge, is not here")
        return
    compile_kernels()
    print(time.strftime("%Y-%m-%d"))
    for table in args.tables.split(","):
        cut = split(table, args.split)
        print(f"\n{table:<22}" + "".join(f"{key:>11}" for key in FIGURES) + f"{'fit s':>9}{'draw s':>9}{'peak GB':>9}")
        found = []
        for seed in range(args.seeds):
            run = twinfold(cut, seed, cut.folder / f"twinfold-{seed}.parquet", inside=False)
            found.append(judge(cut, run.synthetic))
            line(f"seed {seed}", found[-1], (run.fit, run.sample, run.peak_gb))
        line("mean", {key: sum(f[key] for f in found) / len(found) for key in FIGURES})
        floor = cut.folder / "clipped.parquet"
        clipped(pl.read_parquet(cut.train)).write_parquet(floor)
        judged = judge(cut, floor)
        line("real rows, clipped", {key: judged[key] for key in ("shape", "trend")})


if __name__ == "__main__":
    main()
