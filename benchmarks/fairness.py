"""Parity between groups of synthetic rows, and what it costs models: real, plain and fair rows side by side.

    scripts/bench fairness [--seeds 3] [--only "adult: income=>50K by sex"]

Each table's first half is learned, once a seed; models trained on what is drawn are tested on its other half, real rows
that nobody learned. `loss` is the area under the ROC curve of a model trained on plain synthetic rows less that of one
trained on fair ones, the mean over seeds, with a bootstrap of the holdout rows as interval. Gaps are between groups of
at least 100 rows of each table: of rates in rows (`parity`), of what a model grants (`model_parity`), of what it grants
to those with the outcome (`opportunity`). `subgroup`: how far columns are off in the group farthest beyond chance, for
real rows those of the same group. bank_marketing is a table that nothing was tuned on.
"""

import argparse
import time
from pathlib import Path

import numpy as np
import polars as pl

from twinfold.evaluation import discrimination, fairness
from twinfold.evaluation.alignment import Aligned, align
from twinfold.evaluation.boosting import design, fitted_scores
from twinfold.evaluation.distances import shape_errors
from twinfold.evaluation.groups import find_outcome
from twinfold.evaluation.utility import weighted_areas
from twinfold.synthesis.fair_request import read_request
from twinfold.synthesis.synthesizer import learn
from twinfold.tables.dataset import Dataset
from twinfold.tables.reading import read

DATA = Path(__file__).parents[1] / "../shared/data"
ASKED = (
    "adult: income=>50K by sex",
    "adult: income=>50K by sex, race",
    "adult: income=>50K by sex: 0.05",
    "bank_marketing: y=yes by marital",
    "bank_marketing: y=yes by marital, education",
)
PARITY, LOSS = 0.01, 0.02
GAPS = ("parity", "model_parity", "opportunity")
SHOWN = ("area", *GAPS, "c2st", "shape", "subgroup")


def areas(aligned: Aligned, target: str, favourable: str, weights: np.ndarray, seed: int) -> np.ndarray:
    """Areas under the ROC curve of models trained on train and on synthetic rows, (2, draws)."""
    outcome = find_outcome(aligned, target, favourable)
    seen = aligned.pick([feature.name for feature in aligned.features if feature.name != target])
    train, holdout, synthetic = (design(seen.features, side) for side in (seen.train, seen.holdout, seen.synthetic))
    good = [codes == 1 for codes in outcome.codes]
    scores = (fitted_scores(rows, side, holdout, seed=seed) for rows, side in ((train, good[0]), (synthetic, good[2])))
    return np.array([weighted_areas(score, good[1], weights) for score in scores])


def judge(
    train: Dataset, holdout: Dataset, drawn: pl.DataFrame, asked: str, seed: int
) -> tuple[dict[str, float], dict[str, float], np.ndarray, list]:
    """Figures of what was drawn, the same of real rows, areas, and tables to show."""
    request = read_request(asked)
    aligned = align(train, holdout, read(drawn, schema=train.schema), rng=np.random.default_rng(0))
    weights = np.random.default_rng(0).poisson(1.0, (200, aligned.rows[1])).astype(float)
    weights[0] = 1.0
    both = areas(aligned, request.target, request.favourable or "", weights, seed)
    asked_of = {"favourable": request.favourable, "seed": seed, "rng": np.random.default_rng(seed)}
    findings, exhibits = fairness.measure(aligned, request.target, request.sensitive, **asked_of)
    told = discrimination.measure(aligned, seed=seed)
    shape = shape_errors(aligned.features, aligned.holdout, aligned.synthetic).mean()[0]
    near = shape_errors(aligned.features, aligned.holdout, aligned.train).mean()[0]
    by_name = {finding.name: finding for finding in findings}
    crossed = [row for row in exhibits[0].rows if row[0] == " x ".join(request.sensitive)]
    real = {"area": both[0, 0], "c2st": told.yardstick or np.nan, "shape": near}
    synthetic = {"area": both[1, 0], "c2st": told.value, "shape": shape}
    for gap, row in zip(GAPS, crossed, strict=True):
        real[gap], synthetic[gap] = float(row[3]), float(row[4])
    real["subgroup"] = by_name["subgroup_error"].yardstick or np.nan
    synthetic["subgroup"] = by_name["subgroup_error"].value
    return synthetic, real, both[1], exhibits


def line(name: str, figures: list[dict[str, float]]) -> None:
    cells = (f"{np.mean([f[key] for f in figures]):>14.4f}" for key in SHOWN)
    print(f"  {name:<14}" + "".join(cells), flush=True)


def compare(where: str, asked: str, models: dict, train: Dataset, holdout: Dataset) -> None:
    print(f"\n{where}: {asked}\n  {'':<14}" + "".join(f"{key:>14}" for key in SHOWN))
    found: dict[str, list] = {"plain": [], "fair": []}
    reals, last, drawn_areas = [], {}, {"plain": [], "fair": []}
    for seed, model in models.items():
        draws = {"plain": model.sample(seed=seed + 1), "fair": model.sample(fair=asked, seed=seed + 1)}
        for name, frame in draws.items():
            figures, real, area, last[name] = judge(train, holdout, frame, asked, seed)
            found[name].append(figures)
            drawn_areas[name].append(area)
            if name == "fair":
                reals.append(real)
    line("real", reals)
    for name, figures in found.items():
        line(name, figures)
    losses = np.mean(drawn_areas["plain"], axis=0) - np.mean(drawn_areas["fair"], axis=0)
    low, high = np.quantile(losses[1:], [0.025, 0.975])
    widest = max(f["parity"] for f in found["fair"])
    print(f"  loss of area {losses[0]:.4f} ({low:.4f} to {high:.4f}): {'under' if losses[0] < LOSS else 'OVER'} {LOSS}")
    wanted = max(PARITY, read_request(asked).gap + 0.001)
    print(f"  widest gap of any seed {widest:.4f}: {'within' if widest <= wanted else 'BEYOND'} {wanted:.3f}")
    print(f"  {model.stream(1, fair=asked).parity.text()}")
    for name, exhibits in last.items():
        print(f"  {name} rows, last seed: {exhibits[-1].title}")
        show(exhibits[-1])


def show(exhibit) -> None:
    print(f"  {'':<36}" + "".join(f"{title[:16]:>18}" for title in exhibit.header[1:]))
    for name, *cells in exhibit.rows:
        print(f"  {name:<36}" + "".join(f"{cell:>18.3f}" for cell in cells))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--only", choices=ASKED, help="one of them")
    args = parser.parse_args()
    if not DATA.exists():
        print("not run: ../shared/data, with the real tables, is not here")
        return
    print(time.strftime("%Y-%m-%d"))
    begun, models = time.process_time(), {}
    for each in [args.only] if args.only else ASKED:
        where, asked = each.split(": ", 1)
        train = read(pl.read_parquet(DATA / where / "train.parquet"))
        holdout = read(pl.read_parquet(DATA / where / "holdout.parquet"), schema=train.schema)
        if where not in models:
            models[where] = {seed: learn(train, seed=seed) for seed in range(args.seeds)}
        compare(where, asked, models[where], train, holdout)
    print(f"\n{time.process_time() - begun:.0f} CPU seconds")


if __name__ == "__main__":
    main()
