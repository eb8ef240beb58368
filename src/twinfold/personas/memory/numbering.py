"""Numbers that clauses bear: "3.1", "§ 4", "Article 5", "IV.", and "(a)" beneath one of these."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from twinfold.personas.memory.quantities import find_quantities

_PART = r"[1-9]\d?"
_LABEL = re.compile(
    rf"(?:(?P<word>§+|(?i:article|section|clause|part|chapter|schedule|annex)\b)\s?(?P<of>{_PART}(?:\.{_PART})*|[IVXLC]+\b)"
    rf"[.:)]?(?=\s|$)|(?P<dotted>{_PART}(?:\.{_PART}){{1,5}})[.)]?(?=\s)|(?P<single>[1-9]\d{{0,2}})\.(?=\s)"
    r"|(?P<roman>[IVXLC]{1,7})\.(?=\s)|(?P<bare>[1-9]\d?)(?=\s+[A-Z])"
    r"|\((?P<inner>[a-z]{1,2}|[ivxlc]{1,6}|[1-9]\d?|[A-Z])\)(?=\s)|(?P<closed>[a-z]|[ivxlc]{1,6}|[1-9]\d?)\)(?=\s))"
    r"\s*[-–—:]?\s*"
)
_REFERS = re.compile(r"(?:of|or|and|to|in|is|are|above|below|shall|applies|apply|does|do|also)\b|[,;)]")
_LONGEST = 40  # characters that a label takes at most


@dataclass(frozen=True)
class Label:
    """A number in front of a clause.

    Attributes:
        text: the number: "3.1", "§ 4", "a".
        inner: whether it counts beneath another, as "(a)" does.
        length: characters that it takes of its line, with the blanks after it.
    """

    text: str
    inner: bool
    length: int


def find_label(line: str, *, heading: bool = False) -> Label | None:
    """The label that a line begins with, if it does; "12.5 EUR a month" and "section 3 of this" begin with none.

    Of a `heading`, a number without a point is a label too ("3 Fees").

    >>> find_label("3.1 Late payment").text, find_label("(a) in cash").text, find_label("12.5 EUR a month")
    ('3.1', 'a', None)
    """
    found = _LABEL.match(line[: _LONGEST + 1])
    if found is None or (found["bare"] and not heading):
        return None
    inner = found["inner"] or found["closed"]
    if not inner and _REFERS.match(line, found.end()):  # "section 3 of this", that a line happens to begin with
        return None
    if not found["word"] and not line[found.end() :].strip():
        return None
    if not inner and not found["word"]:
        first = next(iter(find_quantities(line[: 2 * _LONGEST])), None)
        if first is not None and first.start == 0 and first.unit:
            return None
    word = "§" if (found["word"] or "").startswith("§") else (found["word"] or "").capitalize()
    text = inner or found["of"] or found["dotted"] or found["single"] or found["roman"] or found["bare"]
    return Label(f"{word} {text}" if word else text, bool(inner), found.end())


@dataclass
class Numbering:
    """Where a document's count stands, while it is read."""

    outer: str = ""
    inner: list[tuple[str, str]] = field(default_factory=list)
    """Kind and text of each label beneath the outer one."""

    @property
    def whole(self) -> str:
        """The number that stands: "3.1(a)"; an empty text before any."""
        if not self.outer and len(self.inner) == 1 and self.inner[0][0] == "digit":
            return self.inner[0][1]
        return self.outer + "".join(f"({text})" for _, text in self.inner)

    def enter(self, label: Label) -> None:
        """Go on to a clause that bears a label."""
        if not label.inner:
            self.outer, self.inner = label.text, []
            return
        kind = self._kind(label.text)
        kinds = [each for each, _ in self.inner]
        if kind in kinds:
            self.inner = self.inner[: kinds.index(kind)]
        self.inner.append((kind, label.text))

    def _kind(self, text: str) -> str:
        if text.isdecimal():
            return "digit"
        letters = [last for kind, last in self.inner if kind == "letter"]
        if letters:  # "(i)" after "(h)" is a letter, after "(a)" it counts beneath it
            follows = len(text) == 1 and ord(text) == ord(letters[-1][-1]) + 1
            return "roman" if re.fullmatch("[ivxlc]+", text) and not follows else "letter"
        return "capital" if text.isupper() else ("roman" if re.fullmatch("[ivx]+", text) else "letter")
