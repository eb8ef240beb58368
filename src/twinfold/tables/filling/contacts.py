"""E-mail addresses, phone numbers and IP addresses, in the ranges reserved for examples."""

import re
import unicodedata
from collections import Counter
from typing import Literal

import numpy as np
import polars as pl
from pydantic import BaseModel, ConfigDict, Field

from twinfold.tables.filling.identifiers import PatternForm
from twinfold.tables.filling.rows import Rows
from twinfold.tables.filling.templates import Template
from twinfold.tables.personal.names import FAMILY, GIVEN

_DOMAINS = ("example.com", "example.org", "example.net")  # RFC 2606
_NETWORKS = ("192.0.2.", "198.51.100.", "203.0.113.")  # RFC 5737


class EmailForm(BaseModel):
    """Addresses made of names and a number at the domains reserved for examples, none of them twice."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: Literal["email"] = "email"

    def make(self, rows: Rows) -> pl.Series:
        """Addresses, as text."""
        given, family = folded(GIVEN), folded(FAMILY)
        sizes = (len(_DOMAINS), 1000, len(given), len(family))
        space = int(np.prod(sizes))
        number = rows.permute(rows.index % np.uint64(space), space, 1)
        places = np.unravel_index(number.astype(np.int64), sizes)
        tail = pl.Series(["", *map(str, range(1, 1000))])
        return pl.select(
            pl.concat_str(
                given.gather(places[2]),
                pl.lit("."),
                family.gather(places[3]),
                tail.gather(places[1]),
                pl.lit("@"),
                pl.Series(_DOMAINS).gather(places[0]),
            )
        ).to_series()


class IpForm(BaseModel):
    """Addresses in the networks reserved for documentation; `version_6`: how many in a thousand are of version 6."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: Literal["ip"] = "ip"
    version_6: int = Field(ge=0, le=1000)

    def make(self, rows: Rows) -> pl.Series:
        """Addresses, as text."""
        old = pl.concat_str(
            pl.Series(_NETWORKS).gather(rows.below(3, 1)),
            pl.Series(rows.below(254, 2) + np.uint64(1)).cast(pl.String),
        )
        groups = [pl.lit("2001:db8")]
        words = pl.Series([f"{word:x}" for word in range(1, 2**16)])
        for stream in range(4, 10 if self.version_6 else 4):
            groups.append(pl.lit(words.gather(rows.below(2**16 - 1, stream))))
        new = pl.concat_str(groups, separator=":")
        is_new = pl.Series(rows.below(1000, 3) < np.uint64(self.version_6))
        return pl.select(pl.when(is_new).then(new).otherwise(old)).to_series()


def learn_ip(values: pl.Series) -> IpForm:
    """How many addresses are of version 6, to the tenth."""
    share = values.str.contains(":", literal=True).mean()
    return IpForm(version_6=round(10 * float(share or 0.0)) * 100)  # type: ignore[arg-type]  # a mean of booleans


# Calling codes whose regulator sets numbers apart for fiction: digits after the code, and what those begin with.
_FICTION = {"44": (10, "7700900"), "33": (9, "63998"), "61": (9, "491570"), "353": (9, "2091"), "46": (9, "7017406")}
_CODES = re.compile(
    r"(?:\+|00)(1|7|20|27|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|2[1-689]\d|3[578]\d|42\d|5[09]\d|6[789]\d|8[05789]\d|9[679]\d)"
)
_WRITTEN = re.compile(r"\+?[# ()./-]+(?: ?(?:x|ext\.?) ?#+)?")
_NORTH_AMERICAN = re.compile(r"1?[2-9]\d\d[2-9]\d{6}(\d{0,5})")
_AREA = ("area", "digit", "digit", "5", "5", "5", "0", "1", "digit", "digit")


def learn_phone(values: pl.Series, min_count: int, *, plain: bool) -> PatternForm:
    """Ways of writing phone numbers held by at least `min_count` distinct ones, with digits of no one.

    `plain`: the column stores numbers, and so digits alone.
    """
    sample = values.head(20_000).to_list()
    groups: dict[tuple[str, str], list[str]] = {}
    for value in sample:
        code = _CODES.match(value)
        groups.setdefault((re.sub(r"\d", "#", value), code[1] if code else ""), []).append(value)
    frequent = {key: found for key, found in groups.items() if len(found) >= min_count and _WRITTEN.fullmatch(key[0])}
    ranked = Counter({key: len(found) for key, found in frequent.items()}).most_common(32)
    total = sum(count for _, count in ranked)
    templates = [
        Template(weight=max(1, round(1000 * count / total)), slots=_slots(*key, frequent[key])) for key, count in ranked
    ]
    usual = (
        _AREA
        if plain or (sample and all(value.isdigit() for value in sample))
        else ("(", *_AREA[:3], ")", " ", *_AREA[3:6], "-", *_AREA[6:])
    )
    return PatternForm(templates=tuple(templates) or (Template(weight=1000, slots=usual),), unique=False)


def _slots(shape: str, code: str, values: list[str]) -> tuple[str, ...]:
    """What stands at each place of numbers written alike: calling codes and reserved ranges, else any digit."""
    numbers = ["".join(filter(str.isdigit, value)) for value in values]
    prefix = "00" if shape.startswith("00") else ""
    skipped = len(prefix) + len(code)
    size = len(numbers[0])
    if code in ("", "1") and all(_NORTH_AMERICAN.fullmatch(number) for number in numbers):
        lead = ["1"] if numbers[0][0] == "1" and size >= 11 else []
        digits = [*lead, *_AREA, *["digit"] * size][:size]
    else:
        digits = [*prefix, *code]
        trunk = sum(number[skipped : skipped + 1] == "0" for number in numbers) > 0.9 * len(numbers)
        digits += ["0"] if trunk else []
        length, start = _FICTION.get(code, (0, ""))
        digits += start if size - len(digits) == length else ["nonzero"]
        digits = [*digits, *["digit"] * size][:size]
    remaining = iter(digits)
    return tuple(next(remaining) if mark == "#" else mark for mark in shape)


def folded(names: tuple[str, ...]) -> pl.Series:
    """Names in lower case, in ASCII letters."""
    plain = [
        unicodedata.normalize("NFKD", name.replace("ł", "l").replace("ß", "ss").replace("ø", "o")) for name in names
    ]
    return pl.Series(list(dict.fromkeys(name.encode("ascii", "ignore").decode().lower() for name in plain)))
