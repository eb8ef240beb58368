"""Quotes: what some of a persona's people say, in words that many of them use."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from twinfold.personas.feedback.feedback import Quote
from twinfold.personas.feedback.masking import LETTERS, mask_personal
from twinfold.personas.feedback.reading import Texts, names_somebody
from twinfold.personas.feedback.themes import Theme
from twinfold.personas.feedback.words import Terms, count_words
from twinfold.personas.people import People
from twinfold.tables.schema import Kind

if TYPE_CHECKING:
    import numpy.typing as npt
    from scipy.sparse import csr_matrix

    Flags = npt.NDArray[np.bool_]
    Floats = npt.NDArray[np.float64]

LENGTH = 280
"""Letters of a quote, at most."""

LEAST_WORDS = 4
"""Words that a quote has, at least."""


@dataclass(frozen=True)
class Quotable:
    """Texts from which quotes are chosen.

    Attributes:
        texts, people: all of them, and whose they are.
        space: texts by terms that weigh the more the fewer use them, each of length one, (texts, terms).
        fit: how much of each text is in words that many use, (texts,); 0 of what is too short.
        common: words that many use.
    """

    texts: Texts
    people: People
    space: csr_matrix
    fit: Floats
    common: frozenset[str]

    def choose(self, able: Flags, themes: Sequence[Theme], count: int) -> tuple[Quote, ...]:
        """So many quotes of those texts that are `able`, (texts,), nearest to the centres of themes, by turns; of
        different people, no two alike."""
        chosen: list[Quote] = []
        owners: set[int] = set()
        orders = [(theme.name, iter(self._order(able & theme.about, theme.about))) for theme in themes]
        orders.append(("", iter(self._order(able, np.ones(len(able), bool)))))
        while orders and len(chosen) < count:
            turn = orders if len(orders) == 1 else orders[:-1]  # without a theme only once themes are through
            for name, order in list(turn):
                place = next((k for k in order if int(self.texts.linked.owner[k]) not in owners), None)
                if place is None:
                    orders.remove((name, order))
                    continue
                owners.add(int(self.texts.linked.owner[place]))
                text = self._quote(place)
                if len(chosen) < count and text.lower() not in {quote.text.lower() for quote in chosen}:
                    chosen.append(Quote(text, name))
        return tuple(chosen)

    def _order(self, able: Flags, about: Flags) -> list[int]:
        """Texts that are able, nearest to the centre of those about something first."""
        places = np.flatnonzero(able & (self.fit > 0))
        if not len(places):
            return []
        centre = np.asarray(self.space[about].mean(axis=0)).ravel()
        near = np.asarray(self.space[places] @ centre).ravel() * self.fit[places]
        order: list[int] = places[np.argsort(-near, kind="stable")].tolist()
        return order

    def _quote(self, place: int) -> str:
        known = _details(self.people, int(self.texts.linked.owner[place]))
        text = mask_personal(self.texts.said[place], known, lambda word: word in self.common)
        return text if len(text) <= LENGTH else text[: LENGTH - 1].rsplit(" ", 1)[0] + "…"


def lay_out_quotes(texts: Texts, people: People, terms: Terms) -> Quotable:
    """Texts as quotes are chosen from them."""
    from scipy.sparse import csr_matrix, diags

    users = np.asarray(terms.used.sum(axis=0), dtype=np.float64).ravel()
    weighed = csr_matrix(terms.used @ diags(np.log(len(texts.said) / np.maximum(users, 1)) + 1e-9))
    length = np.sqrt(np.asarray(weighed.multiply(weighed).sum(axis=1)).ravel())
    fit = np.where(count_words(texts.said).to_numpy() >= LEAST_WORDS, terms.known, 0.0)
    common = frozenset(word for name in terms.names for word in LETTERS.findall(name))
    return Quotable(texts, people, csr_matrix(diags(1 / np.maximum(length, 1e-12)) @ weighed), fit, common)


def _details(people: People, person: int) -> set[str]:
    """What the data know of somebody that could name them, in lower case: whole values, and their words."""
    found = set()
    for column in people.table:
        value = people.frame[column.name][person]
        if value is not None and (names_somebody(column) or column.kind is Kind.IDENTIFIER):
            said = unicodedata.normalize("NFC", str(value)).lower()
            found |= {said, *LETTERS.findall(said)}
    return {each for each in found if len(each) > 2}
