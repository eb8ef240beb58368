"""Speech: what a model wrote, as words that can be shown. It is as untrusted as any text from outside."""

from __future__ import annotations

import re
import unicodedata

SENTENCES, LONGEST = 4, 1_200
"""Sentences and characters that an answer has at most."""

_THOUGHT = re.compile(r"<think>.*?(?:</think>|\Z)", re.DOTALL)
_LABEL = re.compile(r"^(?:answer|draft|reply|response)\s*:\s*", re.IGNORECASE)
_SENTENCE = re.compile(r".*?(?:[.!?…]+[\"'”’)\]]*(?=\s|$)|$)", re.DOTALL)


def tidy(text: str, *, unfinished: bool = False) -> str:
    """At most four sentences of a text, on one line, without labels, quotes around it, or characters that steer.

    Args:
        text: what a model wrote.
        unfinished: whether it was stopped in the middle, so that a last sentence without an end is left out.

    >>> tidy('Answer: "I am 43.\\n\\nI live in Brno."')
    'I am 43. I live in Brno.'
    >>> tidy("I am 43. I live in a", unfinished=True)
    'I am 43.'
    """
    shown = "".join(" " if unicodedata.category(c)[0] in "CZ" else c for c in _THOUGHT.sub(" ", text[:20_000]))
    line = _LABEL.sub("", " ".join(shown.split()))
    if len(line) > 1 and line[0] in "\"“'" and line[-1] in "\"”'":
        line = line[1:-1].strip()
    sentences = [found.strip() for found in _SENTENCE.findall(line) if found.strip()]
    if unfinished and sentences and sentences[-1][-1] not in ".!?…\"'”’)]":
        sentences.pop()
    kept: list[str] = []
    for sentence in sentences[:SENTENCES]:
        if sum(map(len, kept)) + len(sentence) > LONGEST:
            break
        if sentence not in kept:
            kept.append(sentence)
    return " ".join(kept)
