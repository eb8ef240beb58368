"""Learning begins with an older model: its columns are found, what it knows helps, and what can't begin is said."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

import twinfold
from twinfold.errors import DataError, OptionError, RefusedError
from twinfold.evaluation.shadows import choose_count
from twinfold.synthesis.matching import find_pairs
from twinfold.synthesis.synthesizer import learn
from twinfold.synthesis.transfer import describe, match_codes
from twinfold.tables.reading import read


def customers(rows, seed, names=("Income", "age", "segment", "takes")):
    """Who takes an offer hangs on both segment and age, and income on who takes it."""
    rng = np.random.default_rng(seed)
    segment, age = rng.choice(["a", "b", "c"], rows), rng.integers(18, 80, rows)
    chance = np.where((segment == "a") ^ (age > 50), 0.95, 0.05)
    takes = np.where(rng.random(rows) < chance, "yes", "no")
    income = (rng.lognormal(8, 0.3, rows) * np.where(takes == "yes", 3, 1)).round(-1).astype(int)
    return pl.DataFrame(dict(zip(names, (income, age, segment, takes), strict=True)))


@pytest.fixture(scope="module")
def older():
    return learn(read(customers(4000, 0)), engine="diffusion", budget="3s")


def apart(frame):
    """How much likelier whoever the rule says takes the offer than the others do."""
    said = (frame["segment"] == "a") ^ (frame["age"] > 50)
    takes = frame["takes"] == "yes"
    return takes.filter(said).mean() - takes.filter(~said).mean()


def test_a_small_table_gains_what_the_older_model_knows(older):
    few = customers(150, 1)
    anew = learn(read(few), engine="diffusion", seed=0)
    begun = learn(read(few), start=older, seed=0)
    assert apart(older.sample(4000)) > 0.75
    assert apart(begun.sample(4000)) > 0.7
    assert apart(begun.sample(4000)) > apart(anew.sample(4000)) + 0.05
    assert begun.engine == "diffusion"
    assert "4 of 4 columns were known to the older model" in begun.describe()


def test_columns_are_matched_by_name_levels_by_name_and_numbers_by_value(older):
    frame = customers(2000, 2, names=("INCOME", "Age ", "seg_ment", "takes"))
    frame = frame.with_columns(pl.col("takes").replace({"no": "perhaps"}), new=pl.Series(np.arange(2000) % 3))
    made = learn(read(frame), engine="copula")
    pairs = find_pairs(made.codebook, older.codebook, frame, {})
    found = match_codes(made.codebook, older.codebook, pairs, older.model)
    names = {made.codebook.learned[j]: older.codebook.learned[i] for j, i in found.columns.items()}
    assert names == {"INCOME": "Income", "Age ": "age", "seg_ment": "segment", "takes": "takes"}
    takes = made.codebook.learned.index("takes")
    assert (found.codes[takes] >= 0).tolist() == [False, True]  # "perhaps" is new
    age = made.codebook.learned.index("Age ")
    assert (np.diff(found.codes[age]) >= 0).all()
    assert describe(found.columns, made.codebook, older.codebook, pairs).endswith(
        "4 of 5 columns were known to the older model; there under another name: INCOME (Income), Age  (age), "
        "seg_ment (segment); new to it: new"
    )


def test_a_small_table_takes_the_codes_of_values_that_the_older_model_knows(older):
    few = customers(120, 7)
    begun = learn(read(few), start=older, seed=0)
    assert begun.codebook.encodings["age"] is older.codebook.encodings["age"]
    strange = few.with_columns(pl.col("age") + 200)
    anew = learn(read(strange), start=older, seed=0)
    assert anew.codebook.encodings["age"] is not older.codebook.encodings["age"]
    assert anew.sample(500)["age"].min() > 200


def test_levels_that_are_rare_in_a_small_table_come_out_as_the_older_model_knows_them():
    rng = np.random.default_rng(0)
    job = [f"job {k}" for k in range(24)]
    older = learn(read(customers(3000, 0).with_columns(job=rng.choice(job, 3000))), engine="network", budget="1s")
    few = customers(100, 1).with_columns(job=rng.choice(job, 100))
    assert "(other)" in set(learn(read(few), engine="network", budget="1s").sample(500)["job"])
    begun = learn(read(few), start=older, seed=0)
    assert begun.sample(2000)["job"].n_unique() == 24
    assert "come out as" not in begun.describe()


def test_a_new_table_keeps_its_own_codes_where_the_older_ones_would_not_do(older):
    few = customers(120, 7)
    as_text = few.with_columns(pl.col("age").cast(pl.String))
    schema = read(few).schema
    clipped = read(few, schema=schema.model_copy(update={"tails": "clipped"}))
    made = learn(clipped, start=older, seed=0)
    assert made.codebook.encodings["age"] is not older.codebook.encodings["age"]
    assert made.codebook.encodings["segment"] is older.codebook.encodings["segment"]
    assert learn(read(as_text), start=older, seed=0).sample(50).schema == as_text.schema


def test_a_model_that_began_with_an_older_one_has_no_shadows(older):
    few = customers(400, 8)
    begun = learn(read(few), start=older, seed=0)
    other = read(customers(400, 9))
    assert choose_count(None, older, read(few), other) > 0
    assert choose_count(None, begun, read(few), other) == 0
    with pytest.raises(OptionError, match="began with an older one, and shadow models would not"):
        choose_count(8, begun, read(few), other)


def test_new_columns_and_levels_are_learned_beside_known_ones(older):
    rng = np.random.default_rng(3)
    frame = customers(1500, 3).with_columns(pl.col("segment").replace({"b": "z"}), channel=pl.lit("web"))
    channel = np.where(frame["segment"] == "z", rng.choice(["web", "shop"], 1500), "web")
    begun = learn(read(frame.with_columns(channel=pl.Series(channel))), start=older, seed=0)
    drawn = begun.sample(3000)
    assert set(drawn["segment"]) == {"a", "z", "c"}
    assert (drawn.filter(pl.col("segment") == "z")["channel"] == "shop").mean() == pytest.approx(0.5, abs=0.12)
    assert (drawn.filter(pl.col("segment") != "z")["channel"] == "shop").mean() < 0.06


def test_networks_of_the_network_engine_begin_with_older_ones_too():
    older = learn(read(customers(4000, 0)), engine="network", budget="3s")
    few = customers(300, 1).with_columns(pl.Series("new", np.arange(300) % 2))
    anew = learn(read(few), engine="network", seed=0)
    begun = learn(read(few), start=older, seed=0)
    assert apart(begun.sample(4000)) > max(0.7, apart(anew.sample(4000)) + 0.1)
    assert "new to it: new" in begun.describe()


def test_a_file_is_begun_with_and_the_history_says_so(older, tmp_path):
    older.save(tmp_path / "old.twin")
    customers(200, 4).write_csv(tmp_path / "new.csv")
    made = twinfold.fit(tmp_path / "new.csv", start=tmp_path / "old.twin")
    assert made.history[0]["start"] == "4 of 4 columns were known to the older model"
    made.save(tmp_path / "made.twin")
    assert twinfold.sample(twinfold.load(tmp_path / "made.twin"), 10).height == 10


@pytest.mark.parametrize("engine", ["trees", "copula", "diffusion"])
def test_trees_begin_with_any_older_model(older, engine):
    known = older if engine == "diffusion" else learn(read(customers(4000, 0)), engine=engine)
    few = customers(150, 1).rename({"age": "age_in_years"}).with_columns(new=pl.Series(np.arange(150) % 2))
    begun = learn(read(few), engine="trees", start=known, match={"Income": ""}, seed=0)
    assert (
        "3 of 5 columns were known to the older model; there under another name: age_in_years (age)" in begun.describe()
    )
    assert "rows that it drew were learned beside the new ones" in begun.describe()
    drawn = begun.sample(4000).rename({"age_in_years": "age"})
    assert drawn["Income"].min() >= 0
    assert drawn["new"].mean() == pytest.approx(0.5, abs=0.15)
    assert begun.engine == "trees"
    if engine != "copula":  # of normals, which no such effect has
        assert apart(drawn) > apart(learn(read(few), seed=0).sample(4000).rename({"age_in_years": "age"})) + 0.1


def test_trees_that_began_with_an_older_model_are_used_as_any(tmp_path):
    begun = learn(read(customers(2500, 1)), start=learn(read(customers(3000, 0))), seed=0)
    begun.save(tmp_path / "new.twin")
    again = twinfold.load(tmp_path / "new.twin")
    assert again.sample(200, seed=3).equals(begun.sample(200, seed=3))
    rich = twinfold.sample(again, 300, where="Income > 6000 and segment = 'a'")
    assert rich["Income"].min() > 6000
    assert (rich["takes"] == "yes").mean() > 0.8
    gaps = customers(60, 5).with_columns(takes=pl.lit(None, pl.String))
    filled = twinfold.impute(again, gaps, m=1, seed=0)
    assert apart(filled[0]) > 0.6
    with pytest.raises(OptionError, match="began with an older model can't be explained yet"):
        twinfold.explain(again, gaps.head(1))


def test_an_older_model_that_says_otherwise_does_no_harm():
    strange = customers(3000, 0).with_columns(
        age=pl.lit(90), takes=pl.lit("yes"), segment=pl.col("segment").shuffle(0), Income=pl.col("Income").reverse()
    )
    few = customers(900, 1)
    begun = learn(read(few), start=learn(read(strange)), seed=0)
    assert apart(begun.sample(4000)) > apart(learn(read(few), seed=0).sample(4000)) - 0.05


def test_what_can_not_begin_is_said(older):
    trees = learn(read(customers(300, 5)))
    for engine, begun in (("network", older), ("gan", older), ("blend", trees), ("diffusion", trees)):
        with pytest.raises(OptionError, match=f"the engine {engine} can't begin with a model of {begun.engine}: trees"):
            learn(read(customers(300, 6)), engine=engine, start=begun)
    with pytest.raises(DataError, match=r"no column of .* is known to the older model"):
        learn(read(customers(300, 6, names=("w", "x", "y", "z"))), start=older)
    refused = replace(older, history=(*older.history, {"event": "evaluated", "released": False}))
    with pytest.raises(RefusedError, match="no fit begins with it"):
        learn(read(customers(300, 6)), start=refused)
