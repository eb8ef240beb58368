"""Passages: what the layout of a document keeps together, under the headings above it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from unicodedata import category

from twinfold.personas.memory.numbering import Label, Numbering, find_label

_STEERING = re.compile(r"[^\S\n ]|[\x00-\x09\x0b-\x1f\x7f-\x9f]")
_COMPOUND = re.compile(r"(?<![^\W\d_])[^\W\d_]{1,40}-[^\W\d_]{1,40}")
_HYPHENATED = re.compile(r"([^\W\d_]+)-$")
_LONGEST_WORD = 60
_WORD = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True)
class Passage:
    """A paragraph, an item of a list, or a row of a table.

    Attributes:
        text: on one line.
        number: the number that it bears, an empty text where it bears none.
        heading: titles of the headings above it, the outermost first.
    """

    text: str
    number: str
    heading: tuple[str, ...]


def drop_unseen(text: str) -> str:
    """The text without characters that no reader sees (marks of direction, blanks of no width, soft hyphens), and with
    blanks for those that steer a terminal: an order that hides in them is no part of what customers read."""
    unseen = {ord(each): None for each in set(text) if category(each) in ("Cf", "Cs")}
    return _STEERING.sub(" ", text.translate(unseen) if unseen else text)


def find_compounds(text: str) -> frozenset[str]:
    """The words that a text writes with a hyphen, in lower case."""
    return frozenset(found[0].lower() for found in _COMPOUND.finditer(text))


def join_lines(lines: Sequence[str], compounds: frozenset[str]) -> str:
    """One line of several: a word that was hyphenated at an end is made whole, unless its hyphen is its own.

    >>> join_lines(["the inter-", "est of a long-", "term loan"], frozenset({"long-term"}))
    'the interest of a long-term loan'
    """
    out: list[str] = []
    for line in lines:
        bare = " ".join(line.split())
        cut = _HYPHENATED.search(out[-1][-_LONGEST_WORD:]) if out else None
        on = _WORD.match(bare)
        if cut is None or on is None or not bare[0].islower():
            out += [" ", bare] if out else [bare]
            continue
        if f"{cut[1]}-{on[0]}".lower() not in compounds:
            out[-1] = out[-1][:-1]
        out.append(bare)
    return "".join(out)


@dataclass
class Outline:
    """A document while it is read: passages so far, the headings and numbers that stand, and the paragraph at hand.

    `compounds` are the words that have a hyphen of their own, for lines that are joined.
    """

    compounds: frozenset[str] = frozenset()
    passages: list[Passage] = field(default_factory=list)
    numbering: Numbering = field(default_factory=Numbering)
    _path: list[tuple[int, str]] = field(default_factory=list)
    _numbered: int = 0  # the level of the heading whose number stands
    _bare: Passage | None = None  # the last heading, while nothing stands under it
    _lines: list[str] = field(default_factory=list)

    def head(self, level: int, title: str, label: Label | None = None) -> None:
        """Go on under a heading; `label` is its number, where that is no part of the title."""
        self.end()
        if self._bare is not None and level <= self._path[-1][0]:
            self.passages.append(self._bare)
        if label is not None:
            self.numbering.enter(label)
            self._numbered = level
        elif level <= self._numbered or not self.numbering.outer:
            self.numbering, self._numbered = Numbering(), 0
        self._path = [each for each in self._path if each[0] < level]
        self._bare = Passage(title, self.numbering.whole, tuple(each for _, each in self._path))
        self._path.append((level, title))

    def label(self, label: Label) -> None:
        """Begin a paragraph that bears a number."""
        self.end()
        self.numbering.enter(label)
        if not label.inner:
            self._numbered = self._path[-1][0] + 1 if self._path else 1

    def add(self, line: str) -> None:
        """A line more of the paragraph at hand."""
        self._lines.append(line)

    def end(self) -> None:
        """End the paragraph at hand."""
        text = join_lines(self._lines, self.compounds).strip()
        if text:
            heading = tuple(title for _, title in self._path)
            self.passages.append(Passage(text, self.numbering.whole, heading))
            self._bare = None
        self._lines = []

    def close(self) -> list[Passage]:
        """All passages; a heading with nothing under it is one, so that nothing is lost."""
        self.end()
        return self.passages + ([self._bare] if self._bare is not None else [])

    @property
    def is_open(self) -> bool:
        """Whether there is a paragraph at hand."""
        return bool(self._lines)


def take_title(line: str) -> tuple[Label | None, str]:
    """The number and the title of a heading."""
    label = find_label(line, heading=True)
    title = line[label.length :].strip() if label is not None else line
    return label, title or line
