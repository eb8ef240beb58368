"""Faithful and safe, as independent libraries judge it: ../shared/bench/score.py on fits of several seeds.

    scripts/bench faithfulness [--tables adult,bank_marketing] [--seeds 3]

Each fit and draw is a process of its own that runs the two commands of the command line; CPU seconds are of all their
threads, kernels compiled before. The judge's libraries (torch, sdmetrics) get an environment of their own, made at
the first run. The last line of each table is a floor: the real training rows themselves, with numbers clipped at their
tenth most extreme, as no synthetic number may lie beyond it. SDMetrics cuts each table's numbers into bins of that
table's own range, so a shorter tail alone moves its figure for pairs.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
SHARED = ROOT / "../shared"
JUDGE = ROOT / ".venv-judge"
LIBRARIES = ("torch==2.13.0", "sdmetrics", "lightgbm", "scikit-learn", "pandas", "pyarrow", "scipy")
TARGETS = {"adult": "income", "bank_marketing": "y"}
FIGURES = {
    "shape": "shape_err",
    "trend": "trend_err",
    "C2ST": "c2st_auc",
    "utility": "utility",
    "DCR share": "dcr_share",
    "copies": "exact_in_train",
    "h. copies": "exact_holdout_in_train",
    "MIA": "outlier_mia_auc",
}
ASKED = {"shape": 0.010, "trend": 0.020, "C2ST": 0.60, "utility": 0.985, "DCR share": 0.57, "MIA": 0.55}
CLIP = """
import pandas as pd, sys
train = pd.read_parquet(sys.argv[1])
for name in train.select_dtypes("number"):
    ordered = train[name].dropna().sort_values().to_numpy()
    train[name] = train[name].clip(ordered[9], ordered[-10])
train.to_parquet(sys.argv[2])
"""


def judge_python() -> Path:
    """The interpreter of the judge's environment, made if it is not there."""
    python = JUDGE / "bin/python"
    if not python.exists():
        print("installing the judge's libraries into .venv-judge (minutes, once)", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", JUDGE], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *LIBRARIES], check=True)
    return python


def run(*command: object) -> tuple[float, float]:
    """Run a command: its CPU seconds, all threads, and its peak memory in GB."""
    process = subprocess.Popen([str(part) for part in command], stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{' '.join(map(str, command))} failed")
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1e6


def score(folder: Path, target: str, synthetic: Path) -> dict[str, float]:
    result = synthetic.with_suffix(".json")
    command = [judge_python(), SHARED / "bench/score.py", "--train", folder / "train.parquet", "--no-ceiling"]
    command += ["--holdout", folder / "holdout.parquet", "--synthetic", synthetic, "--target", target, "--json", result]
    run(*command)
    return json.loads(result.read_text())["synthetic"]


def line(name: str, values: dict[str, float], costs: tuple[float, ...] = ()) -> None:
    cells = "".join(f"{values[key]:>11.4f}" if key in values else f"{'':>11}" for key in FIGURES)
    print(f"{name:<22}{cells}" + "".join(f"{cost:>9.2f}" for cost in costs), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", default=",".join(TARGETS))
    parser.add_argument("--seeds", type=int, default=3)
    args = parser.parse_args()
    if not SHARED.exists():
        print("not run: ../shared, with the real tables and the independent judge, is not here")
        return
    twinfold = ROOT / ".venv/bin/twinfold"
    run(ROOT / ".venv/bin/python", "-m", "twinfold.verbs.preparation")
    print(time.strftime("%Y-%m-%d"))
    for table in args.tables.split(","):
        folder, target = SHARED / "data" / table, TARGETS[table]
        print(f"\n{table:<22}" + "".join(f"{key:>11}" for key in FIGURES) + f"{'fit s':>9}{'draw s':>9}{'peak GB':>9}")
        line("asked on Adult", ASKED)
        found = []
        with tempfile.TemporaryDirectory() as scratch:
            here = Path(scratch)
            for seed in range(args.seeds):
                model, out = here / f"{seed}.twin", here / f"{seed}.parquet"
                fit = run(twinfold, "fit", folder / "train.parquet", "-o", model, "--seed", seed, "--quiet")
                draw = run(twinfold, "sample", model, "-o", out, "--seed", seed + 1, "--quiet")
                scored = score(folder, target, out)
                found.append({key: scored[figure] for key, figure in FIGURES.items()})
                line(f"seed {seed}", found[-1], (fit[0], draw[0], max(fit[1], draw[1])))
            line("mean", {key: sum(f[key] for f in found) / len(found) for key in FIGURES})
            run(judge_python(), "-c", CLIP, folder / "train.parquet", here / "clipped.parquet")
            clipped = score(folder, target, here / "clipped.parquet")
            line("real rows, clipped", {key: clipped[FIGURES[key]] for key in ("shape", "trend")})


if __name__ == "__main__":
    main()
