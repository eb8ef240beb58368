"""Claims of names: capitals inside a sentence that stand in no fact."""

from __future__ import annotations

import re

from twinfold.personas.claims.claim import Claim, ClaimKind
from twinfold.personas.claims.ground import Ground
from twinfold.personas.claims.speech import SENTENCE
from twinfold.personas.memory.number_words import write_figures
from twinfold.personas.questions.common_words import FUNCTION_WORDS
from twinfold.personas.questions.times import find_windows
from twinfold.personas.questions.words import fold

_BUSY = re.compile(r"(\w+) (?:gets|takes|is|has|charges|offers|gives|keeps|was|wants|lets|pays|costs)\b")
_PLAIN = frozenset(
    {"money", "everything", "nothing", "life", "work", "age", "people", "everyone", "nobody", "home", "time"}
)
_CAPITAL = re.compile(r"(?<![\w'’])[A-ZÀ-Þ][\w&-]+")


def find_name_claims(text: str, ground: Ground) -> list[Claim]:
    """Names that stand inside a sentence, and in no fact."""
    claims = []
    dated = [(window.begin, window.end) for window in find_windows(fold(text), None)]
    begun = 0
    for sentence in SENTENCE.split(text):
        start = text.find(sentence, begun)
        begun = start + len(sentence)
        for found in _CAPITAL.finditer(sentence):
            name = fold(found.group())
            if any(low <= start + found.start() < high for low, high in dated):
                continue
            begins = not re.search(r"\w", re.split(r"[:“\"]", sentence[: found.start()])[-1])
            busy = begins and not name.endswith("ing") and _BUSY.match(fold(sentence[found.start() :]))
            if busy and name not in ground.words | FUNCTION_WORDS | _PLAIN:
                begins = False  # somebody who does something
            if write_figures(name)[0].isdigit():
                continue
            parts = {re.sub(r"['’]s$", "", part) for part in re.split(r"[-&]", name)}
            if begins or parts <= ground.words | FUNCTION_WORDS:
                continue
            claims.append(Claim(ClaimKind.NAME, found.group(), False))
    return claims
