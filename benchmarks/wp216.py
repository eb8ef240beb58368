"""The games of the opinion WP 216 and near copies on releases of known leaks: risk with its interval, CPU seconds.

    scripts/bench wp216 [--tables adult,bank_marketing] [--seed 0]

The rows of each table are cut into three at random: learned, unseen, and independent. Judged as releases are the
independent rows, what the default model makes of the learned ones, leaks (the first 1, 10 and 100 % of the independent
rows replaced by learned ones), and a bootstrap of the learned rows with jitter (numbers moved by a normal of 1 % of
their range). 0 is no risk; a star marks what is more than chance gives. Near copies are beside those of unseen rows.
"""

import argparse
import time
from collections.abc import Iterator

import numpy as np
import polars as pl
import polars.selectors as cs

import twinfold
from contest.environments import SHARED
from contest.tables import TABLES
from twinfold.evaluation import games, near_copies
from twinfold.evaluation.alignment import align
from twinfold.evaluation.finding import Finding
from twinfold.tables.reading import read
from twinfold.verbs.preparation import prepare

JITTER = 0.01


def releases(
    train: pl.DataFrame, independent: pl.DataFrame, seed: int, rng: np.random.Generator
) -> Iterator[tuple[str, pl.DataFrame]]:
    """What is judged, by name."""
    yield "independent rows", independent
    yield "default model", twinfold.sample(twinfold.fit(train, seed=seed), seed=seed + 1)
    for share in (0.01, 0.1, 1.0):
        leaked = int(share * train.height)
        yield f"leak of {share:.0%}", pl.concat([train[:leaked], independent[leaked:]])
    yield "bootstrap, jitter", jittered(train[rng.integers(0, train.height, train.height)], rng)


def jittered(rows: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """The rows with every number moved a little, whole ones by whole steps."""
    numbers = rows.select(cs.numeric())
    return rows.with_columns(
        (column + (rng.normal(0, JITTER * (column.max() - column.min()), rows.height)).round().astype(int)).alias(name)
        for name, column in zip(numbers.columns, numbers, strict=True)
    )


def cell(finding: Finding) -> str:
    """Value, interval, and whether it is beyond the yardstick."""
    star = "*" if finding.low > (finding.yardstick or 0.0) else " "
    return f"{finding.value:>8.3f} [{finding.low:6.3f}, {finding.high:6.3f}]{star}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", default="adult,bank_marketing")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    if not SHARED.exists():
        print("not run: ../shared, with the real tables, is not here")
        return
    prepare()
    for name in args.tables.split(","):
        rng = np.random.default_rng(args.seed)
        rows = pl.concat(TABLES[name].read())
        rows = rows[rng.permutation(rows.height)]
        third = rows.height // 3
        train, holdout, independent = (rows[start : start + third] for start in (0, third, 2 * third))
        learned = read(train)
        unseen = read(holdout, schema=learned.schema)
        print(f"\n{name}, {third:,} rows each")
        titles = ("singling out", "linkability", "inference (worst)", "near copies")
        print(f"{'release':<18}" + "".join(f"{title:>26}" for title in titles) + f"{'beside':>8}{'CPU s':>7}")
        for release, frame in releases(train, independent, args.seed, rng):
            aligned = align(learned, unseen, read(frame, schema=learned.schema), rng=rng)
            started = time.process_time()
            played, _ = games.measure(aligned, rng=rng)
            (near,), _ = near_copies.measure(aligned)
            seconds = time.process_time() - started
            cells = "".join(f"{cell(finding):>26}" for finding in (*played, near))
            print(f"{release:<18}{cells}{near.yardstick:>8.3f}{seconds:>7.1f}", flush=True)


if __name__ == "__main__":
    main()
