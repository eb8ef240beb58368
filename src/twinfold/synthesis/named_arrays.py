"""Arrays by name, as model files hold them: those of a part have its name before their own."""

from collections.abc import Mapping
from typing import Any

import numpy.typing as npt

Array = npt.NDArray[Any]


def put_under(part: str, arrays: Mapping[str, Array]) -> dict[str, Array]:
    """The arrays of a part, under its name.

    >>> put_under("tilt", {"score": [1.0]})
    {'tilt_score': [1.0]}
    """
    return {f"{part}_{name}": array for name, array in arrays.items()}


def take_from(part: str, arrays: Mapping[str, Array]) -> dict[str, Array]:
    """The arrays that `put_under` put there, of all that there are."""
    return {name.removeprefix(f"{part}_"): array for name, array in arrays.items() if name.startswith(f"{part}_")}
