import numpy as np
import polars as pl
import pytest

from twinfold.synthesis.linked_file import load_model
from twinfold.synthesis.linked_learning import learn_linked
from twinfold.tables.reading import read
from twinfold.tables.schema_file import read_toml, write_toml


def shop(share, customers=800, seed=0):
    """Orders whose total is price and fee in so many rows; of the others, those of the web, it is something else."""
    rng = np.random.default_rng(seed)
    owner = np.repeat(np.arange(customers), rng.integers(1, 5, customers))
    n = len(owner)
    price, fee = np.round(rng.lognormal(4, 0.5, n), 2), np.round(rng.uniform(1, 9, n), 2)
    adds_up = rng.random(n) < share
    total = np.where(adds_up, price + fee, rng.lognormal(4, 0.5, n)).round(2)
    channel = np.where(adds_up, "shop", "web")
    return {
        "customers": pl.DataFrame({"customer_id": np.arange(customers), "age": rng.integers(18, 90, customers)}),
        "orders": pl.DataFrame({"customer_id": owner, "price": price, "fee": fee, "total": total, "channel": channel}),
    }


def adds_up(orders):
    return ((orders["price"] + orders["fee"] - orders["total"]).abs() < 0.006).alias("adds_up")


@pytest.fixture(scope="module")
def model():
    return learn_linked(read(shop(0.8)), seed=0)


def test_a_formula_that_holds_in_part_is_said_and_holds_as_often_and_in_the_same_rows(model):
    dataset = read(shop(0.8))
    assert any(note.startswith("orders: total = price + fee, in 8") for note in dataset.notes)
    assert not any("total" in rule for rule in dataset.schema["orders"].rules)
    made = model.sample(1500, seed=1)["orders"]
    assert adds_up(made).mean() == pytest.approx(adds_up(dataset.tables["orders"]).mean(), abs=0.04)
    shares = made.with_columns(adds_up(made)).group_by("channel").agg(pl.col("adds_up").mean()).sort("channel")
    assert shares["adds_up"].to_list() == pytest.approx([1, 0], abs=0.03)


def test_where_it_does_not_hold_the_numbers_are_as_real_ones(model):
    real, made = shop(0.8)["orders"], model.sample(1500, seed=1)["orders"]
    odd = [frame.filter(~adds_up(frame))["total"] for frame in (real, made)]
    assert odd[1].median() == pytest.approx(odd[0].median(), rel=0.15)  # of 410 real rows


def test_a_formula_that_is_declared_holds_always():
    dataset = read(shop(0.8))
    text = write_toml(dataset.schema).replace("[tables.orders]\n", '[tables.orders]\nrules = ["total = price + fee"]\n')
    made = learn_linked(read(shop(0.8), schema=read_toml(text)), seed=0).sample(500, seed=1)["orders"]
    assert adds_up(made).all()


@pytest.mark.parametrize("share", [0.0, 0.4])
def test_what_holds_in_few_rows_is_not_said(share):
    assert not any("total = price + fee" in note for note in read(shop(share)).notes)


def test_a_saved_model_draws_the_same(model, tmp_path):
    model.save(tmp_path / "m.twin")
    again = load_model(tmp_path / "m.twin")
    assert again.sample(300, seed=2)["orders"].equals(model.sample(300, seed=2)["orders"])
