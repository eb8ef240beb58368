"""Singling out: descriptions that hold for one released row alone, and whether they hold for one real customer alone.

The first risk of the Article 29 Working Party's opinion 05/2014 (WP 216), as a game (Cohen and Nissim 2020, "Towards
formalizing the GDPR's notion of singling out"; measured beside a control as in Giomi et al. 2023).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from twinfold.privacy.tally import Tally

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

Columns = tuple["npt.NDArray[Any]", ...]
"""A table, one array of shape (rows,) a column: float64 with NaN where missing for numbers, integer codes for
categories."""

_BAND = 0.02
"""How far a number may lie from the one described, as a share of the spread between its column's 5 % and 95 % points:
wide enough to hold what was jittered a little, narrow enough that few columns describe one row."""


@dataclass(frozen=True)
class _Descriptions:
    """Conditions, each a range of a column's values: `columns`, `low` and `high` of shape (descriptions, columns); of
    each description the first `needed` conditions count, shape (descriptions,)."""

    columns: npt.NDArray[np.int64]
    low: Floats
    high: Floats
    needed: npt.NDArray[np.int64]

    def fit_one(self, table: Floats) -> npt.NDArray[np.bool_]:
        """Which of them hold for exactly one row of a table as `_matrix` gives it."""
        from twinfold.privacy.kernels import fits_one

        order = np.argsort(table, axis=1, kind="stable")
        begin, end = np.zeros_like(self.columns), np.zeros_like(self.columns)
        for j, rows in enumerate(order):
            asked, held = self.columns == j, table[j, rows]
            begin[asked] = np.searchsorted(held, self.low[asked], "left")
            end[asked] = np.searchsorted(held, self.high[asked], "right")
        counts = np.arange(begin.shape[1]) < self.needed[:, None]
        narrowest = np.where(counts, end - begin, table.shape[1] + 1).argmin(1)
        at = np.arange(len(narrowest)), narrowest
        alone: npt.NDArray[np.bool_] = fits_one(
            table, self.columns, self.low, self.high, self.needed, order, narrowest, begin[at], end[at]
        )
        return alone


def single_out_by_one(
    train: Columns, holdout: Columns, synthetic: Columns, *, descriptions: int = 2000, rng: np.random.Generator
) -> Tally | None:
    """Describe customers by one value: a number or level that a single released row holds, or beyond its extremes.

    Args:
        train, holdout: as many rows of each, for a description fits fewer of fewer rows.
        synthetic: the release, any number of rows.
        descriptions: at most as many are tried, columns taking turns.

    Returns:
        A guess is right where exactly one row fits; the baseline describes by values drawn from the release, whoever
        else holds them. None where no released row holds a value alone.
    """
    column, low, high = _single_values(synthetic, descriptions, rng)
    if not len(column):
        return None
    right, control = (_fitting(side, column, low, high) == 1 for side in (train, holdout))
    drawn = np.zeros(len(column))
    for j in np.unique(column):
        drawn[column == j] = rng.choice(_present(synthetic[j]), int((column == j).sum()))
    return Tally.of(right, control, (_fitting(train, column, drawn, drawn) == 1).mean())


def _single_values(
    synthetic: Columns, most: int, rng: np.random.Generator
) -> tuple[npt.NDArray[np.int64], Floats, Floats]:
    """Values that one row holds, as columns and ranges, each of shape (values,); an extreme number's range is open."""
    found = []
    for j, values in enumerate(synthetic):
        held, counts = np.unique(_present(values), return_counts=True)
        low, high = held.astype(np.float64), held.astype(np.float64)
        if values.dtype.kind == "f" and len(held):
            low[0], high[-1] = -np.inf, np.inf
        alone = rng.permutation(np.flatnonzero(counts == 1))[:most]
        found.append((np.full(len(alone), j), low[alone], high[alone], np.arange(len(alone))))
    column, low, high, turn = (np.concatenate(part) for part in zip(*found, strict=True))
    first = np.argsort(turn, kind="stable")[:most]
    return column[first], low[first], high[first]


def _fitting(side: Columns, column: npt.NDArray[np.int64], low: Floats, high: Floats) -> npt.NDArray[np.int64]:
    """How many rows hold a value of each range of a column."""
    counts = np.zeros(len(column), np.int64)
    for j in np.unique(column):
        held, asked = np.sort(_present(side[j])), column == j
        counts[asked] = np.searchsorted(held, high[asked], "right") - np.searchsorted(held, low[asked], "left")
    return counts


def single_out_by_several(
    train: Columns, holdout: Columns, synthetic: Columns, *, descriptions: int = 2000, rng: np.random.Generator
) -> Tally | None:
    """Describe customers by a few columns together: those of a released row, added one by one in a random order until
    no other released row fits. A number is described by a narrow band around it.

    Args:
        train, holdout: as many rows of each, for a description fits fewer of fewer rows.
        synthetic: the release, any number of rows.
        descriptions: at most as many are tried, each of another released row.

    Returns:
        A guess is right where exactly one row fits; the baseline draws values from each column of the release on its
        own, and adds columns until one row should fit if columns had nothing to do with each other. None where no
        released row can be told from all others.
    """
    bands = np.array([_band(values) for values in synthetic])
    described = _describe_rows(_matrix(synthetic), bands, descriptions, rng)
    if not len(described.needed):
        return None
    learned, unseen = _matrix(train), _matrix(holdout)
    blind = _describe_by_margins(synthetic, bands, len(described.needed), len(train[0]), rng)
    return Tally.of(described.fit_one(learned), described.fit_one(unseen), blind.fit_one(learned).mean())


def _matrix(table: Columns) -> Floats:
    """Columns and their rows, (columns, rows); a missing number lies below all others."""
    return _filled(np.array(table, np.float64))


def _filled(values: Floats) -> Floats:
    return np.where(np.isnan(values), -np.inf, values)


def _describe_rows(table: Floats, bands: Floats, most: int, rng: np.random.Generator) -> _Descriptions:
    """Descriptions of rows drawn at random that can be told from all others, each by as many columns as that takes."""
    from twinfold.privacy.kernels import needed_conditions

    rows = rng.permutation(table.shape[1])[: 2 * most]  # where few rows stand alone, the search ends
    columns = rng.permuted(np.tile(np.arange(len(table)), (len(rows), 1)), axis=1)
    values, width = table[columns, rows[:, None]], bands[columns]
    low, high = values - width, values + width
    needed = needed_conditions(table, rows, columns, low, high, most)
    alone = np.flatnonzero(needed)[:most]
    return _Descriptions(columns[alone], low[alone], high[alone], needed[alone])


def _present(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return values[~np.isnan(values)] if values.dtype.kind == "f" else values


def _band(values: npt.NDArray[Any]) -> float:
    present = _present(values)
    if values.dtype.kind != "f" or not len(present):
        return 0.0
    low, high = np.quantile(present, [0.05, 0.95])
    return float(_BAND * (high - low))


def _describe_by_margins(
    synthetic: Columns, bands: Floats, descriptions: int, rows: int, rng: np.random.Generator
) -> _Descriptions:
    """Descriptions by values of each column on its own that should fit one of so many rows, were columns
    independent."""
    columns = len(synthetic)
    drawn = np.column_stack([rng.choice(values, descriptions) for values in synthetic]).astype(np.float64)
    share = np.column_stack([_share(v, drawn[:, j], bands[j]) for j, v in enumerate(synthetic)])
    order = rng.permuted(np.tile(np.arange(columns), (descriptions, 1)), axis=1)
    expected = rows * np.cumprod(np.take_along_axis(share, order, axis=1), axis=1)
    needed = np.minimum((expected > 1).sum(1) + 1, columns)
    values, width = _filled(np.take_along_axis(drawn, order, axis=1)), bands[order]
    return _Descriptions(order, values - width, values + width, needed)


def _share(values: npt.NDArray[Any], drawn: Floats, band: float) -> Floats:
    """The share of a column's values within a band of each drawn one."""
    held = np.sort(_present(values))
    within = np.searchsorted(held, drawn + band, "right") - np.searchsorted(held, drawn - band, "left")
    count: Floats = np.where(np.isnan(drawn), len(values) - len(held), within)
    return count / len(values)
