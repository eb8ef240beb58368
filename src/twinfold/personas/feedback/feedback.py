"""Feedback: what a table of texts says of all customers and of each persona, beside what they do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from twinfold.personas.feedback.comparison import Beside, Three


class Verdict(StrEnum):
    """Whether what is said and what is done go together."""

    AGREE = "agree"
    PART = "part"
    UNTOLD = "cannot be told"


@dataclass(frozen=True)
class ThemeShare:
    """A theme, as all speak of it.

    Attributes:
        name, words: what it is called, and by which words a text is about it; again: how alike it is in two
            halves of the texts, 0 to 1.
        texts: how many are about it; share: of all texts, with its 95 % interval.
        tone: the mean of these texts, -1 to 1; None where it is not measured.
    """

    name: str
    words: tuple[str, ...]
    again: float
    texts: int
    share: Three
    tone: float | None


@dataclass(frozen=True)
class Voiced:
    """A theme, as one persona speaks of it; `complain`: of those who complain of it, None where that is not told."""

    theme: str
    speak: Beside
    complain: Beside | None


@dataclass(frozen=True)
class Keyword:
    """A term that a persona uses more often than others.

    Attributes:
        term: one word or two; people: how many of the persona use it.
        inside, overall: the share of those who say something that uses it, of the persona and of all.
        z: by how many standard errors its log odds are above others'.
    """

    term: str
    people: int
    inside: float
    overall: float
    z: float


@dataclass(frozen=True)
class Done:
    """What a persona does."""

    outcome: str
    beside: Beside


@dataclass(frozen=True)
class Parting:
    """What a persona says beside what it does.

    Attributes:
        about: the theme that it complains of; empty where it is complaining at all.
        outcome: what is done.
        verdict: whether the two go together; sentence: so, with figures.
    """

    about: str
    outcome: str
    verdict: Verdict
    sentence: str


@dataclass(frozen=True)
class Within:
    """Whether those of a group who say something do more than the others of the group.

    Attributes:
        about: the theme; empty where it is saying, or complaining, at all.
        outcome: what is done.
        beside: those who say it, and in the place of everybody the others.
        sentence: so, with figures.
    """

    about: str
    outcome: str
    beside: Beside
    sentence: str


@dataclass(frozen=True)
class Quote:
    """What one customer says, with what names or reaches them masked; `theme`: what it is about, empty of none."""

    text: str
    theme: str


@dataclass(frozen=True)
class Said:
    """What one persona says in one table of texts, beside what it does.

    Attributes:
        source: the table; texts, people: how many, and of how many of its people; 0 of texts of a shared column.
        speak: the share of its people who say something; None of texts of a shared column.
        complain: the share who complain; None where nothing tells complaints.
        tone: the mean of those who say something, -1 to 1; None where it is not measured.
        themes: what it speaks of, in the order of all; keywords: terms that it uses more than others.
        does, partings, within: what it does, whether it does as it says, and whether those who say it do.
        quotes: of some of its people.
        lines: all of it in sentences.
    """

    source: str
    texts: int
    people: int
    speak: Beside | None
    complain: Beside | None
    tone: Beside | None
    themes: tuple[Voiced, ...]
    keywords: tuple[Keyword, ...]
    does: tuple[Done, ...]
    partings: tuple[Parting, ...]
    within: tuple[Within, ...]
    quotes: tuple[Quote, ...]
    lines: tuple[str, ...]

    def verdict(self, outcome: str) -> Verdict:
        """Whether complaining at all, and doing something, go together."""
        found = (each.verdict for each in self.partings if each.outcome == outcome and not each.about)
        return next(found, Verdict.UNTOLD)


@dataclass(frozen=True)
class Feedback:
    """What a table of texts says of all.

    Attributes:
        source, column: the table, and the one of its columns that holds texts.
        texts, people: how many are linked, and of how many people; 0 people of texts of a shared column.
        unlinked, empty: texts of nobody among the customers, and rows without words.
        linked: by what they are linked, in words; of: what shares are of, "people" or "texts".
        span: the first and the last day; None where there are no dates.
        tone_by: by what tone is measured; empty where it is not.
        complains: whether complaints are told; all_complain: whether each text is one.
        speak, complain: the shares of all who say something, and who complain; None where that is not told.
        themes: what all speak of, the most frequent first.
        within: whether those of all who say something do more than others.
        compared: how many comparisons their intervals hold at once.
        lines: all of it in sentences.
    """

    source: str
    column: str
    texts: int
    people: int
    unlinked: int
    empty: int
    linked: str
    of: str
    span: tuple[str, str] | None
    tone_by: str
    complains: bool
    all_complain: bool
    speak: float | None
    complain: float | None
    themes: tuple[ThemeShare, ...]
    within: tuple[Within, ...]
    compared: int
    lines: tuple[str, ...]
