"""Checking an answer's words: every number, date, level, name and decision is looked up in what its customer knows.

A number that stands beside the name of something must be the number of that thing: "my balance is 42" is not borne out
by an age of 42. What can't be read off the words (that a balance is "high") is not judged.
"""

from __future__ import annotations

import re

from twinfold.personas.claims.chances import find_chance_claims
from twinfold.personas.claims.claim import Claim
from twinfold.personas.claims.clause_numbers import find_clause_claims
from twinfold.personas.claims.dates import find_date_claims
from twinfold.personas.claims.decisions import find_decision_claims, find_reason_claims
from twinfold.personas.claims.figures import write_numbers
from twinfold.personas.claims.ground import Ground
from twinfold.personas.claims.levels import find_level_claims
from twinfold.personas.claims.names import find_name_claims
from twinfold.personas.claims.numbers import find_number_claims
from twinfold.personas.claims.statements import find_detail_claims, find_statement_claims
from twinfold.personas.claims.truths import find_denial_claims, find_side_claims, find_truth_claims
from twinfold.personas.memory.fact import FactKind
from twinfold.personas.questions.words import fold

QUOTED = 40
"""Characters from which on what a text repeats of a fact is a quote."""


def find_claims(text: str, ground: Ground) -> list[Claim]:
    """Every claim in an answer's words, and whether it is borne out.

    Args:
        text: the words.
        ground: what they are looked up in.
    """
    folded = _without_quotes(fold(text), ground)
    claims, undated = find_date_claims(folded, ground)
    bare = undated
    for fact in ground.facts:  # a four in "final 4" is a part of its name, and a two in "two-year" of its level
        for said in (fact.name, fact.said if isinstance(fact.value, str) else ""):
            if any(map(str.isdigit, write_numbers(fold(said)))):
                written = r"[-\s]+".join(map(re.escape, fold(said).split()))
                bare = re.sub(written, lambda found: " " * len(found[0]), bare)
    figures, dateless, bare = write_numbers(folded), write_numbers(undated), write_numbers(bare)
    claims += find_number_claims(bare, ground)
    claims += find_level_claims(folded, ground)
    claims += find_name_claims(text if folded == fold(text) else "", ground)
    claims += find_truth_claims(folded, ground)
    claims += find_side_claims(folded, ground)
    claims += find_denial_claims(figures, ground)
    claims += find_statement_claims(dateless, ground)
    claims += find_detail_claims(figures, ground)
    claims += find_clause_claims(figures, ground)
    claims += find_chance_claims(figures, ground)
    return claims + find_reason_claims(folded, ground) + find_decision_claims(folded, ground)


def _without_quotes(text: str, ground: Ground) -> str:
    """A text without what it quotes word for word of a customer's own texts and of passages, and without where these
    stand."""
    for fact in ground.facts:
        if fact.kind is FactKind.CLAUSE:
            text = text.replace(fold(fact.source), " ")
        for quote in re.split(r"\.?$", fold(fact.said))[:1]:
            if len(quote) > QUOTED and quote in text:
                text = text.replace(quote, " ")
    return text


def unsupported(text: str, ground: Ground) -> tuple[str, ...]:
    """The claims of an answer's words that nothing bears out, each as it stands there."""
    return tuple(claim.text for claim in find_claims(text, ground) if not claim.supported)
