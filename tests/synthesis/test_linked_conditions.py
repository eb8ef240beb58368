"""Customers of linked tables who obey a condition, on a bank whose truth is planted."""

import numpy as np
import polars as pl
import pytest

from twinfold.errors import ConditionError
from twinfold.synthesis.conditions import parse
from twinfold.synthesis.linked_file import load_model
from twinfold.synthesis.linked_learning import learn_linked
from twinfold.tables.reading import read

COUNT, TOTAL, MOST, MEAN = (pl.col(name) for name in ("count", "total", "most", "mean"))
SAVER, NORTH = pl.col("kind") == "saver", pl.col("region") == "north"


def planted(customers=2500, seed=0):
    """Savers pay little and often, spenders much and seldom, half of it refunded; regions say nothing of either."""
    rng = np.random.default_rng(seed)
    saver = rng.random(customers) < 0.5
    count = np.where(saver, rng.geometric(0.15, customers), rng.integers(0, 3, customers))
    owner = np.repeat(np.arange(customers), count)
    amount = np.where(saver[owner], rng.normal(20, 2, len(owner)), rng.normal(300, 20, len(owner))).round(2)
    place = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count)
    day = rng.integers(0, 60, customers)[owner] + 7 * place
    refunded = np.flatnonzero((amount > 100) & (rng.random(len(owner)) < 0.5))
    return {
        "customers": pl.DataFrame(
            {
                "customer_id": np.arange(100, 100 + customers),
                "kind": np.where(saver, "saver", "spender"),
                "region": rng.choice(["north", "south", "polar"], customers, p=[0.6, 0.37, 0.03]),
                "age": rng.integers(18, 90, customers),
            }
        ),
        "payments": pl.DataFrame(
            {
                "payment_id": np.arange(len(owner)),
                "customer_id": owner + 100,
                "day_date": pl.Series(18_000 + day).cast(pl.Int32).cast(pl.Date),
                "amount": amount,
            }
        ),
        "refunds": pl.DataFrame({"payment_id": refunded, "refund": (amount[refunded] / 2).round(2)}),
    }


def describe(tables):
    """The customers, with what their rows amount to."""
    refunds = tables["refunds"].join(tables["payments"], on="payment_id").group_by("customer_id").agg(refunds=pl.len())
    amount = pl.col("amount")
    summaries = {"total": amount.sum().round(2), "most": amount.max(), "least": amount.min(), "mean": amount.mean()}
    paid = tables["payments"].group_by("customer_id").agg(count=pl.len(), **summaries)
    joined = tables["customers"].join(paid, on="customer_id", how="left").join(refunds, on="customer_id", how="left")
    return joined.with_columns(pl.col("count", "refunds").fill_null(0))


@pytest.fixture(scope="module")
def real():
    return planted()


ASKED = {
    "kind = 'saver'": SAVER,
    "region = 'polar' and age >= 30": (pl.col("region") == "polar") & (pl.col("age") >= 30),
    "count(payments) >= 3": COUNT >= 3,
    "count(payments) = 0": COUNT == 0,
    "count(payments) in (1, 2)": COUNT.is_in([1, 2]),
    "COUNT(refunds) > 0": pl.col("refunds") > 0,
    "sum(payments.amount) > 350": TOTAL > 350,
    "max(payments.amount) < 23": MOST < 23,
    "min(payments.amount) between 250 and 290": pl.col("least").is_between(250, 290),
    "mean(payments.amount) > 305 and region = 'north'": (MEAN > 305) & NORTH,
    "not (region = 'north' or count(payments) < 2)": ~(NORTH | (COUNT < 2)),
    "age < 25 or count(payments) > 10": (pl.col("age") < 25) | (COUNT > 10),
    "sum(payments.amount) is null": TOTAL.is_null(),
}


@pytest.mark.parametrize("where", ASKED)
def test_every_customer_obeys_and_is_else_as_real_ones_who_do(model, real, where):
    out = model.sample(500, where=where, seed=3)
    drawn, wanted = describe(out), describe(real).filter(ASKED[where])
    assert drawn.height == 500
    assert drawn.filter(ASKED[where]).height == 500
    assert out["payments"]["customer_id"].is_in(drawn["customer_id"].implode()).all()
    error = 1 / wanted.height**0.5 + 1 / 500**0.5
    for share in (SAVER, NORTH, COUNT == 0, COUNT > 5, pl.col("refunds") > 0):
        found, true = (frame.select(share.mean()).item() for frame in (drawn, wanted))
        assert found == pytest.approx(true, abs=0.02 + 2 * error * (true * (1 - true)) ** 0.5)
    if drawn["mean"].count() > 50:
        spread = float(wanted["mean"].std())
        assert drawn["mean"].mean() == pytest.approx(wanted["mean"].mean(), abs=3 * error * spread + 2)


def test_rare_customers_are_drawn_as_quickly_as_others(model):
    out = model.sample(2000, where="region = 'polar' and age = 40")
    assert set(out["customers"].select("region", "age").unique().rows()) == {("polar", 40)}
    assert out["customers"].height == 2000


def test_the_same_seed_gives_the_same_customers_from_a_saved_model_in_pieces(model, tmp_path, monkeypatch):
    monkeypatch.setattr("twinfold.synthesis.linked.CHUNK", 120)
    model.save(tmp_path / "m.twin")
    where = "region = 'polar' and count(payments) > 2"
    one = model.sample(300, where=where, seed=5)
    again = load_model(tmp_path / "m.twin").sample(300, where=where, seed=5)
    assert all(one[name].equals(again[name]) for name in one)
    assert one["customers"]["customer_id"].n_unique() == 300
    assert one["refunds"]["payment_id"].is_in(one["payments"]["payment_id"].implode()).all()
    assert not model.sample(300, where=where, seed=6)["customers"].equals(one["customers"])


def test_without_a_chooser_few_customers_are_conditioned_too():
    model = learn_linked(read(planted(customers=600)), seed=0)
    assert model.chooser is None
    for where, holds in (("age > 85", pl.col("age") > 85), ("count(payments) > 10 and age < 40", COUNT > 10)):
        assert describe(model.sample(100, where=where)).filter(holds).height == 100


def test_customers_with_nothing_but_a_key_are_asked_by_their_rows():
    tables = planted(customers=600)
    model = learn_linked(read(tables | {"customers": tables["customers"].select("customer_id")}), seed=0)
    assert model.model is None
    out = model.sample(80, where="count(payments) >= 2 and mean(payments.amount) > 100")["payments"]
    paid = out.group_by("customer_id").agg(pl.len(), pl.col("amount").mean())
    assert paid.height == 80
    assert paid["len"].min() >= 2
    assert paid["amount"].min() > 100


def test_a_column_that_an_order_makes_a_distance_is_asked_as_it_is_stored():
    tables = planted(customers=1200)
    rng = np.random.default_rng(1)
    opened = 10_000 + rng.integers(0, 2000, 1200)
    dates = {"opened": opened, "closed": opened + rng.integers(0, 500, 1200)}
    tables["customers"] = tables["customers"].with_columns(
        pl.Series(name, days).cast(pl.Int32).cast(pl.Date) for name, days in dates.items()
    )
    dataset = read(tables)
    customers = dataset.schema["customers"].model_copy(update={"rules": ("opened <= closed",)})
    listed = tuple(customers if table.name == "customers" else table for table in dataset.schema.tables)
    model = learn_linked(read(tables, schema=dataset.schema.model_copy(update={"tables": listed})), seed=0)
    out = model.sample(300, where="closed < '1999-01-01' and kind = 'saver'")["customers"]
    assert out.height == 300
    assert out["closed"].max().year < 1999
    assert (out["opened"] <= out["closed"]).all()
    assert set(out["kind"]) == {"saver"}


def test_given_customers_have_rows_as_real_ones_like_them(model, real):
    given = real["customers"].filter(SAVER).with_columns(pl.col("customer_id") + 10_000)
    out = model.sample(given=given, seed=2)
    assert out["customers"].equals(given)
    drawn, wanted = describe(out), describe(real).filter(SAVER)
    assert drawn["count"].mean() == pytest.approx(wanted["count"].mean(), rel=0.15)
    assert drawn["mean"].mean() == pytest.approx(20, abs=0.5)
    assert drawn["count"].min() >= 1
    other = model.sample(given=given, seed=3)["payments"]
    assert not other.equals(out["payments"])


REFUSED = {
    "count(payment) > 1": "did you mean 'payments'",
    "count(customers) > 1": "not in what hangs on the customers (payments, refunds)",
    "sum(payments.amout) > 1": "did you mean 'amount'",
    "sum(payments) > 1": "sum takes a column",
    "sum(payments.day_date) > 1": "of which sum says nothing",
    "max(payments.customer_id) > 1": "of which max says nothing",
    "max(payments.payment_id) > 1": "of which max says nothing",
    "median(payments.amount) > 1": "function 'median' is not known (count, sum, mean, min, max)",
    "kind(payments) = 'saver'": "function 'kind' is not known",
    "count(payments > 1": ") is expected",
    "count() > 1": "a table is expected here",
    "count(payments.amount) > 1": "not in what hangs on the customers",
    "count(*) > 1": "not part of the language",
    "count((payments)) > 1": "a table is expected here",
    "count(payments)": "one of = !=",
    "count(payments) > 'many'": "holds numbers",
    "1 < count(payments)": "a column is expected here",
    "count(payments) = count(refunds)": "a text stands in quotes",
    "customer_id = 105": "made-up",
    "__import__(os) > 1": "function '__import__' is not known",
    "__import__('os').system('ls') > 1": "'.' is not part of the language",
    "max(payments.day_date) > 'yesterday'": "holds dates",
    "count(payments) > 3 and count(payments) < 2": "can't hold for any row",
    "kind = 'miser'": "did you mean",
    "region = 'polar' and kind = 'miser'": "level 'miser'",
    "count(payments) < 0": "holds for 0 of 1",
    "kind = 'spender' and count(payments) > 4 and region = 'polar'": "region = 'polar', too rare",
    "(" * 60 + "count(payments) > 1" + ")" * 60: "nested more than 50 deep",
}


@pytest.mark.parametrize("where", REFUSED)
def test_what_can_not_be_asked_is_one_line(model, where):
    with pytest.raises(ConditionError) as caught:
        model.sample(50, where=where)
    assert REFUSED[where] in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_condition_with_summaries_gives_itself_again(real):
    root, *below = (read(real).schema[name] for name in ("customers", "payments", "refunds"))
    odd = below[0].model_copy(update={"name": 'order "items"'})
    text = """count(refunds) >= 1 and (max("order ""items"".day_date") > '2020-01-01' or not age in (3, 4))"""
    found = parse(text, root, [odd, below[1]])
    assert str(found) == text
    assert parse(str(found), root, [odd, below[1]]) == found
