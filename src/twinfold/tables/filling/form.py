"""The form of a column that is filled with fakes: learned without keeping any value, filled without a real one."""

import hashlib
from typing import Annotated

import polars as pl
from pydantic import BaseModel, ConfigDict, Field

from twinfold.tables.dates import integer_texts, integer_width, parse
from twinfold.tables.filling.accounts import CardForm, IbanForm, learn_card, learn_iban
from twinfold.tables.filling.calendar import DateForm, learn_date
from twinfold.tables.filling.contacts import EmailForm, IpForm, learn_ip, learn_phone
from twinfold.tables.filling.identifiers import PatternForm, SequenceForm, learn_pattern, learn_sequence
from twinfold.tables.filling.national import NationalForm, learn_national
from twinfold.tables.filling.people import AddressForm, NameForm, learn_address, learn_name
from twinfold.tables.filling.physical import data_type, largest_integer
from twinfold.tables.filling.prose import ProseForm, learn_prose
from twinfold.tables.filling.rows import Rows
from twinfold.tables.personal.sampling import texts
from twinfold.tables.schema import Column, Kind, Personal

Content = Annotated[
    SequenceForm
    | PatternForm
    | NationalForm
    | CardForm
    | IbanForm
    | EmailForm
    | IpForm
    | NameForm
    | AddressForm
    | ProseForm
    | DateForm,
    Field(discriminator="type"),
]


class Form(BaseModel):
    """How to fill one column. Holds no value of it, and goes to JSON and back.

    Attributes:
        physical: the type that the column is stored as, as Polars writes it.
        salt: tells this column's randomness from that of others filled with the same seed.
        content: what kind of values to make.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    physical: str
    salt: int = Field(ge=0, lt=2**32)
    content: Content


def learn_form(series: pl.Series, column: Column, *, min_count: int = 10) -> Form:
    """Learn the form of a column that shall not be learned itself.

    Args:
        series: the column's values; missing ones are passed over.
        column: what is known of it: its kind and the personal data found in it decide the form.
        min_count: how many distinct values must share a character in its place, a way of writing, a country or a word
            before it may come out in a fake.

    >>> ids = pl.Series([f"C-{number:04d}" for number in range(1, 3000, 2)])
    >>> form = learn_form(ids, Column(name="id", kind="identifier", physical="String", treatment="fake"))
    >>> fill(form, 3, start=0, seed=1).str.contains("^C-[0-9]{4}$").all()
    True
    """
    salt = int.from_bytes(hashlib.blake2b(column.name.encode(), digest_size=4).digest(), "little")
    return Form(physical=column.physical, salt=salt, content=_learn(series, column, min_count))


def fill(form: Form, rows: int, *, start: int, seed: int) -> pl.Series:
    """Fill `rows` rows of a column, from row number `start` on.

    The value of a row depends on its number, the seed and the form alone, so that chunks give the same column as one
    call. No value is missing. Identifiers, IBANs, cards and e-mail addresses are unique as far as their form allows.
    """
    return _store(form.content.make(Rows.between(start, rows, seed=seed, salt=form.salt)), form)


def fill_births(form: Form, births: pl.Series, women: pl.Series, *, start: int, seed: int) -> pl.Series:
    """Fill a column of national identifiers for people born on such days since 1970, who are women or not; (rows,)."""
    assert isinstance(form.content, NationalForm)
    rows = Rows.between(start, len(births), seed=seed, salt=form.salt)
    return _store(form.content.make_for(rows, births.to_numpy(), women.to_numpy()), form)


def _store(made: pl.Series, form: Form) -> pl.Series:
    made, dtype = made.alias(""), data_type(form.physical)
    if made.dtype == pl.String and dtype.is_numeric():
        # A number with more digits than the column can hold loses the first ones.
        made = made.cast(pl.Int128) % pl.Series([largest_integer(dtype) + 1], dtype=pl.Int128)
    return made.cast(dtype)


def _learn(series: pl.Series, column: Column, min_count: int) -> Content:
    dtype = data_type(column.physical)
    last = largest_integer(dtype) if dtype.is_numeric() else None
    if column.kind in (Kind.DATE, Kind.DATETIME) or dtype.is_temporal():
        return _learn_date(series, column, min_count)
    if dtype == pl.Boolean:
        return SequenceForm(first=0, scattered=True, last=1)
    values = _distinct(series, column.missing)
    if column.personal is not None:
        return _learn_personal(values, column.personal, min_count, last)
    if last is not None:
        return learn_sequence(_integers(values), last)
    return learn_prose(values, min_count) if column.kind is Kind.TEXT else learn_pattern(values, min_count)


def _learn_personal(values: pl.Series, personal: Personal, min_count: int, last: int | None) -> Content:
    if last is not None and personal not in (Personal.PHONE, Personal.CARD, Personal.NATIONAL_ID):
        form = learn_address(values)
        numbers = personal is Personal.ADDRESS and form.parts == "number"
        return form if numbers else learn_sequence(_integers(values), last)
    match personal:
        case Personal.EMAIL:
            return EmailForm()
        case Personal.PHONE:
            return learn_phone(values, min_count, plain=last is not None)
        case Personal.IBAN:
            return learn_iban(values, min_count)
        case Personal.CARD:
            return learn_card(values, min_count)
        case Personal.NATIONAL_ID:
            return learn_national(values, min_count, last)
        case Personal.GIVEN_NAME | Personal.FAMILY_NAME | Personal.FULL_NAME:
            return learn_name(values, personal)
        case Personal.ADDRESS:
            return learn_address(values)
        case Personal.IP:
            return learn_ip(values)
        case Personal.MIXED:
            return learn_prose(values, min_count)


def _learn_date(series: pl.Series, column: Column, min_count: int) -> Content:
    present = series.drop_nulls()
    if present.dtype.is_temporal():
        moments = present if present.dtype in (pl.Date, pl.Datetime) else present.clear().cast(pl.Date)
    else:
        format = column.format or "%Y-%m-%d"
        digits = present.dtype.is_integer()
        written = integer_texts(present, integer_width(format)) if digits else present.cast(pl.String)
        moments = parse(written, format).drop_nulls()
    form = None if data_type(column.physical).is_temporal() else column.format or "%Y-%m-%d"
    return learn_date(moments.unique(), min_count, form)


def _distinct(series: pl.Series, missing: str | None) -> pl.Series:
    """Distinct present values as text, always in the same order."""
    values = texts(series)
    if values is None:  # numbers with decimals, or a type that has no text
        numbers = series.drop_nulls() if series.dtype.is_numeric() else pl.Series([], dtype=pl.Float64)
        values = numbers.cast(pl.Float64).round().cast(pl.Int64, strict=False).drop_nulls().cast(pl.String)
    if series.dtype.is_numeric():
        values = values.str.strip_prefix("-")
    values = values.unique(maintain_order=True)
    return values if missing is None else values.filter(values != missing)


def _integers(values: pl.Series) -> pl.Series:
    return values.cast(pl.Int64, strict=False).drop_nulls()
