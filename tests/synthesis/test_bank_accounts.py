"""Accounts as a bank has them: a salary and a rent each month, balances, dates that follow each other."""

import datetime

import numpy as np
import polars as pl
import pytest

from twinfold.errors import SchemaError
from twinfold.synthesis.linked_file import load_model
from twinfold.synthesis.linked_learning import learn_linked
from twinfold.tables.reading import read
from twinfold.tables.schema_file import read_toml, write_toml

RULE = "balance = previous balance + amount if kind = 'salary' else - amount"


def days(numbers):
    return pl.Series(np.asarray(numbers) + 18_000).cast(pl.Int32).cast(pl.Date)


def bank(accounts=1300, months=6, seed=0):
    """Each account has a salary on the last of the month, a rent on the first, always the same, and food between.

    The rent and the salary are of one counterparty each; the balance misses every fifth entry's amount.
    """
    rng = np.random.default_rng(seed)
    opened = rng.integers(0, 800, accounts)
    rows = []
    for account in range(accounts):
        pay, rent = round(float(rng.normal(2000, 300)), 2), round(float(rng.normal(700, 100)), 2)
        employer, landlord = (f"{rng.integers(10**9, 10**10)}" for _ in range(2))
        start = datetime.date(1970, 1, 1) + datetime.timedelta(days=18_000 + int(opened[account]))
        month = start.replace(day=1)
        for _ in range(months):
            month = (month + datetime.timedelta(days=32)).replace(day=1)
            rows.append((account + 1, month, "rent", rent, landlord))
            for day in sorted(rng.choice(np.arange(2, 27), rng.integers(0, 3), replace=False)):
                rows.append(
                    (account + 1, month.replace(day=int(day)), "food", round(float(rng.lognormal(3, 0.5)), 2), None)
                )
            last = (month + datetime.timedelta(days=32)).replace(day=1) - datetime.timedelta(days=1)
            rows.append((account + 1, last, "salary", pay, employer))
    entries = pl.DataFrame(
        rows, schema=["account_id", "booked", "kind", "amount", "counterparty"], orient="row"
    ).with_columns(counterparty=pl.col("counterparty").cast(pl.String))
    sign = pl.when(pl.col("kind") == "salary").then(1).otherwise(-1)
    balance = 3000 + (sign * pl.col("amount")).cum_sum().over("account_id")
    off = pl.Series(rng.random(entries.height) < 0.2)
    entries = entries.with_columns(balance=pl.when(off).then(balance + 50).otherwise(balance).round(2))
    closed = np.where(rng.random(accounts) < 0.5, opened + rng.integers(200, 900, accounts), -1)
    table = pl.DataFrame({"account_id": np.arange(1, accounts + 1), "opened": days(opened)})
    closing = pl.when(pl.Series(closed) >= 0).then(days(closed))
    return {"accounts": table.with_columns(closed=closing), "entries": entries}


@pytest.fixture(scope="module")
def real():
    return bank()


@pytest.fixture(scope="module")
def made(model):
    return model.sample(1300, seed=1)


def reconciled(entries):
    """In which rows after a first one the balance goes on from the one before."""
    sign = pl.when(pl.col("kind") == "salary").then(1).otherwise(-1)
    off = pl.col("balance") - pl.col("balance").shift(1).over("account_id") - sign * pl.col("amount")
    return entries.select(off.abs() < 0.006).to_series().drop_nulls()


def repeated(entries, column, kind):
    own = entries.filter(pl.col("kind") == kind)
    same = own[column] == own.select(pl.col(column).shift(1).over("account_id")).to_series()
    return same.drop_nulls().mean()


def test_every_date_comes_after_the_one_that_it_always_follows(real, made):
    joined = made["entries"].join(made["accounts"], on="account_id")
    assert (joined["opened"] <= joined["booked"]).all()
    closed = made["accounts"].drop_nulls("closed")
    assert (closed["opened"] <= closed["closed"]).all()
    assert len(closed) / 1300 == pytest.approx(0.5, abs=0.06)
    gap = (closed["closed"] - closed["opened"]).dt.total_days()
    assert gap.min() >= 200
    assert gap.mean() == pytest.approx(550, abs=40)
    first = joined.group_by("account_id").agg(gap=(pl.col("booked") - pl.col("opened")).min().dt.total_days())
    assert first["gap"].max() <= 40  # the first rent is due a month after the opening at the latest


def test_balances_go_on_as_often_as_real_ones(real, made):
    assert reconciled(made["entries"]).mean() == pytest.approx(reconciled(real["entries"]).mean(), abs=0.03)


def test_balances_go_on_in_every_row_where_that_is_declared(real, tmp_path):
    schema = read(real).schema
    text = write_toml(schema).replace('rules = ["accounts', f'rules = ["{RULE}", "accounts')
    assert RULE in text
    learn_linked(read(real, schema=read_toml(text)), seed=0).save(tmp_path / "m.twin")
    entries = load_model(tmp_path / "m.twin").sample(300, seed=1)["entries"]
    assert reconciled(entries).all()
    assert entries["balance"].mean() == pytest.approx(real["entries"]["balance"].mean(), rel=0.2)


@pytest.mark.parametrize("kind", ["salary", "rent"])
@pytest.mark.parametrize("column", ["amount", "counterparty"])
def test_what_an_account_pays_or_gets_each_month_is_the_same_each_month(made, column, kind):
    assert repeated(made["entries"], column, kind) > 0.9


def test_nobody_pays_a_real_landlord(real, made):
    mine = made["entries"]["counterparty"].drop_nulls()
    assert not mine.is_in(real["entries"]["counterparty"].drop_nulls().implode()).any()
    assert mine.null_count() == 0
    per_account = (
        made["entries"].drop_nulls("counterparty").group_by("account_id").agg(pl.col("counterparty").n_unique())
    )
    assert per_account["counterparty"].mean() < 4


def test_salaries_come_at_the_end_of_the_month(made):
    salaries = made["entries"].filter(pl.col("kind") == "salary")["booked"]
    assert ((salaries + datetime.timedelta(days=1)).dt.day() == 1).mean() > 0.97


def test_a_saved_model_draws_the_same(model, made, tmp_path):
    model.save(tmp_path / "m.twin")
    again = load_model(tmp_path / "m.twin").sample(1300, seed=1)
    assert all(again[name].equals(made[name]) for name in made)


@pytest.mark.parametrize(("opened_as", "paid_as"), [("Date", "Datetime"), ("Datetime", "Date")])
def test_days_and_moments_follow_each_other_too(opened_as, paid_as):
    rng = np.random.default_rng(0)
    opened = pl.Series(18_000.0 + rng.integers(0, 700, 300)) + 0.4 * (opened_as == "Datetime")
    owner = np.repeat(np.arange(300), 4)
    paid = opened.gather(owner) + pl.Series(np.tile([3.6, 9.6, 15.6, 21.6], 300) + rng.integers(0, 9, 1200))

    def stored(days, kind):
        if kind == "Date":
            return days.floor().cast(pl.Int32).cast(pl.Date)
        return (days * 86_400e6).round().cast(pl.Int64).cast(pl.Datetime("us"))

    tables = {
        "accounts": pl.DataFrame({"account_id": np.arange(300), "opened": stored(opened, opened_as)}),
        "payments": pl.DataFrame(
            {"account_id": owner, "paid": stored(paid, paid_as), "sum": rng.integers(1, 99, 1200)}
        ),
    }
    dataset = read(tables)
    assert dataset.schema["payments"].rules == ("accounts.opened <= paid",)
    made = learn_linked(dataset, seed=0).sample(300)
    joined = made["payments"].join(made["accounts"], on="account_id")
    gap = joined.group_by("account_id").agg(pl.col("paid").min().cast(pl.Date) - pl.col("opened").first().cast(pl.Date))
    days = gap["paid"].dt.total_days()
    assert days.min() >= 3
    assert days.max() <= 13


def test_customers_have_no_row_before(real):
    accounts = real["accounts"].with_columns(stock=pl.int_range(1300) % 90 + 0.5, bought=pl.int_range(1300) % 7 + 0.5)
    schema = read({**real, "accounts": accounts}).schema
    text = write_toml(schema).replace('rules = ["opened <= closed"]', 'rules = ["stock = previous stock + bought"]')
    with pytest.raises(SchemaError, match="asks for the row before"):
        learn_linked(read({**real, "accounts": accounts}, schema=read_toml(text)))
