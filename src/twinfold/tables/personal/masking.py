"""Showing the shape of a value without the value."""

import re

_CLASSES = re.compile(r"(?P<digit>\d)|(?P<letter>[^\W\d_])")


def mask(text: str) -> str:
    """Replace digits by 9 and letters by X or x; everything else, and so the shape, stays.

    >>> mask("Ana-María 7b, +34 612 345 678")
    'Xxx-Xxxxx 9x, +99 999 999 999'
    """
    return _CLASSES.sub(_class, text)


def _class(match: re.Match[str]) -> str:
    if match["digit"]:
        return "9"
    return "X" if match["letter"].isupper() else "x"
