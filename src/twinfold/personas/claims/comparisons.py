"""Comparisons: "below 1,000", "at least 1 and at most 11", "more than 40 hours"."""

from __future__ import annotations

import math
import re

from twinfold.personas.claims.figures import is_rounded, is_same, numbers_of
from twinfold.personas.claims.ground import Ground
from twinfold.personas.claims.measures import is_called, is_known_unit
from twinfold.personas.claims.naming import NEAR, find_numbers_of
from twinfold.personas.claims.speech import CLAUSE, NEGATED, root
from twinfold.personas.claims.units import unit_of
from twinfold.personas.memory.fact import FactKind
from twinfold.personas.questions.amounts import Span, find_spans
from twinfold.personas.questions.words import split_words

_BARELY = re.compile(r"\b(?:just|slightly|a (?:little|bit|shade|touch)|little) $")
_IS = re.compile(
    r"\b(?:is|are|am|was|were|be|been|well|just|far|slightly|little|bit|pay|paying|charged|have|has|got|had|at|stays?|"
    r"remains?|goes|go|went|work|made|make|of|it)\W*$|['’](?:m|s|re|ve)\W*$"
)
_BESIDE = ("under", "over", "above", "below", "past", "beyond")


def is_compared(text: str, begin: int, end: int, value: float, ground: Ground) -> bool | None:
    """Whether what a number at a place is compared with is so; None where it is not compared."""
    for span in [each for each in find_spans(text) if each.begin <= begin < each.end]:
        compares = math.isinf(span.high - span.low)  # and is no range, whose ends are looked up
        if not compares and (span.low, span.high) in ground.spans:
            return True
        ends = ground.chances[2:]  # "at least 1 and at most 11", of 100
        if compares and len(ends) == 2 and is_same(value, ends[0 if math.isinf(span.high) else 1]):
            return True
        unit = unit_of(text, begin, end)
        if compares and unit and not is_known_unit(unit, text[end:], ground):
            return False
        if compares and not _goes_over(span, value, unit, text, ground):
            asked = (span.low, span.high) in ground.spans
            stands = asked or not span.said.startswith(_BESIDE) or _IS.search(text[: span.begin])  # "find me under 12"
            small = _BARELY.search(text[: span.begin]) is not None
            near = any(
                is_rounded(value, each) if small else is_same(value, each) for each in ground.told | ground.drafted
            )
            return bool(stands) and (asked or near) and _is_so(span, text, ground)
    return None


def _goes_over(span: Span, value: float, unit: str, text: str, ground: Ground) -> bool:
    """Whether it is no comparison: "158,310 over 13 payments" is of all of them, "over 24 months" of so long."""
    if span.said.startswith("over ") and unit and is_called(value, unit, text[span.end :], ground):
        return True
    after = split_words(text[span.end : span.end + NEAR])[:1]
    return span.said.startswith("over ") and any(
        each.counts and root(after[0].text) in each.of for each in ground.named if after
    )


def _is_so(span: Span, text: str, ground: Ground) -> bool:
    """Whether what is compared is so ("below 1,000", of a balance of 322), or, of rows, was asked about."""
    of = find_numbers_of(text, span.begin, span.end, ground, unit_of(text, span.begin, span.end))
    lead = ground.facts[0] if ground.facts else None
    if of is None and lead is not None and lead.kind in (FactKind.ATTRIBUTE, FactKind.COUNTED):
        of = numbers_of(lead)
    asked = (span.low, span.high) in ground.spans
    if of is None or (asked and (lead is None or lead.kind is not FactKind.ATTRIBUTE)):
        return asked
    so = any(span.low < n < span.high if span.strict else span.low <= n <= span.high for n in of)
    return so != bool(NEGATED.search(CLAUSE.split(text[: span.begin])[-1]))
