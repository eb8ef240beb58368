"""Words: a question in pieces, so that it can be matched with names of tables, columns and levels."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from twinfold.personas.memory.words import stem as compared

LONGEST = 2_000
"""Characters of a question that are read."""

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[A-Za-z])(?=\d)|(?<=\d)(?=[A-Za-z])|[_\W]+")

SHORT = {
    "acct": "account",
    "addr": "address",
    "amt": "amount",
    "avg": "average",
    "bal": "balance",
    "cat": "category",
    "cnt": "count",
    "cust": "customer",
    "dob": "birth date",
    "freq": "frequency",
    "num": "number",
    "pct": "percent",
    "qty": "quantity",
    "trans": "transaction",
    "tx": "transaction",
    "txn": "transaction",
    "yr": "year",
}
"""What columns are called for short."""


@dataclass(frozen=True)
class Word:
    """A word of a question: as it stands, in lower case; its stem; and where it begins and ends."""

    text: str
    stem: str
    begin: int
    end: int


def fold(text: str) -> str:
    """A text in lower case without accents.

    >>> fold("Prémie À LA Carte")
    'premie a la carte'
    """
    return "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))


def stem(word: str) -> str:
    """A word so that its forms meet: irregular ones by a list, others as a search compares them (`memory.words`).

    >>> [stem(each) for each in ("payments", "paid", "fees", "purchased", "status", "transactions", "bought")]
    ['payment', 'pai', 'fee', 'purchas', 'status', 'transaction', 'bui']
    """
    word = _IRREGULAR.get(word, SHORT.get(word, word))
    return compared(word) or word


def stems(words: str) -> frozenset[str]:
    """The stems of words with blanks between."""
    return frozenset(map(stem, words.split()))


_IRREGULAR = {
    "children": "child",
    "spended": "spend",
    "paid": "pay",
    "bought": "buy",
    "spent": "spend",
    "spending": "spend",
    "withdrew": "withdraw",
    "withdrawn": "withdraw",
}


def split_words(text: str) -> list[Word]:
    """The words of a text, in their order."""
    folded = fold(text[:LONGEST])
    return [Word(m.group(), stem(m.group()), m.start(), m.end()) for m in _WORD.finditer(folded)]


def name_words(name: str) -> tuple[str, ...]:
    """The stems of the words that a name of a column or table is made of.

    >>> name_words("monthlyFee_amt"), name_words("NumberOfTime30"), name_words("A11")
    (('monthli', 'fee', 'amount'), ('number', 'of', 'time', '30'), ('a', '11'))
    """
    parts = [fold(part) for part in _CAMEL.split(name) if part]
    return tuple(stem(word) for part in parts for word in SHORT.get(part, part).split())


def listed(said: Sequence[str], word: str = "and") -> str:
    """Things one after the other.

    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    return said[0] if len(said) == 1 else f"{', '.join(said[:-1])} {word} {said[-1]}" if said else ""


def readable(name: str) -> str:
    """A name of a column or table as people would say it.

    >>> readable("account_balance"), readable("purchaseAmt"), readable("Contract"), readable("A11")
    ('account balance', 'purchase amount', 'contract', 'A11')
    """
    parts = [part for part in _CAMEL.split(name) if part]
    if len(parts) == 1 or not re.search(r"[a-z]", name):
        plain = name.replace("_", " ").strip() or name
        return SHORT.get(name.lower(), plain.lower() if plain[1:].islower() and plain.isalpha() else plain)
    return " ".join(SHORT.get(part.lower(), part.lower()) for part in parts)
