from pathlib import Path

import numpy as np
import polars as pl
import pytest

from twinfold.errors import SchemaError
from twinfold.tables.reading import read
from twinfold.tables.schema import Kind, Link, Treatment
from twinfold.tables.schema_file import read_toml, write_toml

SHARED = Path(__file__).parents[2] / "../shared/data"


def bank(customers=400, seed=0):
    rng = np.random.default_rng(seed)
    ids = np.arange(1, customers + 1)
    accounts = rng.choice(ids, 2 * customers)
    return {
        "branches": pl.DataFrame({"branch_id": np.arange(9), "town": [f"town {k}" for k in range(9)]}),
        "customers": pl.DataFrame(
            {"customer_id": ids, "branch_id": rng.integers(0, 9, customers), "age": ids % 60 + 18}
        ),
        "accounts": pl.DataFrame({"id": np.arange(5000, 5000 + len(accounts)), "customer_id": accounts}),
        "payments": pl.DataFrame(
            {
                "accounts_id": rng.integers(5000, 5000 + len(accounts), 6000),
                "paid_on": pl.date_range(pl.date(2020, 1, 1), pl.date(2020, 12, 30), eager=True).sample(
                    6000, with_replacement=True, seed=1
                ),
                "code": rng.integers(1, 9, 6000),
                "amount": rng.integers(1, 300, 6000),
            }
        ),
    }


def found(schema):
    return {(table.name, link.column): (link.table, link.to) for table in schema.tables for link in table.links}


def test_keys_links_times_and_reference_tables_are_found():
    schema = read(bank()).schema
    assert found(schema) == {
        ("customers", "branch_id"): ("branches", "branch_id"),
        ("accounts", "customer_id"): ("customers", "customer_id"),
        ("payments", "accounts_id"): ("accounts", "id"),
    }
    assert [table.name for table in schema.tables if table.reference] == ["branches"]
    assert schema.subject == "customers"
    assert schema["payments"].time == "paid_on"
    assert schema["payments"].key is None


def test_keys_and_links_are_made_anew_and_what_points_to_a_reference_table_is_learned():
    schema = read(bank()).schema
    assert schema["accounts"]["customer_id"].treatment is Treatment.FAKE
    assert schema["customers"]["customer_id"].kind is Kind.IDENTIFIER
    assert schema["customers"]["branch_id"].kind is Kind.CATEGORY
    assert schema["customers"]["branch_id"].treatment is Treatment.LEARN


@pytest.mark.parametrize("name", ["customers", "kunden", "tbl_7"])
def test_few_customers_with_many_payments_are_no_reference_table(name):
    rng = np.random.default_rng(1)
    people = pl.DataFrame({"id": np.arange(400), "age": rng.integers(18, 90, 400)})
    shops = pl.DataFrame({"shop_id": np.arange(30), "size": rng.integers(1, 9, 30)})
    payments = pl.DataFrame(
        {f"{name}_id": rng.integers(0, 400, 9000), "shop_id": rng.integers(0, 30, 9000), "amount": rng.random(9000)}
    )
    schema = read({name: people, "payments": payments, "shops": shops}).schema
    assert [table.name for table in schema.tables if table.reference] == ["shops"]
    assert schema.subject == name


@pytest.mark.parametrize(("key", "link"), [("iban", "iban"), ("account_no", "account"), ("id", "account_id")])
def test_links_called_otherwise_than_their_key_are_found(key, link):
    rng = np.random.default_rng(2)
    codes = [f"DE{n:020d}" for n in range(2000)]
    accounts = pl.DataFrame({key: codes, "limit": rng.integers(0, 9, 2000)})
    payments = pl.DataFrame({link: rng.choice(codes, 9000), "amount": rng.random(9000).round(2)})
    assert found(read({"accounts": accounts, "payments": payments}).schema) == {("payments", link): ("accounts", key)}


def test_a_table_that_stands_alone_is_said():
    dataset = read(bank() | {"weather": pl.DataFrame({"rain": range(30)})})
    assert any(note.startswith("weather stands alone") for note in dataset.notes)


def test_what_passes_through_is_said():
    assert any("branches passes through" in note for note in read(bank()).notes)


def test_numbers_that_happen_to_lie_among_keys_are_no_link():
    tables = bank()
    tables["payments"] = tables["payments"].with_columns(amount=pl.col("accounts_id"))
    assert ("payments", "amount") not in found(read(tables).schema)
    assert ("payments", "code") not in found(read(tables).schema)


def test_a_link_with_some_orphans_is_found_and_said():
    tables = bank()
    orphans = tables["payments"].head(50).with_columns(accounts_id=pl.lit(1, pl.Int64))
    dataset = read(tables | {"payments": pl.concat([tables["payments"], orphans])})
    assert ("payments", "accounts_id") in found(dataset.schema)
    assert any("50 of its rows have no parent" in note for note in dataset.notes)


def test_a_schema_with_links_survives_its_file():
    schema = read(bank()).schema
    assert read_toml(write_toml(schema)) == schema
    assert 'links = { accounts_id = "accounts.id" }' in write_toml(schema)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"accounts.id"', '"acounts.id"', "acounts"),
        ('"accounts.id"', '"accounts"', "customers.id"),
        ('"accounts.id"', "3", "customers.id"),
        ('time = "paid_on"', 'time = "paid"', "paid_on"),
        ('time = "paid_on"', 'time = "accounts_id"', "a date, a datetime or a number"),
        ('subject = "customers"', 'subject = "custmers"', "customers"),
        ('subject = "customers"', "subject = 1", "name of a table"),
        ('key = "id"', "key = true", "name of a column"),
    ],
)
def test_what_a_schema_file_says_wrong_of_links_is_one_line(old, new, said):
    text = write_toml(read(bank()).schema)
    assert old in text
    with pytest.raises(SchemaError) as caught:
        read_toml(text.replace(old, new))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(not SHARED.exists(), reason="../shared, with the real tables, is not here")
def test_the_links_of_three_real_sets_of_tables():
    berka = read(SHARED / "berka").schema
    assert found(berka) == {
        ("account", "district_id"): ("district", "district_id"),
        ("client", "district_id"): ("district", "district_id"),
        ("disp", "client_id"): ("client", "client_id"),
        ("disp", "account_id"): ("account", "account_id"),
        ("card", "disp_id"): ("disp", "disp_id"),
        ("loan", "account_id"): ("account", "account_id"),
        ("order", "account_id"): ("account", "account_id"),
        ("trans", "account_id"): ("account", "account_id"),
    }
    assert [table.name for table in berka.tables if table.reference] == ["district"]
    assert (berka.subject, berka["trans"].time, berka["card"].time) == ("client", "date", "issued")
    cdnow = read(SHARED / "cdnow/train").schema
    assert cdnow["purchases"].links == (Link(column="users_id", table="customers", to="id"),)
    baseball = read(SHARED / "baseball/train").schema
    assert set(found(baseball)) == {("batting", "players_id"), ("fielding", "players_id")}
    assert baseball["batting"].time == "year"


def test_customers_beside_a_small_table_that_they_point_to_are_the_customers():
    rng = np.random.default_rng(0)
    regions = pl.DataFrame({"region_id": range(1, 9), "name": [f"region {k}" for k in range(8)]})
    customers = pl.DataFrame(
        {"customer_id": range(1, 601), "region_id": rng.integers(1, 9, 600), "age": rng.integers(18, 80, 600)}
    )
    schema = read({"customers": customers, "regions": regions}).schema
    assert schema["regions"].reference
    assert schema.subject == "customers"


def test_columns_that_point_to_rows_of_their_own_table_are_found_by_name_or_by_texts():
    rng = np.random.default_rng(0)
    ids = [f"E{k:04d}" for k in range(400)]
    staff = pl.DataFrame(
        {
            "staff_id": ids,
            "chosen": [None if k < 9 else ids[k // 2] for k in range(400)],
            "age": rng.integers(18, 60, 400),
        }
    )
    shifts = pl.DataFrame(
        {
            "shift_id": np.arange(2000),
            "staff_id": rng.choice(ids, 2000),
            "previous_shift": [None if k < 5 else k - 5 for k in range(2000)],
            "minutes": rng.integers(0, 2000, 2000),
        }
    )
    schema = read({"staff": staff, "shifts": shifts}).schema
    assert found(schema) == {
        ("staff", "chosen"): ("staff", "staff_id"),
        ("shifts", "staff_id"): ("staff", "staff_id"),
        ("shifts", "previous_shift"): ("shifts", "shift_id"),
    }
    assert schema["staff"]["chosen"].treatment is Treatment.FAKE
    assert schema["staff"].time is None


def test_of_several_links_the_one_nearest_to_the_customers_comes_first():
    tables = bank()
    rng = np.random.default_rng(1)
    shops = pl.DataFrame({"shop_id": np.arange(1500), "size": rng.integers(1, 9, 1500)})
    payments = tables["payments"].select(pl.Series("shop_id", rng.integers(0, 1500, 6000)), pl.all())
    schema = read(tables | {"payments": payments, "shops": shops}).schema
    assert [link.table for link in schema["payments"].links] == ["accounts", "shops"]
    assert schema.subject == "customers"


def test_whole_numbers_that_pandas_keeps_as_floats_beside_nulls_point_too():
    tables = bank()
    cards = pl.DataFrame({"card_id": np.arange(900), "kind": ["debit", "credit", "travel"] * 300})
    card = [None if k % 3 else float(k % 900) for k in range(tables["payments"].height)]
    payments = tables["payments"].with_columns(card_id=pl.Series(card))
    links = found(read(tables | {"payments": payments, "cards": cards}).schema)
    assert links["payments", "card_id"] == ("cards", "card_id")


@pytest.mark.parametrize(
    ("first", "second", "root"),
    [
        ("customers", "profiles", "customers"),
        ("customers", "addresses", "customers"),
        ("masters", "details", "details"),
    ],
)
def test_of_tables_with_a_row_each_for_one_key_one_points_to_the_other(first, second, root):
    keys = list(range(1000, 1400))
    frames = {
        second: pl.DataFrame({"customer_id": keys[::-1], "income": [k % 97 * 10.5 for k in keys]}),
        first: pl.DataFrame({"customer_id": keys, "age": [18 + k % 60 for k in keys]}),
        "payments": pl.DataFrame({"customer_id": [keys[k * 7 % 400] for k in range(3000)], "amount": [1.5] * 3000}),
    }
    schema = read(dict(sorted(frames.items()))).schema
    assert schema.subject == root
    assert {table.name: [link.table for link in table.links] for table in schema.tables} == {
        "payments": [root],
        **{name: [] if name == root else [root] for name in (first, second)},
    }
