"""Which columns may explain an outcome: none that is known only after the treatment, or that records it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from twinfold.behaviour.evidence import centre, follows
from twinfold.behaviour.features import Feature, learn_feature
from twinfold.behaviour.rows import numbers, texts
from twinfold.tables.schema import Kind, Table

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Ints = npt.NDArray[np.int64]

UNLIKELY = 1e-3
"""The chance, were a column unrelated to the outcome, that all rows with some value of it have one outcome."""

PIECES = 10
"""Pieces of a number, as many rows in each, in which one outcome alone is looked for."""

PLAIN = (Kind.CATEGORY, Kind.BOOLEAN, Kind.INTEGER, Kind.DECIMAL, Kind.DATE, Kind.DATETIME)
"""Kinds of columns that may explain anything."""


@dataclass(frozen=True)
class Screening:
    """The features that may explain an outcome, and why other columns may not: column and reason.

    `followers` are those left out that go with the treatment so closely that they are records of it, or what it was
    decided by.
    """

    features: tuple[Feature, ...]
    left_out: dict[str, str]
    followers: tuple[Feature, ...]


def screen(
    frame: pl.DataFrame,
    table: Table,
    candidates: Iterable[str],
    *,
    outcome: Floats,
    treatment: Floats | None,
    cells: Ints,
) -> Screening:
    """Choose the columns that were known before the treatment.

    A column is left out where it names somebody; where it follows the treatment; and where it must have been written
    after the outcome: some value of it never goes with any other outcome, in more rows than chance allows.

    Args:
        frame: the rows, their values read; table: what its columns are.
        candidates: the columns to choose among.
        outcome: (rows,); treatment: (rows, kinds), or None; cells: (rows,) the stratum of each.
    """
    features: list[Feature] = []
    followers: list[Feature] = []
    left_out: dict[str, str] = {}
    for name in candidates:
        column = table[name]
        if column.personal is not None or column.kind not in PLAIN:
            left_out[name] = "it never varies" if column.kind is Kind.CONSTANT else f"it is {column.kind}"
            if column.personal is not None:
                left_out[name] = "it is personal data"
            continue
        feature = learn_feature(frame, name)
        encoded = feature.encode(frame)
        if not feature.width or not np.ptp(encoded, axis=0).any():
            left_out[name] = "it never varies"
        elif not np.any(centre(encoded.astype(np.float64), cells)):
            left_out[name] = "it says no more than the strata"
        elif treatment is not None and follows(encoded, treatment, cells):
            left_out[name] = "it follows the treatment"
            followers.append(feature)
        elif _settles(frame, name, outcome):
            left_out[name] = "it is known only after the outcome"
        else:
            features.append(feature)
    return Screening(tuple(features), left_out, tuple(followers))


def _settles(frame: pl.DataFrame, name: str, outcome: Floats) -> bool:
    """Whether some value of a column goes with one outcome alone, where chance would have brought others."""
    groups = _groups(frame, name)
    count = int(groups.max()) + 1
    lowest, highest = np.full(count, np.inf), np.full(count, -np.inf)
    np.minimum.at(lowest, groups, outcome)
    np.maximum.at(highest, groups, outcome)
    sizes = np.bincount(groups, minlength=count)
    values, held = np.unique(outcome, return_counts=True)
    several = (sizes > 0).sum()
    for group in np.flatnonzero((lowest == highest) & (sizes > 0)):
        share = held[np.searchsorted(values, lowest[group])] / len(outcome)
        if share < 1 and sizes[group] * np.log(share) < np.log(UNLIKELY / several):
            return True
    return False


def _groups(frame: pl.DataFrame, name: str) -> Ints:
    """The group of each row by its value: each level, each number that many rows have, tenths of the others, none."""
    if not frame[name].dtype.is_numeric():
        return texts(frame, name).rank("dense").fill_null(0).to_numpy().astype(np.int64)
    values = numbers(frame, name)
    groups = np.zeros(len(values), np.int64)
    present = ~np.isnan(values)
    if not present.any():
        return groups
    edges = np.unique(np.quantile(values[present], np.arange(1, PIECES) / PIECES))
    groups[present] = 1 + np.searchsorted(edges, values[present], "right")
    held = pl.Series(values[present]).value_counts(name="rows")
    common = held.filter(pl.col("rows") > len(values) / (4 * PIECES)).to_series(0).sort().to_numpy()
    if len(common):
        place = np.minimum(np.searchsorted(common, values), len(common) - 1)
        own = present & (common[place] == values)
        groups[own] = 2 + len(edges) + place[own]
    return groups
