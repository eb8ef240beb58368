"""Names that stand in running text: of products, of parties, of what a document defines.

A term is what stands in double quotes, straight or curly; or words that are capitalised, one or more in a row, with
"of", "for" or "&" between two of them. A word that opens a sentence is capitalised anyway: it counts only where another
follows, and never where it is one that sentences open with ("If", "We"). Of words all in capitals, those of two to six
letters are terms ("APR"). Days, months and codes of money are none.
"""

from __future__ import annotations

import re

from twinfold.personas.memory.quantities import CODES

_QUOTED = re.compile(r"[\"“„]([^\"“”„\n]{2,60})[\"”“]")
_WORD = r"[A-Z](?:[\w'’&+-]*[\w+])?"
_BETWEEN = r"\s(?:(?:of|for)\s(?:the\s)?|&\s)?"
_NAME = re.compile(rf"(?<![\w'’@./-]){_WORD}(?:{_BETWEEN}{_WORD})*(?![@/])")
_OPENS = re.compile(r"(?:^|[.!?:;•]|\n)[\s\"“„'(*-]*$")
_OPENERS = (
    "a about after all also although an and any are as at because before both but by can customer customers date do "
    "does during each either every few for from has have here how however i if in is it its many may more most must my "
    "neither no none not of on once one only or other otherwise our over please section should since so some such than "
    "that the their then there these they this those to under unless until upon we what when where whether which while "
    "who why will with within without would yes you your clause article "
    "january february march april june july august september october november december "
    "monday tuesday wednesday thursday friday saturday sunday"
)
_NO_NAMES = frozenset([*_OPENERS.split(), *CODES.lower().split("|")])
_MOST_WORDS, _LONGEST_CAPITALS = 8, 6


def find_terms(text: str) -> tuple[str, ...]:
    """The terms of a text, each once, in the order of their first places.

    >>> find_terms('If you hold a Gold Card, the "grace period" of Twinfold Bank applies. See the APR.')
    ('Gold Card', 'grace period', 'Twinfold Bank', 'APR')
    """
    found = [(each.start(1), each[1].strip(" ,.")) for each in _QUOTED.finditer(text)]
    outside = _QUOTED.sub(lambda quoted: f'"{"." * (len(quoted[0]) - 2)}"', text)
    for each in _NAME.finditer(outside):
        opens = _OPENS.search(text[max(0, each.start() - 8) : each.start()]) is not None
        found.append((each.start(), _trim(each[0].split(), opens=opens)))
    return tuple(dict.fromkeys(name for _, name in sorted(found) if len(name) > 1))


def _trim(words: list[str], *, opens: bool) -> str:
    """What of a run of capitalised words is a name; an empty text where nothing is."""
    if any(word.isupper() and len(word) > _LONGEST_CAPITALS for word in words):
        return ""  # a sentence in capitals
    if opens and len(words) == 1 and not (words[0].isupper() and len(words[0]) > 1):
        return ""
    while words and re.split("['’]", words[0].lower())[0] in _NO_NAMES:
        words = words[1:]
    while words and words[-1].lower() in _NO_NAMES:
        words = words[:-1]
    return " ".join(words[:_MOST_WORDS])
