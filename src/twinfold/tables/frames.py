"""Frames that users hold: pandas, Polars and Arrow come in as Polars, and go out as what they came as."""

from collections import Counter
from typing import Any

import polars as pl
from pydantic import ValidationError

from twinfold.errors import DataError
from twinfold.tables.layout import Categories, Layout
from twinfold.tables.storage_types import normalise, restore_arrow, restore_polars

ACCEPTED = "a path, a folder, the URL of a database, a pandas, Polars or Arrow frame, or a mapping of names to frames"


def take_frame(source: object, name: str) -> tuple[pl.DataFrame, Layout, list[str]]:
    """Take in a frame: the Polars frame, its layout, and what was found out in plain words.

    `source` is a pandas DataFrame, a Polars DataFrame or LazyFrame, or an Arrow table (anything with an Arrow stream).
    Raises `DataError` where it is none of them or holds what can't be read.
    """
    if isinstance(source, pl.LazyFrame):
        source = source.collect()
    if isinstance(source, pl.DataFrame):
        types = {column: str(dtype) for column, dtype in source.schema.items() if not isinstance(dtype, pl.Enum)}
        types |= {column: "Enum()" for column in source.columns if column not in types}
        frame, notes = normalise(source, f"table {name!r}")
        return frame, Layout(source="polars", types=types), notes
    if _from_library(source, "pandas"):
        return _take_pandas(source, name)
    if hasattr(source, "__arrow_c_stream__") or hasattr(source, "__arrow_c_array__"):
        return _take_arrow(source, name)
    raise DataError(f"table {name!r} is a {type(source).__name__}; give {ACCEPTED}")


def is_frame(source: object) -> bool:
    """Whether `take_frame` knows the type."""
    known = isinstance(source, pl.DataFrame | pl.LazyFrame) or _from_library(source, "pandas")
    return known or hasattr(source, "__arrow_c_stream__") or hasattr(source, "__arrow_c_array__")


def give_back(frame: pl.DataFrame, layout: Layout) -> Any:
    """A frame of the library and the types that the layout's source had; a Polars frame for what came from files.

    A pandas column keeps its dtype's name, and a category its categories, but for those that too few rows held; a
    missing value in a column whose dtype has none (int64, bool) makes it the nullable dtype of the same width.
    """
    if layout.source == "pandas":
        return _give_pandas(frame, layout)
    if layout.source == "arrow":
        return restore_arrow(frame, layout.types)
    if layout.source == "polars":
        return frame.with_columns(
            restore_polars(frame[name], dtype) for name, dtype in layout.types.items() if name in frame.columns
        )
    return frame


def _from_library(source: object, library: str) -> bool:
    return any(
        kind.__module__.split(".")[0] == library and kind.__name__ == "DataFrame" for kind in type(source).__mro__
    )


def _take_arrow(source: Any, name: str) -> tuple[pl.DataFrame, Layout, list[str]]:
    import pyarrow as pa

    try:
        table = source if isinstance(source, pa.Table) else pa.table(source)
        types = {field.name: str(field.type) for field in table.schema}
        _refuse_twice(table.column_names, name)
        raw = pl.from_arrow(table)
    except (pa.ArrowException, pl.exceptions.PolarsError, pl.exceptions.PanicException, TypeError) as error:
        raise DataError(f"table {name!r} can't be read: {' '.join(str(error).split())[:200]}") from error
    assert isinstance(raw, pl.DataFrame)
    frame, notes = normalise(raw, f"table {name!r}")
    return frame, Layout(source="arrow", types=types), notes


def _take_pandas(source: Any, name: str) -> tuple[pl.DataFrame, Layout, list[str]]:
    names = [str(column) for column in source.columns]
    _refuse_twice(names, name)
    notes = []
    if any(label is not None for label in source.index.names):
        notes.append(f"table {name!r}: its index {list(source.index.names)} is not read; use reset_index() to keep it")
    columns = [_from_pandas(source.iloc[:, i], names[i], name) for i in range(len(names))]
    frame, more = normalise(pl.DataFrame(columns), f"table {name!r}")
    pandas_types = {column: str(dtype) for column, dtype in zip(names, source.dtypes, strict=True)}
    types = {series.name: str(series.dtype) for series in columns if series.dtype in (pl.Time, pl.Null)}
    categories = {
        column: found
        for i, column in enumerate(names)
        if pandas_types[column] == "category" and (found := _categories(source.iloc[:, i].cat))
    }
    layout = Layout(source="pandas", pandas_types=pandas_types, types=types, categories=categories)
    return frame, layout, [*notes, *more]


def _categories(column: Any) -> Categories | None:
    """The categories of a column; None where there are too many to keep, or they are no plain values."""
    values = column.categories.tolist()
    if not all(type(value) in (bool, int, float, str) for value in values):
        return None
    try:
        return Categories(values=tuple(values), ordered=bool(column.ordered))
    except ValidationError:
        return None


def _from_pandas(column: Any, name: str, table: str) -> pl.Series:
    import pyarrow as pa

    if str(column.dtype) == "category":
        column = column.astype(column.cat.categories.dtype if not column.hasnans else _with_missing(column))
    elif str(column.dtype).startswith("Sparse["):
        column = column.sparse.to_dense()
    try:
        series: pl.Series = pl.from_pandas(column)
        return series.alias(name)
    except (
        *(pa.ArrowException, pl.exceptions.PolarsError, pl.exceptions.PanicException),
        *(TypeError, ValueError, OverflowError, NotImplementedError),
    ) as error:
        kinds = sorted({type(value).__name__ for value in column.head(1000) if value is not None})
        raise DataError(
            f"column {name!r} of table {table!r} holds {', '.join(kinds)} as {column.dtype}, which can't be read; "
            "convert it to one type, such as str"
        ) from error


def _with_missing(column: Any) -> Any:
    kind = column.cat.categories.dtype
    return {"i": "Int64", "u": "UInt64", "b": "boolean"}.get(kind.kind, kind)


def _refuse_twice(names: list[str], table: str) -> None:
    for column, count in Counter(names).items():
        if count > 1:
            raise DataError(f"table {table!r} has {count} columns named {column!r}; give each its own name")


def _give_pandas(frame: pl.DataFrame, layout: Layout) -> Any:
    import pandas as pd

    columns = {}
    for series in frame.iter_columns():
        stored = restore_polars(series, layout.types.get(series.name, ""))
        dtype, categories = layout.pandas_types.get(series.name), layout.categories.get(series.name)
        columns[series.name] = _to_pandas(stored, dtype, categories)
    return pd.DataFrame(columns)


def _to_pandas(series: pl.Series, dtype: str | None, categories: Categories | None = None) -> Any:
    import pandas as pd

    if dtype == "object":
        return pd.Series(series.to_list(), dtype=object, name=series.name)
    if dtype == "category":
        present = series.drop_nulls().unique().sort()
        ordered = categories is not None and categories.ordered
        if categories is not None:
            known = pl.Series(categories.values, dtype=series.dtype, strict=False).drop_nulls()
            present = known.append(present.filter(~present.is_in(known.implode())))
        listed = present.to_pandas().rename(None)
        return pd.Series(pd.Categorical(series.to_list(), categories=listed, ordered=ordered), name=series.name)
    plain = series.to_pandas()
    if dtype is None or str(plain.dtype) == dtype:
        return plain
    wide: Any = series.to_pandas(use_pyarrow_extension_array=True)
    if series.null_count() and (dtype.startswith(("int", "uint")) or dtype == "bool"):
        dtype = "boolean" if dtype == "bool" else dtype.replace("i", "I").replace("uI", "UI")
    try:
        return wide.astype(dtype)
    except (TypeError, ValueError, NotImplementedError):
        return plain
