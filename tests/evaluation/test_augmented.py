"""Rows made of real ones, attacked with customers of whom they were not made."""

import numpy as np
import polars as pl
import pytest

from twinfold.errors import DataError
from twinfold.evaluation.augmented import LEAST, attack_augmented
from twinfold.evaluation.finding import Evaluation
from twinfold.evaluation.policy.policy_file import read_policy
from twinfold.synthesis.augmenting.augmentation import Recipe, augment_rows
from twinfold.synthesis.augmenting.material import gather_material
from twinfold.tables.reading import read


def people(rows: int, seed: int, rare: float = 0.1) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    numbers = {f"amount_{k}": rng.lognormal(3, 1, rows).round(2) for k in range(6)}
    return pl.DataFrame({**numbers, "left": np.where(np.arange(rows) < rare * rows, "yes", "no")})


def attack(holdout: pl.DataFrame | None, target: str | None = "left", **asked: object) -> Evaluation:
    dataset = read(people(2_400, 0))
    material, recipe = gather_material(dataset, target), Recipe(**asked)  # type: ignore[arg-type]
    made = augment_rows(material, recipe, seed=0)
    kept = None if holdout is None else read(holdout, schema=dataset.schema)
    policy = read_policy("model-development")
    return attack_augmented(dataset, material, made, recipe, holdout=kept, policy=policy, seed=0)


def value(evaluation: Evaluation, name: str) -> float:
    return next(finding.value for finding in evaluation.findings if finding.name == name)


@pytest.mark.parametrize("holdout", [None, people(2_400, 1)], ids=["a trial", "a holdout"])
def test_those_who_were_copied_are_asked_for(holdout: pl.DataFrame | None) -> None:
    """240 of 2,400 left: among the most unusual of all customers those copied would be a tenth."""
    evaluation = attack(holdout, method="resample")
    assert value(evaluation, "exact_copies") == 1.0
    assert value(evaluation, "outlier_mia_auc") > 0.8
    apart = attack(holdout, method="noise", scale=5.0)
    assert value(apart, "exact_copies") == 0.0
    assert abs(value(apart, "dcr_share") - 0.5) < 0.1


def test_a_few_rows_stand_for_a_thousand_made_alike() -> None:
    evaluation = attack(None, method="resample", n=3)
    assert f"{LEAST:,} of {LEAST:,} synthetic customers" in next(iter(evaluation.findings)).sentence


def test_a_holdout_without_such_customers_is_refused() -> None:
    with pytest.raises(DataError, match=r"'yes' as its left; give a holdout that has"):
        attack(people(500, 1, rare=0.0), method="smote")
