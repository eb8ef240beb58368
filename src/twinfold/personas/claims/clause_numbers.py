"""Numbers of clauses: each belongs to a sentence of a document, and to what is said there."""

from __future__ import annotations

import re
from itertools import pairwise

from twinfold.personas.claims.claim import Claim, ClaimKind
from twinfold.personas.claims.figures import NUMBER, is_same
from twinfold.personas.claims.ground import Ground
from twinfold.personas.claims.passages import Passage
from twinfold.personas.claims.speech import CLAUSE, NEGATED, SPEECH, is_idle, root
from twinfold.personas.questions.common_words import ASKING
from twinfold.personas.questions.words import split_words

_NOUN_OF = re.compile(r"(\w+) of $")
_OBJECT = re.compile(
    r"(?:(?:^|[.!?]\s)\W*(?:an?|the)|\b(?:for|of|on|with|from|to|that) (?:an?|the|my|your|this|that)|\b(?:for|of|with))"
    r" (\w+(?:[- ]\w+)?)"
)
_TAG = re.compile(r", (?:would|is|do|does|are|was|wo)n['’]t (?:you|it|they|i)\b")
_FREE = re.compile(
    r"\b(?:costs? (?:me )?nothing|nothing at all|for nothing|free(?: of charge)?|no (?:fee|charge|cost))\b"
)


def is_of_clause(text: str, begin: int, end: int, value: float, unit: str, ground: Ground) -> bool:
    """Whether a number with its unit is that of the passage that the words beside it speak of."""
    known = [each for each in ground.passages if any(said == unit for _, said in each.numbers)]
    if not any(is_same(value, number) for each in known for number, said in each.numbers if said == unit):
        return False
    others = ground.passage_roots
    if (noun := _NOUN_OF.search(text[:begin])) and _is_strange(noun[1], others):
        return False
    *before, own = CLAUSE.split(text[:begin])
    behind, ahead = NUMBER.split(own)[-1], NUMBER.split(CLAUSE.split(text[end:])[0])[0]
    about = frozenset[str]()
    ahead = re.sub(rf"^[-\s]*{unit}s?\b", "", ahead) if unit else ahead
    after = " ".join(" ".join(CLAUSE.split(text[end:])[1:2]).split()[:3])  # "at 9.00 a month, the gold account …"
    for sides in ((behind, ahead), [each for each in before[-1:] if not NUMBER.search(each)], (after,)):
        for said in map(split_words, sides):
            # A word before one of the passage's own says which is meant: a silver account is none of those there are
            pairs = [(one, two) for one, two in pairwise(said) if root(two.text) in others and not is_idle(two)]
            if any(_is_strange(one.text, others) for one, _ in pairs):
                return False
            about |= frozenset(root(word.text) for word in said if not is_idle(word, ASKING)) & others
        if about:
            break
    asked = {root(word.text) for word in split_words(ground.question) if not is_idle(word, ASKING)}
    fitting = [
        each for each in known if about <= each.words | each.around and (unit or not about or about & each.words)
    ]
    best = max(((len(about & each.words), len(asked & each.words)) for each in fitting), default=(0, 0))
    return any(
        _holds(each, value, unit)
        for each in fitting
        if (len(about & each.words), len(asked & each.words)) == best  # "9.00 a month", of two accounts
    )


def _is_strange(word: str, known: frozenset[str]) -> bool:
    """Whether a word says something that no passage speaks of."""
    return root(word) not in known and not any(is_idle(each, SPEECH) for each in split_words(word))


def _holds(passage: Passage, value: float, unit: str) -> bool:
    return any(is_same(value, number) and said == unit for number, said in passage.numbers)


def find_clause_claims(text: str, ground: Ground) -> list[Claim]:
    """What an answer that is a clause says of things that it does not name, and what it says not to be so."""
    if not ground.quotes:
        return []
    claims, text = [], _TAG.sub("", text)
    known = ground.passage_roots | {root(word.text) for word in split_words(ground.question)}
    for found in _OBJECT.finditer(text):
        words = [w for w in split_words(found[1]) if not is_idle(w, SPEECH | ASKING) and not w.text[0].isdigit()]
        if any(root(word.text) not in known for word in words):
            claims.append(Claim(ClaimKind.NAME, found[1], False))
    clause = ground.facts[0].said
    if (free := _FREE.search(text)) and not _FREE.search(ground.text):
        claims.append(Claim(ClaimKind.TRUTH, free.group(), False))
    for part in CLAUSE.split(text) if not NEGATED.search(clause.casefold()) else ():
        said = {root(word.text) for word in split_words(part) if not is_idle(word, SPEECH | ASKING)}
        if NEGATED.search(part) and said & known:
            claims.append(Claim(ClaimKind.TRUTH, part.strip()[:80], False))
    return claims
