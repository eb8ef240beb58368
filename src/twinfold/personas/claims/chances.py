"""Claims of chances: how many in a hundred would, and how sure that is."""

from __future__ import annotations

import re

from twinfold.personas.claims.claim import Claim, ClaimKind
from twinfold.personas.claims.figures import find_numbers, is_same, numbers_of, read_figure
from twinfold.personas.claims.ground import Ground
from twinfold.personas.claims.speech import CLAUSE
from twinfold.personas.memory.fact import FactKind

_HIGH = ("high", "upper", "most", "best")
_END = re.compile(r"[^.,;!?]{0,12}?\b(low|lower|least|worst|high|upper|most|best)\b")
_INTERVAL = re.compile(r"(?:\(|between |from )(\d[\d.,]*) (?:to|and|–|-) (\d[\d.,]*)")
_IN_HUNDRED = re.compile(
    r"(?<![\d.,])(\d[\d.,]*)(?: (?:times )?(?:in|of|out of) (?:a |every |each )?100\b|\s?(?:%|percent)(?! (?:per|a) ))"
)
_OF_HUNDRED = re.compile(
    r"\bof (?:a |every |each )?100\b[^.;!?\d]{0,30}?,? (?:about |only |some )?(\d[\d.,]*) (?:would|do|are|say)\b"
)
_CHANCE = re.compile(r"\b(?:chances?|odds|likelihood|probability|like me)\b")
_ENDS = re.compile(
    r"(?:\d\s?(?:%|percent)?\s?(?:to|and|[-–])|\(|"
    r"\b(?:at least|at most|no (?:more|less|fewer) than|up to|between|from))\s*$"
)


def find_chance_claims(text: str, ground: Ground) -> list[Claim]:
    """How many in a hundred would, where no interval is told of: the expectation, and neither of its ends.

    All numbers of the text are in figures.
    """
    decisions = [fact for fact in ground.facts if fact.kind is FactKind.DECISION]
    expected = [each for fact in decisions for each in [*find_numbers(fact.said)][:1]]
    offered = {n for fact in ground.facts if fact.kind is FactKind.OFFER for n in numbers_of(fact)}
    claims = []
    for found in _IN_HUNDRED.finditer(text) if expected else ():
        value = read_figure(found[1].strip("."))
        rate = found[0].endswith(("%", "percent")) and not _CHANCE.search(CLAUSE.split(text[: found.start()])[-1])
        told = _ENDS.search(text[max(0, found.start() - 20) : found.start()]) or any(
            is_same(value, each) for each in (*expected, *(offered if rate else ()))
        )
        claims.append(Claim(ClaimKind.NUMBER, found.group(), bool(told)))
    for found in _OF_HUNDRED.finditer(text) if expected else ():
        value, end = read_figure(found[1].strip(".,")), _END.match(text, found.end())  # "1 would at the low end"
        meant = expected if end is None or len(ground.chances) != 4 else [ground.chances[3 if end[1] in _HIGH else 2]]
        claims.append(Claim(ClaimKind.NUMBER, found[1], any(is_same(value, each) for each in meant)))
    decided = [_INTERVAL.search(fact.said) for fact in decisions]
    ends = [[read_figure(each[1]), read_figure(each[2])] for each in decided if each is not None]
    for found in _INTERVAL.finditer(text) if len(ends) == 1 else ():
        pair = [read_figure(found[1].rstrip(".,")), read_figure(found[2].rstrip(".,"))]
        known = all(is_same(one, other) for one, other in zip(pair, ends[0], strict=True))
        claims.append(Claim(ClaimKind.NUMBER, found.group(), known))
    return claims
