"""Coarse leaves: histograms whose cells stand for several customers each, and say no more than a wide node does.

What one customer of a leaf has would else be drawn around them again and again, in every tree that has them in a leaf:
it tells who was learned (docs/design/2026-11-27-coarse-leaves.md).
"""

from typing import Any

import numba
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


@numba.njit(cache=True, nogil=True)
def _spread(held: Array, begin: int, end: int, codes: Array, wide: Array, offset: float) -> None:
    """Write into `held` from `begin` to `end` evenly spaced quantiles of a distribution: `wide`, of some `codes`."""
    total = 0
    for code in codes:
        total += wide[code]
    k, running = 0, wide[codes[0]]
    for place in range(begin, end):
        aim = (place - begin + offset) * total / (end - begin)
        while running <= aim and k < len(codes) - 1:
            k += 1
            running += wide[codes[k]]
        held[place] = codes[k]


@numba.njit(cache=True, nogil=True)
def _count_run(held: Array, begin: int, stop: int, owners: Array, seen: Array, mark: int) -> tuple[int, int]:
    """Where a run of one code ends, and how many customers of it `seen`, (owners,), does not hold a `mark` of yet."""
    end, customers = begin, 0
    while end < stop and held[end] == held[begin]:
        if len(owners) == 0:
            customers += 1
        elif seen[owners[end]] != mark:
            seen[owners[end]] = mark
            customers += 1
        end += 1
    return end, customers


@numba.njit(cache=True, nogil=True)
def _coarsen_ordered(
    held: Array, begin: int, stop: int, owners: Array, seen: Array, mark: int, least: int, wide: Array, apart: int,
    offset: float,
) -> int:  # fmt: skip
    """Coarsen values of a leaf, sorted, from `begin` to `stop`; the next mark."""
    place, previous, low = begin, begin, 0
    while place < stop:
        end, customers, own = place, 0, int(held[place])
        while end < stop and customers < least:
            end, more = _count_run(held, end, stop, owners, seen, mark)
            customers += more
        mark += 1
        high = int(held[end - 1])
        if customers < least and place > begin:  # what is left over joins the cell before it
            place, own = previous, low
        elif customers < least:
            own, high = 0, len(wide) - 1
            own, high = own + (apart == own), high - (apart == high)
        _spread(held, place, end, np.arange(own, high + 1), wide, offset)
        previous, low, place = place, own, end
    return mark


@numba.njit(cache=True, nogil=True)
def _coarsen_unordered(
    held: Array, begin: int, stop: int, owners: Array, seen: Array, mark: int, least: int, wide: Array, offset: float
) -> int:
    """Coarsen values of a leaf, sorted, from `begin` to `stop`; the next mark."""
    place, kept = begin, begin
    pooled = np.ones(len(wide), np.bool_)
    while place < stop:
        end, customers = _count_run(held, place, stop, owners, seen, mark)
        mark += 1
        if customers >= least:  # to the front, the others are pooled behind
            pooled[held[place]] = False
            for k in range(place, end):
                held[kept] = held[k]
                kept += 1
        place = end
    if kept < stop:
        _spread(held, kept, stop, np.flatnonzero(pooled & (wide > 0)), wide, offset)
        held[begin:stop].sort()
    return mark


@numba.njit(cache=True, nogil=True)
def coarsen(
    feature: Array, left: Array, start: Array, end: Array, values: Array, held: Array, owners: Array, cardinality: int,
    ordered: bool, apart: int, least: int, wide_rows: int, offsets: Array,
) -> None:  # fmt: skip
    """Make leaves into histograms whose cells stand for several customers each.

    Neighbouring codes of an ordered column are taken together until they stand for `least` customers; of an unordered
    one, all codes that stand for fewer. Within such a cell, codes are spread as they are in a wide node that holds the
    leaf: what one or two customers of a leaf have is seen there among what hundreds have.

    Args:
        feature, left, start, end: the tree, as `grow` gives it.
        values: (rows,) the codes in the order of the nodes; held: the same, sorted within each leaf, and changed.
        owners: (rows,) whose each of `held` is, from 0; empty where everybody has one row.
        cardinality: codes of the column; ordered: whether their order means anything; apart: a code that has no place
            in that order, its first or its last, -1 for none.
        least: customers that a cell stands for; wide_rows: rows of a wide node.
        offsets: (nodes,) uniform numbers in [0, 1).
    """
    parent = np.full(len(feature), -1, np.int64)
    for node in range(len(feature)):
        if feature[node] >= 0:
            parent[left[node]] = node
            parent[left[node] + 1] = node
    seen = np.full(owners.max() + 1 if len(owners) else 0, -1, np.int64)
    wide, known, mark = np.zeros(cardinality, np.int64), -1, 0
    for node in range(1, len(feature)):  # a tree of a root alone is one wide node
        if feature[node] >= 0:
            continue
        above = node
        while parent[above] >= 0 and end[above] - start[above] < wide_rows:
            above = parent[above]
        if above != known:
            wide[:] = 0
            for i in range(start[above], end[above]):
                wide[values[i]] += 1
            known = above
        begin, stop = start[node], end[node]
        if not ordered:
            mark = _coarsen_unordered(held, begin, stop, owners, seen, mark, least, wide, offsets[node])
            continue
        while begin < stop and held[begin] == apart:
            begin += 1
        while stop > begin and held[stop - 1] == apart:
            stop -= 1
        mark = _coarsen_ordered(held, begin, stop, owners, seen, mark, least, wide, apart, offsets[node])
