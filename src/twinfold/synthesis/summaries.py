"""What the rows of a parent amount to; and what of it the parent's rows in other tables are told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from twinfold.protocols import CodeColumn, Codes
from twinfold.synthesis.clock import Binning
from twinfold.synthesis.past import Rows

Array = npt.NDArray[Any]

MOST_LEVELS = 9
"""Codes of a column of which it is told how many of a parent's rows have each."""


def summarise(rows: Rows, customers: int) -> dict[str, Array]:
    """What the rows of each customer amount to, by name, (customers,) each; NaN where there is nothing to say.

    `rows`: those of a customer together, in their order.
    """
    count = np.bincount(rows.parent, minlength=customers)
    begin = np.flatnonzero(np.r_[True, rows.parent[1:] != rows.parent[:-1]]) if len(rows) else np.zeros(0, np.int64)
    end, whose = np.append(begin[1:], len(rows))[: len(begin)] - 1, rows.parent[begin]
    out: dict[str, Array] = {"count": count.astype(np.float64)}

    def put(name: str, values: Array) -> None:
        out[name] = np.full(customers, np.nan)
        out[name][whose] = values

    def describe(name: str, values: Array) -> None:
        known = ~np.isnan(values)
        n = _add(known.astype(np.float64), begin)
        filled = np.where(known, values, 0.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            mean = _add(filled, begin) / n
            spread = _add(np.where(known, (values - np.repeat(mean, end - begin + 1)) ** 2, 0.0), begin)
            put(f"{name} mean", mean)
            put(f"{name} spread", np.where(n > 1, np.sqrt(spread / (n - 1)), np.nan))
        least = np.minimum.reduceat(np.where(known, values, np.inf), begin) if len(begin) else mean
        most = np.maximum.reduceat(np.where(known, values, -np.inf), begin) if len(begin) else mean
        put(f"{name} least", np.where(n > 0, least, np.nan))
        put(f"{name} most", np.where(n > 0, most, np.nan))

    if rows.time is not None:
        gap = np.diff(rows.time, prepend=np.nan)
        gap[begin] = np.nan
        describe("gap", gap)
        describe("time", rows.time)
    for name, values in (rows.numbers | rows.shown).items():
        describe(name, values)
        put(f"{name} first", values[begin])
        put(f"{name} last", values[end])
    return out


def _add(values: Array, begin: Array) -> Array:
    return np.add.reduceat(values, begin) if len(begin) else np.zeros(0)


@dataclass(frozen=True)
class Told:
    """What rows in one table say to a parent's rows in tables that are drawn after it.

    Attributes:
        single: whether a parent has one row at most: then its codes are told, with one code more where there is none.
        columns: what an engine may know of the row's codes.
        binnings: else, of what rows amount to, by name; also of times.
    """

    single: bool
    columns: tuple[CodeColumn, ...]
    binnings: Mapping[str, Binning]

    @classmethod
    def learn(cls, rows: Rows, parents: int, columns: Sequence[CodeColumn], owners: Array) -> Self:
        """What rows say, those of a parent together; `owners`: the customer of each parent, (parents,)."""
        counts = np.bincount(rows.parent, minlength=parents)
        single = bool(counts.max(initial=0) <= 1 and columns)
        made = cls(single, tuple(columns), {})
        found = {name: Binning.of(values, owners) for name, values in made._summarise(rows, parents).items()}
        return cls(single, tuple(columns), {name: bins for name, bins in found.items() if len(bins.edges)})

    @property
    def code_columns(self) -> tuple[CodeColumn, ...]:
        """What an engine may know of what is told."""
        own = [CodeColumn(c.name, c.cardinality + 1, c.ordered, c.cardinality) for c in self.columns if self.single]
        return (*own, *(bins.column(name) for name, bins in self.binnings.items()))

    def tell(self, rows: Rows, parents: int) -> Codes:
        """The codes of what is told to each parent's other rows, (columns, parents)."""
        out = []
        for column in self.columns if self.single else ():
            codes = np.full(parents, column.cardinality, np.uint16)
            codes[rows.parent] = rows.codes[column.name]
            out.append(codes)
        found = self._summarise(rows, parents)
        out += [bins.encode(found[name]) for name, bins in self.binnings.items()]
        return np.stack(out) if out else np.zeros((0, parents), np.uint16)

    def _summarise(self, rows: Rows, parents: int) -> dict[str, Array]:
        found = summarise(rows, parents)
        if self.single:
            return {name: found[name] for name in ("time least",) if name in found}
        numbers = [f"{name} {how}" for name in rows.numbers | rows.shown for how in ("mean", "most")]
        out = {name: found[name] for name in ("count", *numbers)}
        for column in self.columns:
            if column.name not in rows.numbers and column.cardinality <= MOST_LEVELS:
                for code in range(column.cardinality):
                    having = rows.parent[rows.codes[column.name] == code]
                    out[f"{column.name} {code}"] = np.bincount(having, minlength=parents).astype(np.float64)
        return out
