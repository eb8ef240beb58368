"""What a CPU second buys: C2ST and the attack on isolated rows against time, for each engine, with every peer.

    scripts/bench frontier [--engines trees] [--budgets 1s,3s,10s,30s,best] [--seeds 3] [--split given] [--draw]

Measures ours with each budget, keeps the points in docs/pictures/frontier.json as they come, and draws
docs/pictures/frontier.png from them; `--draw` only draws. The axis is CPU seconds of fit and sample in one process,
libraries imported and the table read before. An engine that is not installed is left out, and said so. Peers' points
are of ../shared/bench/PEERS.md, typed in below (DDPM with 300 of its 1,000 epochs, CTGAN with 150 of its 300, else
default settings), and, where .bench-cache/ has runs of the same split, of those.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np

from contest.contestants import NAMES, compile_kernels, peer, timed, twinfold_apart
from contest.environments import ROOT, SHARED, VERSIONS, python_of
from contest.judging import judge
from contest.tables import GIVEN, Split, split

POINTS = ROOT / "docs/pictures/frontier.json"
PICTURE = POINTS.with_suffix(".png")
TABLES = ("adult", "bank_marketing")
PEERS = [  # ../shared/bench/PEERS.md, 2026-11: fit + sample, the middle where it gives a range
    {"table": "adult", "name": "TabularARGN", "cpu_s": 56.1, "C2ST": 0.654, "MIA": 0.506},
    {"table": "adult", "name": "DDPM", "cpu_s": 278.0, "C2ST": 0.848},
    {"table": "adult", "name": "arfpy", "cpu_s": 159.9, "C2ST": 0.952},
    {"table": "adult", "name": "TVAE", "cpu_s": 131.6, "C2ST": 0.955},
    {"table": "adult", "name": "CTGAN", "cpu_s": 419.4, "C2ST": 0.952},
    {"table": "adult", "name": "copula", "cpu_s": 3.3, "C2ST": 1.0},
    {"table": "bank_marketing", "name": "TabularARGN", "cpu_s": 104.7, "C2ST": 0.637, "MIA": 0.518},
]
LINES = [  # the same source: what real rows themselves get
    {"table": "adult", "name": "real holdout", "C2ST": 0.497, "MIA": 0.5},
    {"table": "adult", "name": "bootstrap of train rows", "C2ST": 0.576, "MIA": 0.748},
    {"table": "bank_marketing", "name": "real holdout", "C2ST": 0.498, "MIA": 0.5},
]


def measured_peers(cut: Split) -> list[dict[str, object]]:
    """Points of the peers that `scripts/bench peers` ran on this split."""
    points = []
    for name in VERSIONS:
        if any(cut.folder.glob(f"*-{name}.cost.json")) and any(cut.folder.glob(f"*-{name}.score.json")):
            run = peer(name, cut)
            judged = judge(cut, run.synthetic, fresh=False)
            label = NAMES[name].removeprefix("SDV ")
            cpu_s = run.fit + run.sample
            points.append(
                {"table": cut.table.name, "name": label, "cpu_s": cpu_s, **{k: judged[k] for k in ("C2ST", "MIA")}}
            )
    return points


def measure(cut: Split, engine: str, budget: str, seeds: int) -> dict[str, object]:
    """One point of ours: means over the seeds, and the attack's standard error."""
    out = cut.folder / f"frontier-{engine}-{budget}.parquet"
    found = []
    for seed in range(seeds):
        run = twinfold_apart(cut, seed, out, engine=engine, budget=budget)
        found.append([run.fit + run.sample, *(judge(cut, out)[key] for key in ("C2ST", "MIA"))])
    cpu_s, c2st, mia = np.mean(found, axis=0)
    error = float(np.std([line[2] for line in found], ddof=1) / seeds**0.5) if seeds > 1 else None
    point = {"table": cut.table.name, "engine": engine, "budget": budget, "cpu_s": cpu_s, "C2ST": c2st, "MIA": mia}
    return point | {"MIA error": error, "seeds": seeds}


def collect(engines: list[str], budgets: list[str], seeds: int, cut_seed: str) -> list[dict[str, object]]:
    """All points: ours measured, shown and kept one by one, the peers' from where they are known."""
    ours: list[dict[str, object]] = []
    state = {"made": time.strftime("%Y-%m-%d"), "split": cut_seed, "ours": ours, "lines": LINES}
    cuts = [split(table, cut_seed) for table in TABLES]
    measured = [point for cut in cuts for point in measured_peers(cut)]
    known = {(point["table"], point["name"]) for point in measured}
    state["peers"] = measured + [point for point in PEERS if (point["table"], point["name"]) not in known]
    print(f"{'table':<18}{'engine':<10}{'budget':<8}{'CPU s':>8}{'C2ST':>8}{'MIA':>8}")
    for engine in engines:
        for cut in cuts:
            for budget in budgets:
                try:
                    point = measure(cut, engine, budget, seeds)
                except RuntimeError as error:
                    print(f"{engine} left out: {str(error).strip().splitlines()[-1]}")
                    break
                ours.append(point)
                POINTS.parent.mkdir(parents=True, exist_ok=True)
                POINTS.write_text(json.dumps(state, indent=1) + "\n")
                print(
                    f"{cut.table.name:<18}{engine:<10}{budget:<8}{point['cpu_s']:>8.1f}{point['C2ST']:>8.3f}"
                    f"{point['MIA']:>8.3f}",
                    flush=True,
                )
    return ours


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engines", default="trees,network")
    parser.add_argument("--budgets", default="1s,3s,10s,30s,best")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--split", default=GIVEN, help="the given halves, or a seed for fresh ones")
    parser.add_argument("--draw", action="store_true", help="only draw the points that are kept")
    args = parser.parse_args()
    if not args.draw:
        if not SHARED.exists():
            print("not run: ../shared, with the real tables and the independent judge, is not here")
            return
        compile_kernels()
        if not collect(args.engines.split(","), args.budgets.split(","), args.seeds, args.split):
            print("nothing was measured, so nothing is drawn")
            return
    draw = Path(__file__).parent / "contest/draw_frontier.py"
    timed(python_of("judge"), draw, POINTS, PICTURE)
    print(f"drew {PICTURE.relative_to(ROOT)}, {PICTURE.stat().st_size / 1000:.0f} KB")


if __name__ == "__main__":
    main()
