"""Names and postal addresses, made of lists that no table had a part in."""

from typing import Literal

import numpy as np
import polars as pl
from pydantic import BaseModel, ConfigDict

from twinfold.tables.filling.contacts import folded
from twinfold.tables.filling.rows import Rows
from twinfold.tables.personal import addresses
from twinfold.tables.personal.names import FAMILY, GIVEN
from twinfold.tables.schema import Personal

Case = Literal["title", "lower", "upper"]


class NameForm(BaseModel):
    """Names. `parts`: which, in which order; `plain`: in ASCII letters."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: Literal["name"] = "name"
    parts: Literal["given", "family", "given family", "family, given"]
    case: Case
    plain: bool

    def make(self, rows: Rows) -> pl.Series:
        """Names, as text."""
        chosen = {}
        for stream, (part, names) in enumerate((("given", GIVEN), ("family", FAMILY))):
            known = folded(names).str.to_titlecase() if self.plain else pl.Series(names)
            chosen[part] = known.gather(rows.below(len(known), stream))
        if self.parts in chosen:
            return _in_case(chosen[self.parts], self.case)
        first, last = ("given", "family") if self.parts == "given family" else ("family", "given")
        separator = " " if self.parts == "given family" else ", "
        return _in_case(
            pl.select(pl.concat_str(chosen[first], chosen[last], separator=separator)).to_series(), self.case
        )


def learn_name(values: pl.Series, personal: Personal) -> NameForm:
    """How names are written: letter case, order, accents; no name."""
    parts: Literal["given", "family", "given family", "family, given"]
    if personal is Personal.FULL_NAME:
        parts = "family, given" if _share(values.str.contains(",", literal=True)) > 0.5 else "given family"
    else:
        parts = "given" if personal is Personal.GIVEN_NAME else "family"
    return NameForm(parts=parts, case=_case(values), plain=_share(values.str.contains(r"^[\x00-\x7F]*$")) > 0.99)


# Streets named after trees and common things, as they stand in most towns; {} is the house number.
_STREETS = {
    "en": (
        "Oak Maple Cedar Elm Willow Birch Chestnut Church Station Mill Park Bridge Garden School Spring River Lake",
        "Street Road Lane Avenue Close Drive Court Place Way Crescent",
        "{number} {stem} {word}",
    ),
    "de": (
        "Linden Eichen Birken Tannen Schul Bahnhof Kirch Garten Wiesen Berg Wald Mühlen Feld Rosen Ahorn Brunnen",
        "straße weg gasse platz allee",
        "{stem}{word} {number}",
    ),
    "fr": (
        "Lilas Tilleuls Roses Moulins Prés Écoles Jardins Chênes Peupliers Vignes Fleurs Sources Érables Acacias",
        "rue avenue allée place chemin boulevard",
        "{number} {word} des {stem}",
    ),
    "es": (
        "Mayor Nueva Real Sol Luna Fuente Molino Iglesia Estación Jardín Olivo Pino Rosas Puente Río Huerta",
        "Calle Avenida Plaza Paseo Camino",
        "{word} {stem} {number}",
    ),
    "it": (
        "Roma Garibaldi Mazzini Dante Verdi Europa Stazione Mulino Fiori Pini Tigli Rose Chiesa Scuola Ponte",
        "Via Viale Piazza Corso",
        "{word} {stem} {number}",
    ),
}
_TOWNS = (
    "Ashby Brookfield Carlow Dunmere Eastvale Fernley Glenwood Hartwick Kingsmere Lindale Norwell Oakhurst Westbrook"
)
_MARKS = {
    "de": r"(?i)(stra(ß|ss)e|str\.|weg|gasse|allee)\b",
    "fr": r"(?i)\b(rue|chemin|impasse)\b|\bavenue (de|du|des)\b",
    "es": r"(?i)\b(calle|avenida|plaza|paseo)\b",
    "it": r"(?i)\b(via|viale|piazza|corso)\b",
}


class AddressForm(BaseModel):
    """Addresses. `parts`: a house number, a street, both, or both with a town and its code."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: Literal["address"] = "address"
    language: Literal["en", "de", "fr", "es", "it"]
    parts: Literal["number", "street", "street and number", "with town"]
    case: Case

    def make(self, rows: Rows) -> pl.Series:
        """Addresses, as text."""
        number = pl.Series(rows.below(199, 1) + np.uint64(1)).cast(pl.String)
        if self.parts == "number":
            return number
        stems, words, layout = _STREETS[self.language]
        stem, word = (_choose(listed, rows, stream) for stream, listed in ((2, stems), (3, words)))
        if self.parts == "street":
            layout = layout.replace("{number}", "").strip()
        fields = {"number": number, "stem": stem, "word": word}
        wanted = sorted((layout.find(f"{{{name}}}"), name) for name in fields if f"{{{name}}}" in layout)
        for name in fields:
            layout = layout.replace(f"{{{name}}}", "{}")
        line = pl.format(layout, *(pl.lit(fields[name]) for _, name in wanted))
        if self.parts == "with town":
            code = pl.Series(rows.below(90_000, 4) + np.uint64(10_000)).cast(pl.String)
            line = pl.format("{}, {} {}", line, pl.lit(_choose(_TOWNS, rows, 5)), pl.lit(code))
        return _in_case(pl.select(line).to_series(), self.case)


def learn_address(values: pl.Series) -> AddressForm:
    """What addresses consist of, in which language and letter case; no street and no town."""
    sample = values.head(2000)
    shares = {language: _share(sample.str.contains(mark)) for language, mark in _MARKS.items()}
    best = max(shares, key=lambda language: shares[language])
    language = best if shares[best] > 0.3 else "en"
    texts = sample.to_list()
    house = sum(map(addresses.is_house_number, texts)) > 0.7 * len(texts)
    numbered = _share(sample.str.contains(r"\d")) > 0.5
    town = numbered and _share(sample.str.contains(r",.*,|,.*\d{4,}|\n")) > 0.5
    parts = "number" if house and texts else "with town" if town else "street and number" if numbered else "street"
    return AddressForm(language=language, parts=parts, case=_case(sample))


def _choose(listed: str, rows: Rows, stream: int) -> pl.Series:
    options = listed.split()
    return pl.Series(options).gather(rows.below(len(options), stream))


def _case(values: pl.Series) -> Case:
    lower, upper = (_share(values == changed) for changed in (values.str.to_lowercase(), values.str.to_uppercase()))
    return "lower" if lower > 0.5 and lower > upper else "upper" if upper > 0.5 and upper > lower else "title"


def _in_case(values: pl.Series, case: Case) -> pl.Series:
    return {"title": values, "lower": values.str.to_lowercase(), "upper": values.str.to_uppercase()}[case]


def _share(which: pl.Series) -> float:
    return float(which.mean() or 0.0)  # type: ignore[arg-type]  # a mean of booleans
