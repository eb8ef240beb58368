"""Markdown as passages: a paragraph, an item of a list, or a row of a table each, under the headings above it.

Of CommonMark this reads what documents of a bank use: both kinds of headings, lists, quotes, fenced code, and GitHub's
tables. Marks of emphasis, addresses of links, images, comments and tags are taken out, so that a passage is what a
reader sees. A row becomes "Late payment: Fee 25 EUR; Due at once": its first cell, and the others after the words of
their headers.
"""

from __future__ import annotations

import html
import re
from dataclasses import replace

from twinfold.personas.memory.numbering import find_label
from twinfold.personas.memory.passages import Outline, Passage, drop_unseen, take_title
from twinfold.personas.memory.quantities import find_quantities

_HEADING = re.compile(r"(#{1,6})(?:\s+|$)")
_NO_TITLE = re.compile(r"#|[-*+•>]\s|[-=*_]{3}")
_UNDERLINE = re.compile(r"(?:=+|-{2,})\s*$")
_RULE = re.compile(r"([-*_])(?:\s*\1){2,}\s*$")
_FENCE = re.compile(r"`{3,}|~{3,}")
_QUOTE = re.compile(r"^\s{0,3}(?:>\s?)+")
_BULLET = re.compile(r"[-*+•]\s+(?:\[[ xX]\]\s+)?")
_DELIMITERS = re.compile(r"\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?")
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_DEFINITION = re.compile(r"\[[^\]]{1,200}\]:\s*\S+(?:\s+[\"'(].*)?$")
_LINK = re.compile(r"(!?)\[([^\[\]]{0,500})\](?:\([^()\s]{0,1000}(?:\s[^()]{0,200})?\)|\[[^\[\]]{0,200}\])")
_TAG = re.compile(r"</?[A-Za-z][^<>]{0,1000}>")
_MARK = re.compile(r"(?<!\\)(?:\*{1,3}(?=\S)|(?<=\S)\*{1,3}|~~|`+|(?<!\w)_{1,3}(?=\w)|(?<=\w)_{1,3}(?!\w))")
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_CELL_ENDS = re.compile(r"(?<!\\)\|")
_INDENTED = 2


def read_markdown(text: str) -> list[Passage]:
    """The passages of a document in Markdown, in their order."""
    outline, lines = Outline(), _COMMENT.sub(_blot, text).split("\n")
    place = _skip_front_matter(lines)
    while place < len(lines):
        line = lines[place]
        bare = _QUOTE.sub("", line, count=1).strip()
        follows = lines[place + 1].strip() if place + 1 < len(lines) else ""
        if _FENCE.match(bare):
            place = _read_fence(outline, lines, place)
        elif "|" in bare and "|" in follows and _DELIMITERS.fullmatch(follows):
            place = _read_table(outline, lines, place)
        elif bare and _UNDERLINE.match(follows) and not outline.is_open and not _NO_TITLE.match(bare):
            _head(outline, 1 if follows[0] == "=" else 2, bare)
            place += 2
        else:
            _read_line(outline, bare, indented=len(line) - len(line.lstrip()) >= _INDENTED)
            place += 1
    return outline.close()


def _read_line(outline: Outline, bare: str, *, indented: bool) -> None:
    heading = _HEADING.match(bare)
    if not bare or _RULE.match(bare) or _DEFINITION.match(bare):
        outline.end()
        return
    if heading is not None:
        _head(outline, len(heading[1]), bare[heading.end() :].rstrip().rstrip("#"))
        return
    bullet = _BULLET.match(bare)
    item = bare[bullet.end() :] if bullet is not None else bare
    label = find_label(item)
    if bullet is not None or (label is None and not outline.is_open):
        outline.end()
        if not indented:
            outline.numbering.inner = []
    if label is not None:
        outline.label(replace(label, inner=label.inner or label.text.isdecimal()))  # an item counts beneath its heading
        item = item[label.length :]
    outline.add(clean(item))


def _head(outline: Outline, level: int, line: str) -> None:
    label, title = take_title(clean(line).strip())
    if title:
        outline.head(level, title, label)


def _read_fence(outline: Outline, lines: list[str], place: int) -> int:
    """Read code as one passage; the place of the line after it."""
    mark = lines[place].strip()[:3]
    outline.end()
    place += 1
    while place < len(lines) and not lines[place].strip().startswith(mark):
        if lines[place].strip():
            outline.add(lines[place])
        place += 1
    outline.end()
    return place + 1


def _read_table(outline: Outline, lines: list[str], place: int) -> int:
    """Read each row of a table as a passage; the place of the line after it."""
    outline.end()
    header = _cells(lines[place])
    place += 2
    if place == len(lines) or "|" not in lines[place]:  # nothing but a header
        outline.add("; ".join(filter(None, header)))
        outline.end()
    while place < len(lines) and "|" in lines[place]:
        outline.add(_write_row(header, _cells(lines[place])))
        outline.end()
        place += 1
    return place


def _cells(row: str) -> list[str]:
    return [clean(cell).strip() for cell in _CELL_ENDS.split(row.strip().removeprefix("|").removesuffix("|"))]


def _write_row(header: list[str], cells: list[str]) -> str:
    """A row in words; a bare number takes the unit that its header begins with ("EUR per month")."""
    told: list[str] = []
    for name, cell in zip([*header, *[""] * len(cells)], cells, strict=False):
        if not cell or not name or name.lower() in cell.lower():
            told += [cell] if cell else []
            continue
        unit = find_quantities(f"1 {name}")
        behind = cell[-1:].isdecimal() and len(unit) == 1 and bool(unit[0].unit)
        told.append(f"{cell} {name}" if behind else f"{name} {cell}")
    return f"{told[0]}: {'; '.join(told[1:])}" if len(told) > 1 else "".join(told)


def clean(text: str) -> str:
    """What a reader sees of a line of Markdown.

    >>> clean("**Late** [payment](https://bank.example/fees): `25` EUR &amp; more<br>")
    'Late payment: 25 EUR & more '
    """
    seen = _LINK.sub(lambda link: "" if link[1] else link[2], text)
    seen = _ESCAPED.sub(r"\1", _MARK.sub("", _TAG.sub(" ", seen)))
    return drop_unseen(html.unescape(seen)).replace("\n", " ") if "&" in seen else seen


def _blot(comment: re.Match[str]) -> str:
    """A blank for each line of a comment: what no reader sees, no customer knows."""
    return re.sub(r"[^\n]+", " ", comment[0])


def _skip_front_matter(lines: list[str]) -> int:
    """The place of the first line after what stands between two rules at the top."""
    if lines[0].strip() != "---":
        return 0
    ends = [place for place, line in enumerate(lines[1:100], 1) if line.strip() in ("---", "...")]
    return ends[0] + 1 if ends else 0
