"""Claims of truths: what is yes and no, what there is and is not, and which end of several."""

from __future__ import annotations

import re
from itertools import pairwise

from twinfold.personas.claims.claim import Claim, ClaimKind
from twinfold.personas.claims.decisions import decides
from twinfold.personas.claims.ground import Ground, name_stems, space_words
from twinfold.personas.claims.levels import is_meant
from twinfold.personas.claims.speech import BEGUN, CLAUSE, NEGATED, NO, PART, SENTENCE, SPEECH, is_idle, root
from twinfold.personas.memory.fact import FactKind
from twinfold.personas.memory.truth import truth_of
from twinfold.personas.questions.common_words import FUNCTION_WORDS
from twinfold.personas.questions.words import name_words, split_words

_SIDES = (
    ({"early"}, {"late"}),
    ({"within"}, {"after"}),
    ({"highest", "largest", "biggest", "greatest", "maximum"}, {"lowest", "smallest", "minimum", "least"}),
    ({"highest", "largest", "lowest", "smallest", "maximum", "minimum"}, {"average", "mean", "typically"}),
    ({"last", "latest", "newest"}, {"first", "earliest", "oldest"}),
    ({"total", "altogether", "sum"}, {"average", "mean", "typically"}),
)
_IDIOM = re.compile(r"\b(?:first of all|at (?:the very )?least|last but not least|at first|at last)\b")
_NONE_AT_ALL = re.compile(
    r"\bthere (?:is|was|are|were)(?:n['’]t (?:any|a single)| none)\b|\b(?:made|have|had|got) none\b|"
    r"\bnot (?:a single|one)\b|"
    r"^\W*(?:none|nothing(?: at all)?\W*$|never|not one|not a single|(?:i've|i have|i) never)\b"
)
_ENDED = r"(?=[.,!;:—–-]|$)"
_SAYS_YES = re.compile(
    rf"{BEGUN}(?:(?:yes|yeah|yep|yup|certainly|absolutely|definitely|correct)\b|sure{_ENDED}(?!, i c)|"
    rf"sure (?:do|am|is|have)\b|so yes{_ENDED}|"
    rf"that(?:['’]s| is) (?:right|so|correct)|i (?:do|am|have|did){_ENDED}|it (?:is|does|has){_ENDED}|"
    r"i(?:['’]m| am) afraid so)|, (?:yes|yeah)\W*$"
)
_SAYS_NO = re.compile(
    rf"{BEGUN}(?:{NO}|nope\b|nah\b|incorrect\b|so no{_ENDED}|"
    rf"not (?:yet|at all|really|me)\b|never{_ENDED}|i (?:do|have|did)n['’]t{_ENDED}|i(?:['’]m| am) not{_ENDED}|"
    rf"it (?:is|does|has)n['’]t{_ENDED}|it['’]s not{_ENDED}|i(?:['’]m| am) afraid not|that i(?:['’]m| am) not)|, no\W*$"
)
_LEADING = re.compile(r"^\W*(?:yes|no)\b(?=\W*[,.;:!–—-]|\W*$)")
_NONE = re.compile(r"\b(?:no|not|none|never|zero|not any|without)\b|(?<![\d.,])0(?![\d.,])|n['’]t\b")
_NOTHING = re.compile(
    r"\b(?:nothing at all|nobody|free of charge|for (?:free|nothing)|"
    r"(?:lent|pays?|paid|owes?|charged?|costs?|got|had|have|get) (?:\w+ )?nothing)\b"
)
_HAVE = re.compile(r"\b(?:i (?:do )?(?:have|own|hold|made|make)|i['’]ve|there(?:['’]s| is| are| was| were))\b")


def find_truth_claims(text: str, ground: Ground) -> list[Claim]:
    """What is yes and no of a customer, said the other way round."""
    truths = [(f, truth) for f in ground.facts if (truth := truth_of(f)) is not None]
    lead = ground.facts[0] if ground.facts else None
    asked = {word.stem for word in split_words(ground.question)}
    if lead is not None and ground.truth is not None and truth_of(lead) is None and name_stems(lead.name) <= asked:
        truths += [(lead, ground.truth)] if isinstance(lead.value, str) else []  # a level that is a yes
    claims = []
    for question, answer in pairwise(SENTENCE.split(text)):  # "Any children? No."
        said = {word.stem for word in split_words(question)}
        for fact, truth in truths if question.endswith("?") else ():
            if name_stems(fact.name) <= said and (_SAYS_NO if truth else _SAYS_YES).search(answer):
                claims.append(Claim(ClaimKind.TRUTH, f"{question} {answer}", False))
    sentences = [each for each in SENTENCE.split(text) if not each.endswith("?")]  # what is asked back is no claim
    for sentence, clause in ((each, part) for each in sentences for part in CLAUSE.split(each)):
        stems = {word.stem for word in split_words(clause)}
        sides = [not NEGATED.search(_LEADING.sub("", each)) for each in (sentence, clause)]
        for fact, truth in truths:
            own = name_stems(fact.name) - FUNCTION_WORDS
            if own and own <= stems and not (ground.decided and decides(clause) is not None):
                claims.append(Claim(ClaimKind.TRUTH, clause.strip(), truth in sides))
        denied = bool(_NONE.search(clause))
        for fact in ground.facts:  # rows that there are, denied; and some that there are not
            counted = fact.kind is FactKind.COUNTED and fact.name.startswith("number of ")
            noun = next(iter(name_words(fact.name.removeprefix("number of ").split(" ")[0])), "") if counted else ""
            if noun and noun in stems and (denied if fact.value else not denied and bool(_HAVE.search(clause))):
                claims.append(Claim(ClaimKind.TRUTH, clause.strip(), False))
    return claims


def find_denial_claims(text: str, ground: Ground) -> list[Claim]:
    """That there is none of what was asked for and is there: "I don't have a contract at all"."""
    lead = ground.facts[0] if ground.facts else None
    asked = lead is not None and lead.kind in (FactKind.ATTRIBUTE, FactKind.COUNTED) and truth_of(lead) is None
    if lead is None or not asked or not lead.value or ground.truth is not None or ground.decided:
        return []
    nought = [name_stems(f.name) for f in ground.facts if truth_of(f) is False or f.value == 0]
    claims = []
    for before, sentence in pairwise(["", *SENTENCE.split(text)]):
        denied = None if before.endswith("?") else _SAYS_NO.search(sentence)
        if denied and not any(own <= {word.stem for word in split_words(sentence)} for own in nought):
            claims.append(Claim(ClaimKind.TRUTH, denied[0].strip(" ,"), False))
    for clause in PART.split(text):
        words = split_words(clause)
        said = {root(word.text) for word in words if not is_idle(word, SPEECH)}
        spaced = space_words(clause)
        levels = isinstance(lead.value, str) and any(
            f" {each} " in spaced and is_meant(each, spaced, ground) for each in ground.levels
        )
        if not NEGATED.search(_LEADING.sub("", clause)) or levels or any(map(str.isdigit, clause)):
            continue
        said |= {root(word.text) for word in words} & set(map(root, name_stems(lead.name)))
        named = said & ground.roots and not any(own <= {word.stem for word in words} for own in nought)
        if named or (isinstance(lead.value, float | int) and _NOTHING.search(clause)):
            claims.append(Claim(ClaimKind.TRUTH, clause.strip()[:80], False))
    return claims


def find_side_claims(text: str, ground: Ground) -> list[Claim]:
    """What turns the draft round: the smallest for the largest, the first for the last, no for yes, none for some."""
    words = set(space_words(_IDIOM.sub(" ", text)).split())
    draft = set(space_words(f"{ground.question} {ground.facts[0].said if ground.quotes else ground.allowed}").split())
    claims = []
    for pair in _SIDES:
        for own, other in (pair, pair[::-1]):
            turned = words & other - draft
            if draft & own and not draft & other and turned and not words & own:
                claims.append(Claim(ClaimKind.TRUTH, min(turned), False))
    otherwise = _SAYS_NO if ground.truth else _SAYS_YES
    for sentence in SENTENCE.split(text) if ground.truth is not None else ():
        if found := otherwise.search(sentence):
            claims.append(Claim(ClaimKind.TRUTH, found[0].strip(" ,"), False))
    counted = any(f.kind is FactKind.COUNTED and f.name.startswith("number of ") and f.value for f in ground.facts)
    if counted and any(_NONE_AT_ALL.search(sentence) for sentence in SENTENCE.split(text)):
        claims.append(Claim(ClaimKind.TRUTH, text.strip()[:60], False))
    return claims
