import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twinfold.tables.personal import find
from twinfold.tables.schema import Personal

DATA = Path(__file__).parents[3] / "../shared/data"
NAMES = {"nameFirst": Personal.GIVEN_NAME, "nameLast": Personal.FAMILY_NAME}
REAL = {
    "identity_fake/people": {
        "first_name": Personal.GIVEN_NAME,
        "surname": Personal.FAMILY_NAME,
        "email": Personal.EMAIL,
    },
    "baseball/train/players": NAMES,
    "baseball/holdout/players": NAMES,
    "berka/client": {"birth_number": Personal.NATIONAL_ID},
} | {
    f"identity_febrl/dataset4{part}": {
        "given_name": Personal.GIVEN_NAME,
        "surname": Personal.FAMILY_NAME,
        "street_number": Personal.ADDRESS,
        "address_1": Personal.ADDRESS,
        "address_2": Personal.ADDRESS,
        "soc_sec_id": Personal.NATIONAL_ID,
    }
    for part in "ab"
}


@pytest.mark.skipif(not DATA.exists(), reason="the shared data is not here")
@pytest.mark.parametrize("path", sorted(DATA.rglob("*.parquet")), ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_real_tables(path: Path) -> None:
    frame = pl.read_parquet(path)
    found = {name: kind for name in frame.columns if (kind := find(frame[name], name)) is not None}
    assert found == REAL.get(path.relative_to(DATA).with_suffix("").as_posix(), {})


COLUMNS = {
    Personal.EMAIL: ["ann@bank.cz", "Bob.Smith+x@mail.example.co.uk", "o'neil@web.de"],
    Personal.IBAN: ["GB82 WEST 1234 5698 7654 32", "DE89370400440532013000", "NL91ABNA0417164300"],
    Personal.CARD: ["4111111111111111", "5555555555554444", "378282246310005"],
    Personal.IP: ["10.0.120.7", "192.168.1.44", "2001:db8::8a2e:370:7334"],
    Personal.PHONE: ["+420 601 123 456", "+44 7700 900123", "+1 (212) 555-0147", "(415) 555-2671", "020 7946 0123"],
    Personal.ADDRESS: ["12 High Street, Leeds", "Hauptstraße 7", "24 rue de Rivoli", "Calle Mayor 5", "Via Roma 3"],
    Personal.FULL_NAME: ["Maria Garcia", "John Q. Smith", "Petr Novák", "Anna-Lena Müller", "Robert De Vries"],
    Personal.MIXED: ["call me at +44 7700 900123 please", "my mail is bob@web.de, thanks", "nothing to report today"],
}


@pytest.mark.parametrize("kind", COLUMNS, ids=str)
def test_content_is_enough(kind: Personal) -> None:
    assert find(pl.Series(COLUMNS[kind]), "x1") is kind
    assert find(pl.Series([*COLUMNS[kind], None, " ", "?"]), "x1") is kind
    assert find(pl.Series(COLUMNS[kind], dtype=pl.Categorical), "x1") is kind


@pytest.mark.parametrize(
    ("values", "name", "kind"),
    [
        ([4111111111111111, 5555555555554444, 378282246310005], "x1", Personal.CARD),
        ([2125550123, 4155552671, 6465550199, 3035550100, 7025550188], "Telefon", Personal.PHONE),
        ([2125550123.0, 4155552671.0, None, 6465550199.0, 3035550100.0, 7025550188.0], "phone_no", Personal.PHONE),
        (["Siobhán", "Ngozi", "Xóchitl", "Bartholomew"], "first_name", Personal.GIVEN_NAME),
        (["SKODOVÁ", "DVOŘÁK", "O'BRIEN", "VAN DER BERG"], "Surname", Personal.FAMILY_NAME),
        (["Smith, Maria", "Osei, Kwabena", "Novák, Petr", "Li, Wei"], "name", Personal.FULL_NAME),
        (["AB-123-77", "AB-124-01", "AC-991-23", "AD-002-11", "AF-771-90"], "passport_no", Personal.NATIONAL_ID),
        (["12b", *map(str, range(1, 40))], "Hausnummer", Personal.ADDRESS),
    ],
)
def test_the_name_settles_what_content_leaves_open(values: list[Any], name: str, kind: Personal) -> None:
    assert find(pl.Series(values), name) is kind


def test_digits_alone_need_a_check_digit_on_nearly_all() -> None:
    from twinfold.tables.personal.checksums import characters, complete_polish

    rng = np.random.default_rng(0)
    payload = [
        f"{y:02d}{m:02d}{d:02d}{n:05d}" for y, m, d, n in rng.integers((0, 1, 1, 0), (99, 13, 29, 99999), (200, 4))
    ]
    identities = complete_polish(characters(payload)).tobytes().decode()
    series = pl.Series([identities[i : i + 11] for i in range(0, len(identities), 11)])
    assert find(series, "x1") is Personal.NATIONAL_ID
    assert find(series.cast(pl.Int64), "x1") is Personal.NATIONAL_ID
    assert find(pl.Series(payload), "x1") is None
    assert find(pl.concat([series.head(3)] * 60), "x1") is None


RNG = np.random.default_rng(1)
INNOCENT: dict[str, list[Any]] = {
    "order_no": [f"{n}" for n in RNG.integers(10**15, 10**16, 500)],
    "account": [int(n) for n in RNG.integers(4 * 10**15, 5 * 10**15, 500)],
    "amount": [f"{n:,.2f}" for n in RNG.uniform(0, 10**7, 300)],
    "signed": [f"{n:+.2f}" for n in RNG.uniform(10**6, 10**8, 300)],
    "product_code": [f"{a:03d}-{b:05d}" for a, b in RNG.integers((0, 0), (999, 99999), (300, 2))],
    "order_date": [str(dt.date(2001, 1, 1) + dt.timedelta(days=i)) for i in range(800)],
    "booked": [f"{i % 28 + 1:02d}.{i % 12 + 1:02d}.2019 {i % 24:02d}:{i % 60:02d}" for i in range(500)],
    "time": [f"{i % 24:02d}:{i % 60:02d}:{i * 7 % 60:02d}" for i in range(500)],
    "version": [f"1.{a}.{b}.{c}" for a, b, c in RNG.integers(0, 30, (200, 3))],
    "coordinate": [f"{n:.6f}" for n in RNG.uniform(-90, 90, 300)],
    "uuid": [f"{a:08x}-{b:04x}-4{b % 999:03x}-a{b % 998:03x}-{a:012x}" for a, b in RNG.integers(0, 2**16, (300, 2))],
    "city": ["London", "Paris", "Brno", "San Jose", "St. Louis", "Santa Maria", "Court", "Hill Valley", "Victoria"] * 5,
    "job": ["baker", "cook", "Mason", "Taylor", "admin.", "blue-collar", "Software Engineer", "Shop assistant"] * 9,
    "job_title": ["Head of Sales", "Miller", "Sales Rep", "Bank Clerk", "Drive-in worker", "Close Protection"] * 9,
    "employer": ["St James Place", "Park Lane Group", "Wells Fargo", "JP Morgan", "Marks and Spencer", "Aldi"] * 3,
    "company": [f"{n} and Sons Ltd" for n in ("Ashdown", "Burke", "Corby", "Dorking", "Epsom", "Frome")],
    "address_state": ["CA", "NY", "TX", "FL", "WA"] * 30,
    "passport_expiry": [str(dt.date(2025, 1, 1) + dt.timedelta(days=i)) for i in range(80)],
    "phone_calls": list(range(200)),
    "email_opened": ["yes", "no"] * 50,
    "card_type": ["gold", "classic", "junior"] * 10,
    "name": ["Gold Card", "Classic Card", "Junior Account", "Student Loan", "Young Saver", "Green Loan"],
    "first_name_missing": ["yes", "no"] * 50,
    "zip": [f"{n:05d}" for n in RNG.integers(0, 99999, 500)],
    "salary_band": ["10000-20000", "20000-30000", "0-10000", "30000-50000"] * 20,
    "nothing": [None, None],
    "blank": ["", " ", "?"],
    "truth": [True, False],
    "day": [dt.date(2020, 1, 1)],
}


@pytest.mark.parametrize("name", INNOCENT)
def test_what_is_not_personal_is_left_alone(name: str) -> None:
    assert find(pl.Series(INNOCENT[name], strict=False), name) is None


def test_a_few_in_a_hundred_texts_are_enough() -> None:
    texts = [f"the customer asked about loan conditions, case {i} of the branch" for i in range(970)]
    assert find(pl.Series(texts), "note") is None
    for planted in (
        "please write to jo{i}@web.de about it",
        "her number is 12{i:01d}-45-678{i} as stated by her",
        "lives at 1{i} Acorn Street with two others there",
        "transfer it to DE89370400440532013000, reference {i}",
        "we spoke to Mrs. Xanthopoulos about this, case {i}",
        "I am James Robinson and want my money back {i}",
    ):
        planted_texts = [f"{planted.format(i=i % 10)} {i}" for i in range(30)]
        assert find(pl.Series(texts + planted_texts), "note") is Personal.MIXED


def test_the_answer_is_always_the_same_and_large_columns_are_sampled() -> None:
    values = pl.Series([f"user{i}@web.de" if i % 20 == 0 else f"plain {i}" for i in range(200_000)])
    assert {find(values, "x") for _ in range(3)} == {Personal.MIXED}


@settings(max_examples=60)
@given(st.lists(st.text(max_size=60) | st.none(), max_size=30), st.text(max_size=20))
def test_any_text_is_survived(values: list[str | None], name: str) -> None:
    assert find(pl.Series(values, dtype=pl.String), name) in {None, *Personal}


@settings(max_examples=60)
@given(
    st.lists(st.integers(-(2**63), 2**63 - 1) | st.none(), max_size=30), st.sampled_from(["phone", "card", "ssn", "x"])
)
def test_any_integers_are_survived(values: list[int | None], name: str) -> None:
    assert find(pl.Series(values, dtype=pl.Int64), name) in {None, *Personal}


@settings(max_examples=60)
@given(st.lists(st.floats() | st.none(), max_size=30))
def test_any_floats_are_survived(values: list[float | None]) -> None:
    assert find(pl.Series(values, dtype=pl.Float64), "phone") in {None, *Personal}


FEW: dict[str, tuple[list[Any], Personal]] = {
    "contact": ([f"person{i}@bank.example" for i in range(15)], Personal.EMAIL),
    "account": (["DE89370400440532013000"], Personal.IBAN),
    "x1": ([f"+49 170 12345{i:02d}" for i in range(4)], Personal.PHONE),
    "mobile": (["+49 170 1234567"], Personal.PHONE),
    "pan": ([4111111111111111, 5555555555554444], Personal.CARD),
    "ssn": (["120-45-6789", "121-45-6789"], Personal.NATIONAL_ID),
    "dni": (["12345678Z"], Personal.NATIONAL_ID),
    "note": (["write to ann@bank.cz", "call +44 7700 900123 at noon", "nothing to report"], Personal.MIXED),
    "home_address": (["12 High Street, Leeds", "7 Acorn Lane, York"], Personal.ADDRESS),
    "customer name": (["Maria Garcia", "Robert Smith", "Petr Novák"], Personal.FULL_NAME),
    "first_name": (["Maria", "Robert", "Xóchitl"], Personal.GIVEN_NAME),
    "advisor": (["Anna Müller", "Smith, Robert", "Xóchitl Itzcóatl"], Personal.FULL_NAME),
}


@pytest.mark.parametrize("name", FEW)
def test_few_values_in_many_rows_are_personal_where_their_form_leaves_no_doubt(name: str) -> None:
    values, kind = FEW[name]
    assert find(pl.Series(values * 60), name) is kind


LEVELS: dict[str, list[Any]] = {
    "town": ["Victoria", "Sydney", "Austin", "Dallas", "Jackson", "Florence", "Charlotte", "San Jose"],
    "brand": ["Calvin Klein", "Paul Smith", "Jack Daniels", "Hugo Boss", "Ben Sherman", "Tommy Hilfiger"],
    "job": ["Mason", "Taylor", "Cook", "Baker", "Miller", "Smith", "Carter", "Shaw"],
    "branch": ["12 High Street", "3 Park Lane", "7 Acorn Road"],
    "product display name": ["Gold Card", "Classic Card", "Green Loan", "Young Saver"],
    "first_name": ["north", "south", "east"],
    "slogan": ["our branch at 12 Park Lane is open", "talk to Mr. Proper about it all"],
    "version": ["1.2.3.4", "2.0.0.1"],
    "merchant": [4000000000000002, 4111111111111112],
    "phone_plan": ["prepaid 10", "flat 20"],
    "risk": [100000000, 200000000, 300000000],
}


@pytest.mark.parametrize("name", LEVELS)
def test_categories_that_sound_like_people_stay_categories(name: str) -> None:
    assert find(pl.Series(LEVELS[name] * 60), name) is None
