"""What synthetic rows are worth for training, against scikit-learn's areas."""

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import roc_auc_score

from twinfold.errors import OptionError
from twinfold.evaluation import utility
from twinfold.evaluation.alignment import Aligned, align
from twinfold.evaluation.finding import Verdict
from twinfold.tables.dataset import Dataset
from twinfold.tables.reading import read


def measure(parts: tuple[Dataset, Dataset, Dataset], target: str | None):  # type: ignore[no-untyped-def]
    return utility.measure(aligned(parts), target, rng=np.random.default_rng(0), seed=0)


def aligned(parts: tuple[Dataset, Dataset, Dataset]) -> Aligned:
    return align(*parts, rng=np.random.default_rng(0))


def test_weighted_areas_are_scikit_learns() -> None:
    rng = np.random.default_rng(0)
    score, positive = np.round(rng.normal(size=200), 1), rng.random(200) < 0.3
    weights = np.vstack([np.ones(200), rng.poisson(1.0, (3, 200))])
    expected = [roc_auc_score(positive, score, sample_weight=weight) for weight in weights]
    np.testing.assert_allclose(utility.weighted_areas(score, positive, weights), expected)


@pytest.mark.parametrize("target", ["y", "age"])
def test_independent_real_rows_are_as_good_as_the_learned_ones(
    parts: tuple[Dataset, Dataset, Dataset], target: str
) -> None:
    [finding] = measure(parts, target)
    assert finding.low <= finding.value <= finding.high
    assert 0.97 < finding.value < 1.03
    assert finding.high - finding.low < 0.06


def test_a_shuffled_target_teaches_nothing(parts: tuple[Dataset, Dataset, Dataset]) -> None:
    train, holdout, release = parts
    shuffled = release.single()[1].with_columns(pl.col("y").shuffle(seed=0))
    [finding] = measure((train, holdout, read(shuffled, schema=train.schema)), "y")
    assert finding.value < 0.65


def test_rows_without_the_target_are_worth_a_guess(parts: tuple[Dataset, Dataset, Dataset]) -> None:
    train, holdout, release = parts
    never = release.single()[1].with_columns(y=pl.lit("no"))
    [finding] = measure((train, holdout, read(never, schema=train.schema)), "y")
    assert "AUC of 0.500" in finding.sentence


def test_a_target_that_does_not_vary_is_left_unmeasured(parts: tuple[Dataset, Dataset, Dataset]) -> None:
    train, holdout, release = parts
    never = read(holdout.single()[1].with_columns(y=pl.lit("no")), schema=train.schema)
    [finding] = measure((train, never, release), "y")
    assert finding.verdict is Verdict.UNKNOWN
    assert "does not vary" in finding.sentence


def test_no_target_no_finding_and_an_unknown_one_is_refused(parts: tuple[Dataset, Dataset, Dataset]) -> None:
    assert measure(parts, None) == []
    with pytest.raises(OptionError, match=r"target 'balanc' is not in the learned columns .* did you mean 'balance'"):
        utility.check_target(aligned(parts), "balanc")
