"""Columns that another column fixes: they are looked up, and what is asked of them is asked of that one."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from twinfold.protocols import CodeColumn, Codes, CodeTable, Draw
from twinfold.synthesis.engines.chain import (
    Lookup,
    chain_order,
    check,
    checked_lookup,
    checked_margin,
    drawable,
    find_lookups,
    learn_margin,
)

Array = npt.NDArray[Any]
Fill = Callable[[Codes, Array, Mapping[int, Array], Mapping[int, Array]], None]

EPSILON = 0.01
"""Share of a column's margin in a likelihood, so that nothing is impossible."""


class FixedColumns:
    """The columns of a table: the chain that they stand in, which of them others fix, and the shares of their codes."""

    def __init__(
        self,
        columns: Sequence[CodeColumn],
        order: Sequence[int],
        lookups: Mapping[int, Lookup],
        margins: Sequence[Array],
    ) -> None:
        """`order` is the chain, `lookups` its columns that others fix, `margins[j]` the shares of column j's codes."""
        self.columns, self.order, self.lookups = tuple(columns), tuple(order), dict(lookups)
        self.margins = tuple(margins)
        self.learned = [j for j in order if j not in self.lookups]
        self.drawable = [drawable(column) for column in self.columns]
        self._floors = [EPSILON * (0.99 * margin + 0.01 / len(margin)) for margin in self.margins]
        ends = np.cumsum([0, *(self.columns[j].cardinality for j in self.learned)])
        self.codes_of = {j: slice(int(ends[k]), int(ends[k + 1])) for k, j in enumerate(self.learned)}

    @classmethod
    def of(cls, table: CodeTable) -> Self:
        """Those of a table, found in its rows."""
        order = chain_order(table.columns)
        margins = [learn_margin(column, codes) for column, codes in zip(table.columns, table.codes, strict=True)]
        return cls(table.columns, order, _to_roots(find_lookups(table, order), order), margins)

    def admitted(self, allowed: Mapping[int, Array], given: Mapping[int, Array], log_weight: Array) -> dict[int, Array]:
        """How much of each code is admitted, (cardinality,) or (rows, cardinality), of the columns that are learned.

        What is asked of a column that another fixes is asked of that one. A given code that nothing leads to asks for
        nothing, and is weighed as improbable.
        """
        admitted = {j: share for j, share in allowed.items() if j not in self.lookups and j not in given}
        for j, lookup in self.lookups.items():
            parent = lookup.parent
            if parent in given:
                continue
            if j in given:
                share = (lookup.codes == given[j][:, None]) & self.drawable[parent]
                lost = ~share.any(axis=1)
                log_weight[lost] += np.log(self._floors[j][given[j][lost]])
                share = (share | lost[:, None]).astype(np.float32)
            elif j in allowed:
                share = allowed[j][lookup.codes]
            else:
                continue
            admitted[parent] = admitted[parent] * share if parent in admitted else share
        return admitted

    def draw(self, n: int, at_once: int, allowed: Mapping[int, Array], given: Mapping[int, Array], fill: Fill) -> Draw:
        """Draw n rows, `at_once` at a time, as `protocols.Model.sample` has it; `fill` those columns that are learned.

        `fill` is given the codes to be filled, (columns, rows), those of given columns already in; the log weights to
        be added to, (rows,); how much of each code is admitted (see `admitted`); and the codes of learned columns that
        are given.
        """
        codes, log_weight = np.zeros((len(self.columns), n), np.uint16), np.zeros(n)
        for begin in range(0, n, at_once):
            rows = slice(begin, begin + at_once)
            own, weight = codes[:, rows], log_weight[rows]
            known = {j: column[rows] for j, column in given.items()}
            for j, column in known.items():
                own[j] = column
            admitted = self.admitted(allowed, known, weight)
            fill(own, weight, admitted, {j: known[j] for j in self.learned if j in known})
            self.look_up(own, weight, allowed, known)
        return Draw(codes, log_weight)

    def weigh_rows(self, codes: Codes, at_once: int, fill: Fill) -> npt.NDArray[np.float64]:
        """The log weight that `draw` gives rows of codes of which everything is given, (rows,)."""
        return self.draw(codes.shape[1], at_once, {}, dict(enumerate(codes)), fill).log_weight

    def look_up(
        self, codes: Codes, log_weight: Array, allowed: Mapping[int, Array], given: Mapping[int, Array]
    ) -> None:
        """Look up, into `codes`, the columns that drawn ones fix; rows are weighed by what was asked of both."""
        for j, lookup in self.lookups.items():
            fixed = lookup.codes[codes[lookup.parent]]
            if j not in given:
                codes[j] = fixed
            if lookup.parent in given and j in given:
                self.weigh(log_weight, j, fixed == codes[j], codes[j])
            elif lookup.parent in given and j in allowed:
                with np.errstate(divide="ignore"):
                    log_weight += np.log(allowed[j][fixed])

    def weigh(self, log_weight: Array, j: int, chance: Array, codes: Array) -> None:
        """Add to `log_weight` how likely column j's given codes are, by what was learned and a little of the margin."""
        log_weight += np.log((1 - EPSILON) * chance.astype(np.float64) + self._floors[j][codes])

    def arrays(self) -> dict[str, Array]:
        """Everything learned, as plain arrays."""
        out: dict[str, Array] = {"order": np.array(self.order, np.int32)}
        for j, margin in enumerate(self.margins):
            out[f"c{j}_margin"] = margin
        for j, lookup in self.lookups.items():
            out[f"c{j}_parent"] = np.array([lookup.parent], np.int32)
            out[f"c{j}_lookup"] = lookup.codes
        return out

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array], columns: Sequence[CodeColumn]) -> Self:
        """Those of `arrays`, checked. Raises `LookupError`, `ValueError`, `TypeError` or `OverflowError`."""
        order = [int(j) for j in arrays["order"]]
        check(sorted(order) == list(range(len(columns))), "the chain is not an order of the columns")
        fixed = [j for j in order if f"c{j}_lookup" in arrays]
        free = set(order) - set(fixed)
        lookups = {j: checked_lookup(arrays, j, free, columns) for j in fixed}
        margins = [checked_margin(arrays, j, column) for j, column in enumerate(columns)]
        return cls(columns, order, lookups, margins)


def pick(chances: Array, places: Array) -> Array:
    """A code for each row of `chances`, (rows, codes), by `places`, (rows,) in [0, 1); a possible one where one is."""
    ends = np.cumsum(chances, axis=1)
    found = (ends <= (places * ends[:, -1])[:, None]).sum(axis=1)
    last = chances.shape[1] - 1 - (chances[:, ::-1] > 0).argmax(axis=1)  # rounding may lead past it
    codes: Array = np.minimum(found, last).astype(np.uint16)
    return codes


def pick_admitted(chances: Array, admitted: Array, places: Array, log_weight: Array) -> Array:
    """The same among what is admitted, (codes,) or (rows, codes), from 0 to 1; rows are weighed by how likely that is.

    Where nothing of it is possible, the row weighs nothing.
    """
    chances = chances * admitted
    codes = pick(chances, places)
    mass = chances.sum(axis=1, dtype=np.float64)
    with np.errstate(divide="ignore"):
        log_weight += np.log(mass)
    codes[mass <= 0] = np.broadcast_to(admitted, chances.shape)[mass <= 0].argmax(axis=1)
    return codes


def _to_roots(lookups: Mapping[int, Lookup], order: Sequence[int]) -> dict[int, Lookup]:
    """The same look-ups, each in a column that is not itself looked up."""
    out: dict[int, Lookup] = {}
    for j in order:
        if j in lookups:
            parent, codes = lookups[j].parent, lookups[j].codes
            out[j] = Lookup(out[parent].parent, codes[out[parent].codes]) if parent in out else lookups[j]
    return out
