"""A stricter reader: judges words with none of the code of Twinfold's own check, and lets less pass.

Every number, whether in figures or in words, must be one of the evidence, the question or the draft; every date too;
every level that anybody has, and every capital inside a sentence, must stand in the evidence or the draft; and of a
decision exactly the side that was decided must be said.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Collection, Iterable

from claiming.slots import ONES, TENS
from twinfold.personas.answer import Answer

MONTHS = [name.lower() for name in calendar.month_name if name]
FIGURE = re.compile(r"(?:\d{1,3}(?:[,\u00a0\u2009]\d{3})+|\d+)(?:\.\d+)?")
WORD = re.compile(r"[a-zà-ÿ]+", re.IGNORECASE)
YES = re.compile(r"\b(yes|i would(?! not|n't)|i'd (?:take|do|go|say yes|accept)|i will(?! not)|i'll|i am going to)\b")
NO = re.compile(r"\b(no|not|never|wouldn't|won't|don't|decline|refuse|pass)\b")
WEIGHTS: dict[str, float] = {word: float(value) for value, word in enumerate(ONES)} | {
    ten: 20 + 10 * k for k, ten in enumerate(TENS)
}
WEIGHTS |= {"hundred": 100, "thousand": 1_000, "million": 1_000_000, "dozen": 12, "half": 0.5, "twice": 2, "double": 2}
SPELT = re.compile(rf"\b(?:{'|'.join(WEIGHTS)})(?:(?:[- ]| and )(?:{'|'.join(WEIGHTS)}))*\b")
FREE = {"one", "half", "hundred"}
"""Number words that are common in other senses; "in a hundred" is how chances are said."""


def judge(answer: Answer, draft: str, handed: Iterable[str], levels: Collection[str]) -> list[str]:
    """What is wrong with an answer's words.

    Args:
        answer: whose text is judged.
        draft: the template's words, which are so.
        handed: all that the voice was handed, as texts.
        levels: all that anybody has, in small letters.
    """
    text = answer.text.replace("’", "'")
    known = " ".join([draft, *handed])
    wrong = [f"number {said}" for said in numbers_of(text) - numbers_of(f"{known} {answer.question}") - {"100"}]
    wrong += [f"month {name}" for name in months_of(text) - months_of(f"{known} {answer.question}")]
    own, said = spaced(known), spaced(text)
    for level in re.findall(r"\bnot (?:a |an )?(\w+)", said):
        said = said.replace(f" {level} ", " ") if f" {level} " in spaced(answer.question) else said
    wrong += [f"level {level}" for level in levels if f" {level} " in said and f" {level} " not in own]
    for sentence in re.split(r"(?<=[.!?:])\s+|[\"“”]", text):
        for name in re.findall(r"(?<=[\w,;)] )[A-ZÀ-Þ]\w+", sentence):
            if name.lower() not in MONTHS and f" {name.lower()} " not in spaced(f"{known} {answer.question}"):
                wrong.append(f"name {name}")
    if answer.estimate is not None and answer.estimate.yes is not None:
        first = re.split(r"(?<=[.!?])\s+", text.lower())
        sides = {side for sentence in first for side in sides_of(sentence)}
        if sides != {answer.estimate.yes}:
            wrong.append(f"decision {sorted(sides)} for {answer.estimate.yes}")
    return wrong


def sides_of(sentence: str) -> set[bool]:
    if "like me" in sentence and not sentence.startswith(("yes", "no")):
        return set()  # of others, not of oneself
    if NO.search(sentence):
        return {False}
    return {True} if YES.search(sentence) else set()


def numbers_of(text: str) -> set[str]:
    """Numbers in one way of writing, without signs."""
    found = {f"{float(re.sub('[^0-9.]', '', said)):.10g}" for said in FIGURE.findall(text)}
    found |= {f"{round(float(said)):.10g}" for said in re.findall(r"\d+\.0+\b", text)}
    for said in SPELT.findall(text.lower()):
        words = [word for word in WORD.findall(said) if word != "and"]
        found |= {f"{value_of(words):.10g}"} if not set(words) <= FREE else set()
    return found


def value_of(words: list[str]) -> float:
    total, part = 0.0, 0.0
    for word in words:
        weight = WEIGHTS[word]
        if weight == 100:
            part = (part or 1) * 100
        elif weight >= 1_000:
            total, part = total + (part or 1) * weight, 0.0
        else:
            part += weight
    return total + part


def months_of(text: str) -> set[str]:
    """Months that are named, and those of dates in figures."""
    folded = text.lower()
    named = {month for month in MONTHS if re.search(rf"\b{month}\b", folded) and month != "may"}
    named |= {"may" for _ in re.findall(r"\b(?:in|\d(?:st|nd|rd|th)?(?: of)?) may\b|\bmay \d", folded)}
    return named | {MONTHS[int(month) - 1] for month in re.findall(r"\b\d{4}-(0[1-9]|1[0-2])-\d{2}\b", text)}


def spaced(text: str) -> str:
    words = re.findall(r"[^\W_]+", text.lower())
    return f" {' '.join(words)} "
