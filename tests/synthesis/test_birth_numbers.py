import datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import twinfold
from twinfold.errors import ModelFileError
from twinfold.synthesis.linked_file import load_model, restore_linked
from twinfold.synthesis.linked_learning import learn_linked
from twinfold.synthesis.model_file import read_model_file
from twinfold.tables.birth_numbers import find_birth_numbers, read_dataset
from twinfold.tables.filling.national import NationalForm
from twinfold.tables.filling.rows import Rows
from twinfold.tables.personal.births import read_births
from twinfold.tables.personal.national import SCHEMES, share_valid
from twinfold.tables.reading import read
from twinfold.tables.schema_file import read_toml, write_toml

PESEL = next(scheme for scheme in SCHEMES if scheme.name == "pl-pesel")


def bank(customers=1500, seed=0):
    """Customers with a Polish number: the older have savings, women a gold card; nobody joins before being 18."""
    rng = np.random.default_rng(seed)
    births = rng.integers(-12_000, 9_000, customers)
    women = rng.random(customers) < 0.3
    form = NationalForm(scheme="pl-pesel", layout="#" * 11)
    numbers = form.make_for(Rows.between(0, customers, seed=9, salt=9), births, women)
    older = births < 0
    joined = np.maximum(births + 6_600, 0) + rng.integers(0, 4_000, customers)
    owner = np.repeat(np.arange(customers), rng.integers(0, 4, customers))
    return {
        "customers": pl.DataFrame(
            {
                "customer_id": np.arange(customers) + 1,
                "pesel": numbers,
                "savings": np.where(rng.random(customers) < np.where(older, 0.9, 0.1), "yes", "no"),
                "card": np.where(rng.random(customers) < np.where(women, 0.9, 0.1), "gold", "blue"),
                "joined": pl.Series(joined).cast(pl.Int32).cast(pl.Date),
            }
        ),
        "visits": pl.DataFrame({"customer_id": owner + 1, "minutes": rng.integers(1, 90, len(owner))}),
    }


def said(frame):
    days, women = read_births(frame["pesel"].to_list(), "pl-pesel")
    return frame.with_columns(birth=days, woman=women)


@pytest.fixture(scope="module")
def real():
    return bank()


@pytest.fixture(scope="module")
def made(model):
    return model.sample(3000, seed=1)["customers"]


def test_numbers_are_valid_and_new_and_their_ages_and_sexes_are_as_real_ones(real, made):
    wanted, found = said(real["customers"]), said(made)
    assert made.schema == real["customers"].schema
    assert share_valid(made["pesel"].to_list(), PESEL) == 1
    assert made["pesel"].is_unique().all()
    assert made["pesel"].is_in(real["customers"]["pesel"].implode()).mean() < 0.002
    for share in (0.1, 0.5, 0.9):
        assert found["birth"].quantile(share) == pytest.approx(wanted["birth"].quantile(share), abs=500)
    assert found["woman"].mean() == pytest.approx(0.3, abs=0.04)


def test_ages_and_sexes_go_with_other_columns(made):
    found = said(made)
    older = found.group_by(pl.col("birth") < 0).agg((pl.col("savings") == "yes").mean()).sort("birth")["savings"]
    women = found.group_by("woman").agg((pl.col("card") == "gold").mean()).sort("woman")["card"]
    assert older.to_list() == pytest.approx([0.1, 0.9], abs=0.06)
    assert women.to_list() == pytest.approx([0.1, 0.9], abs=0.06)


def test_the_day_of_the_oldest_never_comes_out(made, real):
    births = np.sort(said(real["customers"])["birth"])
    assert said(made)["birth"].min() > births[0]
    assert said(made)["birth"].max() < births[-1]


def test_an_order_with_the_day_of_birth_is_found_and_kept(real, made):
    assert "pesel <= joined" in read(real).schema["customers"].rules
    found = said(made)
    assert (found["birth"] <= found["joined"].cast(pl.Int32)).all()


def test_a_saved_model_draws_the_same_numbers_takes_given_ones_and_asks_for_days_of_birth(model, made, real, tmp_path):
    model.save(tmp_path / "m.twin")
    again = load_model(tmp_path / "m.twin")
    assert again.sample(3000, seed=1)["customers"].equals(made)
    given = real["customers"].head(50)
    assert again.sample(given=given, seed=1)["customers"].equals(given)
    old = again.sample(100, where="pesel < '1950-01-01' and \"pesel sex\" = 'woman'", seed=1)["customers"]
    assert said(old)["woman"].all()
    assert said(old)["birth"].max() < (datetime.date(1950, 1, 1) - datetime.date(1970, 1, 1)).days


def test_customers_with_a_number_are_continued_and_keep_it(real):
    rng = np.random.default_rng(5)
    days = pl.Series(19_000 + rng.integers(0, 300, real["visits"].height)).cast(pl.Int32).cast(pl.Date)
    tables = real | {"visits": real["visits"].with_columns(day=days)}
    onward = learn_linked(read(tables), seed=0)
    some = {"customers": tables["customers"].tail(200), "visits": tables["visits"].filter(pl.col("customer_id") > 1300)}
    made = twinfold.sample(onward, continuing=some, after="2022-06-01")
    assert made["customers"].equals(some["customers"])
    assert made["visits"].height > 20
    assert (made["visits"]["day"] > datetime.date(2022, 6, 1)).all()


def test_damaged_birth_numbers_are_refused(model, tmp_path):
    model.save(tmp_path / "m.twin")
    manifest, arrays = read_model_file(tmp_path / "m.twin")
    root = manifest["linked"][0]
    number = root["births"][0]
    content = number["form"]["content"] | {"scheme": "us-ssn"}
    dashed = {"scheme": "cz-rc", "layout": "######/####"}
    for births in (
        [number | {"sex": "card"}],
        [number | {"column": number["column"] | {"name": "savings"}}],
        [number | {"form": number["form"] | {"content": content}}],
        [number, number],
        [number | {"form": number["form"] | {"physical": "Int64", "content": content | dashed}}],
        [number | {"sex": "pesel"}],
    ):
        with pytest.raises(ModelFileError) as caught:
            restore_linked(manifest | {"linked": [root | {"births": births}, *manifest["linked"][1:]]}, arrays)
        assert "\n" not in str(caught.value)


def test_numbers_that_are_keys_or_say_no_day_are_made_up_as_before():
    tables = bank(200)
    pesels = tables["customers"].select("customer_id", person_id="pesel")
    keyed = {
        "customers": tables["customers"].rename({"pesel": "person_id"}).drop("customer_id"),
        "visits": tables["visits"].join(pesels, on="customer_id").select("person_id", "minutes"),
    }
    dataset = read(keyed)
    assert dataset.schema["customers"]["person_id"].personal
    assert dataset.schema["visits"].links
    assert not read_dataset(dataset)[1]["customers"].found
    rng = np.random.default_rng(0)
    other = pl.DataFrame({"tax_id": [f"{n:011d}" for n in rng.integers(10**10, 10**11, 300)]})
    table = read(other).schema.tables[0]
    assert not find_birth_numbers(other, table, min_count=10).found


def test_numbers_that_can_not_be_read_or_are_missing_stay_as_often():
    tables = bank(1000)
    pesel = tables["customers"]["pesel"].to_list()
    pesel[::10] = [None] * 100
    pesel[1::50] = ["?"] * 20
    dataset = read({**tables, "customers": tables["customers"].with_columns(pesel=pl.Series(pesel))})
    out = learn_linked(dataset, seed=0).sample(1000, seed=1)["customers"]["pesel"]
    assert out.null_count() == pytest.approx(100, abs=35)
    assert share_valid(out.drop_nulls().to_list(), PESEL) == 1


@pytest.mark.parametrize("late", [False, True])
def test_a_person_behind_a_right_is_born_before_the_account_is_opened_where_that_says_something(late):
    rng = np.random.default_rng(1)
    account = np.r_[np.arange(400), rng.integers(0, 400, 100)]
    opened = rng.integers(9_000, 10_000, 400) if late else rng.integers(3_000, 10_000, 400)
    births = rng.integers(0, 8_000, 500) if late else opened[account] - rng.integers(0, 3_000, 500)
    days = births.astype("datetime64[D]").astype(str)
    person = rng.permutation(500)
    tables = {
        "accounts": pl.DataFrame(
            {"account_id": np.arange(400), "opened": pl.Series(opened).cast(pl.Int32).cast(pl.Date)}
        ),
        "rights": pl.DataFrame({"right_id": np.arange(9_000, 9_500), "account_id": account, "person_id": person}),
        "people": pl.DataFrame(
            {
                "person_id": person,
                "birth_number": [int(day[2:4] + day[5:7] + day[8:]) + 5_000 * (n % 2) for n, day in enumerate(days)],
            }
        ),
    }
    dataset = read(tables)
    rule = "birth_number <= accounts.opened"
    assert (rule in dataset.schema["people"].rules) != late
    text = write_toml(dataset.schema)
    declared = text if not late else text.replace("[tables.people]\n", f'[tables.people]\nrules = ["{rule}"]\n')
    out = learn_linked(read(tables, schema=read_toml(declared)), seed=0).sample(400, seed=1)
    born = read_births([f"{n:06d}" for n in out["people"]["birth_number"]], "birth-number")[0]
    joined = (
        out["people"].with_columns(born=born).join(out["rights"], on="person_id").join(out["accounts"], on="account_id")
    )
    assert joined.height == out["people"].height > 0
    assert (joined["born"] <= joined["opened"].cast(pl.Int32)).all()


SHARED = Path(__file__).parents[2] / "../shared/data/berka"


@pytest.mark.skipif(not SHARED.exists(), reason="the shared data is not here")
def test_the_numbers_of_a_czech_bank_are_read_and_written_without_loss():
    dataset = read(SHARED)
    seen, numbers = read_dataset(dataset)
    assert seen.tables["client"]["birth_number"].dt.year().min() == 1911
    assert numbers["client"].write(seen.tables["client"], start=0, seed=1).equals(dataset.tables["client"])
