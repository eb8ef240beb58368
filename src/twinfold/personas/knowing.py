"""Knowing: which facts bear on a question, of one customer alone.

Retrieval goes from the hard to the soft: nothing of another customer's is ever looked at; then times and types that the
question names, then its words among free texts and, where the extra is there, what they mean; then clauses of documents
that are about what this customer has.
"""

from __future__ import annotations

import re
from collections import defaultdict
from functools import cached_property

import numpy as np

from twinfold.errors import MissingExtraError
from twinfold.personas.memory.clauses import Clause
from twinfold.personas.memory.fact import Fact, FactKind
from twinfold.personas.memory.ledger import keep
from twinfold.personas.memory.meaning import Meaning
from twinfold.personas.memory.memory import Memory, Rows
from twinfold.personas.memory.search import Index
from twinfold.personas.memory.truth import TRUTHS
from twinfold.personas.memory.words import split_words as split_text
from twinfold.personas.memory.words import stem
from twinfold.personas.questions.common_words import ASKING, FUNCTION_WORDS
from twinfold.personas.questions.lexicon import Lexicon
from twinfold.personas.questions.reading import read_filters
from twinfold.personas.questions.words import fold, split_words
from twinfold.tables.schema import Kind

CLAUSES, EVENTS, ATTRIBUTES = 3, 4, 6
"""Facts of each kind that are retrieved, at most."""

MEANT = 100_000
"""Clauses that are found by meaning too, at most."""

LOOKED_AT = 20
"""Clauses that are looked at for one question, the best first."""


def _find_meaning() -> Meaning | None:
    """Word vectors, where they are installed."""
    try:
        return Meaning()
    except MissingExtraError:
        return None


_ASKED = (
    (re.compile(r"\b(?:rate|percent|interest)\b|%"), frozenset({"percent", "percentage points", "basis points"})),
    (
        re.compile(r"\b(?:how long|notice|deadline|how many (?:days|weeks|months|years)|within|by when)\b"),
        frozenset({"minutes", "hours", "days", "weeks", "months", "years"}),
    ),
    (re.compile(r"\b(?:how much|costs?|fees?|charges?|charged|price|penalty|pay|owe)\b"), None),
)
"""What asks for a number of a clause, and in which units; None is money, or a number without one."""


def _amount(question: str, clause: Clause) -> float | None:
    """The number that a question asks a clause for, where the clause has one of its kind; None else."""
    text = fold(question)
    others = frozenset[str]().union(*(units for _, units in _ASKED if units))
    for asked, units in _ASKED:
        if asked.search(text):
            found = [n for n in clause.numbers if (n.unit not in others if units is None else n.unit in units)]
            return found[0].value if len(found) == 1 else None
    return None


class Knowing:
    """What a memory's customers know that bears on questions.

    Args:
        memory: of all of them.
        lexicon: what things are called.
    """

    def __init__(self, memory: Memory, lexicon: Lexicon) -> None:
        self.memory, self.lexicon = memory, lexicon
        self._last: tuple[str, list[tuple[int, float]]] = ("", [])  # many customers are asked the same

    @cached_property
    def levels(self) -> frozenset[str]:
        """All levels of words that anybody has, folded, as a claim is looked up in them."""
        return frozenset(
            " ".join(word.text for word in split_words(level))
            for level in self.lexicon.levels
            if len(level) > 2 and fold(level) not in TRUTHS and not level.replace(" ", "").isdigit()
        )

    @cached_property
    def _index(self) -> Index:
        meaning = _find_meaning() if len(self.memory.clauses) <= MEANT else None
        return Index([clause.in_context for clause in self.memory.clauses], meaning=meaning)

    @property
    def by(self) -> str:
        """What clauses are found by: "words", or "words and meaning"."""
        return self._index.by

    @cached_property
    def _about(self) -> list[dict[str, set[str]]]:
        """Of each clause, the levels that it names, by column of the customers' own."""
        people = self.memory.people.name
        out = []
        for clause in self.memory.clauses:
            named: dict[str, set[str]] = defaultdict(set)
            for mention in self.lexicon.mentions(split_words(clause.in_context)):
                for entry in mention.entries:
                    if entry.level is not None and (entry.table == people or self.memory[entry.table].single):
                        named[f"{entry.table}.{entry.column}"].add(entry.level)
            out.append(named)
        return out

    def clauses(self, customer: int, question: str) -> list[Fact]:
        """The clauses that say most of what is asked, without those about what this customer has not."""
        if not self.memory.clauses:
            return []
        asked: set[tuple[str, str | None]] = {
            (f"{entry.table}.{entry.column}", entry.level)
            for mention in self.lexicon.mentions(split_words(question))
            for entry in mention.entries
            if entry.level is not None
        }
        facts = []
        for place, _ in self._found(question):
            named, clause = self._about[place], self.memory.clauses[place]
            if all(self._fits(customer, column, levels, asked) for column, levels in named.items()):
                name = clause.heading or clause.document
                facts.append(Fact(FactKind.CLAUSE, "", name, _amount(question, clause), clause.text, clause.source))
        return facts[:CLAUSES]

    def retrieve(self, customer: int, question: str) -> list[Fact]:
        """What a customer knows that bears on a question: attributes that it names, rows, free texts, and clauses."""
        words = split_words(question)
        mentions = self.lexicon.mentions(words)
        facts: list[Fact] = []
        for mention in mentions:
            for entry in mention.entries:
                rows = self.memory[entry.table]
                if entry.column and (rows is self.memory.people or rows.single):
                    own = range(*rows.begins[customer : customer + 2].tolist())
                    facts += [f for row in own if (f := self.lexicon.attribute(rows, entry.column, row)) is not None]
        facts = facts[:ATTRIBUTES]
        for rows in self.memory.histories.values():
            if any(entry.table == rows.name for mention in mentions for entry in mention.entries):
                facts += self._events(customer, rows, question)
        facts += self._texts(customer, question)
        facts += self.clauses(customer, question)
        return list(dict.fromkeys(facts))

    def _found(self, question: str) -> list[tuple[int, float]]:
        """The clauses that have half of what a question is about, or more, with their scores: one that shares only
        some word with it says nothing of it."""
        if self._last[0] != question:
            about = {stem(word) for word in split_text(fold(question)) if word not in FUNCTION_WORDS | ASKING}
            found = self._index.find(question, LOOKED_AT) if about - {""} else []
            held = [
                len(about & set(map(stem, split_text(self.memory.clauses[place].in_context)))) for place, _ in found
            ]
            kept = [each for each, count in zip(found, held, strict=True) if 2 * count >= len(about - {""})]
            self._last = (question, kept)
        return self._last[1]

    def _fits(self, customer: int, column: str, levels: set[str], asked: set[tuple[str, str | None]]) -> bool:
        """Whether a clause that names levels of a column is about what this customer has, or is asked for."""
        if any((column, level) in asked for level in levels):
            return True
        table, _, name = column.partition(".")
        rows = self.memory[table]
        own = range(*rows.begins[customer : customer + 2].tolist())
        mine = {str(rows.values(name)[row]) for row in own}
        return bool(mine & levels) or not mine

    def _events(self, customer: int, rows: Rows, question: str) -> list[Fact]:
        """The last rows that a question's times and levels let through."""
        filters = read_filters(question, self.lexicon, rows)
        own = np.arange(*rows.begins[customer : customer + 2])
        kept = own[keep(rows, own, filters)]
        return [self.memory.event(rows, int(row)) for row in kept[-EVENTS:][::-1]]

    def _texts(self, customer: int, question: str) -> list[Fact]:
        """Free texts of this customer's (complaints, notes) that share words with the question."""
        out = []
        for rows in self.memory.histories.values():
            if not any(column.kind is Kind.TEXT for column in rows.columns):
                continue
            begin, end = rows.begins[customer : customer + 2].tolist()
            if rows.name not in self._texts_of:
                names = [column.name for column in rows.columns if column.kind is Kind.TEXT]
                self._texts_of[rows.name] = Index(
                    [" ".join(map(str, row)) for row in zip(*(rows.values(n).to_list() for n in names), strict=True)]
                )
            found = self._texts_of[rows.name].find(question, EVENTS, among=np.arange(begin, end))
            out += [self.memory.event(rows, place) for place, score in found if score > 0]
        return out

    @cached_property
    def _texts_of(self) -> dict[str, Index]:
        return {}
