"""Formulas that hold between the numbers of a row, found: a column that is the sum or the product of two others."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from twinfold.tables.rules import Formula

Array = npt.NDArray[Any]

LEAST_ROWS, LEAST_VALUES = 50, 3
"""Rows that a rule must hold in to be found, and different values that each of its columns must have in them."""

MOST_COLUMNS, TRIED = 80, 40
"""Columns among which rules are looked for, and rows by which they are tried first."""


def find_formulas(columns: Mapping[str, Array], *, decimals: Mapping[str, int]) -> list[Formula]:
    """The formulas that hold in every row.

    Args:
        columns: numbers by name, NaN where missing, (rows,) each.
        decimals: digits after the decimal point that each column's numbers have: a rule holds to half of the last one.
    """
    names = [name for name, values in columns.items() if len(np.unique(values[~np.isnan(values)])) >= LEAST_VALUES]
    names = names[:MOST_COLUMNS]
    found: list[Formula] = []
    for target in names if len(names) > 2 else ():
        values = columns[target]
        known = np.flatnonzero(~np.isnan(values))
        if len(known) < LEAST_ROWS:
            continue
        some = known[np.linspace(0, len(known) - 1, TRIED).astype(np.int64)]
        others = [name for name in names if name != target]
        tried = np.stack([columns[name][some] for name in others])
        slack = 0.5 * 10.0 ** -decimals[target] + 1e-9
        for operator, made in (("*", tried[:, None] * tried[None]), ("+", tried[:, None] + tried[None])):
            for i, j in np.argwhere((np.abs(made - values[some]) <= slack).all(axis=2)):
                rule = Formula(target, others[i], operator, others[j])
                if i < j and _fits(rule, found) and _holds(rule, columns, slack):
                    found.append(rule)
    return found


def _fits(rule: Formula, found: list[Formula]) -> bool:
    """Whether a rule says something of a column that no other does, and not by way of that column itself."""
    said = {other.target: other for other in found}
    asked = [rule.left, rule.right]
    for name in asked:
        if name in said:
            asked += [said[name].left, said[name].right]
    return rule.target not in said and rule.target not in asked


def _holds(rule: Formula, columns: Mapping[str, Array], slack: float) -> bool:
    target, left, right = columns[rule.target], columns[rule.left], columns[rule.right]
    made = rule.compute(left, right)
    here = ~np.isnan(made)
    if (here != ~np.isnan(target)).any() or here.sum() < LEAST_ROWS:
        return False
    neutral = 1.0 if rule.operator == "*" else 0.0
    telling = here & (left != neutral) & (right != neutral) & (target != 0)
    return bool((np.abs(made - target)[here] <= slack).all()) and bool(telling.sum() >= here.sum() / 2)
