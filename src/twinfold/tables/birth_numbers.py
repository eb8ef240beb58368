"""Columns of national identifiers that are learned by what they say: a date of birth, and a sex.

In the place of such a column stand a date of the same name and, behind it, a column of the sex. What is learned and
drawn are these; the number that comes out is made anew for them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl
from pydantic import BaseModel, ConfigDict, model_validator

from twinfold.tables.dataset import Dataset
from twinfold.tables.filling.form import Form, fill_births, learn_form
from twinfold.tables.filling.national import NationalForm
from twinfold.tables.personal.births import HOLDERS, read_births
from twinfold.tables.personal.national import SCHEMES
from twinfold.tables.personal.sampling import texts
from twinfold.tables.schema import Column, Kind, Personal, Table, Treatment
from twinfold.tables.values import from_values, to_values

LEAST_READ, MOST_REPEATED = 0.9, 2.0
"""Numbers of which the date of birth must be read, as a share, and rows that may hold one number, on average."""

SEXES = ("man", "woman")


class BirthNumber(BaseModel):
    """A column of numbers, what they look like, and how the column of the sex is called."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    column: Column
    form: Form
    sex: str

    @model_validator(mode="after")
    def _check(self) -> "BirthNumber":
        if not isinstance(self.form.content, NationalForm) or self.form.content.scheme not in HOLDERS:
            raise ValueError(f"numbers of {self.column.name!r} that say no date of birth")
        if self.sex == self.column.name:
            raise ValueError(f"a sex that is called {self.sex!r}, as the number is")
        return self

    @property
    def scheme(self) -> str:
        """Whose numbers they are."""
        assert isinstance(self.form.content, NationalForm)
        return self.form.content.scheme

    @property
    def length(self) -> int:
        """Characters of a number without separators."""
        return next((scheme.length for scheme in SCHEMES if scheme.name == self.scheme), len("yymmdd"))

    @property
    def learned(self) -> tuple[Column, Column]:
        """The columns in its place: of the date, and of the sex."""
        return (
            Column(name=self.column.name, kind=Kind.DATE, physical="Date"),
            Column(name=self.sex, kind=Kind.CATEGORY, physical="String"),
        )


@dataclass(frozen=True)
class BirthNumbers:
    """Those of one table."""

    found: tuple[BirthNumber, ...]

    def read_table(self, table: Table) -> Table:
        """The table with what the numbers say in their place."""
        own = {number.column.name: number.learned for number in self.found}
        columns = tuple(each for column in table for each in own.get(column.name, (column,)))
        return table.model_copy(update={"columns": columns})

    def stored_table(self, table: Table) -> Table:
        """The inverse of `read_table`."""
        own, added = {number.column.name: number.column for number in self.found}, {n.sex for n in self.found}
        columns = tuple(own.get(column.name, column) for column in table if column.name not in added)
        return table.model_copy(update={"columns": columns})

    def read(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Stored rows with what the numbers say in their place."""
        for number in self.found:
            place = frame.columns.index(number.column.name)
            days, sexes = _read(frame[number.column.name], number)
            frame = frame.with_columns(from_values(days, number.learned[0])).insert_column(place + 1, sexes)
        return frame

    def write(self, frame: pl.DataFrame, *, start: int, seed: int) -> pl.DataFrame:
        """Stored rows with numbers made anew, those from row `start` of the stream that `seed` names."""
        for number in self.found:
            days = to_values(frame[number.column.name], number.learned[0])
            women = frame[number.sex] == SEXES[1]
            made = fill_births(number.form, days.fill_null(0), women.fill_null(False), start=start, seed=seed)
            made = made.set(days.is_null(), None).alias(number.column.name)
            frame = frame.with_columns(made).drop(number.sex)
        return frame


NO_BIRTH_NUMBERS = BirthNumbers(())
"""Those of a table that has none."""


def find_birth_numbers(frame: pl.DataFrame, table: Table, *, min_count: int) -> BirthNumbers:
    """The columns of a stored table whose numbers say when those whom they name were born."""
    found = []
    for column in table:
        if column.personal is not Personal.NATIONAL_ID or column.treatment is not Treatment.FAKE:
            continue
        form = learn_form(frame[column.name], column, min_count=min_count)
        if not isinstance(form.content, NationalForm) or form.content.scheme not in HOLDERS:
            continue
        number = BirthNumber(column=column, form=form, sex=_free_name(f"{column.name} sex", frame.columns))
        values = texts(frame[column.name])
        repeated = 0.0 if values is None else len(values) / max(values.n_unique(), 1)
        if repeated and repeated <= MOST_REPEATED and _share_read(frame[column.name], number) >= LEAST_READ:
            found.append(number)
    return BirthNumbers(tuple(found))


def find_all_birth_numbers(
    frames: Mapping[str, pl.DataFrame], tables: Sequence[Table], *, min_count: int = 10
) -> dict[str, BirthNumbers]:
    """By table, the columns of stored tables whose numbers say that; none that other tables point to, or by."""
    links = [(table.name, link) for table in tables for link in table.links]
    keys = {(name, link.column) for name, link in links} | {(link.table, link.to) for _, link in links}
    out = {}
    for table in tables:
        own = tuple(c for c in table if (table.name, c.name) not in keys and c.name != table.key)
        kept = table.model_copy(update={"columns": own, "key": None, "links": (), "time": None, "rules": ()})
        frame = frames[table.name]
        out[table.name] = NO_BIRTH_NUMBERS if table.reference else find_birth_numbers(frame, kept, min_count=min_count)
    return out


def read_dataset(dataset: Dataset) -> tuple[Dataset, dict[str, BirthNumbers]]:
    """Tables with what national identifiers say in their place; and by table, which these are."""
    schema = dataset.schema
    numbers = find_all_birth_numbers(dataset.tables, schema.tables, min_count=schema.min_count)
    frames = {name: numbers[name].read(frame) for name, frame in dataset.tables.items()}
    tables = tuple(numbers[table.name].read_table(table) for table in schema.tables)
    return replace(dataset, tables=frames, schema=schema.model_copy(update={"tables": tables})), numbers


def _free_name(name: str, taken: Sequence[str]) -> str:
    while name in taken:
        name += "_"
    return name


def _births(series: pl.Series, number: BirthNumber) -> tuple[Any, Any]:
    """Days of birth, NaN where none is read, and which are women; (rows,)."""
    days, women = np.full(len(series), np.nan), np.zeros(len(series), bool)
    present = series.is_not_null()
    if number.column.missing is not None:
        present &= (series.cast(pl.String) != number.column.missing).fill_null(False)
    values = texts(series.filter(present))
    if values is None or not len(values):
        return days, women
    keep = "[^A-Z0-9+-]" if number.scheme == "fi-hetu" else "[^A-Z0-9]"
    compact = values.str.to_uppercase().str.replace_all(keep, "")
    if series.dtype.is_numeric():
        compact = compact.str.zfill(number.length)
    sound = compact.str.contains(r"^[A-Z0-9+-]+$") & (compact.str.len_chars() == number.length)
    rows = np.flatnonzero(present.to_numpy())[sound.to_numpy()]
    days[rows], women[rows] = read_births(compact.filter(sound).to_list(), number.scheme)
    return days, women


def _share_read(series: pl.Series, number: BirthNumber) -> float:
    days, _ = _births(series, number)
    return float((~np.isnan(days)).sum() / max(len(series) - series.null_count(), 1))


def _read(series: pl.Series, number: BirthNumber) -> tuple[pl.Series, pl.Series]:
    """Days and sexes, null where there is no number; one that can't be read says what another, at random, does."""
    days, women = _births(series, number)
    rng, known = np.random.default_rng(0), np.flatnonzero(~np.isnan(days))
    missing = series.is_null().to_numpy()
    if number.column.missing is not None:
        missing |= (series.cast(pl.String) == number.column.missing).fill_null(True).to_numpy()
    unread = np.flatnonzero(np.isnan(days) & ~missing)
    dealt = rng.choice(known, len(unread)) if len(known) else unread
    days[unread], women[unread] = days[dealt], women[dealt]
    sexes = pl.Series(number.sex, np.where(women, *reversed(SEXES)), dtype=pl.String)
    return pl.Series(days).fill_nan(None), sexes.set(pl.Series(missing), None)
