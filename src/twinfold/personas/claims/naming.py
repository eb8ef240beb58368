"""Naming: by what a number in a text goes, and the numbers that are known to go by it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from twinfold.personas.claims.figures import NUMBER
from twinfold.personas.claims.ground import Ground, Named
from twinfold.personas.claims.speech import CLAUSE, SPEECH, is_idle, root
from twinfold.personas.questions.common_words import FUNCTION_WORDS
from twinfold.personas.questions.words import split_words, stem

_I_AM_SO_OLD = re.compile(r"\b(?:i(?:'m|’m| am)|aged?|some(?:one|body) of|a (?:man|woman|person) of) $")
_THERE_ARE = re.compile(
    r"\b(?:there (?:are|were|have been|is|was)|"
    r"number of (?:my |the |your )?\w+ (?:is|was|being|comes? to|came to|stands at)) $"
)
_OF_THEM = re.compile(r"\s?(?:of (?:them|those|these|mine)|times)\b")
_EACH = ("per", "each", "every", "a", "an")

NEAR = 160
"""Characters beside a number in which its name is looked for."""


def find_numbers_of(text: str, begin: int, end: int, ground: Ground, unit: str) -> set[float] | None:
    """The numbers of what is named nearest to a number, in the same clause: before it, or else right after; None where
    nothing is."""
    if _I_AM_SO_OLD.search(text[:begin]):
        ages = [each.numbers for each in ground.named if stem("age") in each.stems]
        if ages:
            return set().union(*ages)
    if _THERE_ARE.search(text[:begin]) and (counts := _together(each for each in ground.named if each.counts)):
        return counts
    clauses = CLAUSE.split(text[max(0, begin - NEAR) : begin].rstrip("( "))
    before = next((each for each in reversed(clauses[-3:]) if _tells(each)), "")  # "my score, which is 792"
    stated = list(NUMBER.finditer(before))
    behind = split_words(before[stated[-1].end() :])[1:] if stated else split_words(before)  # "36 payments" is of 36
    behind = behind[::-1][:6]
    after = text[end : end + NEAR]
    if _OF_THEM.match(after):
        return _together(each for each in ground.named if each.counts)
    ahead = split_words(CLAUSE.split(after)[0])[:3]
    ahead = ahead[1:] if unit and ahead and ahead[0].text.startswith(unit) else ahead
    near = ahead[1:2] if ahead and ahead[0].text in _EACH else ahead[:1]
    for words, follows in ((near, not near or near == ahead[:1]), (behind, False), (ahead, True)):
        for word in words:
            if word.text[0].isdigit():
                break
            if word.text in FUNCTION_WORDS and word.text != "old":
                continue
            if found := _go_by(root(word.text), ground, counted=follows):
                return found
    return None


def _tells(clause: str) -> bool:
    """Whether a clause has a word that says what it is about."""
    return any(not is_idle(word, SPEECH) for word in split_words(clause))


def _go_by(name: str, ground: Ground, *, counted: bool) -> set[float] | None:
    """The numbers that go by the root of a word: of what is called so; of rows that are called so how many there are,
    where they follow the number, and else what was reckoned of them, if anything was."""
    called = [each for each in ground.named if name in each.roots]
    if any(each.answers for each in called):  # and not of a row beside it
        return set[float]().union(*(each.numbers if each.answers else each.numbers & ground.drafted for each in called))
    if called:
        return _together(called)
    rows = [each for each in ground.named if name in each.of]
    return _together([each for each in rows if each.counts is counted] or rows)


def _together(named: Iterable[Named]) -> set[float] | None:
    return set[float]().union(*(each.numbers for each in named)) or None
