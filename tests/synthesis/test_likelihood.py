import numpy as np
import polars as pl
import pytest

from twinfold.errors import DataError
from twinfold.protocols import silent
from twinfold.synthesis.likelihood import log_likelihood
from twinfold.synthesis.synthesizer import learn
from twinfold.tables.reading import read


def customers(rows, seed=0):
    """Older customers have more; the region is apart."""
    rng = np.random.default_rng(seed)
    age = rng.integers(20, 80, rows)
    return pl.DataFrame(
        {
            "age": age,
            "savings": np.round(age * 1000 + rng.normal(0, 3000, rows)),
            "region": rng.choice(["north", "south", "east", "west"], rows, p=[0.4, 0.3, 0.2, 0.1]),
        }
    )


@pytest.fixture(scope="module")
def synthesizer():
    return learn(read(customers(8000)))


def judged(synthesizer, frame):
    return np.concatenate(list(log_likelihood(synthesizer, frame, progress=silent)))


def test_rows_against_the_dependence_are_the_least_likely(synthesizer):
    usual = customers(2000, 1)
    strange = pl.DataFrame({"age": [22, 24, 78, 75], "savings": [77e3, 74e3, 21e3, 24e3], "region": ["north"] * 4})
    found = judged(synthesizer, pl.concat([usual, strange]))
    assert set(np.argsort(found)[:8]) >= {2000, 2001, 2002, 2003}


def test_what_was_never_learned_is_unlikely(synthesizer):
    usual = customers(2000, 1)
    level = usual[:1].with_columns(pl.lit("mars").alias("region"))
    number = usual[:1].with_columns(pl.lit(10_000_000.0).alias("savings"))
    missing = usual[:1].with_columns(pl.lit(None, pl.Int64).alias("age"))
    found = judged(synthesizer, pl.concat([usual, level, number, missing]))
    assert np.isfinite(found).all()
    assert found[-3:].max() < np.quantile(found[:-3], 0.01)


def test_probabilities_of_a_discrete_table_are_the_planted_ones():
    rng = np.random.default_rng(0)
    kind = rng.choice(["a", "b"], 20_000, p=[0.7, 0.3])
    bought = np.where(rng.random(20_000) < np.where(kind == "a", 0.2, 0.6), "yes", "no")
    synthesizer = learn(read(pl.DataFrame({"kind": kind, "bought": bought})))
    rows = pl.DataFrame({"kind": ["a", "a", "b", "b"], "bought": ["no", "yes", "no", "yes"]})
    found = np.exp(judged(synthesizer, rows))
    assert found == pytest.approx([0.56, 0.14, 0.12, 0.18], abs=0.015)
    assert found.sum() == pytest.approx(1, abs=1e-3)  # a tilt's mean is known from draws


def test_every_learned_column_is_needed(synthesizer):
    with pytest.raises(DataError, match="column 'savings' is not in the data"):
        judged(synthesizer, customers(10).drop("savings"))
