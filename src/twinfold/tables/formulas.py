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


LEAST_SHARE, LEAST_TRIED, BEYOND_CHANCE = 0.6, 0.4, 5
"""Rows in which a formula must hold that holds in part, as a share: in all, among those tried first, and as a multiple
of what chance gives."""


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


def find_partial_formulas(columns: Mapping[str, Array], *, decimals: Mapping[str, int]) -> list[tuple[Formula, float]]:
    """The formulas that hold in most rows and not in all, each with the share of rows; the surest of each column.

    The arguments are those of `find_formulas`.
    """
    names = [name for name, values in columns.items() if len(np.unique(values[~np.isnan(values)])) >= LEAST_VALUES]
    names, found = names[:MOST_COLUMNS], list[tuple[float, Formula]]()
    for target in names if len(names) > 2 else ():
        known = np.flatnonzero(~np.isnan(columns[target]))
        if len(known) < LEAST_ROWS:
            continue
        some = np.random.default_rng(0).choice(known, TRIED, replace=False)
        others = [name for name in names if name != target]
        tried = np.stack([columns[name][some] for name in others])
        slack = 0.5 * 10.0 ** -decimals[target] + 1e-9
        for operator, made in (("*", tried[:, None] * tried[None]), ("+", tried[:, None] + tried[None])):
            likely = (np.abs(made - columns[target][some]) <= slack).mean(axis=2) >= LEAST_TRIED
            for i, j in np.argwhere(likely):
                rule = Formula(target, others[i], operator, others[j])
                if i < j and (share := _share(rule, columns, slack)) is not None:
                    found.append((share, rule))
    out: list[tuple[Formula, float]] = []
    for share, rule in sorted(found, key=lambda each: -each[0]):
        named = {rule.target, rule.left, rule.right}
        if all(not named & {other.target} and rule.target not in (other.left, other.right) for other, _ in out):
            out.append((rule, share))
    return out


def _share(rule: Formula, columns: Mapping[str, Array], slack: float) -> float | None:
    """The share of rows in which a formula holds; None where it holds in all, in few, or no more than by chance."""
    target, left, right = columns[rule.target], columns[rule.left], columns[rule.right]
    neutral = 1.0 if rule.operator == "*" else 0.0
    known = ~np.isnan(target) & ~np.isnan(rule.compute(left, right))
    telling = known & (left != neutral) & (right != neutral) & (target != 0)
    if known.sum() < LEAST_ROWS or telling.sum() < max(LEAST_ROWS, known.sum() / 2):
        return None
    made, target = rule.compute(left, right)[telling], target[telling]
    share = float((np.abs(made - target) <= slack).mean())
    by_chance = float((np.abs(np.random.default_rng(0).permutation(made) - target) <= slack).mean())
    return share if LEAST_SHARE <= share < 1 and share >= BEYOND_CHANCE * by_chance else None


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
