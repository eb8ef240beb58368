"""Filling as a caller sees it: learn a form, put it in a file, fill rows, in chunks, of the column's own type."""

import datetime as dt
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twinfold.tables.filling import Form, fill, learn_form
from twinfold.tables.filling.identifiers import SequenceForm
from twinfold.tables.personal import find
from twinfold.tables.personal.names import FAMILY, GIVEN
from twinfold.tables.schema import Column, Kind, Personal, Treatment

DATA = Path(__file__).parents[3] / "../shared/data"


def column(
    series: pl.Series, personal: Personal | None = None, kind: Kind = Kind.IDENTIFIER, *, format: str | None = None
) -> Column:
    return Column(
        name=series.name or "x",
        kind=kind,
        physical=str(series.dtype),
        personal=personal,
        treatment=Treatment.FAKE,
        format=format,
    )


def form_of(
    values: Sequence[Any] | pl.Series, personal: Personal | None = None, kind: Kind = Kind.IDENTIFIER, **options: Any
) -> Form:
    series = pl.Series(values)
    return learn_form(series, column(series, personal, kind, **options))


CARDS = [4111111111111111, 5555555555554444, 4012888888881881, 2223003122003222]
PEOPLE = [f"{given} {family}" for given, family in zip(GIVEN[:100], FAMILY[100:200], strict=True)]
COLUMNS: dict[str, tuple[list[Any], Personal | None, Kind]] = {
    "customer": ([f"{i * 37 % 10_000:04d}-VX{chr(65 + i % 26)}" for i in range(500)], None, Kind.IDENTIFIER),
    "number": (list(range(1, 900, 2)), None, Kind.IDENTIFIER),
    "account": ([10_000_000 + i * 77_777 % 90_000_000 for i in range(500)], None, Kind.IDENTIFIER),
    "float": ([float(i) for i in range(100)], None, Kind.IDENTIFIER),
    "email": (["a.b@web.de", "c@bank.cz"] * 20, Personal.EMAIL, Kind.TEXT),
    "phone": ([f"+49 30 {i:03d} {i * 7:04d}" for i in range(100, 200)], Personal.PHONE, Kind.TEXT),
    "us phone": ([f"(212) 5{i % 100:02d}-{i * 7:04d}" for i in range(100, 200)], Personal.PHONE, Kind.TEXT),
    "phone_as_number": ([4205550000 + i for i in range(100)], Personal.PHONE, Kind.INTEGER),
    "iban": (["DE89370400440532013000"] * 20 + ["GB82 WEST 1234 5698 7654 32"], Personal.IBAN, Kind.TEXT),
    "card": (CARDS, Personal.CARD, Kind.INTEGER),
    "spaced card": (["4111 1111 1111 1111", "3782 822463 10005"], Personal.CARD, Kind.TEXT),
    "given": (list(GIVEN[:200]), Personal.GIVEN_NAME, Kind.TEXT),
    "family": ([name.upper() for name in FAMILY[:200]], Personal.FAMILY_NAME, Kind.TEXT),
    "full": (PEOPLE, Personal.FULL_NAME, Kind.TEXT),
    "turned": ([", ".join(reversed(name.split())) for name in PEOPLE], Personal.FULL_NAME, Kind.TEXT),
    "street": ([f"{i} Acorn Street" for i in range(50)], Personal.ADDRESS, Kind.TEXT),
    "german street": ([f"Musterstraße {i}" for i in range(50)], Personal.ADDRESS, Kind.TEXT),
    "french street": ([f"{i} rue de la Paix" for i in range(50)], Personal.ADDRESS, Kind.TEXT),
    "spanish address": ([f"Calle Luna {i}, Madrid, 280{i:02d}" for i in range(50)], Personal.ADDRESS, Kind.TEXT),
    "street_name": ([f"{name.lower()} road" for name in FAMILY[:60]], Personal.ADDRESS, Kind.TEXT),
    "ip": ([f"84.113.7.{i}" for i in range(100, 200)], Personal.IP, Kind.TEXT),
    "ip6": ([f"2a00:1450:4001:8::{i:x}" for i in range(100, 200)], Personal.IP, Kind.TEXT),
}


@pytest.mark.parametrize("name", COLUMNS)
def test_fakes_are_of_the_columns_kind_and_type(name: str) -> None:
    values, personal, kind = COLUMNS[name]
    series = pl.Series(name, values)
    form = learn_form(series, column(series, personal, kind))
    assert Form.model_validate_json(form.model_dump_json()) == form
    fakes = fill(form, 3000, start=0, seed=1)
    assert len(fakes) == 3000
    assert fakes.dtype == series.dtype
    assert fakes.null_count() == 0
    assert find(fakes, name) is personal
    chunks = [fill(form, rows, start=start, seed=1) for start, rows in ((0, 1), (1, 0), (1, 998), (999, 2001))]
    assert pl.concat(chunks).equals(fakes)
    assert not fill(form, 3000, start=0, seed=2).equals(fakes) or kind is Kind.IDENTIFIER


@pytest.mark.parametrize("name", ["customer", "number", "account", "float"])
def test_identifiers_never_repeat(name: str) -> None:
    fakes = fill(form_of(COLUMNS[name][0]), 1_000_000, start=0, seed=3)
    assert fakes.n_unique() == 1_000_000


def test_a_used_up_pattern_becomes_longer() -> None:
    fakes = fill(form_of([f"K{i}" for i in range(10)] + [f"K{i}" for i in range(10, 99)]), 200_000, start=0, seed=0)
    assert fakes.n_unique() == 200_000
    assert fakes.str.contains("^K[0-9]+$").all()
    assert int(fakes.str.len_chars().max() or 0) <= 7  # type: ignore[arg-type]
    far = fill(form_of(["A1", "A2"] * 20), 10, start=9_999_990, seed=0)
    assert far.n_unique() == 10


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.booleans(), st.integers(20_000, 2**40))
def test_sequences_are_unique_until_their_type_is_full(first: int, scattered: bool, last: int) -> None:
    form = Form(physical="Int64", salt=0, content=SequenceForm(first=first, scattered=scattered, last=last))
    fakes = fill(form, 12_000, start=0, seed=1)
    assert fakes.head(last - first + 1).n_unique() == min(12_000, last - first + 1)
    assert int(fakes.min()) >= first  # type: ignore[arg-type]
    assert int(fakes.max()) <= last  # type: ignore[arg-type]


def test_uuids_keep_their_version_and_are_unique() -> None:
    import uuid

    real = [str(uuid.UUID(int=(i * 0x9E3779B97F4A7C15F39CC0605CEDC835) % 2**128, version=4)) for i in range(2000)]
    fakes = fill(form_of(real), 100_000, start=0, seed=0)
    assert fakes.n_unique() == 100_000
    assert fakes.str.contains("^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$").all()
    assert not set(fakes) & set(real)


def test_small_integers_stay_in_their_type() -> None:
    fakes = fill(form_of(pl.Series(range(100), dtype=pl.Int8)), 1000, start=0, seed=0)
    assert fakes.dtype == pl.Int8
    assert fakes.head(100).n_unique() == 100
    wide = fill(
        form_of(pl.Series([2_000_000_000 + 7_000_000 * i for i in range(20)], dtype=pl.Int32)), 9, start=0, seed=0
    )
    assert wide.dtype == pl.Int32
    assert fill(form_of([-5, -4, -3, 2**63 - 1]), 5, start=0, seed=0).n_unique() == 5


@pytest.mark.parametrize(
    ("values", "kind", "format"),
    [
        ([dt.date(1980, 1, 1) + dt.timedelta(days=i * 9) for i in range(500)], Kind.DATE, None),
        ([dt.datetime(1980, 1, 1, 4) + dt.timedelta(hours=i * 99) for i in range(500)], Kind.DATETIME, None),
        (
            [dt.datetime(1980, 1, 1, tzinfo=dt.UTC) + dt.timedelta(hours=i * 99) for i in range(500)],
            Kind.DATETIME,
            None,
        ),
        ([f"{i % 28 + 1:02d}.{i % 12 + 1:02d}.{1980 + i % 9}" for i in range(500)], Kind.DATE, "%d.%m.%Y"),
        ([930000 + (i % 12 + 1) * 100 + i % 28 + 1 for i in range(500)], Kind.DATE, "%y%m%d"),
        ([f"{i % 28 + 1:02d}{('JAN', 'MAR', 'DEC')[i % 3]}{1980 + i % 9}" for i in range(500)], Kind.DATE, "%d%^b%Y"),
    ],
)
def test_dates_that_a_user_wants_faked(values: list[Any], kind: Kind, format: str | None) -> None:
    series = pl.Series(values)
    fakes = fill(form_of(series, None, kind, format=format), 500, start=0, seed=0)
    assert fakes.dtype == series.dtype
    assert fakes.n_unique() > 100
    if format:
        assert fakes.cast(pl.String).str.to_date(format.replace("%^b", "%b"), strict=True).null_count() == 0


@pytest.mark.parametrize("dtype", [pl.Boolean, pl.Categorical, pl.Decimal(10, 2), pl.Int16, pl.Float32], ids=str)
def test_any_type_can_be_filled(dtype: pl.DataType) -> None:
    for values in ([], [None], [1, 0, None]):
        series = pl.Series(values, dtype=pl.Int8).cast(pl.String if dtype == pl.Categorical else dtype).cast(dtype)
        fakes = fill(form_of(series), 5, start=0, seed=0)
        assert fakes.dtype == series.dtype
        assert fakes.null_count() == 0


TEXTS = [f"The customer called about a loan and asked for lower rates, reference {i}" for i in range(200)]


def test_free_text_is_made_of_shared_words() -> None:
    odd = ["Yolanda Quackenbush complained about the xylophone 77", "zither zither"]
    form = form_of([*TEXTS, *odd], None, Kind.TEXT)
    fakes = fill(form, 500, start=0, seed=0)
    used = set(" ".join(fakes).lower().replace(".", "").split())
    assert used <= set(re.findall(r"[a-z]+", TEXTS[0].lower()))
    assert len(used) > 8
    assert fakes.str.len_chars().mean() == pytest.approx(pl.Series(TEXTS).str.len_chars().mean(), rel=0.3)
    assert find(fakes, "note") is None


def test_names_in_free_text_need_to_be_very_frequent() -> None:
    texts = [
        f"payment {'from Smith' if i % 200 == 0 else 'for Barclays' if i % 2 else 'to Quux'} done {i}"
        for i in range(3000)
    ]
    greetings = [f"Zora called, case {i}" for i in range(15)]
    form = form_of([*texts, *greetings, *["visit by Zelda today"] * 15], None, Kind.TEXT)
    words = form.model_dump()["content"]["words"]
    assert "smith" not in words  # fifteen rows, a name
    assert "zelda" not in words  # fifteen rows with one text
    assert "zora" not in words  # fifteen rows, always in front
    assert {"payment", "for", "barclays", "quux", "done"} <= set(words)


def test_text_without_shared_words_becomes_neutral_sentences() -> None:
    form = form_of(["unique rumblings", "otherwise nothing", "12 34"], Personal.MIXED, Kind.TEXT)
    assert form.model_dump()["content"]["words"] == ()
    assert fill(form, 20, start=0, seed=0).str.ends_with(".").all()


def test_ways_of_writing_are_kept() -> None:
    values, personal, kind = COLUMNS["phone"]
    assert fill(form_of(values, personal, kind), 50, start=0, seed=0).str.contains(r"^\+49 \d\d \d{3} \d{4}$").all()
    values, personal, kind = COLUMNS["us phone"]
    fakes = fill(form_of(values, personal, kind), 50, start=0, seed=0)
    assert fakes.str.contains(r"^\([2-9]\d\d\) 555-01\d\d$").all()
    british = [f"+44 20 7946 {i:04d}" for i in range(50)]
    assert fill(form_of(british, Personal.PHONE), 50, start=0, seed=0).str.contains(r"^\+44 77 0090 0\d{3}$").all()
    values, personal, kind = COLUMNS["family"]
    assert fill(form_of(values, personal, kind), 50, start=0, seed=0).str.contains(r"^[^a-z]+$").all()
    values, personal, kind = COLUMNS["spanish address"]
    assert (
        fill(form_of(values, personal, kind), 5, start=0, seed=0).str.contains(r"^[A-Z]\w+ \w+ \d+, \w+ \d{5}$").all()
    )
    values, personal, kind = COLUMNS["french street"]
    assert fill(form_of(values, personal, kind), 5, start=0, seed=0).str.contains(r"^\d+ \w+ des \w+$").all()


def test_e_mail_and_ip_addresses_reach_nobody() -> None:
    emails = fill(form_of(["a@b.cz"], Personal.EMAIL), 20_000, start=0, seed=0)
    assert emails.str.contains(r"^[a-z]+\.[a-z]+\d{0,3}@example\.(com|org|net)$").all()
    assert emails.n_unique() == 20_000
    addresses = fill(form_of(COLUMNS["ip"][0] + COLUMNS["ip6"][0], Personal.IP), 1000, start=0, seed=0)
    assert addresses.str.contains(r"^(192\.0\.2|198\.51\.100|203\.0\.113|2001:db8:)").all()
    assert 0.4 < float(addresses.str.contains(":").mean() or 0) < 0.6  # type: ignore[arg-type]


token = st.text(alphabet="abcdefghijkLMNOPQRSTUVWXYZ0123456789", min_size=6, max_size=12)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(token, min_size=1, max_size=9, unique=True),
    st.sampled_from([None, *Personal]),
    st.sampled_from([Kind.IDENTIFIER, Kind.TEXT]),
    st.sampled_from(["{}", "{} Smith", "account of {} and his wife", "{}@web.de", "+49 {}", "rec-{}-org"]),
)
def test_what_one_row_holds_comes_out_nowhere(
    tokens: list[str], personal: Personal | None, kind: Kind, text: str
) -> None:
    """Planted among rows that share everything but the planted words."""
    series = pl.Series([*(text.format(token) for token in tokens), *(text.format("common1") for _ in range(40))])
    form = learn_form(series, column(series, personal, kind))
    told = form.model_dump_json() + "\n" + "\n".join(fill(form, 300, start=0, seed=0))
    assert not [token for token in tokens if re.search(rf"(?<!\w){token}(?!\w)", told)]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.text(max_size=40) | st.none(), max_size=30),
    st.sampled_from([None, *Personal]),
    st.sampled_from([Kind.IDENTIFIER, Kind.TEXT, Kind.CATEGORY]),
)
def test_any_text_can_be_replaced(values: list[str | None], personal: Personal | None, kind: Kind) -> None:
    series = pl.Series("x", values, dtype=pl.String)
    form = learn_form(series, column(series, personal, kind if personal or kind is not Kind.CATEGORY else Kind.TEXT))
    fakes = fill(form, 50, start=7, seed=9)
    assert len(fakes) == 50
    assert fakes.null_count() == 0
    assert Form.model_validate_json(form.model_dump_json()) == form


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(-(2**63), 2**63 - 1) | st.none(), max_size=20), st.sampled_from([None, *Personal]))
def test_any_integers_can_be_replaced(values: list[int | None], personal: Personal | None) -> None:
    series = pl.Series("x", values, dtype=pl.Int64)
    fakes = fill(learn_form(series, column(series, personal)), 50, start=0, seed=9)
    assert fakes.dtype == pl.Int64
    assert fakes.null_count() == 0


@pytest.mark.skipif(not DATA.exists(), reason="the shared data is not here")
@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("telco_churn/telco", "customerID"),
        ("identity_febrl/dataset4a", "rec_id"),
        ("identity_febrl/dataset4a", "soc_sec_id"),
        ("identity_fake/people", "email"),
        ("berka/client", "birth_number"),
        ("berka/order", "account_to"),
        ("baseball/train/players", "id"),
    ],
)
def test_real_columns_give_no_value_away(path: str, name: str) -> None:
    series = pl.read_parquet(DATA / f"{path}.parquet")[name]
    form = learn_form(series, column(series, find(series, name)))
    real = {str(value) for value in series.drop_nulls()}
    told = set(re.findall(r"[^\"\[\]{},:]+", form.model_dump_json()))
    assert not real & told
    fakes = fill(form, len(series), start=0, seed=0)
    assert find(fakes, name) is find(series, name)
    if name in ("customerID", "email"):  # where the space is large, no fake meets a real value
        assert not real & set(fakes)


RNG = np.random.default_rng(4)
IDENTIFIERS: dict[str, tuple[list[Any], str | None]] = {
    "counted": (list(range(1, 24_422)), r"\d{5}"),
    "counted from a thousand": (list(range(1000, 1600)), r"\d{4}"),
    "counted to the top": (list(range(8000, 10_000)), r"\d{4}"),
    "counted, all of a width": (list(range(100, 1000)), None),
    "scattered": (RNG.choice(9 * 10**9, 3000, replace=False) + 10**9, r"\d{10}"),
    "scattered in a corner": (RNG.choice(40_000, 3000, replace=False) + 110_000, r"\d{6}"),
    "scattered, hardly room": (RNG.choice(9000, 3000, replace=False) + 1000, None),
    "floats": ([float(i) for i in range(1, 500)], r"\d{3}\.0"),
    "dense texts": ([f"C-{n}" for n in range(100_000, 102_000)], r"C-\d{6}"),
    "padded": ([f"{n:08d}" for n in range(3000)], r"\d{8}"),
    "plain": ([str(n) for n in range(300_000, 301_000)], r"\d{6}"),
    "random texts": (
        [f"{n:05d}-VX{chr(65 + n % 26)}" for n in RNG.choice(10**5, 700, replace=False)],
        r"\d{5}-VX[A-Z]",
    ),
    "texts, hardly room": ([f"K{n:03d}" for n in RNG.choice(1000, 600, replace=False)], None),
    "two forms": ([f"A{n}" for n in range(1000, 1400)] + [f"B-{n}" for n in range(20_000, 20_900)], r"A\d{4}|B-\d{5}"),
}


@pytest.mark.parametrize("name", IDENTIFIERS)
def test_no_identifier_is_a_real_one_and_the_form_is_kept(name: str) -> None:
    values, pattern = IDENTIFIERS[name]
    real = pl.Series(values)
    form = form_of(real)
    assert Form.model_validate_json(form.model_dump_json()) == form
    fakes = fill(form, 5 * len(real), start=0, seed=1)
    assert not fakes.is_in(real.implode()).any()
    assert fakes.n_unique() == len(fakes)
    if pattern is not None:
        assert fakes.head(len(real) // 3).cast(pl.String).str.contains(f"^(?:{pattern})$").all()


def test_a_type_that_is_full_leaves_nothing_but_real_identifiers() -> None:
    real = pl.Series(range(100), dtype=pl.Int8)
    assert fill(form_of(real), 100, start=0, seed=1).n_unique() == 100


def test_no_single_identifier_is_in_the_form() -> None:
    real = pl.Series([f"C-{n}" for n in RNG.choice(900_000, 400, replace=False) + 100_000])
    written = form_of(real).content.model_dump_json()
    assert not any(value[2:] in written for value in real.to_list())
    numbers = pl.Series(RNG.choice(9 * 10**6, 400, replace=False) + 10**6)
    content = form_of(numbers).content
    assert not numbers.is_in([content.first, *(content.taken or ())]).any()  # type: ignore[union-attr]
