"""Hearing: what is known of a table of texts before any persona is looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from twinfold.personas.feedback.comparison import Group, group_people
from twinfold.personas.feedback.outcomes import Outcome
from twinfold.personas.feedback.quotes import Quotable, lay_out_quotes
from twinfold.personas.feedback.reading import Texts
from twinfold.personas.feedback.themes import Theme, find_themes
from twinfold.personas.feedback.words import Terms, find_terms
from twinfold.personas.people import People

if TYPE_CHECKING:
    import numpy.typing as npt
    from scipy.sparse import csr_matrix

    Flags = npt.NDArray[np.bool_]
    Floats = npt.NDArray[np.float64]
    Places = npt.NDArray[np.int64]


ERROR = 0.025
"""The chance with which any of all intervals may miss; with keywords' it stays below one in twenty."""


@dataclass(frozen=True)
class Heard:
    """What is set side by side: `texts`, a table each; `outcomes`, what people do; and `quotes` of each persona."""

    texts: tuple[Texts, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    quotes: int = 0


@dataclass(frozen=True)
class Hearing:
    """What is known of a table of texts.

    Attributes:
        texts, outcomes: what is said, and what is done.
        terms, themes: of the texts; users: who uses which term, (units, terms).
        units: how many there are to say something: people, or, of texts of a shared column, the texts themselves.
        whose: the unit of each text, (texts,).
        sought: groups whose keywords are sought, of all tables; compared: how many intervals hold at once.
        quotable: what quotes are chosen from; None where none are shown. quotes: how many of each persona.
    """

    texts: Texts
    outcomes: tuple[Outcome, ...]
    terms: Terms
    themes: tuple[Theme, ...]
    users: csr_matrix
    units: int
    whose: Places
    sought: int
    compared: int
    quotable: Quotable | None
    quotes: int

    @property
    def keyed(self) -> bool:
        """Whether it is known whose each text is."""
        return self.texts.linked.key

    @property
    def error(self) -> float:
        """The chance with which a single interval may miss, for all to hold at once (Bonferroni)."""
        return ERROR / max(self.compared, 1)

    @property
    def every(self) -> Flags:
        """All texts, (texts,)."""
        return np.ones(len(self.whose), bool)

    @property
    def verb(self) -> str:
        """What those do who say what is set beside what they do."""
        return "speak" if self.texts.complaint is None else "complain"

    def of_units(self, some: Flags) -> Flags:
        """Whose any of some texts is, `some` (texts,): (units,)."""
        return np.bincount(self.whose[some], minlength=self.units) > 0

    def says(self) -> list[tuple[str, Flags]]:
        """What is set beside what is done: speaking, or complaining, at all and of each theme, (units,)."""
        told = self.every if self.texts.complaint is None else self.texts.complaint
        return [("", self.of_units(told)), *((theme.name, self.of_units(told & theme.about)) for theme in self.themes)]

    def group(self, inside: Flags) -> Group:
        """A persona beside everybody, `inside` (people,): of texts of a shared column, each of its values counts for as
        much as the persona has people of it."""
        if self.keyed:
            return group_people(inside)
        linked = self.texts.linked
        assert linked.whose is not None
        levels, known = len(linked.levels), linked.whose >= 0
        there = np.bincount(linked.owner, minlength=levels) > 0
        every = np.bincount(linked.whose[known], minlength=levels) * there
        own = np.bincount(linked.whose[inside & known], minlength=levels) * there
        own = own if own.any() else every
        return Group(linked.owner, own / own.sum(), every / every.sum())

    def tones(self) -> Floats:
        """The mean tone of each unit, NaN of those who have none, (units,)."""
        tone = self.texts.tone if self.texts.tone is not None else np.full(len(self.whose), np.nan)
        known = ~np.isnan(tone)
        number = np.bincount(self.whose[known], minlength=self.units)
        total = np.bincount(self.whose[known], tone[known], minlength=self.units)
        out: Floats = np.where(number > 0, total / np.maximum(number, 1), np.nan)
        return out


def prepare_hearing(texts: Texts, heard: Heard, people: People, *, personas: int, rng: np.random.Generator) -> Hearing:
    """What is known of a table of texts before any persona is looked at.

    Args:
        texts: one of the tables that are `heard`; people: by whom.
        personas: how many there are: all comparisons of all of them, in all tables, hold at once.
        rng: draws the halves in which themes are sought again.
    """
    keyed, tables, outcomes = texts.linked.key, len(heard.texts), len(heard.outcomes)
    whose = texts.linked.owner if keyed else np.arange(len(texts.said))
    units = people.count if keyed else len(texts.said)
    terms = find_terms(texts.said, whose)
    themes = find_themes(terms, rng=rng)
    said = (1 + len(themes)) * (1 + (texts.complaint is not None and not texts.all_complain))
    own = said + (texts.tone is not None) + outcomes
    within = (personas + 1) * outcomes * (1 + len(themes)) if keyed else 0
    return Hearing(
        texts=texts,
        outcomes=heard.outcomes,
        terms=terms,
        themes=themes,
        users=terms.users(whose, units),
        units=units,
        whose=whose,
        sought=tables * personas,
        compared=tables * (personas * own + within),
        quotable=lay_out_quotes(texts, people, terms) if keyed and heard.quotes else None,
        quotes=heard.quotes,
    )
