import numpy as np
import polars as pl
import pytest

from twinfold.synthesis.linked_learning import learn_linked
from twinfold.tables.orders import find_number_orders, in_unit_of
from twinfold.tables.reading import read
from twinfold.tables.schema import Column, Kind
from twinfold.tables.schema_file import read_toml, write_toml


def days(numbers):
    return pl.Series(np.asarray(numbers)).cast(pl.Int32).cast(pl.Date)


def bank(customers=600, seed=0, *, broken=0):
    """Customers with a year of birth who join later, and quotes with a least and a most price."""
    rng = np.random.default_rng(seed)
    year = rng.integers(1985, 2010, customers)
    joined = (year - 1970) * 366 + rng.integers(0, 8_000, customers)
    joined[:broken] = 0
    owner = np.repeat(np.arange(customers), rng.integers(1, 4, customers))
    least = np.round(rng.lognormal(3, 0.8, len(owner)), 2)
    return {
        "customers": pl.DataFrame({"customer_id": np.arange(customers), "birth_year": year, "joined": days(joined)}),
        "quotes": pl.DataFrame(
            {
                "customer_id": owner,
                "quoted_year": 1970 + joined[owner] // 365 + rng.integers(1, 9, len(owner)),
                "min_price": least,
                "max_price": np.round(least + rng.lognormal(2, 1, len(owner)), 2),
            }
        ),
    }


@pytest.fixture(scope="module")
def made():
    return learn_linked(read(bank()), seed=0).sample(1500, seed=1)


def test_a_year_before_a_date_and_a_price_below_another_are_found():
    schema = read(bank()).schema
    assert "birth_year <= joined" in schema["customers"].rules
    assert "min_price <= max_price" in schema["quotes"].rules


def test_they_hold_in_every_row_that_is_drawn_and_years_are_as_real_ones(made):
    customers, quotes = made["customers"], made["quotes"]
    assert (customers["birth_year"] <= customers["joined"].dt.year()).all()
    assert (quotes["min_price"] <= quotes["max_price"]).all()
    assert customers["birth_year"].mean() == pytest.approx(bank()["customers"]["birth_year"].mean(), abs=1)
    assert customers["joined"].dt.year().mean() == pytest.approx(bank()["customers"]["joined"].dt.year().mean(), abs=1)


def test_one_row_that_breaks_an_order_is_enough_to_find_none():
    assert not any("birth_year" in rule for rule in read(bank(broken=1)).schema["customers"].rules)


def test_a_parents_date_before_a_year_is_declared_and_kept():
    dataset = read(bank())
    rule = "customers.joined <= quoted_year"
    assert rule in dataset.schema["quotes"].rules
    made = learn_linked(dataset, seed=0).sample(1000, seed=1)
    joined = made["quotes"].join(made["customers"], on="customer_id")
    assert (joined["joined"].dt.year() <= joined["quoted_year"]).all()


def test_a_date_that_ends_with_a_year_is_kept_too():
    dataset = read(bank())
    rules = '["joined <= last_year"]'
    frames = bank()
    last = frames["customers"]["joined"].dt.year() + pl.Series(np.random.default_rng(2).integers(0, 3, 600))
    frames["customers"] = frames["customers"].with_columns(last_year=last).drop("birth_year")
    text = write_toml(read(frames).schema).splitlines()
    text = "\n".join(line for line in text if not line.startswith("rules = "))
    text = text.replace("[tables.customers]\n", f"[tables.customers]\nrules = {rules}\n")
    made = learn_linked(read(frames, schema=read_toml(text)), seed=0).sample(1000, seed=1)["customers"]
    assert (made["joined"].dt.year() <= made["last_year"]).all()
    assert dataset.schema["customers"].rules


def test_numbers_that_could_not_but_be_in_order_or_that_other_rules_are_about_are_none():
    rng = np.random.default_rng(0)
    small, large = rng.integers(1, 9, 300), rng.integers(100, 900, 300)
    frame = pl.DataFrame({"small": small, "large": large, "larger": large + rng.integers(0, 300, 300)})
    columns = tuple(Column(name=name, kind=Kind.INTEGER, physical="Int64") for name in frame.columns)
    table = read(frame).schema.tables[0].model_copy(update={"columns": columns})
    assert [str(order) for order, _ in find_number_orders(frame, table, ())] == ["large <= larger"]
    assert not find_number_orders(frame, table, {"larger"})


@pytest.mark.parametrize(
    ("target", "column", "sign", "number", "wanted"),
    [
        (Kind.INTEGER, Kind.DATE, 1, 366.0, 1971.0),
        (Kind.INTEGER, Kind.DATETIME, 1, 366.0 * 86_400e6, 1971.0),
        (Kind.DATE, Kind.INTEGER, 1, 1971.0, 365.0),
        (Kind.DATE, Kind.INTEGER, -1, 1971.0, 729.0),
        (Kind.DATETIME, Kind.INTEGER, 1, 1971.0, 365 * 86_400e6),
    ],
)
def test_years_and_dates_are_compared_in_the_unit_of_the_one_that_is_said(target, column, sign, number, wanted):
    one, other = (Column(name=name, kind=kind, physical="Int64") for name, kind in (("a", target), ("b", column)))
    found = in_unit_of(one, np.array([number, np.nan, -np.inf]), other, sign)
    assert found[0] == wanted
    assert np.isnan(found[1])
    assert found[2] == -np.inf


def test_a_year_beside_a_date_is_accepted_in_a_schema_and_a_decimal_is_not():
    text = write_toml(read(bank()).schema)
    assert read_toml(text)
    with pytest.raises(Exception, match="compares decimal with date"):
        read_toml(text.replace('kind = "integer"', 'kind = "decimal"'))
