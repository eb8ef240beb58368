"""National identifiers with valid checks, in ranges that are reserved or never issued where a country has them."""

from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import polars as pl
from pydantic import BaseModel, ConfigDict, Field, field_validator

from twinfold.tables.filling.identifiers import PatternForm, SequenceForm, learn_pattern, learn_sequence
from twinfold.tables.filling.rows import Numbers, Rows
from twinfold.tables.filling.templates import Matrix, Template, join, numbered, spell
from twinfold.tables.personal.births import HOLDERS, MONTH_LETTERS
from twinfold.tables.personal.checksums import complete_german
from twinfold.tables.personal.national import SCHEMES, layout_of, recognise

Array = npt.NDArray[Any]

_SCHEMES = {scheme.name: scheme for scheme in SCHEMES}
# "#" is a digit, "~" one from 1, "^" a letter, "ymd" a date of birth, "l" its month as a letter, "s" sex as 1 or 2, "*"
# a check, "?" the first digit for which there is one; anything else stands for itself. American numbers from 900 with a
# group below 50 are never issued, QQ is no British prefix, Finnish ones from 900 are temporary, Norwegian months + 80
# are for tests.
_RECIPES = {
    "us-ssn": "9##0~~###",
    "gb-nino": "QQ######C",
    "es-dni": "########*",
    "es-nie": "X#######*",
    "it-cf": "^^^^^^yylddZ###*",
    "fi-hetu": "ddmmyy-9##*",
    "fr-nir": "syymm99######**",
    "cz-rc": "yymmdd##?*",
    "se-pn": "yymmdd###*",
    "no-fnr": "ddmmyy?##**",
    "pl-pesel": "yymmdd####*",
    "br-cpf": "#########**",
    "za-id": "yymmdd####08*",
    "au-tfn": "~######?*",
    "nl-bsn": "~######?*",
    "birth-number": "yymmdd",
}
_SLOTS = {"#": "digit", "~": "nonzero", "^": "upper"}
_FIRST_DAY, _DAYS = np.datetime64("1955-01-01"), 45 * 365
_BLOCK = 1_000


class NationalForm(BaseModel):
    """Identifiers of one scheme. `layout`: how they are written, "#" for each character."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: Literal["national"] = "national"
    scheme: str
    layout: str = Field(max_length=40, pattern="^[ -~]*$")

    @field_validator("scheme")
    @classmethod
    def _known(cls, scheme: str) -> str:
        if scheme != "de-idnr" and scheme not in _RECIPES:
            raise ValueError(f"{scheme[:20]!r} is no known scheme")
        return scheme

    def make(self, rows: Rows) -> pl.Series:
        """Valid identifiers, as text."""
        return self._write(_german(rows) if self.scheme == "de-idnr" else _follow(self.scheme, rows))

    def make_for(self, rows: Rows, births: Array, women: Array) -> pl.Series:
        """Valid identifiers, as text, of people born on such days since 1970, who are women or not; (rows,) each.

        Those born alike have different numbers as far as a day has so many, also in pieces that follow each other.
        """
        template = _template(_RECIPES[self.scheme], self.scheme)
        order = np.lexsort((births, women))
        alike = (np.diff(births[order], prepend=np.nan) == 0) & (np.diff(women[order], prepend=-1) == 0)
        begin = np.maximum.accumulate(np.where(alike, 0, np.arange(len(order))))
        rank = np.empty(len(order), np.uint64)
        rank[order] = np.arange(len(order)) - begin
        if len(rows):
            rank += rows.index[0] // np.uint64(_BLOCK)
        space = numbered(template)
        serial = rows.permute(rank % np.uint64(space), space, 1)
        return self._write(_spell(self.scheme, template, serial, births, women, rows))

    def _write(self, compact: Matrix) -> pl.Series:
        if self.layout.count("#") != compact.shape[1] or self.layout == "#" * compact.shape[1]:
            return join(compact)
        written = np.empty((len(compact), len(self.layout)), np.uint8)
        places = np.array([mark == "#" for mark in self.layout])
        written[:, places] = compact
        written[:, ~places] = [ord(mark) for mark in self.layout if mark != "#"]
        return join(written)


def learn_national(values: pl.Series, min_count: int, last: int | None) -> NationalForm | PatternForm | SequenceForm:
    """The scheme that most of the distinct texts follow; where none is known, their pattern.

    `last`: the largest integer that the column stores, None for text.
    """
    sample = values.head(1000).to_list()
    if values.str.contains(r"^[0-9]{5,6}$").mean() == 1:
        return NationalForm(scheme="birth-number", layout="######")
    scheme, share = recognise(sample, pad=last is not None)
    if share < 0.5:
        whole = values.cast(pl.Int64, strict=False).drop_nulls()
        return learn_pattern(values, min_count) if last is None else learn_sequence(whole, last)
    written = [layout_of(value) for value in sample]
    usual = max(scheme.layouts, key=written.count) if last is None else "#" * scheme.length
    return NationalForm(scheme=scheme.name, layout=usual)


def _follow(scheme: str, rows: Rows) -> Matrix:
    """Numbers of people born on any day from 1955 to 1999."""
    recipe = _RECIPES[scheme]
    template = _template(recipe, scheme)
    people = 2 * _DAYS if "y" in recipe else 2 if "s" in recipe else 1
    space = people * numbered(template)
    number, person = np.divmod(rows.permute(rows.index % np.uint64(space), space, 1), np.uint64(people))
    day, woman = np.divmod(person.astype(np.int64), 2)
    births = _FIRST_DAY.astype(np.int64) + day
    return _spell(scheme, template, number, births, woman == 1, rows)


def _template(recipe: str, scheme: str) -> Template:
    slots = [_SLOTS.get(mark, mark if mark.isupper() or not mark.isalpha() else "0") for mark in recipe]
    slots = ["0" if slot in "*?" else slot for slot in slots]
    if scheme in HOLDERS and (at := HOLDERS[scheme].sex) is not None:
        slots[at] = "[01234]"  # the sex is the rest
    return Template(weight=0, slots=tuple(slots))


def _spell(scheme: str, template: Template, serial: Numbers, births: Array, women: Array, rows: Rows) -> Matrix:
    recipe, texts = _RECIPES[scheme], spell(template, serial, rows)
    if "y" in recipe or "s" in recipe:
        _write_person(texts, recipe, scheme, births, women)
    return _check(texts, recipe, scheme)


def _write_person(texts: Matrix, recipe: str, scheme: str, births: Array, women: Array) -> None:
    holder = HOLDERS.get(scheme)
    birth = births.astype(np.int64).astype("datetime64[D]")
    month_start = birth.astype("datetime64[M]")
    month = month_start.astype(np.int64) % 12
    year = month_start.astype("datetime64[Y]").astype(np.int64) + 1970
    month_added, day_added = np.full(len(texts), 80 if scheme == "no-fnr" else 0), np.zeros(len(texts), np.int64)
    if holder is not None:
        month_added += holder.month_of_women * women
        for century, added in holder.months.items():
            month_added += added * (year // 100 == century)
        day_added = holder.day_of_women * women
        if holder.sex is not None:
            texts[:, holder.sex] = ord("0") + holder.sex_digits(texts[:, holder.sex] - ord("0"), women)
        if holder.signs:
            usual = {century: sign for sign, century in reversed(list(holder.signs.items()))}
            texts[:, len(holder.date)] = [ord(usual.get(int(century), "-")) for century in year // 100]
    fields = {
        "y": year,
        "m": month + 1 + month_added,
        "d": (birth - month_start.astype("datetime64[D]")).astype(np.int64) + 1 + day_added,
    }
    for mark, value in fields.items():
        at = recipe.find(mark)
        if at >= 0:
            texts[:, at] = ord("0") + value % 100 // 10
            texts[:, at + 1] = ord("0") + value % 10
    if "l" in recipe:
        texts[:, recipe.index("l")] = MONTH_LETTERS[month]
    if "s" in recipe:
        texts[:, recipe.index("s")] = ord("1") + women


def _check(texts: Matrix, recipe: str, scheme: str) -> Matrix:
    complete = _SCHEMES[scheme].complete if scheme in _SCHEMES else None
    if complete is None:
        return texts
    completed = complete(texts)
    free = recipe.find("?")
    for digit in b"123456789" if free >= 0 else b"":
        lacking = (completed == ord("!")).any(axis=1)
        texts[lacking, free] = digit
        completed[lacking] = complete(texts[lacking])
    return completed


def _german(rows: Rows) -> Matrix:
    """Ten digits of which one stands twice and one is missing, the first not zero, and a check digit."""
    order = np.stack([rows.bits(stream) for stream in range(10)], axis=1).argsort(axis=1)
    source, target = rows.below(9, 11).astype(np.intp), rows.below(9, 12).astype(np.intp) + 1
    source = np.where(source == target, 9, source)
    every = np.arange(len(rows))
    order[every, target] = order[every, source]
    # Exchanging zero with the last digit that differs keeps the counts.
    swapped = order[:, 0] == 0
    other = np.where(order[swapped, 9] == 0, order[swapped, 8], order[swapped, 9])
    other = np.where(other == 0, order[swapped, 7], other)
    rows_swapped = order[swapped]
    order[swapped] = np.where(
        rows_swapped == 0, other[:, None], np.where(rows_swapped == other[:, None], 0, rows_swapped)
    )
    digits = np.hstack([order, np.zeros((len(rows), 1), order.dtype)]).astype(np.uint8) + np.uint8(ord("0"))
    return complete_german(digits)
