"""Types of a database's columns: what is read as what, and what a column of a frame is stored as."""

from typing import TYPE_CHECKING, Any

import polars as pl

from twinfold.tables.layout import SqlType

if TYPE_CHECKING:
    from sqlalchemy.types import TypeEngine

_MOST_DIGITS, _MOST_DECIMAL_DIGITS = 18, 38
"""Digits that a whole number of 64 bits surely holds, and that a decimal number of Polars does."""

_NUMERIC = SqlType(name="numeric")
_WHOLE = r"^-?\d{1,18}$"
_FRAME_TYPES: dict[Any, SqlType] = {
    pl.Int8: SqlType(name="smallint"),
    pl.Int16: SqlType(name="smallint"),
    pl.UInt8: SqlType(name="smallint"),
    pl.Int32: SqlType(name="integer"),
    pl.UInt16: SqlType(name="integer"),
    pl.Int64: SqlType(name="bigint"),
    pl.UInt32: SqlType(name="bigint"),
    pl.UInt64: SqlType(name="numeric", precision=20, scale=0),
    pl.Float32: SqlType(name="real"),
    pl.Float64: SqlType(name="double"),
    pl.Boolean: SqlType(name="boolean"),
    pl.Date: SqlType(name="date"),
    pl.Time: SqlType(name="time"),
}


def read_type(declared: "TypeEngine[Any]", dialect: str) -> SqlType | None:
    """What SQLAlchemy found of a column's type; None for one that is not read (bytes, JSON, arrays, intervals, …).

    `dialect` is "postgresql" or "sqlite", whose integers have 64 bits and whose floats are double, whatever they are
    called.
    """
    import sqlalchemy as sa

    if domain := getattr(declared, "data_type", None):  # a domain is its base type with a check
        return read_type(domain, dialect)
    length = getattr(declared, "length", None) or None
    lite = dialect == "sqlite"
    match declared:
        case sa.Enum():
            return SqlType(name="enum", label=declared.name, values=tuple(declared.enums))
        case sa.Boolean():
            return SqlType(name="boolean")
        case sa.SmallInteger():
            return SqlType(name="smallint")
        case sa.Integer():
            return SqlType(name="bigint" if lite or isinstance(declared, sa.BigInteger) else "integer")
        case sa.Float():
            single = isinstance(declared, sa.REAL) or (declared.precision or 53) <= 24
            return SqlType(name="real" if single and not lite else "double")
        case sa.Numeric():
            fine = declared.precision is not None and 0 <= (declared.scale or 0) <= declared.precision
            return SqlType(name="numeric", precision=declared.precision, scale=declared.scale) if fine else _NUMERIC
        case sa.Date():
            return SqlType(name="date")
        case sa.DateTime():
            return SqlType(name="timestamptz" if declared.timezone else "timestamp")
        case sa.Time() if not declared.timezone:
            return SqlType(name="time")
        case sa.CHAR():
            return SqlType(name="char", length=length)
        case sa.Uuid():
            return SqlType(name="uuid")
        case sa.Text():
            return SqlType(name="text")
        case sa.String() if type(declared).__module__ == "sqlalchemy.sql.sqltypes":
            return SqlType(name="varchar" if length else "text", length=length)
        case sa.types.NullType() if lite:
            return SqlType(name="text")
    return None


def make_type(known: SqlType, dialect: str) -> "TypeEngine[Any]":
    """The type as SQLAlchemy writes it; an enum's own type must be there already."""
    import sqlalchemy as sa
    from sqlalchemy.dialects import postgresql

    lite = dialect == "sqlite"
    match known.name:
        case "enum" if known.label and known.values and not lite:
            return postgresql.ENUM(*known.values, name=known.label, create_type=False)
        case "bigint" | "integer" if lite:
            return sa.INTEGER()
        case "double" if lite:
            return sa.REAL()
        case "timestamp" | "timestamptz" if lite:
            return sa.DATETIME()
        case "uuid" if lite:
            return sa.CHAR(36)
        case "numeric":
            return sa.Numeric(known.precision, known.scale)
        case "varchar":
            return sa.String(known.length)
        case "char":
            return sa.CHAR(known.length)
        case "timestamptz":
            return sa.TIMESTAMP(timezone=True)
    plain: dict[str, type[TypeEngine[Any]]] = {
        "smallint": sa.SmallInteger,
        "integer": sa.Integer,
        "bigint": sa.BigInteger,
        "real": sa.REAL,
        "double": sa.Double,
        "boolean": sa.Boolean,
        "date": sa.Date,
        "time": sa.Time,
        "timestamp": sa.TIMESTAMP,
        "text": sa.Text,
        "uuid": sa.Uuid,
        "enum": sa.Text,
    }
    return plain[known.name]()


def type_of(dtype: pl.DataType) -> SqlType:
    """The type that a frame's column gets in a database where none is known."""
    if isinstance(dtype, pl.Datetime):
        return SqlType(name="timestamptz" if dtype.time_zone else "timestamp")
    if isinstance(dtype, pl.Decimal):
        return SqlType(name="numeric", precision=dtype.precision, scale=dtype.scale)
    return _FRAME_TYPES.get(type(dtype), SqlType(name="text"))


def from_text(texts: pl.Series, known: SqlType) -> pl.Series:
    """A column of PostgreSQL's texts, shape (rows,), as what they say; null for what the type here can't hold.

    These are infinities, and dates before the year 1 or after 9999. A `numeric` whose values are whole becomes whole
    numbers, and stays text where they have more than 18 digits, as an account's may.
    """
    match known.name:
        case "smallint" | "integer" | "bigint":
            return texts.cast({"smallint": pl.Int16, "integer": pl.Int32, "bigint": pl.Int64}[known.name])
        case "numeric":
            return _numbers(texts, known)
        case "real" | "double":
            return texts.cast(pl.Float32 if known.name == "real" else pl.Float64, strict=False)
        case "boolean":
            return texts == "t"
        case "date":
            return texts.str.to_date("%Y-%m-%d", strict=False)
        case "timestamp" | "timestamptz":
            plain = texts.str.strip_suffix("+00").str.to_datetime("%Y-%m-%d %H:%M:%S%.f", time_unit="us", strict=False)
            return plain if known.name == "timestamp" else plain.dt.replace_time_zone("UTC")
        case "char":
            return texts.str.strip_chars_end(" ")
    return texts


def _numbers(texts: pl.Series, known: SqlType) -> pl.Series:
    scale, precision = known.scale or 0, known.precision
    if scale == 0 and bool((texts.str.contains(_WHOLE) | texts.is_null()).all()):
        return texts.cast(pl.Int64)
    if scale == 0 and bool((texts.str.contains(r"^-?\d+$") | texts.is_null()).all()):
        return texts
    if precision is not None and precision <= _MOST_DECIMAL_DIGITS:
        return texts.cast(pl.Decimal(precision, scale), strict=False)
    return texts.cast(pl.Float64, strict=False)


def fit_into(series: pl.Series, known: SqlType | None) -> pl.Series:
    """A column with made-up texts cut to the length, and numbers kept within the digits, that its type admits."""
    if known is None:
        return series
    if known.length is not None and series.dtype == pl.String:
        return series.str.slice(0, known.length)
    if known.name == "numeric" and known.precision is not None and series.dtype.is_numeric():
        scale = known.scale or 0
        most = 10 ** (known.precision - scale) - 10**-scale
        if series.dtype.is_integer() and known.precision - scale <= _MOST_DIGITS:
            return series.clip(-int(most), int(most))
        if series.dtype.is_float():
            return series.clip(-most, most)
    return series
