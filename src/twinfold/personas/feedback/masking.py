"""Masking what names or reaches somebody inside a text that is quoted."""

from __future__ import annotations

import re
from collections.abc import Callable, Set

from twinfold.tables.personal.addresses import STREET_INSIDE
from twinfold.tables.personal.names import ALL_FOLDED, TITLES
from twinfold.tables.personal.patterns import EMAIL, IBAN_INSIDE, IP_INSIDE

NUMBERS_SET_APART = re.compile(r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}")
"""Dates, as they may be of a birth."""

DIGITS = re.compile(r"[+(]{0,2}\d(?:[ ()./,'-]{0,2}\d){4,}\)?")
"""Five digits or more, however they are set apart: numbers of phones, cards, accounts and people."""

AMOUNT = re.compile(r"[1-9]\d{0,2}(?:[.,']\d{3}){0,3}(?:[.,]\d{1,2})?")
"""A sum of money as it is written, which stays."""

ADDRESS = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
"""A place in the web."""

LETTERS = re.compile(r"[^\W\d_]+")
WORD = re.compile(rf"{LETTERS.pattern}(?:['’-]{LETTERS.pattern})*")

BEFORE_NAME = re.compile(r"\b([^\W\d_a-z][^\W\d_]*)(?= \[name\])")
"""A word with a capital before a name: it may be one too, though it begins a sentence."""

SENTENCE = re.compile(r"(?:^|[.!?:…]['\"”»)]*\s+)['\"“«(]*$")
"""What stands before the first word of a sentence."""

TITLES_FOLDED = frozenset(title.casefold() for title in TITLES)


def mask_personal(text: str, known: Set[str], is_common: Callable[[str], bool]) -> str:
    """A text with marks such as [name] in the place of what names or reaches somebody.

    Args:
        text: what somebody said.
        known: what the data know of them, in lower case: their name, their street, their number.
        is_common: whether a word, in lower case and without apostrophes or hyphens, is one that many people use.

    Masked are e-mail and web addresses, account numbers, streets, dates in digits, all numbers of five digits or more
    but sums of money, what is `known`, names that many people have, and inside a sentence capitals that few use.

    Example:
        >>> mask_personal("Ann Smith (0171 123456) paid 1,200.50 to kim@x.org", set(), lambda word: word == "paid")
        '[name] [number] paid 1,200.50 to [address]'
    """
    for value in sorted(known, key=len, reverse=True):
        if not value.isalpha():
            mark = "[number]" if any(sign.isdigit() for sign in value) else "[name]"
            text = re.sub(rf"(?<!\w){re.escape(value)}(?!\w)", mark, text, flags=re.IGNORECASE)
    for pattern, mark in ((EMAIL, "[address]"), (ADDRESS, "[address]"), (STREET_INSIDE, "[address]")):
        text = pattern.sub(mark, text)
    for pattern in (IBAN_INSIDE, IP_INSIDE, NUMBERS_SET_APART):
        text = pattern.sub("[number]", text)
    text = DIGITS.sub(lambda found: found[0] if AMOUNT.fullmatch(found[0]) else "[number]", text)
    out, end, before = [], 0, ""
    for found in WORD.finditer(text):
        between = text[end : found.start()]
        marked = between.endswith("[") and text[found.end() : found.end() + 1] == "]"
        starts = SENTENCE.search(text[max(0, found.start() - 8) : found.start()]) is not None
        named = not marked and _names_somebody(found[0], before, known, is_common, starts)
        out += [between, "[name]" if named else found[0]]
        end, before = found.end(), found[0]
    masked = BEFORE_NAME.sub(
        lambda found: found[0] if is_common(found[1].lower()) else "[name]", "".join([*out, text[end:]])
    )
    return re.sub(r"\[name\](?:[ .]{1,2}\[name\])+", "[name]", masked)


def _names_somebody(word: str, before: str, known: Set[str], is_common: Callable[[str], bool], starts: bool) -> bool:
    parts = LETTERS.findall(word.lower())  # "Smith's" is Smith, and "Smith-Jones" is both
    if not known.isdisjoint(parts) or (before.lower() in TITLES_FOLDED and word[0].isupper()):
        return True
    few = [part for part in parts if len(part) > 1 and not is_common(part)]
    if not word[0].isupper() or not few:
        return False
    return not ALL_FOLDED.isdisjoint(few) or (not starts and not word.isupper())
