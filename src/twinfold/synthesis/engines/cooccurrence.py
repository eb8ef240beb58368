"""Codes that occur together: gaps and special codes that several columns share in the same rows.

Three columns that hold 98 together in one row of five hundred, or a block of columns that is missing as a whole, fill
no leaf where rows are few; a tree then breaks them up. Here such a code follows another by a look-up with a chance, and
the trees learn the rows that remain: a mixture whose parts are known.
Pairs are found by min-wise hashing of the sets of rows that hold each code (Broder 1997, "On the resemblance and
containment of documents"), in a few passes over the columns however many pairs there are.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from twinfold.protocols import CodeColumn, Codes, CodeTable

Array = npt.NDArray[Any]

RESEMBLANCE = 0.8
"""Rows that hold both of two codes, over those that hold either, at least (Jaccard's index)."""

LEAST = 10
"""Rows that hold both of two codes, at least."""

FEW_LEAVES = 4
"""Leaves that a code's rows must fill for trees to learn what goes with it."""

HASHES, MATCHES, HASHED = 8, 4, 100_000
"""Orders of rows, in how many of them two codes must appear first in the same row, and rows looked at, at most."""

NEIGHBOURS, COMPARED = 8, 3
"""How many others that appear first in a row a code is compared with, and how many pairs of a code are then counted."""


@dataclass(frozen=True)
class Cooccurrence:
    """Codes of a column that follow those of earlier ones, shape (pairs,) each.

    Where column `parent[k]` has code `when[k]`, and no pair before k applied, the code is `then[k]` with chance
    `share[k]`, and what the rest of the model draws otherwise.
    """

    parent: Array
    when: Array
    then: Array
    share: Array

    def applied(self, codes: Codes, column: Array) -> npt.NDArray[np.bool_]:
        """In which rows of `codes`, (columns, rows), a pair says what `column`, (rows,), holds."""
        out = np.zeros(len(column), bool)
        for parent, when, then in zip(self.parent, self.when, self.then, strict=True):
            out |= (codes[parent] == when) & (column == then)
        return out

    def draw(
        self, codes: Codes, column: Array, log_rest: Array, rng: np.random.Generator, admitted: Array | None = None
    ) -> None:
        """Replace drawn codes in `column`, (rows,), in place, where a pair applies.

        `admitted`, (cardinality,), from 0 to 1, of a condition: then `log_rest`, (rows,), the log of how much of the
        rest is admitted, becomes that of the whole.
        """
        chance = rng.random(len(column))
        if admitted is not None:
            rest = self._rest(codes) * np.exp(log_rest)
            whole = rest.copy()
            for rows, then, mass in self._masses(codes):
                whole[rows] += mass * admitted[then]
            chance *= whole
            with np.errstate(divide="ignore"):
                log_rest[:] = np.log(whole)
        for rows, then, mass in self._masses(codes):
            own = mass * (1.0 if admitted is None else admitted[then])
            hit = (chance[rows] >= 0) & (chance[rows] < own)
            chance[rows] -= own  # below zero: taken
            column[rows[hit]] = then

    def log_prob(self, codes: Codes, column: Array, log_rest: Array, floor: Array, epsilon: float) -> Array:
        """The log probability of `column`, (rows,), where `log_rest`, (rows,), is that by the rest of the model.

        It is mixed with a share `epsilon` of `floor`, (cardinality,), so that nothing is impossible.
        """
        prob = self._rest(codes) * np.exp(log_rest)
        for rows, then, mass in self._masses(codes):
            prob[rows] += mass * (column[rows] == then)
        return np.asarray(np.log((1 - epsilon) * prob + epsilon * floor[column]))

    def _masses(self, codes: Codes) -> Iterator[tuple[Array, int, Array]]:
        """For each pair the rows with its condition, the code that follows, and its chance in each of those rows."""
        left = np.ones(codes.shape[1])
        for parent, when, then, share in zip(self.parent, self.when, self.then, self.share, strict=True):
            rows = np.flatnonzero(codes[parent] == when)
            yield rows, int(then), left[rows] * share
            left[rows] *= 1 - share

    def _rest(self, codes: Codes) -> Array:
        left = np.ones(codes.shape[1])
        for rows, _, mass in self._masses(codes):
            left[rows] -= mass
        return left.clip(0, 1)

    def arrays(self) -> dict[str, Array]:
        """Everything learned, as plain arrays."""
        return {
            "together": np.stack([self.parent, self.when, self.then], axis=1).astype(np.int32),
            "together_share": self.share,
        }


def checked_cooccurrence(
    arrays: Mapping[str, Array], j: int, before: Collection[int], columns: Sequence[CodeColumn]
) -> Cooccurrence | None:
    """That of column j in a model file, on columns `before` it; None where it has none.

    Raises `KeyError` or `ValueError`.
    """
    if f"c{j}_together" not in arrays:
        return None
    pairs, share = arrays[f"c{j}_together"], arrays[f"c{j}_together_share"]
    if pairs.dtype != np.int32 or pairs.ndim != 2 or pairs.shape[1] != 3 or share.shape != (len(pairs),):
        raise ValueError("codes that occur together of the wrong shape")
    parent, when, then = pairs.T
    if share.dtype != np.float64 or not ((share >= 0) & (share <= 1)).all():
        raise ValueError("a share that is none")
    if not set(parent.tolist()) <= set(before):
        raise ValueError("codes that follow those of a later column")
    most = np.array([columns[i].cardinality for i in parent])
    if not ((when >= 0) & (when < most) & (then >= 0) & (then < columns[j].cardinality)).all():
        raise ValueError("a code beyond its column")
    return Cooccurrence(parent, when, then, share)


def find_cooccurrences(
    table: CodeTable, order: Sequence[int], *, without: Collection[int], min_leaf: int, rng: np.random.Generator
) -> dict[int, Cooccurrence]:
    """The codes of each column that occur with a code of an earlier one of the chain `order`, and hardly without it.

    Each is held by at least `LEAST` rows, and by less than half of them. Where more than a few leaves of `min_leaf`
    rows hold one, trees can tell when it occurs with the other, and when not: then only pairs without an exception are
    found. The columns `without` get none, nor do those whose other rows would not fill a few leaves.
    """
    candidates = _candidates(table, order, rng)
    few = FEW_LEAVES * min_leaf
    out: dict[int, Cooccurrence] = {}
    for place, j in enumerate(order):
        if j in without:
            continue
        left = np.ones(table.rows, bool)
        found: list[tuple[int, int, int]] = []
        shares: list[float] = []
        for then, earlier in sorted(candidates[place].items()):
            follows = table.codes[j] == then
            resemblance, parent, when = max(
                (_resemblance(table.codes[i] == code, follows), i, code) for i, code in earlier[-COMPARED:]
            )
            holds = table.codes[parent] == when
            if resemblance < (RESEMBLANCE if follows.sum() < few else 1.0) or (holds & follows).sum() < LEAST:
                continue
            asked = holds & left
            if asked.any():
                found.append((parent, when, then))
                shares.append(float((asked & follows).sum() / asked.sum()))
                left &= ~(holds & follows)
        learned = left if table.columns[j].rare is None else left & (table.codes[j] != table.columns[j].rare)
        if found and learned.sum() >= few:
            parents, whens, thens = np.array(found, np.int32).T
            out[j] = Cooccurrence(parents, whens, thens, np.array(shares))
    return out


def _resemblance(one: Array, other: Array) -> float:
    return float((one & other).sum() / max((one | other).sum(), 1))


def _candidates(
    table: CodeTable, order: Sequence[int], rng: np.random.Generator
) -> list[dict[int, list[tuple[int, int]]]]:
    """For each place of the chain: codes, and with each the earlier columns and their codes that seem to occur with it.

    Those that match best stand last.
    """
    sizes = [table.columns[j].cardinality for j in order]
    begins = np.concatenate([[0], np.cumsum(sizes)])
    place_of = np.repeat(np.arange(len(order)), sizes)
    counts = np.concatenate([np.bincount(table.codes[j], minlength=size) for j, size in zip(order, sizes, strict=True)])
    eligible = (counts >= LEAST) & (counts < table.rows / 2)
    for place, j in enumerate(order):
        if table.columns[j].rare is not None:
            eligible[begins[place] + table.columns[j].rare] = False
    found: list[Array] = []
    for _ in range(HASHES):
        rows = rng.permutation(table.rows)[:HASHED]
        first = np.full(begins[-1], len(rows))
        for place, j in enumerate(order):
            first[begins[place] + table.codes[j, rows[::-1]]] = np.arange(len(rows))[::-1]  # of equal ones, the last
        known = np.flatnonzero(eligible & (first < len(rows)))
        known = known[np.argsort(first[known], kind="stable")]
        for step in range(1, NEIGHBOURS + 1):
            earlier, later = known[:-step], known[step:]
            few, many = np.minimum(counts[earlier], counts[later]), np.maximum(counts[earlier], counts[later])
            same = (first[earlier] == first[later]) & (place_of[earlier] != place_of[later])
            alike = same & (few >= RESEMBLANCE * many)
            found.append(earlier[alike] * begins[-1] + later[alike])
    pairs, matches = np.unique(np.concatenate(found), return_counts=True)
    out: list[dict[int, list[tuple[int, int]]]] = [{} for _ in order]
    for k in np.argsort(matches, kind="stable"):
        if matches[k] >= MATCHES:
            one, other = divmod(int(pairs[k]), int(begins[-1]))
            i, place = int(place_of[one]), int(place_of[other])
            out[place].setdefault(int(other - begins[place]), []).append((order[i], int(one - begins[i])))
    return out
