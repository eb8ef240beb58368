"""How a table was stored when it came, so that what goes back looks the same.

A layout may come out of a model file that somebody else wrote: it admits what reading finds, and nothing else.
"""

import re
from pathlib import PurePath
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from twinfold.tables.schema import Link

_TABLE_FILE = re.compile(r"[^\0]+\.(?:(?:csv|tsv|txt)(?:\.gz)?|parquet)", re.IGNORECASE | re.DOTALL)
_Decimals = Annotated[int, Field(ge=0, le=15)]
_Marker = Annotated[str, Field(max_length=1000)]
_Name = Annotated[str, Field(min_length=1, max_length=200)]

SqlName = Literal[
    "smallint",
    "integer",
    "bigint",
    "numeric",
    "real",
    "double",
    "boolean",
    "date",
    "time",
    "timestamp",
    "timestamptz",
    "text",
    "varchar",
    "char",
    "uuid",
    "enum",
]
"""Types of a database's columns that are read and written."""


class CsvDialect(BaseModel):
    """How a delimited text file is written.

    Attributes:
        delimiter: one character, or one and the blank that follows it everywhere (", ").
        encoding: a Python codec name ("utf-8", "utf-8-sig" with a byte-order mark, "cp1252", "utf-16").
        decimal, thousands: the marks inside numbers; thousands is None where numbers are not grouped.
        quote_all: whether every field stands in quotes.
        fixed_decimals: by column, digits after the decimal point where every value is written with as many (12.50).
        null: how a missing number is written ("" or "NA"). A missing text is an empty field, `null` under `quote_text`.
        quote_text: whether names and texts stand in quotes and numbers do not (as R writes).
        whole_bare: columns of decimals whose whole numbers are written without a point (3, not 3.0).
        grouped: columns whose numbers are grouped by `thousands`; years and codes beside them are not.
        nulls: by column of numbers, how a missing one is written where that is not `null` ("n/a", "-").
        names_delimiter: whether a line "sep=;" stands above the names, as Excel reads and writes.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    delimiter: str = Field(default=",", pattern=r"""^([^\w\s"'.]|\t) ?$""")
    encoding: str = Field(default="utf-8", pattern="^(utf-8|utf-8-sig|utf-16|utf-32|cp1252|latin-1)$")
    quote: str = Field(default='"', pattern="""^["']$""")
    quote_all: bool = False
    decimal: str = Field(default=".", pattern="^[.,]$")
    thousands: str | None = Field(default=None, pattern="^[.,' \u00a0\u202f]$")
    line_end: str = Field(default="\n", pattern=r"^(\r\n|\n|\r)$")
    gzip: bool = False
    null: _Marker = ""
    fixed_decimals: dict[str, _Decimals] = {}
    quote_text: bool = False
    whole_bare: tuple[str, ...] = ()
    grouped: tuple[str, ...] = ()
    nulls: dict[str, _Marker] = {}
    names_delimiter: bool = False


class Categories(BaseModel):
    """The categories of a pandas column, in their order, and whether that means anything."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    values: tuple[bool | int | float | Annotated[str, Field(max_length=10_000)], ...] = Field(max_length=5_000)
    ordered: bool = False


class SqlType(BaseModel):
    """The type of a database's column: its name, and what stands in brackets behind it.

    Attributes:
        length: characters that a text may have, at most.
        precision, scale: digits of a number in all, and after the point.
        label, values: of an enum, what it is called, and the texts that it admits.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: SqlName
    length: int | None = Field(default=None, ge=1, le=10_485_760)
    precision: int | None = Field(default=None, ge=1, le=1_000)
    scale: int | None = Field(default=None, ge=0, le=1_000)
    label: _Name | None = None
    values: tuple[Annotated[str, Field(max_length=200)], ...] = Field(default=(), max_length=10_000)


class DatabaseTable(BaseModel):
    """What a database declares of a table, or could.

    Attributes:
        types: by column, its type.
        required: columns that hold no null.
        key: the primary key, where it is one column.
        together: the primary key, where it is of several.
        links: foreign keys that hold in every row, those to rows of the table itself with them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    types: dict[str, SqlType] = {}
    required: tuple[str, ...] = ()
    key: str | None = None
    together: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()


class Layout(BaseModel):
    """How one table was stored: its `source`, its file's name, and what that source needs to be told to write it again.

    `pandas_types` maps a column to its pandas dtype's name, for frames that came from pandas, and `categories` one of
    categories to those. `types` maps a column to
    the type it was stored as, in Polars' words for Polars ("Categorical") and in Arrow's for Arrow and Parquet
    ("timestamp[us, tz=UTC]"): the frame may hold it as another, the writer casts back. `database` is what a database
    declared of the table, and what one that it is written to can. `strays` counts, by column of
    numbers, the rows that held other text, read as missing; it is not stored.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: Literal["csv", "parquet", "pandas", "polars", "arrow", "database"]
    file_name: str | None = None
    csv: CsvDialect | None = None
    pandas_types: dict[str, str] = {}
    categories: dict[str, Categories] = {}
    types: dict[str, str] = {}
    database: DatabaseTable | None = None
    strays: dict[str, int] = Field(default={}, exclude=True)

    @field_validator("file_name")
    @classmethod
    def _lies_in_its_folder(cls, name: str | None) -> str | None:
        if name is not None and (PurePath(name).name != name or not _TABLE_FILE.fullmatch(name)):
            raise ValueError(f"{name[:80]!r} is no name of a table's file")
        return name
