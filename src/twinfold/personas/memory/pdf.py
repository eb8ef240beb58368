"""PDF files as text: what their pages say, without the headers and footers that run through them.

A file is read by another process, which is ended where it takes too long or too much memory: a few kilobytes of a
hostile one may unpack to gigabytes.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from importlib.util import find_spec
from io import BytesIO
from typing import Any

from twinfold.errors import DataError, MissingExtraError

MOST_PAGES, MOST_SECONDS, MOST_MEMORY, MOST_TEXT = 2_000, 60, 2 << 30, 20_000_000
"""Pages, seconds, bytes of memory, and characters of text that a file may have or take."""

_ANEW = "save it anew as PDF, or give its text"
_ENCRYPTED = "is encrypted; save it without a password"
_EDGE = 3  # lines at the top and at the foot of a page that may run through the pages
_LEAST_PAGES, _OFTEN = 3, 0.1  # pages that a line runs through, and their share, where it is the first or the last
_PAGE_NUMBER = re.compile(r"(?i:page\s|p\.\s)?[-–\s]*\d{1,4}[-–\s]*(?:(?:of|/)\s*\d{1,4})?|[ivxlc]{1,6}")
_LEADER = re.compile(r"(?:\s?\.){4,}\s*(\d{1,4})\s*$")
_LONGEST_LEADER, _LEAST_CONTENTS = 400, 4
_LIGATURES = {0xFB00: "ff", 0xFB01: "fi", 0xFB02: "fl", 0xFB03: "ffi", 0xFB04: "ffl", 0xFB05: "st", 0xFB06: "st"}


def read_pdf(data: bytes, name: str) -> str:
    """The text of a PDF's pages.

    Raises `DataError` where it is encrypted, damaged, without text, or takes more than is accepted, and
    `MissingExtraError` where pypdf is not installed. `name` is what messages call it.
    """
    if find_spec("pypdf") is None:
        raise MissingExtraError(
            f"{name} is a PDF, which pypdf reads, and that is not installed; "
            'pip install "twinfold[documents]", or give its text'
        )
    said = _ask(data)
    if "error" in said:
        raise DataError(f"{name} {said['error']}")
    pages = said["pages"]
    text = join_pages(pages)
    if not text.strip():
        raise DataError(f"{name} has {len(pages)} pages and no text, as scans do; give its text, or leave it out")
    return text


def _ask(data: bytes) -> dict[str, Any]:
    """What the other process says of a file: its pages, or what is wrong with it."""
    # -P: what lies in the folder at hand is never imported.
    command = [sys.executable, "-P", "-m", "twinfold.personas.memory.pdf", str(MOST_SECONDS), str(MOST_MEMORY)]
    try:
        done = subprocess.run(command, input=data, capture_output=True, timeout=MOST_SECONDS, check=True)  # noqa: S603
        said: dict[str, Any] = json.loads(done.stdout)
    except subprocess.TimeoutExpired:
        return {"error": f"takes more than {MOST_SECONDS} s to read; {_ANEW}"}
    except (subprocess.CalledProcessError, ValueError):
        return {"error": f"can't be read, and may be damaged or hostile; {_ANEW}"}
    return said


def join_pages(pages: list[str]) -> str:
    """One text of pages, without lines that run through most of them, without their numbers and a table of contents."""
    split = [[line.rstrip() for line in page.translate(_LIGATURES).split("\n")] for page in pages]
    edges = [_edge_lines(lines) for lines in split]
    seen = Counter(_shape(lines[place]) for lines, at in zip(split, edges, strict=True) for place in at)
    outer = Counter(
        _shape(lines[place]) for lines, at in zip(split, edges, strict=True) for place in {*at[:1], *at[-1:]}
    )
    often = max(_LEAST_PAGES, len(pages) * _OFTEN)
    running = {shape for shape, count in outer.items() if count >= often}
    running |= {shape for shape, count in seen.items() if count > max(_LEAST_PAGES - 1, len(pages) / 2)}
    kept = []
    for lines, at in zip(split, edges, strict=True):
        numbers = {place for place in at if _PAGE_NUMBER.fullmatch(lines[place].strip())}
        dropped = numbers | {place for place in at if _shape(lines[place]) in running}
        left = "\n".join(line for place, line in enumerate(lines) if place not in dropped)
        kept += left.strip("\n").split("\n")  # a paragraph may go on over the page
    contents = _find_contents(kept, len(pages))
    return "\n".join(line for place, line in enumerate(kept) if place not in contents)


def _find_contents(lines: list[str], pages: int) -> set[int]:
    """Places of the lines of a table of contents: dots lead to pages that never go back, where a list of fees does."""
    out: list[int] = []
    last = 1
    for place, line in enumerate(lines):
        found = _LEADER.search(line) if len(line) < _LONGEST_LEADER else None
        if found is not None:
            if not last <= int(found[1]) <= pages:
                break
            last = int(found[1])
            out.append(place)
    return {*out} if len(out) >= _LEAST_CONTENTS else set()


def _edge_lines(lines: list[str]) -> list[int]:
    """Places of the lines at the top and the foot of a page, blank ones aside."""
    told = [place for place, line in enumerate(lines) if line.strip()]
    return sorted({*told[:_EDGE], *told[-_EDGE:]})


def _shape(line: str) -> str:
    return re.sub(r"\d+", "#", " ".join(line.split()).lower())


def _extract(data: bytes, memory: int) -> dict[str, Any]:
    """The pages of a PDF, or what is wrong with it."""
    from pypdf import PdfReader
    from pypdf.errors import DependencyError

    try:
        reader = PdfReader(BytesIO(data), strict=False)
        if reader.is_encrypted and not reader.decrypt(""):
            return {"error": _ENCRYPTED}
        if len(reader.pages) > MOST_PAGES:
            return {"error": f"has {len(reader.pages):,} pages, and up to {MOST_PAGES:,} are accepted; split it"}
        pages: list[str] = []
        for page in reader.pages:
            pages.append(page.extract_text())
            if sum(map(len, pages)) > MOST_TEXT:
                return {"error": f"holds more than {MOST_TEXT:,} characters, which are accepted; split it"}
    except DependencyError:
        return {"error": _ENCRYPTED}
    except MemoryError:
        return {"error": f"takes more than {memory >> 20:,} MB of memory to read; {_ANEW}"}
    except Exception as error:  # whatever a hostile file makes pypdf stumble over
        return {"error": f"is damaged ({type(error).__name__}); {_ANEW}"}
    return {"pages": pages}


def _limit(seconds: int, memory: int) -> None:
    """Bound what this process may take, where the system can."""
    try:
        import resource
    except ModuleNotFoundError:  # Windows: time alone is bounded, by who waits
        return
    resource.setrlimit(resource.RLIMIT_CPU, (seconds + 1, seconds + 1))  # where who waits is gone
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))


if __name__ == "__main__":
    import logging
    import warnings

    logging.disable(logging.CRITICAL)  # pypdf tells of each oddity
    warnings.simplefilter("ignore")
    seconds, memory = map(int, sys.argv[1:])
    _limit(seconds, memory)
    sys.stdout.write(json.dumps(_extract(sys.stdin.buffer.read(), memory)))
