"""Parity as a user asks for it: "income by sex", "income=>50K by sex, race: 0.02"."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from twinfold.errors import OptionError

_EXAMPLE = 'an outcome and who shall have it alike, such as "income by sex" or "income=>50K by sex, race: 0.02"'
_QUOTED = r"""'((?:[^']|'')*)'|"((?:[^"]|"")*)\""""
_REQUEST = re.compile(
    rf"""\s*(?:{_QUOTED}|([^'"=,:]+?))\s*(?:==?\s*(?:{_QUOTED}|([^'",:]+?))\s*)?"""
    r"""(?<=[\s'"])by(?=[\s'"])(.*?)(?::\s*([0-9.]+)\s*(%?)\s*)?""",
    re.DOTALL,
)
_LISTED = re.compile(rf"""\s*(?:{_QUOTED}|([^'",:]+?))\s*(?:,|$)""")


@dataclass(frozen=True)
class Request:
    """What is asked: an outcome that groups shall have alike.

    Attributes:
        target: the column of the outcome.
        favourable: its level whose rate counts; None for the second, in order, of two.
        sensitive: the columns whose levels, crossed, are the groups.
        gap: how far the rates of two groups may differ, from 0 to below 1.
    """

    target: str
    favourable: str | None
    sensitive: tuple[str, ...]
    gap: float = 0.0


def read_request(text: str) -> Request:
    """Read what a user asks. Raises `OptionError` where it can't be read, or the gap is out of range."""
    found = _REQUEST.fullmatch(text)
    if not found or not found[7].strip():
        raise OptionError(f"fair {text!r} can't be read; give {_EXAMPLE}")
    sensitive, place = [], 0
    while place < len(found[7]):
        name = _LISTED.match(found[7], place)
        if not name:
            raise OptionError(f"fair {text!r} can't be read from {found[7][place:].strip()!r} on; give {_EXAMPLE}")
        sensitive.append(_unquoted(name.groups()))
        place = name.end()
    if found[8] is not None and (found[8].count(".") > 1 or found[8] == "."):
        raise OptionError(f"gap {found[8]!r} is no number; give one from 0 to below 1, as in {_EXAMPLE}")
    gap = float(found[8] or 0) / (100 if found[9] else 1)
    if gap >= 1:
        raise OptionError(f"gap {found[8]}{found[9]} is out of range; give one from 0 to below 1")
    target, level = _unquoted(found.groups()[:3]), found.groups()[3:6]
    request = Request(target, _unquoted(level) if any(level) else None, tuple(sensitive), gap)
    twice = next((name for name in (target, *sensitive) if (target, *sensitive).count(name) > 1), None)
    if twice is not None:
        raise OptionError(f"column {twice!r} stands twice in fair {text!r}; name the outcome and each column once")
    return request


def _unquoted(found: Sequence[str | None]) -> str:
    """The name that one of three groups of a match holds: in single quotes, in double ones, in none."""
    single, double, bare = found
    if single is not None:
        return single.replace("''", "'")
    return double.replace('""', '"') if double is not None else str(bare)
