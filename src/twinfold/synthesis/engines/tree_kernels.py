"""Compiled kernels of the `trees` engine: grow one tree on codes, drop rows down trees, draw from leaves.

A tree is five arrays, a row a node, children side by side: `feature` (the column that a node asks for, -1 in a leaf),
`mask` (256 bits: the bins of that column that go left), `left` (the left child, its sibling next to it), and `start`,
`end` (the node's rows in the tree's value list, where each leaf's rows stand together). All bins are below 256.
"""

from typing import Any, NamedTuple

import numba
import numpy as np
import numpy.typing as npt

BINS = 256
"""Bins of a predictor: what one byte and a mask of four words can tell apart."""

GROUPS = 32
"""Groups of a target's codes that a split is judged by."""

LARGE = 16
"""A node of so many times the smallest leaf's rows is split even where the gain looks like chance."""

AT_ONCE = 4
"""Rows that go down trees together."""

Array = npt.NDArray[Any]


class Forest(NamedTuple):
    """The trees of one column, end to end; `roots` and `offsets` say where each tree's nodes and values begin.

    `values` are codes, a leaf's together and sorted: a leaf is a histogram, and says nothing of the order of rows.
    """

    feature: Array
    mask: Array
    left: Array
    start: Array
    end: Array
    roots: Array
    offsets: Array
    values: Array


@numba.njit(cache=True, nogil=True)
def goes_left(mask: Array, node: int, value: int) -> bool:
    """Whether a bin goes to the left child of a node."""
    return bool((mask[node, value >> 6] >> np.uint64(value & 63)) & np.uint64(1) == np.uint64(1))


@numba.njit(cache=True, nogil=True)
def _order_levels(
    counts: Array, totals: Array, present: Array, n_present: int, n_groups: int, cumulative: float
) -> None:
    """Sort present levels of an unordered predictor so that good two-way splits are prefixes (Breiman 1984, 4.2.2).

    By the mean group where the target's groups are ordered; else by the share of the one group that varies most.
    """
    score = np.empty(n_present, np.float64)
    if cumulative > 0:
        for k in range(n_present):
            level, total = present[k], 0.0
            for g in range(n_groups):
                total += g * counts[level, g]
            score[k] = total / totals[level]
    else:
        best, best_spread = 0, -1.0
        for g in range(n_groups):
            mean, square, weight = 0.0, 0.0, 0.0
            for k in range(n_present):
                level = present[k]
                c = counts[level, g]
                mean += c
                weight += totals[level]
                square += c * c / totals[level]
            spread = square - mean * mean / weight
            if spread > best_spread:
                best, best_spread = g, spread
        for k in range(n_present):
            score[k] = counts[present[k], best] / totals[present[k]]
    for k in range(1, n_present):  # few levels: an insertion sort, which compiles in no time
        level, own = present[k], score[k]
        place = k
        while place > 0 and score[place - 1] > own:
            present[place], score[place] = present[place - 1], score[place - 1]
            place -= 1
        present[place], score[place] = level, own


@numba.njit(cache=True, nogil=True)
def _scan(
    counts: Array, totals: Array, present: Array, n_present: int, node_counts: Array, n: int, cumulative: float,
    min_rows: int, n_groups: int,
) -> tuple[float, int]:  # fmt: skip
    """The best prefix of `present` to send left: its gain and length.

    The gain is the drop in Gini impurity, or in its cumulative form (the continuous ranked probability score) for
    ordered groups, blended by `cumulative`, each over the node's own impurity: chance alone is expected to gain 1.
    """
    square, cum_square, running = 0.0, 0.0, 0.0
    for g in range(n_groups):
        square += node_counts[g] * node_counts[g]
        running += node_counts[g]
        cum_square += running * running
    gini, crps = n - square / n, 0.0
    running = 0.0
    for g in range(n_groups):
        running += node_counts[g]
        crps += running - running * running / n
    if gini <= 1e-9:
        return 0.0, 0
    left = np.zeros(n_groups, np.float64)
    left_n, left_square = 0.0, 0.0
    right_square = square
    best, best_length = 0.0, 0
    for k in range(n_present - 1):
        level = present[k]
        for g in range(n_groups):
            c = counts[level, g]
            if c > 0:
                right = node_counts[g] - left[g]
                left_square += 2.0 * left[g] * c + c * c
                right_square += c * c - 2.0 * right * c
                left[g] += c
        left_n += totals[level]
        right_n = n - left_n
        if left_n < min_rows:
            continue
        if right_n < min_rows:
            break
        gain = (1.0 - cumulative) * (left_square / left_n + right_square / right_n - square / n) / (gini / n)
        if cumulative > 0:
            a, b, running_left, running_all = 0.0, 0.0, 0.0, 0.0
            for g in range(n_groups):
                running_left += left[g]
                running_all += node_counts[g]
                rest = running_all - running_left
                a += running_left * running_left
                b += rest * rest
            gain += cumulative * (a / left_n + b / right_n - cum_square / n) / (crps / n)
        if gain > best:
            best, best_length = gain, k + 1
    return best, best_length


@numba.njit(cache=True, nogil=True)
def _partition(bins: Array, rows: Array, start: int, end: int, mask: Array, node: int) -> int:
    """Move the rows that go left before those that go right, in place; the index of the first that goes right."""
    i, j = start, end - 1
    while i <= j:
        if goes_left(mask, node, bins[rows[i]]):
            i += 1
        else:
            rows[i], rows[j] = rows[j], rows[i]
            j -= 1
    return i


@numba.njit(cache=True, nogil=True)
def _best_split(
    bins: Array, ordered: Array, predictors: Array, groups: Array, rows: Array, node_counts: Array, cumulative: float,
    min_rows: int, least: float, counts: Array, totals: Array, present: Array, best_present: Array,
) -> tuple[int, int]:  # fmt: skip
    """The column that splits a node's rows best, -1 where none gains more than `least`, and how many bins go left.

    Those bins are left in `best_present`. `counts` (bins, groups) and `totals` (bins,) come and go as zeros.
    """
    best, best_feature, best_length = least, -1, 0
    n_groups = len(node_counts)
    for f in predictors:
        row_bins = bins[f]
        low, high = BINS, -1
        for row in rows:
            v = row_bins[row]
            counts[v, groups[row]] += 1
            totals[v] += 1
            low = min(low, v)
            high = max(high, v)
        n_present = 0
        for v in range(low, high + 1):
            if totals[v] > 0:
                present[n_present] = v
                n_present += 1
        if n_present > 1:
            if not ordered[f]:
                _order_levels(counts, totals, present, n_present, n_groups, cumulative)
            gain, length = _scan(
                counts, totals, present, n_present, node_counts, len(rows), cumulative, min_rows, n_groups
            )
            if gain > best:
                best, best_feature, best_length = gain, f, length
                if ordered[f]:  # everything up to the cut, so that bins not seen here go where their neighbours go
                    best_length = present[length - 1] + 1
                    for v in range(best_length):
                        best_present[v] = v
                else:
                    best_present[:length] = present[:length]
        for v in range(low, high + 1):
            if totals[v] > 0:
                counts[v, :] = 0
                totals[v] = 0
    return best_feature, best_length


@numba.njit(cache=True, nogil=True)
def _held_by(owners: Array, rows: Array, seen: Array, mark: int, least: int) -> bool:
    """Whether at least so many owners hold some rows; `seen`, (owners,), has not held `mark` before."""
    found = 0
    for row in rows:
        owner = owners[row]
        if seen[owner] != mark:
            seen[owner] = mark
            found += 1
            if found == least:
                return True
    return False


@numba.njit(cache=True, nogil=True)
def grow(
    bins: Array, ordered: Array, predictors: Array, groups: Array, n_groups: int, cumulative: float,
    structure: Array, values: Array, min_structure: int, min_values: int, min_gain: float, owners: Array,
) -> tuple[Array, Array, Array, Array, Array]:  # fmt: skip
    """Grow one honest tree (Athey and Imbens 2016): `structure` rows choose the splits, `values` rows fill the leaves.

    Args:
        bins: (columns, rows) uint8, every column's bins; ordered: (columns,) whether a bin's number means anything.
        predictors: the columns that may be asked for.
        groups: (rows,) the target's group in each row, below n_groups.
        cumulative: 0 judges groups as unordered, 1 as ordered, between: both.
        structure, values: rows; both are reordered in place, so that each node's are together.
        min_structure, min_values: the fewest rows of either sort that a leaf may hold.
        min_gain: the least gain, in multiples of what chance gains on average, that a split of a small node must bring.
        owners: (rows,) whose each row is, from 0: a leaf holds rows of so many owners, where it is not empty.
    """
    seen = np.full(owners.max() + 1 if len(owners) else 0, -1, np.int32)
    room = 2 * max(1, min(len(structure) // max(min_structure, 1), len(values) // max(min_values, 1))) + 3
    feature = np.full(room, -1, np.int16)
    mask = np.zeros((room, 4), np.uint64)
    left = np.full(room, -1, np.int32)
    start, end = np.zeros(room, np.int32), np.zeros(room, np.int32)
    s_start, s_end = np.zeros(room, np.int32), np.zeros(room, np.int32)
    end[0], s_end[0] = len(values), len(structure)
    counts = np.zeros((BINS, n_groups), np.int32)
    totals = np.zeros(BINS, np.int32)
    present = np.empty(BINS, np.int64)
    best_present = np.empty(BINS, np.int64)
    node_counts = np.empty(n_groups, np.float64)
    used = 1
    node = 0
    while node < used:
        a, b = s_start[node], s_end[node]
        n = b - a
        if n < 2 * min_structure or end[node] - start[node] < 2 * min_values:
            node += 1
            continue
        node_counts[:] = 0
        for i in range(a, b):
            node_counts[groups[structure[i]]] += 1
        # Two columns may say together what neither says alone: large nodes are split whatever the gain.
        least = min_gain if n < LARGE * min_structure else 0.0
        best_feature, best_length = _best_split(
            bins, ordered, predictors, groups, structure[a:b], node_counts, cumulative, min_structure, least,
            counts, totals, present, best_present,
        )  # fmt: skip
        if best_feature >= 0 and used + 2 <= room:
            for k in range(best_length):
                v = best_present[k]
                mask[node, v >> 6] |= np.uint64(1) << np.uint64(v & 63)
            middle = _partition(bins[best_feature], values, start[node], end[node], mask, node)
            enough = middle - start[node] >= min_values and end[node] - middle >= min_values
            if enough and len(owners):
                enough = _held_by(owners, values[start[node] : middle], seen, 2 * node, min_values)
                enough = enough and _held_by(owners, values[middle : end[node]], seen, 2 * node + 1, min_values)
            if enough:
                s_middle = _partition(bins[best_feature], structure, a, b, mask, node)
                feature[node] = best_feature
                left[node] = used
                start[used], end[used], s_start[used], s_end[used] = start[node], middle, a, s_middle
                start[used + 1], end[used + 1] = middle, end[node]
                s_start[used + 1], s_end[used + 1] = s_middle, b
                used += 2
        node += 1
    return feature[:used].copy(), mask[:used].copy(), left[:used].copy(), start[:used].copy(), end[:used].copy()


@numba.njit(cache=True, nogil=True)
def fixes(parent: Array, child: Array, parents: int, rare: int) -> bool:
    """Whether every code of `parent`, below `parents`, goes with one code of `child`, but for the code `rare`."""
    seen = np.full(parents, -1, np.int32)
    for row in range(len(child)):
        code = np.int32(child[row])
        if code != rare:
            known = seen[parent[row]]
            if known < 0:
                seen[parent[row]] = code
            elif known != code:
                return False
    return True


@numba.njit(cache=True, nogil=True)
def relate(groups: Array, sizes: Array, target: int, others: Array) -> Array:
    """Pearson's chi-squared, less its degrees of freedom, between one row of `groups` and others; shape (others,).

    groups: (columns, rows) uint8, below `sizes`, (columns,).
    """
    out = np.zeros(len(others), np.float64)
    rows = groups.shape[1]
    counts = np.zeros((GROUPS, GROUPS), np.float64)
    for k in range(len(others)):
        a, b = sizes[target], sizes[others[k]]
        counts[:a, :b] = 0
        for row in range(rows):
            counts[groups[target, row], groups[others[k], row]] += 1
        ours, theirs = counts[:a, :b].sum(axis=1), counts[:a, :b].sum(axis=0)
        for i in range(a):
            for j in range(b):
                if counts[i, j] > 0:
                    out[k] += rows * counts[i, j] * counts[i, j] / (ours[i] * theirs[j])
        out[k] -= rows + ((ours > 0).sum() - 1) * ((theirs > 0).sum() - 1)
    return out


@numba.njit(cache=True, nogil=True)
def _find_leaf(forest: Forest, tree: int, bins: Array, row: int) -> int:
    """The leaf, by its place among all nodes, that a row of `bins`, (columns, rows), falls into."""
    root = forest.roots[tree]
    node = root
    while forest.feature[node] >= 0:
        step = 0 if goes_left(forest.mask, node, bins[forest.feature[node], row]) else 1
        node = root + forest.left[node] + step
    return int(node)


@numba.njit(cache=True, nogil=True)
def _find_leaves(forest: Forest, roots: Array, bins: Array, begin: int, leaves: Array) -> None:
    """Into `leaves`: those of trees with such `roots` that `AT_ONCE` rows from `begin` fall into, one tree a row.

    They go down together, a level at a time and without a branch, so that a processor need not wait for any of them.
    """
    for k in range(AT_ONCE):
        leaves[k] = roots[k]
    inner = 1
    while inner > 0:
        inner = 0
        for k in range(AT_ONCE):
            node = leaves[k]
            feature = np.int64(forest.feature[node])
            goes = np.int64(feature >= 0)
            value = np.int64(bins[feature * goes, begin + k])
            on_left = np.int64((forest.mask[node, value >> 6] >> np.uint64(value & 63)) & np.uint64(1))
            leaves[k] = node + goes * (roots[k] + forest.left[node] + 1 - on_left - node)
            inner += int(goes)


@numba.njit(cache=True, nogil=True)
def _value_at(forest: Forest, tree: int, leaf: int, place: float) -> int:
    """The value of a leaf that lies at `place`, from 0 to 1, among all of them."""
    size = forest.end[leaf] - forest.start[leaf]
    return int(forest.values[forest.offsets[tree] + forest.start[leaf] + int(place * size)])


@numba.njit(cache=True, nogil=True)
def draw(forest: Forest, bins: Array, which: Array, place: Array, out: Array) -> None:
    """Draw one column for every row: a tree at random, then one of its leaf's values at random.

    which, place: (rows,) uniform numbers in [0, 1). out: (rows,) the drawn codes.
    """
    n_trees, together = len(forest.roots), len(out) // AT_ONCE * AT_ONCE
    trees, roots, leaves = np.empty(AT_ONCE, np.int64), np.empty(AT_ONCE, np.int64), np.empty(AT_ONCE, np.int64)
    for begin in range(0, together, AT_ONCE):
        for k in range(AT_ONCE):
            trees[k] = int(which[begin + k] * n_trees)
            roots[k] = forest.roots[trees[k]]
        _find_leaves(forest, roots, bins, begin, leaves)
        for k in range(AT_ONCE):
            out[begin + k] = _value_at(forest, trees[k], leaves[k], place[begin + k])
    for row in range(together, len(out)):
        tree = int(which[row] * n_trees)
        out[row] = _value_at(forest, tree, _find_leaf(forest, tree, bins, row), place[row])


@numba.njit(cache=True, nogil=True)
def _first_above(ends: Array, aim: float, low: int, high: int) -> int:
    """The first place from `low` to `high` (not included) whose value in `ends`, ascending, lies above `aim`."""
    while low < high:
        middle = (low + high) >> 1
        if ends[middle] > aim:
            high = middle
        else:
            low = middle + 1
    return low


@numba.njit(cache=True, nogil=True)
def draw_admitted(forest: Forest, bins: Array, admitted: Array, place: Array, out: Array, log_weight: Array) -> None:
    """Draw one column among the codes that a condition admits, and add to `log_weight` the probability of that.

    admitted: (cardinality,) from 0 to 1. A row for which nothing is admitted gets weight -inf and the likeliest code.
    """
    n_trees = len(forest.roots)
    begins, ends = np.empty(n_trees, np.int64), np.empty(n_trees, np.int64)
    masses = np.empty(n_trees, np.float64)
    fallback = np.argmax(admitted)
    running = np.empty(len(forest.values) + 1, np.float64)  # what is admitted of all values before each
    running[0] = 0.0
    for i in range(len(forest.values)):
        running[i + 1] = running[i] + admitted[forest.values[i]]
    for row in range(len(out)):
        total = 0.0
        for tree in range(n_trees):
            leaf = _find_leaf(forest, tree, bins, row)
            begins[tree] = forest.offsets[tree] + forest.start[leaf]
            ends[tree] = forest.offsets[tree] + forest.end[leaf]
            masses[tree] = (running[ends[tree]] - running[begins[tree]]) / (ends[tree] - begins[tree])
            total += masses[tree]
        if total <= 0.0:
            log_weight[row] = -np.inf
            out[row] = fallback
            continue
        log_weight[row] += np.log(total / n_trees)
        rest = place[row] * total
        chosen = -1
        for tree in range(n_trees):
            if masses[tree] > 0.0:
                chosen = tree
                if rest < masses[tree]:
                    break
                rest -= masses[tree]
        begin, end = begins[chosen], ends[chosen]
        aim = running[begin] + min(rest / masses[chosen], 1.0) * (running[end] - running[begin])
        found = min(_first_above(running, aim, begin + 1, end + 1), end) - 1
        while admitted[forest.values[found]] <= 0.0:  # the aim was rounded past the last admitted value
            found -= 1
        out[row] = forest.values[found]


@numba.njit(cache=True, nogil=True)
def add_log_prob(forest: Forest, bins: Array, codes: Array, floor: Array, epsilon: float, log_prob: Array) -> None:
    """Add each row's log probability of its code in one column.

    The forest's mean, mixed with a share `epsilon` of `floor`, (cardinality,), so that nothing is impossible.
    """
    n_trees = len(forest.roots)
    for row in range(len(codes)):
        code, total = int(codes[row]), 0.0
        for tree in range(n_trees):
            leaf = _find_leaf(forest, tree, bins, row)
            begin, end = forest.offsets[tree] + forest.start[leaf], forest.offsets[tree] + forest.end[leaf]
            above = _first_above(forest.values, code, begin, end)  # a leaf's values are sorted
            total += (above - _first_above(forest.values, code - 1, begin, above)) / (end - begin)
        log_prob[row] += np.log((1.0 - epsilon) * total / n_trees + epsilon * floor[code])


@numba.njit(cache=True, nogil=True)
def add_leaf_sizes(forest: Forest, bins: Array, sizes: Array) -> None:
    """Add for each row, over the trees, the mean log number of learned rows in the leaf that it falls into."""
    n_trees = len(forest.roots)
    for row in range(len(sizes)):
        for tree in range(n_trees):
            leaf = _find_leaf(forest, tree, bins, row)
            sizes[row] += np.log(forest.end[leaf] - forest.start[leaf]) / n_trees
