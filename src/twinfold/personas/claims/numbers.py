"""Claims of dates and numbers: each must be that of what it stands beside."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from itertools import pairwise

from twinfold.personas.claims.claim import Claim, ClaimKind
from twinfold.personas.claims.figures import (
    LEADS,
    NUMBER,
    find_days,
    find_numbers,
    find_stated,
    is_day,
    is_same,
    numbers_of,
    read_figure,
)
from twinfold.personas.claims.ground import CLAUSE, NEGATED, Ground, Named
from twinfold.personas.memory.fact import FactKind
from twinfold.personas.questions.amounts import Span, find_spans
from twinfold.personas.questions.common_words import ASKING, FUNCTION_WORDS, VERBS
from twinfold.personas.questions.times import Window, find_windows
from twinfold.personas.questions.words import Word, fold, name_words, split_words, stem, stems

_ONE = re.compile(r"\b(?:one|a single) (\w+)")
_ALONE = re.compile(
    r"\b(?:have|has|had|is|are|be|makes?|only|was|there's|complained|came to|stands at) one\b|"
    r"\bone (?:people|in|times?)\b"
)
_INTERVAL = re.compile(r"(?:\(|between |from )(\d[\d.,]*) (?:to|and|–|-) (\d[\d.,]*)")
_OWNED = frozenset({"child", "kid", "son", "daughter", "dog", "cat", "house", "car", "job", "card", "loan", "account"})
_UNIT = re.compile(r"\s?(?:(year|month|week|day|hour|minute|percent)s?\b|(%))")
_I_AM_SO_OLD = re.compile(r"\bi(?:'m|’m| am) $")
_IN_HUNDRED = re.compile(
    r"(?<![\d.,])(\d[\d.,]*)(?: (?:in|out of|times in)(?: a)? (?:100|hundred)\b|\s?(?:%|percent)(?! (?:per|a) ))"
)

_OF_THEM = re.compile(r"\s?(?:of (?:them|those|these|mine)|times)\b")
_ANYTHING_BUT = re.compile(r"\b(?:anything but|not|isn't|isn’t|never|other than) $")
_NOUNS = frozenset({"account", "home"})
"""Words that hold a question together, and that say in an answer what is meant."""

_EACH = ("per", "each", "every", "a", "an")
_UNITS = {"year": stems("year age old"), "percent": stems("percent rate pct"), "%": stems("percent rate pct")}

MOST = 60
"""Numbers of one answer that are looked up: what has more is not borne out."""

NEAR = 160
"""Characters beside a number in which its name is looked for."""


def find_date_claims(text: str, ground: Ground) -> tuple[list[Claim], str]:
    """Days, months, quarters, and years that are times ("in 1993"); and the text without them."""
    claims = []
    for window in find_windows(text, None):
        stands = text[window.begin : window.end]
        span = LEADS.sub("", stands)
        if not re.fullmatch(r"\d{4}", stands.strip()):
            days = set(find_days(f"in {span}"))
            known = (bool(days) and days <= ground.days) or _holds_day(window, ground)
            claims.append(Claim(ClaimKind.DATE, span, known))
            text = text[: window.begin] + " " * len(stands) + text[window.end :]
    return claims, text


def _holds_day(window: Window, ground: Ground) -> bool:
    """Whether a month, said in the place of a day, is that of a date that answers."""
    dated = [fact.said for fact in ground.facts if fact.kind in (FactKind.ATTRIBUTE, FactKind.COUNTED)]
    days = [float(each.split("/")[0]) for said in (*dated, ground.allowed) for each in find_days(said) if is_day(each)]
    return window.high - window.low <= 31 and any(window.low <= day < window.high for day in days)


def find_number_claims(text: str, ground: Ground) -> list[Claim]:
    """Numbers in figures and in words; a text has no dates any more."""
    claims = []
    for number, (begin, end, value) in enumerate(find_stated(text)):
        known = number < MOST and _is_known(text, begin, end, value, ground)
        claims.append(Claim(ClaimKind.NUMBER, text[begin:end][:60], known))
    if not find_stated(text) and _ALONE.search(text) and any(map(str.isdigit, ground.allowed)):
        claims.append(Claim(ClaimKind.NUMBER, "one", 1.0 in ground.numbers))  # the only number where the draft has some
    for found in _ONE.finditer(text):
        noun = name_words(found[1])[0]
        held = [each.numbers for each in ground.named if noun in (each.of if each.counts else each.stems)]
        if (held and 1.0 not in set().union(*held)) or (noun in _OWNED and not held):
            claims.append(Claim(ClaimKind.NUMBER, found.group(), False))
    return claims


def _is_known(text: str, begin: int, end: int, value: float, ground: Ground) -> bool:
    """Whether a number is that of what it stands beside."""
    for span in [each for each in find_spans(text) if each.begin <= begin < each.end]:
        compares = math.isinf(span.high - span.low)  # and is no range, whose ends are looked up
        if not compares and (span.low, span.high) in ground.spans:
            return True
        if compares and not _goes_over(span, text, ground):
            return _is_so(span, text, ground)
    if text[begin:end].strip() in ground.years:
        return True
    if _ANYTHING_BUT.search(text[:begin]):
        return False
    unit = _UNIT.match(text, end)
    if unit is not None and not _has_unit(value, unit[1] or unit[2], ground):
        return False
    candidates = _candidates(text, begin, end, ground)
    if any(is_same(value, each) for each in (ground.numbers if candidates is None else candidates)):
        return True
    held = [words for words, numbers in ground.passages if any(is_same(value, each) for each in numbers)]
    if candidates is not None or not held:
        return False
    behind, ahead = CLAUSE.split(text[:begin])[-1], NUMBER.split(CLAUSE.split(text[end:])[0])[0]
    for side in (behind, ahead, fold(ground.question)):  # "4.50 a month for the classic account"; or "4.50" alone
        said = [word for word in split_words(side) if not word.text[0].isdigit()]
        about = {word.stem for word in said if not _is_idle(word, ASKING)}
        if about:
            break
    others = set().union(*(words for words, _ in ground.passages))
    # A word before one of the passage's own says which is meant: a silver account is none of those that there are
    strange = [one for one, two in pairwise(said) if two.stem in others and not _is_idle(two)]
    if any(word.stem not in others and not _is_idle(word) for word in strange):
        return False
    return any(not (about & others) - words and (len(about) < 2 or bool(about & words)) for words in held)


def _is_idle(word: Word, more: frozenset[str] = frozenset()) -> bool:
    """Whether a word says nothing of what a number is of."""
    idle = (FUNCTION_WORDS | VERBS | more) - _NOUNS
    return word.text in idle or (word.stem in idle and word.text not in _NOUNS)


def _goes_over(span: Span, text: str, ground: Ground) -> bool:
    """Whether it is no comparison: "158,310 over 13 payments" is of all of them."""
    after = split_words(text[span.end : span.end + NEAR])[:1]
    return span.said.startswith("over ") and any(
        each.counts and after[0].stem in each.of for each in ground.named if after
    )


def _is_so(span: Span, text: str, ground: Ground) -> bool:
    """Whether what is compared is so ("below 1,000", of a balance of 322), or, of rows, was asked about."""
    of = _candidates(text, span.begin, span.end, ground)
    lead = ground.facts[0] if ground.facts else None
    if of is None and lead is not None and lead.kind is FactKind.ATTRIBUTE:
        of = numbers_of(lead)
    asked = (span.low, span.high) in ground.spans
    if of is None or (asked and (lead is None or lead.kind is not FactKind.ATTRIBUTE)):
        return asked
    so = any(span.low < n < span.high if span.strict else span.low <= n <= span.high for n in of)
    return so != bool(NEGATED.search(CLAUSE.split(text[: span.begin])[-1]))


def _has_unit(value: float, unit: str, ground: Ground) -> bool:
    """Whether a number is known to be so many years, hours or percent."""
    named = _UNITS.get(unit, stems(f"{unit} {unit}ly"))
    if any(named & each.stems and any(is_same(value, one) for one in each.numbers) for each in ground.named):
        return True
    texts = [f"{fact.said} {fact.name}" for fact in ground.facts] + [ground.allowed]
    said = re.compile(
        rf"(?<![\d.,])([-−]?[\d,.]*\d)(?:\s?| out of | in ){'(?:%|percent|100)' if unit in ('percent', '%') else unit}"
    )
    found = [each[1] for text in texts for each in said.finditer(fold(text))]
    stated = [read_figure(each) for each in found if NUMBER.fullmatch(each)]
    chance = [number for fact in ground.facts if fact.kind is FactKind.DECISION for number in find_numbers(fact.said)]
    offered = [n for fact in ground.facts if fact.kind is FactKind.OFFER for n in numbers_of(fact)]
    return any(is_same(value, each) for each in (*stated, *(chance + offered if unit in ("percent", "%") else ())))


def _candidates(text: str, begin: int, end: int, ground: Ground) -> set[float] | None:
    """The numbers of what is named nearest to a number, in the same clause: before it, or else right after; None where
    nothing is."""
    if _I_AM_SO_OLD.search(text[:begin]):
        ages = [each.numbers for each in ground.named if stem("age") in each.stems]
        if ages:
            return set().union(*ages)
    before = CLAUSE.split(text[max(0, begin - NEAR) : begin].rstrip("( "))[-1]
    stated = list(NUMBER.finditer(before))
    behind = split_words(before[stated[-1].end() :])[1:] if stated else split_words(before)  # "36 payments" is of 36
    behind = behind[::-1][:6]
    after = text[end : end + NEAR]
    if _OF_THEM.match(after):
        return _together(each for each in ground.named if each.counts)
    ahead = split_words(CLAUSE.split(after)[0])[:3]
    near = ahead[1:2] if ahead and ahead[0].text in _EACH else ahead[:1]
    for words, follows in ((near, not near or near == ahead[:1]), (behind, False), (ahead, True)):
        for word in words:
            if word.text[0].isdigit():
                break
            if word.text in FUNCTION_WORDS and word.text != "old":
                continue
            if found := _go_by(word.stem, ground, counted=follows):
                return found
    return None


def _go_by(stem: str, ground: Ground, *, counted: bool) -> set[float] | None:
    """The numbers that go by a word: of what is called so; of rows that are called so how many there are, where they
    follow the number, and else what was reckoned of them, if anything was."""
    called = [each for each in ground.named if stem in each.stems]
    if called:
        return _together(called)
    rows = [each for each in ground.named if stem in each.of]
    return _together([each for each in rows if each.counts is counted] or rows)


def _together(named: Iterable[Named]) -> set[float] | None:
    return set[float]().union(*(each.numbers for each in named)) or None


def find_chance_claims(text: str, ground: Ground) -> list[Claim]:
    """How many in a hundred would, where no interval is told of: the expectation, and neither of its ends."""
    decisions = [fact for fact in ground.facts if fact.kind is FactKind.DECISION]
    expected = [each for fact in decisions for each in [*find_numbers(fact.said)][:1]]
    offered = {n for fact in ground.facts if fact.kind is FactKind.OFFER for n in numbers_of(fact)}
    claims = []
    for found in _IN_HUNDRED.finditer(text) if expected else ():
        value, before = read_figure(found[1].strip(".")), text[max(0, found.start() - 12) : found.start()]
        told = re.search(r"(?:\bto|\band|[-–(])\s*$", before) or any(
            is_same(value, each) for each in {*expected, *offered}
        )
        claims.append(Claim(ClaimKind.NUMBER, found.group(), bool(told)))
    decided = [_INTERVAL.search(fact.said) for fact in decisions]
    ends = [[read_figure(each[1]), read_figure(each[2])] for each in decided if each is not None]
    for found in _INTERVAL.finditer(text) if len(ends) == 1 else ():
        pair = [read_figure(found[1].rstrip(".,")), read_figure(found[2].rstrip(".,"))]
        known = all(is_same(one, other) for one, other in zip(pair, ends[0], strict=True))
        claims.append(Claim(ClaimKind.NUMBER, found.group(), known))
    return claims
