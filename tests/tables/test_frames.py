"""A frame comes back as what it was handed in as: the library, the types, the categories."""

import datetime
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import twinfold
from twinfold.errors import DataError
from twinfold.tables.frames import give_back, take_frame


def pandas_frame() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "int64": np.array([1, 2, 3]),
            "int32": np.array([1, 2, 3], np.int32),
            "uint8": np.array([1, 2, 3], np.uint8),
            "Int64": pd.array([1, None, 3], "Int64"),
            "float64": [1.5, np.nan, 2.5],
            "float32": np.array([1.5, 2.5, 3.5], np.float32),
            "Float64": pd.array([1.5, None, 2.5], "Float64"),
            "bool": [True, False, True],
            "boolean": pd.array([True, None, False], "boolean"),
            "str": ["a", "b", None],
            "string": pd.array(["a", None, "b"], "string"),
            "object": pd.Series(["a", None, "b"], dtype=object),
            "category": pd.Categorical(["x", "y", None]),
            "numbers": pd.Categorical([7, 8, None]),
            "ns": pd.to_datetime(pd.Series(["2024-01-01", None, "2024-01-03"])).astype("datetime64[ns]"),
            "s": pd.to_datetime(["2024-01-01", "2024-01-02", "2024-01-03"]).astype("datetime64[s]"),
            "zoned": pd.to_datetime(["2024-01-01"] * 3)
            .tz_localize("Europe/Prague")
            .astype("datetime64[us, Europe/Prague]"),
            "lasts": pd.to_timedelta([1, 2, 3], unit="h").astype("timedelta64[ns]"),
            "arrow": pd.array([1, None, 3], "int64[pyarrow]"),
            "dates": pd.Series([datetime.date(2024, 1, 1), None, datetime.date(2024, 1, 3)], dtype=object),
        }
    )


def test_pandas_comes_back_with_its_dtypes_and_values() -> None:
    frame = pandas_frame()
    inner, layout, notes = take_frame(frame, "customers")
    assert notes == []
    assert inner.schema["category"] == inner.schema["object"] == pl.String
    assert inner.schema["int32"] == pl.Int32
    assert inner["float64"].to_list() == [1.5, None, 2.5]
    again = give_back(inner, layout)
    pd.testing.assert_frame_equal(again, frame, check_categorical=True)


def test_a_missing_value_widens_a_dtype_that_has_none() -> None:
    inner, layout, _ = take_frame(pd.DataFrame({"n": np.array([1, 2], np.int32), "b": [True, False]}), "t")
    again = give_back(pl.DataFrame({"n": [1, None], "b": [None, True]}, schema=inner.schema), layout)
    assert [str(dtype) for dtype in again.dtypes] == ["Int32", "boolean"]


def test_polars_comes_back_with_its_types() -> None:
    frame = pl.DataFrame(
        {
            "c": pl.Series(["a", "b", None], dtype=pl.Categorical),
            "e": pl.Series(["lo", "hi", "lo"], dtype=pl.Enum(["hi", "lo"])),
            "i": pl.Series([1, 2, 3], dtype=pl.UInt8),
            "t": pl.Series([datetime.time(10, 0, 0, 5), None, datetime.time(1)]),
            "d": pl.Series([datetime.timedelta(hours=1)] * 3),
            "n": pl.Series([None, None, None]),
            "x": [1.5, float("nan"), float("inf")],
        }
    )
    inner, layout, notes = take_frame(frame.lazy(), "customers")
    assert notes == ["table 'customers': 1 infinite values in 'x' are read as missing"]
    assert inner["x"].to_list() == [1.5, None, None]
    again = give_back(inner, layout)
    assert again.schema == frame.schema
    assert again.drop("x").equals(frame.drop("x"))


def test_arrow_comes_back_with_its_types() -> None:
    table = pa.table(
        {
            "s": pa.array(["a", None], pa.string()),
            "d": pa.array(["a", "b"]).dictionary_encode().cast(pa.dictionary(pa.int8(), pa.string())),
            "t": pa.array([1, 2], pa.timestamp("s")),
            "f": pa.array([1.5, None], pa.float32()),
        }
    )
    inner, layout, _ = take_frame(table, "t")
    assert give_back(inner, layout).equals(table)
    assert take_frame(table.to_batches()[0], "t")[0].equals(inner)


def test_dictionary_indices_widen_where_there_are_more_categories() -> None:
    table = pa.table({"d": pa.array(["a"]).dictionary_encode().cast(pa.dictionary(pa.int8(), pa.string()))})
    _, layout, _ = take_frame(table, "t")
    many = give_back(pl.DataFrame({"d": [str(i) for i in range(1000)]}), layout)
    assert many["d"].to_pylist() == [str(i) for i in range(1000)]


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "2 columns named 'a'"),
        (pd.DataFrame({"a": pd.Series(["x", 1, {}], dtype=object)}), "column 'a' of table 't' holds dict, int, str"),
        (pd.DataFrame({"a": pd.Series([[1], [2]])}), "'a'.*is of type List"),
        (pl.DataFrame({"a": [{"b": 1}]}), "'a'.*is of type Struct"),
        (pl.DataFrame({"a": [b"x"]}), "'a'.*is of type Binary"),
        (pl.DataFrame(), "no columns"),
        (pa.table({"a": pa.array([[1]])}), "'a'.*is of type List"),
        ([1, 2], "is a list; give a path"),
    ],
)
def test_what_cannot_be_read_is_named(frame: Any, message: str) -> None:
    with pytest.raises(DataError, match=message) as caught:
        take_frame(frame, "t")
    assert "\n" not in str(caught.value)


def test_a_named_index_is_said_not_to_be_read() -> None:
    frame = pd.DataFrame({"a": [1]}, index=pd.Index(["c1"], name="customer"))
    assert "its index ['customer'] is not read" in take_frame(frame, "t")[2][0]


def test_a_pandas_category_keeps_its_categories_but_the_rare_and_the_personal() -> None:
    rows = 200
    levels = ["low", "mid", "high", "never"]
    frame = pd.DataFrame(
        {
            "grade": pd.Categorical([levels[i % 3] for i in range(rows)], categories=levels, ordered=True),
            "town": pd.Categorical(["Ghent"] * 3 + ["Bruges", "Aalst"] * 98 + [None]),
            "count": pd.Categorical([30, 10, 20, 40] * 50, categories=[40, 30, 20, 10]),
            "mail": pd.Categorical([f"person{i % 4}@bank.example" for i in range(rows)]),
            "age": np.random.default_rng(0).normal(50, 9, rows),
        }
    )
    model = twinfold.fit(frame, seed=0)
    assert "Ghent" not in str(model.layout)
    assert "person1" not in str(model.layout)
    for drawn in (twinfold.sample(model, 300), twinfold.sample(model, 50, where="grade = 'low' and town = 'Aalst'")):
        assert drawn["grade"].dtype == pd.CategoricalDtype(["low", "mid", "high"], ordered=True)
        assert set(drawn["town"].cat.categories) == {"Aalst", "Bruges"}
        assert list(drawn["count"].cat.categories) == [40, 30, 20, 10]
        assert drawn["mail"].dtype == "category"


def test_a_label_that_is_no_category_is_added_to_them() -> None:
    frame = pd.DataFrame({"town": pd.Categorical(["b", "a"] * 3)})
    _, layout, _ = take_frame(frame, "t")
    again = give_back(pl.DataFrame({"town": ["a", "(other)", None]}), layout)
    assert list(again["town"].cat.categories) == ["a", "b", "(other)"]
    assert again["town"].tolist()[:2] == ["a", "(other)"]
