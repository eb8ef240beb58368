"""Amounts that go with a count, found: an order costs the more the more pieces it holds, and a piece what it costs."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import spearmanr

from twinfold.tables.rules import Ratio

Array = npt.NDArray[Any]

LEAST_ROWS, MOST_ROWS, LEAST_VALUES = 200, 20_000, 20
"""Rows by which a ratio is found, at least and at most, and different amounts that there must be."""

TOGETHER, APART = 0.5, 0.4
"""How much an amount must go with a count, as a rank correlation, and how much of that may be left per piece."""

PRICES, PRICED = 20, 1.2
"""Of rows with several pieces, how many times more must hold one of so many commonest prices of a piece than one of so
many commonest amounts."""


def find_ratios(counts: Mapping[str, Array], amounts: Mapping[str, Array]) -> list[Ratio]:
    """The amounts that go with a count, each with the one that it goes with the most.

    `counts`, of whole numbers, and `amounts`: NaN where missing, (rows,) each.
    """
    whole = {name: values for name, values in counts.items() if np.nanmin(values, initial=0.0) >= 0}
    found: list[Ratio] = []
    for target, amount in amounts.items():
        bases = {ratio.base for ratio in found}
        measured = {ratio.target for ratio in found}
        if target in bases or not np.nanmin(amount, initial=0.0) >= 0:
            continue
        options = [
            (strength, Ratio(target, name))
            for name, count in whole.items()
            if name != target and name not in measured and (strength := _strength(count, amount)) is not None
        ]
        if options:
            found.append(max(options, key=lambda option: option[0])[1])
    return found


def _strength(count: Array, amount: Array) -> float | None:
    """How much an amount goes with a count; None where that is little, or where as much is left per piece."""
    if (np.isnan(count) & ~np.isnan(amount)).any() or ((count == 0) & (amount > 0)).any():
        return None
    some = np.flatnonzero(~np.isnan(amount) & (count > 0))[:MOST_ROWS]
    if len(some) < LEAST_ROWS or len(np.unique(amount[some])) < LEAST_VALUES or len(np.unique(count[some])) < 3:
        return None
    count, amount = count[some], amount[some]
    together = float(spearmanr(count, amount).statistic)
    each = amount / count
    if not together >= TOGETHER or len(np.unique(each)) < 2:
        return None
    left = abs(float(spearmanr(count, each).statistic))
    several = (count > 1) & (amount > 0)
    priced, paid = (_commonest(values[several]) for values in (np.round(each, 4), amount))
    return together if left <= APART * together and priced >= PRICED * paid else None


def _commonest(values: Array) -> int:
    """How many rows hold one of the commonest values."""
    return int(np.sort(np.unique(values, return_counts=True)[1])[::-1][:PRICES].sum())
