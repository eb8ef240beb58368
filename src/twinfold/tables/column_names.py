"""What a column's name says about it: the words in it, and what they speak of. A second opinion, never the first."""

import re
from functools import cache


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


ID = _set("id ids uuid guid pk fk key rowid identifier account acct iban")
"""The name of something: a customer, an account."""

NUMBERED = ID | _set("no nr nbr number num index idx row ref reference serial")
"""May be the name of something, where the values say so too."""

CODE = _set("code codes zip zipcode postcode postal plz mcc sic naics bic")
TIME = _set("date dt day dob birth born birthday time timestamp month datum since")
CALENDAR = _set("year age month day week date time hour")
PERSON = _set("name names surname forename firstname lastname first last given")
LATITUDE = _set("lat latitude")
LONGITUDE = _set("lon lng longitude")
QUANTITY = _set(
    "age num number count cnt qty quantity amount amt total sum avg mean days weeks months years hours minutes term"
    " duration tenure score rate percent percentage pct size height weight length income balance price recency"
    " frequency dependents dependants children rooms times visits orders purchases loans accounts cards"
)

_SIDES = _set("to from l r x y")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-zß-ÿ]+|\d+")


@cache
def words(name: str) -> tuple[str, ...]:
    """The words of a name, in lower case.

    >>> words("customerID"), words("date_of_birth"), words("NumberOfTimes90DaysLate")
    (('customer', 'id'), ('date', 'of', 'birth'), ('number', 'of', 'times', '90', 'days', 'late'))
    """
    return tuple(word.lower() for word in _WORD.findall(name))


def speaks_of(name: str, hints: frozenset[str]) -> bool:
    """Whether any word of a name is one of `hints`."""
    return not hints.isdisjoint(words(name))


def is_called(name: str, hints: frozenset[str]) -> bool:
    """Whether a name as a whole means one of `hints`, in its last word or as "id" in its first.

    >>> is_called("customerID", ID), is_called("account_to", ID), is_called("account_balance", ID)
    (True, True, False)
    >>> is_called("Unnamed: 0", ID)
    True
    """
    kept = [word for word in words(name) if word not in _SIDES and not word.isdigit()]
    return bool(kept) and (kept[-1] in hints or (kept[0] == "id" and "id" in hints) or kept[0] == "unnamed")
