"""Speech: the words that people put around an answer, and those that hold a sentence together."""

from __future__ import annotations

import re
from collections.abc import Collection

from twinfold.personas.questions.common_words import FUNCTION_WORDS, VERBS
from twinfold.personas.questions.words import Word, stem, stems

CLAUSE = re.compile(
    r"(?<!\d)[.;!?:](?!\d)|[,;](?!\d{3})|\b(?:and|(?<!anything )but|while|whereas|though|although)\b|[()–—]"
)
"""Where one clause ends and another begins; the marks inside a number are no such place."""

PART = re.compile(
    rf"{CLAUSE.pattern}|\b(?:which|who|because|since|when|where|that (?=i\b|we\b|my\b)|including|before|after|until|"
    r"unless|if)\b"
)
"""Where a clause, or a part of it, ends."""

SENTENCE = re.compile(r"(?<=[.!?])\s+")

NEGATED = re.compile(
    r"\b(?:not|no|never|none|nobody|nothing|without|cannot|neither|nor|hardly|anything but|far from|"
    r"other (?:\w+ )?than)\b|n['’]t\b"
)

DENIED = re.compile(
    r"\b(?:not|never|nowhere near|anything but|other than|i['’]ll be|i['’]ll turn|i was|i used to)\b|"
    r"\b(?:do|does|did|is|was|are|have|has|had)n['’]t\b"
)
"""A verb that says that something is not so, or not now."""

BEGUN = (
    r"^\W*(?:(?:oh|ah|well|so|um+|hm+|look|actually|honestly|frankly|unfortunately|sadly|luckily|fortunately|happily|"
    r"indeed|thankfully|thanks|thank you|as it happens|to be honest)\W+)*"
)
"""What an answer may begin with before it begins."""

NO = r"no\b(?! (?:worries|problem|doubt|need|trouble|idea|secret))"
"""A no that is one."""

SPEECH = stems("""
    absolutely according actually add admit afraid ah all almost altogether amount answer anybody anything appear
    application approximately around ask asked assume aware bank basically beginning believe besides bill bills bit
    book books born bottom brief briefly bring call came case certain certainly change changed check checked clear
    clearly come comes concerned confess correct correctly count counted counts course curious currently customer
    customers data day dear definitely detail details differ difference different directly else end entry
    essentially everybody everyone everything exact exactly excuse expect fact fair fairly fall falls far feel few
    figure figures file fine forget form frankly generally glad glance goes going good great greetings guess hand
    happy head heart hello help helpful helps her hey hi him his honest honestly hope imagine indeed information
    interest interesting itself join joined keep kept kind knew know known ladies lady let letting life like likely
    line list listed little live lives living look looks lot love madam man many matter maybe mean means meant
    memory men mention mind minute mistaken moment month monthly much myself nearly need nice nil nobody none nope
    normally note noted nothing notice number oh ok okay other paper papers pardon part patience people per percent
    perhaps person personally plain please pleased pleasure plus point possibly precisely presently pretty probably
    problem profile put question quick quickly quite rather read really recall reckon record records regarding
    remain remember reply respond rest right roughly same saw say second secret see seem seen sense serve serves
    shall share short shown side similar simple simply sincerely sir sit something sorry sort speak speaking stand
    stands start stated statement stay straight sum suppose sure talk tell thank thanks their them themselves thing
    things think thought today together told top total trouble true truth try typically understand understood
    usually wait want wanted way week welcome well while wonder word words work works world worries worry written
    wrong yeah year yep young yourself
""")
"""What people say around an answer, and what tells nothing of anybody."""

_NOUNS = frozenset({"account", "home"})
"""Words that hold a question together, and that say in an answer what is meant."""

_IDLE = FUNCTION_WORDS | VERBS

ROOT = 5
"""Letters of a word's root."""


def is_idle(word: Word, more: Collection[str] = ()) -> bool:
    """Whether a word holds a sentence together, and says nothing of what it is about."""
    forms = {word.text, word.stem, re.sub(r"n?['’]\w+$", "", word.text)}
    return word.text not in _NOUNS and any(each in _IDLE or each in more or len(each) < 2 for each in forms)


def root(word: str) -> str:
    """How a word begins, by which those of one family meet: repay, repaying, repayment.

    >>> root("repay"), root("repayment"), root("complaints")
    ('repai', 'repai', 'compl')
    """
    return stem(word)[:ROOT].replace("y", "i")
