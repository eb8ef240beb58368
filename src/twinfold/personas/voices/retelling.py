"""Retelling: a draft in the words of a very small model, sentence by sentence, each held to what it says.

Such a model mixes up whatever it is told about. So it is shown one short sentence at a time, a grammar holds it to
that sentence's words and figures, and what comes back is looked at: where it says less, or the opposite, the draft's
sentence stays.
"""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise

from twinfold.personas.voices.prompt import LONGEST_DRAFT, Message, clean
from twinfold.personas.voices.voice import Brief

LONGEST, FIGURES = 160, 2
"""Characters and figures of a sentence that is said in other words; of several figures it mixes up what each is of."""

TASK = "Rewrite the input text in other words. Keep all facts."
EXAMPLES = (
    ("Balance: 812.50.", "I have a balance of 812.50."),
    ("My city is Leeds.", "I live in the city of Leeds."),
    ("The amount adds up to 310.20 over 4 transfers.", "I have an amount of 310.20 over 4 transfers."),
    ("There are no loans with purpose car in 2021 on my record.", "I have no loans with purpose car in 2021."),
    ("I have no deposits.", "I've no deposits."),
    ("My last transfer was on 2019-04-02.", "I had my last transfer on 2019-04-02."),
    ("No, not me: my status is single.", "No, my status is single."),
    ("I'm 61.", "I am 61."),
    ("What sets me apart is income 2100 and region north.", "I have an income of 2100, and my region is north."),
    ("The commonest type is rent, over 12 orders.", "My commonest type is rent, over 12 orders."),
    ("I have 2 loans and 14 orders.", "I've 2 loans, and 14 orders."),
)
"""Sentences and how they may be said: without them the small model copies, or talks of itself as an assistant."""

_SENTENCE = re.compile(r"(?<=[.!?])\s+")
_LITERAL = re.compile('[“”"«»()]')
_TURN = """
    more less over under least most than before after since until between about only last first highest lowest largest
    smallest commonest usually often ever probably rather would each every
"""
_TURNING = frozenset(_TURN.split())
"""Words that turn what is said into something else where they are left out."""
_DANGLING = re.compile(r"\b(?:a|about|also|an|and|as|at|be|by|for|from|in|my|of|on|that|the|to|which|with)[.!?]$")

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


def split_draft(brief: Brief) -> list[str]:
    """The sentences of a brief's draft."""
    return [each for each in _SENTENCE.split(clean(brief.draft, LONGEST_DRAFT)) if each]


def may_retell(sentence: str, brief: Brief) -> bool:
    """Whether a sentence is put into other words; decisions, quotations, brackets, and what is long or full
    of figures, are not."""
    return not (
        sentence in clean(brief.decision, LONGEST_DRAFT)
        or _LITERAL.search(sentence)
        or len(sentence) > LONGEST
        or len(FIGURE.findall(sentence)) > FIGURES
    )


def opening_messages() -> list[Message]:
    """The task and its examples, which all sentences have before them."""
    turns = [({"role": "user", "content": text}, {"role": "assistant", "content": said}) for text, said in EXAMPLES]
    return [{"role": "system", "content": TASK}, *(message for turn in turns for message in turn)]


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
    most = len(WORD.findall(FIGURE.split(sentence)[-1])) + (0 if figures else 4)
    rules.append(f'said-{len(figures)} ::= (join word){{0,{most}}} "."')
    words = sorted(own | JOINING)
    return "\n".join([*rules, 'join ::= " " | ", "', 'before ::= " " | ", "', f"word ::= {_either(words)}"]) + "\n"


def is_faithful(said: str, sentence: str, brief: Brief) -> bool:
    """Whether a sentence was said in other words, and not otherwise.

    It has a "no" or "not" where the sentence has, its figures, and, in their order, all its words that stand in a fact
    or turn what is said; no claim that was wrong at the last try; and it doesn't go round in circles.
    """
    known = {word for fact in brief.facts for word in _words(f"{fact.name} {fact.said}")} - JOINING | _TURNING
    kept = [word for word in _words(sentence) if word in known]
    return (
        bool(NEGATIVE.search(said)) == bool(NEGATIVE.search(sentence))
        and FIGURE.findall(said) == FIGURE.findall(sentence)
        and [word for word in _words(said) if word in kept] == kept
        and not _turns_in_circles(said, sentence)
        and not _DANGLING.search(said)
        and not any(clean(claim, LONGEST_DRAFT).casefold() in said.casefold() for claim in brief.wrong)
    )


def _words(text: str) -> list[str]:
    """The words of a text where each stands first."""
    return list(dict.fromkeys(word.casefold() for word in WORD.findall(text)))


def _turns_in_circles(said: str, sentence: str) -> bool:
    """Whether a word stands twice in a row, or a longer one more often than in the sentence."""
    words = [word.casefold() for word in WORD.findall(said)]
    own = Counter(word.casefold() for word in WORD.findall(sentence))
    often = any(count > max(own[word], 1) for word, count in Counter(words).items() if len(word) > 3)
    return often or any(a == b for a, b in pairwise(words))


def _either(words: list[str]) -> str:
    return " | ".join(map(_literal, words))


def _literal(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
