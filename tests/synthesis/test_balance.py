import numpy as np
import polars as pl
import pytest

from twinfold.errors import ConditionError, OptionError, SchemaError
from twinfold.synthesis import synthesizer as module
from twinfold.synthesis.balance import read_balance
from twinfold.synthesis.synthesizer import learn
from twinfold.tables.reading import read


def customers(rows=4000):
    rng = np.random.default_rng(0)
    job = rng.choice(["clerk", "o'neill, ltd: x", "student"], rows, p=[0.6, 0.3, 0.1])
    age = np.where(job == "student", rng.integers(18, 30, rows), rng.integers(20, 70, rows))
    return pl.DataFrame(
        {
            "id": [f"C-{n:05d}" for n in range(rows)],
            "job": job,
            "age": age,
            "bought": np.where(rng.random(rows) < 0.1, "yes", "no"),
            "children": rng.choice([0, 1, 2], rows, p=[0.5, 0.3, 0.2]),
        }
    )


@pytest.fixture(scope="module")
def synthesizer():
    return learn(read(customers()))


@pytest.mark.parametrize(
    ("n", "balance", "counts"),
    [
        (1001, "bought=yes:0.5", {"yes": 501, "no": 500}),
        (1000, "bought = yes : 30%, no:70%", {"yes": 300, "no": 700}),
        (10, '"bought"="yes":1', {"yes": 10}),
    ],
)
def test_shares_are_met_to_the_row(synthesizer, n, balance, counts):
    drawn = synthesizer.sample(n, balance=balance)
    assert dict(drawn["bought"].value_counts().iter_rows()) == counts


def test_other_levels_share_the_rest_and_the_row_follows_its_level(synthesizer):
    drawn = synthesizer.sample(5000, balance="job=student:0.5")
    counts = dict(drawn["job"].value_counts().iter_rows())
    assert counts["student"] == 2500
    assert counts["clerk"] / 2500 == pytest.approx(2 / 3, abs=0.04)
    assert drawn.filter(job="student")["age"].mean() < 27
    assert drawn["id"].n_unique() == 5000
    assert (drawn["job"][:2500] == "student").mean() == pytest.approx(0.5, abs=0.05)


def test_a_level_with_signs_in_it_stands_in_quotes(synthesizer):
    drawn = synthesizer.sample(100, balance="job='o''neill, ltd: x':0.25,clerk:0.75")
    assert (drawn["job"] == "o'neill, ltd: x").sum() == 25


def test_numbers_that_many_share_can_be_balanced(synthesizer):
    assert (synthesizer.sample(400, balance="children=2:0.75")["children"] == 2).sum() == 300


def test_a_condition_holds_besides(synthesizer):
    drawn = synthesizer.sample(600, balance="bought=yes:0.5", where="age < 30 or job = 'student'")
    assert (drawn["bought"] == "yes").sum() == 300
    assert drawn.filter((pl.col("age") < 30) | (pl.col("job") == "student")).height == 600


def test_the_pieces_of_a_stream_add_up(synthesizer, monkeypatch):
    monkeypatch.setattr(module, "CONDITIONED_CHUNK", 7)
    frames = list(synthesizer.stream(100, balance="bought=yes:0.35").frames())
    assert [frame.height for frame in frames[:3]] == [7, 7, 7]
    assert sum((frame["bought"] == "yes").sum() for frame in frames) == 35
    balance = read_balance("bought=yes:0.35", synthesizer.codebook, where=None)
    assert [sum(balance.counts(start, start + 7)) for start in range(0, 70, 7)] == [7] * 10


@pytest.mark.parametrize(
    ("balance", "options", "error", "said"),
    [
        ("bought=yse:0.5", {}, OptionError, "did you mean 'yes'"),
        ("bought=yes", {}, OptionError, "can't be read from 'yes' on"),
        ("bought", {}, OptionError, "can't be read; give a column"),
        ("bought=yes:0.5.1", {}, OptionError, "can't be read"),
        ("bought=yes:0", {}, OptionError, "out of range"),
        ("bought=yes:50", {}, OptionError, "share 50 of 'yes' is out of range"),
        ("bought=yes:0.7,no:0.7", {}, OptionError, "add up to 1.4"),
        ("bought=yes:0.3,no:0.3", {}, OptionError, "no other level was learned"),
        ("bought=yes:0.3,yes:0.3", {}, OptionError, "two shares"),
        ("bougt=yes:0.3", {}, SchemaError, "did you mean 'bought'"),
        ("bought=yes:0.3", {"where": "bought = 'no'"}, ConditionError, "drop one of both"),
        ("bought=yes:0.3", {"given": pl.DataFrame({"age": [30]})}, OptionError, "beside given rows"),
    ],
)
def test_what_can_not_be_met_is_said(synthesizer, balance, options, error, said):
    with pytest.raises(error, match=said):
        synthesizer.sample(**options | ({} if "given" in options else {"n": 100}), balance=balance)


def test_the_same_seed_draws_the_same(synthesizer):
    first, second = (synthesizer.sample(200, balance="bought=yes:0.5", seed=3) for _ in range(2))
    assert first.equals(second)
