"""Customers and their histories: ours against TabularARGN, by the independent judge of linked tables.

    scripts/bench linked [--tables cdnow,baseball,baseball_both,berka] [--seeds 1] [--split given] [--peers ""]

`--split N` cuts the customers of both given halves anew at random, with N as the seed; Berka's accounts with their
transactions, of which no halves are given, with 0 where it is left out. Ours is fitted to a folder and
drawn into one by its two commands, whose CPU seconds are given. A peer ("argn") gets the real train customers and draws
their children alone; its CPU seconds are without imports. What a peer made is kept in .bench-cache/. "ceiling" is the
real holdout in the synthetic's place.
"""

import argparse
import json
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from contest.contestants import NAMES, ONE_THREAD, PATIENCE, compile_kernels, timed
from contest.environments import SHARED, TWINFOLD, VERSIONS, python_of
from contest.tables import CACHE, GIVEN

FIGURES = {
    "parent C2ST": "parent_c2st_auc",
    "step C2ST": "step_c2st_auc",
    "count KS": "count_ks",
    "shape": "child_shape_err",
    "trend": "child_trend_err",
    "lag-1 gap": "lag1_gap",
    "DCR share": "dcr_share",
    "copied": "copied_histories",
    "orphans": "orphan_share",
}
ASKED = {
    "cdnow": (0.535, 0.545, 0.018, 0.0105, 0.0150, 0.045, 0.520),
    "baseball": (0.58, 0.58, 0.015, 0.012, 0.010, 0.020, 0.520),
}


@dataclass(frozen=True)
class Bank:
    """Linked tables: the folder under `../shared/data`, the parent, its key, the judged child with its link and time.

    `tables` are learned, all that are there if none are named; `drop` are not judged.
    """

    folder: str
    parent: str
    key: str
    child: str
    link: str
    time: str
    tables: tuple[str, ...]
    drop: str = ""


_NAMES = "nameFirst,nameLast,birthDate,deathDate"
BANKS = {
    "cdnow": Bank("cdnow", "customers", "id", "purchases", "users_id", "date", ("customers", "purchases")),
    "baseball": Bank("baseball", "players", "id", "batting", "players_id", "year", ("players", "batting"), _NAMES),
    "baseball_both": Bank(
        "baseball", "players", "id", "batting", "players_id", "year", ("players", "batting", "fielding"), _NAMES
    ),
    "berka": Bank(
        "berka",
        "account",
        "account_id",
        "trans",
        "account_id",
        "date",
        ("account", "trans"),
        "trans_id,account,bank,district_id",
    ),
}


def halves(name: str, seed: str) -> Path:
    """A folder with the train and the holdout tables of a bank, those that are learned."""
    bank = BANKS[name]
    out = CACHE / name / f"linked-{seed}"
    if (out / "holdout").exists():
        return out
    source = SHARED / "data" / bank.folder
    if (source / "train").exists():
        frames = {
            table: [pl.read_parquet(source / half / f"{table}.parquet") for half in ("train", "holdout")]
            for table in bank.tables
        }
    else:
        frames, seed = _whole(bank, source), "0" if seed == GIVEN else seed
    if seed != GIVEN:
        pooled = {table: pl.concat(both) for table, both in frames.items()}
        keys = pooled[bank.parent][bank.key].unique().sort()
        first = keys.gather(np.random.default_rng(int(seed)).permutation(len(keys))[: len(keys) // 2])
        frames = {}
        for table, frame in pooled.items():
            mine = pl.col(bank.key if table == bank.parent else bank.link).is_in(first.implode())
            frames[table] = [frame.filter(mine), frame.filter(~mine)]
    for place, half in enumerate(("train", "holdout")):
        (out / half).mkdir(parents=True)
        for table, both in frames.items():
            both[place].write_parquet(out / half / f"{table}.parquet")
    return out


def _whole(bank: Bank, source: Path) -> dict[str, list[pl.DataFrame]]:
    """Tables of which no halves are given: parents with rows, times of six digits as dates."""
    frames = {table: pl.read_parquet(source / f"{table}.parquet") for table in bank.tables}
    active = pl.col(bank.key).is_in(frames[bank.child][bank.link].unique().implode())
    frames[bank.parent] = frames[bank.parent].filter(active)
    for table, frame in frames.items():
        if frame.schema.get(bank.time) == pl.Int64:
            frames[table] = frame.with_columns(pl.col(bank.time).cast(pl.String).str.to_date("%y%m%d"))
    return {table: [frame] for table, frame in frames.items()}


def twinfold(train: Path, out: Path, seed: int) -> float:
    """Fit and draw by the two commands: CPU seconds."""
    shutil.rmtree(out, ignore_errors=True)
    out.parent.mkdir(parents=True, exist_ok=True)
    model = out.with_suffix(".twin")
    fit = timed(TWINFOLD, "fit", train, "-o", model, "--seed", seed, "--quiet", "--force")
    draw = timed(TWINFOLD, "sample", model, "-o", out, "--seed", seed + 1, "--quiet")
    model.unlink()
    return fit[1] + draw[1]


def peer(name: str, bank: Bank, folder: Path) -> tuple[Path, float]:
    """What a peer draws for the real train customers, and its CPU seconds."""
    out = folder / VERSIONS[name].replace("==", "-")
    record = out / "cost.json"
    if not record.exists():
        out.mkdir(exist_ok=True)
        parents = folder / "train" / f"{bank.parent}.parquet"
        command = ["timeout", 2 * PATIENCE, python_of("peers"), SHARED / "bench/run_peer.py", name]
        command += [folder / "train" / f"{bank.child}.parquet", out / f"{bank.child}.parquet"]
        command += ["--parent", parents, "--key", bank.key, "--child-key", bank.link]
        printed = timed(*command, environment=ONE_THREAD)[0]
        shutil.copy(parents, out)
        record.write_text(printed.strip().splitlines()[-1])
    cost = json.loads(record.read_text())
    return out, cost["fit_cpu_s"] + cost["sample_cpu_s"]


def judge(bank: Bank, folder: Path, synthetic: Path) -> dict[str, dict[str, float]]:
    result = synthetic.with_suffix(".score.json")
    command = [python_of("judge"), SHARED / "bench/score_linked.py", "--json", result, "--synthetic", synthetic]
    command += ["--train", folder / "train", "--holdout", folder / "holdout", "--parent", bank.parent]
    command += ["--key", bank.key, "--child", bank.child, "--child-key", bank.link, "--time", bank.time]
    timed(*command, *(["--drop", bank.drop] if bank.drop else []), environment=ONE_THREAD)
    return json.loads(result.read_text())


def line(name: str, values: list[float], cost: float | None = None) -> None:
    print(f"{name:<20}" + "".join(f"{v:>13.4f}" for v in values) + (f"{cost:>10.1f}" if cost else ""), flush=True)


def compare(name: str, split: str, seeds: int, peers: list[str]) -> None:
    """The table of one bank."""
    bank, folder = BANKS[name], halves(name, split)
    print(f"\n{name}, {split}".ljust(21) + "".join(f"{figure:>13}" for figure in FIGURES) + f"{'CPU s':>10}")
    ours: list[list[float]] = []
    costs: list[float] = []
    for seed in range(seeds):
        out = folder / f"twinfold-{seed}"
        costs.append(twinfold(folder / "train", out, seed))
        found = judge(bank, folder, out)
        ours.append([found["synthetic"][figure] for figure in FIGURES.values()])
        line(f"Twinfold, seed {seed}", ours[-1], costs[-1])
        if seed < len(peers):
            made, cost = peer(peers[seed], bank, folder)
            theirs = judge(bank, folder, made)["synthetic"]
            line(NAMES[peers[seed]], [theirs[figure] for figure in FIGURES.values()], cost)
            print(f"{'':<20} our CPU seconds over theirs: {np.mean(costs) / cost:.3f}")
    if seeds > 1:
        line("Twinfold, mean", list(np.mean(ours, axis=0)), float(np.mean(costs)))
        line("  standard error", list(np.std(ours, axis=0, ddof=1) / seeds**0.5))
    line("ceiling", [found["ceiling"][figure] for figure in FIGURES.values()])
    if name in ASKED:
        line("asked for, at most", list(ASKED[name]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", default=",".join(BANKS))
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--split", default=GIVEN)
    parser.add_argument("--peers", default="")
    args = parser.parse_args()
    if not SHARED.exists():
        print("not run: ../shared, with the real tables, the peers' runner and the independent judge, is not here")
        return
    compile_kernels()
    print(f"{time.strftime('%Y-%m-%d')} · {VERSIONS['argn']}")
    for name in args.tables.split(","):
        compare(name, args.split, args.seeds, [peer for peer in args.peers.split(",") if peer])


if __name__ == "__main__":
    main()
