"""Ours against TabularARGN on fresh random splits of six real tables: mean differences with their intervals.

    scripts/bench splits [--tables german_credit,telco_churn] [--splits 1,2,3,4,5] [--seeds 1] [--fresh]

Each table is cut into halves at random, once for each number of `--splits`; both learn the same half, the judge sees
the other. A difference is ours minus theirs on the same split; its 95 % interval is Student's over the splits, which
share rows, so that it is rather too narrow than too wide. With more `--seeds`, ours is the mean of several fits a
split. CPU seconds are of our whole commands and of TabularARGN's work without its imports. Its output and score depend
only on the split and are kept in .bench-cache/ (`--fresh` makes them anew, `--seeds 0` makes only them). An attack
succeeds on a table where the whole 95 % interval of its mean lies above what it allows: AUC .5 for the attack on
isolated rows, a share of .53 for nearness to learned rows, the holdout's share plus .001 for copies.
"""

import argparse
import time
from dataclasses import dataclass

import numpy as np
from scipy import stats

from contest.contestants import compile_kernels, peer, twinfold
from contest.environments import SHARED, VERSIONS
from contest.judging import judge
from contest.tables import TABLES, split

SHOWN = ("C2ST", "utility", "shape", "trend", "DCR share", "MIA")
BETTER_BELOW = {"C2ST": True, "utility": False}
"""The figures of the verdict, and whether less of them is better."""

Line = dict[str, float]


@dataclass(frozen=True)
class Interval:
    """A mean over the splits and the half width of its 95 % interval."""

    mean: float
    half: float

    @classmethod
    def of(cls, values: list[float]) -> "Interval":
        """Student's interval; of a single value, without end."""
        n = len(values)
        half = stats.t.ppf(0.975, n - 1) * np.std(values, ddof=1) / n**0.5 if n > 1 else np.inf
        return cls(float(np.mean(values)), float(half))

    def __str__(self) -> str:
        return f"{self.mean:.4f} ± {self.half:.4f}"


def compare(name: str, seeds: list[int], fits: int, *, fresh: bool) -> tuple[list[Line], list[Line]]:
    """A line of figures for each split: ours, and TabularARGN's."""
    ours, theirs = [], []
    for seed in seeds:
        cut = split(name, seed)
        other = peer("argn", cut, fresh=fresh)
        theirs.append(judge(cut, other.synthetic, fresh=fresh) | {"CPU s": other.fit + other.sample})
        if not fits:
            continue
        mine = []
        for fit in range(fits):
            run = twinfold(cut, fit, cut.folder / f"twinfold-{fit}.parquet", inside=False)
            mine.append(judge(cut, run.synthetic) | {"CPU s": run.whole})
        ours.append({key: float(np.mean([line[key] for line in mine])) for key in mine[0]})
        for who, line in (("Twinfold", ours[-1]), ("TabularARGN", theirs[-1])):
            cells = "".join(f"{line[key]:>20.4f}" for key in (*SHOWN, "CPU s"))
            print(f"  split {seed:<4} {who:<12}{cells}", flush=True)
    return ours, theirs


def column(lines: list[Line], key: str) -> list[float]:
    return [line[key] for line in lines]


def succeeded(lines: list[Line]) -> set[str]:
    """The attacks that succeed."""
    attacks = {
        "isolated rows": [value - 0.5 for value in column(lines, "MIA")],
        "nearness": [value - 0.53 for value in column(lines, "DCR share")],
        "copies": [line["copies"] - line["h. copies"] - 0.001 for line in lines],
    }
    found = {name: Interval.of(excess) for name, excess in attacks.items()}
    return {name for name, excess in found.items() if excess.mean - excess.half > 0}


def report(ours: list[Line], theirs: list[Line]) -> list[str]:
    """Print means and differences; say on which counts ours is worse."""
    worse = []
    shown: dict[str, list[Interval]] = {"Twinfold": [], "TabularARGN": [], "difference": []}
    for key in SHOWN:
        a, b = np.array(column(ours, key)), np.array(column(theirs, key))
        for name, values in zip(shown, (a, b, a - b), strict=True):
            shown[name].append(Interval.of(list(values)))
        difference = shown["difference"][-1]
        if key in BETTER_BELOW and (difference.mean if BETTER_BELOW[key] else -difference.mean) > difference.half:
            worse.append(key)
    for name, intervals in shown.items():
        print(f"  mean       {name:<12}" + "".join(f"{interval!s:>20}" for interval in intervals))
    mine, other = succeeded(ours), succeeded(theirs)
    print(f"  attacks that succeed: on ours {listed(mine)}; on TabularARGN's {listed(other)}")
    return worse + [f"the attack by {name}" for name in sorted(mine - other)]


def listed(names: set[str]) -> str:
    return ", ".join(sorted(names)) or "none"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", default=",".join(TABLES))
    parser.add_argument("--splits", default="1,2,3,4,5")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--fresh", action="store_true", help="run TabularARGN again")
    args = parser.parse_args()
    if not SHARED.exists():
        print("not run: ../shared, with the real tables, the peers' runner and the independent judge, is not here")
        return
    compile_kernels()
    seeds = [int(seed) for seed in args.splits.split(",")]
    print(f"{time.strftime('%Y-%m-%d')} · {VERSIONS['argn']} · splits {args.splits}, {args.seeds} fits of ours a split")
    verdicts = {}
    for name in args.tables.split(","):
        rows = f", {TABLES[name].rows:,} of its rows" if TABLES[name].rows else ""
        print(f"\n{name}{rows}\n{'':<24}" + "".join(f"{key:>20}" for key in (*SHOWN, "CPU s")))
        ours, theirs = compare(name, seeds, args.seeds, fresh=args.fresh)
        verdicts[name] = report(ours, theirs) if ours else []
    worse = "; ".join(f"{name}: {', '.join(counts)}" for name, counts in verdicts.items() if counts)
    if args.seeds:
        print(f"\nworse than TabularARGN beyond the interval, or open to attack where it is not: {worse or 'nowhere'}")


if __name__ == "__main__":
    main()
