"""Specifications as people write them: small TOML files, read with errors that say what to write."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from twinfold.errors import SpecificationError

LARGEST = 2**18
"""Bytes that a specification may have: more was not written by people."""


def read_toml(path: str | Path, *, called: str, holds: str, line: str) -> dict[str, Any]:
    """What a specification's file holds.

    Args:
        path: the file.
        called: what it is, in an error ("scenario"); holds: what it must say; line: one of its lines.

    Raises `SpecificationError` where there is no such file, where it is too large, or no TOML.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        raise SpecificationError(
            f"{called} {str(path)!r} can't be read: {error.strerror or error}; give a TOML file with {holds}"
        ) from None
    if len(data) > LARGEST:
        raise SpecificationError(f"{path.name} has more than {LARGEST:,} bytes, where some thousand are enough")
    try:
        return tomllib.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise SpecificationError(f"{path.name} is no TOML ({error}); write lines such as {line}") from None
