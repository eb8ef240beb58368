"""Synthetic customers that stand for the others, ready to be shown: the medoids of a random sample of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from twinfold.evaluation.finding import ExampleCustomer
from twinfold.evaluation.privacy import comparable
from twinfold.tables.dataset import Dataset
from twinfold.tables.schema import Column, Kind, Table, Treatment
from twinfold.tables.values import format_value, to_numbers, to_values

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Places = npt.NDArray[np.int64]

EXAMPLES, CANDIDATES = 6, 800
"""Customers that are shown, and those of whom they are chosen, drawn at random where there are more."""

_ROUNDS = 10


def choose(train: Dataset, synthetic: Dataset, *, seed: int) -> tuple[ExampleCustomer, ...]:
    """Six synthetic rows that show the spread of all: the medoids of up to 800 of them, largest group first.

    A row that repeats a train row in every learned column is never chosen, however typical.

    Args:
        train: the learned rows, one table.
        synthetic: the rows to choose from, one table with the columns of `train`.
        seed: of the random sample; the same seed gives the same customers.
    """
    table, frame, _ = synthetic.single()
    columns = [column for column in train.single()[0] if column.treatment is Treatment.LEARN]
    rows = np.sort(np.random.default_rng(seed).permutation(frame.height)[:CANDIDATES])
    candidates = frame[rows]
    own, learned = (comparable(columns, side).hash_rows() for side in (candidates, train.single()[1]))
    candidates = candidates.filter(~own.is_in(learned.implode()))
    chosen = medoids(distances(columns, candidates), EXAMPLES)
    return tuple(
        ExampleCustomer(stands_for(share), facts(shown_columns(table), candidates, place)) for place, share in chosen
    )


def distances(columns: Sequence[Column], frame: pl.DataFrame) -> Floats:
    """Gower's distance between rows, (rows, rows): of numbers the difference of their ranks, 0 to 1, so that no tail
    outweighs the rest; of anything else, and between missing and present, 0 or 1."""
    from scipy.stats import rankdata

    total = np.zeros((frame.height, frame.height))
    for column in columns:
        values = to_values(frame[column.name], column)
        if not column.kind.numeric:
            codes = values.cast(pl.String).fill_null("").rank("dense").to_numpy()
            total += codes[:, None] != codes
            continue
        numbers = to_numbers(values)
        missing = np.isnan(numbers)
        ranks = np.zeros(len(numbers))
        ranks[~missing] = rankdata(numbers[~missing]) / max(1, (~missing).sum())
        total += np.where(missing[:, None] == missing, np.abs(ranks[:, None] - ranks), 1.0)
    return total


def medoids(distance: Floats, count: int) -> list[tuple[int, float]]:
    """The places of at most `count` rows that others are nearest to, and the share of rows that each is nearest to,
    largest first.

    Args:
        distance: between rows, (rows, rows).
        count: how many to choose.

    Rows are added one by one, each the one that brings all rows nearest to a chosen one; then each is exchanged for the
    middle of its group, until nothing moves (Kaufman and Rousseeuw 1990, chapter 2; Park and Jun 2009).
    """
    if not len(distance):
        return []
    chosen = [int(distance.sum(1).argmin())]
    near = distance[chosen[0]]
    while len(chosen) < count and near.max() > 0:
        chosen.append(int(np.minimum(distance, near).sum(1).argmin()))
        near = np.minimum(near, distance[chosen[-1]])
    group = distance[chosen].argmin(0)
    for _ in range(_ROUNDS):
        moved = []
        for k in range(len(chosen)):
            members = np.flatnonzero(group == k)
            moved.append(int(members[distance[np.ix_(members, members)].sum(1).argmin()]))
        if moved == chosen:
            break
        chosen = moved
        group = distance[chosen].argmin(0)
    shares = np.bincount(group, minlength=len(chosen)) / len(distance)
    return [(chosen[k], float(shares[k])) for k in np.argsort(-shares, kind="stable")]


def stands_for(share: float) -> str:
    """An example's title.

    >>> stands_for(0.3125)
    'Stands for 31 % of the synthetic customers'
    """
    return f"Stands for {share:.0%} of the synthetic customers".replace("%", " %")


def shown_columns(table: Table, skip: Iterable[str] = ()) -> list[Column]:
    """The columns of a table that may be shown: learned ones, and personal data that Twinfold made up; no keys. What is
    dropped was not made here, so that nobody knows whose it is."""
    hidden = {table.key, *skip}
    return [
        column
        for column in table
        if column.name not in hidden
        and column.treatment is not Treatment.DROP
        and (column.personal is not None or column.kind is not Kind.IDENTIFIER)
    ]


def facts(columns: Sequence[Column], frame: pl.DataFrame, place: int) -> tuple[tuple[str, str], ...]:
    """What a row says, column by column; what was made up says so."""
    return tuple(
        (
            f"{column.name} (made up)" if column.treatment is Treatment.FAKE else column.name,
            written(frame, column, place) or "missing",
        )
        for column in columns
        if column.name in frame.columns
    )


def written(frame: pl.DataFrame, column: Column, place: int) -> str:
    """One value as people write it; empty where it is missing."""
    value: Any = to_values(frame[column.name][place : place + 1], column)[0]
    if value is None or value != value:
        return ""
    try:
        return str(format_value(value, column)) if column.kind.numeric else str(value)
    except OverflowError:  # a time beyond the year 9999
        return "later"
