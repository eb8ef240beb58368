import datetime
import io
import zipfile

import numpy as np
import polars as pl
import pytest

from twinfold.errors import DataError, ModelFileError, OptionError
from twinfold.synthesis import synthesizer as module
from twinfold.synthesis.model_file import read_model_file, write_model_file
from twinfold.synthesis.synthesizer import learn, load
from twinfold.tables.reading import read


def customers(rows=1500, seed=0):
    rng = np.random.default_rng(seed)
    opened = np.datetime64("2015-01-01") + rng.integers(0, 3000, rows)
    return pl.DataFrame(
        {
            "customer_id": [f"C-{n:06d}" for n in rng.permutation(900_000)[:rows]],
            "email": [f"person{n}@bank-customers.cz" for n in rng.permutation(10**6)[:rows]],
            "segment": rng.choice(["retail", "private", "small business"], rows),
            "opened": pl.Series(opened).cast(pl.String),
            "salary": rng.lognormal(10, 0.6, rows),
            "score": np.where(rng.random(rows) < 0.1, -7, rng.integers(300, 851, rows)),
            "country": ["CZ"] * rows,
            "closed": pl.Series([None] * rows, dtype=pl.String),
        }
    )


def test_a_saved_model_draws_the_same_rows(tmp_path):
    made = learn(read(customers()))
    made.save(tmp_path / "customers.twin")
    again = load(tmp_path / "customers.twin")
    assert again.sample(700).equals(made.sample(700))
    assert again.sample(50, where="score = -7").equals(made.sample(50, where="score = -7"))
    assert again.describe() == made.describe()


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(tmp_path):
    for name, seed in (("a", 5), ("b", 5), ("c", 6)):
        learn(read(customers()), seed=seed).save(tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert (tmp_path / "a").read_bytes() != (tmp_path / "c").read_bytes()
    made = load(tmp_path / "a")
    assert made.sample(300, seed=1).equals(made.sample(300, seed=1))
    assert not made.sample(300, seed=1).equals(made.sample(300, seed=2))


def test_what_came_leaves_in_the_same_types_and_formats():
    real = customers()
    out = learn(read(real)).sample()
    assert out.schema == real.schema
    assert out.height == real.height
    assert out["opened"].str.to_date("%Y-%m-%d").is_not_null().all()
    assert out["customer_id"].str.contains(r"^C-\d{6}$").all()
    assert out["customer_id"].is_unique().all()
    assert set(out["country"]) == {"CZ"}
    assert out["closed"].null_count() == out.height
    assert (out["score"] == -7).sum() > 0


def test_no_personal_value_reaches_the_model_file_or_the_rows(tmp_path):
    real = customers()
    made = learn(read(real))
    made.save(tmp_path / "m.twin")
    with zipfile.ZipFile(io.BytesIO((tmp_path / "m.twin").read_bytes())) as archive:
        held = b"".join(archive.read(name) for name in archive.namelist())
    for column in ("customer_id", "email"):
        assert not any(value.encode() in held for value in real[column])
    assert not set(made.sample()["email"]) & set(real["email"])
    salaries = real["salary"].unique().to_numpy()
    numbers = [array.ravel() for array in read_model_file(tmp_path / "m.twin")[1].values() if array.dtype == np.float64]
    assert not np.isin(salaries, np.concatenate(numbers)).any()


def test_pieces_do_not_change_what_is_drawn(monkeypatch):
    made = learn(read(customers()))
    whole = list(made.stream(700).frames())
    monkeypatch.setattr(module, "CHUNK", 200)
    pieces = list(made.stream(700).frames())
    assert [frame.height for frame in pieces] == [200, 200, 200, 100]
    assert pl.concat(pieces)["customer_id"].equals(whole[0]["customer_id"])  # made-up columns are numbered by row
    assert pl.concat(pieces)["customer_id"].is_unique().all()


@pytest.mark.parametrize("rows", [1, 2, 49])
def test_too_few_rows_are_refused_with_the_reason(rows):
    with pytest.raises(DataError, match=f"has {rows} row.* too few to learn without giving"):
        learn(read(customers(rows)))


def test_fifty_rows_are_enough():
    assert learn(read(customers(50))).sample().height == 50


def test_nothing_to_learn_is_said():
    with pytest.raises(DataError, match="no column to learn"):
        learn(read(customers().select("customer_id", "email", "country")))


def test_options_out_of_range():
    made = learn(read(customers(200)))
    with pytest.raises(OptionError, match="n is 0"):
        made.sample(0)
    with pytest.raises(OptionError, match="engine 'forest' is not known"):
        learn(read(customers(200)), engine="forest")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda manifest: manifest.pop("codebook"),
        lambda manifest: manifest["table"].pop("columns"),
        lambda manifest: manifest["codebook"]["columns"].pop(),
        lambda manifest: manifest["codebook"]["columns"][2].update(levels=["a", 5]),
        lambda manifest: manifest["codebook"]["columns"][2].update(levels=[]),
        lambda manifest: manifest.update(rows="many"),
        lambda manifest: manifest.update(table=[]),
        lambda manifest: manifest["table"]["columns"][3].update(physical="no such type"),
        lambda manifest: manifest.update(engine="of tomorrow"),
    ],
)
def test_a_model_file_whose_parts_do_not_fit_is_refused(tmp_path, spoil):
    learn(read(customers(300))).save(tmp_path / "m.twin")
    manifest, arrays = read_model_file(tmp_path / "m.twin")
    spoil(manifest)
    write_model_file(tmp_path / "bad.twin", manifest, arrays)
    with pytest.raises(ModelFileError) as caught:
        load(tmp_path / "bad.twin").sample(10)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("present", [1, 9, 19])
def test_a_column_with_hardly_a_value_comes_out_missing(present):
    amounts = [None] * (600 - present) + list(range(70_000, 70_000 + present))
    days = [datetime.date(2020, 1, 1 + n) for n in range(present)]
    frame = customers(600).with_columns(
        amount=pl.Series(amounts, dtype=pl.Int64),
        ratio=pl.Series(amounts, dtype=pl.Float64) + 0.5,
        day=pl.Series([None] * (600 - present) + days, dtype=pl.Date),
    )
    out = learn(read(frame)).sample(100)
    assert [out[name].null_count() for name in ("amount", "ratio", "day")] == [100] * 3
    assert out.schema["amount"] == pl.Int64


def test_missing_values_go_with_what_they_went_with():
    rng = np.random.default_rng(3)
    working = rng.random(4000) < 0.6
    income = np.where(working, rng.lognormal(10, 0.3, 4000), np.nan)
    employer = np.where(rng.random(4000) < np.where(working, 0.05, 0.9), None, "somebody")
    real = pl.DataFrame({"working": working, "income": income, "employer": employer}, nan_to_null=True)
    made = learn(read(real)).sample(8000)
    assert made.filter("working")["income"].null_count() == 0
    assert made.filter(~pl.col("working"))["income"].is_null().all()
    for here, share in ((pl.col("working"), 0.05), (~pl.col("working"), 0.9)):
        assert made.filter(here)["employer"].is_null().mean() == pytest.approx(share, abs=0.03)
