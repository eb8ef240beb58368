"""How our figures of linked tables agree with the independent yardstick's: `evaluate` beside `score_linked.py`.

    scripts/bench linked_agreement [--tables cdnow,baseball] [--seed 0]

Both judge the same customers, drawn by `twinfold fit` and `sample` from the given train half. "real" is the figure of
the real holdout, each in its own way: ours puts train customers in the synthetic ones' place, the yardstick the holdout
in the train's. CPU seconds are those of whole commands.
"""

import argparse
import json
import time
from pathlib import Path

from contest.contestants import compile_kernels, timed
from contest.environments import SHARED, TWINFOLD
from contest.tables import GIVEN
from linked import BANKS, Bank, halves, judge, twinfold

FIGURES = {
    "orphan_share": "orphans",
    "count_ks": "{child}.count_error",
    "child_shape_err": "{child}.shape_error",
    "child_trend_err": "{child}.trend_error",
    "parent_c2st_auc": "c2st_auc",
    "step_c2st_auc": "{child}.step_c2st_auc",
    "lag1_gap": "{child}.lag1_gap",
    "dcr_share": "dcr_share",
    "copied_histories": "{child}.copied_histories",
}


def evaluate(folder: Path, synthetic: Path) -> tuple[dict[str, dict[str, float]], str, float]:
    """Our findings by name, the headline, and the command's CPU seconds."""
    record, report = synthetic.with_suffix(".json"), synthetic.with_suffix(".html")
    asked = [TWINFOLD, "evaluate", "--synthetic", synthetic, "--policy", "internal-testing", "--quiet", "--force"]
    asked += ["--train", folder / "train", "--holdout", folder / "holdout", "-o", report, "--json", record]
    _, seconds, _ = timed("sh", "-c", '"$@" || [ $? = 1 ]', "sh", *asked)  # 1 is a verdict
    found = json.loads(record.read_text())
    return {finding["name"]: finding for finding in found["findings"]}, found["headline"], seconds


def compare(name: str, bank: Bank, seed: int) -> None:
    """The table of one bank."""
    folder = halves(name, GIVEN)
    out = folder / f"twinfold-{seed}"
    made = twinfold(folder / "train", out, seed)
    ours, headline, seconds = evaluate(folder, out)
    theirs = judge(bank, folder, out)
    heads = f"{'ours':>9}{'95 % interval':>20}{'yardstick':>11}{'difference':>12}{'real, ours':>12}{'theirs':>9}"
    print(f"\n{name:<18}{heads}")
    for figure, measure in FIGURES.items():
        finding = ours[measure.format(child=bank.child)]
        other, ceiling = theirs["synthetic"][figure], theirs["ceiling"][figure]
        interval = f"{finding['low']:.4f} to {finding['high']:.4f}"
        print(
            f"{figure:<18}{finding['value']:>9.4f}{interval:>20}{other:>11.4f}{finding['value'] - other:>+12.4f}"
            f"{finding['yardstick']:>12.4f}{ceiling:>9.4f}",
            flush=True,
        )
    print(f"{headline}\nfit and sample {made:.1f}, evaluate {seconds:.1f} CPU seconds")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", default="cdnow,baseball")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    if not SHARED.exists():
        print("not run: ../shared, with the real tables and the independent judge, is not here")
        return
    compile_kernels()
    print(time.strftime("%Y-%m-%d"))
    for name in args.tables.split(","):
        compare(name, BANKS[name], args.seed)


if __name__ == "__main__":
    main()
