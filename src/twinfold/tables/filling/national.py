"""National identifiers with valid checks, in ranges that are reserved or never issued where a country has them."""

from typing import Literal

import numpy as np
import polars as pl
from pydantic import BaseModel, ConfigDict, Field, field_validator

from twinfold.tables.filling.identifiers import PatternForm, SequenceForm, learn_pattern, learn_sequence
from twinfold.tables.filling.rows import Numbers, Rows
from twinfold.tables.filling.templates import Matrix, Template, join, numbered, spell
from twinfold.tables.personal.checksums import complete_german
from twinfold.tables.personal.national import SCHEMES, layout_of, recognise

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
    "no-fnr": "ddmmyy##?**",
    "pl-pesel": "yymmdd####*",
    "br-cpf": "#########**",
    "za-id": "yymmdd####08*",
    "au-tfn": "~######?*",
    "nl-bsn": "~######?*",
    "birth-number": "yymmdd",
}
_SLOTS = {"#": "digit", "~": "nonzero", "^": "upper"}
_FIRST_DAY, _DAYS = np.datetime64("1955-01-01"), 45 * 365
_MONTH_LETTERS = np.frombuffer(b"ABCDEHLMPRST", np.uint8)


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
        compact = _german(rows) if self.scheme == "de-idnr" else _follow(_RECIPES[self.scheme], self.scheme, rows)
        if self.layout.count("#") != compact.shape[1] or self.layout == "#" * compact.shape[1]:
            return join(compact)
        written = np.empty((len(rows), len(self.layout)), np.uint8)
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


def _follow(recipe: str, scheme: str, rows: Rows) -> Matrix:
    slots = tuple(_SLOTS.get(mark, mark if mark.isupper() or not mark.isalpha() else "0") for mark in recipe)
    template = Template(weight=0, slots=tuple("0" if slot in "*?" else slot for slot in slots))
    people = 2 * _DAYS if "y" in recipe else 2 if "s" in recipe else 1
    space = people * numbered(template)
    number, person = np.divmod(rows.permute(rows.index % np.uint64(space), space, 1), np.uint64(people))
    texts = spell(template, number, rows)
    if people > 1:
        _write_person(texts, recipe, scheme, person)
    return _check(texts, recipe, scheme)


def _write_person(texts: Matrix, recipe: str, scheme: str, person: Numbers) -> None:
    day, woman = np.divmod(person.astype(np.int64), 2)
    birth = _FIRST_DAY + day
    month_start = birth.astype("datetime64[M]")
    month = month_start.astype(np.int64) % 12
    month_added = 50 * woman if scheme in ("cz-rc", "birth-number") else 80 if scheme == "no-fnr" else 0
    day_added = 40 * woman if scheme == "it-cf" else 0
    fields = {
        "y": month_start.astype("datetime64[Y]").astype(np.int64) + 70,
        "m": month + 1 + month_added,
        "d": (birth - month_start.astype("datetime64[D]")).astype(np.int64) + 1 + day_added,
    }
    for mark, value in fields.items():
        at = recipe.find(mark)
        if at >= 0:
            texts[:, at] = ord("0") + value % 100 // 10
            texts[:, at + 1] = ord("0") + value % 10
    if "l" in recipe:
        texts[:, recipe.index("l")] = _MONTH_LETTERS[month]
    if "s" in recipe:
        texts[:, recipe.index("s")] = ord("1") + woman


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
