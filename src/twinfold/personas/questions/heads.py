"""Heads: the words of a question that say what is asked of rows, each with where it stands."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Head(StrEnum):
    """What words ask for.

    `WHEN`: a date. `COUNT`, `DISTINCT`: how many rows, or different levels. `MUCH`: an amount. `TOTAL`: of all rows
    together. `MEAN`, `MEDIAN`. `MOST`, `LEAST`: the row with the highest or lowest number. `TOP`: on which level most
    is spent. `COMMONEST`, `RAREST`: the level of most or fewest rows. `LAST`, `FIRST`. `ANY`: whether there is one.
    `SPENT`: what was spent. `LISTED`: rows, or levels. `ONCE`: that one row is meant, not all together. `TRUTH`: yes or
    no.
    """

    WHEN = "when"
    DISTINCT = "distinct"
    COUNT = "count"
    TOP = "top"
    COMMONEST = "commonest"
    RAREST = "rarest"
    MOST = "most"
    LEAST = "least"
    TOTAL = "total"
    MEAN = "mean"
    MEDIAN = "median"
    LAST = "last"
    FIRST = "first"
    ONCE = "once"
    MUCH = "much"
    ANY = "any"
    SPENT = "spent"
    LISTED = "listed"
    TRUTH = "truth"


_SPEND = r"(?:spend|spent|pay|paid|withdraw|withdrew|withdrawn|deposited|deposit)"
_YOU = r"(?:you|i)(?:'ve|'d)?(?: have| had| did)?(?: ever)?"
_ONE = r"(?:(?:sum|amount)(?: of money)?)?"
_HEADS: tuple[tuple[Head, str], ...] = (
    (
        Head.WHEN,
        r"\bsince when\b|\bwhen\b|\b(?:what|which)(?: is| was)? (?:the )?(?:date|day)s?(?: of)?\b|\bthe date of\b",
    ),
    (Head.DISTINCT, r"\b(?:how many|number of) (?:different|distinct|unique|separate)\b"),
    (Head.COUNT, r"\bhow many times\b|\bhow many\b|\bhow often\b|\b(?:the )?number of(?: times)?\b|\bcount(?: up)?\b"),
    (Head.TOP, rf"\b{_SPEND} (?:the )?most(?: money)?(?: on| for| in| at)?\b|\bgoes? most of (?:your|my) money\b"),
    (
        Head.RAREST,
        r"\bleast (?:often|commonly|frequently|common|frequent|used)\b|\brarest\b|\bmost seldom\b|\bmost rarely\b",
    ),
    (
        Head.MOST,
        rf"\b(?:largest|biggest|highest|greatest|maximum|max|most expensive|dearest) ?{_ONE}\b|"
        rf"\b(?:the )?most(?: money)?(?: that)? {_YOU} {_SPEND}\b",
    ),
    (
        Head.LEAST,
        rf"\b(?:smallest|lowest|minimum|min|least expensive|cheapest) ?{_ONE}\b|"
        rf"\b(?:the )?least(?: money)?(?: that)? {_YOU} {_SPEND}\b",
    ),
    (
        Head.COMMONEST,
        r"\bmost (?:often|commonly|frequently|common|frequent|used|usual)\b|\bcommonest\b|\bmostly\b|\bmainly\b|"
        r"\bmost of the time\b|\b(?:(?:do|did|have) )?most of (?:your|my)\b|"
        r"\bmost\b(?= (?:at|for|in|on|by|with|since|from|before|after|during|until)\b|\s*\x00|\s*$)",
    ),
    (
        Head.TOTAL,
        r"\b(?:the |in )?totals?(?: of| amount)?\b|\baltogether\b|\ball together\b|\ball in all\b|\bin all\b|"
        r"\boverall\b|\b(?:add|adds|added) up to\b|\b(?:amount|amounts|amounted) to\b|\b(?:come|comes|came) to\b|"
        r"\b(?:the )?sum of\b|\bcombined\b",
    ),
    (
        Head.MEAN,
        r"\b(?:on |the )?(?:average|mean)(?: amount)?(?: of)?\b|\bavg\b|\bper (?:payment|purchase|transaction)\b|"
        r"\btypical(?:ly)?\b|\bnormally\b|\busually\b",
    ),
    (Head.MEDIAN, r"\b(?:the )?median(?: of)?\b"),
    (Head.LAST, r"\b(?:(?:the|your|my) )?(?:very )?(?:most recent(?:ly)?|last|latest|newest)(?: time)?\b|\brecently\b"),
    (Head.FIRST, r"\b(?:(?:the|your|my) )?(?:very )?(?:first|earliest|oldest)(?: time)?\b"),
    (
        Head.ONCE,
        r"\bin (?:one|a single) (?:go|payment|purchase|transaction|row)\b|\bat (?:once|one time|a time)\b|"
        r"\bon (?:one|a single) (?:payment|purchase)\b",
    ),
    (
        Head.MUCH,
        r"\bhow much(?: money)?(?: in)?\b|\bhow (?:large|big|high)\b|\bwhat amount\b|\bthe amount(?: of)?\b|\bmoney\b",
    ),
    (Head.ANY, r"\bever\b|\bany(?:thing)?\b|\bat all\b|\b(?:is|are|was|were) there\b"),
    (
        Head.SPENT,
        r"\bwhat (?:did|do|have|has|had) (?:you|i|your|my)\b(?=.*\b(?:spend|spent|pay|paid)\b)|\bspending\b|"
        r"\bwhat (?:you|i)(?: have)? (?:spent|paid|spend|pay)\b|"
        r"\b(?:do|does|did) .*\bcost\b",
    ),
    (
        Head.LISTED,
        r"^(?:list|show(?: me)?|name|tell me about|tell me|what were|what are)\b|"
        r"^(?:in |on |at )?(?:which|what (?:kinds?|types?|sorts?) of)\b",
    ),
    (Head.TRUTH, r"^(?:and |so |but |then )?(?:do|does|are|is|am|have|has|did|was|were|had)\b"),
)
_COMPILED = tuple((head, re.compile(pattern)) for head, pattern in _HEADS)

POLITE = re.compile(
    r"^(?:(?:please|quick one|hello|hi|hey|well|ok|okay|so|now|just|say|and|but|sorry to ask|excuse me)[,: ]+|"
    r"(?:could|can|would|will) you (?:please )?(?:tell me|count|say|list|show me|confirm|give me|let me know)"
    r"(?: if| whether)?[, ]+|"
    r"(?:do you (?:remember|know|happen to know)|i(?:'d| would) like to know|tell me)(?: if| whether)?[,: ]+)+"
)
"""What people say before they ask."""

DOUBTED = re.compile(r"^(?:is it true that|is it correct that|am i right that|can you confirm that)\b ?")
"""How people ask whether something is so."""

CHATTER = re.compile(
    r"[, ]+(?:please|if you don't mind|thanks|thank you|exactly|roughly|approximately|so far|to date|until now|"
    r"right now|at the moment|at present|if (?:i|you) may ask|by any chance|right|already|or not)$"
)
"""What people say after they asked."""


@dataclass(frozen=True)
class Headed:
    """What a question asks for, and the places of the characters by which it does, begin and end of each."""

    heads: frozenset[Head]
    spans: tuple[tuple[int, int], ...]

    def __contains__(self, head: Head) -> bool:
        return head in self.heads


def find_heads(text: str, taken: Sequence[tuple[int, int]]) -> Headed:
    """What a folded question asks for.

    Args:
        text: the question.
        taken: spans of it that say something else, times and amounts ("in the last 30 days" asks for no last).
    """
    for begin, end in taken:
        text = text[:begin] + "\x00" * (end - begin) + text[end:]
    heads: set[Head] = set()
    spans: list[tuple[int, int]] = []
    for head, pattern in _COMPILED:
        for found in pattern.finditer(text):
            inside = any(begin < found.end() and found.start() < end for begin, end in spans)
            if head in (Head.SPENT, Head.TRUTH, Head.LISTED) or not inside:
                heads.add(head)
                if head is not Head.SPENT:
                    spans.append(found.span())
    return Headed(frozenset(heads), tuple(spans))
