"""How likely customers are with all that they have, held against what can be counted."""

from itertools import product

import numpy as np
import polars as pl
import pytest

from twinfold.synthesis.linked_learning import learn_linked
from twinfold.synthesis.linked_likelihood import log_likelihood_linked
from twinfold.tables.reading import read

MOST = 9
"""Rows of a customer that are counted."""


def sets(customers=3_000, seed=0):
    """Customers of two kinds with up to a few rows in no order, each red or blue."""
    rng = np.random.default_rng(seed)
    kind = rng.random(customers) < 0.4
    owner = np.repeat(np.arange(customers), rng.binomial(3, np.where(kind, 0.2, 0.5)))
    red = rng.random(len(owner)) < np.where(kind[owner], 0.8, 0.3)
    return {
        "customers": pl.DataFrame({"customer_id": np.arange(customers), "kind": np.where(kind, "a", "b")}),
        "cards": pl.DataFrame({"customer_id": owner, "colour": np.where(red, "red", "blue")}),
    }


def every_customer():
    """One customer of each kind with each sequence of rows, up to `MOST` of them."""
    held = [(kind, colours) for n in range(MOST + 1) for kind, *colours in product("ab", *([("red", "blue")] * n))]
    owner = np.repeat(np.arange(len(held)), [len(colours) for _, colours in held])
    colours = [colour for _, own in held for colour in own]
    return {
        "customers": pl.DataFrame({"customer_id": np.arange(len(held)), "kind": [kind for kind, _ in held]}),
        "cards": pl.DataFrame({"customer_id": owner, "colour": colours}, schema_overrides={"colour": pl.String}),
    }


def test_the_probabilities_of_all_customers_that_there_can_be_are_one_together():
    model = learn_linked(read(sets()))
    every = every_customer()
    likely = np.exp(log_likelihood_linked(model, every))
    assert likely.sum() == pytest.approx(1, abs=0.01)


def test_a_customer_is_as_likely_as_they_are_often_drawn():
    model = learn_linked(read(sets()))
    every = every_customer()
    likely = np.exp(log_likelihood_linked(model, every))
    drawn = model.sample(60_000, seed=1)

    def spell(tables):
        held = tables["cards"].group_by("customer_id", maintain_order=True).agg("colour")
        joined = tables["customers"].join(held, on="customer_id", how="left", maintain_order="left")
        return [f"{kind} {colours}" for _, kind, colours in joined.select("customer_id", "kind", "colour").iter_rows()]

    counted = dict(pl.Series(spell(drawn)).value_counts().iter_rows())
    share = np.array([counted.get(said, 0) for said in spell(every)]) / 60_000
    assert np.abs(share - likely).sum() / 2 < 0.05  # distance in variation


def histories(customers=2_000, seed=0):
    """Savers pay little every week, spenders much once a month."""
    rng = np.random.default_rng(seed)
    saver = rng.random(customers) < 0.5
    owner = np.repeat(
        np.arange(customers), np.where(saver, rng.geometric(0.15, customers), rng.integers(0, 4, customers))
    )
    place = np.arange(len(owner)) - np.searchsorted(owner, owner)
    day = 18_000 + rng.integers(0, 60, customers)[owner] + np.where(saver[owner], 7, 30) * place
    amount = np.where(saver[owner], rng.normal(20, 2, len(owner)), rng.normal(300, 20, len(owner))).round(2)
    return {
        "customers": pl.DataFrame({"customer_id": np.arange(customers), "kind": np.where(saver, "saver", "spender")}),
        "payments": pl.DataFrame(
            {"customer_id": owner, "day": pl.Series(day, dtype=pl.Int32).cast(pl.Date), "amount": amount}
        ),
    }


def test_rows_of_somebody_else_are_less_likely():
    model, fresh = learn_linked(read(histories())), histories(seed=1)
    turned = pl.col("kind").replace({"saver": "spender", "spender": "saver"})
    customers = fresh["customers"]
    own, others = (
        log_likelihood_linked(model, {**fresh, "customers": each})
        for each in (customers, customers.with_columns(turned))
    )
    busy = np.unique(fresh["payments"]["customer_id"])
    assert np.isfinite(own).all()
    assert (own[busy] > others[busy]).mean() > 0.95


def test_what_was_never_learned_is_unlikely_and_not_impossible():
    model, tables = learn_linked(read(sets())), sets(50, seed=1)
    strange = tables["cards"].with_columns(pl.lit("green").alias("colour"))
    with_cards = np.unique(tables["cards"]["customer_id"])
    known, unknown = (log_likelihood_linked(model, {**tables, "cards": each}) for each in (tables["cards"], strange))
    assert np.isfinite(unknown).all()
    assert (unknown[with_cards] < known[with_cards] - 3).all()


def paid_by_card(accounts=1_500, seed=0):
    """Accounts with a gold and a plain card; what is paid with the gold one is large."""
    rng = np.random.default_rng(seed)
    payer = np.repeat(np.arange(accounts), rng.poisson(6, accounts) + 1)
    gold = rng.random(len(payer)) < 0.5
    day = 18_000 + 3 * (np.arange(len(payer)) - np.searchsorted(payer, payer)) + rng.integers(0, 60, accounts)[payer]
    cards = np.arange(2 * accounts)
    return {
        "accounts": pl.DataFrame({"account_id": np.arange(accounts), "town": rng.choice(["here", "there"], accounts)}),
        "cards": pl.DataFrame(
            {"card_id": 7_000 + cards, "account_id": cards // 2, "kind": np.where(cards % 2 == 1, "gold", "plain")}
        ),
        "payments": pl.DataFrame(
            {
                "account_id": payer,
                "card_id": 7_000 + 2 * payer + gold,
                "day": pl.Series(day, dtype=pl.Int32).cast(pl.Date),
                "amount": (np.where(gold, 500, 10) * rng.lognormal(0, 0.2, len(payer))).round(2),
            }
        ),
    }


def test_what_rows_point_to_besides_their_parent_counts():
    model, fresh = learn_linked(read(paid_by_card())), paid_by_card(seed=1)
    payments = fresh["payments"]
    other_card = payments.with_columns(((pl.col("card_id") - 7_000) ^ 1) + 7_000)
    own, others = (log_likelihood_linked(model, {**fresh, "payments": each}) for each in (payments, other_card))
    assert model.crossing
    assert (own > others + 2).mean() > 0.95
