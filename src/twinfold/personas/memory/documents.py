"""Documents: what a bank writes to its customers, and what these wrote back, read from files that may be hostile."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from twinfold.errors import DataError
from twinfold.personas.memory.clauses import Clause, make_clauses
from twinfold.personas.memory.markdown import read_markdown
from twinfold.personas.memory.passages import drop_unseen
from twinfold.personas.memory.pdf import read_pdf
from twinfold.personas.memory.plain_text import read_plain
from twinfold.personas.memory.quantities import find_decimal

MARKDOWN, TEXT, PDF = (".md", ".markdown"), (".txt",), (".pdf",)
ACCEPTED = (*MARKDOWN, *TEXT, *PDF)
"""Ends of the names of files that are read."""

MOST_BYTES, MOST_DOCUMENTS = 32 << 20, 10_000
"""Bytes of a file, and files, that are read at most."""

_FEW_CONTROLS, _MOST_CONTROLS = 8, 1 / 200  # of a text's characters; binary content has one in eight


@dataclass(frozen=True)
class Document:
    """What a file says.

    Attributes:
        name: the file's, within its folder ("cards/fees.md").
        clauses: what it says, in its order.
        note: what a user must know of how it was read; empty where nothing.
    """

    name: str
    clauses: tuple[Clause, ...]
    note: str = ""

    @property
    def said(self) -> str:
        """Its name, and what a user must know of it."""
        return f"{self.name} ({self.note})" if self.note else self.name


def read_documents(paths: str | Path | Sequence[str | Path]) -> list[Document]:
    """Read documents.

    Args:
        paths: files of Markdown (.md, .markdown), plain text (.txt) and PDF (.pdf), and folders, of which all such
            files are read, in the order of their names, but for hidden ones.

    Returns:
        The documents, in the order of `paths`, each file once.

    Raises:
        DataError: there is none; one is too large, binary, empty, damaged, encrypted, or leads out of its folder; two
            have one name. MissingExtraError: there is a PDF, and pypdf is not installed.
    """
    given = [Path(path) for path in ([paths] if isinstance(paths, str | Path) else paths)]
    found: dict[Path, str] = {}
    for path in given:
        for file, name in _find_files(path):
            found.setdefault(file, name)
            if len(found) > MOST_DOCUMENTS:
                raise DataError(f"there are more than {MOST_DOCUMENTS:,} documents; give folders of fewer")
    named: dict[str, Path] = {}
    for file, name in found.items():
        if named.setdefault(name, file) != file:
            raise DataError(
                f"{_say(named[name])} and {_say(file)} would both be called {name!r}; give a folder that holds both"
            )
    if not named:
        raise DataError(f"there is no document in {', '.join(map(_say, given)) or 'no path'}; give {_LISTED} files")
    return [_read_document(file, name) for name, file in named.items()]


def _read_document(path: Path, name: str) -> Document:
    """Read one file, called `name`."""
    data = _read_bytes(path)
    note = ""
    if path.suffix.lower() in PDF:
        text = drop_unseen(read_pdf(data, name))
        passages = read_plain(text, paged=True)
    else:
        text, note = _decode(data, path)
        passages = read_markdown(text) if path.suffix.lower() in MARKDOWN else read_plain(text)
    if not passages:
        raise DataError(f"{_say(path)} holds no words; leave it out")
    return Document(name, make_clauses(name, passages, find_decimal(text)), note)


_LISTED = ", ".join(ACCEPTED[:-1]) + f" and {ACCEPTED[-1]}"


def _find_files(path: Path) -> Iterator[tuple[Path, str]]:
    """The files that a path stands for, resolved, and the name of each."""
    if path.is_dir():
        home = _resolve(path)
        for folder, folders, files in os.walk(path, onerror=_refuse):
            folders[:] = sorted(each for each in folders if not each.startswith("."))
            links = [each for each in folders if (Path(folder) / each).is_symlink()]
            for each in sorted([*files, *links]):
                file = Path(folder) / each
                if each.startswith(".") or (each in files and file.suffix.lower() not in ACCEPTED):
                    continue
                if not _resolve(file).is_relative_to(home):
                    raise DataError(f"{_say(file)} leads out of its folder; copy what it leads to, or leave it out")
                if each in files:
                    yield _resolve(file), _say(file.relative_to(path))
    elif path.suffix.lower() not in ACCEPTED:
        raise DataError(f"{_say(path)} is no document that can be read; {_LISTED} are accepted, and folders of them")
    else:
        yield _resolve(path), _say(path.name)


def _resolve(path: Path) -> Path:
    try:
        return path.resolve()
    except (OSError, RuntimeError, ValueError):  # a loop of links, a NUL byte
        raise DataError(f"{_say(path)} leads nowhere; give a document that can be read") from None


def _refuse(error: OSError) -> None:
    raise DataError(f"{_say(error.filename)} can't be read ({error.strerror}); give a folder that can")


def _say(path: Path | str) -> str:
    """A path as it can stand on one line."""
    text = path.as_posix() if isinstance(path, Path) else path
    return "".join(each if each.isprintable() else "�" for each in text)


def _read_bytes(path: Path) -> bytes:
    try:
        about = path.stat()
        if not stat.S_ISREG(about.st_mode):
            raise DataError(f"{_say(path)} is no regular file; give one that is")
        if about.st_size > MOST_BYTES:
            size, most = about.st_size / 2**20, MOST_BYTES >> 20
            raise DataError(f"{_say(path)} has {size:,.0f} MB, and up to {most} MB are accepted; split it")
        with path.open("rb") as file:
            return file.read(MOST_BYTES)
    except OSError as error:
        raise DataError(f"{_say(path)} can't be read ({error.strerror or error}); give a document that can") from None


def _decode(data: bytes, path: Path) -> tuple[str, str]:
    """The text of a file, with ends of lines as \\n and nothing unseen, and what is to be said of it."""
    if b"\0" in data:
        raise DataError(f"{_say(path)} holds NUL bytes: it is binary, or UTF-16; save it as text in UTF-8")
    note = ""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        try:
            text = data.decode("cp1252")
        except UnicodeDecodeError:
            raise DataError(
                f"{_say(path)} is neither UTF-8 nor Windows-1252 (byte {error.start:,}); save it as text in UTF-8"
            ) from None
        note = f"no UTF-8 at byte {error.start:,}, and so read as Windows-1252"
    controls = len(re.findall(r"[\x00-\x08\x0e-\x1f\x7f]", text))
    if controls > max(_FEW_CONTROLS, _MOST_CONTROLS * len(text)):
        raise DataError(f"{_say(path)} is binary ({controls:,} control characters); save it as text in UTF-8")
    return drop_unseen(re.sub(r"\r\n?|[\x0b\x0c\u2028\u2029\x85]", "\n", text)), note
