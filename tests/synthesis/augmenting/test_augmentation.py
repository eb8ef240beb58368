"""New rows of real ones: planted truths."""

import datetime

import numpy as np
import polars as pl
import pytest

from twinfold.errors import DataError, OptionError, SchemaError
from twinfold.synthesis.augmenting.augmentation import Augmented, Method, Recipe, augment_rows
from twinfold.synthesis.augmenting.material import gather_material
from twinfold.tables.reading import read

METHODS = list(Method)
NEW = [Method.SMOTE, Method.MIXUP, Method.NOISE]


def customers(rows: int = 600, seed: int = 0) -> pl.DataFrame:
    """Those who leave hold fewer thousands, live elsewhere and joined later, with all that real tables have."""
    rng = np.random.default_rng(seed)
    left = rng.random(rows) < 0.15
    city = np.where(left, rng.choice(["Lyon", "Paris"], rows), rng.choice(["Berlin", "Hamburg", "Wien"], rows))
    country = {"Lyon": "FR", "Paris": "FR", "Berlin": "DE", "Hamburg": "DE", "Wien": "AT"}
    days = np.where(left, rng.integers(3_000, 4_000, rows), rng.integers(0, 2_000, rows))
    opened = [datetime.date(2010, 1, 1) + datetime.timedelta(int(day)) for day in days]
    thousands = np.where(left, rng.integers(1, 50, rows), rng.integers(100, 300, rows))
    return pl.DataFrame(
        {
            "customer_id": [f"C{number:06d}" for number in rng.permutation(10 * rows)[:rows]],
            "email": [f"someone{k}@bank.example" for k in range(rows)],
            "opened": opened,
            "balance": [None if rng.random() < 0.1 else int(k) * 1_000 for k in thousands],
            "rate": (rng.uniform(1, 5, rows)).round(2),
            "city": city,
            "country": [country[c] for c in city],
            "left": np.where(left, "yes", "no"),
        }
    )


def make(frame: pl.DataFrame, target: str | None = "left", seed: int = 0, **asked: object) -> Augmented:
    return augment_rows(gather_material(read(frame), target), Recipe(**asked), seed=seed)  # type: ignore[arg-type]


@pytest.mark.parametrize("method", METHODS)
def test_new_rows_are_stored_as_real_ones_and_balance_them(method: Method) -> None:
    real = customers()
    made = make(real, method=method)
    assert made.frame.schema == real.schema
    counts = pl.concat([real, made.frame])["left"].value_counts()["count"].to_list()
    assert counts[0] == counts[1]
    assert made.counts == {"yes": made.frame.height}
    new = made.frame
    assert not set(new["customer_id"]) & set(real["customer_id"])
    assert not set(new["email"]) & set(real["email"])
    assert new["customer_id"].is_unique().all()
    assert new["balance"].null_count() / new.height == pytest.approx(0.1, abs=0.08)


@pytest.mark.parametrize("method", METHODS)
def test_no_new_row_is_made_of_rows_of_another_level(method: Method) -> None:
    made, real = make(customers(), method=method).frame, customers().filter(pl.col("left") == "yes")
    assert set(made["city"]) <= {"Lyon", "Paris"}
    for name in ("opened", "rate"):
        assert made[name].is_between(customers()[name].min(), customers()[name].max()).all()
    if method in (Method.SMOTE, Method.RESAMPLE):  # noise goes as far as the table's range, codes as their bins
        for name in ("opened", "balance", "rate"):
            assert made[name].drop_nulls().is_between(real[name].min(), real[name].max()).all()


@pytest.mark.parametrize("method", METHODS)
def test_grids_levels_and_what_follows_what_are_kept(method: Method) -> None:
    made = make(customers(), method=method, n=500, balance=False).frame
    assert (made["balance"].drop_nulls() % 1_000 == 0).all()
    assert (made["rate"] == made["rate"].round(2)).all()
    pairs = customers().select("city", "country").unique()
    assert made.join(pairs, on=["city", "country"], how="anti").height == 0


def test_resampled_rows_are_real_and_others_are_not() -> None:
    real, names = customers(), ["opened", "balance", "rate", "city", "country", "left"]
    assert make(real, method="resample").frame.join(real, on=names, how="anti", nulls_equal=True).height == 0
    for method in NEW:
        made = make(real, method=method).frame
        assert made.join(real, on=names, how="semi", nulls_equal=True).height < 0.02 * made.height


@pytest.mark.parametrize("method", METHODS)
def test_the_same_seed_gives_the_same_rows_and_another_others(method: Method) -> None:
    one, two, other = (make(customers(300), method=method, seed=seed).frame for seed in (3, 3, 4))
    assert one.equals(two)
    assert not one.equals(other)


def test_without_a_target_as_many_as_there_are() -> None:
    assert make(customers(200), None).counts == {"all": 200}
    assert make(customers(200), None, n=7, method="mixup").frame.height == 7


@pytest.mark.parametrize("method", NEW)
def test_a_level_that_few_hold_is_not_drawn(method: Method) -> None:
    real = customers().with_columns(
        city=pl.when(pl.int_range(pl.len()) % 150 == 0).then(pl.lit("Monaco")).otherwise("city"),
        secret=pl.Series([f"only {k}" for k in range(600)]).cast(pl.Categorical).cast(pl.String),
    )
    made = make(real, None, method=method).frame
    assert "Monaco" not in set(made["city"])
    assert not set(made["secret"].drop_nulls()) & set(real["secret"])


def test_rows_without_an_answer_are_left_aside() -> None:
    real = customers().with_columns(
        left=pl.when(pl.col("rate") > 4.5).then(None).otherwise("left"),
    )
    made = make(real, method="resample", n=300, balance=False)
    assert made.frame["left"].null_count() == 0
    assert made.frame["rate"].max() <= 4.5  # type: ignore[operator]


@pytest.mark.parametrize(
    ("target", "asked", "error", "parts"),
    [
        ("lft", {}, SchemaError, ["'lft'", "did you mean 'left'?"]),
        ("country", {"method": "smoat"}, OptionError, ["'smoat'", "smote, mixup, noise, resample", "mean 'smote'?"]),
        ("opened", {}, OptionError, ["'opened'", "levels", "2 to 50"]),
        ("one", {}, OptionError, ["'one' has 1 level;", "2 to 50", "leave the target out"]),
        ("customer_id", {}, OptionError, ["'customer_id'", "identifier", "name a column"]),
        ("left", {"n": 0}, OptionError, ["n is 0", "1 or more"]),
        ("left", {"scale": -1.0}, OptionError, ["scale is -1", "0 to 100"]),
        ("left", {"scale": float("nan")}, OptionError, ["scale is nan"]),
        ("left", {"neighbours": 0}, OptionError, ["neighbours is 0"]),
        ("lonely", {}, DataError, ["level 'yes' of 'lonely' has 1 row;", "2 or more", "bring more rows"]),
        ("even", {}, OptionError, ["2 levels of 'even' are equally frequent", "give n"]),
    ],
)
def test_bad_input_is_one_line(target: str, asked: dict[str, object], error: type[Exception], parts: list[str]) -> None:
    real = customers().with_columns(
        one=pl.lit("same"),
        lonely=pl.when(pl.int_range(pl.len()) == 5).then(pl.lit("yes")).otherwise(pl.lit("no")),
        even=pl.when(pl.int_range(pl.len()) % 2 == 0).then(pl.lit("a")).otherwise(pl.lit("b")),
    )
    with pytest.raises(error) as caught:
        make(real, target, **asked)
    assert [part for part in parts if part not in str(caught.value)] == []
    assert "\n" not in str(caught.value)
