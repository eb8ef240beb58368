"""What is known of tables: their columns, what each column holds, and what shall be done with it.

A schema is proposed by `twinfold inspect`, corrected by the user in `schema.toml`, and obeyed by everything else.
"""

from collections.abc import Iterator
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from twinfold.errors import SchemaError, unknown_name
from twinfold.tables.rules import OneOf, Order, Ratio, Rule, Running, Transitions, parse_rule


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


_AMOUNTS = {Kind.INTEGER, Kind.DECIMAL}
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
    """A foreign key: `column` of this table holds values of the key `to` of another, `table`.

    `also` are further pairs of such columns, where the key is of several.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    column: str
    table: str
    to: str
    also: tuple[tuple[str, str], ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that point."""
        return self.column, *(column for column, _ in self.also)

    @property
    def targets(self) -> tuple[str, ...]:
        """The columns of the key that they point to."""
        return self.to, *(to for _, to in self.also)

    def __str__(self) -> str:
        return " + ".join(self.columns)


class Table(BaseModel):
    """One table: its columns in their order. `reference` tables (districts, products) pass through unlearned.

    Attributes:
        key: the column that tells rows apart and that other tables may point to, or None.
        together: columns that tell rows apart together, where none does alone, and that others may point to.
        links: what this table points to.
        time: the column by which the rows of one parent follow each other, or None where they have no order.
        rules: what holds in every row that is drawn: formulas ("amount = payments * duration"), orders ("opened <=
            closed", "account.date <= date"), equalities, transitions, ratios and running numbers; see `rules`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    columns: tuple[Column, ...]
    reference: bool = False
    key: str | None = None
    together: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()
    time: str | None = None
    rules: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[Column]:  # type: ignore[override]  # a table is its columns, not its fields
        return iter(self.columns)

    @model_validator(mode="after")
    def _check(self) -> "Table":
        if len(self.together) == 1 or len(set(self.together)) < len(self.together):
            raise ValueError(
                f"key of {self.name} is {list(self.together)}; two columns or more are accepted, each once"
            )
        pointing = (column for link in self.links for column in link.columns)
        for column in (self.key, self.time, *self.together, *pointing):
            if column is not None and column not in self.names:
                raise ValueError(unknown_name("column", column, self.names, among=self.name))
        if self.time is not None and self[self.time].kind not in _TIMES:
            raise ValueError(
                f"time of {self.name} is {self.time!r}, a column of kind {self[self.time].kind}; "
                "a date, a datetime or a number is accepted"
            )
        targets = [rule.target for rule in self.parsed_rules if not isinstance(rule, Order)]
        if len(set(targets)) < len(targets):
            raise ValueError(f"two rules of {self.name} say what one column is; keep one of them")
        for rule in self.parsed_rules:
            _check_rule(rule, self)
        return self

    @property
    def parsed_rules(self) -> tuple[Rule, ...]:
        """The rules, read."""
        return tuple(map(parse_rule, self.rules))

    def __getitem__(self, name: str) -> Column:
        for column in self.columns:
            if column.name == name:
                return column
        raise SchemaError(unknown_name("column", name, self.names, among=self.name))

    @property
    def names(self) -> tuple[str, ...]:
        """The columns' names, in order."""
        return tuple(column.name for column in self.columns)


def _check_rule(rule: Rule, table: Table) -> None:
    """Raise `ValueError` where a rule names columns that are not there or of another kind; not a parent's."""
    if isinstance(rule, Transitions):
        if rule.target not in table.names:
            raise ValueError(unknown_name("column", rule.target, table.names, among=table.name))
        if table[rule.target].kind not in (Kind.CATEGORY, Kind.BOOLEAN):
            raise ValueError(
                f"rule {str(rule)!r} of {table.name} asks for {rule.target!r}; a column of categories is accepted"
            )
        return
    if isinstance(rule, Order):
        own = [name for name in (rule.low, rule.high) if name in table.names or "." not in name]
        if not own:
            raise ValueError(
                f"rule {str(rule)!r} of {table.name} names no column of {table.name}; one of the two must be"
            )
        kinds, said = _TIMES, "dates or numbers"
    elif isinstance(rule, OneOf):
        own, kinds, said = [rule.target], _AMOUNTS, "numbers"
    elif isinstance(rule, Ratio):
        own, kinds, said = [rule.target, rule.base], _AMOUNTS, "numbers"
    elif isinstance(rule, Running):
        own, kinds, said = [rule.target, rule.amount], _AMOUNTS, "numbers"
        if rule.by is not None and (rule.by not in table.names or table[rule.by].kind in _NUMERIC):
            raise ValueError(
                f"rule {str(rule)!r} of {table.name} asks for {rule.by!r}; a column of categories is accepted"
            )
    else:
        own, kinds, said = [rule.target, rule.left, rule.right], _AMOUNTS, "numbers"
    for name in own:
        if name not in table.names:
            raise ValueError(unknown_name("column", name, table.names, among=table.name))
        says_birth = isinstance(rule, Order) and table[name].personal is Personal.NATIONAL_ID
        if table[name].kind not in kinds and not says_birth:
            raise ValueError(f"column {name!r} of {table.name} is {table[name].kind}; such a rule is about {said}")
    if isinstance(rule, Order) and len(own) == 2:
        _check_alike(rule, table[rule.low], table[rule.high])


def _check_alike(rule: Order, low: Column, high: Column) -> None:
    years = Kind.INTEGER in (low.kind, high.kind)
    if (low.kind in _AMOUNTS) != (high.kind in _AMOUNTS) and not years:
        raise ValueError(
            f"rule {str(rule)!r} compares {low.kind} with {high.kind}; two dates, two numbers, or a date and a year in "
            "whole numbers are accepted"
        )


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
                for to in link.targets:
                    self[link.table][to]
        for table in self.tables:
            for rule in table.parsed_rules:
                if isinstance(rule, Order):
                    self._check_order(rule, table)
                elif isinstance(rule, OneOf):
                    self._check_one_of(rule, table)
        return self

    def _check_one_of(self, rule: OneOf, table: Table) -> None:
        parents = {link.table for link in table.links if not self[link.table].reference}
        known = [t.name for t in self.tables if t.name in parents or {link.table for link in t.links} & parents]
        known = [name for name in known if name != table.name]
        if rule.table not in known:
            raise ValueError(
                f"rule {str(rule)!r} asks for {rule.table!r}, which is no parent of {table.name} and hangs on none of "
                f"its parents; those are: {', '.join(known) or 'none'}"
            )
        if self[rule.table][rule.column].kind not in _AMOUNTS:
            raise ValueError(f"rule {str(rule)!r} of {table.name} asks for a column of numbers")

    def _check_order(self, rule: Order, table: Table) -> None:
        columns = []
        for name in (rule.low, rule.high):
            if name in table.names:
                columns.append(table[name])
                continue
            above, _, column = name.rpartition(".")
            known = self.above(table.name)
            if above not in known:
                listed = ", ".join(known) or "none"
                raise ValueError(
                    f"rule {str(rule)!r} asks for {name!r}, but {table.name} does not hang on a table {above!r}; "
                    f"those above it: {listed}"
                )
            columns.append(self[above][column])
        _check_alike(rule, *columns)

    def above(self, name: str) -> list[str]:
        """The tables that a table points to, those that these point to, and so on; the nearest first.

        Above one that points to none stands what points to it and to others: a right to an account above the person
        behind it.
        """
        found = [name]
        for each in found:
            links = [link.table for link in self[each].links]
            if all(self[table].reference for table in links):
                links = [other.name for other in self.tables if self._points_elsewhere(other, each)] + links
            found += [table for table in links if table not in found]
        return found[1:]

    def _points_elsewhere(self, table: Table, name: str) -> bool:
        """Whether a table points to one, and to others that are learned."""
        pointed = {link.table for link in table.links if not self[link.table].reference}
        return name in pointed and len(pointed) > 1

    def __getitem__(self, name: str) -> Table:
        for table in self.tables:
            if table.name == name:
                return table
        raise SchemaError(unknown_name("table", name, (t.name for t in self.tables)))
