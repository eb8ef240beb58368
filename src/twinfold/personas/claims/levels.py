"""Claims of levels: what others are, and this customer is not."""

from __future__ import annotations

import re

from twinfold.personas.claims.claim import Claim, ClaimKind
from twinfold.personas.claims.decisions import decides
from twinfold.personas.claims.ground import Ground, name_stems, space_words
from twinfold.personas.claims.speech import CLAUSE, NEGATED
from twinfold.personas.memory.fact import FactKind
from twinfold.personas.questions.common_words import FUNCTION_WORDS
from twinfold.personas.questions.words import stem

_SAYING = frozenset({"is", "are", "was", "were", "as", "am", "m", "i'm", "it's", "yes", "no", "at", "of", "a", "an"})
_EVERYDAY = FUNCTION_WORDS | frozenset(
    {"good", "bad", "free", "high", "low", "open", "short", "long", "normal", "regular", "others", "bank", "business"}
)
"""Words of every day, that are levels only where they are said of somebody."""
_SAID_TO_BE = _SAYING - {"yes", "no", "at", "of", "a", "an"} | {
    *("isn't", "aren't", "not", "says", "say", "reads", "down", "there's", "also", "very", "rather", "quite", "has")
}
_ALSO_GOOD = frozenset(
    {"question", "idea", "day", "time", "morning", "luck", "reason", "thing", "point", "to", "news", "one"}
)
"""What words of every day stand before, and say nothing of anybody."""
_SEXES = {" woman ": " female ", " lady ": " female ", " man ": " male ", " gentleman ": " male "}
_SEX = re.compile("|".join(_SEXES))


def find_level_claims(text: str, ground: Ground) -> list[Claim]:
    """Levels that others have and this customer's facts don't, and those that they do and that are denied."""
    claims = []
    for clause in CLAUSE.split(re.sub(r"[()]| : ", " ", text)):
        spaced = _SEX.sub(lambda found: _SEXES[found[0]], space_words(clause))
        for level in [each for each in ground.levels if f" {each} " in spaced and is_meant(each, spaced, ground)]:
            rest = re.sub(r"^\W*(?:yes|no)\b", "", spaced.replace(f" {level} ", " "))
            denied = bool(NEGATED.search(rest)) and not (ground.decided and decides(clause) is not None)
            own = f" {level} " in ground.values and not _is_anothers(spaced, ground)
            known = own or _is_name(level, spaced, ground)
            claims.append(Claim(ClaimKind.LEVEL, level, known != denied))
    return claims


def _is_anothers(spaced: str, ground: Ground) -> bool:
    """Whether a level is said to be of a column that holds another: an occupation called one's class of work."""
    said = {stem(word) for word in spaced.split()}
    own = [f for f in ground.facts if f.kind is FactKind.ATTRIBUTE and isinstance(f.value, str)]
    called = [fact for fact in own if name_stems(fact.name) and name_stems(fact.name) <= said]
    return bool(called) and not any(space_words(fact.said) in spaced for fact in called)


def is_meant(level: str, spaced: str, ground: Ground) -> bool:
    """Whether a word of every day is said of somebody: "it is good", and not "good question"."""
    before, _, after = spaced.partition(f" {level} ")
    if level not in _EVERYDAY or not before + after:
        return True
    beside = {*before.split()[-1:], *after.split()[:1]}
    said = bool(set(before.split()[-1:]) & _SAID_TO_BE) and not set(after.split()[:1]) & _ALSO_GOOD
    return said or bool(beside & ground.names - FUNCTION_WORDS)


def _is_name(level: str, spaced: str, ground: Ground) -> bool:
    """Whether words that are a level are no more than what something is called: "my low is 12", and not "it is low"."""
    if not set(level.split()) <= ground.names:
        return False
    before = spaced[: spaced.index(f" {level} ")].split()
    return not before or before[-1] not in _SAYING | ground.names
