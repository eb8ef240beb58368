"""What is known of tables: their columns, what each column holds, and what shall be done with it.

A schema is proposed by `twinfold inspect`, corrected by the user in `schema.toml`, and obeyed by everything else.
"""

from collections.abc import Iterator
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from twinfold.errors import SchemaError, unknown_name
from twinfold.tables.rules import parse_rule


class Kind(StrEnum):
    """What the values of a column are, whatever they are stored as."""

    CATEGORY = "category"
    BOOLEAN = "boolean"
    INTEGER = "integer"
    DECIMAL = "decimal"
    DATE = "date"
    DATETIME = "datetime"
    IDENTIFIER = "identifier"
    TEXT = "text"
    LATITUDE = "latitude"
    LONGITUDE = "longitude"
    CONSTANT = "constant"

    @property
    def numeric(self) -> bool:
        """Whether values are numbers or times: ordered, with distances that mean something."""
        return self in _NUMERIC


_TIMES = {Kind.INTEGER, Kind.DECIMAL, Kind.DATE, Kind.DATETIME}
_NUMERIC = {Kind.INTEGER, Kind.DECIMAL, Kind.DATE, Kind.DATETIME, Kind.LATITUDE, Kind.LONGITUDE}


class Personal(StrEnum):
    """Kinds of personal data that name or reach a person."""

    EMAIL = "email"
    PHONE = "phone"
    IBAN = "iban"
    CARD = "payment card"
    NATIONAL_ID = "national identifier"
    GIVEN_NAME = "given name"
    FAMILY_NAME = "family name"
    FULL_NAME = "full name"
    ADDRESS = "postal address"
    IP = "ip address"
    MIXED = "personal data inside text"


class Treatment(StrEnum):
    """What happens to a column: `learn` its distribution, `fake` values of the same form, or `drop` it."""

    LEARN = "learn"
    FAKE = "fake"
    DROP = "drop"


Resolution = Literal["day", "hour", "minute", "second", "millisecond", "microsecond"]


class Column(BaseModel):
    """One column.

    Attributes:
        physical: how values are stored, as Polars writes the type: "String", "Int64", "Float64", "Boolean", "Date",
            "Datetime(time_unit='us', time_zone=None)". What came so leaves so.
        format: how a date stands in text or in an integer, in `strftime` directives ("%Y-%m-%d", "%y%m%d"); how a
            number stands in text, as `printf` writes it ("%.2f", "$%'.2f").
        decimals: digits after the decimal point that values have; None where they have as many as a float holds.
        resolution: of a date-time, the finest unit that varies.
        missing: the text that stands for a missing value where it is not null (" " in numbers kept as text).
        personal: the personal data found, or None.
        rare: the label that stands for categories too rare to be shown; None spreads them over the others.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    kind: Kind
    physical: str
    format: str | None = Field(default=None, max_length=200)
    decimals: int | None = Field(default=None, ge=0, le=15)
    resolution: Resolution | None = None
    missing: str | None = Field(default=None, max_length=1000)
    personal: Personal | None = None
    treatment: Treatment = Treatment.LEARN
    rare: str | None = Field(default=None, max_length=1000)

    @model_validator(mode="after")
    def _check(self) -> "Column":
        if self.treatment is Treatment.LEARN and self.kind in (Kind.IDENTIFIER, Kind.TEXT):
            raise ValueError(f"column {self.name!r} is {self.kind}: its treatment is fake or drop, never learn")
        if self.treatment is Treatment.LEARN and self.personal is not None:
            raise ValueError(f"column {self.name!r} holds personal data ({self.personal}): fake or drop it")
        return self


class Link(BaseModel):
    """A foreign key: `column` of this table holds values of the key `to` of another, `table`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    column: str
    table: str
    to: str


class Table(BaseModel):
    """One table: its columns in their order. `reference` tables (districts, products) pass through unlearned.

    Attributes:
        key: the column that tells rows apart and that other tables may point to, or None.
        links: what this table points to.
        time: the column by which the rows of one parent follow each other, or None where they have no order.
        rules: columns that are sums or products of two others, as "amount = payments * duration".
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    columns: tuple[Column, ...]
    reference: bool = False
    key: str | None = None
    links: tuple[Link, ...] = ()
    time: str | None = None
    rules: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[Column]:  # type: ignore[override]  # a table is its columns, not its fields
        return iter(self.columns)

    @model_validator(mode="after")
    def _check(self) -> "Table":
        rules = [parse_rule(rule) for rule in self.rules]
        ruled = [name for rule in rules for name in (rule.target, rule.left, rule.right)]
        if len({rule.target for rule in rules}) < len(rules):
            raise ValueError(f"two rules of {self.name} say what one column is; keep one of them")
        for column in (self.key, self.time, *(link.column for link in self.links), *ruled):
            if column is not None and column not in self.names:
                raise ValueError(unknown_name("column", column, self.names, among=self.name))
        if self.time is not None and self[self.time].kind not in _TIMES:
            raise ValueError(
                f"time of {self.name} is {self.time!r}, a column of kind {self[self.time].kind}; "
                "a date, a datetime or a number is accepted"
            )
        for name in ruled:
            if self[name].kind not in (Kind.INTEGER, Kind.DECIMAL):
                raise ValueError(f"column {name!r} of {self.name} is {self[name].kind}; a rule is about numbers")
        return self

    def __getitem__(self, name: str) -> Column:
        for column in self.columns:
            if column.name == name:
                return column
        raise SchemaError(unknown_name("column", name, self.names, among=self.name))

    @property
    def names(self) -> tuple[str, ...]:
        """The columns' names, in order."""
        return tuple(column.name for column in self.columns)


Tails = Literal["extrapolated", "clipped"]


class Schema(BaseModel):
    """All tables.

    Attributes:
        min_count: how many rows must share a category or an exact number before it may come out as itself.
        tails: what lies beyond the `min_count`-th most extreme number, at either end: "extrapolated", numbers that are
            drawn by a law and nobody's, or "clipped", nothing.
        subject: the table of the customers, whose rows are counted, or None where there is one table.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    tables: tuple[Table, ...]
    min_count: int = 10
    tails: Tails = "extrapolated"
    subject: str | None = None

    @model_validator(mode="after")
    def _check(self) -> "Schema":
        if self.subject is not None:
            self[self.subject]
        for table in self.tables:
            for link in table.links:
                self[link.table][link.to]
        return self

    def __getitem__(self, name: str) -> Table:
        for table in self.tables:
            if table.name == name:
                return table
        raise SchemaError(unknown_name("table", name, (t.name for t in self.tables)))
