"""Ours and the peers in alternation: faithfulness, safety and cost on Adult and bank marketing.

    scripts/bench peers [--tables adult,bank_marketing] [--split given] [--seeds 5] [--peers argn,copula] [--fresh]

Default settings throughout. Twinfold learns with as many seeds as `--seeds` says, since one run of the attack has a
standard error of about .018; each peer once, by ../shared/bench/run_peer.py, in an environment of its own and on one
thread, where it takes the fewest CPU seconds. A peer's output depends on nothing but the split and its version, so it
is kept in .bench-cache/ (`--seeds 0` only fills it); `--fresh` runs the peers again, so that all costs are of the
same hour: on a busy machine a CPU second does less.

`fit s` and `sample s` are CPU seconds inside one process with libraries imported and the table read, for all alike;
`whole s` is of all commands from start to end, imports with them. Both ratios are over the same cost of TabularARGN;
the third is the hardest: our whole commands over TabularARGN's work alone. `--split` takes a seed: fresh halves of the
pooled rows, for figures to report after building with the given ones.
"""

import argparse
import time

import numpy as np

from contest.contestants import NAMES, Run, compile_kernels, peer, twinfold
from contest.environments import SHARED, VERSIONS, python_of
from contest.judging import FIGURES, judge
from contest.tables import GIVEN, Split, split

COSTS = ("fit s", "sample s", "whole s", "peak GB")
ASKED = {
    "adult": {"C2ST": 0.545, "shape": 0.0070, "trend": 0.0150, "utility": 0.995, "DCR share": 0.530, "MIA": 0.52},
    "bank_marketing": {"C2ST": 0.55, "shape": 0.006, "trend": 0.028, "utility": 0.99, "DCR share": 0.530, "MIA": 0.52},
}
ASKED_RATIO = 0.10

Line = dict[str, float]


def row(run: Run, judged: Line) -> Line:
    return judged | dict(zip(COSTS, (run.fit, run.sample, run.whole, run.peak_gb), strict=True))


def show(name: str, values: Line, remark: str = "") -> None:
    figures = "".join(f"{values[key]:>11.4f}" if key in values else f"{'':>11}" for key in FIGURES)
    costs = "".join(f"{values[key]:>10.2f}" if key in values else f"{'':>10}" for key in COSTS)
    print(f"{name:<24}{figures}{costs}  {remark}".rstrip(), flush=True)


def mean(lines: list[Line]) -> Line:
    return {key: float(np.mean([line[key] for line in lines])) for key in lines[0]}


def contest(cut: Split, seeds: int, peers: list[str], *, fresh: bool) -> tuple[list[Line], dict[str, Line]]:
    """Every contestant's line, shown as it is found: ours, a peer, ours, the next peer, then the rest of ours."""
    ours, theirs = [], {}
    for turn in range(max(seeds, len(peers))):
        if turn < seeds:
            run = twinfold(cut, turn, cut.folder / f"twinfold-{turn}.parquet")
            ours.append(row(run, judge(cut, run.synthetic)))
            show(f"Twinfold, seed {turn}", ours[-1])
        if turn < len(peers):
            name = peers[turn]
            run = peer(name, cut, fresh=fresh)
            theirs[name] = row(run, judge(cut, run.synthetic, fresh=fresh))
            show(NAMES[name], theirs[name], f"run {run.made}")
    return ours, theirs


def summarise(table: str, ours: list[Line], theirs: dict[str, Line]) -> None:
    average = mean(ours)
    show("Twinfold, mean", average)
    if len(ours) > 1:
        show("  its standard error", {key: sem([line[key] for line in ours]) for key in FIGURES if key != "h. copies"})
    if table in ASKED:
        show("asked for", ASKED[table])
    excess = average["copies"] - average["h. copies"]
    print(f"copies beyond the holdout's: {excess:+.4f} (asked for: at most +.001)")
    if "argn" in theirs:
        inside, whole = (sum(line[key] for key in keys) for line, keys in ((average, COSTS[:2]), (average, COSTS[2:3])))
        peer_inside, peer_whole = (sum(theirs["argn"][key] for key in keys) for keys in (COSTS[:2], COSTS[2:3]))
        print(
            f"CPU seconds of fit + sample over TabularARGN's: {inside / peer_inside:.3f} inside one process each, "
            f"{whole / peer_whole:.3f} for whole commands each, {whole / peer_inside:.3f} for our whole commands over "
            f"its work alone (asked for: at most {ASKED_RATIO:.2f}, of the first)"
        )


def sem(values: list[float]) -> float:
    return float(np.std(values, ddof=1) / len(values) ** 0.5)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", default=",".join(ASKED))
    parser.add_argument("--split", default=GIVEN, help="the given halves, or a seed for fresh ones")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--peers", default="argn,copula", help=f"of {', '.join(VERSIONS)}")
    parser.add_argument("--fresh", action="store_true", help="run the peers again")
    args = parser.parse_args()
    if not SHARED.exists():
        print("not run: ../shared, with the real tables, the peers' runner and the independent judge, is not here")
        return
    peers = [name for name in args.peers.split(",") if name]
    python_of("judge")
    python_of("peers")
    compile_kernels()
    print(time.strftime("%Y-%m-%d"), "·", ", ".join(VERSIONS[name] for name in peers))
    for table in args.tables.split(","):
        cut = split(table, args.split)
        title = f"{table}, {'given' if args.split == GIVEN else 'seed ' + args.split}"
        print(f"\n{title:<24}" + "".join(f"{key:>11}" for key in FIGURES) + "".join(f"{key:>10}" for key in COSTS))
        ours, theirs = contest(cut, args.seeds, peers, fresh=args.fresh)
        if ours:
            summarise(table, ours, theirs)


if __name__ == "__main__":
    main()
