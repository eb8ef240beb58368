"""Claims of numbers: each must be that of what it stands beside."""

from __future__ import annotations

import re

from twinfold.personas.claims.claim import Claim, ClaimKind
from twinfold.personas.claims.clause_numbers import is_of_clause
from twinfold.personas.claims.comparisons import is_compared
from twinfold.personas.claims.figures import NUMBER, find_numbers, is_rounded, is_same, read_figure
from twinfold.personas.claims.ground import Ground
from twinfold.personas.claims.measures import has_unit, is_called, times_of
from twinfold.personas.claims.naming import NEAR, find_numbers_of
from twinfold.personas.claims.speech import CLAUSE, DENIED, SPEECH, is_idle, root
from twinfold.personas.claims.units import time_of, unit_of
from twinfold.personas.memory.fact import FactKind
from twinfold.personas.questions.amounts import find_quantities
from twinfold.personas.questions.words import name_words, split_words

_ONE = re.compile(r"(?<!not )(?<!n['’]t )\b(?:one|a single) (\w+)")
_ONE_OF_THEM = re.compile(r"^\W*one(?=[,.!]|\s*$)")
_ALONE = re.compile(
    r"\b(?:have|has|had|is|are|be|makes?|only|was|there's|complained|came to|stands at|count) one\b|"
    r"\bone (?:people|in|times?)\b"
)
_OWNED = frozenset({"child", "kid", "son", "daughter", "dog", "cat", "house", "car", "job", "card", "loan", "account"})
_ABOUT = re.compile(
    r"\b(?:about|around|roughly|approximately|nearly|almost|close to|some|something like|in the region of|near) $"
)
_OR_SO = re.compile(r" (?:or so|or thereabouts|give or take|more or less)\b")
_IS_NOT = re.compile(
    r"^[^,;:.!?]*?\b(?:(?:is|are|was|were|['’]s) not|(?:is|are|was|were)n['’]t)\b"
    r"(?! (?:more|less|over|under|above|below|beyond|older|younger|higher|lower|fewer))"
)
_THINGS = re.compile(r"\b[2-5] (?:things|facts|points|parts|details|answers|words|bits)\b")
_OF = re.compile(r"\b(?:of|is|was|which is) $")
_OF_CHANCES = re.compile(
    r"\b(?:100|percent|between|from|to|at least|at most|than|chances?|odds|estimate|figure|expect\w*|like me)\b|[%(–-]"
)

MOST = 60
"""Numbers of one answer that are looked up: what has more is not borne out."""


def find_number_claims(text: str, ground: Ground) -> list[Claim]:
    """Numbers of a text that has no dates any more, and all its numbers in figures."""
    claims = []
    text = _THINGS.sub(lambda found: " " * len(found[0]), text)
    for quantity in find_quantities(text):
        if quantity.money and quantity.money not in ground.monies:
            claims.append(Claim(ClaimKind.NUMBER, text[quantity.begin : quantity.end].strip(), False))
    for number, found in enumerate(NUMBER.finditer(text)):
        known = number < MOST and _is_known(text, found.start(), found.end(), read_figure(found[0]), ground)
        claims.append(Claim(ClaimKind.NUMBER, found[0][:60], known))
    if not claims and _ALONE.search(text) and any(map(str.isdigit, ground.allowed)):
        claims.append(Claim(ClaimKind.NUMBER, "one", 1.0 in ground.numbers))  # the only number where the draft has some
    if _ONE_OF_THEM.match(text) and any(f.kind is FactKind.COUNTED and f.value != 1 for f in ground.facts[:1]):
        claims.append(Claim(ClaimKind.NUMBER, "one", False))
    for found in _ONE.finditer(text):
        noun = root(name_words(found[1])[0])
        held = [each.numbers for each in ground.named if noun in (each.of if each.counts else each.roots)]
        if (held and 1.0 not in set().union(*held)) or (found[1] in _OWNED and not held):
            claims.append(Claim(ClaimKind.NUMBER, found.group(), False))
    return claims


def _is_known(text: str, begin: int, end: int, value: float, ground: Ground) -> bool:
    """Whether a number is that of what it stands beside."""
    compared = is_compared(text, begin, end, value, ground)
    if compared is not None:
        return compared
    if text[begin:end].strip() in ground.years:
        return True
    unit, time = unit_of(text, begin, end), time_of(text, end)
    times = times_of(value, ground)
    if time and (times - {time} if times else root(time) not in ground.roots):
        return False
    if unit and is_called(value, unit, text[end:], ground):
        return not _is_denied(text, begin, value, ground)
    if unit and not has_unit(value, unit, ground):
        return bool(ground.passages) and is_of_clause(text, begin, end, value, unit, ground)
    candidates = find_numbers_of(text, begin, end, ground, unit)
    if candidates is None and _counts_others(text, end, unit, ground):
        return False
    known = ground.numbers if candidates is None else candidates
    apart = text[:begin].endswith(", ") and text[end:].startswith(",")
    if (
        candidates is None
        and (apart or _OF.search(text[:begin]))
        and not _OF_CHANCES.search(_clause_around(text, begin, end))
    ):
        known = known - (set(ground.chances) - ground.told - {100.0})  # "my loan amount of 1"
    if any(is_same(value, each) for each in known):
        return not _is_denied(text, begin, value, ground)
    if (_ABOUT.search(text[:begin]) or _OR_SO.match(text, end)) and any(is_rounded(value, each) for each in known):
        return True
    return candidates is None and is_of_clause(text, begin, end, value, unit, ground)


def _clause_around(text: str, begin: int, end: int) -> str:
    return CLAUSE.split(text[:begin])[-1] + text[begin:end] + CLAUSE.split(text[end:])[0]


def _is_denied(text: str, begin: int, value: float, ground: Ground) -> bool:
    """Whether what the record says is said not to be so: "I'm not 42"."""
    denied = DENIED.search(CLAUSE.split(text[:begin])[-1]) or _IS_NOT.match(NUMBER.sub("", text[begin:], count=1))
    return denied is not None and not any(is_same(value, each) for each in find_numbers(ground.question))


def _counts_others(text: str, end: int, unit: str, ground: Ground) -> bool:
    """Whether a number counts what nothing is known of: "51 grandchildren"."""
    after = [] if unit else split_words(text[end : end + NEAR])[:1]
    noun = next((word for word in after if word.begin == 1 and word.text.isalpha()), None)
    return noun is not None and not is_idle(noun, SPEECH) and root(noun.text) not in ground.roots
