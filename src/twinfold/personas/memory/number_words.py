"""Number words: "forty-two", "two hundred and six"."""

from __future__ import annotations

import re

_ONES = "one two three four five six seven eight nine"
_TEENS = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_LARGE = {"million": 1_000_000, "thousand": 1_000, "hundred": 100}
_VALUES = {word: number for number, word in enumerate(f"zero {_ONES} {_TEENS}".split())}
_VALUES |= {word: 10 * number for number, word in enumerate(_TENS.split(), 2)}


def _either(words: str) -> str:
    return f"(?:{'|'.join(words.split())})"


_SMALL = rf"(?:{_either(_TENS)}(?:[- ]{_either(_ONES)})?|{_either(f'{_TEENS} {_ONES}')})"
_BELOW_THOUSAND = rf"(?:(?:(?:{_SMALL}|a)[- ])?hundred(?:[- ](?:and )?{_SMALL})?|{_SMALL})"
_BELOW_MILLION = rf"(?:(?:(?:{_BELOW_THOUSAND}|a)[- ])?thousand(?:[- ](?:and )?{_BELOW_THOUSAND})?|{_BELOW_THOUSAND})"
NUMBER = rf"(?:(?:(?:{_BELOW_MILLION}|a)[- ])?million(?:[- ](?:and )?{_BELOW_MILLION})?|{_BELOW_MILLION}|zero)"
"""The pattern of a number in words, in small letters."""

_NUMBER = re.compile(rf"(?<![\w.-])(?!one\b(?![- ]{_either(' '.join(_LARGE))}\b)){NUMBER}(?!\w)")
_ONE = re.compile(r"\b(than|least|most|exactly|over|under|just|only) one\b")


def write_figures(text: str) -> str:
    """A folded text with its numbers in words in figures; a one is a number only where it is compared or counts a
    hundred.

    >>> write_figures("more than a hundred payments"), write_figures("i'm forty-two, and one of them")
    ('more than 100 payments', "i'm 42, and one of them")
    """
    return _ONE.sub(r"\1 1", _NUMBER.sub(lambda found: f"{read_words(found[0])}", text))


def read_words(words: str) -> int:
    """A number in words.

    >>> read_words("forty-two"), read_words("two hundred and six"), read_words("three hundred thousand")
    (42, 206, 300000)
    """
    for word, size in _LARGE.items():
        many, found, rest = words.partition(word)
        if found:
            return (read_words(many) or 1) * size + read_words(rest)
    return sum(_VALUES.get(word, 0) for word in re.split(r"[- ]+", words))
