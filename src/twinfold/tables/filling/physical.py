"""Types of columns from their names as Polars writes them."""

import re

import polars as pl

_NUMBERED = re.compile(r"(U?Int(8|16|32|64)|Int128)")
_DATETIME = re.compile(r"Datetime\(time_unit='(ms|us|ns)', time_zone=(None|'([^']+)')\)")
_DECIMAL = re.compile(r"Decimal\((?:precision=)?(\d+), (?:scale=)?(\d+)\)")


def data_type(physical: str) -> pl.DataType:
    """The Polars type of a name; text where the name is of none that fakes can be stored in (an `Enum`, say)."""
    if _NUMBERED.fullmatch(physical) or physical in ("Float32", "Float64", "Boolean", "Date", "Time", "Binary"):
        named: pl.DataType = getattr(pl, physical)()
        return named
    if found := _DATETIME.fullmatch(physical):
        return pl.Datetime(found[1], found[3])  # type: ignore[arg-type]  # the pattern admits these units alone
    if found := _DECIMAL.fullmatch(physical):
        return pl.Decimal(int(found[1]), int(found[2]))
    return pl.Categorical() if physical.startswith("Categorical") else pl.String()


def largest_integer(dtype: pl.DataType) -> int:
    """The largest integer that can be stored exactly, and no larger than 2^62."""
    if dtype == pl.Boolean:
        return 1
    if dtype.is_float():
        return 2**24 if dtype == pl.Float32 else 2**53
    if isinstance(dtype, pl.Decimal):
        return int(min(10 ** (dtype.precision - dtype.scale) - 1, 2**62))
    found = re.search(r"(U?)Int(\d+)", str(dtype))
    return min(2 ** (int(found[2]) - (not found[1])) - 1, 2**62) if found else 2**62
