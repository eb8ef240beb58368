"""The chain of columns: their order, their margins, which of them fix others, and which say most about others."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from twinfold.protocols import CodeColumn, CodeTable
from twinfold.synthesis.engines import tree_kernels as kernels

Array = npt.NDArray[Any]

SAMPLE = 5_000
"""Rows by which it is judged what a column says about another."""


@dataclass(frozen=True)
class Lookup:
    """A column that column `parent` fixes: `codes[c]` where the parent's code is c."""

    parent: int
    codes: Array


@dataclass(frozen=True)
class Relation:
    """What may predict a column: the columns before it that say most about it, and the others before it."""

    strongest: Array
    others: Array


def check(holds: Any, message: str) -> None:
    """Raise `ValueError` with a message unless something holds of a model file's arrays."""
    if not holds:
        raise ValueError(message)


def checked_margin(arrays: Mapping[str, Array], j: int, column: CodeColumn) -> Array:
    """The margin of column j in a model file. Raises `KeyError` or `ValueError`."""
    margin = arrays[f"c{j}_margin"]
    check(margin.shape == (column.cardinality,) and margin.dtype == np.float64, "a margin of the wrong shape")
    check(((margin >= 0) & (margin <= 1)).all(), "a margin that is no share")
    return margin


def checked_lookup(
    arrays: Mapping[str, Array], j: int, parents: Collection[int], columns: Sequence[CodeColumn]
) -> Lookup:
    """The look-up of column j in a model file, by one of `parents`. Raises `KeyError`, `IndexError` or `ValueError`."""
    parent, codes = int(arrays[f"c{j}_parent"][0]), arrays[f"c{j}_lookup"]
    check(parent in parents, "a look-up in a column that is not known by then")
    check(codes.dtype == np.uint16 and codes.shape == (columns[parent].cardinality,), "a look-up of the wrong shape")
    check((codes < columns[j].cardinality).all(), "a code beyond its column")
    return Lookup(parent, codes)


def drawable(column: CodeColumn) -> Array:
    """Which of a column's codes may be drawn, (cardinality,) bool: all but what stands for levels too rare to show."""
    out = np.ones(column.cardinality, bool)
    if column.rare is not None and not column.rare_drawn and column.cardinality > 1:
        out[column.rare] = False
    return out


def learn_margin(column: CodeColumn, codes: Array) -> Array:
    """The share of each code that may be drawn, (cardinality,)."""
    counts = np.bincount(codes, minlength=column.cardinality) * drawable(column).astype(np.float64)
    shares: Array = counts / max(counts.sum(), 1)
    return shares


def chain_order(columns: Sequence[CodeColumn]) -> list[int]:
    """Columns without an order first, by their number of codes, then ordered ones as they stand in the table.

    So neighbours in time, which stand side by side in a payment history, are neighbours in the chain.
    """

    def place(j: int) -> tuple[bool, int, int]:
        column = columns[j]
        return column.ordered, 0 if column.ordered else column.cardinality, j

    return sorted(range(len(columns)), key=place)


def find_lookups(table: CodeTable, order: Sequence[int], *, min_rows: int = 30) -> dict[int, Lookup]:
    """Columns that an earlier column of the chain fixes in every row, and not merely because they hardly vary.

    At least `min_rows` rows must lie outside the column's commonest code. Rows in which either is rare do not count.
    """
    lookups: dict[int, Lookup] = {}
    for place, j in enumerate(order):
        codes, column = table.codes[j], table.columns[j]
        shown = np.ones(len(codes), bool) if column.rare is None else codes != column.rare
        if shown.sum() - np.bincount(codes[shown]).max(initial=0) < min_rows:
            continue
        for i in order[:place]:
            rare, parent = -1 if column.rare is None else column.rare, table.columns[i]
            by, fixed = observed(parent, table.codes[i], table.codes[i], codes)
            if kernels.fixes(by, fixed, parent.cardinality, rare):
                known = shown & drawable(parent)[table.codes[i]]
                if known.sum() - np.bincount(codes[known]).max(initial=0) < min_rows:
                    continue
                found = np.full(parent.cardinality, np.bincount(codes[shown]).argmax(), np.uint16)
                found[table.codes[i][known]] = codes[known]
                lookups[j] = Lookup(i, found)
                break
    return lookups


def relate(table: CodeTable, order: Sequence[int], *, strongest: int) -> dict[int, Relation]:
    """Which columns before it in the chain may predict each column, the `strongest` so many apart from the others.

    Strength is Pearson's chi-squared less its degrees of freedom, between groups of two columns' codes, on some rows.
    Where no column has more than so many before it, nothing needs to be measured.
    """
    relations: dict[int, Relation] = {}
    measured = len(order) - 1 > strongest
    if measured:
        rows = np.linspace(0, table.rows - 1, min(table.rows, SAMPLE)).astype(np.int64)
        found = [group_codes(column, codes) for column, codes in zip(table.columns, table.codes, strict=True)]
        groups = np.stack([group_of[codes[rows]] for (group_of, _), codes in zip(found, table.codes, strict=True)])
        sizes = np.array([size for _, size in found])
    for place, j in enumerate(order):
        before = np.array(order[:place], np.int64)
        if measured and place > strongest:
            strength = kernels.relate(groups, sizes, j, before)
            before = before[np.argsort(-strength, kind="stable")]
        relations[j] = Relation(before[:strongest], before[strongest:])
    return relations


def observed(column: CodeColumn, codes: Array, *others: Array) -> tuple[Array, ...]:
    """Of each of `others`, (rows,), the rows in which a column's `codes` are such as are drawn."""
    shown = drawable(column)
    if shown.all():
        return others
    here = shown[codes]
    return tuple(each[here] for each in others)


def group_codes(column: CodeColumn, codes: Array) -> tuple[Array, int]:
    """From a column's codes to the groups that splits are judged by, (cardinality,) uint8, and how many there are."""
    (codes,) = observed(column, codes, codes)
    counts = np.bincount(codes, minlength=column.cardinality)
    if column.cardinality <= kernels.GROUPS:
        return np.arange(column.cardinality, dtype=np.uint8), column.cardinality
    if not column.ordered:
        out = np.full(column.cardinality, kernels.GROUPS - 1, np.uint8)
        out[np.argsort(-counts, kind="stable")[: kernels.GROUPS - 1]] = np.arange(kernels.GROUPS - 1)
        return out, kernels.GROUPS
    out, group, held, aim = np.zeros(column.cardinality, np.uint8), 0, 0, len(codes) / (kernels.GROUPS * 0.75)
    for code, count in enumerate(counts):
        if held and (held + count / 2 > aim or count > aim / 2) and group < kernels.GROUPS - 1:
            group, held = group + 1, 0
        out[code] = group
        held += int(count)
    return out, group + 1
