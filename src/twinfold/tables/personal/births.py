"""What national identifiers say of those whom they name: the date of birth and the sex."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from twinfold.tables.personal.checksums import characters

Array = npt.NDArray[Any]

MONTH_LETTERS = np.frombuffer(b"ABCDEHLMPRST", np.uint8)
"""The months of an Italian codice fiscale."""


@dataclass(frozen=True)
class Holder:
    """Where a scheme's compact number says when its holder was born, and of which sex.

    Attributes:
        date: "y", "m" (or "l", a letter) and "d" where the digits of the year, the month and the day stand.
        month_of_women, day_of_women: what is added to the month, or the day, of women.
        sex: the place of a digit that says it: odd of men, or with `men_from`, from that digit on; None without one.
        months: what is added to the month of those born in a century, where that is said so.
        signs: characters behind the date that stand for a century.
    """

    date: str
    month_of_women: int = 0
    day_of_women: int = 0
    sex: int | None = None
    men_from: int | None = None
    months: Mapping[int, int] = field(default_factory=dict)
    signs: Mapping[str, int] = field(default_factory=dict)

    def sex_digits(self, fifth: Array, women: Array) -> Array:
        """The digits that say the sex, of numbers from 0 to 4; all of shape (rows,)."""
        if self.men_from is not None:
            return np.asarray(fifth + np.where(women, 0, self.men_from))
        return np.asarray(2 * fifth + np.where(women, 0, 1))


HOLDERS = {
    "cz-rc": Holder("yymmdd", month_of_women=50),
    "birth-number": Holder("yymmdd", month_of_women=50),
    "se-pn": Holder("yymmdd", sex=8),
    "no-fnr": Holder("ddmmyy", sex=8),
    "fi-hetu": Holder("ddmmyy", sex=9, signs={"+": 18} | dict.fromkeys("-UVWXY", 19) | dict.fromkeys("ABCDEF", 20)),
    "pl-pesel": Holder("yymmdd", sex=9, months={18: 80, 19: 0, 20: 20, 21: 40, 22: 60}),
    "za-id": Holder("yymmdd", sex=6, men_from=5),
    "it-cf": Holder("      yyldd", day_of_women=40),
}
"""By scheme; others say no day, or no sex."""


def read_births(texts: Sequence[str], scheme: str) -> tuple[Array, npt.NDArray[np.bool_]]:
    """Days of birth since 1970, NaN where a number says none, and which are women; both of shape (rows,).

    `texts` are compact numbers of the scheme's length. Where a number does not say the century, no one is taken to be
    older than those born after the longest run of years in which nobody was.
    """
    holder, codes = HOLDERS[scheme], characters(texts)

    def number(mark: str) -> npt.NDArray[np.int64]:
        at = holder.date.index(mark)
        return (codes[:, at].astype(np.int64) - ord("0")) * 10 + codes[:, at + 1] - ord("0")

    year, day = number("y"), number("d")
    women = np.zeros(len(codes), bool)
    if "l" in holder.date:
        letters = codes[:, holder.date.index("l")]
        month = (letters[:, None] == MONTH_LETTERS).argmax(axis=1) + 1
    else:
        month = number("m")
    if holder.month_of_women:
        women = month > holder.month_of_women
        month = month - holder.month_of_women * women
    if holder.day_of_women:
        women = day > holder.day_of_women
        day = day - holder.day_of_women * women
    if holder.sex is not None:
        digit = codes[:, holder.sex].astype(np.int64) - ord("0")
        women = digit % 2 == 0 if holder.men_from is None else digit < holder.men_from
    known = (month % 20 >= 1) & (month % 20 <= 12) & (day >= 1) & (day <= 31)
    year = year + 100 * _centuries(holder, codes, year, month, known)
    first = ((year - 1970) * 12 + np.clip(month % 20, 1, 12) - 1).astype("datetime64[M]")
    date = first.astype("datetime64[D]") + (day - 1)
    known &= date.astype("datetime64[M]") == first  # no 31 April
    return np.where(known, date.astype(np.int64), np.nan), women


def _centuries(holder: Holder, codes: Array, year: Array, month: Array, known: Array) -> npt.NDArray[np.int64]:
    if holder.months:
        by_added = {added: century for century, added in holder.months.items()}
        return np.array([by_added.get(int(added), 19) for added in month // 20 * 20])
    if holder.signs:
        return np.array([holder.signs.get(chr(code), 19) for code in codes[:, len(holder.date)]])
    return np.where(year < _first_year(np.unique(year[known])), 20, 19)


def _first_year(years: Array) -> int:
    """The year of a century, of two digits, from which on years are of the last one: after the longest gap."""
    if not len(years):
        return 0
    gaps = np.diff(np.append(years, years[0] + 100))
    widest = int(np.argmax(gaps))
    if widest == len(gaps) - 1:  # the years of all follow each other in one century
        return 0 if years[-1] >= 30 else 100
    return int(years[widest + 1])
