"""IBANs and payment cards with valid checks; cards in the ranges that issuers publish for tests."""

from collections import Counter
from collections.abc import Container, Sequence
from typing import Annotated, Literal

import numpy as np
import polars as pl
from pydantic import BaseModel, ConfigDict, Field, field_validator

from twinfold.tables.filling.rows import Rows
from twinfold.tables.filling.templates import Matrix, Template, join, numbered, spell
from twinfold.tables.personal.checksums import complete_iban, complete_luhn
from twinfold.tables.personal.patterns import IBAN_COUNTRIES, account_parts, card_issuer, is_iban

_TEST_CARDS = {
    "visa": ("411111", 16),
    "mastercard": ("555555", 16),
    "amex": ("378282", 15),
    "discover": ("601111", 16),
    "diners": ("305693", 14),
    "jcb": ("353011", 16),
    "unionpay": ("620000", 16),
    "maestro": ("673101", 16),
}


_Weight = Annotated[int, Field(ge=1, le=1000)]


def _among(weights: tuple[tuple[str, int], ...], known: Container[str]) -> tuple[tuple[str, int], ...]:
    for name, _ in weights:
        if name not in known:
            raise ValueError(f"{name[:20]!r} is not known")
    if len(dict(weights)) < len(weights):
        raise ValueError("one of them twice")
    return weights


class CardForm(BaseModel):
    """Payment cards: issuers with how many in a thousand are theirs, and the mark between groups of digits."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: Literal["card"] = "card"
    issuers: tuple[tuple[str, _Weight], ...] = Field(min_length=1)
    separator: Literal["", " ", "-"]

    @field_validator("issuers")
    @classmethod
    def _known(cls, issuers: tuple[tuple[str, int], ...]) -> tuple[tuple[str, int], ...]:
        return _among(issuers, _TEST_CARDS)

    def make(self, rows: Rows) -> pl.Series:
        """Valid card numbers, as text."""
        chosen = rows.pick([weight for _, weight in self.issuers], 1)
        parts = []
        for i, (issuer, _) in enumerate(self.issuers):
            prefix, length = _TEST_CARDS[issuer]
            slots = (*prefix, *["digit"] * (length - len(prefix) - 1), "0")
            numbers = complete_luhn(_unique(slots, rows.where(chosen == i)))
            groups = (0, 4, 10, 15) if length == 15 else tuple(range(0, length + 3, 4))
            parts.append(join(_group(numbers, groups, self.separator)))
        return _merge(parts, chosen)


class IbanForm(BaseModel):
    """IBANs: countries with how many in a thousand are theirs; `spaced` in groups of four."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: Literal["iban"] = "iban"
    countries: tuple[tuple[str, _Weight], ...] = Field(min_length=1)
    spaced: bool

    @field_validator("countries")
    @classmethod
    def _known(cls, countries: tuple[tuple[str, int], ...]) -> tuple[tuple[str, int], ...]:
        return _among(countries, IBAN_COUNTRIES)

    def make(self, rows: Rows) -> pl.Series:
        """Valid IBANs, as text."""
        chosen = rows.pick([weight for _, weight in self.countries], 1)
        parts = []
        for i, (country, _) in enumerate(self.countries):
            account = [slot for kind, count in account_parts(country) for slot in [_IBAN_SLOTS[kind]] * count]
            numbers = complete_iban(_unique((*country, "0", "0", *account), rows.where(chosen == i)))
            groups = tuple(range(0, numbers.shape[1] + 3, 4))
            parts.append(join(_group(numbers, groups, " " if self.spaced else "")))
        return _merge(parts, chosen)


_IBAN_SLOTS = {"n": "digit", "a": "upper", "c": "digit"}


def learn_card(values: pl.Series, min_count: int) -> CardForm:
    """Issuers held by at least `min_count` distinct numbers, and how numbers are written."""
    sample = values.head(10_000).to_list()
    issuers = _weights([card_issuer(value) for value in sample], min_count) or (("visa", 1000),)
    separators = Counter(" " if " " in value else "-" if "-" in value else "" for value in sample)
    return CardForm(issuers=issuers, separator=separators.most_common(1)[0][0] if separators else "")


def learn_iban(values: pl.Series, min_count: int) -> IbanForm:
    """Countries held by at least `min_count` distinct accounts, and how accounts are written."""
    sample = values.head(10_000).str.to_uppercase().to_list()
    countries = _weights(
        [value[:2] if value[:2] in IBAN_COUNTRIES and is_iban(value) else None for value in sample], min_count
    )
    spaced = sum(" " in value for value in sample) > len(sample) / 2
    return IbanForm(countries=countries or (("DE", 1000),), spaced=spaced)


def _weights(found: Sequence[str | None], min_count: int) -> tuple[tuple[str, int], ...]:
    counts = [(key, count) for key, count in Counter(found).most_common() if key is not None and count >= min_count]
    total = sum(count for _, count in counts)
    return tuple((key, max(1, round(1000 * count / total))) for key, count in counts)


def _unique(slots: tuple[str, ...], rows: Rows) -> Matrix:
    template = Template(weight=0, slots=slots)
    space = numbered(template)
    return spell(template, rows.permute(rows.index % np.uint64(space), space, 2), rows)


def _group(texts: Matrix, starts: tuple[int, ...], separator: str) -> Matrix:
    """Set a separator before each start of a group but the first."""
    inner = [start for start in starts[1:] if start < texts.shape[1]]
    return np.insert(texts, inner, ord(separator), axis=1) if separator else texts


def _merge(parts: list[pl.Series], chosen: np.ndarray[tuple[int], np.dtype[np.intp]]) -> pl.Series:
    place = np.empty(len(chosen), np.int64)
    place[np.argsort(chosen, kind="stable")] = np.arange(len(chosen))
    return pl.concat(parts).gather(place)
