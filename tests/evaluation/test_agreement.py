"""Our figures beside the same ones made another way: pandas, scikit-learn and scipy, on real rows."""

from collections.abc import Callable

import lightgbm
import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy.spatial.distance import cdist
from scipy.stats import ks_2samp
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from twinfold.evaluation.evaluation import evaluate_tables
from twinfold.evaluation.finding import Finding
from twinfold.tables.dataset import Dataset
from twinfold.tables.reading import read
from twinfold.tables.schema import Kind

ROWS = 2000


@pytest.fixture(scope="module")
def tables(bank: pl.DataFrame) -> tuple[Dataset, Dataset, Dataset]:
    """Train, holdout, and a release: rows of others with one column shifted and one shuffled."""
    train = read(bank[:ROWS])
    spoilt = bank[2 * ROWS : 3 * ROWS].with_columns(pl.col("age") + 2, pl.col("job").shuffle(seed=0))
    others = [read(frame, schema=train.schema) for frame in (bank[ROWS : 2 * ROWS], spoilt)]
    return train, *others


@pytest.fixture(scope="module")
def findings(tables: tuple[Dataset, Dataset, Dataset]) -> dict[str, Finding]:
    return {finding.name: finding for finding in evaluate_tables(*tables, target="y").findings}


@pytest.fixture(scope="module")
def frames(tables: tuple[Dataset, Dataset, Dataset]) -> list[pd.DataFrame]:
    """The three tables with categories as pandas has them."""
    table = tables[0].single()[0]
    out = [dataset.single()[1].to_pandas() for dataset in tables]
    for column in table:
        if not column.kind.numeric:
            levels = sorted(set().union(*(frame[column.name].astype(str) for frame in out)))
            for frame in out:
                frame[column.name] = pd.Categorical(frame[column.name].astype(str), categories=levels)
    return out


def classifier() -> lightgbm.LGBMClassifier:
    return lightgbm.LGBMClassifier(n_estimators=200, learning_rate=0.05, num_leaves=31, verbose=-1, n_jobs=1)


def numbers(tables: tuple[Dataset, Dataset, Dataset]) -> list[str]:
    return [column.name for column in tables[0].single()[0] if column.kind.numeric]


def over_pairs(frames: list[pd.DataFrame], error: Callable[[str, str], float]) -> float:
    names = list(frames[0].columns)
    return float(np.mean([error(a, b) for i, a in enumerate(names) for b in names[i + 1 :]]))


def test_shapes(
    tables: tuple[Dataset, Dataset, Dataset], findings: dict[str, Finding], frames: list[pd.DataFrame]
) -> None:
    _, real, synthetic = frames
    numeric = numbers(tables)
    assert Kind.CATEGORY in {column.kind for column in tables[0].single()[0]}
    errors = [
        ks_2samp(real[name], synthetic[name]).statistic
        if name in numeric
        else (real[name].value_counts(normalize=True) - synthetic[name].value_counts(normalize=True)).abs().sum() / 2
        for name in real.columns
    ]
    assert findings["shape_error"].value == pytest.approx(np.mean(errors), abs=1e-9)


def test_trends(
    tables: tuple[Dataset, Dataset, Dataset], findings: dict[str, Finding], frames: list[pd.DataFrame]
) -> None:
    _, real, synthetic = frames
    numeric = numbers(tables)

    def binned(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(**{n: np.digitize(frame[n], np.histogram_bin_edges(frame[n])) for n in numeric}).astype(str)

    cut = [binned(frame) for frame in (real, synthetic)]

    def error(a: str, b: str) -> float:
        if a in numeric and b in numeric:
            return abs(real[a].corr(real[b]) - synthetic[a].corr(synthetic[b])) / 2
        shares = [frame.value_counts([a, b], normalize=True) for frame in cut]
        return shares[0].sub(shares[1], fill_value=0).abs().sum() / 2

    assert findings["trend_error"].value == pytest.approx(over_pairs(frames, error), abs=1e-9)


def test_classifier(findings: dict[str, Finding], frames: list[pd.DataFrame]) -> None:
    x, y = pd.concat(frames[1:], ignore_index=True), np.repeat([0, 1], ROWS)
    folds = StratifiedKFold(5, shuffle=True, random_state=1)
    scores = cross_val_predict(classifier(), x, y, cv=folds, method="predict_proba")[:, 1]
    finding = findings["c2st_auc"]
    assert finding.value == pytest.approx(roc_auc_score(y, scores), abs=0.015)
    assert finding.high - finding.low == pytest.approx(0.03, abs=0.015)


def test_utility(findings: dict[str, Finding], frames: list[pd.DataFrame]) -> None:
    train, holdout, synthetic = frames
    areas = [
        roc_auc_score(
            holdout["y"] == "yes",
            classifier()
            .fit(frame.drop(columns="y"), frame["y"] == "yes")
            .predict_proba(holdout.drop(columns="y"))[:, 1],
        )
        for frame in (synthetic, train)
    ]
    assert findings["utility"].value == pytest.approx(areas[0] / areas[1], abs=0.01)


def test_nearness(
    tables: tuple[Dataset, Dataset, Dataset], findings: dict[str, Finding], frames: list[pd.DataFrame]
) -> None:
    numeric = numbers(tables)
    low, span = frames[0][numeric].min(), np.ptp(frames[0][numeric], axis=0)
    onehot = [pd.get_dummies(frame.drop(columns=numeric)).to_numpy(np.float64) / 2 for frame in frames]
    scaled = [((frame[numeric] - low) / span).clip(-1, 2).to_numpy() for frame in frames]
    train, holdout, synthetic = (np.hstack(blocks) for blocks in zip(scaled, onehot, strict=True))
    to_train, to_holdout = (cdist(synthetic, real, "cityblock").min(1) for real in (train, holdout))
    tie = np.isclose(to_train, to_holdout, atol=1e-6)
    expected = ((to_train < to_holdout) & ~tie).mean() + tie.mean() / 2
    assert findings["dcr_share"].value == pytest.approx(expected, abs=1e-3)
