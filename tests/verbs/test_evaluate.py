"""`evaluate` takes what users have: files and frames."""

import hashlib
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from twinfold.errors import SchemaError
from twinfold.verbs.evaluate import evaluate


def customers(seed: int, rows: int = 240) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    age = rng.integers(18, 90, rows)
    return pl.DataFrame(
        {
            "age": age,
            "balance": (rng.normal(size=rows) * 900 + age * 12).round(2),
            "segment": rng.choice(["gold", "silver", "basic"], rows),
            "churned": rng.choice(["yes", "no"], rows),
        }
    )


def test_files_of_different_formats_are_compared_and_named(tmp_path: Path) -> None:
    paths = [tmp_path / "train.csv", tmp_path / "kept.parquet", tmp_path / "made.csv"]
    customers(0).write_csv(paths[0])
    customers(1).write_parquet(paths[1])
    customers(2).write_csv(paths[2], separator=";")
    evaluation = evaluate(*paths, target="churned", seed=5)
    provenance = evaluation.provenance
    assert provenance["train"] == f"train.csv, 240 rows, SHA-256 {hashlib.sha256(paths[0].read_bytes()).hexdigest()}"
    assert provenance["holdout"].startswith("kept.parquet, 240 rows")
    assert (provenance["seed"], provenance["target"], provenance["policy"]) == (5, "churned", "model-development")
    assert {"twinfold", "polars", "lightgbm"} <= set(provenance)
    assert {"shape_error", "utility", "outlier_mia_auc"} <= {finding.name for finding in evaluation.findings}


def test_frames_are_compared_like_files() -> None:
    evaluation = evaluate(customers(0).to_pandas(), customers(1), customers(2).to_arrow())
    assert evaluation.provenance["synthetic"] == "240 rows"


def test_other_columns_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match="segment"):
        evaluate(customers(0), customers(1), customers(2).drop("segment"))
