"""Claims in words: levels, names, and what is yes and no."""

from __future__ import annotations

import re

from twinfold.personas.claims.claim import Claim, ClaimKind
from twinfold.personas.claims.decisions import decides
from twinfold.personas.claims.ground import CLAUSE, NEGATED, SENTENCE, Ground, name_stems, space_words
from twinfold.personas.memory.fact import FactKind
from twinfold.personas.memory.truth import truth_of
from twinfold.personas.questions.common_words import FUNCTION_WORDS
from twinfold.personas.questions.times import find_windows
from twinfold.personas.questions.words import fold, name_words, split_words, stem

_BUSY = re.compile(r"(\w+) (?:gets|takes|is|has|charges|offers|gives|keeps|was|wants|lets|pays|costs)\b")
_PLAIN = frozenset(
    {"money", "everything", "nothing", "life", "work", "age", "people", "everyone", "nobody", "home", "time"}
)
_SAYING = frozenset({"is", "are", "was", "were", "as", "am", "m", "i'm", "it's", "yes", "no", "at", "of", "a", "an"})
_SIDES = (
    ({"highest", "largest", "biggest", "greatest", "maximum"}, {"lowest", "smallest", "minimum", "least"}),
    ({"last", "latest", "newest"}, {"first", "earliest", "oldest"}),
    ({"total", "altogether", "sum"}, {"average", "mean", "typically"}),
)
_NONE_AT_ALL = re.compile(r"^\W*(?:none|nothing|never|not one|not a single|(?:i've|i have|i) never)\b")
_ANSWERED = re.compile(r"^\W*(yes|no)\b|, (yes|no)\W*$")
_LEADING = re.compile(r"^\W*(?:yes|no)\b")
_FREE = re.compile(r"\b(?:nothing|free(?: of charge)?|no (?:fee|charge|cost))\b")
_NONE = re.compile(r"\b(?:no|none|never|zero|not any)\b|n't\b")
_CAPITAL = re.compile(r"(?<![\w'’])[A-ZÀ-Þ][\w&-]+")


def find_level_claims(text: str, ground: Ground) -> list[Claim]:
    """Levels that others have and this customer's facts don't, and those that they do and that are denied."""
    claims = []
    for clause in CLAUSE.split(text):
        spaced = space_words(clause)
        for level in [each for each in ground.levels if f" {each} " in spaced]:
            rest = re.sub(r"^\W*(?:yes|no)\b", "", spaced.replace(f" {level} ", " "))
            denied = bool(NEGATED.search(rest)) and not (ground.decided and decides(clause) is not None)
            known = f" {level} " in ground.values or _is_name(level, spaced, ground)
            claims.append(Claim(ClaimKind.LEVEL, level, known != denied))
    return claims


def _is_name(level: str, spaced: str, ground: Ground) -> bool:
    """Whether words that are a level are no more than what something is called: "my low is 12", and not "it is low"."""
    if not set(level.split()) <= ground.names:
        return False
    before = spaced[: spaced.index(f" {level} ")].split()
    return not before or before[-1] not in _SAYING | ground.names


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
            begins = not re.search(r"\w", sentence[: found.start()])
            busy = begins and _BUSY.match(fold(sentence[found.start() :]))
            if busy and name not in ground.words | FUNCTION_WORDS | _PLAIN:
                begins = False  # somebody who does something
            parts = {re.sub(r"['’]s$", "", part) for part in re.split(r"[-&]", name)}
            if begins or parts <= ground.words | FUNCTION_WORDS:
                continue
            after_mark = re.search(r"[:“\"]\s*$", sentence[: found.start()])
            if after_mark and stem(name) in FUNCTION_WORDS | {"mostly", "yes"}:
                continue
            claims.append(Claim(ClaimKind.NAME, found.group(), False))
    return claims


def find_truth_claims(text: str, ground: Ground) -> list[Claim]:
    """What is yes and no of a customer, said the other way round."""
    truths = [(f, truth) for f in ground.facts if (truth := truth_of(f)) is not None]
    claims = []
    for sentence, clause in ((each, part) for each in SENTENCE.split(text) for part in CLAUSE.split(each)):
        stems = {word.stem for word in split_words(clause)}
        sides = [not NEGATED.search(_LEADING.sub("", each)) for each in (sentence, clause)]
        for fact, truth in truths:
            own = name_stems(fact.name) - FUNCTION_WORDS
            if own and own <= stems and not (ground.decided and decides(clause) is not None):
                claims.append(Claim(ClaimKind.TRUTH, clause.strip(), truth in sides))
        if not _NONE.search(clause):
            continue
        for fact in ground.facts:  # rows that there are, denied
            counted = fact.kind is FactKind.COUNTED and fact.name.startswith("number of ") and bool(fact.value)
            noun = next(iter(name_words(fact.name.removeprefix("number of ").split(" ")[0])), "") if counted else ""
            if noun and noun in stems:
                claims.append(Claim(ClaimKind.TRUTH, clause.strip(), False))
    return claims


def find_side_claims(text: str, ground: Ground) -> list[Claim]:
    """What turns the draft round: the smallest for the largest, the first for the last, no for yes, none for some."""
    words, draft = set(space_words(text).split()), set(space_words(ground.allowed).split())
    claims = []
    for pair in _SIDES:
        for own, other in (pair, pair[::-1]):
            turned = words & other - draft
            if draft & own and not draft & other and turned:
                claims.append(Claim(ClaimKind.TRUTH, min(turned), False))
    answered = _ANSWERED.search(text)
    word = (answered[1] or answered[2]) if answered else ""
    if ground.truth is not None and word and (word == "yes") != ground.truth:
        claims.append(Claim(ClaimKind.TRUTH, word, False))
    quoted = bool(ground.passages) and bool(ground.facts) and ground.facts[0].kind is FactKind.CLAUSE
    if quoted and (free := _FREE.search(text)) and not _FREE.search(ground.text):
        claims.append(Claim(ClaimKind.TRUTH, free.group(), False))
    counted = any(f.kind is FactKind.COUNTED and f.name.startswith("number of ") and f.value for f in ground.facts)
    if counted and any(_NONE_AT_ALL.match(sentence) for sentence in SENTENCE.split(text)):
        claims.append(Claim(ClaimKind.TRUTH, text.strip()[:60], False))
    return claims
