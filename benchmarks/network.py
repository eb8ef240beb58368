"""What a network brings beside the trees: likelihood of unseen rows, and how well synthetic ones are told from them.

    scripts/bench network [--tables adult,bank_marketing] [--engines trees,network,blend] [--seed 0] [--rows N]

Learns one random half of each table's train file and judges against the other; the holdout files stay untouched.
CPU seconds are of all threads of this process, kernels compiled and libraries imported before. The likelihood is of the
codes of unseen rows, in nats a row. The last line of a table is the other half in the place of synthetic rows.
"""

import argparse
import time
from pathlib import Path

import numpy as np
import polars as pl

import twinfold
from twinfold.synthesis.engines.deep import load_deep
from twinfold.synthesis.synthesizer import Synthesizer
from twinfold.verbs.preparation import prepare

DATA = Path(__file__).parents[1] / "../shared/data"
FINDINGS = {"c2st_auc": "C2ST", "pair_error": "pairs", "dcr_share": "DCR share", "outlier_mia_auc": "MIA"}


def halves(name: str, rows: int | None) -> tuple[pl.DataFrame, pl.DataFrame]:
    frame = pl.read_parquet(DATA / name / "train.parquet").sample(fraction=1, shuffle=True, seed=0).head(rows)
    return frame[: frame.height // 2], frame[frame.height // 2 :]


def likelihood(model: Synthesizer, frame: pl.DataFrame) -> float:
    return float(np.mean(model.model.log_prob(model.codebook.encode(frame).codes)))  # type: ignore[attr-defined]


def line(name: str, values: list[float]) -> None:
    print(f"{name:<16}" + "".join(f"{value:>12.4f}" for value in values), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", default="adult,bank_marketing")
    parser.add_argument("--engines", default="trees,network,blend")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rows", type=int)
    arguments = parser.parse_args()
    if not DATA.is_dir():
        raise SystemExit(f"network: {DATA} is absent; it holds the real tables")
    prepare()
    load_deep("network_training")
    for name in arguments.tables.split(","):
        train, unseen = halves(name, arguments.rows)
        print(f"{name}: {train.height:,} rows learned, {unseen.height:,} unseen")
        titles = [*FINDINGS.values(), "likelihood", "fit, CPU s", "sample"]
        print(" " * 16 + "".join(f"{title:>12}" for title in titles))
        real: list[float] = []
        for engine in arguments.engines.split(","):
            started = time.process_time()
            model = twinfold.fit(train, engine=engine, seed=arguments.seed)
            fitted = time.process_time()
            synthetic = twinfold.sample(model, seed=arguments.seed + 1)
            costs = [fitted - started, time.process_time() - fitted]
            evaluation = twinfold.evaluate(train, unseen, synthetic, seed=arguments.seed)
            found = {finding.name: finding for finding in evaluation.findings}
            line(engine, [*(found[key].value for key in FINDINGS), likelihood(model, unseen), *costs])
            real = [np.nan if found[key].yardstick is None else found[key].yardstick for key in FINDINGS]
        line("real half", real)


if __name__ == "__main__":
    main()
