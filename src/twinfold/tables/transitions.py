"""Transitions of a status from row to row of a parent, found: those that happen, where many others never do."""

from typing import Any

import numpy.typing as npt
import polars as pl

from twinfold.tables.formulas import LEAST_ROWS
from twinfold.tables.rules import Transitions
from twinfold.tables.schema import Kind, Table, Treatment
from twinfold.tables.values import to_values

Array = npt.NDArray[Any]

MOST_LEVELS, MOST_PAIRS = 12, 40
"""Levels of a column that may be a status, and transitions between them that can be said in a rule."""

LEAST_SURPRISE, MOST_LOST = 0.05, 0.01
"""Transitions that must be among those that never happen were rows dealt at random, as a share; and the share of real
ones that may be lost because too few customers have them."""


def find_transitions(
    frame: pl.DataFrame, table: Table, first: Array, owners: Array, *, min_count: int = 10
) -> list[tuple[Transitions, float]]:
    """The transitions that columns of categories have from a row to the next, where many others would be expected.

    The rows of a parent stand together, in their order. Beside each is its surprise: the share of rows that would break
    it, were the column dealt at random.

    Args:
        frame, table: stored rows.
        first: which ones are a parent's first, (rows,).
        owners: the customer of each row, (rows,): a transition of fewer than `min_count` of them is not said.
    """
    found = []
    for column in table:
        if column.kind not in (Kind.CATEGORY, Kind.BOOLEAN) or column.treatment is not Treatment.LEARN:
            continue
        values = to_values(frame[column.name], column)
        if not 2 <= values.drop_nulls().n_unique() <= MOST_LEVELS:
            continue
        steps = pl.DataFrame(
            {"before": values.cast(pl.String).shift(1), "after": values.cast(pl.String), "owner": owners}
        )
        steps = steps.filter(pl.Series(~first)).drop_nulls()
        if steps.height >= LEAST_ROWS and (rule := _look(steps, column.name, min_count)) is not None:
            found.append(rule)
    return found


def _look(steps: pl.DataFrame, name: str, min_count: int) -> tuple[Transitions, float] | None:
    pairs = steps.group_by("before", "after").agg(rows=pl.len(), owners=pl.col("owner").n_unique())
    said = pairs.filter(pl.col("owners") >= min_count).sort("before", "after")
    if not 0 < said.height <= MOST_PAIRS or said["rows"].sum() < (1 - MOST_LOST) * steps.height:
        return None
    begin, end = (
        dict(steps[side].value_counts(normalize=True, name="share").iter_rows()) for side in ("before", "after")
    )
    surprise = 1 - sum(begin[before] * end[after] for before, after in said.select("before", "after").iter_rows())
    if surprise < LEAST_SURPRISE:
        return None
    return Transitions(name, tuple(said.select("before", "after").iter_rows())), surprise
