"""What kind of column each column is: found from its values first, from its name second."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from twinfold.tables import dates, numerals
from twinfold.tables.column_names import (
    CALENDAR,
    CODE,
    ID,
    LATITUDE,
    LONGITUDE,
    NUMBERED,
    PERSON,
    QUANTITY,
    TIME,
    is_called,
    speaks_of,
    words,
)
from twinfold.tables.number_text import is_marker
from twinfold.tables.schema import Column, Kind, Personal, Table, Treatment

SAMPLE = 20_000
"""How many rows are looked at where a format is sought."""

FEW = 20
"""Integers with at most so many different values, ten rows each, may be codes."""

_LONG_NUMBER = 10**8
_LONGEST_MARKER = 1_000
_RARE_SHARE = 0.05
_RARE_LABEL = "(other)"
_MOST_DECIMALS = 6
_NAMES = frozenset({Personal.GIVEN_NAME, Personal.FAMILY_NAME, Personal.FULL_NAME})
_REACHED_BY = frozenset(
    {Personal.EMAIL, Personal.PHONE, Personal.IBAN, Personal.CARD, Personal.NATIONAL_ID, Personal.IP}
)
_BOOLEANS = frozenset(
    frozenset(pair)
    for pair in (
        *(("yes", "no"), ("y", "n"), ("true", "false"), ("t", "f"), ("1", "0"), ("on", "off")),
        *(("ja", "nein"), ("j", "n"), ("oui", "non"), ("si", "no"), ("sí", "no"), ("ano", "ne"), ("tak", "nie")),
    )
)


@dataclass(frozen=True)
class Levels:
    """The distinct values of a column, shape (rows,), counted only where something asks for it."""

    series: pl.Series

    @cached_property
    def present(self) -> int:
        """How many rows hold a value."""
        return len(self.series) - self.series.null_count()

    @cached_property
    def distinct(self) -> int:
        """How many different values there are: exact where they may all differ or are few, else within 2 %."""
        if self.present > 5 * SAMPLE and len(self.sample) < SAMPLE // 2:  # half as many rows at least were looked at
            about = int(self.series.approx_n_unique())  # type: ignore[arg-type]
            if about > 1_000:
                return about
        return self.series.n_unique() - (self.series.null_count() > 0)

    @cached_property
    def sample(self) -> pl.Series:
        """The different values of at most 20,000 rows, evenly spread, as they come."""
        values = self.series.drop_nulls()
        return values.gather_every(-(-max(1, len(values)) // SAMPLE)).unique(maintain_order=True)

    @cached_property
    def counted(self) -> tuple[pl.Series, pl.Series]:
        """All different values, in their order, and how many rows hold each."""
        counted = self.series.drop_nulls().rename("value").value_counts(name="rows").sort("value")
        return counted["value"], counted["rows"].cast(pl.Int64)

    @property
    def unique(self) -> bool:
        """Whether no two rows hold the same value."""
        return self.distinct == self.present > 0

    def held(self, value: str) -> int:
        """How many rows hold a value."""
        return int((self.series == value).sum())

    def rare_share(self, min_count: int) -> float:
        """The share of rows, of those present, in levels that fewer than `min_count` rows hold."""
        rows = self.series.drop_nulls().rename("value").value_counts(name="rows")["rows"]
        return float(rows.filter(rows < min_count).sum()) / max(1, self.present)


def detect(frame: pl.DataFrame, name: str, *, min_count: int = 10) -> Table:
    """Propose the schema of a table.

    Args:
        frame: shape (rows, columns).
        name: the table's name in the schema.
        min_count: how many rows must share a category before it may come out as itself; text of which more than a
            twentieth of the rows lies in rarer categories gets the label "(other)" for these.

    >>> table = detect(pl.DataFrame({"age": [31, 47, 28, 65], "member": ["yes", "no", "no", "yes"]}), "people")
    >>> [(column.name, str(column.kind)) for column in table]
    [('age', 'integer'), ('member', 'boolean')]
    """
    located = any(speaks_of(other, LATITUDE) for other in frame.columns)
    columns = (detect_column(frame[c], min_count=min_count, located=located) for c in frame.columns)
    return Table(name=name, columns=tuple(columns))


def detect_column(series: pl.Series, *, min_count: int = 10, located: bool = False) -> Column:
    """Propose the schema of one column, shape (rows,). `located`: whether the table has a latitude."""
    dtype, physical = series.dtype, str(series.dtype)
    plain = Column(name=series.name, kind=Kind.CATEGORY, physical=physical)
    if dtype.is_float():
        series = series.fill_nan(None)
    if _constant(series):
        return _constant_column(plain, series)
    if dtype == pl.Boolean:
        return plain.model_copy(update={"kind": Kind.BOOLEAN})
    if dtype == pl.Date:
        return plain.model_copy(update={"kind": Kind.DATE})
    if dtype in (pl.Datetime, pl.Time):
        micros = series.cast(pl.Int64) // 1_000 if dtype == pl.Time else series.dt.epoch("us")
        return plain.model_copy(update={"kind": Kind.DATETIME, "resolution": dates.resolution(micros)})
    if dtype == pl.Duration:
        return plain.model_copy(update={"kind": Kind.INTEGER})
    if dtype.is_integer():
        return _integers(plain, series)
    if dtype.is_float() or dtype.is_decimal():
        return _floats(plain, series, located)
    return _texts(plain, series.cast(pl.String), min_count, located)


def _constant(series: pl.Series) -> bool:
    head = series.head(1_000)
    return head.n_unique() <= 1 and series.n_unique() <= 1


def _constant_column(column: Column, series: pl.Series) -> Column:
    from twinfold.tables.personal import find

    textual = series.dtype in (pl.String, pl.Categorical, pl.Enum)
    personal = find(series, series.name) if textual or series.dtype.is_integer() else None
    constant = column.model_copy(update={"kind": Kind.CONSTANT})
    return _faked(column, _personal_kind(personal), personal) if personal else constant


def _personal_kind(personal: Personal) -> Kind:
    return Kind.IDENTIFIER if personal in _REACHED_BY else Kind.TEXT


def _faked(column: Column, kind: Kind, personal: Personal | None = None) -> Column:
    return column.model_copy(
        update={"kind": kind, "personal": personal, "treatment": Treatment.FAKE, "decimals": None, "format": None}
    )


def _personal(series: pl.Series, found: Levels) -> Personal | None:
    """The personal data that a column holds. Few names may be places, brands or titles, unless they are called names.

    Of 20 and fewer that stand in many rows `find` has made sure already.
    """
    from twinfold.tables.personal import find

    personal = find(series, series.name)
    sure = found.distinct <= FEW and found.present > 2 * found.distinct
    if personal in _NAMES and found.distinct < 30 and not sure and not speaks_of(series.name, PERSON):
        return None
    return personal


def _integers(column: Column, series: pl.Series) -> Column:
    """A column of integers, or of floats or texts that are all integers; `series` holds them as integers."""
    found = Levels(series)
    if found.distinct > FEW:
        if date := dates.find_integer(found.sample, hinted=speaks_of(column.name, TIME)):
            texts = dates.integer_texts(series, dates.integer_width(date.format))
            return _dated(column, date, dates.parse(texts, date.format))
        if (personal := _personal(series, found)) or _key(column.name, found):
            return _faked(column, Kind.IDENTIFIER, personal)
    elif found.unique and _key(column.name, found):
        return _faked(column, Kind.IDENTIFIER)
    elif int(series.max() or 0) >= _LONG_NUMBER and (personal := _personal(series, found)):  # type: ignore[arg-type]
        return _faked(column, Kind.IDENTIFIER, personal)
    if int(series.max()) > 2**63 - 1:  # type: ignore[arg-type]  # beyond what a number may be: a hash
        return _faked(column, Kind.IDENTIFIER)
    return column.model_copy(update={"kind": _integer_kind(column.name, found)})


def _key(name: str, found: Levels) -> bool:
    """Whether integers name things: unique and called so, or a sequence; or called an id and many."""
    distinct = found.distinct
    if not found.unique:
        many = distinct > 200 or (distinct > FEW and distinct > 0.5 * found.present)
        return many and (is_called(name, ID) or (is_called(name, NUMBERED) and distinct > 0.9 * found.present))
    if is_called(name, NUMBERED):
        return True
    if distinct < 50 or speaks_of(name, CALENDAR):
        return False
    values = found.series.drop_nulls().sort()
    low, high = int(values[0]), int(values[-1])
    dense = high - low + 1 <= 1.2 * distinct
    steps = np.diff(values.to_numpy())
    return dense or bool((steps == steps[0]).all()) or (low >= 10**7 and len(str(low)) == len(str(high)))


def _integer_kind(name: str, found: Levels) -> Kind:
    values = found.counted[0].to_list() if found.distinct <= FEW else []
    if values and set(values) <= {0, 1}:
        return Kind.BOOLEAN
    if is_called(name, ID) or is_called(name, CODE):
        return Kind.CATEGORY
    few = bool(values) and found.present >= max(50 * len(values) if found.present < 200 else 10 * len(values), 50)
    return Kind.CATEGORY if few and not _quantity(name, found) else Kind.INTEGER


def _quantity(name: str, found: Levels) -> bool:
    """Whether few integers count or measure something: so called, evenly spaced, or falling off like a count."""
    if speaks_of(name, QUANTITY):
        return True
    values, counts = (part.to_numpy().astype(np.int64) for part in found.counted)
    if len(values) < 4:
        return False
    steps = np.diff(values)
    if steps.min() > 1 and (np.all(steps == steps[0]) or np.all(values % 5 == 0) or np.all(values % 6 == 0)):
        return True
    falls = np.diff(counts) < 0
    if values[0] in (0, 1) and counts[0] >= 1.2 * counts[1] and falls.mean() >= 0.75 and counts[-1] < 0.1 * counts[0]:
        return True
    top = int(counts.argmax())
    in_order = np.r_[~falls[:top], falls[top:]]
    return len(values) >= 8 and 0 < top < len(values) - 1 and bool(in_order.mean() >= 0.85)


def _floats(column: Column, series: pl.Series, located: bool) -> Column:
    sample = series.drop_nulls().gather_every(max(1, len(series) // 1_000)).cast(pl.Float64)
    if _whole(sample) and _whole(whole := series.drop_nulls().cast(pl.Float64)):
        if float(whole.abs().max() or 0) < 2**53:  # type: ignore[arg-type]
            finite = series.cast(pl.Float64).set(series.cast(pl.Float64).is_infinite(), None)
            return _integers(column, finite.cast(pl.Int64))
        return column.model_copy(update={"kind": Kind.DECIMAL})
    single = series.dtype == pl.Float32
    decimals = count_decimals(series.drop_nulls().cast(pl.Float64), single=single)
    return column.model_copy(
        update={"kind": _place(column.name, series, located) or Kind.DECIMAL, "decimals": decimals}
    )


def _whole(values: pl.Series) -> bool:
    return bool(((values == values.floor()) | values.is_infinite()).all()) and bool(values.is_finite().any())


def count_decimals(values: pl.Series, *, single: bool = False) -> int | None:
    """How many decimals suffice to write every value, shape (rows,), exactly; None where more than six are needed.

    `single`: whether the values came in single precision, which holds six decimal digits instead of fourteen.
    """
    values = values.filter(values.is_finite())
    largest = float(values.abs().max() or 0)  # type: ignore[arg-type]
    most = min(_MOST_DECIMALS, (6 if single else 14) - len(str(int(largest))))
    sample = values.gather_every(max(1, len(values) // 1_000))
    for decimals in range(most + 1):
        if _rounded(sample, decimals, single) and _rounded(values, decimals, single):
            return decimals
    return None


def _rounded(values: pl.Series, decimals: int, single: bool) -> bool:
    scaled = values.to_numpy() * 10.0**decimals
    return bool(np.all(np.abs(scaled - np.rint(scaled)) <= np.abs(scaled) * (1.2e-7 if single else 5e-16) + 1e-12))


def _place(name: str, series: pl.Series, located: bool) -> Kind | None:
    low, high = float(series.min()), float(series.max())  # type: ignore[arg-type]
    if speaks_of(name, LATITUDE) and low >= -90 and high <= 90:
        return Kind.LATITUDE
    if low >= -180 and high <= 180 and (speaks_of(name, LONGITUDE) or (located and "long" in words(name))):
        return Kind.LONGITUDE
    return None


def _texts(column: Column, series: pl.Series, min_count: int, located: bool) -> Column:
    found = Levels(series)
    if found.distinct == 2 and frozenset(text.strip().lower() for text in found.counted[0]) in _BOOLEANS:
        return column.model_copy(update={"kind": Kind.BOOLEAN})
    marked = found.sample.str.strip_chars().str.to_lowercase().is_in(list(numerals.MARKERS))
    read = found.sample.filter(~marked)
    if len(read) >= 3 and (date := dates.find_text(read, hinted=speaks_of(column.name, TIME))):
        times = dates.parse(series, date.format)
        missing = _missing(found, _unread(series, times), min_count)
        return _dated(column, date, times).model_copy(update={"missing": missing})
    if personal := _personal(series, found):
        return _faked(column, _personal_kind(personal), personal)
    number = numerals.find(found.sample)
    if number and (numeric := _numbers(column, found, number.format, min_count, located)):
        return numeric
    return _words_or_codes(column, found, min_count)


def _dated(column: Column, date: dates.DateFormat, times: pl.Series) -> Column:
    fineness = dates.resolution(times.dt.epoch("us")) if date.kind is Kind.DATETIME else None
    return column.model_copy(update={"kind": date.kind, "format": date.format, "resolution": fineness})


def _unread(texts: pl.Series, values: pl.Series) -> list[str]:
    """The different texts that gave no value."""
    return texts.filter(values.is_null() & texts.is_not_null()).unique().sort().to_list()


def _missing(found: Levels, unread: list[str], min_count: int) -> str | None:
    """The text that stands for a missing value: the only one that is not read, where nulls are no more.

    It comes out as itself, so that it must commonly mean that, or stand in `min_count` rows.
    """
    if len(unread) != 1:
        return None
    held = found.held(unread[0])
    common = (held >= min_count and len(unread[0]) <= _LONGEST_MARKER) or is_marker(unread[0])
    return unread[0] if common and held >= len(found.series) - found.present else None


def _numbers(column: Column, found: Levels, format: str | None, min_count: int, located: bool) -> Column | None:
    """A column of numbers kept as text; None where what is unread makes it categories (0, 1, 2, 3+)."""
    numbers = numerals.parse(found.series)
    unread = _unread(found.series, numbers)
    if found.distinct <= FEW + 30 and any(text.strip().lower() not in numerals.MARKERS for text in unread):
        return None
    update = {"format": format, "missing": _missing(found, unread, min_count)}
    proposed = _floats(column.model_copy(update=update), numbers, located)
    if proposed.kind in (Kind.CATEGORY, Kind.BOOLEAN):
        return column.model_copy(update={"kind": proposed.kind})
    fixed = found.unique and found.present >= 50 and found.series.str.len_chars().n_unique() == 1
    if fixed and proposed.kind is Kind.INTEGER:
        return _faked(column, Kind.IDENTIFIER)
    return proposed.model_copy(update={"missing": None}) if proposed.kind is Kind.IDENTIFIER else proposed


def _words_or_codes(column: Column, found: Levels, min_count: int) -> Column:
    """Text that is neither number nor time nor personal: identifiers, free text or categories."""
    distinct, sample = found.distinct, found.sample
    share = distinct / found.present
    length_in_words = float(sample.str.count_matches(r"\S+").mean() or 0)  # type: ignore[arg-type]
    length = float(sample.str.len_chars().mean() or 0)  # type: ignore[arg-type]
    if distinct > FEW and length_in_words >= 5 and length >= 30 and share > 0.2:
        return _faked(column, Kind.TEXT)
    unique = (found.unique and distinct > FEW) or (share >= 0.95 and distinct >= 50)
    many = distinct > 200 or (distinct > FEW and share > 0.5)
    if unique or (many and (is_called(column.name, ID) or _coded(sample))):
        return _faked(column, Kind.TEXT if length_in_words >= 4 else Kind.IDENTIFIER)
    settable = column.physical in ("String", "Categorical")
    rare = _RARE_LABEL if settable and found.rare_share(min_count) > _RARE_SHARE else None
    return column.model_copy(update={"kind": Kind.CATEGORY, "rare": rare})


def _coded(sample: pl.Series) -> bool:
    """Whether texts look like references (C00012345, hexadecimal digests): no blanks, and six digits or more."""
    digits = sample.str.count_matches(r"\d")
    return bool(((digits >= 6) & ~sample.str.contains(r"\s")).mean() >= 0.95)  # type: ignore[operator]
