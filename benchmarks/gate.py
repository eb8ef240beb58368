"""Whom the gate lets pass: our default models, a peer's rows, and a chain of trees that remembers, whole evaluations.

    scripts/bench gate [--tables adult,bank_marketing,cdnow] [--peers argn] [--seeds 1] [--policy model-development]

Each is judged on the halves that a table came with, as `twinfold evaluate` judges it. Of linked tables there is no
chain of trees, and a peer draws the children of real customers, which are no release: ours alone is judged.
What peers published of a table is judged as well.
"""

import argparse
import tempfile
import time
from pathlib import Path

import polars as pl

import twinfold
from contest.cart_chain import draw
from contest.contestants import NAMES, peer
from contest.environments import SHARED
from contest.tables import GIVEN, TABLES, split
from linked import halves


def judge(name: str, train: object, holdout: object, release: object, target: str | None, policy: str) -> None:
    """Print the verdict and what refuses, with its value and limit."""
    begun = time.process_time()
    evaluation = twinfold.evaluate(train, holdout, release, target=target, policy=policy)
    said = "released" if evaluation.released else "refused"
    print(f"{name:<34}{said:<10}{time.process_time() - begun:>6.0f} CPU s  {evaluation.headline}")
    failing = {n for purpose in evaluation.purposes if purpose.name == policy for n in purpose.failing}
    for finding in evaluation.findings:
        if finding.name in failing:
            print(
                f"    {finding.name} {finding.value:.3f} ({finding.low:.3f} to {finding.high:.3f}), {finding.verdict}"
            )
    print(end="", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", default="adult,bank_marketing,cdnow")
    parser.add_argument("--peers", default="argn", help='"" for none')
    parser.add_argument("--seeds", type=int, default=1, help="fits of ours")
    parser.add_argument("--policy", default="model-development")
    options = parser.parse_args()
    for table in options.tables.split(","):
        if table not in TABLES:
            folder = halves(table, GIVEN)
            for seed in range(options.seeds):
                with tempfile.TemporaryDirectory() as made:
                    drawn = Path(made) / "drawn"
                    twinfold.sample_to(twinfold.fit(folder / "train", seed=seed), drawn, seed=seed + 1)
                    name = f"Twinfold, {table}, seed {seed}"
                    judge(name, folder / "train", folder / "holdout", drawn, None, options.policy)
            continue
        given = split(table, GIVEN)
        train, holdout, target = pl.read_parquet(given.train), pl.read_parquet(given.holdout), given.table.target
        for seed in range(options.seeds):
            ours = twinfold.sample(twinfold.fit(train, seed=seed), seed=seed + 1)
            judge(f"Twinfold, {table}, seed {seed}", train, holdout, ours, target, options.policy)
        for name in filter(None, options.peers.split(",")):
            theirs = pl.read_parquet(peer(name, given).synthetic)
            judge(f"{NAMES[name]}, {table}", train, holdout, theirs, target, options.policy)
        for published in sorted((SHARED / "data" / table / "published_peer_outputs").glob("*.parquet")):
            theirs = pl.read_parquet(published)
            judge(f"{published.stem}, published, {table}", train, holdout, theirs, target, options.policy)
        judge(f"chain of trees, leaves of 5, {table}", train, holdout, draw(train), target, options.policy)


if __name__ == "__main__":
    main()
