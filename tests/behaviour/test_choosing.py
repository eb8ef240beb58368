"""A behaviour of choices, asked of pairs and of a market."""

import numpy as np
import polars as pl
import pytest
from scipy.special import expit

from twinfold import DataError, ModelFileError, OptionError, calibrate, forecast, load_behaviour, save_behaviour
from twinfold.synthesis.model_file import read_model_file, write_model_file

ASKED = {"kind": "choice", "outcome": "took", "customer": "who", "attributes": ["fee", "points", "logo"]}


def choices(customers: int, seed: int, each: int = 16) -> tuple[pl.DataFrame, np.ndarray]:
    """Pairs of cards that differ in fee and points; the logo is always the same."""
    rng = np.random.default_rng(seed)
    own = np.array([-1.0, 0.5]) + rng.normal(size=(customers, 2)) * [0.8, 0.4]
    who = np.repeat(np.arange(customers), each)
    pair = rng.integers(-2, 3, (len(who), 2)).astype(float)
    chance = expit((pair * own[who]).sum(axis=1))
    columns = {"who": [f"K{w}" for w in who], "fee": pair[:, 0], "points": pair[:, 1], "logo": np.zeros(len(who))}
    return pl.DataFrame(columns | {"took": (rng.random(len(who)) < chance).astype(int)}), chance


@pytest.fixture(scope="module")
def world():
    return choices(300, 0)


@pytest.fixture(scope="module")
def behaviour(world):
    frame, _ = world
    return calibrate(frame.filter(pl.int_range(pl.len()) % 16 < 14), ASKED)


def test_what_customers_take_next_is_forecast(behaviour, world):
    frame, chance = world
    kept = pl.int_range(pl.len()) % 16 >= 14
    rows, truth = frame.filter(kept).drop("took"), chance[np.arange(len(chance)) % 16 >= 14]
    found = forecast(behaviour, rows)
    assert found.height == rows.height
    assert np.abs(found["prediction"].to_numpy() - truth).mean() < 0.09
    held = (found["lower"].to_numpy() <= truth) & (truth <= found["upper"].to_numpy())
    assert held.mean() > 0.88
    assert set(found["identification"]) == {"randomised"}
    assert found["in_support"].all()


def test_somebody_unknown_is_anybody_and_wider(behaviour):
    pairs = pl.DataFrame({"who": ["K3", "nobody"], "fee": [1.0, 1.0], "points": [1.0, 1.0], "logo": [0.0, 0.0]})
    found = forecast(behaviour, pairs)
    assert found["in_support"].to_list() == [True, False]
    wide = (found["upper"] - found["lower"]).to_list()
    assert wide[1] > wide[0]
    assert any("not known" in note for note in behaviour.forecast(pairs).notes)


def test_an_attribute_that_never_varied_gets_no_number(behaviour):
    pairs = pl.DataFrame({"who": ["K3"], "fee": [1.0], "points": [0.0], "logo": [1.0]})
    found = forecast(behaviour, pairs)
    assert found["identification"].to_list() == ["not identified"]
    assert found["prediction"].null_count() == 1
    assert "logo: it never varied" in "\n".join(behaviour.describe())


def test_shares_of_a_market_add_up_and_follow_the_price(behaviour):
    options = pl.DataFrame({"fee": [0.0, 1.0, 2.0], "points": [0.0, 0.0, 0.0], "logo": [0.0, 0.0, 0.0]})
    found = behaviour.shares(options)
    assert found["share"].sum() == pytest.approx(1)
    assert found["share"].is_sorted(descending=True)
    assert ((found["lower"] <= found["share"]) & (found["share"] <= found["upper"])).all()
    with pytest.raises(DataError, match="no column 'points'"):
        behaviour.shares(options.drop("points"))
    with pytest.raises(DataError, match="give two or more"):
        behaviour.shares(options.head(1))
    with pytest.raises(DataError, match="differ in logo, which never varied"):
        behaviour.shares(options.with_columns(logo=pl.Series([0.0, 1.0, 0.0])))
    with pytest.raises(DataError, match="differ in fee by 9, more than any"):
        behaviour.shares(options.with_columns(fee=pl.Series([0.0, 1.0, 9.0])))
    assert behaviour.shares(options.to_pandas())["share"].sum() == pytest.approx(1)


def test_questions_that_depend_on_who_is_asked_are_noticed(world):
    frame, _ = world
    rich = frame["who"].str.slice(1).cast(pl.Int64) % 2
    by_income = frame.with_columns(income=rich * 10 + 20, fee=pl.col("fee") + 1.5 * rich)
    assert str(calibrate(by_income, ASKED).model.label) == "observational"


def test_a_saved_behaviour_says_the_same(behaviour, world, tmp_path):
    save_behaviour(behaviour, tmp_path / "a.behaviour")
    rows = world[0].drop("took").head(100)
    assert forecast(load_behaviour(tmp_path / "a.behaviour"), rows).equals(forecast(behaviour, rows))
    manifest, arrays = read_model_file(tmp_path / "a.behaviour")
    assert "K3" not in str(manifest)
    for spoilt in (arrays | {"names": arrays["names"][::-1].copy()}, arrays | {"names": arrays["names"][1:]}):
        write_model_file(tmp_path / "b.behaviour", manifest, spoilt, force=True)
        with pytest.raises(ModelFileError, match="damaged"):
            load_behaviour(tmp_path / "b.behaviour")


def test_what_is_no_choice_is_said(behaviour, world):
    frame, _ = world
    with pytest.raises(DataError, match="no column 'fee'"):
        forecast(behaviour, frame.drop("took", "fee"))
    with pytest.raises(DataError, match="is 1 in all"):
        calibrate(frame.with_columns(took=pl.lit(1)), ASKED)
    with pytest.raises(OptionError, match="has no horizon"):
        forecast(behaviour, frame.drop("took"), horizon="3w")
