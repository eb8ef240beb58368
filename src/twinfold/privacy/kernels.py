"""The compiled parts of attacks. Numba takes a second to import, so this module is imported at first use."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

_LEAF = 128  # rows that are measured together, about
_SAMPLE = 64  # rows that say where to cut
_SLACK = np.float32(1e-4)  # sums of float32 differ in their last digits from one order of addition to another
_FAST = {"nsz", "contract", "reassoc", "arcp"}


@numba.njit(cache=True, nogil=True)
def _choose_cut(flat: Array, rows: Array, categories: int, sample: Array) -> tuple[int, float]:
    """The column that varies most in some of the rows, and a value that cuts it: those below from the rest; -1 where no
    column varies. What varies, and where the median lies, is said by a `sample`, whose values are put there."""
    step = max(1, len(rows) // len(sample))
    count = min(len(rows) // step, len(sample))
    most, column, cut = 0.0, -1, 0.0
    for c in range(flat.shape[1]):
        for i in range(count):  # insertion sort, quickly compiled
            value, place = flat[rows[i * step], c], i
            while place > 0 and sample[place - 1] > value:
                sample[place] = sample[place - 1]
                place -= 1
            sample[place] = value
        middle, far = sample[count // 2], 0.0
        for i in range(count):
            far += (1.0 if sample[i] != middle else 0.0) if c < categories else abs(sample[i] - middle)
        if far / count > most:
            most, column, cut = far / count, c, middle
            place = count // 2
            while middle == sample[0] and cut == middle:  # the lower half is one value: what is above it is parted
                place += 1
                cut = sample[place]
    return column, cut


@numba.njit(cache=True, nogil=True)
def arrange(flat: Array, categories: int) -> tuple[Array, Array]:
    """Rows in an order in which those near each other stand together, and the places where such leaves begin and end.

    A set of rows is cut in two at the median of the column that varies most in it, again and again, as in a k-d tree
    (Bentley 1975, "Multidimensional binary search trees used for associative searching").
    """
    rows = len(flat)
    order, spare, sample = np.arange(rows), np.empty(rows, np.int64), np.empty(_SAMPLE, np.float32)
    starts, leaves = np.zeros(rows + 1, np.int64), 0
    ends, waiting = np.empty(rows + 1, np.int64), 1  # of sets that wait for their turn, the next one last
    ends[0] = rows
    while waiting:
        start, stop = starts[leaves], ends[waiting - 1]
        if stop - start > _LEAF:
            column, cut = _choose_cut(flat, order[start:stop], categories, sample)
            middle, above = start, 0
            for i in range(start, stop):
                if column >= 0 and flat[order[i], column] < cut:
                    order[middle] = order[i]
                    middle += 1
                else:
                    spare[above] = order[i]
                    above += 1
            order[middle:stop] = spare[:above]
            if column < 0:  # the rows do not differ, as far as the sample shows
                middle = start + _LEAF
            ends[waiting] = middle
            waiting += 1
        else:
            leaves += 1
            starts[leaves] = stop
            waiting -= 1
    return order, starts[: leaves + 1]


@numba.njit(cache=True, nogil=True)
def enclose(flat: Array, order: Array, starts: Array) -> tuple[Array, Array, Array]:
    """The least and the greatest value in each leaf, (columns, leaves), and the rows in order, each leaf column by
    column."""
    columns, leaves = flat.shape[1], len(starts) - 1
    low, high = np.empty((columns, leaves), np.float32), np.empty((columns, leaves), np.float32)
    packed = np.empty(len(order) * columns, np.float32)
    for leaf in range(leaves):
        size, place = starts[leaf + 1] - starts[leaf], starts[leaf] * columns
        for c in range(columns):
            least, most = np.float32(np.inf), np.float32(-np.inf)
            for i in range(size):
                value = flat[order[starts[leaf] + i], c]
                packed[place + c * size + i] = value
                least, most = min(least, value), max(most, value)
            low[c, leaf], high[c, leaf] = least, most
    return low, high, packed


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=_FAST)
def _bound(query: Array, categories: int, low: Array, high: Array, out: Array) -> None:
    """How near the rows of each leaf can be at least."""
    out[:] = 0
    for c in range(len(query)):
        x = query[c]
        if c < categories:
            for leaf in range(len(out)):
                out[leaf] += np.float32(1) if x < low[c, leaf] or x > high[c, leaf] else np.float32(0)
        else:
            for leaf in range(len(out)):
                out[leaf] += max(low[c, leaf] - x, x - high[c, leaf], np.float32(0))


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=_FAST)
def _measure(query: Array, categories: int, leaf: Array, size: int, best: float, sums: Array) -> bool:
    """Distances to the rows of a leaf, into `sums`; whether any of them may be below `best`."""
    sums[:size] = 0
    for c in range(len(query)):
        x, place = query[c], c * size
        if c < categories:
            for i in range(size):
                sums[i] += np.float32(1) if leaf[place + i] != x else np.float32(0)
        else:
            for i in range(size):
                sums[i] += abs(leaf[place + i] - x)
        if c % 8 == 7 and sums[:size].min() > best:
            return False
    return True


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=_FAST)
def search(
    queries: Array, own: Array, categories: int, k: int, order: Array, starts: Array, low: Array, high: Array,
    packed: Array,
) -> tuple[Array, Array]:  # fmt: skip
    """The k nearest rows of each query, the nearest first: distances and rows, (queries, k).

    The leaf whose box is nearest is searched first, then each whose box is no farther than the k-th nearest row found.
    `own` is the row that is no neighbour of a query.
    """
    columns, leaves = queries.shape[1], len(starts) - 1
    distance = np.full((len(queries), k), np.inf, np.float32)
    row = np.full((len(queries), k), -1)
    bounds, sums = np.empty(leaves, np.float32), np.empty(_LEAF, np.float32)
    for q in range(len(queries)):
        _bound(queries[q], categories, low, high, bounds)
        first = np.argmin(bounds)
        best, near = distance[q], row[q]
        for turn in range(-1, leaves):
            leaf = first if turn < 0 else turn
            if bounds[leaf] > best[k - 1] + _SLACK or turn == first:
                continue
            begin, size = starts[leaf], starts[leaf + 1] - starts[leaf]
            block = packed[begin * columns : (begin + size) * columns]
            if not _measure(queries[q], categories, block, size, best[k - 1], sums):
                continue
            for i in range(size):
                if sums[i] < best[k - 1] and order[begin + i] != own[q]:
                    place = k - 1
                    while place > 0 and best[place - 1] > sums[i]:
                        best[place], near[place] = best[place - 1], near[place - 1]
                        place -= 1
                    best[place], near[place] = sums[i], order[begin + i]
    return distance, row


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=_FAST)
def count_within(
    queries: Array, radius: Array, categories: int, starts: Array, low: Array, high: Array, packed: Array
) -> Array:
    """How many rows are no farther from each query than its radius, (queries,)."""
    columns, leaves = queries.shape[1], len(starts) - 1
    count = np.zeros(len(queries), np.int64)
    bounds, sums = np.empty(leaves, np.float32), np.empty(_LEAF, np.float32)
    for q in range(len(queries)):
        _bound(queries[q], categories, low, high, bounds)
        for leaf in range(leaves):
            if bounds[leaf] <= radius[q] + _SLACK:
                begin, size = starts[leaf], starts[leaf + 1] - starts[leaf]
                block = packed[begin * columns : (begin + size) * columns]
                if _measure(queries[q], categories, block, size, radius[q], sums):
                    count[q] += (sums[:size] <= radius[q]).sum()
    return count


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=_FAST)
def count_reached(
    one: Array, other: Array, among: Array, among_other: Array, categories: int, categories_other: int, reach: Array,
    reach_other: Array,
) -> tuple[Array, Array, Array]:  # fmt: skip
    """How many rows the one half of each query reaches, the other half, and both, (queries,) each.

    The halves are of shape (queries, columns), the searched rows of (columns, rows).
    """
    queries, rows = len(one), among.shape[1]
    counts = np.zeros((3, queries), np.int64)
    to_one, to_other = np.empty(rows, np.float32), np.empty(rows, np.float32)
    flat, flat_other = among.ravel(), among_other.ravel()
    for q in range(queries):
        _measure(one[q], categories, flat, rows, np.inf, to_one)
        _measure(other[q], categories_other, flat_other, rows, np.inf, to_other)
        for i in range(rows):
            near, near_other = to_one[i] <= reach[q], to_other[i] <= reach_other[q]
            counts[0, q] += near
            counts[1, q] += near_other
            counts[2, q] += near & near_other
    return counts[0], counts[1], counts[2]


@numba.njit(cache=True, nogil=True)
def _leading(table: Array, row: int, columns: Array, low: Array, high: Array, most: int) -> int:
    """How many conditions hold for a row, one after the other, up to `most`."""
    held = 0
    while held < most and low[held] <= table[columns[held], row] <= high[held]:
        held += 1
    return held


@numba.njit(cache=True, nogil=True)
def needed_conditions(table: Array, rows: Array, columns: Array, low: Array, high: Array, most: int) -> Array:
    """How many conditions of the description of each of some rows, from the first on, hold for no other row; 0 where
    all together do, and once so many descriptions are found.

    `table` is of shape (columns, rows); `columns`, `low` and `high`, (descriptions, conditions): of which column each
    condition is, and its range.
    """
    needed, found, conditions = np.zeros(len(rows), np.int64), 0, columns.shape[1]
    for d in range(len(rows)):
        longest, asked, least, greatest = 0, columns[d], low[d], high[d]
        first, bottom, top = table[asked[0]], least[0], greatest[0]
        for row in range(table.shape[1]):
            if bottom <= first[row] <= top and row != rows[d]:
                longest = max(longest, _leading(table, row, asked, least, greatest, conditions))
                if longest == conditions:
                    break
        if longest < conditions:
            needed[d] = longest + 1
            found += 1
            if found == most:
                break
    return needed


@numba.njit(cache=True, nogil=True)
def fits_one(
    table: Array, columns: Array, low: Array, high: Array, needed: Array, order: Array, narrowest: Array, begin: Array,
    end: Array,
) -> Array:  # fmt: skip
    """Which descriptions, of so many conditions, hold for exactly one row of the table, (descriptions,).

    `order`: the rows by each column's values, (columns, rows); rows of the `narrowest` condition of each description
    stand there from `begin` to `end`, (descriptions,).
    """
    out = np.zeros(len(columns), np.bool_)
    for d in range(len(columns)):
        found, asked, least, greatest = 0, columns[d], low[d], high[d]
        for row in order[asked[narrowest[d]], begin[d] : end[d]]:
            found += _leading(table, row, asked, least, greatest, needed[d]) == needed[d]
            if found > 1:
                break
        out[d] = found == 1
    return out
