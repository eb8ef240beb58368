"""Passages: the sentences of clauses, and the parts of those with several numbers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from twinfold.personas.claims.figures import NUMBER, read_figure
from twinfold.personas.claims.speech import CLAUSE, SENTENCE, root
from twinfold.personas.claims.units import unit_of
from twinfold.personas.memory.fact import Fact, FactKind
from twinfold.personas.questions.words import fold, split_words

_GOES_ON = re.compile(r"^(?:it|this|they|these|that)\b")


@dataclass(frozen=True)
class Passage:
    """A sentence of a clause, or a part of one.

    Attributes:
        words: the roots of its words, and of those of a sentence that goes on from it ("It is due within …"), or that
            it goes on from.
        around: those of its whole sentence, and of the headings above it.
        numbers: each with its unit.
    """

    words: frozenset[str]
    around: frozenset[str]
    numbers: tuple[tuple[float, str], ...]


def read_passages(facts: Sequence[Fact]) -> list[Passage]:
    """The passages of facts that are clauses, or said of a group."""
    out = []
    for fact in facts:
        if fact.kind not in (FactKind.CLAUSE, FactKind.GROUP):
            continue
        above, sentences = roots_of(fact.source), SENTENCE.split(fold(fact.said))
        for before, sentence, after in zip(["", *sentences], sentences, [*sentences[1:], ""], strict=False):
            beside = roots_of(before) if _GOES_ON.match(sentence) else frozenset()
            beside |= roots_of(after) if _GOES_ON.match(after) else frozenset()
            parts = [sentence] if len({*NUMBER.findall(sentence)}) == 1 else CLAUSE.split(sentence)
            around = above | roots_of(sentence)
            out += [Passage(roots_of(part) | beside, around, _numbers(part)) for part in parts]
    return out


def roots_of(text: str) -> frozenset[str]:
    """The roots of a text's words."""
    return frozenset(root(word.text) for word in split_words(text))


def _numbers(text: str) -> tuple[tuple[float, str], ...]:
    return tuple((read_figure(n[0]), unit_of(text, n.start(), n.end())) for n in NUMBER.finditer(text))
