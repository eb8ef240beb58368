"""The independent judge, `../shared/bench/score.py`, and its figures by the names that the tables print."""

import json
from pathlib import Path

from contest.contestants import timed
from contest.environments import SHARED, python_of
from contest.tables import Split

FIGURES = {
    "C2ST": "c2st_auc",
    "shape": "shape_err",
    "trend": "trend_err",
    "utility": "utility",
    "DCR share": "dcr_share",
    "MIA": "outlier_mia_auc",
    "copies": "exact_in_train",
    "h. copies": "exact_holdout_in_train",
}


def judge(split: Split, synthetic: Path, *, fresh: bool = True) -> dict[str, float]:
    """Each figure of a synthetic table; with `fresh` off, as it was found before."""
    result = synthetic.with_suffix(".score.json")
    if fresh or not result.exists() or result.stat().st_mtime < synthetic.stat().st_mtime:
        runner = Path(__file__).with_name("run_judge.py")
        command = [python_of("judge"), runner, SHARED / "bench/score.py", split.folder, "--no-ceiling"]
        command += ["--train", split.train, "--holdout", split.holdout, "--synthetic", synthetic, "--json", result]
        command += ["--target", split.table.target, "--categorical", split.categorical]
        timed(*command, environment={"OMP_NUM_THREADS": "1"})
    found = json.loads(result.read_text())["synthetic"]
    return {name: found[figure] for name, figure in FIGURES.items()}
