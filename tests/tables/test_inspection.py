"""What a user sees of a table: kinds, shares and what looks wrong, and never somebody's value."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from twinfold.errors import OutputError
from twinfold.tables.inspection import Inspection
from twinfold.tables.schema_file import load_schema
from twinfold.verbs.inspect import inspect

DATA = Path(__file__).parents[2] / "../shared/data"
needs_data = pytest.mark.skipif(not DATA.exists(), reason="the shared real data is not here")
ROWS = 600
rng = np.random.default_rng(0)
NAMES = [f"{first}.{last}" for first in ("anna", "ben", "carla") for last in ("moser", "huber", "weiss")]
FRAME = pl.DataFrame(
    {
        "customer_id": np.arange(ROWS) + 52_000,
        "mail": [f"{NAMES[n % 9]}{n}@example.org" for n in range(ROWS)],
        "income": rng.lognormal(10, 1, ROWS).round(2),
        "job": [("clerk", "nurse", "clerk", "Clerk", None)[n % 5] for n in range(ROWS)],
        "shop": [f"shop {n}" for n in rng.integers(0, 300, ROWS)],
        "late_days": [999 if n % 10 == 0 else n % 60 for n in range(ROWS)],
        "gain": [0.0 if n % 2 else float(n) + 0.25 for n in range(ROWS)],
        "fee": [("x17", "y3")[n % 2] if n % 25 == 0 else f"{n / 8:.2f}" for n in range(ROWS)],
        "bank": ["1"] * ROWS,
        "closed": pl.Series([None] * ROWS, dtype=pl.String),
        "until": ["9999-12-31" if n % 5 == 0 else f"20{n % 20:02d}-0{n % 9 + 1}-1{n % 10}" for n in range(ROWS)],
    }
)


def seen(frame=FRAME) -> dict[str, dict]:
    return {column["name"]: column for column in inspect(frame).json()["tables"][0]["columns"]}


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("mail", "personal data: email"),
        ("job", "1 category differs from another only in capitals or blanks"),
        ("shop", "of rows in ones that fewer than 10 rows hold"),
        ("late_days", "special code 999 stands 60 times"),
        ("gain", "heap at 0: 50% of values"),
        ("fee", "mixed types: 4% of values are no numbers"),
        ("bank", "constant"),
        ("closed", "all missing"),
        ("until", "9999-12-31 stands 120 times: is it a date?"),
    ],
)
def test_what_looks_wrong_is_said(name, said):
    assert said in "; ".join(seen()[name]["problems"])


def test_an_example_stands_as_its_file_writes_it(tmp_path):
    path = tmp_path / "konten.csv"
    path.write_text("amount;debt\n" + "10.200,25;7\n" * 20 + "1,5;\n")
    assert seen(path)["amount"]["example"] == "10.200,25"
    path.write_text("amount;debt\n" + "10200,00;1,5\n" * 20 + "3,25;2,5\n")
    assert seen(path)["amount"]["example"] == "10200,00"


def test_what_is_not_learned_is_not_called_so():
    lines = inspect(FRAME).text(width=140).splitlines()
    assert next(line.split() for line in lines if line.split()[:1] == ["bank"])[-2:] == ["kept", "constant"]


def test_text_that_looks_like_numbers_is_to_be_looked_at():
    texts = [f"{n * n * 31},{n % 90 + 10}" if n % 3 else f"{n * n * 17}.{n % 80 + 11}" for n in range(ROWS)]
    said = "; ".join(
        seen(pl.DataFrame({"amount": texts, "zip": [f"{n:05d}" for n in range(ROWS)]}))["amount"]["problems"]
    )
    assert said == "looks like numbers, taken for an identifier"
    assert not seen(pl.DataFrame({"zip": [f"{n:05d}" for n in range(ROWS)]}))["zip"]["problems"]


def test_a_sound_column_has_nothing_to_look_at():
    assert seen()["income"]["problems"] == ()
    assert seen()["customer_id"]["problems"] == ()


def test_shares_and_counts():
    job = seen()["job"]
    assert (job["missing"], job["distinct"], job["kind"]) == (0.2, 3, "category")


def test_no_value_of_a_person_is_shown():
    columns = seen()
    assert columns["customer_id"]["example"] == "99999"
    assert columns["mail"]["example"] == "xxxx.xxxxx9@xxxxxxx.xxx"
    assert columns["income"]["masked"]
    assert columns["job"]["example"] == "clerk"
    everything = inspect(FRAME).text() + inspect(FRAME)._repr_html_() + json.dumps(inspect(FRAME).json())
    assert not any(name in everything for name in NAMES)
    assert not any(str(value) in everything for value in FRAME["income"].to_list())


def test_one_summary_three_ways():
    inspection = inspect(FRAME)
    assert json.loads(json.dumps(inspection.json()))["tables"][0]["rows"] == ROWS
    text, html = inspection.text(width=120), inspection._repr_html_()
    for column in FRAME.columns:
        assert column in text
        assert f"<td>{column}</td>" in html
    assert max(len(line) for line in text.splitlines()) <= 120
    assert "\x1b" not in text
    assert "\x1b" in inspection.text(width=120, color=True)
    assert str(inspection) == inspection.text()


def test_a_narrow_terminal_shows_all_the_same():
    text = inspect(FRAME).text(width=80)
    assert max(len(line) for line in text.splitlines()) <= 80
    assert "late_days: special code 999 stands 60 times" in text


def test_names_that_steer_a_terminal_or_a_page_are_harmless():
    inspection = inspect(
        pl.DataFrame(
            {"a\x1b[31m": [1, 2] * 50, "<script>": ["[bold]x[/bold]", "\x1b]0;y\x07"] * 40 + ["[bold]x[/bold]"] * 20}
        )
    )
    assert "\x1b" not in inspection.text()
    assert "[bold]x[/bold]" in inspection.text()
    assert "<script>" not in inspection._repr_html_()


def test_the_schema_is_saved_for_correction(tmp_path):
    path = tmp_path / "schema.toml"
    inspection = inspect(FRAME, save=path)
    assert str(path) in inspection.text(width=400)
    assert load_schema(path).tables[0].names == tuple(FRAME.columns)
    path.write_text(path.read_text().replace('kind = "integer"', 'kind = "category"', 1))
    corrected = inspect(FRAME, schema=path).json()["tables"][0]["columns"]
    assert [c["kind"] for c in corrected if c["name"] == "late_days"] == ["category"]
    with pytest.raises(OutputError, match="--force"):
        inspect(FRAME, save=path)
    inspect(FRAME, save=path, force=True)


@needs_data
def test_every_real_table_can_be_inspected():
    for path in sorted(DATA.rglob("*.parquet")):
        if "published" not in str(path) and "holdout" not in str(path):
            assert isinstance(inspect(path), Inspection)


@needs_data
def test_special_codes_and_heaps_of_real_tables():
    def problems(name, column):
        columns = inspect(DATA / name).json()["tables"][0]["columns"]
        return "; ".join(next(c["problems"] for c in columns if c["name"] == column))

    assert "special code 98 stands 264 times" in problems(
        "give_me_some_credit/train.parquet", "NumberOfTimes90DaysLate"
    )
    assert "special code 99999 stands" in problems("adult/train.parquet", "capital_gain")
    assert "special code -1 stands" in problems("bank_marketing/train.parquet", "pdays")
    assert "heap at 40" in problems("adult/train.parquet", "hours_per_week")
    assert problems("adult/train.parquet", "age") == ""


@pytest.mark.parametrize(
    "codes", [(9999,), (9999, 99999), (9_999_999,), (99999.99,), (-99999,), (-9999, 9999), (888888,)], ids=str
)
def test_codes_far_outside_the_rest_are_named(codes):
    rest = np.random.default_rng(0).normal(0 if min(codes) < 0 else 1500, 300, ROWS).round(2).tolist()
    problems = seen(pl.DataFrame({"balance": [*rest, *(float(code) for code in codes for _ in range(20))]}))["balance"][
        "problems"
    ]
    for code in codes:
        assert f"special code {code:.10g} stands 20 times" in problems


def test_a_value_needs_min_count_rows_to_be_named():
    values = [float(n) ** 1.3 for n in range(60)]
    for rows, named in ((9, False), (10, True)):
        problems = seen(pl.DataFrame({"amount": [*values, *[777.0] * rows]}))["amount"]["problems"]
        assert any("777" in problem for problem in problems) is named
