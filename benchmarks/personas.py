"""Personas: are planted kinds found, are those of synthetic customers those of real ones, and what does it cost?

    scripts/bench personas [--tables adult,bank_marketing] [--parts planted,real,cost] [--worlds 20]

planted: worlds of 3,000 people of two to six kinds, whose columns go with the kind alone, and of none. How many are
found, and whose kind is right (adjusted Rand index).
real: kinds are learned of real customers, and of as many synthetic ones that Twinfold learned from the same; both are
told apart in the holdout's real customers. The ceiling is what two halves of the train rows say.
cost: CPU seconds and peak memory as people, drawn from a model of bank marketing, become more.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
from sklearn.metrics import adjusted_rand_score

import twinfold
from contest.environments import SHARED
from twinfold.personas.people import People, read_people
from twinfold.personas.segmentation import STABLE, Segmentation, find_segments
from twinfold.personas.space import Space, lay_out
from twinfold.personas.traits import find_traits
from twinfold.tables.reading import read


def make_world(kinds: int, rng: np.random.Generator, people: int = 3_000) -> tuple[pl.DataFrame, np.ndarray]:
    """People of so many kinds, told by four numbers and four categories; two of each go with nothing."""
    kind = rng.choice(kinds, people, p=rng.dirichlet(np.full(kinds, 8.0)))
    columns = {}
    for number in range(4):
        middle = rng.normal(0, 1.5, kinds) if number < 2 else np.zeros(kinds)
        columns[f"number{number}"] = np.exp(rng.normal(middle[kind], 1.0))
        chances = rng.dirichlet(np.full(4, 0.5), kinds) if number < 2 else np.full((kinds, 4), 0.25)
        columns[f"level{number}"] = np.array(list("abcd"))[
            (rng.random(people)[:, None] > chances[kind].cumsum(1)).sum(1).clip(0, 3)
        ]
    return pl.DataFrame(columns), kind


def show_planted(worlds: int) -> None:
    print(f"planted kinds, {worlds} worlds each: how many were found, and whose kind is right")
    for kinds in (1, 2, 3, 4, 6):
        found, right, sure = [], [], 0
        for seed in range(worlds):
            frame, kind = make_world(kinds, np.random.default_rng([kinds, seed]))
            made = find_segments(lay_out(read_people(read(frame))), rng=np.random.default_rng(seed))
            sure += made.chosen.weakest >= STABLE
            found.append(made.chosen.groups)
            right.append(adjusted_rand_score(kind, made.group))
        counts = ", ".join(f"{k}: {found.count(k)}" for k in sorted(set(found)))
        print(
            f"  {kinds} kinds   found {counts:<28} Rand {np.mean(right):.2f}   called stable in {sure} of {worlds}",
            flush=True,
        )


def learn(space: Space, rows: np.ndarray, groups: int | None, seed: int) -> Segmentation:
    return find_segments(space.take(rows), groups=groups, rng=np.random.default_rng(seed))


def assign(space: Space, rows: np.ndarray, made: Segmentation, others: np.ndarray) -> np.ndarray:
    """Others by the group of whose people they are nearest to, on the factors of all."""
    own = space.factors[rows]
    middles = np.stack([own[made.group == k].mean(axis=0) for k in range(made.chosen.groups)])
    return ((space.factors[others][:, None] - middles) ** 2).sum(axis=2).argmin(axis=1)


def show_real(tables: list[str]) -> None:
    titles = ("found again", "Rand, synthetic", "two real halves", "lifts in 95 %", "within a tenth")
    print(f"\n{'':<16}{'personas':>9}" + "".join(f"{title:>17}" for title in titles))
    for table in tables:
        train, holdout = (pl.read_parquet(SHARED / "data" / table / f"{part}.parquet") for part in ("train", "holdout"))
        made = twinfold.sample(twinfold.fit(train, seed=0), train.height, seed=1)
        pooled = pl.concat([train, holdout, made.select(train.columns)], how="vertical_relaxed")
        people: People = read_people(read(pooled))
        space = lay_out(people)
        a, b, c = np.split(np.arange(people.count), np.cumsum([train.height, holdout.height]))
        real = learn(space, a, None, 0)
        groups = real.chosen.groups
        mixed = np.random.default_rng(0).permutation(a)
        halves = [mixed[: len(a) // 2], mixed[len(a) // 2 :]]
        told = [assign(space, rows, learn(space, rows, groups, 1), b) for rows in (a, c, *halves)]
        agree, ceiling = adjusted_rand_score(told[0], told[1]), adjusted_rand_score(told[2], told[3])
        held, near = compare_lifts(people, space, c, groups, b)
        print(
            f"{table:<16}{groups:>9}{real.chosen.weakest:>17.2f}{agree:>17.2f}{ceiling:>17.2f}{held:>17.0%}"
            f"{near:>17.0%}",
            flush=True,
        )


def compare_lifts(
    people: People, space: Space, synthetic: np.ndarray, groups: int, holdout: np.ndarray
) -> tuple[float, float]:
    """Of the lifts that are told of synthetic personas, how many intervals hold the real one, and how many are within a
    tenth of it; real customers are those of the holdout who are of the same persona."""
    made = learn(space, synthetic, groups, 1)
    of_real = assign(space, synthetic, made, holdout)
    of_own = assign(space, synthetic, made, synthetic)
    traits = find_traits(people)
    sides = [replace(traits, held=traits.held[:, rows]) for rows in (synthetic, holdout)]
    held, near = [], []
    for k in range(groups):
        said = sides[0].lifts(of_own == k, groups)
        real = {lift.trait: lift for lift in sides[1].lifts(of_real == k, groups)}
        for lift in sides[0].choose(said, 8):
            other = real[lift.trait]
            held.append(max(lift.lower, other.lower) <= min(lift.upper, other.upper))
            near.append(abs(np.log(lift.value / other.value)) < np.log(1.1) or max(lift.value, other.value) < 0.05)
    return float(np.mean(held)), float(np.mean(near))


def cost(people: str) -> None:
    """In this process: the people of a file, and what it took."""
    begun = time.process_time(), time.perf_counter()
    twinfold.find_personas(people)
    cpu, wall = time.process_time() - begun[0], time.perf_counter() - begun[1]
    print(cpu, wall, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6)


def show_cost() -> None:
    bank = pl.read_parquet(SHARED / "data/bank_marketing/train.parquet")
    model = twinfold.fit(bank, seed=0)
    print(f"\npeople drawn from a model of bank marketing, {bank.width} columns")
    print(f"{'people':>10}{'wall s':>8}{'CPU s':>8}{'peak GB':>9}")
    with tempfile.TemporaryDirectory() as place:
        for people in (1_000, 10_000, 100_000, 1_000_000):
            path = Path(place) / f"{people}.parquet"
            twinfold.sample_to(model, path, people, seed=1)
            command = [sys.executable, __file__, "--people", str(path)]
            said = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
            cpu, wall, peak = map(float, said)
            print(f"{people:>10,}{wall:>8.1f}{cpu:>8.1f}{peak:>9.2f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", default="planted,real,cost")
    parser.add_argument("--tables", default="adult,bank_marketing")
    parser.add_argument("--worlds", type=int, default=20)
    parser.add_argument("--people", default="")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    if options.people:
        cost(options.people)
        return
    parts = {
        "planted": lambda: show_planted(options.worlds),
        "real": lambda: show_real(options.tables.split(",")),
        "cost": show_cost,
    }
    for part in options.parts.split(","):
        parts[part]()


if __name__ == "__main__":
    main()
