"""Every engine does all that a model is used for, from the file that it was saved to."""

from functools import partial
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest

import twinfold
from twinfold.errors import OptionError
from twinfold.synthesis import choice
from twinfold.synthesis.choice import MODELS

NEW = [name for name in MODELS if name not in ("trees", "network", "blend")]


def customers(rows=2400, seed=0):
    """Who has a mortgage is older and earns more; the grade's number goes with its name; some incomes are missing."""
    rng = np.random.default_rng(seed)
    grade = rng.choice(4, rows, p=[0.4, 0.3, 0.2, 0.1])
    mortgage = rng.random(rows) < np.array([0.1, 0.3, 0.6, 0.9])[grade]
    income = (rng.lognormal(7.5 + 0.4 * grade, 0.25)).round(-1)
    return pl.DataFrame(
        {
            "grade": np.array(["none", "school", "college", "master"])[grade],
            "grade_number": grade,
            "age": np.clip(rng.normal(35 + 15 * mortgage, 8), 18, 90).astype(int),
            "mortgage": np.where(mortgage, "yes", "no"),
            "income": pl.Series(np.where(rng.random(rows) < 0.1, np.nan, income)).fill_nan(None),
        }
    )


SMALL = {
    "diffusion": {"width": 64, "most_steps": 400},
    "vae": {"width": 64, "latent": 8, "most_steps": 400},
    "vaegan": {"width": 64, "latent": 8, "most_steps": 400},
    "gan": {"width": 96, "most_steps": 700, "rate": 1e-3},
}


@pytest.fixture(scope="module", params=NEW)
def model(request, tmp_path_factory):
    """A model by way of its file, of networks that are smaller than a user's."""
    name, load = request.param, choice.load_deep
    path = tmp_path_factory.mktemp("model") / f"{name}.twin"
    with pytest.MonkeyPatch.context() as patch:
        if name in SMALL:
            engine = partial(getattr(load(name), choice.DEEP[name]), **SMALL[name])
            patch.setattr(choice, "load_deep", lambda _: SimpleNamespace(**{choice.DEEP[name]: engine}))
        twinfold.fit(customers(), engine=name, seed=0).save(path)
    return twinfold.load(path)


def test_rows_are_as_they_were_learned(model):
    drawn, real = twinfold.sample(model, 3000), customers()
    assert drawn.schema == real.schema
    assert set(drawn.group_by("grade").agg(pl.col("grade_number").n_unique())["grade_number"]) == {1}
    assert drawn["income"].is_null().mean() == pytest.approx(0.1, abs=0.05)
    shares = [(frame["mortgage"] == "yes").mean() for frame in (drawn, real)]
    assert shares[0] == pytest.approx(shares[1], abs=0.08)
    ages = [frame.filter(pl.col("mortgage") == "yes")["age"].mean() for frame in (drawn, real)]
    assert ages[0] == pytest.approx(ages[1], abs=4)


def test_conditions_shares_and_given_columns_are_obeyed(model):
    rich = twinfold.sample(model, 300, where="income >= 4000 and mortgage = 'yes'", seed=2)
    assert rich["income"].min() >= 4000
    assert set(rich["mortgage"]) == {"yes"}
    even = twinfold.sample(model, 400, balance="grade=master:0.5", seed=2)
    assert (even["grade"] == "master").sum() == 200
    given = customers(60, 3).select("grade", "age")
    assert twinfold.sample(model, given=given, seed=2).select("grade", "age").equals(given)


def test_cells_are_filled_rows_judged_and_columns_predicted(model):
    rows = customers(150, 4)
    filled = twinfold.impute(model, rows, m=1)[0]
    assert filled["income"].null_count() == 0
    assert filled["age"].equals(rows["age"])
    likely = twinfold.log_prob(model, rows)
    odd = rows.with_columns(
        pl.Series("age", rows["age"].to_numpy()[::-1]), pl.Series("mortgage", rows["mortgage"][::-1])
    )
    odd = odd.with_columns(pl.when(pl.col("mortgage") == "yes").then(20).otherwise(70).alias("age"))
    assert likely.mean() > twinfold.log_prob(model, odd).mean() + 0.5
    chance = twinfold.predict_proba(model, rows.drop("mortgage"), "mortgage")
    yes = chance["yes"].to_numpy() if "yes" in chance.columns else chance.to_numpy()[:, -1]
    truth = (rows["mortgage"] == "yes").to_numpy()
    assert yes[truth].mean() > yes[~truth].mean() + 0.15


def test_a_model_says_what_learned_it(model):
    assert f"with the engine {model.engine}" in model.describe()
    assert model.history[0]["guard"]["looked"]


def test_an_unknown_engine_is_named_beside_all_there_are():
    with pytest.raises(OptionError, match="vaegan"):
        twinfold.fit(customers(200), engine="gann")
