"""Clauses: passages of documents, short enough to be quoted, with the numbers, dates and names that stand in them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from twinfold.personas.memory.passages import Passage
from twinfold.personas.memory.quantities import Quantity, find_quantities

MOST_WORDS, MOST_CHARACTERS = 120, 2_000
"""What a clause has at most."""

_SENTENCE = re.compile(r"(?<=[.!?])[\"'”’)\]]*\s+(?=[\"'“„(\[]?(?![a-zß-ÿ])[\w§])")
_ABBREVIATED = re.compile(
    r"(?:\b(?:[A-Za-z]|e\.g|i\.e|no|nr|art|sec|cf|etc|approx|incl|max|min|mr|mrs|ms|dr|st|p\.a))\.$", re.I
)
_BLANK = re.compile(r"\s+")
_PAUSE = re.compile(r"(?<=[;,:])\s+")
_ORDINAL = "¶"


@dataclass(frozen=True)
class Clause:
    """A passage of a document.

    Attributes:
        document: the document's name.
        number: the number that it bears ("3.1", "3.1(a)"), or "¶7" of the seventh passage, where it bears none.
        heading: the headings above it, "Fees > Late payment"; an empty text where there is none.
        text: what it says, in 120 words or fewer; a longer passage is several clauses of one number.
        decimal: the document's mark of decimals.
    """

    document: str
    number: str
    heading: str
    text: str
    decimal: str = "."

    @property
    def source(self) -> str:
        """Where it stands, as people would say it: "fees.md, 3.1 Late payment"."""
        title = self.heading.rpartition(_UNDER)[2]
        return f"{self.document}, {self.number} {title}".rstrip()

    @property
    def in_context(self) -> str:
        """The headings and the text: what a search looks at."""
        return f"{self.heading.replace(_UNDER, '. ')}. {self.text}" if self.heading else self.text

    @cached_property
    def numbers(self) -> tuple[Quantity, ...]:
        """The quantities in its text."""
        return find_quantities(self.text, self.decimal)


_UNDER = " > "


def make_clauses(document: str, passages: Sequence[Passage], decimal: str = ".") -> tuple[Clause, ...]:
    """The clauses of a document's passages, in their order."""
    out: list[Clause] = []
    for place, passage in enumerate(passages, 1):
        number, heading = passage.number or f"{_ORDINAL}{place}", _UNDER.join(passage.heading)
        out += [Clause(document, number, heading, text, decimal) for text in split_passage(passage.text)]
    return tuple(out)


def split_passage(text: str) -> list[str]:
    """A text in parts of 120 words or fewer: cut at sentences, else at pauses, else at words."""
    return [*_pack(text, (_SENTENCE, _PAUSE, _BLANK))]


def _pack(text: str, ends: tuple[re.Pattern[str], ...]) -> Iterator[str]:
    """Parts as long as they may be, cut where the first pattern ends one; a longer one by the patterns after it."""
    if _fits(text):
        yield text
        return
    if not ends:
        yield from (text[at : at + MOST_CHARACTERS] for at in range(0, len(text), MOST_CHARACTERS))
        return
    begun = at = words = 0
    for cut in [*_cuts(text, ends[0]), len(text)]:
        more = len(text[at:cut].split())
        if at > begun and (words + more > MOST_WORDS or len(text[begun:cut].rstrip()) > MOST_CHARACTERS):
            yield from _pack(text[begun:at].strip(), ends[1:])
            begun, words = at, 0
        at, words = cut, words + more
    yield from _pack(text[begun:].strip(), ends[1:])


def _cuts(text: str, end: re.Pattern[str]) -> Iterator[int]:
    for found in end.finditer(text):
        if end is not _SENTENCE or not _ABBREVIATED.search(text[max(0, found.start() - 10) : found.start()]):
            yield found.end()


def _fits(text: str) -> bool:
    return len(text) <= MOST_CHARACTERS and len(text.split()) <= MOST_WORDS
