import numpy as np
import polars as pl
import pytest

from twinfold.errors import ConditionError
from twinfold.synthesis.synthesizer import learn
from twinfold.tables.reading import read


def customers(rows=6000, seed=0):
    rng = np.random.default_rng(seed)
    region = rng.choice(["north", "south", "east"], rows, p=[0.5, 0.3, 0.2])
    age = np.clip(rng.normal(np.where(region == "south", 60, 40), 10), 18, 95).round().astype(int)
    balance = np.round(rng.lognormal(6, 1, rows) * age / 40, 2)
    default = np.where(rng.random(rows) < np.clip(0.6 - age / 120, 0.02, 1), "yes", "no")
    return pl.DataFrame({"region": region, "age": age, "balance": balance, "default": default}).with_columns(
        pl.when(pl.Series(rng.random(rows) < 0.1)).then(None).otherwise("balance").alias("balance")
    )


@pytest.fixture(scope="module")
def synthesizer():
    return learn(read(customers()))


@pytest.mark.parametrize(
    ("where", "real"),
    [
        ("age >= 70", pl.col("age") >= 70),
        ("default = 'yes' and region = 'south'", (pl.col("default") == "yes") & (pl.col("region") == "south")),
        ("balance between 100 and 200 and age < 30", pl.col("balance").is_between(100, 200) & (pl.col("age") < 30)),
        ("balance is null", pl.col("balance").is_null()),
        ("region = 'east' or age > 75", (pl.col("region") == "east") | (pl.col("age") > 75)),
        ("not (age < 60 or default = 'no')", (pl.col("age") >= 60) & (pl.col("default") == "yes")),
    ],
)
def test_every_row_obeys_and_the_rest_follows_the_conditional_distribution(synthesizer, where, real):
    drawn = synthesizer.sample(4000, where=where)
    assert drawn.filter(real).height == 4000
    free = synthesizer.sample(400_000, seed=9).filter(real)  # blind rejection, the oracle
    for region in ("north", "south", "east"):
        assert (drawn["region"] == region).mean() == pytest.approx((free["region"] == region).mean(), abs=0.06)
    assert drawn["age"].mean() == pytest.approx(free["age"].mean(), abs=1.5)
    assert (drawn["default"] == "yes").mean() == pytest.approx((free["default"] == "yes").mean(), abs=0.06)


def test_the_effective_sample_size_is_full_where_the_chain_begins_and_less_where_it_is_asked_late(synthesizer):
    easy = synthesizer.stream(2000, where="region = 'south'")
    hard = synthesizer.stream(2000, where="balance > 4000")
    for stream in (easy, hard):
        list(stream.frames())
    assert easy.effective_sample_size == pytest.approx(2000, rel=0.05)
    assert 0 < hard.effective_sample_size <= 2000


def test_given_columns_stay_and_the_rest_follows_them(synthesizer):
    given = pl.DataFrame({"age": [20] * 1500 + [80] * 1500})
    stream = synthesizer.stream(given=given)
    drawn = pl.concat(stream.frames())
    assert drawn["age"].equals(given["age"])
    real = customers()
    for age, span in ((20, (18, 26)), (80, (72, 95))):
        expected = real.filter(pl.col("age").is_between(*span))
        found = drawn.filter(pl.col("age") == age)
        for column, level in (("region", "south"), ("default", "yes")):
            assert (found[column] == level).mean() == pytest.approx((expected[column] == level).mean(), abs=0.15)
    [choice] = stream.choices
    assert stream.effective_sample_size is None
    assert ((choice.effective >= 8) | (choice.tried >= 1024)).all()


def test_a_given_value_that_was_never_seen_is_kept(synthesizer):
    drawn = synthesizer.sample(given=pl.DataFrame({"balance": [123456.78, None]}))
    assert drawn["balance"].to_list() == [123456.78, None]


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("region = 'nroth'", "did you mean 'north'"),
        ("age > 200", "no customer like age > 200"),
        ("balance < -5", "no customer like"),
        ("incme > 5", "column 'incme' is not in"),
        ("age > 60 and age < 50", "can't hold"),
    ],
)
def test_what_can_not_be_met_is_said(synthesizer, where, said):
    with pytest.raises(ConditionError, match=said):
        synthesizer.sample(10, where=where)


def test_conditions_beside_given_columns(synthesizer):
    drawn = synthesizer.sample(given=pl.DataFrame({"region": ["south"] * 300}), where="age < 50")
    assert set(drawn["region"]) == {"south"}
    assert drawn["age"].max() < 50
    with pytest.raises(ConditionError, match="given row by row"):
        synthesizer.sample(given=pl.DataFrame({"age": [50]}), where="age < 60")
