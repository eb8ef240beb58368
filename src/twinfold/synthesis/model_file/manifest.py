"""The manifest of a model file, read strictly: it may come from anywhere."""

import json
import math
import re
from pathlib import Path
from typing import Any, NoReturn

from twinfold.errors import ModelFileError
from twinfold.synthesis.model_file.container import (
    FORMAT,
    MAX_MANIFEST_DEPTH,
    MAX_MANIFEST_VALUES,
    MAX_TOTAL,
    TYPES,
    VERSION,
)

_MAX_INT = 2**64
_SURROGATE = re.compile(rb"(?<!\\)(?:\\\\)*\\u[dD][89a-fA-F]")


def refuse(source: Path | str, why: str) -> NoReturn:
    """Raise the error that a file is damaged, with the reason on one line."""
    why = " ".join(why.split())
    raise ModelFileError(f"{source} is damaged or was tampered with: {why}; copy it again or fit a new one")


def _whole_number(digits: str) -> int:
    if len(digits) > 20 or abs(value := int(digits)) >= _MAX_INT:
        raise ValueError(f"a whole number of {len(digits)} digits")
    return value


def _finite(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise ValueError(f"the number {digits[:20]}")
    return value


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key given twice")
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"the number {name}")


def parse_manifest(text: bytes, source: Path) -> dict[str, Any]:
    """The manifest, strictly: finite numbers, no key twice, nothing deep, of the right format and version."""
    if sum(text.count(mark) for mark in (b",", b"[", b"{")) > MAX_MANIFEST_VALUES:
        refuse(source, f"its manifest has more than {MAX_MANIFEST_VALUES:,} values")
    if _SURROGATE.search(text):
        refuse(source, "its manifest holds half characters")
    try:
        manifest = json.loads(
            text.decode(),
            parse_int=_whole_number,
            parse_float=_finite,
            parse_constant=_no_constant,
            object_pairs_hook=_distinct,
        )
    except RecursionError:
        refuse(source, "its manifest is nested too deeply")
    except ValueError as error:
        refuse(source, f"its manifest is not as it must be: {error}")
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise ModelFileError(
            f"{source} is no Twinfold model (its manifest is of something else); make one with twinfold fit"
        )
    version = manifest.get("version")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        refuse(source, f"it is of version {str(version)[:20]!r}")
    if version > VERSION:
        raise ModelFileError(
            f"{source} is a model file of version {version}, this Twinfold reads up to version {VERSION}; "
            "install a newer Twinfold, or fit the model again with this one"
        )
    _check_depth(manifest, source)
    return manifest


def _check_depth(manifest: dict[str, Any], source: Path) -> None:
    level: list[Any] = [manifest]
    for _ in range(MAX_MANIFEST_DEPTH):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return
    refuse(source, f"its manifest is nested more than {MAX_MANIFEST_DEPTH} deep")


def listed_arrays(manifest: dict[str, Any], source: Path) -> dict[str, tuple[str, tuple[int, ...], str]]:
    """What the manifest says of each array: type, shape and SHA-256."""
    listed = manifest.get("arrays")
    if not isinstance(listed, dict):
        refuse(source, "its manifest lists no arrays")
    checked = {}
    for name, entry in listed.items():
        match entry:
            case {"type": str(type_), "shape": list(shape), "sha256": str(digest)} if (
                len(entry) == 3
                and type_ in TYPES
                and len(shape) <= 32
                and all(type(length) is int and 0 <= length <= MAX_TOTAL for length in shape)
            ):
                checked[name] = (type_, tuple(shape), digest)
            case _:
                refuse(source, f"its manifest describes array {name[:80]!r} in a way that is not accepted")
    return checked
