"""Reading what a question asks of a customer's record: of their own row, or of their rows in one table.

Every word has to play a part: as a time, a comparison, a head ("how many", "when … last"), a name of something, or a
word that carries nothing. What names something that has no part in the table that is asked about ("the topic of your
last payment") is not understood either: better no answer than one to another question.
"""

from __future__ import annotations

import re
from collections import defaultdict

from twinfold.personas.memory.memory import Rows
from twinfold.personas.questions.attribute_reading import read_attributes
from twinfold.personas.questions.common_words import FUNCTION_WORDS, HANDLED, HARMLESS, OF_PEOPLE, RECEIVED, VERBS
from twinfold.personas.questions.heads import Head
from twinfold.personas.questions.ledger_reading import read_ledger_question
from twinfold.personas.questions.lexicon import Entry, Lexicon
from twinfold.personas.questions.parts import NotUnderstoodError, Parts, quote_words
from twinfold.personas.questions.plan import Act, Plan
from twinfold.personas.questions.words import name_words, stem

_PAID_BY = re.compile(r"\b(?:spend|spent|pay|paid|paying|buy|bought|shop|shopped)\b.*\b(?:by|with|via|at|on|in)\b")
_PAID_WITH = re.compile(r"\b(?:pay|paid|spend|spent|buy|bought)\b.*\bwith (?:your|my|the|a|an)\b")
_BEING_PAID = re.compile(r"\b(?:was|were|been|get|got|are|am) (?:you |i )?paid\b|\bpa(?:y|id) (?:you|me)\b")
_MEANS = re.compile(r"^(?:and )?how (?:do|did|have|has|are|is|was|were)\b")

_USES = ("use", "used", "uses", "using")


def read_record(text: str, lexicon: Lexicon) -> Plan:
    """The plan of a folded question about a record; one that says why where it is not understood."""
    try:
        parts = Parts(text, lexicon)
        rows = lexicon.memory[_find_table(parts)]
        parts.read_for(rows)
        _check_words(parts, rows)
        return read_attributes(parts, rows) if rows is lexicon.memory.people else read_ledger_question(parts, rows)
    except NotUnderstoodError as why:
        return Plan(Act.UNKNOWN, heard=str(why))


def _find_table(parts: Parts) -> str:
    """The table that is asked about: the one that has a part for every name. Raises `NotUnderstoodError`."""
    memory, spending = parts.lexicon.memory, parts.lexicon.spending
    score = defaultdict[str, list[float]](lambda: [0.0, 0.0])
    for mention in parts.mentions:
        for table in {entry.table for entry in mention.entries}:
            score[table][0] += 1
            score[table][1] += max(_weight(entry) for entry in mention.entries if entry.table == table)
    for _ in parts.asked:
        score[memory.people.name][0] += 1
    if not score:
        if spending and parts.spends:
            return spending
        _check_hidden(parts, memory.people, [word.text for word in parts.words])
        raise NotUnderstoodError("no word of it names anything in the data")

    def rank(table: str) -> tuple[float, float, int]:
        rows, (covered, weight) = memory[table], score[table]
        more = (2.0 if _PAID_BY.search(parts.text) else 1.0) if table == spending and parts.spends else 0.0
        return covered, weight + (0.6 if rows is memory.people else 0.0) + more, rows.frame.height

    best = max(score, key=rank)
    if score[best][0] < len(parts.mentions) + len(parts.asked):
        foreign = [m for m in parts.mentions if all(entry.table != best for entry in m.entries)]
        named = [parts.words[place].text for m in foreign for place in range(m.begin, m.end)]
        raise NotUnderstoodError(
            f"{quote_words(named)} is nothing of {parts.lexicon.said(best)}"
            if foreign
            else "it asks for several things at once"
        )
    return best


def _check_words(parts: Parts, rows: Rows) -> None:
    """Raise `NotUnderstoodError` where a word plays no part, or nothing says that this table is meant."""
    people, spending = rows is parts.lexicon.memory.people, rows.name == parts.lexicon.spending
    own = [entry for mention in parts.mentions for entry in mention.entries if entry.table == rows.name]
    given = any(entry.given for entry in own)
    named = given or any(not entry.column for entry in own) or people
    spends = spending and parts.spends
    column = any(entry.column and entry.level is None and entry.sure for entry in own)
    harmless = HARMLESS | (VERBS if spends or named or column else set()) | (HANDLED if named else set())
    left = parts.left(harmless | (RECEIVED if given or people else set()) | (OF_PEOPLE if people else set()))
    if _BEING_PAID.search(parts.text):
        left.append("paid")
    if not spending and parts.headed.heads & {Head.WHEN, Head.LAST, Head.FIRST, Head.COUNT}:
        left += [word.text for word in parts.words if word.text in _USES]  # when a card was used, it doesn't say
    if _MEANS.search(parts.text) and not parts.idioms:
        left.append("how")
    if not spends and _PAID_WITH.search(parts.text):
        left.append("with")  # which card was paid with, nothing of cards says
    if left:
        _check_hidden(parts, rows, left)
        unknown = [word for word in left if word not in FUNCTION_WORDS]
        raise NotUnderstoodError(
            f"nothing in the data is called {quote_words(unknown)}"
            if unknown
            else f"what {quote_words(left)} asks for is not understood"
        )
    if not (named or spends or any(entry.column and entry.level is None for entry in own)):
        raise NotUnderstoodError("no word of it says what is asked of that")


def _check_hidden(parts: Parts, rows: Rows, left: list[str]) -> None:
    """Raise `NotUnderstoodError` where words without a part name a key, or what tells who somebody is."""
    spoken = {column.name for column in rows.columns}
    asked = {stem(word) for word in left}
    for column in rows.table:
        own = set(name_words(column.name))
        if column.name not in spoken and own <= {word.stem for word in parts.words} and own & asked:
            raise NotUnderstoodError(f"{column.name} is a key or tells who somebody is, and no customer says it")


def _weight(entry: Entry) -> float:
    if entry.level is not None:
        return 1.5
    if not entry.column:
        return 3.0 if entry.sure else 1.5
    return 2.0 if entry.sure else 1.0
