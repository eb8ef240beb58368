"""Dealing drawn rows to the drawn rows that point to them by links that cross the trees (`cross_links`).

Rows with like traits are dealt to each other, each as often as it is to be pointed to, without putting back; where
there are none, those that are alike in all traits but the last ones. A row's order in time, and whose it is, are kept
where the real ones keep them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
import numpy.typing as npt
import polars as pl

from twinfold.synthesis.cross_links import CrossLink, Places, column_of, line_of
from twinfold.synthesis.differences import read_numbers
from twinfold.synthesis.past import NOBODY
from twinfold.tables.keys import values_of
from twinfold.tables.orders import in_unit_of
from twinfold.tables.schema import Table
from twinfold.tables.values import physical_type

Array = npt.NDArray[Any]

SCARCE = 3.0
"""Rows that may point to one that is to be pointed to once, before rows that are less alike are taken besides."""


@dataclass
class Drawn:
    """Drawn tables, with the columns that links add to them.

    Attributes:
        frames: by name, as they will be stored.
        places: see `Places`.
        names: by table and column, which rows point to the same, a number each; of columns that repeat.
    """

    frames: dict[str, pl.DataFrame]
    places: Places
    names: dict[tuple[str, str], Array]


def deal_rows(links: Sequence[CrossLink], tables: Mapping[str, Table], drawn: Drawn, rng: np.random.Generator) -> None:
    """Fill the columns of all links with keys of drawn rows.

    A row that must point to one of its customer's, who has none, is taken out, with all that hang on it.
    """
    for link in links:
        _drop_stranded(link, drawn)
    pointing = {link.table for link in links}
    left = sorted(links, key=lambda link: link.target in pointing - {link.table})  # what is pointed to is made first
    for number, link in enumerate(left):
        frame, target = drawn.frames[link.table], drawn.frames[link.target]
        place = _point_back(link, tables, drawn) if link.back else _deal(link, tables, drawn, rng)
        known = pl.Series(place).set(pl.Series(place < 0), None)
        pairs = [(link.column, link.to), *((c, to) for c, to in link.also if c not in frame.columns)]
        columns = (
            target[to].gather(known).cast(physical_type(tables[link.table][c].physical)).alias(c) for c, to in pairs
        )
        drawn.frames[link.table] = frame.with_columns(columns)
        if link.table not in {other.table for other in left[number + 1 :]}:
            _drop_repeated(tables[link.table], drawn)
    for name in set(drawn.frames) - pointing:
        _drop_repeated(tables[name], drawn)


def _drop_stranded(link: CrossLink, drawn: Drawn) -> None:
    if link.within is None or link.nullable or link.back:
        return
    here, there = (_owner(link, name, drawn) for name in (link.table, link.target))
    _keep(link.table, np.isin(here, there), drawn)


def _drop_repeated(table: Table, drawn: Drawn) -> None:
    """Take out rows whose key of several columns is that of an earlier one, with all that hang on them."""
    if table.together:
        keys = values_of(drawn.frames[table.name], table.together)
        _keep(table.name, (keys.is_first_distinct() | keys.is_null()).to_numpy(), drawn)


def _owner(link: CrossLink, name: str, drawn: Drawn) -> Array:
    """The row that each row of a table shares with those it may point to, (rows,): one for all where there is none."""
    rows = drawn.frames[name].height
    return np.zeros(rows, np.int64) if link.within is None else line_of(drawn.places, name, rows)[link.within]


def _keep(name: str, kept: Array, drawn: Drawn) -> None:
    """Keep some of a table's rows, a mask, and of the tables below what hangs on them."""
    if kept.all():
        return
    number = np.cumsum(kept) - 1
    above, parent = drawn.places[name]
    drawn.frames[name], drawn.places[name] = drawn.frames[name].filter(pl.Series(kept)), (above, parent[kept])
    for (table, column), values in list(drawn.names.items()):
        if table == name:
            drawn.names[table, column] = values[kept]
    for child, (parent_name, place) in list(drawn.places.items()):
        if parent_name == name:
            drawn.places[child] = (name, number[place])
            _keep(child, kept[place], drawn)


def _deal(link: CrossLink, tables: Mapping[str, Table], drawn: Drawn, rng: np.random.Generator) -> Array:
    """The place in the target of what each row points to, -1 where it points nowhere; (rows,)."""
    frame, target = drawn.frames[link.table], drawn.frames[link.target]
    rows = np.flatnonzero(frame[link.column].is_not_null().to_numpy())
    here, there = _owner(link, link.table, drawn), _owner(link, link.target, drawn)
    asked = [_codes_of(frame[link.name_of(trait)], trait.cardinality) for trait in link.traits]
    held = [trait.encode(target[trait.column], column_of(tables[link.target], trait, link)) for trait in link.traits]
    own, other = _equal_codes(link, frame, target)
    asked, held = [own, *asked], [other, *held]
    groups = _group(link, drawn, rows, asked, rng)
    first = np.unique(groups, return_index=True)[1]
    size, first = np.bincount(groups), rows[first]
    times = _times(link, tables, drawn, rng)
    degree = target[link.degree_name].fill_null(0).to_numpy().astype(np.float64).clip(0)
    found = np.full(len(first), -1)
    for known in range(len(asked), -1, -1):
        left = np.flatnonzero(found < 0)
        keys = [np.concatenate([a[first[left]], b]) for a, b in zip(asked[:known], held, strict=False)]
        cells = _number([np.concatenate([here[first[left]], there]), *keys])
        own, other = cells[: len(left)], cells[len(left) :]
        chosen = _deal_cells(own, other, first[left], size[left], degree, times, link, known <= 1, rng)
        found[left] = chosen
        used = np.bincount(chosen[chosen >= 0], size[left][chosen >= 0], minlength=len(degree))
        degree = (degree - used).clip(0)
    if times is not None and link.table != link.target:  # nothing is early enough
        found = _deal_late(found, here[first], there, times[1])
    out = np.full(frame.height, -1)
    out[rows] = found[groups]
    return out


def _equal_codes(link: CrossLink, frame: pl.DataFrame, target: pl.DataFrame) -> tuple[Array, Array]:
    """The same number for rows of both tables that hold the same in the columns in which they shall."""
    if not link.equal:
        return np.zeros(frame.height, np.int64), np.zeros(target.height, np.int64)
    own = values_of(frame, [name for _, name in link.equal]).cast(pl.String)
    other = values_of(target, [name for name, _ in link.equal]).cast(pl.String)
    ranks = pl.concat([own.alias(""), other.alias("")]).rank("dense").fill_null(0).cast(pl.Int64).to_numpy()
    return ranks[: len(own)], ranks[len(own) :]


def _deal_cells(
    own: Array,
    other: Array,
    first: Array,
    size: Array,
    degree: Array,
    times: tuple[Array, Array] | None,
    link: CrossLink,
    last: bool,
    rng: np.random.Generator,
) -> Array:
    """Deal rows of the target to groups of rows in the same cell; -1 where a cell has too few. (groups,)."""
    cells = int(max(own.max(initial=-1), other.max(initial=-1))) + 1
    wanted, there = np.bincount(own, size, minlength=cells), np.bincount(other, minlength=cells)
    given = np.bincount(other, degree, minlength=cells)
    enough = (there > 0) & ((given * SCARCE >= wanted) | last | (link.within is not None))
    weight = np.where(given[other] > 0, degree, 1.0)
    total = np.bincount(other, weight, minlength=cells)
    share = np.where(enough, wanted / np.maximum(total, 1e-9), 0.0)[other] * weight
    late, early = (np.zeros(len(each)) for each in (first, other)) if times is None else (times[0][first], times[1])
    x = np.lexsort((rng.random(len(own)), late, own))
    y = np.lexsort((rng.random(len(other)), early, other))
    x = x[enough[own[x]]]
    whole = np.floor(np.cumsum(share[y]) + rng.random()).astype(np.int64)  # as many as are wanted, in all and in turn
    capacity = np.diff(whole, prepend=0)
    begin_x, begin_y = (np.searchsorted(of, np.arange(cells + 1)) for of in (own[x], other[y]))
    out = np.full(len(x), -1)
    chance, change = rng.random(len(x)), link.within is not None
    _deal_kernel(begin_x, begin_y, late[x], early[y], size[x], capacity, weight[y], chance, change, out)
    chosen = np.full(len(own), -1)
    chosen[x] = np.where(out >= 0, y[out], -1)
    return chosen


@numba.njit(cache=True, nogil=True)
def _deal_kernel(
    begin_x: Array,
    begin_y: Array,
    late: Array,
    early: Array,
    size: Array,
    capacity: Array,
    weight: Array,
    chance: Array,
    change: bool,
    out: Array,
) -> None:
    """Into `out`: what each is dealt, of what is early enough, by what is left of it; a Fenwick tree holds the sums.

    `change`: the next one of a cell is dealt another than the one before, where there is another.
    """
    most = 1
    for cell in range(len(begin_y) - 1):
        most = max(most, begin_y[cell + 1] - begin_y[cell])
    tree, sums = np.zeros(most + 1, np.int64), np.zeros(most + 1)
    for cell in range(len(begin_x) - 1):
        start, count = begin_y[cell], begin_y[cell + 1] - begin_y[cell]
        if begin_x[cell] == begin_x[cell + 1]:
            continue
        tree[: count + 1] = 0
        highest = 1
        while highest * 2 <= count:
            highest *= 2
        there, left, before = 0, 0, -1
        for row in range(begin_x[cell], begin_x[cell + 1]):
            while there < count and early[start + there] <= late[row]:
                sums[there + 1] = sums[there] + weight[start + there]
                _add(tree, there, capacity[start + there], count)
                left += capacity[start + there]
                there += 1
            if there == 0:
                continue
            held = capacity[start + before] if change and before >= 0 else 0
            if left > held:
                if held:
                    _add(tree, before, -held, count)
                wanted, node, step = int(chance[row] * (left - held)), 0, highest
                while step:
                    if node + step <= count and tree[node + step] <= wanted:
                        node += step
                        wanted -= tree[node]
                    step //= 2
                if held:
                    _add(tree, before, held, count)
                taken = min(size[row], capacity[start + node])
                capacity[start + node] -= taken
                left -= taken
                _add(tree, node, -taken, count)
            else:  # more than was expected: by weight
                own = weight[start + before] if change and before >= 0 and there > 1 else 0.0
                point = chance[row] * (sums[there] - own)
                if own > 0 and point >= sums[before]:
                    point += own
                node = min(np.searchsorted(sums[1 : there + 1], point, side="right"), there - 1)
            before = node
            out[row] = start + node


@numba.njit(cache=True, nogil=True)
def _add(tree: Array, place: int, amount: int, count: int) -> None:
    """Add to one of the numbers whose sums a Fenwick tree holds."""
    node = place + 1
    while node <= count:
        tree[node] += amount
        node += node & -node


def _codes_of(series: pl.Series, nothing: int) -> npt.NDArray[np.int64]:
    return series.cast(pl.Int64).fill_null(nothing).to_numpy()


def _number(keys: Sequence[Array]) -> npt.NDArray[np.int64]:
    """A number from 0 for each combination of keys, (rows,) each, in their order."""
    out = np.zeros(len(keys[0]), np.int64)
    for key in keys:
        out = np.unique(out * (key.max(initial=0) + 1) + key, return_inverse=True)[1]
    return out


def _group(link: CrossLink, drawn: Drawn, rows: Array, keys: Sequence[Array], rng: np.random.Generator) -> Array:
    """Which of the rows that point somewhere point to the same, by what repeats; a number from 0 each, (rows,).

    Where too few do, rows of a customer that ask for the same follow the one before.
    """
    names = drawn.names.get((link.table, link.column))
    groups = np.arange(len(rows))
    if names is not None:
        own = names[rows]
        groups = np.unique(np.where(own == NOBODY, -2 - rows, own), return_inverse=True)[1]
        groups = _number([groups, keys[0][rows]])  # what must be equal tells them apart
    if link.within is not None or not len(rows):
        return groups
    first = np.unique(groups, return_index=True)[1]
    customer = next(reversed(line_of(drawn.places, link.table, drawn.frames[link.table].height).values()))
    cell = _number([customer[rows[first]], *(key[rows[first]] for key in keys)])
    order = np.argsort(cell, kind="stable")
    follows = np.append(False, cell[order][1:] == cell[order][:-1])
    spare = len(first) - link.different * len(rows)
    follows &= rng.random(len(order)) < spare / max(int(follows.sum()), 1)
    merged = np.empty(len(first), np.int64)
    merged[order] = np.cumsum(~follows) - 1
    return merged[groups]


def _times(
    link: CrossLink, tables: Mapping[str, Table], drawn: Drawn, rng: np.random.Generator
) -> tuple[Array, Array] | None:
    """Of each row that points, and of each that is pointed to, a number that the latter's may not exceed."""
    frame, target = drawn.frames[link.table], drawn.frames[link.target]
    if link.order is not None:
        of, own = tables[link.target][link.order[0]], tables[link.table][link.order[1]]
        early = np.nan_to_num(in_unit_of(own, read_numbers(target, of), of), nan=-np.inf)
        late = np.nan_to_num(read_numbers(frame, own), nan=np.inf)
        # within a table strictly earlier, so that none comes round to itself
        return np.nextafter(late, -np.inf) if link.table == link.target else late, early
    if link.acyclic:  # in some order: first who points nowhere, then who is pointed to most
        degree = target[link.degree_name].fill_null(0).to_numpy().astype(np.float64)
        ranks = _ranks(np.where(frame[link.column].is_null().to_numpy(), -np.inf, -degree), rng.random(len(degree)))
        return ranks - 0.5, ranks
    return None


def _ranks(values: Array, chance: Array) -> npt.NDArray[np.float64]:
    out = np.empty(len(values))
    out[np.lexsort((chance, values))] = np.arange(len(values))
    return out


def _deal_late(found: Array, here: Array, there: Array, early: Array) -> Array:
    """Where nothing is early enough, the earliest of the same owner."""
    order = np.lexsort((early, there))
    at = np.searchsorted(there[order], here)
    has = (at < len(order)) & (there[order][np.minimum(at, len(order) - 1)] == here) if len(order) else at < 0
    return np.where((found < 0) & has, order[np.minimum(at, max(len(order) - 1, 0))] if len(order) else -1, found)


def _point_back(link: CrossLink, tables: Mapping[str, Table], drawn: Drawn) -> Array:
    """The place of the earlier row of its history that each row points to, -1 where it points nowhere; (rows,).

    Of earlier rows with the traits that are asked for, the one about as many rows back as is asked for.
    """
    frame, parent = drawn.frames[link.table], drawn.places[link.table][1]
    out = np.full(frame.height, -1)
    back = frame[link.back_name].fill_null(1).to_numpy().clip(1)
    asked = [_codes_of(frame[link.name_of(trait)], trait.cardinality) for trait in link.traits]
    held = [trait.encode(frame[trait.column], column_of(tables[link.table], trait, link)) for trait in link.traits]
    for known in range(len(link.traits), -1, -1):
        left = np.flatnonzero((out < 0) & frame[link.column].is_not_null().to_numpy())
        keys = [np.concatenate([own[left], other]) for own, other in zip(asked[:known], held, strict=False)]
        cells = _number([np.concatenate([parent[left], parent]), *keys])
        line = np.sort(cells[len(left) :] * frame.height + np.arange(frame.height))
        asking = cells[: len(left)] * frame.height
        at = np.searchsorted(line, asking + np.maximum(left - back[left], 0))
        last = np.searchsorted(line, asking + left) - 1
        begin = np.searchsorted(line, asking)
        high, low = np.minimum(at, last), np.minimum(at, last + 1) - 1
        wanted = left - back[left]
        far = [
            np.where((k >= begin) & (k <= last), np.abs(line[k] % frame.height - wanted), np.inf) for k in (low, high)
        ]
        best = np.where(far[0] <= far[1], low, high)
        out[left] = np.where(last >= begin, line[best] % max(frame.height, 1), -1)
    return out
