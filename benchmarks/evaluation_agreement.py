"""How our figures agree with the independent yardstick's: `evaluate` beside `score.py`, on the same three tables.

    scripts/bench evaluation_agreement [--train T --holdout H --synthetic S --target C] [--python ENV/bin/python]

`score.py` (../shared/bench) takes its figures from third-party libraries that this project does not install: name the
Python of an environment that has them, or a JSON that `score.py --json` has written. Without, ours are printed alone.
By default the tables are the bank's, with what a peer published of it.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SHARED = Path(__file__).parents[1] / "../shared"
BANK = SHARED / "data/bank_marketing"
NAMES = {
    "shape_error": "shape_err",
    "trend_error": "trend_err",
    "c2st_auc": "c2st_auc",
    "utility": "utility",
    "exact_copies": "exact_in_train",
    "dcr_share": "dcr_share",
    "outlier_mia_auc": "outlier_mia_auc",
}


def independent(options: argparse.Namespace, categorical: list[str]) -> dict[str, float]:
    """The yardstick's figures; empty where it can't be had, with the reason printed."""
    if options.scores:
        return json.loads(options.scores.read_text())["synthetic"]
    if not options.python:
        print("no --python with the yardstick's libraries and no --scores: our figures alone")
        return {}
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "scores.json"
        command = [options.python, str(SHARED / "bench/score.py"), "--no-ceiling", "--json", str(out)]
        for name in ("train", "holdout", "synthetic", "target"):
            command += [f"--{name}", str(getattr(options, name))]
        done = subprocess.run([*command, "--categorical", ",".join(categorical)], capture_output=True, text=True)
        if done.returncode:
            print(f"the yardstick failed: {done.stderr.strip().splitlines()[-1]}")
            return {}
        return json.loads(out.read_text())["synthetic"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--train", type=Path, default=BANK / "train.parquet")
    parser.add_argument("--holdout", type=Path, default=BANK / "holdout.parquet")
    parser.add_argument("--synthetic", type=Path, default=BANK / "published_peer_outputs/mostlyai.parquet")
    parser.add_argument("--target", default="y")
    parser.add_argument("--python", help="a Python that has the yardstick's libraries")
    parser.add_argument("--scores", type=Path, help="what score.py --json wrote for the same tables")
    options = parser.parse_args()
    for path in (options.train, options.holdout, options.synthetic, SHARED / "bench/score.py"):
        if not path.exists():
            print(f"skipped: {path} is not here")
            sys.exit()

    from twinfold.tables.reading import read
    from twinfold.verbs.evaluate import evaluate

    started = time.process_time()
    evaluation = evaluate(options.train, options.holdout, options.synthetic, target=options.target)
    seconds = time.process_time() - started
    table, _, _ = read(options.train).single()
    theirs = independent(options, [column.name for column in table if not column.kind.numeric])
    print(f"{'figure':<18}{'ours':>10}{'95 % interval':>22}{'yardstick':>12}{'difference':>12}")
    for finding in evaluation.findings:
        other = theirs.get(NAMES.get(finding.name, ""))
        beside = f"{other:>12.4f}{finding.value - other:>+12.4f}" if other is not None else f"{'–':>12}{'–':>12}"
        print(f"{finding.name:<18}{finding.value:>10.4f}{f'{finding.low:.4f} to {finding.high:.4f}':>22}{beside}")
    print(f"{evaluation.headline}\n{seconds:.1f} CPU seconds")


if __name__ == "__main__":
    main()
