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
    per percent monthly plus young man men lady ladies afraid exact according memory serve serves patience
    understand understood mistaken concerned regarding month year week thanks thank please welcome hello hi hey
    greetings dear sir madam sorry pardon excuse okay ok oh ah well yeah yep nope ask asked question answer reply
    respond wonder curious interest interesting mind hope help helpful helps happy glad pleased pleasure great good
    nice fine right wrong true truth fair fact honest honestly frankly sincerely think thought guess suppose believe
    reckon imagine expect assume feel sense sure certain certainly definitely absolutely indeed exactly precisely
    actually basically essentially simply really quite rather fairly pretty probably possibly perhaps maybe likely
    usually generally normally typically roughly approximately around nearly almost see look looks seem appear
    remember recall forget check checked glance notice mention note add point share tell told talk speak put call
    say word words short brief briefly quick quickly simple plain clear clearly straight directly record records
    file data information detail details list listed book books paper papers profile number figure figures amount
    total sum thing things way part case matter kind sort bit lot little much many few course moment minute second
    while today right currently presently far end start beginning top bottom line side hand head heart change
    changed differ different difference same similar other else everything nothing something anything all know knew
    known keep kept stand stands sit remain stay come came comes bring mean means meant count counts counted work
    works try let letting want wanted like love need people person everybody everyone anybody nobody customer
    customers seen saw them him her his their read bank personally myself yourself life world day admit confess wait
    worry worries trouble problem secret rest entry form altogether together besides speaking goes going shown
    written noted itself themselves bill bills statement correct correctly live lives living join joined born none
    nil aware shall fall falls stated application
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
