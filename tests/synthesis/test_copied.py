import numpy as np
import polars as pl
import pytest

from twinfold.errors import ModelFileError, SchemaError
from twinfold.synthesis.linked_file import load_model, restore_linked
from twinfold.synthesis.linked_learning import learn_linked
from twinfold.synthesis.model_file import read_model_file
from twinfold.tables.reading import read
from twinfold.tables.schema_file import read_toml, write_toml


def bank(accounts=1200, seed=0, *, ordered=0.7, limited=0.5):
    """Accounts, of which half have a loan; so many of the loans have an order of their instalments, beside others.

    A payment is its account's limit in so many rows.
    """
    rng = np.random.default_rng(seed)
    limit = np.round(rng.lognormal(7, 0.5, accounts))
    loan = np.flatnonzero(rng.random(accounts) < 0.5)
    instalment = np.round(rng.lognormal(6, 0.5, len(loan)))
    mine = rng.random(len(loan)) < ordered
    owner = np.concatenate([loan[mine], rng.integers(0, accounts, 1500)])
    amount = np.concatenate([instalment[mine], np.round(rng.lognormal(6, 0.5, 1500))])
    kind = np.concatenate([np.full(mine.sum(), "loan"), rng.choice(["rent", "gas"], 1500)])
    payer = rng.integers(0, accounts, 2500)
    paid = np.where(rng.random(2500) < limited, limit[payer], np.round(rng.lognormal(6, 0.5, 2500)))
    order = rng.permutation(len(owner))
    return {
        "accounts": pl.DataFrame({"account_id": np.arange(accounts) + 1, "allowed": limit}),
        "loans": pl.DataFrame({"account_id": loan + 1, "instalment": instalment}),
        "orders": pl.DataFrame({"account_id": owner + 1, "amount": amount, "kind": kind})[order],
        "payments": pl.DataFrame({"account_id": payer + 1, "paid": paid}),
    }


def ordered_share(tables):
    orders = tables["orders"].select("account_id", instalment="amount")
    return tables["loans"].join(orders, on=["account_id", "instalment"], how="semi").height / tables["loans"].height


def limited_share(tables):
    joined = tables["payments"].join(tables["accounts"], on="account_id")
    return (joined["paid"] == joined["allowed"]).mean()


def with_rule(dataset, table, rule):
    text = write_toml(dataset.schema)
    return read_toml(text.replace(f"[tables.{table}]\n", f'[tables.{table}]\nrules = ["{rule}"]\n'))


@pytest.fixture(scope="module")
def real():
    return bank()


@pytest.fixture(scope="module")
def made(model):
    return model.sample(3000, seed=1)


def test_equal_numbers_are_said_with_their_shares(real):
    notes = [note for note in read(real).notes if "one of" in note]
    assert [note.split(", in")[0] for note in notes] == [
        "orders: amount = one of loans.instalment",
        "payments: paid = one of accounts.allowed",
    ]


def test_numbers_of_a_sibling_and_of_a_parent_come_again_as_often_as_they_did(real, made):
    assert ordered_share(made) == pytest.approx(ordered_share(real), abs=0.1)
    assert limited_share(made) == pytest.approx(limited_share(real), abs=0.06)


def test_a_number_that_is_copied_goes_with_the_rest_of_its_row(made):
    loans = made["loans"].select("account_id", amount="instalment")
    copied = made["orders"].join(loans, on=["account_id", "amount"], how="semi")
    assert (copied["kind"] == "loan").mean() > 0.9


def test_numbers_that_are_nobody_elses_are_found_nowhere_and_equal_nothing():
    tables = bank(ordered=0.0, limited=0.0)
    dataset = read(tables)
    assert not any("one of" in text for text in (*dataset.notes, *dataset.schema["loans"].rules))
    assert ordered_share(learn_linked(dataset, seed=0).sample(1000, seed=1)) < 0.02


def test_numbers_that_are_equal_because_few_are_possible_are_no_rule():
    tables = bank(ordered=0.0, limited=0.0)
    rounded = {
        "loans": tables["loans"].with_columns(pl.col("instalment") // 400),
        "orders": tables["orders"].with_columns(pl.col("amount") // 400),
    }
    assert not any("one of" in note for note in read({**tables, **rounded}).notes)


def test_an_equality_that_is_declared_holds_for_every_loan(real):
    rule = "instalment = one of orders.amount"
    schema = with_rule(read(real), "loans", rule)
    made = learn_linked(read(real, schema=schema), seed=0).sample(2000, seed=1)
    assert ordered_share(made) == 1
    assert made["orders"].height == pytest.approx(real["orders"].height * 2000 / 1200, rel=0.2)


def test_an_equality_that_holds_in_every_row_is_proposed_and_kept():
    tables = bank(limited=1.0)
    dataset = read(tables)
    assert dataset.schema["payments"].rules == ("paid = one of accounts.allowed",)
    assert limited_share(learn_linked(dataset, seed=0).sample(1000, seed=1)) == 1


def test_a_saved_model_copies_too_and_a_damaged_one_is_refused(model, made, tmp_path):
    model.save(tmp_path / "m.twin")
    again = load_model(tmp_path / "m.twin").sample(3000, seed=1)
    assert all(again[name].equals(made[name]) for name in made)
    manifest, arrays = read_model_file(tmp_path / "m.twin")
    at = next(i for i, state in enumerate(manifest["linked"]) if state["table"]["name"] == "orders")
    state = manifest["linked"][at]
    known = state["running"][0]
    for running in (
        [known | {"rule": "amount = one of payments.paid"}],
        [known | {"rule": "kind = one of loans.instalment"}],
        [known | {"digits": -1}],
        [known | {"rule": "amount <= kind"}],
        [known, known],
        [{"rule": known["rule"], "always": True}],
    ):
        tables = [*manifest["linked"][:at], state | {"running": running}, *manifest["linked"][at + 1 :]]
        with pytest.raises(ModelFileError) as caught:
            restore_linked(manifest | {"linked": tables}, arrays)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("instalment = one of amount", "a column of another table is accepted"),
        ("instalment = one of nothing.amount", "no parent of loans"),
        ("instalment = one of orders.amounts", "did you mean 'amount'"),
        ("instalment = one of orders.kind", "numbers"),
        ("instalments = one of orders.amount", "instalment"),
    ],
)
def test_equalities_that_can_not_hold_are_one_line(real, rule, said):
    with pytest.raises(SchemaError, match=said) as caught:
        with_rule(read(real), "loans", rule)
    assert "\n" not in str(caught.value)
