"""A grammar that holds a very small model to one sentence: no figure and hardly a word that does not stand there."""

from __future__ import annotations

import re

FIGURE = re.compile(
    r"\d{1,2} [^\W\d_]+ \d{4}"  # 3 May 1994
    r"|\[[^\[\]]{0,30}\d[^\[\]]{0,30}\]"  # [36, 49]
    r"|[€$£]?[-−]?\d+(?:[.,:/-]\d+)*(?: ?%|[^\W\d_]+)?"  # 1,250.00, 1994-05-03, 12:30, 43 %, 5th
)
WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
NEGATIVE = re.compile(r"\b(?:no|not|none|never|neither|nor|nothing|without|cannot)\b|n['’]t\b", re.IGNORECASE)

_OPENINGS = ("I", "I'm", "I've", "My")
_JOINING = """
    a about also am an and are as at be by for from had have I I'm I've in is it it's me mine my of on that that's the
    there to was were which with
"""
JOINING = frozenset(_JOINING.split())
"""Words that join others."""
_SHORT = 12
"""Characters up to which "I'm 43." gets other first words; in "I'm a customer of …" they would make nonsense."""
_ANSWER = re.compile(r"(?:Yes|No)\b")


def bind(sentence: str) -> str:
    """A grammar (GBNF, as llama.cpp takes it) for saying a sentence in other words, as one sentence.

    Its words are those of the sentence and some that join them. All its figures stand in it, with their months, signs
    and brackets, once each and in their order, so that none changes places with another, and no more words follow the
    last of them than in the sentence. It begins by "I" or "My", otherwise than the sentence does, after the
    sentence's own "Yes" or "No".

    Args:
        sentence: one line.
    """
    figures = FIGURE.findall(sentence)
    first = found[0] if (found := WORD.match(sentence)) else ""
    same = {first} if first != "I'm" or len(sentence) <= _SHORT else set()
    openings = [word for word in _OPENINGS if word not in same]
    if answer := _ANSWER.match(sentence):
        openings = [f"{answer[0]}, {word if word[0] == 'I' else word.lower()}" for word in openings]
    own = set(WORD.findall(FIGURE.sub(" ", sentence))) - {first, "Yes", "No"}
    if first and not answer:
        own.add(first if first[0] == "I" else first.lower())
    rules = ["root ::= opening said-0", f"opening ::= {_either(openings)}"]
    for place, figure in enumerate(figures):
        rules.append(f"said-{place} ::= join word said-{place} | before {_literal(figure)} said-{place + 1}")
    most = len(WORD.findall(sentence[_last_end(sentence) :])) + (0 if figures else 4)
    rules.append(f'said-{len(figures)} ::= (join word){{0,{most}}} "."')
    words = sorted(own | JOINING)
    return "\n".join([*rules, 'join ::= " " | ", "', 'before ::= " " | ", "', f"word ::= {_either(words)}"]) + "\n"


def _last_end(sentence: str) -> int:
    """Where the last figure of a sentence ends; 0 where it has none."""
    return max((found.end() for found in FIGURE.finditer(sentence)), default=0)


def _either(words: list[str]) -> str:
    return " | ".join(map(_literal, words))


def _literal(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
