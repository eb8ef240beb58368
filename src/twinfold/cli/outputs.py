"""Where a command writes: checked before the work starts, replaced whole when it is done."""

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from twinfold.errors import OutputError


def check_free(path: Path, *, force: bool, inputs: Iterable[str | Path] = ()) -> None:
    """Raise `OutputError` unless `path` can be written to.

    A path that exists needs `force`; a path that is one of the `inputs` is refused whatever `force` says.
    """
    if any(Path(i).exists() and path.exists() and path.samefile(i) for i in inputs):
        raise OutputError(f"output {str(path)!r} is also an input; give another output")
    if path.exists() and not force:
        raise OutputError(f"output {str(path)!r} exists; give another name, or --force to replace it")
    folder = path.absolute().parent
    if not folder.is_dir():
        raise OutputError(f"output {str(path)!r} lies in a folder that does not exist; make {str(folder)!r} first")
    if not os.access(path if path.exists() else folder, os.W_OK):
        raise OutputError(f"output {str(path)!r} can't be written to: permission denied; give a place that can")


def say_wrote(*paths: Path | None) -> str:
    """The line that names what a command wrote; None is what it was not asked for.

    >>> say_wrote(Path("customers.twin"), None, Path("report.html"))
    'Wrote customers.twin and report.html.'
    """
    return f"Wrote {' and '.join(str(path) for path in paths if path)}."


def as_json(record: dict[str, Any]) -> str:
    """A record as JSON that any reader takes: indented, and without Python's NaN."""
    return json.dumps(record, indent=2, ensure_ascii=False, allow_nan=False)


def write_json(path: Path, record: dict[str, Any]) -> None:
    """Write a record as a JSON file, whole or not at all."""
    text = as_json(record) + "\n"
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        draft.write_text(text, encoding="utf-8")
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
