"""Words as a search compares them: in lower case, without accents, by their stems, without the commonest.

A word is a run of letters and digits; a numeral is one word however it is written ("1,250.00" is "1250"), and signs of
money and per cent are words ("€" is "eur", "%" is "percent"). English words lose their endings by steps 1 and 5a of
Porter (1980, An algorithm for suffix stripping): fees, charged and charging become fee and charg, as charge does. Words
of other languages lose at most a plural's s.
"""

from __future__ import annotations

import re
import unicodedata

from twinfold.personas.memory.quantities import MONEY_WORDS, SIGNS, read_numeral

STOP_WORDS = frozenset(
    re.findall(r"\w+", "a an and are as at be but by for from had has have i if in into is it its me my of on or our")
    + re.findall(r"\w+", "so such that the their then there these they this those to was we were will with you your")
)
"""Words that say too little to be searched for."""

_SIGNS = {"%": "percent"} | {sign: code.lower() for sign, code in SIGNS.items() if not sign[-1].isalpha()}
_SIGN = re.compile("|".join(map(re.escape, sorted(_SIGNS, key=len, reverse=True))))
_WORD = re.compile(r"\d+(?:[.,]\d+)*(?![^\W_])|[^\W_]+(?:['’][^\W_]+)*")
_VOWEL = "(?:[aeiou]|(?<=[^aeiou])y)"
_MEASURE = re.compile(rf"{_VOWEL}+(?!{_VOWEL})[a-z]")
_LONGEST = 40  # letters of a word that has an ending
_HAS_VOWEL = re.compile(_VOWEL)
_SHORT_END = re.compile(r"[^aeiou][aeiouy][^aeiouwxy]$")


def split_words(text: str) -> list[str]:
    """The words of a text as they stand, in lower case and without accents; `stem` makes each what is compared.

    >>> split_words("Late payment: €25 or 12.5 %")
    ['late', 'payment', 'eur', '25', 'or', '12.5', 'percent']
    """
    if not text.isascii():
        for quote in "’ʼ":
            text = text.replace(quote, "'")
        text = "".join(each for each in unicodedata.normalize("NFKD", text) if not unicodedata.combining(each))
    if _SIGN.search(text):
        text = _SIGN.sub(lambda sign: f" {_SIGNS[sign[0]]} ", text)
    return _WORD.findall(text.lower())


def stem(word: str) -> str:
    """What is compared of one word of `split_words`; an empty text of a stop word.

    >>> [stem(word) for word in ("fees", "charging", "policies", "agreed", "the", "1,250.00", "bank's", "paid")]
    ['fee', 'charg', 'polici', 'agre', '', '1250', 'bank', 'paid']
    """
    if word[0].isdigit() and not word.isalpha():
        number = read_numeral(word)
        return word if number is None else f"{number:.15g}"
    word = word.removesuffix("'s").replace("'", "")
    if word in STOP_WORDS:
        return ""
    word = MONEY_WORDS.get(word.removesuffix("s"), word).lower()
    if not 3 <= len(word) <= _LONGEST or not word.isascii() or not word.isalpha():
        return word
    return _drop_e(_drop_past(_drop_plural(word)))


def _measure(word: str) -> int:
    """How often a vowel is followed by a consonant."""
    return len(_MEASURE.findall(word))


def _drop_plural(word: str) -> str:
    """Step 1a: fees, policies, classes."""
    if word.endswith(("sses", "ies")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith(("ss", "us", "is")) else word


def _drop_past(word: str) -> str:
    """Steps 1b and 1c: charged, charging; y and i are one at the end."""
    if word.endswith("eed"):
        word = word[:-1] if _measure(word[:-3]) else word
    else:
        cut = next((word[: -len(end)] for end in ("ed", "ing") if word.endswith(end)), "")
        if cut and _HAS_VOWEL.search(cut):
            word = _mend(cut)
    return f"{word[:-1]}i" if word.endswith("y") and _HAS_VOWEL.search(word[:-1]) else word


def _mend(cut: str) -> str:
    """A word that lost its ending as it stood before that: relat is relate, cancell is cancel, hop is hope."""
    if cut.endswith(("at", "bl", "iz")):
        return f"{cut}e"
    if cut[-2:-1] == cut[-1] and cut[-1] not in "aeioulsz":
        return cut[:-1]
    return f"{cut}e" if _measure(cut) == 1 and _SHORT_END.search(cut) else cut


def _drop_e(word: str) -> str:
    """Step 5a: charge; and 5b: an l of two."""
    if word.endswith("e"):
        count = _measure(word[:-1])
        if count > 1 or (count == 1 and not _SHORT_END.search(word[:-1])):
            word = word[:-1]
    return word[:-1] if word.endswith("ll") and _measure(word) > 1 else word
