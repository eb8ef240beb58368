"""Statements: what words tell of a customer without any number, level or name, and of what nothing is known.

"My children have left home" can't be looked up word for word, yet none of its words stands in anything that is known.
So what is said has to take up at least one word of the facts, of the question or of the draft, or be no more than what
people say around an answer.
"""

from __future__ import annotations

import re

from twinfold.personas.claims.claim import Claim, ClaimKind
from twinfold.personas.claims.decisions import argues, decides
from twinfold.personas.claims.ground import Ground
from twinfold.personas.claims.speech import PART, SENTENCE, SPEECH, is_idle, root
from twinfold.personas.questions.words import split_words

_PERIOD = re.compile(
    r"\b(?:every|each|per|next|last|this|whole|once a|twice a) (?:\w+ )?"
    r"(year|quarter|month|week|weekend|day|hour|decade|summer|winter|spring|autumn|fall|night|evening|morning)s?\b"
)
_MORE = re.compile(
    r"\b(ago)\b|\bnumber of (?:my |the |your |all )*(\w+)|"
    r"\b(?:my (?=\w+ with)|the )?(second|third|fourth|fifth)(?: time| with)\b"
)
_PEOPLE = re.compile(
    r"\bmy (wife|husband|partner|brother|sister|father|mother|parents|son|daughter|children|kids|friend|boss)\b"
)
_SELF = re.compile(r"\b(?:i|my|mine|we|our)\b")


def find_statement_claims(text: str, ground: Ground) -> list[Claim]:
    """Clauses that tell something in words of which none is known."""
    known = ground.roots
    claims = []
    told = (sentence for sentence in SENTENCE.split(text) if not sentence.endswith("?"))
    for clause in (part for sentence in told for part in PART.split(sentence)):
        said = [word for word in split_words(clause) if not is_idle(word, SPEECH) and word.text != "account"]
        strange = [word for word in said if root(word.text) not in known]
        spoken = ground.decided and (decides(clause) is not None or argues(clause))
        if spoken or len(strange) < len(said) or any(map(str.isdigit, clause)):
            continue
        if len(strange) > 1 or (strange and _SELF.search(clause)):
            claims.append(Claim(ClaimKind.STATEMENT, clause.strip()[:80], False))
    return claims


def find_detail_claims(text: str, ground: Ground) -> list[Claim]:
    """How often something is, or when, and who else there is, of which nothing is known: "every week", "my wife"."""
    found = (each for pattern in (_PERIOD, _MORE, _PEOPLE) for each in pattern.finditer(text))
    return [
        Claim(ClaimKind.STATEMENT, each[0], False)
        for each in found
        if root(next(filter(None, each.groups()))) not in ground.roots
    ]
