"""Plain text as passages: a numbered clause, an item of a list, or a paragraph between blank lines each.

A short line that bears a number, or is all in capitals, and that a paragraph follows, is a heading. Lines that each end
a sentence, and long ones, are paragraphs of their own: what people said in a survey, one a line. Pages of a PDF have no
blank lines: there, a line that is shorter than the page is wide and ends a sentence ends its paragraph, and a short one
that ends none is a heading. Dots that lead from a name to a price are a colon: "Late payment: 25 EUR".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from statistics import median

from twinfold.personas.memory.numbering import find_label
from twinfold.personas.memory.passages import Outline, Passage, find_compounds, take_title

_BULLET = re.compile(r"[-*+•–▪●◦]\s+")
_UNDERLINE = re.compile(r"(?:={3,}|-{3,}|~{3,})\s*$")
_ENDS = re.compile(r"[.!?][\"'”’)\]]*$")
_LEADER = re.compile(r"\s?(?:\.\s?){4,}")
_LONG_LINE, _OWN_SHARE = 120, 0.6  # characters, and the share of lines that end a sentence, of one paragraph a line
_SHORT, _WIDE = 0.7, 0.9  # of a page's width: lines that end a paragraph, and the quantile that is the width
_TITLE_WORDS = 10


def read_plain(text: str, *, paged: bool = False) -> list[Passage]:
    """The passages of a plain text, in their order; `paged` of a text that was joined of pages."""
    outline = Outline(find_compounds(text))
    blocks = _split_blocks(text.split("\n"), _find_width(text), paged=paged)
    for place, block in enumerate(blocks):
        follows = blocks[place + 1] if place + 1 < len(blocks) else None
        first = block[0].strip()
        level = _find_level(block, follows, paged=paged)
        if level is not None:
            label, title = take_title(first)
            outline.head(level, title, label)
            continue
        label, bullet = find_label(first), _BULLET.match(first)
        if label is not None:
            outline.label(label)
        elif bullet is None:
            outline.numbering.inner = []
        cut = label.length if label is not None else (bullet.end() if bullet is not None else 0)
        for line in (first[cut:], *block[1:]):
            outline.add(_LEADER.sub(": ", line))
        outline.end()
    return outline.close()


def _split_blocks(lines: Sequence[str], width: int, *, paged: bool) -> list[list[str]]:
    """Lines that make one paragraph each; `width` of a line in characters."""
    out: list[list[str]] = []
    paragraph: list[str] = []
    for line in (*lines, ""):
        if line.strip():
            paragraph.append(line)
            continue
        out += _split_paragraph(paragraph, width, paged=paged)
        paragraph = []
    return out


def _split_paragraph(lines: list[str], width: int, *, paged: bool) -> list[list[str]]:
    """The paragraphs of lines without a blank one between."""
    each_own = _are_own(lines)
    out: list[list[str]] = []
    for line in lines:
        bare = line.strip()
        underlines = bool(out) and len(out[-1]) == 1 and _UNDERLINE.match(bare) is not None
        if not underlines and (not out or each_own or _begins(bare, out[-1], width, paged=paged)):
            out.append([])
        out[-1].append(line)
    return out


def _begins(line: str, block: list[str], width: int, *, paged: bool) -> bool:
    """Whether a line begins a paragraph rather than going on with a block of lines."""
    before = block[-1].strip()
    led = _LEADER.search(line) is not None or _LEADER.search(before) is not None
    if led or find_label(line) is not None or _BULLET.match(line) is not None:
        return True
    titled = len(block) == 1 and len(before) < _SHORT * width and _is_title(before) and _opens(line)
    if titled and (paged or find_label(before, heading=True) is not None):
        return True
    ended = paged and _ENDS.search(before) is not None
    return ended and (len(before) < _SHORT * width or (len(line) < _SHORT * width and _is_title(line)))


def _are_own(lines: list[str]) -> bool:
    """Whether each line is a paragraph of its own."""
    bare = [line.strip() for line in lines]
    if len(bare) < 2 or any(find_label(line) is not None or _BULLET.match(line) is not None for line in bare):
        return False
    ending = sum(_ENDS.search(line) is not None for line in bare) / len(bare)
    return ending >= _OWN_SHARE or median(map(len, bare)) > _LONG_LINE


def _find_level(block: list[str], follows: list[str] | None, *, paged: bool) -> int | None:
    """The level of a heading; None of what is none."""
    first = block[0].strip()
    if len(block) == 2 and _UNDERLINE.match(block[1].strip()):
        return 1 if block[1].strip()[0] == "=" else 2
    if len(block) > 1 or follows is None or not _is_title(first):
        return None
    label = find_label(first, heading=True)
    if label is not None:
        return None if label.inner else 2 + label.text.count(".")
    after = follows[0].strip()
    if first.isupper() and not after.isupper():
        return 1
    longer = sum(map(len, follows)) > 2 * len(first)
    return 1 if paged and longer and _BULLET.match(first) is None else None


def _is_title(line: str) -> bool:
    """Whether a line may be a heading: short, opened by a capital or a number, and no end of a sentence."""
    words = line.split()
    if not words or len(words) > _TITLE_WORDS or line[-1] in ".,;:!?" or not any(map(str.isalpha, line)):
        return False
    return _opens(line)


def _opens(line: str) -> bool:
    """Whether a line may open a sentence or a title: by a capital, a number, or a sign of a section."""
    first = line.lstrip("\"'“„(")[:1]
    return first.isupper() or first.isdigit() or first == "§"


def _find_width(text: str) -> int:
    """The width of a page: characters that nine lines of ten have at most."""
    lengths = sorted(len(line) for line in text.split("\n") if line.strip())
    return lengths[int(_WIDE * (len(lengths) - 1))] if lengths else 0
