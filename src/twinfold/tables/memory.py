"""Whether a table fits into memory: asked before it is read, for a small file may unpack to a very large one."""

import os
from pathlib import Path

from twinfold.errors import DataError

_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


def memory() -> int | None:
    """Bytes of memory that this machine, or the container that this runs in, has; None where nobody says."""
    found = []
    try:
        found.append(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    except (AttributeError, ValueError, OSError):
        return None
    for place in _LIMITS:
        try:
            found.append(int(Path(place).read_text(encoding="ascii")))
        except (OSError, ValueError):  # no such file, or "max"
            continue
    return min(found)


def check_memory(needed: int, label: str) -> None:
    """Raise `DataError` where a table that takes `needed` bytes would not fit; `label` names its file."""
    there = memory()
    if there is not None and needed > there:
        raise DataError(
            f"{label} takes about {needed / 1e9:,.0f} GB of memory, and there are {there / 1e9:,.0f} GB; "
            "take a part of its rows, some hundred thousand are enough to learn from, or a larger machine"
        )
