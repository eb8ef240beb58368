"""Claims of what a customer would do: the decision that was made, and none where there is none."""

from __future__ import annotations

import re

from twinfold.personas.claims.claim import Claim, ClaimKind
from twinfold.personas.claims.ground import Ground, name_stems
from twinfold.personas.claims.speech import BEGUN, NO, SENTENCE
from twinfold.personas.questions.words import split_words

_I_AM = r"\bi(?:'m|’m| am)"
_NO = re.compile(
    rf"{BEGUN}(?:{NO}|nope\b|not me\b|sorry[,.;!])|\bnot (?:an?|the) \w+ (?:that |which )?i\b|"
    r"\b(?:i|i'd|i’d) (?:would |will |do |could |am )?(?:not|never)\b|\bno,? thanks\b|"
    r"\b(?:would(?:n['’]t| not)|won['’]t)\b(?! (?:mind|hesitate|know|miss|say|worry|lie))|"
    r"\b(?:don|couldn|can|shan|ain)['’]?t\b"
    r"(?= (?:take|accept|do|buy|go|apply|sign|choose|be|think|want|see)|[.!,;:]|$)|"
    rf"{_I_AM} not\b|\b(?:rather|probably|certainly|definitely|likely|of course) not\b|"
    r"\bnot (?:for me|interested|likely|going|(?:some|any)thing i)\b|n['’]t (?:some|any)thing i\b|"
    r"\b(?:a no (?:from|for) (?:me|my)|as a no|no to (?:it|this|that))\b|"
    r"\b(?:i(?:['’]d| would|['’]ll)? say|answer is|it['’]s|be) (?:a )?no\b|"
    r"\b(?:count me|i['’]m|i am) out\b|"
    r"\b(?:i'd|i’d|i would|i'll|i’ll) pass\b|, no\W*$|"
    r"\b(?:decline|refuse|reject|pass on|give (?:it|this) a miss|skip (?:it|this|the)|leave it|say no|"
    r"let (?:it|this)(?: one)? (?:go|pass)|turn (?:it|this) down|unlikely|uninterested)\b"
)
_FOR = re.compile(
    r"\b(?:speaks? for|in (?:its )?fav(?:ou)?r|fav(?:ou)?rs?|more (?:inclined|likely|willing)|helps?|attracts?|tempts?|"
    r"pulls me|draws me|a plus|encourages?|argues? for|in support)\b"
)
_AGAINST = re.compile(
    r"\b(?:(?:speaks?|counts?|argues?|tells?) against|against (?:it|that|me)|(?:would )?hold(?:s)? me back|less "
    r"(?:inclined|likely|willing)|puts? me off|deters?|discourages?|a minus|keeps? me from|stops? me|"
    r"makes? me (?:wary|hesitate))\b|^\W*against\b"
)
_NEITHER = re.compile(r"\byes and no\b")
_NOT_NO = re.compile(
    r"(?:\bno way|\bnever|\bnot|n['’]t)\b.{0,20}"
    r"\b(?:miss|refuse|hesitate|resist|decline|reject|say no|turn (?:it|this) down)\b"
)
"""A no that is none: "I wouldn't say no"."""
_DOES = "take|accept|have (?:it|this)|do|buy|go|apply|sign|choose|say yes|consider|agree|subscribe|leave"
_DOES += r"|cancel|switch|probably|like (?:to (?:take|accept|have)|it\b|that\b|this\b)"
_YES = re.compile(
    rf"{BEGUN}(?:yes|yeah|yep|sure|certainly|absolutely|gladly)\b(?!,? (?:i can|i could|let me|here|thing))|"
    rf"\b(?:i would|i'd|i’d|i will|i'll|i’ll) (?:\w+ly )?(?:{_DOES}|be (?:happy|glad|interested|likely))\b|"
    rf"\bi (?:probably )?would\b(?=[.!,;:]| at | for | with |$)|"
    rf"{_I_AM} (?:very |quite )?(?:likely|interested|willing|happy|going)\b"
    r"(?! to (?:answer|help|tell|say|explain|hear|share))|"
    r"\bso yes\b|\b(?:i(?:['’]d| would|['’]ll)? say|answer is|it['’]s|it is|be|as) (?:a )?yes\b|\bworks for me\b|"
    r"\b(?:count me in|sign me up|put me down|i am in|i['’]m in|i['’]d be in)\b(?! (?:my|the|a)\b)"
)


def find_decision_claims(text: str, ground: Ground) -> list[Claim]:
    """That a customer would do something, or would not; where it was decided, it has to be said."""
    found = [(part, decides(part)) for sentence in SENTENCE.split(text) for part in re.split(r":\s", sentence)]
    stated = [(sentence, side) for sentence, side in found if side is not None]
    if ground.yes is None:
        if ground.decided:
            return []
        return [
            Claim(ClaimKind.DECISION, sentence.strip(), False)
            for sentence, side in stated
            if re.search(
                r"\b(?:would|will|'d|’d|'ll|’ll|wouldn|won)\b.{0,20}\b(?:take|accept|buy|apply|sign|choose|subscribe|leave|cancel|switch)\b",
                sentence,
            )
        ]
    if not stated:
        return [Claim(ClaimKind.DECISION, "(the decision is not said)", False)]
    return [Claim(ClaimKind.DECISION, sentence.strip(), side == ground.yes) for sentence, side in stated]


def find_reason_claims(text: str, ground: Ground) -> list[Claim]:
    """That something speaks for a decision, or against it, where it does the other."""
    claims = []
    for part in re.split(r"[.;!?]\s|, (?:but|while|whereas|and)\b|\bbut\b", text) if ground.reasons else ():
        sides = bool(_FOR.search(part)), bool(_AGAINST.search(part))
        said = {word.stem for word in split_words(part)}
        for column, speaks_for in ground.reasons if sides[0] != sides[1] else ():
            own = name_stems(column)
            if own and own <= said:
                claims.append(Claim(ClaimKind.DECISION, part.strip()[:80], sides[0] == speaks_for))
    return claims


def argues(text: str) -> bool:
    """Whether words say that something speaks for a decision, or against it."""
    return bool(_FOR.search(text) or _AGAINST.search(text))


def decides(text: str) -> bool | None:
    """Which way words decide; None where they don't."""
    if _NEITHER.search(text):
        return None
    if _NOT_NO.search(text):
        return True
    if _NO.search(text):
        return False
    return True if _YES.search(text) else None
