"""What a command writes, and where: places are checked before the work starts, files replaced whole when it is done."""

import json
import os
import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import typer

from twinfold.errors import OutputError
from twinfold.tables.databases.address import is_url, masked
from twinfold.tables.text_file import save_text

_STEERING = re.compile("[\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]")
"""What JSON may hold as it is, and a terminal may take for an order."""


def check_free(*paths: Path | None, force: bool, inputs: Iterable[str | Path] = (), folder: bool = False) -> None:
    """Raise `OutputError` unless all `paths` can be written to; None is an output that was not asked for.

    A path that exists needs `force`; a path that is one of the `inputs`, or stands twice, is refused whatever `force`
    says. A path may only be a folder where `folder` says so; what is put into it is checked by whoever does.
    """
    known = [source for source in inputs if not is_url(source)]
    asked = [path for path in paths if path is not None]
    for path in asked:
        _check_free(path, force=force, inputs=known, folder=folder)
    if len({path.resolve() for path in asked}) < len(asked):
        raise OutputError(f"output {str(asked[0])!r} is named twice; give each output a name of its own")


def _check_free(path: Path, *, force: bool, inputs: list[str | Path], folder: bool) -> None:
    if any(Path(i).exists() and path.exists() and path.samefile(i) for i in inputs):
        raise OutputError(f"output {str(path)!r} is also an input; give another output")
    if path.is_dir() and not folder:
        raise OutputError(f"output {str(path)!r} is a folder; give the name of a file, such as one in it")
    if path.exists() and not (force or path.is_dir()):
        raise OutputError(f"output {str(path)!r} exists; give another name, or --force to replace it")
    parent = path.absolute().parent
    if not parent.is_dir():
        said, missing = masked(str(path)), masked(str(parent))
        raise OutputError(f"output {said!r} lies in a folder that does not exist; make {missing!r} first")
    if not os.access(path if path.exists() else parent, os.W_OK):
        raise OutputError(f"output {str(path)!r} can't be written to: permission denied; give a place that can")


def say_wrote(*paths: Path | None) -> str:
    """The line that names what a command wrote; None is what it was not asked for.

    >>> say_wrote(Path("report.html"), None, Path("found.json"), Path("customers.twin"))
    'Wrote report.html, found.json and customers.twin.'
    """
    names = [str(path) for path in paths if path]
    return f"Wrote {' and '.join(filter(None, (', '.join(names[:-1]), names[-1])))}."


def show(text: str) -> None:
    """Print a text that may hold names out of a file: none of them may steer the terminal."""
    typer.echo(
        "".join(c if c == "\n" or unicodedata.category(c)[0] != "C" else "\N{REPLACEMENT CHARACTER}" for c in text)
    )


def as_json(record: dict[str, Any]) -> str:
    """A record as JSON that any reader takes: indented, without Python's NaN, and without characters that steer."""
    text = json.dumps(record, indent=2, ensure_ascii=False, allow_nan=False)
    return _STEERING.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def write_json(path: Path, record: dict[str, Any]) -> None:
    """Write a record as a JSON file, whole or not at all; the place was checked before."""
    save_text(as_json(record) + "\n", path, force=True)
