"""Kinds of rows in a history (a salary, a rent, a fee), and what rows of a kind repeat of each other."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from twinfold.protocols import CodeColumn
from twinfold.synthesis.past import NOBODY, Rows

Array = npt.NDArray[Any]

MOST_KINDS, MOST_LEVELS = 16, 24
"""Kinds of rows that are told apart, and codes of a column that may say of which kind a row is."""

LEAST_GAIN, LEAST_STEP = 0.05, 0.01
"""How much more often rows must repeat the last one of their kind than the last one of any, and how much each further
column must add, as shares of rows, on average over what may be repeated."""

REGULAR = 0.1
"""Two gaps between rows of a kind that differ by less than this share are the same."""

LOOKED_AT = 200_000
"""Rows by which kinds are found."""

RARE, REPEATED_LEVELS, REPEATED_NUMBERS, REPEATED, REPEATED_NAMES = 0.01, 3, 16, 1.5, 0.1
"""The share of rows that hold a number for it to be a common one. Codes that a column must have, of levels or of
numbers, for repeating the last one to be a code of its own, and how many times likelier than by chance a repetition
must be; of made-up values, how often they must be repeated."""


@dataclass(frozen=True)
class Kinds:
    """Kinds of rows by what some columns say together.

    Attributes:
        columns: whose codes make the kind.
        sizes: how many codes each has.
        keys: those of the known kinds, in order; all other combinations are one kind, the last.
    """

    columns: tuple[str, ...]
    sizes: tuple[int, ...]
    keys: Array

    def __len__(self) -> int:
        return len(self.keys) + 1

    @classmethod
    def of(cls, columns: Sequence[CodeColumn], codes: Mapping[str, Array]) -> "Kinds":
        """The commonest kinds of rows by such columns."""
        names, sizes = tuple(c.name for c in columns), tuple(c.cardinality for c in columns)
        keys, counts = np.unique(_key(names, sizes, codes), return_counts=True)
        return cls(names, sizes, np.sort(keys[np.argsort(-counts, kind="stable")][: MOST_KINDS - 1]))

    def find(self, codes: Mapping[str, Array]) -> npt.NDArray[np.int64]:
        """The kind of each row, (rows,), of the codes of its columns."""
        key = _key(self.columns, self.sizes, codes)
        place = np.searchsorted(self.keys, key).clip(0, len(self.keys) - 1)
        return np.where(self.keys[place] == key, place, len(self.keys))


def _key(names: Sequence[str], sizes: Sequence[int], codes: Mapping[str, Array]) -> npt.NDArray[np.int64]:
    out = np.zeros(len(codes[names[0]]), np.int64)
    for name, size in zip(names, sizes, strict=True):
        out = out * size + codes[name]
    return out


def find_kinds(rows: Rows, columns: Iterable[CodeColumn]) -> Kinds | None:
    """The kinds of rows of which the last one says more than the last one of any; None where there are none.

    Columns are added one after another, as long as rows repeat more: amounts, made-up values, and gaps.

    Args:
        rows: those of a parent together, in their order.
        columns: those of them that may say of which kind a row is.
    """
    rows = rows.take(np.arange(min(len(rows), LOOKED_AT)))
    left = [c for c in columns if 2 <= c.cardinality <= MOST_LEVELS]
    chosen: list[CodeColumn] = []
    best = first = _repetition(rows, None)
    while left:
        scores = [_repetition(rows, Kinds.of([*chosen, column], rows.codes)) for column in left]
        place = int(np.argmax(scores))
        if scores[place] < best + LEAST_STEP:
            break
        best = scores[place]
        chosen.append(left.pop(place))
    return Kinds.of(chosen, rows.codes) if chosen and best >= first + LEAST_GAIN else None


def _repetition(rows: Rows, kinds: Kinds | None) -> float:
    """How often rows repeat the last one of their kind, on average over numbers, made-up values and gaps."""
    before = find_previous(rows, kinds)
    has, shares = before >= 0, []
    for values in (*rows.numbers.values(), *rows.names.values()):
        if len(np.unique(values[:1000])) >= REPEATED_NUMBERS:
            known = ~np.isnan(values) & (values != NOBODY)
            shares.append(float((values[before] == values)[has & known].sum()) / max(int(known.sum()), 1))
    if rows.time is not None:
        gap = np.where(has, rows.time - rows.time[before], np.nan)
        last = np.where(has, gap[before], np.nan)
        with np.errstate(invalid="ignore"):
            shares.append(float(((np.abs(gap - last) <= REGULAR * last) & (gap > 0)).mean()))
    return float(np.mean(shares)) if shares else 0.0


def find_previous(rows: Rows, kinds: Kinds | None) -> npt.NDArray[np.int64]:
    """For each row, the place of the last one before it of the same parent and kind; -1 where there is none."""
    group = rows.parent if kinds is None else rows.parent * len(kinds) + kinds.find(rows.codes)
    order = np.argsort(group, kind="stable")
    same = np.append(False, group[order][1:] == group[order][:-1])
    out = np.full(len(rows), -1)
    out[order[same]] = order[:-1][same[1:]]
    return out


def find_repeated(rows: Rows, columns: Sequence[CodeColumn], kinds: Kinds | None) -> list[str]:
    """The columns of many codes, and the made-up ones, whose values rows repeat more often than by chance."""
    before = find_previous(rows, kinds)
    later = np.flatnonzero(before >= 0)
    before = before[later]
    found = []
    for column in columns if len(later) else ():
        least = REPEATED_NUMBERS if column.name in rows.numbers else REPEATED_LEVELS
        if column.cardinality < least or column.name in rows.names or (kinds and column.name in kinds.columns):
            continue
        if column.name in rows.numbers:
            values = rows.numbers[column.name]
            again = _is_repeated(values[before], values[later])
        else:
            codes = rows.codes[column.name]
            shares = np.bincount(codes) / len(codes)
            again = (codes[later] == codes[before]).mean() > REPEATED * (shares**2).sum()
        if again:
            found.append(column.name)
    for name, values in rows.names.items() if len(later) else ():
        if ((values[later] == values[before]) & (values[later] != NOBODY)).mean() > REPEATED_NAMES * (
            values[later] != NOBODY
        ).mean():
            found.append(name)
    return found


def _is_repeated(before: Array, now: Array) -> bool:
    """Whether numbers come again more often than the nearest others come: by those that are rare.

    Of a common one, zero first of all, that it is likely is enough for it to come again.
    """
    known = ~(np.isnan(before) | np.isnan(now))
    place = np.unique(np.concatenate([before[known], now[known]]), return_inverse=True)[1]
    share = np.bincount(place) / max(len(place), 1)
    last, own = np.split(place, 2)
    step = np.abs(own - last)[share[last] < RARE]
    return bool(len(step) and (step == 0).sum() > REPEATED * (step == 1).sum() / 2)
