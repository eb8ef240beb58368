"""What synthetic rows cover, and what gives them away: real rows, Twinfold's, and rows that were spoiled on purpose.

    scripts/bench covering [--tables adult,bank_marketing] [--seeds 3]

Each seed cuts the train file into two halves: one is learned, by default settings, and the other stands for synthetic
rows that are as good as real. The holdout file is the holdout. Spoiled rows are made of that other half. Each line is
the mean over seeds, with the yardstick (the learned half) in brackets; CPU seconds are those of the measures.
"""

import argparse
import time
from collections import defaultdict
from pathlib import Path

import numpy as np
import polars as pl

import twinfold
from twinfold.evaluation import coverage
from twinfold.evaluation.alignment import Aligned, align
from twinfold.evaluation.explanation import discriminator, effects
from twinfold.tables.reading import read

DATA = Path(__file__).parents[1] / "../shared/data"
TARGETS = {"adult": "income", "bank_marketing": "y"}
CORNERS = {
    "adult": (pl.col("relationship") == "Own-child") & (pl.col("education") == "Some-college"),
    "bank_marketing": (pl.col("job") == "blue-collar") & (pl.col("marital") == "single"),
}
NAMES = ("precision", "recall", "authenticity", "collapse", "corner_error", "tail_error", "explanation_agreement")


def releases(name: str, learned: pl.DataFrame, other: pl.DataFrame, seed: int) -> dict[str, pl.DataFrame]:
    """Rows in the place of synthetic ones, by what they are."""
    rng = np.random.default_rng(seed)
    numbers = [c for c, dtype in other.schema.items() if dtype.is_numeric()]
    strange = pl.int_range(pl.len()) % 10 == 0
    far = [pl.when(strange).then(pl.col(c).max()).otherwise(pl.col(c)).alias(c) for c in numbers]
    mode = other[rng.integers(0, 50, other.height // 10)]
    shuffled = pl.col(TARGETS[name]).shuffle(seed=seed)
    return {
        "another real half": other,
        "twinfold": twinfold.fit(learned, seed=seed).sample(other.height, seed=seed),
        "a corner dropped": other.filter(~CORNERS[name]),
        "50 rows repeated (10 %)": pl.concat([other[: other.height - mode.height], mode]),
        "numbers at their top (10 %)": other.with_columns(far),
        "half of it copies": pl.concat([other[: other.height // 2], learned[: other.height // 2]]),
        "target shuffled": other.with_columns(shuffled),
    }


def lay(learned: pl.DataFrame, holdout: pl.DataFrame, release: pl.DataFrame, seed: int) -> Aligned:
    train = read(learned)
    sides = (read(side, schema=train.schema) for side in (holdout, release))
    return align(train, *sides, rng=np.random.default_rng(seed))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", default="adult,bank_marketing", help=f"of {', '.join(TARGETS)}")
    parser.add_argument("--seeds", type=int, default=3)
    args = parser.parse_args()
    if not DATA.exists():
        print("not run: ../shared, with the real tables, is not here")
        return
    print(time.strftime("%Y-%m-%d"))
    for name in args.tables.split(","):
        train, holdout = (pl.read_parquet(DATA / name / f"{part}.parquet") for part in ("train", "holdout"))
        found: dict[str, list[list[float]]] = defaultdict(list)
        said: dict[str, list[str]] = {}
        for seed in range(args.seeds):
            rows = train[np.random.default_rng(seed).permutation(train.height)]
            learned, other = rows[: train.height // 2], rows[train.height // 2 :]
            for label, release in releases(name, learned, other, seed).items():
                aligned = lay(learned, holdout, release, seed)
                begun, rng = time.process_time(), np.random.default_rng(seed)
                findings = coverage.measure(aligned, rng=rng)[0]
                covered = time.process_time()
                seen = discriminator.explain(aligned, rng=rng, seed=seed)
                findings += effects.measure(aligned, TARGETS[name], rng=rng, seed=seed)[0]
                cost = [covered - begun, time.process_time() - covered]
                values = {f.name: (f.value, f.yardstick) for f in findings}
                found[label].append([*(v for key in NAMES for v in values[key]), *cost])
                said[label] = [] if seen is None else [seen.sentence]
        print(f"\n{name:<30}" + "".join(f"{key[:14]:>18}" for key in (*NAMES, "CPU s: cover", "explain")))
        for label, lines in found.items():
            mean = np.mean(lines, axis=0)
            cells = [f"{mean[2 * k]:.3f} ({mean[2 * k + 1]:.3f})" for k in range(len(NAMES))]
            print(f"{label:<30}" + "".join(f"{c:>18}" for c in (*cells, *(f"{c:.1f}" for c in mean[-2:]))))
        for label, sentences in said.items():
            print(f"\n{label}: {' '.join(sentences)}", flush=True)


if __name__ == "__main__":
    main()
