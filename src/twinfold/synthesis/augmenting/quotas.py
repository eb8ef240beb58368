"""How many new rows each level of a target gets."""

from collections.abc import Sequence

import numpy as np


def share_out(counts: Sequence[int], n: int | None, *, balance: bool) -> list[int]:
    """New rows of each level.

    Args:
        counts: how many real rows hold each.
        n: new rows in all; None: as many as make all levels equally frequent, or without `balance` as there are rows.
        balance: whether the rarest levels get them, so that all become as equal as they can; else shares stay.

    >>> share_out([90, 10], None, balance=True), share_out([90, 50, 10], 60, balance=True)
    ([0, 80], [0, 10, 50])
    >>> share_out([90, 10], 10, balance=False)
    [9, 1]
    """
    held = np.asarray(counts, np.int64)
    if not balance:
        wanted = held * ((held.sum() if n is None else n) / held.sum())
    elif n is None:
        return [int(lacking) for lacking in held.max() - held]
    else:
        ordered = np.sort(held)
        filled = (np.cumsum(ordered) + n) / np.arange(1, len(held) + 1)
        few = int(np.flatnonzero(filled >= ordered)[-1])  # the rarest levels that become equal
        wanted = np.maximum(filled[few] - held, 0.0)
    whole = np.floor(wanted + 1e-9).astype(np.int64)
    rest = round(float(wanted.sum())) - int(whole.sum())
    whole[np.argsort(-(wanted - whole), kind="stable")[:rest]] += 1
    return [int(rows) for rows in whole]
