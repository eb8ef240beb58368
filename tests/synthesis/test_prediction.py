import lightgbm
import numpy as np
import polars as pl
import pytest

from twinfold.errors import OptionError
from twinfold.protocols import silent
from twinfold.synthesis import prediction
from twinfold.synthesis.prediction import predictor
from twinfold.synthesis.synthesizer import learn
from twinfold.tables.reading import read


def customers(rows, seed=0):
    """The chance to buy is known: by kind, raised by the number."""
    rng = np.random.default_rng(seed)
    kind = rng.choice(["a", "b", "c"], rows, p=[0.5, 0.3, 0.2])
    number = np.round(rng.gamma(2, 50, rows))
    bought = rng.random(rows) < chance(kind, number)
    return pl.DataFrame({"kind": kind, "number": number, "bought": np.where(bought, "yes", "no")})


def chance(kind, number):
    base = np.select([kind == "a", kind == "b"], [0.1, 0.4], 0.6)
    return np.clip(base + np.where(number > 100, 0.25, 0), 0, 1)


@pytest.fixture(autouse=True)
def _fewer_draws(monkeypatch):
    """Enough for three columns, in a fraction of the time."""
    monkeypatch.setattr(prediction, "DRAWS", 30_000)


@pytest.fixture(scope="module")
def synthesizer():
    return learn(read(customers(20_000)))


def probabilities(synthesizer, frame, column, **options):
    found = predictor(synthesizer, frame, column, **{"given": None, "seed": 0} | options)
    return np.concatenate(list(found.probabilities(frame, silent))), found.levels


def test_probabilities_match_the_planted_ones(synthesizer):
    frame = customers(4000, 1)
    found, levels = probabilities(synthesizer, frame, "bought")
    exact = chance(frame["kind"].to_numpy(), frame["number"].to_numpy())
    assert levels == ("no", "yes")
    assert found.sum(axis=1) == pytest.approx(np.ones(4000))
    assert np.abs(found[:, 1] - exact).mean() < 0.05


def test_columns_that_are_not_there_are_averaged_over(synthesizer):
    frame = pl.DataFrame({"kind": ["a", "b", "c"]})
    found, _ = probabilities(synthesizer, frame, "bought")
    above = (1 + 2) * np.exp(-2)  # the share of numbers above 100
    assert found[:, 1] == pytest.approx(np.array([0.1, 0.4, 0.6]) + 0.25 * above, abs=0.03)
    same, _ = probabilities(synthesizer, customers(50, 1), "bought", given=["kind"])
    assert set(np.round(same[:, 1], 6)) <= set(np.round(found[:, 1], 6))


def test_cells_that_are_not_there_are_averaged_over(synthesizer):
    frame = customers(3000, 2).with_columns(
        pl.when(pl.int_range(pl.len()) % 2 == 0).then(None).otherwise("number").alias("number")
    )
    found, _ = probabilities(synthesizer, frame, "bought")
    unknown = frame["number"].is_null().to_numpy() & (frame["kind"] == "b").to_numpy()
    assert found[unknown, 1].mean() == pytest.approx(0.4 + 0.25 * 3 * np.exp(-2), abs=0.04)


def test_several_levels(synthesizer):
    found, levels = probabilities(synthesizer, pl.DataFrame({"bought": ["yes", "no"]}), "kind")
    real = customers(100_000, 3)
    for row, bought in enumerate(("yes", "no")):
        rows = real.filter(bought=bought)
        assert found[row] == pytest.approx([(rows["kind"] == level).mean() for level in levels], abs=0.03)


def test_it_is_nearly_as_good_as_a_learner_of_the_real_rows(synthesizer):
    learned, unseen = customers(20_000), customers(10_000, 7)
    found, _ = probabilities(synthesizer, unseen, "bought")

    def design(frame):
        return np.column_stack([frame["kind"].cast(pl.Enum(["a", "b", "c"])).to_physical(), frame["number"]])

    data = lightgbm.Dataset(design(learned), (learned["bought"] == "yes").to_numpy(), params={"verbose": -1})
    oracle = lightgbm.train({"objective": "binary", "verbose": -1, "num_threads": 1}, data, 100)
    real = (unseen["bought"] == "yes").to_numpy()
    theirs = np.asarray(oracle.predict(design(unseen)))
    loss = [-np.log(np.where(real, p, 1 - p)).mean() for p in (found[:, 1], theirs)]
    assert loss[0] < loss[1] + 0.01


def test_quantiles_of_a_number_hold_what_they_say(synthesizer):
    frame = customers(5000, 4)
    task = predictor(synthesizer, frame, "number", given=None, seed=0)
    found = np.concatenate(list(task.numbers(frame, (0.9, 0.1), silent)))
    real = frame["number"].to_numpy()
    assert (real <= found[:, 1]).mean() == pytest.approx(0.9, abs=0.03)
    assert (real <= found[:, 2]).mean() == pytest.approx(0.1, abs=0.03)
    assert found[:, 0].mean() == pytest.approx(100, abs=4)


def test_the_same_seed_predicts_the_same(synthesizer):
    frame = customers(100, 5)
    first, second, other = (probabilities(synthesizer, frame, "bought", seed=seed)[0] for seed in (3, 3, 4))
    assert np.array_equal(first, second)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize(
    ("column", "options", "said"),
    [
        ("boght", {}, "did you mean 'bought'"),
        ("bought", {"given": ["bought"]}, "can't be predicted from itself"),
        ("bought", {"given": ["knd"]}, "did you mean 'kind'"),
        ("bought", {"seed": -2}, "seed is -2"),
        ("number", {}, "holds numbers, not categories; use predict"),
    ],
)
def test_what_can_not_be_done_is_said(synthesizer, column, options, said):
    with pytest.raises(OptionError, match=said):
        probabilities(synthesizer, customers(10), column, **options)


def test_something_else_must_be_there(synthesizer):
    with pytest.raises(OptionError, match="no column that 'kind' could be predicted from"):
        probabilities(synthesizer, customers(10).select("kind"), "kind")
