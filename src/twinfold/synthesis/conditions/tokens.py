"""Tokens of the condition language, and errors that show where in the text they arose."""

import re
from dataclasses import dataclass
from typing import Literal

from twinfold.errors import ConditionError

MAX_CHARACTERS = 10_000

KEYWORDS = frozenset({"and", "or", "not", "in", "between", "is", "null", "true", "false"})

TokenKind = Literal["word", "name", "double", "text", "number", "operator", "mark", "end"]
"""`name` stands in backticks or brackets, `double` in double quotes, `text` in single ones; a `mark` is ( ) or ,"""


@dataclass(frozen=True)
class Token:
    """A token: its kind, what it says without quotes, and where in the condition it begins (from 0)."""

    kind: TokenKind
    text: str
    at: int

    def is_word(self, word: str) -> bool:
        """Whether this is a bare word, in whatever case."""
        return self.kind == "word" and self.text.lower() == word

    @property
    def is_keyword(self) -> bool:
        """Whether this is a bare word that the language has a use for."""
        return self.kind == "word" and self.text.lower() in KEYWORDS


WORD = re.compile(r"[^\W\d]\w*(?:[.\-]\w+)*")
_DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(?![\d.])")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_OPERATORS = {"=": "=", "==": "=", "!=": "!=", "<>": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_OPERATOR = re.compile(r"[=!<>&|≤≥≠~]+|;|--")
_MEANT = {
    "=>": ">=",
    "=<": "<=",
    "≤": "<=",
    "≥": ">=",
    "≠": "!=",
    "&": "and",
    "&&": "and",
    "|": "or",
    "||": "or",
    "!": "not",
    "~": "not",
    "===": "=",
    "!==": "!=",
}
_QUOTES: dict[str, tuple[str, TokenKind]] = {
    "'": ("'", "text"),
    '"': ('"', "double"),
    "`": ("`", "name"),
    "[": ("]", "name"),
}


def tokenize(text: str) -> list[Token]:
    """The tokens of a condition, an `end` last. Raises `ConditionError` at what is no token."""
    if len(text) > MAX_CHARACTERS:
        raise ConditionError(
            f"the condition has {len(text):,} characters, at most {MAX_CHARACTERS:,} are accepted; "
            "ask for less, or fix columns row by row with --given"
        )
    tokens: list[Token] = []
    at = 0
    while True:
        while at < len(text) and text[at].isspace():
            at += 1
        if at == len(text):
            return [*tokens, Token("end", "", at)]
        token, at = _next_token(text, at)
        tokens.append(token)


def _next_token(text: str, at: int) -> tuple[Token, int]:
    character = text[at]
    if character in _QUOTES:
        return _quoted(text, at)
    if character in "(),":
        return Token("mark", character, at), at + 1
    if word := WORD.match(text, at):
        return Token("word", word.group(), at), word.end()
    if date := _DATE.match(text, at):
        raise failure(text, at, f"dates stand in quotes: '{date.group()}'")
    if number := _NUMBER.match(text, at):
        return _number(text, at, number.group())
    if operator := _OPERATOR.match(text, at):
        return _operator(text, at, operator.group())
    if character in "‘’“”„«»´":
        raise failure(text, at, "texts stand in straight quotes: 'like this'")
    raise failure(text, at, f"{character!r} is not part of the language of conditions")


def _quoted(text: str, at: int) -> tuple[Token, int]:
    closing, kind = _QUOTES[text[at]]
    end = at + 1
    while (end := text.find(closing, end)) >= 0:
        if text[end + 1 : end + 2] != closing:
            return Token(kind, text[at + 1 : end].replace(closing * 2, closing), at), end + 1
        end += 2
    raise failure(text, at, f"this {text[at]} is never closed; add a {closing}, and write one inside the quotes twice")


def _number(text: str, at: int, digits: str) -> tuple[Token, int]:
    end = at + len(digits)
    if end < len(text) and (text[end].isalnum() or text[end] in "_.%"):
        raise failure(text, at, "this is no number; write 1000, -2.5 or 1e6, and put quotes around a text or a date")
    return Token("number", digits, at), end


def _operator(text: str, at: int, found: str) -> tuple[Token, int]:
    if found in _OPERATORS:
        return Token("operator", _OPERATORS[found], at), at + len(found)
    meant = f"; did you mean {_MEANT[found]}?" if found in _MEANT else "; = != < <= > >= are"
    raise failure(text, at, f"{found} is not part of the language of conditions{meant}")


def failure(text: str, at: int, why: str) -> ConditionError:
    """A `ConditionError` on one line, with a ^ before the place in question."""
    start, stop = max(0, at - 24), at + 24
    excerpt = f"{'…' * (start > 0)}{text[start:at]}^{text[at:stop]}{'…' * (stop < len(text))}"
    return ConditionError(f"condition, character {at + 1}, {printable(excerpt)}: {printable(why)}")


def printable(text: str) -> str:
    """The text on one line, with what can't be printed as spaces."""
    return "".join(character if character.isprintable() else " " for character in text)


def shown(text: str) -> str:
    """A text or name in quotes, cut where it is long."""
    return repr(text if len(text) <= 60 else text[:60] + "…")
