"""Kinds of columns: what a banker would expect of every table in the shared data, and planted cases."""

import datetime
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from twinfold.tables.kinds import detect, detect_column
from twinfold.tables.schema import Column, Kind, Personal, Table, Treatment

DATA = Path(__file__).parents[2] / "../shared/data"
needs_data = pytest.mark.skipif(not DATA.exists(), reason="the shared real data is not here")
ROWS = 400

# Columns by kind; "…" in a kind's place takes every column that no other kind names.
EXPECTED = {
    "adult/train": {
        "integer": "age fnlwgt education_num capital_gain capital_loss hours_per_week",
        "category": "…",
    },
    "bank_marketing/train": {
        "integer": "age balance day duration campaign pdays previous",
        "boolean": "default housing loan y",
        "category": "…",
    },
    "give_me_some_credit/train": {
        "identifier": "Unnamed:·0",
        "boolean": "SeriousDlqin2yrs",
        "decimal": "RevolvingUtilizationOfUnsecuredLines DebtRatio",
        "integer": "…",
    },
    "german_credit/german": {
        "integer": "duration_in_month credit_amount installment_rate_in_percentage_of_disposable_income age_in_years "
        "number_of_existing_credits_at_this_bank number_of_people_being_liable_to_provide_maintenance_for",
        "boolean": "foreign_worker",
        "category": "…",
    },
    "telco_churn/telco": {
        "identifier": "customerID",
        "integer": "tenure",
        "decimal": "MonthlyCharges TotalCharges",
        "boolean": "SeniorCitizen Partner Dependents PhoneService PaperlessBilling Churn",
        "category": "…",
    },
    "card_fraud/transactions": {"integer": "Time", "boolean": "Class", "decimal": "…"},
    "loan_offers/waves_1_2": {
        "identifier": "client_id",
        "integer": "dependants dormancy itcscore trcount loansize term",
        "decimal": "sales_grossincome sales_netincome grossincome appscore lastamount offer4 final4 pstdue_average age "
        "grossinterest",
        "category": "wave lastterm risk branchuse province termshown",
        "boolean": "…",
    },
    "email_experiment/half_a": {
        "identifier": "customer_id",
        "integer": "recency",
        "decimal": "history spend",
        "category": "history_segment zip_code channel segment",
        "boolean": "…",
    },
    "berka/account": {"identifier": "account_id", "category": "district_id frequency", "date": "date"},
    "berka/card": {"identifier": "card_id disp_id", "category": "type", "date": "issued"},
    "berka/client": {"identifier": "client_id birth_number", "category": "district_id"},
    "berka/disp": {"identifier": "disp_id client_id account_id", "category": "type"},
    "berka/district": {"identifier": "district_id A2", "category": "A3", "decimal": "A10 A12 A13", "integer": "…"},
    "berka/loan": {
        "identifier": "loan_id account_id",
        "date": "date",
        "integer": "amount duration payments",
        "category": "status",
    },
    "berka/order": {
        "identifier": "order_id account_id account_to",
        "category": "bank_to k_symbol",
        "decimal": "amount",
    },
    "berka/trans": {
        "identifier": "trans_id account_id account",
        "date": "date",
        "decimal": "amount balance",
        "category": "…",
    },
    "baseball/train/players": {
        "identifier": "id",
        "date": "birthDate deathDate",
        "text": "nameFirst nameLast",
        "integer": "weight height",
        "category": "…",
    },
    "baseball/train/batting": {"identifier": "players_id", "category": "team league", "integer": "…"},
    "baseball/train/fielding": {"identifier": "players_id", "category": "team league POS", "integer": "…"},
    "card_conjoint/choices": {"identifier": "id", "boolean": "choice Med_VInt", "category": "…"},
    "card_conjoint/respondents": {"identifier": "id", "integer": "age income", "boolean": "gender"},
    "cdnow/train/customers": {"identifier": "id"},
    "cdnow/train/purchases": {"identifier": "users_id", "date": "date", "integer": "cds", "decimal": "amt"},
    "identity_fake/people": {
        "identifier": "unique_id email",
        "text": "first_name surname",
        "date": "dob",
        "category": "city",
        "integer": "cluster",
    },
    "identity_fake/labels": {
        "identifier": "unique_id_l unique_id_r",
        "constant": "source_dataset_l source_dataset_r",
        "boolean": "clerical_match_score",
    },
    "identity_febrl/dataset4a": {
        "identifier": "rec_id soc_sec_id",
        "text": "given_name surname street_number address_1 address_2",
        "category": "suburb postcode state",
        "date": "date_of_birth",
    },
}
EXPECTED["identity_febrl/dataset4b"] = EXPECTED["identity_febrl/dataset4a"]


@cache
def table_of(name: str) -> Table:
    return detect(pl.read_parquet(DATA / f"{name}.parquet"), name)


def spread(*values, rows=ROWS, seed=0):
    return [values[i] for i in np.random.default_rng(seed).integers(0, len(values), rows)]


def days(format, rows=ROWS):
    start = datetime.date(1950, 1, 1)
    return [
        (start + datetime.timedelta(int(n))).strftime(format)
        for n in np.random.default_rng(1).integers(0, 20_000, rows)
    ]


def found(name, values, **options) -> Column:
    return detect_column(pl.Series(name, values, **options))


@needs_data
@pytest.mark.parametrize("name", EXPECTED)
def test_kinds_are_those_that_a_banker_expects(name):
    expected = {c.replace("·", " "): kind for kind, listed in EXPECTED[name].items() for c in listed.split()}
    rest = expected.pop("…", None)
    wrong = {c.name: str(c.kind) for c in table_of(name) if c.kind != expected.get(c.name, rest)}
    assert wrong == {}


@needs_data
@pytest.mark.parametrize("name", EXPECTED)
def test_nothing_that_names_a_person_is_learned(name):
    for column in table_of(name):
        if column.kind in (Kind.IDENTIFIER, Kind.TEXT):
            assert column.treatment is Treatment.FAKE


@needs_data
def test_numbers_in_text_dates_in_integers_and_decimals_of_real_tables():
    telco, trans, fraud = (table_of(n) for n in ("telco_churn/telco", "berka/trans", "card_fraud/transactions"))
    assert (telco["TotalCharges"].missing, telco["TotalCharges"].decimals) == (" ", 2)
    assert (trans["date"].physical, trans["date"].format) == ("Int64", "%y%m%d")
    assert (fraud["Amount"].decimals, fraud["V1"].decimals) == (2, None)
    assert table_of("berka/district")["A12"].missing == "?"
    assert table_of("identity_fake/people")["email"].personal is Personal.EMAIL
    assert table_of("identity_febrl/dataset4a")["date_of_birth"].format == "%Y%m%d"


@pytest.mark.parametrize(
    "format",
    [
        "%Y-%m-%d",
        "%d.%m.%Y",
        "%m/%d/%Y",
        "%d/%m/%Y",
        "%m/%d/%y",
        "%Y%m%d",
        "%d-%b-%Y",
        "%B %d, %Y",
        "%Y/%m/%d",
        "%Y-%m",
    ],
)
def test_formats_of_dates_in_text(format):
    column = found("when", days(format))
    assert (column.kind, column.format) == (Kind.DATE, format)


@pytest.mark.parametrize("format", ["%Y%m%d", "%y%m%d", "%Y%m", "%d%m%Y"])
def test_formats_of_dates_in_integers(format):
    column = found("when", [int(text) for text in days(format)])
    assert (column.kind, column.format) == (Kind.DATE, format)


def test_dates_of_a_month_are_months_where_days_do_not_vary():
    column = found("month", [f"{month:02d}/01/{year}" for year in range(1990, 2020) for month in range(1, 13)])
    assert column.format == "%m/%d/%Y"


def test_dates_in_capitals_and_without_zeros():
    assert found("when", [text.upper() for text in days("%d%b%Y")]).format == "%d%^b%Y"
    assert found("when", [text.upper() for text in days("%d-%b-%y")]).format == "%d-%^b-%y"
    shorn = [".".join(part.lstrip("0") for part in text.split(".")) for text in days("%d.%m.%Y")]
    assert found("when", shorn).format == "%-d.%-m.%Y"


@pytest.mark.parametrize(
    ("tail", "format", "resolution"),
    [
        (" 12:00:00", "%Y-%m-%d %H:%M:%S", "hour"),
        ("T12:30:00Z", "%Y-%m-%dT%H:%M:%SZ", "minute"),
        ("T12:30:15+02:00", "%Y-%m-%dT%H:%M:%S+02:00", "second"),
        (" 12:30:15.250", "%Y-%m-%d %H:%M:%S%.3f", "millisecond"),
        ("T12:30:15.000001", "%Y-%m-%dT%H:%M:%S%.6f", "microsecond"),
    ],
)
def test_formats_of_date_times(tail, format, resolution):
    column = found("when", [day + tail for day in days("%Y-%m-%d")])
    assert (column.kind, column.format, column.resolution) == (Kind.DATETIME, format, resolution)


def test_one_text_may_stand_for_a_missing_date():
    column = found("closed", [*days("%Y-%m-%d"), *[""] * 50])
    assert (column.kind, column.missing) == (Kind.DATE, "")


def test_amounts_and_post_codes_are_no_dates():
    rng = np.random.default_rng(2)
    assert found("amount", rng.integers(100_000, 1_000_000, 2_000)).kind is Kind.INTEGER
    assert found("income", rng.integers(10_000_000, 30_000_000, 2_000)).kind is not Kind.DATE
    assert found("post_code", rng.integers(10_000, 99_999, 2_000)).kind is Kind.CATEGORY


def test_codes_with_leading_zeros_stay_text():
    column = found("branch", [f"{n:04d}" for n in np.random.default_rng(3).integers(0, 300, 4_000)])
    assert (column.kind, column.format, column.physical) == (Kind.CATEGORY, None, "String")


def test_few_integers_are_codes_and_counts_are_not():
    rng = np.random.default_rng(4)
    assert found("segment", spread(1, 2, 3, 7)).kind is Kind.CATEGORY
    assert found("flag", spread(0, 1)).kind is Kind.BOOLEAN
    assert found("flag", spread(0.0, 1.0, None)).kind is Kind.BOOLEAN
    assert found("kids", rng.poisson(0.7, 2_000)).kind is Kind.INTEGER
    assert found("instalments", spread(12, 24, 36, 48, 60)).kind is Kind.INTEGER


def test_keys_are_identifiers_and_amounts_are_not():
    rng = np.random.default_rng(5)
    assert found("row", np.arange(ROWS)).kind is Kind.IDENTIFIER
    assert found("v1", rng.permutation(ROWS) + 1).kind is Kind.IDENTIFIER
    assert found("customer_no", rng.choice(10**6, ROWS, replace=False)).kind is Kind.IDENTIFIER
    assert found("balance", rng.choice(10**6, ROWS, replace=False)).kind is Kind.INTEGER
    assert found("customer_id", rng.integers(0, 3_000, 10_000)).kind is Kind.IDENTIFIER
    assert found("branch_id", rng.integers(0, 60, 10_000)).kind is Kind.CATEGORY
    assert found("ref", [f"C{n}" for n in rng.integers(10**8, 10**9, ROWS)]).kind is Kind.IDENTIFIER


def test_words_become_text_and_rare_words_one_label():
    rng = np.random.default_rng(6)
    note = [" ".join(rng.choice(["the", "loan", "was", "late", "client", "paid", "again"], 12)) for _ in range(ROWS)]
    assert (found("note", note).kind, found("note", note).treatment) == (Kind.TEXT, Treatment.FAKE)
    assert found("shop", [f"shop {n}" for n in rng.zipf(1.5, 2_000)]).rare == "(other)"
    assert found("shop", [*spread("north", "south", rows=2_000), "west"]).rare is None


def test_two_words_are_boolean_where_they_say_yes_and_no():
    assert found("late", spread("Yes", "No", None)).kind is Kind.BOOLEAN
    assert found("late", spread("Yes", "No", "no")).kind is Kind.CATEGORY
    assert found("sex", spread("m", "f")).kind is Kind.CATEGORY


def test_places_are_found_by_name_and_range():
    rng = np.random.default_rng(7)
    frame = pl.DataFrame({"lat": rng.uniform(40, 50, ROWS).round(5), "long": rng.uniform(5, 15, ROWS).round(5)})
    assert [c.kind for c in detect(frame, "branches")] == [Kind.LATITUDE, Kind.LONGITUDE]
    assert found("long", rng.uniform(5, 15, ROWS)).kind is Kind.DECIMAL
    assert found("lat", rng.uniform(100, 500, ROWS)).kind is Kind.DECIMAL


def test_one_value_or_none_is_constant():
    assert found("a", ["x"] * 60).kind is Kind.CONSTANT
    assert found("a", [None] * 60, dtype=pl.String).kind is Kind.CONSTANT
    assert found("a", [float("nan")] * 60).kind is Kind.CONSTANT
    assert found("a", ["x", None] * 60).kind is Kind.CATEGORY


def test_integers_that_missing_values_turned_into_floats():
    column = found("months", [3.0, 700.0, None, 12.0, 41.0] * 40)
    assert (column.kind, column.physical) == (Kind.INTEGER, "Float64")


@pytest.mark.parametrize(
    ("texts", "format", "decimals"),
    [
        (["1.50", "20.00", "3.25"], "%.2f", 2),
        (["1.5", "20.0", "3.25"], "%r", 2),
        (["1.5", "20", "3.25"], None, 2),
        (["$1,201.50", "$20.00", "$3.25"], "$%'.2f", 2),
        (["13.6%", "7.1%", "10.0%"], "%.1f%%", 1),
    ],
)
def test_numbers_in_text(texts, format, decimals):
    column = found("fee", texts)
    assert (column.kind, column.format, column.decimals) == (Kind.DECIMAL, format, decimals)


def test_top_coded_numbers_are_categories():
    assert found("children", spread("0", "1", "2", "3+")).kind is Kind.CATEGORY


def test_personal_data_is_faked():
    column = found("contact", [f"person{n}@example.org" for n in range(ROWS)])
    assert (column.kind, column.personal, column.treatment) == (Kind.IDENTIFIER, Personal.EMAIL, Treatment.FAKE)


def test_telephone_numbers_in_integers_are_faked_though_they_repeat():
    column = found("phone", np.random.default_rng(9).integers(6_641_000_000, 6_649_999_999, 100).repeat(4))
    assert (column.personal, column.treatment) == (Personal.PHONE, Treatment.FAKE)


def test_detection_does_not_depend_on_chance():
    frame = pl.DataFrame({"shop": [f"shop {n}" for n in np.random.default_rng(8).zipf(1.3, 30_000)]})
    assert len({detect(frame, "shops") for _ in range(3)}) == 1


@pytest.mark.parametrize(
    ("values", "personal"),
    [
        (["DE89370400440532013000"], Personal.IBAN),
        (["DE89370400440532013000", None], Personal.IBAN),
        ([f"person{n}@example.org" for n in range(15)], Personal.EMAIL),
        ([4111111111111111, 5555555555554444, 378282246310005], Personal.CARD),
        (["please write to ann@bank.cz", "none"], Personal.MIXED),
        (["Anna Müller", "Robert Smith", "Xóchitl Itzcóatl", "Wei Chen"], Personal.FULL_NAME),
        (["gold", "classic", "junior"], None),
    ],
)
def test_personal_data_is_found_in_columns_of_few_values(values, personal):
    column = found("x1", values * 40)
    assert column.personal is personal
    assert column.treatment is (Treatment.FAKE if personal else Treatment.LEARN)


def test_few_towns_jobs_and_brands_stay_categories():
    for levels in (["Paris", "Victoria", "Austin"], ["cook", "mason", "smith"], ["Paul Smith", "Calvin Klein"]):
        column = found("x1", spread(*levels))
        assert (column.kind, column.treatment) == (Kind.CATEGORY, Treatment.LEARN)
