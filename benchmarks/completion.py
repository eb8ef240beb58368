"""More uses of a model: missing cells filled, a column predicted, rows drawn under rare conditions and given columns.

    scripts/bench completion [--tables adult,bank_marketing] [--parts impute,predict,where,given] [--splits 3]

Each split learns a random half of the train file; the other half are the unseen rows. CPU seconds are of one process.
"""

import argparse
import time
import warnings
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import polars as pl
from sklearn.exceptions import ConvergenceWarning
from sklearn.experimental import enable_iterative_imputer  # noqa: F401 - scikit-learn asks for it
from sklearn.impute import IterativeImputer
from sklearn.metrics import log_loss, roc_auc_score

import twinfold
from twinfold.synthesis import resampling
from twinfold.synthesis.synthesizer import Synthesizer

DATA = Path(__file__).parents[1] / "../shared/data"
TARGETS = {"adult": "income", "bank_marketing": "y"}
MISSING, TABLES, HOLED = 0.15, 5, 2_000  # share of cells deleted, completed tables, rows with deleted cells
DRAWN = 10  # conditional samples of the size of the real rows, of which C2ST is the mean
CONDITIONS = {
    "adult": {
        "education = 'Doctorate'": pl.col("education") == "Doctorate",
        "age >= 70 and sex = 'Female'": (pl.col("age") >= 70) & (pl.col("sex") == "Female"),
        "hours_per_week >= 70 and income = '<=50K'": (pl.col("hours_per_week") >= 70) & (pl.col("income") == "<=50K"),
        "capital_gain between 7000 and 8000": pl.col("capital_gain").is_between(7000, 8000),
    },
    "bank_marketing": {
        "job = 'student' and y = 'no'": (pl.col("job") == "student") & (pl.col("y") == "no"),
        "duration > 1200": pl.col("duration") > 1200,
        "balance > 10000 and housing = 'no'": (pl.col("balance") > 10000) & (pl.col("housing") == "no"),
        "age >= 65 and marital = 'married'": (pl.col("age") >= 65) & (pl.col("marital") == "married"),
    },
}
GIVEN = {"adult": ["age", "hours_per_week", "education_num"], "bank_marketing": ["age", "balance", "duration"]}
SETTINGS = {"objective": "binary", "learning_rate": 0.05, "num_leaves": 31, "num_threads": 1, "verbose": -1}


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """What a piece of work gives, and its CPU seconds."""
    begun = time.process_time()
    return work(), time.process_time() - begun


def ordinal(*tables: pl.DataFrame) -> list[np.ndarray]:
    """Tables as numbers, categories as the places of their levels in order, missing as NaN."""
    out = []
    for table in tables:
        columns = []
        for name in table.columns:
            levels = pl.concat([each[name] for each in tables]).drop_nulls().unique().sort()
            column = table[name]
            if column.dtype == pl.String:
                column = column.replace_strict(levels, np.arange(len(levels)), return_dtype=pl.Float64)
            columns.append(column.cast(pl.Float64).fill_null(float("nan")).to_numpy())
        out.append(np.column_stack(columns))
    return out


def categories(table: pl.DataFrame) -> list[int]:
    return [j for j, dtype in enumerate(table.dtypes) if dtype == pl.String]


def boosted(x: np.ndarray, y: np.ndarray, category: list[int], to: np.ndarray, seed: int = 0) -> np.ndarray:
    data = lightgbm.Dataset(x, y, categorical_feature=category, params={"verbose": -1})
    return np.asarray(lightgbm.train({**SETTINGS, "seed": seed}, data, 200).predict(to))


def c2st(real: pl.DataFrame, other: pl.DataFrame) -> float:
    """How well a classifier tells two tables apart: the mean area under the ROC curve over folds it had not seen."""
    rows = min(real.height, other.height)
    x = np.vstack(ordinal(real[:rows], other[:rows]))
    y, fold = np.repeat([0, 1], rows), np.tile(np.arange(rows) % 5, 2)
    areas = []
    for k in range(5):
        scores = boosted(x[fold != k], y[fold != k], categories(real), x[fold == k], seed=k)
        areas.append(roc_auc_score(y[fold == k], scores))
    return float(np.mean(areas))


def sklearn_imputed(learned: np.ndarray, holed: np.ndarray, category: list[int], seed: int) -> np.ndarray:
    """Completed tables of IterativeImputer, shape (tables, rows, columns); drawn, so that there can be several."""
    levels = learned.max(axis=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        out = []
        for table in range(TABLES):
            limits = {"min_value": learned.min(axis=0), "max_value": levels}
            imputer = IterativeImputer(sample_posterior=True, random_state=seed + table, **limits).fit(learned)
            filled = imputer.transform(holed)
            filled[:, category] = filled[:, category].round()
            out.append(filled)
    return np.stack(out)


def judge_imputed(tables: np.ndarray, truth: np.ndarray, gone: np.ndarray, category: list[int]) -> dict[str, float]:
    """The mean over columns of what was got right of the deleted cells."""
    found = defaultdict(list)
    for j in range(truth.shape[1]):
        rows = gone[:, j]
        drawn, true = tables[:, rows, j], truth[rows, j]
        if j in category:
            votes = np.stack([(drawn == level).sum(axis=0) for level in np.arange(np.nanmax(truth[:, j]) + 1)])
            found["accuracy, most drawn"].append((votes.argmax(axis=0) == true).mean())
            found["accuracy, one draw"].append((drawn == true).mean())
        else:
            spread = truth[:, j].std()
            found["error of the mean / sd"].append(np.sqrt(((drawn.mean(axis=0) - true) ** 2).mean()) / spread)
            apart = np.abs(drawn[:, None] - drawn[None]).sum(axis=(0, 1)) / (len(drawn) * (len(drawn) - 1))
            found["CRPS / sd"].append((np.abs(drawn - true).mean(axis=0) - apart / 2).mean() / spread)
    return {name: float(np.mean(values)) for name, values in found.items()}


def part_impute(model: Synthesizer, _: str, learned: pl.DataFrame, unseen: pl.DataFrame, seed: int) -> dict:
    rng = np.random.default_rng(seed)
    truth = unseen[:HOLED]
    gone = rng.random((truth.height, truth.width)) < MISSING
    holed = truth.with_columns(truth[name].set(pl.Series(gone[:, j]), None) for j, name in enumerate(truth.columns))
    completed, ours = timed(lambda: twinfold.impute(model, holed, TABLES, seed=seed))
    known, right, _, *tables = ordinal(learned, truth, holed, *completed)
    category = categories(truth)
    filled, theirs = timed(lambda: sklearn_imputed(known, ordinal(learned, holed)[1], category, seed))
    return {
        "twinfold": judge_imputed(np.stack(tables), right, gone, category) | {"CPU s": ours},
        "IterativeImputer": judge_imputed(filled, right, gone, category) | {"CPU s": theirs},
    }


def by_likelihood(model: Synthesizer, rows: pl.DataFrame, column: str) -> np.ndarray:
    """The model's own conditional of a column of two levels: Bayes' rule over its likelihood."""
    own = model.codebook.learned.index(column)
    codes = model.codebook.encode(rows).codes
    found = []
    for level in range(2):
        codes[own] = level
        found.append(model.model.log_prob(codes))  # type: ignore[attr-defined]
    return 1 / (1 + np.exp(np.clip(found[0] - found[1], -500, 500)))


def part_predict(model: Synthesizer, table: str, learned: pl.DataFrame, unseen: pl.DataFrame, seed: int) -> dict:
    column = TARGETS[table]
    x, z = ordinal(learned.drop(column), unseen.drop(column))
    level = sorted(learned[column].unique())[1]
    y, truth = (learned[column] == level).to_numpy(), (unseen[column] == level).to_numpy()
    ways = {
        "twinfold": lambda: twinfold.predict_proba(model, unseen, column, seed=seed)[f"{column}={level}"].to_numpy(),
        "twinfold, likelihood": lambda: by_likelihood(model, unseen, column),
        "LightGBM on real rows": lambda: boosted(x, y, categories(learned.drop(column)), z),
        "the share of all": lambda: np.full(len(truth), y.mean()),
    }
    out = {}
    for name, way in ways.items():
        p, seconds = timed(way)
        out[name] = {
            "AUC": roc_auc_score(truth, p),
            "log loss": log_loss(truth, np.clip(p, 1e-6, 1 - 1e-6)),
            "CPU s": seconds,
        }
    half = unseen.columns[::2]
    half = [name for name in half if name != column]
    p, seconds = timed(
        lambda: twinfold.predict_proba(model, unseen, column, given=half, seed=seed)[f"{column}={level}"]
    )
    out["twinfold, every 2nd column"] = {
        "AUC": roc_auc_score(truth, p),
        "log loss": log_loss(truth, p),
        "CPU s": seconds,
    }
    x, z = ordinal(learned.select(half), unseen.select(half))
    q, seconds = timed(lambda: boosted(x, y, categories(learned.select(half)), z))
    out["LightGBM, every 2nd column"] = {
        "AUC": roc_auc_score(truth, q),
        "log loss": log_loss(truth, q),
        "CPU s": seconds,
    }
    return out


def part_where(model: Synthesizer, table: str, learned: pl.DataFrame, unseen: pl.DataFrame, seed: int) -> dict:
    out = {}
    for text, holds in CONDITIONS[table].items():
        real, yardstick = unseen.filter(holds), learned.filter(holds)
        rows = min(real.height, yardstick.height)
        stream = model.stream(rows * DRAWN, where=text, seed=seed)
        drawn, seconds = timed(lambda s=stream: pl.concat(s.frames()))
        free = model.sample(rows * DRAWN, seed=seed)
        inside = [c2st(real, drawn[k * rows : (k + 1) * rows]) for k in range(DRAWN)]
        outside = [c2st(unseen[k * rows : (k + 1) * rows], free[k * rows : (k + 1) * rows]) for k in range(DRAWN)]
        out[text] = {
            "holds for": real.height / unseen.height,
            "rows": rows,
            "C2ST": np.mean(inside),
            "real": c2st(real, yardstick),
            "free rows": np.mean(outside),
            "effective": stream.effective_sample_size / stream.rows,
            "repeated": 1 - drawn.unique().height / drawn.height,
            "CPU s / 1000": seconds / stream.rows * 1000,
        }
    return out


def part_given(model: Synthesizer, table: str, learned: pl.DataFrame, unseen: pl.DataFrame, seed: int) -> dict:
    out, most = {}, resampling.MOST
    real = unseen[:HOLED]
    for name, limit in (("16 candidates for each row", resampling.FIRST), ("more where they fit badly", most)):
        resampling.MOST = limit
        stream = model.stream(given=real.select(GIVEN[table]), seed=seed)
        drawn, seconds = timed(lambda s=stream: pl.concat(s.frames()))
        worth = np.concatenate([choice.effective for choice in stream.choices])
        tried = np.concatenate([choice.tried for choice in stream.choices])
        out[name] = {
            "C2ST": c2st(real, drawn),
            "candidates": tried.mean(),
            "worth, mean": worth.mean(),
            "worth, 5 %": np.quantile(worth, 0.05),
            "CPU s": seconds,
        }
    resampling.MOST = most
    out["nothing given"] = {"C2ST": c2st(real, model.sample(HOLED, seed=seed))}
    out["real"] = {"C2ST": c2st(real, learned[:HOLED])}
    return out


PARTS = {"impute": part_impute, "predict": part_predict, "where": part_where, "given": part_given}


def show(title: str, runs: list[dict[str, dict[str, float]]]) -> None:
    """The mean over splits, and what a split differs by (standard deviation)."""
    names = list(dict.fromkeys(name for run in runs for line in run.values() for name in line))
    print(f"\n{title}\n{'':<44}" + "".join(f"{name:>24}" for name in names))
    for line in runs[0]:
        cells = []
        for name in names:
            values = [run[line][name] for run in runs if name in run[line]]
            spread = f" ± {np.std(values, ddof=1):.3f}" if len(values) > 1 else ""
            cells.append(f"{np.mean(values):.3f}{spread}" if values else "")
        print(f"{line:<44}" + "".join(f"{cell:>24}" for cell in cells), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", default=",".join(TARGETS))
    parser.add_argument("--parts", default=",".join(PARTS))
    parser.add_argument("--splits", type=int, default=3)
    args = parser.parse_args()
    if not DATA.exists():
        print("not run: the real tables of ../shared/data are not here")
        return
    for table in args.tables.split(","):
        real = pl.read_parquet(DATA / table / "train.parquet")
        splits = []
        for split in range(args.splits):
            rows = np.random.default_rng(1000 + split).permutation(real.height)
            learned, unseen = real[rows[: real.height // 2]], real[rows[real.height // 2 :]]
            model = twinfold.fit(learned, seed=split)
            model.sample(given=unseen.select(unseen.columns[-1])[:10])  # compiles what is not compiled yet
            splits.append((model, table, learned, unseen, split))
        for part in args.parts.split(","):
            show(f"{table}: {part}", [PARTS[part](*split) for split in splits])


if __name__ == "__main__":
    main()
