import datetime

import numpy as np
import polars as pl
import pytest

from twinfold.errors import SchemaError
from twinfold.tables.reading import read
from twinfold.tables.schema_file import read_toml, write_toml


def days(numbers):
    return pl.Series(np.asarray(numbers) + 18_000).cast(pl.Int32).cast(pl.Date)


def bank(accounts=300, seed=0, *, reconciled=1.0):
    """Accounts with entries after their opening, whose balances go on from entry to entry in so many of the rows."""
    rng = np.random.default_rng(seed)
    count = rng.integers(2, 9, accounts)
    owner = np.repeat(np.arange(accounts), count)
    opened = rng.integers(0, 900, accounts)
    kind = rng.choice(["salary", "rent", "food"], len(owner))
    amount = np.round(rng.lognormal(5, 0.6, len(owner)), 2)
    change = np.where(kind == "salary", amount, -amount)
    entries = pl.DataFrame(
        {
            "account_id": owner + 1,
            "booked": days(opened[owner] + np.cumsum(rng.integers(0, 20, len(owner)))),
            "kind": kind,
            "amount": amount,
            "change": change,
        }
    )
    first = pl.Series(np.round(rng.uniform(0, 1000, accounts), 2))[owner]
    entries = entries.with_columns(balance=(first + pl.col("change").cum_sum().over("account_id")).round(2))
    off = rng.random(len(owner)) >= reconciled
    entries = entries.with_columns(balance=pl.when(pl.Series(off)).then(pl.col("balance") + 5).otherwise("balance"))
    closed = np.where(rng.random(accounts) < 0.5, opened + rng.integers(0, 900, accounts), -1)
    return {
        "accounts": pl.DataFrame({"account_id": np.arange(1, accounts + 1), "opened": days(opened)}).with_columns(
            closed=pl.when(pl.Series(closed) >= 0).then(days(closed))
        ),
        "entries": entries.drop("change"),
    }


def test_dates_that_follow_each_other_in_every_row_are_found():
    schema = read(bank()).schema
    assert "accounts.opened <= booked" in schema["entries"].rules
    assert schema["accounts"].rules == ("opened <= closed",)


def test_one_row_out_of_order_is_enough_to_find_nothing():
    frames = bank()
    early = (
        frames["entries"]
        .with_row_index()
        .with_columns(booked=pl.when(pl.col("index") == 40).then(datetime.date(2001, 1, 1)).otherwise("booked"))
    )
    assert not any("<=" in rule for rule in read({**frames, "entries": early.drop("index")}).schema["entries"].rules)


def test_dates_that_could_not_but_follow_are_no_rule():
    frames = bank()
    late = frames["entries"].with_columns(booked=pl.col("booked") + pl.duration(days=10_000))
    assert not any("<=" in rule for rule in read({**frames, "entries": late}).schema["entries"].rules)


def test_a_running_number_is_found_with_what_comes_and_what_goes():
    rules = read(bank()).schema["entries"].rules
    assert "balance = previous balance + amount if kind = 'salary' else - amount" in rules


def test_a_running_number_that_holds_in_part_is_said_and_not_kept():
    dataset = read(bank(reconciled=0.9))
    assert not any("previous" in rule for rule in dataset.schema["entries"].rules)
    assert any("previous balance + amount if kind = 'salary' else - amount, in 8" in note for note in dataset.notes)


def test_one_row_far_down_is_enough_for_a_running_number_not_to_be_kept(monkeypatch):
    monkeypatch.setattr("twinfold.tables.running.MOST_ROWS", 600)
    frames = bank()
    assert any("previous" in rule for rule in read(frames).schema["entries"].rules)
    entries = frames["entries"].with_row_index()
    late = pl.when(pl.col("index") == entries.height - 1).then(pl.col("balance") + 1).otherwise("balance")
    broken = entries.with_columns(balance=late).drop("index")
    assert not any("previous" in rule for rule in read({**frames, "entries": broken}).schema["entries"].rules)


def test_numbers_that_move_freely_run_after_nothing():
    frames = bank()
    free = frames["entries"].with_columns(balance=pl.col("balance").shuffle(seed=1))
    dataset = read({**frames, "entries": free})
    assert not any("previous" in text for text in (*dataset.notes, *dataset.schema["entries"].rules))


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        (["balance = previous balance + amounts"], "amounts"),
        (["balance = previous balance + amount if amount = '1' else - amount"], "categories"),
        (["balance = previous balance + amount if kinds = '1' else - amount"], "kinds"),
        (["account.opened <= booked"], "does not hang on a table 'account'"),
        (["accounts.open <= booked"], "open"),
        (["accounts.opened <= amount"], "compares date with decimal"),
        (["accounts.opened <= accounts.closed"], "names no column of entries"),
        (["amount <= booked"], "compares decimal with date"),
        (["kind <= amount"], "dates or numbers"),
        (["balance = previous balance + amount", "balance = amount * amount"], "two rules"),
    ],
)
def test_rules_that_can_not_hold_are_one_line(rules, said):
    schema = read(bank()).schema
    text = write_toml(
        schema.model_copy(update={"tables": tuple(t.model_copy(update={"rules": ()}) for t in schema.tables)})
    )
    listed = ", ".join(f'"{rule}"' for rule in rules)
    with pytest.raises(SchemaError, match=said) as caught:
        read_toml(text.replace("[tables.entries]\n", f"[tables.entries]\nrules = [{listed}]\n"))
    assert "\n" not in str(caught.value)
