"""Useful? Whether a column of linked tables is predicted as well by models that learned from synthetic ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from twinfold.errors import OptionError, unknown_name
from twinfold.evaluation import utility
from twinfold.evaluation.finding import Found
from twinfold.evaluation.linked.family import Family, compared_columns
from twinfold.evaluation.linked.views import (
    Levels,
    View,
    align_views,
    repeats_name,
    summarise_into,
    thin,
    view_customers,
    view_own,
    view_steps,
)
from twinfold.evaluation.tasks.tasks import measure_target
from twinfold.protocols import Progress

if TYPE_CHECKING:
    from twinfold.tables.schema import Table


def find_target(target: str, tables: Sequence[Table]) -> tuple[str, str]:
    """The table and column that a target names: "status" of the customers, the first table, or "loan.status".

    Raises `OptionError` where it names no column that is learned.
    """
    root, hung = tables[0].name, {table.name for table in tables}
    compared = {table.name: [column.name for column in compared_columns(table, hung)] for table in tables}
    if target in compared[root]:
        return root, target
    name, _, column = target.partition(".")
    if column in compared.get(name, ()):
        return name, column
    every = [*compared[root], *(f"{table.name}.{c}" for table in tables for c in compared[table.name])]
    raise OptionError(unknown_name("target", target, every, among="the learned columns"))


def measure_usefulness(
    families: Sequence[Family],
    target: tuple[str, str],
    levels: Levels,
    min_count: int,
    *,
    tasks: bool,
    rng: np.random.Generator,
    seed: int,
    progress: Progress,
) -> Found:
    """How well models that learned from the rows of each side predict a column of real ones, from all tables.

    With `tasks`, of another table's column than the customers' own, they are tried in what banks have for them too.

    Of the customers' table a row is a customer, with all that its rows amount to. Of another it is one of its rows:
    with its other columns, the row before, its parents, and what the customer's rows in all other tables amount to.
    """
    name, column = target
    sides = [family.members[name].frame.height for family in families]
    if not min(sides):
        return Found(
            [utility.unmeasured_for(f"{name} has no rows on one side; there is nothing to learn '{column}' from.")]
        )
    views = [_view(family, name, column, levels, rng) for family in families]
    rows = align_views(views, min_count, rng)
    found = Found(utility.measure(rows, column, rng=rng, seed=seed, progress=progress))
    if tasks and name != families[0].root.table.name:
        found.take(measure_target(rows, column, seed=seed, progress=progress))
    return found


def _view(family: Family, name: str, column: str, levels: Levels, rng: np.random.Generator) -> View:
    if name == family.root.table.name:
        return view_customers(family, levels)
    member = family.members[name]
    rows = thin(member, rng)
    view = view_steps(family, name, rows)
    kept = [place for place, each in enumerate(view.columns) if each.name != repeats_name(column)]
    view = View(view.owner, [view.columns[k] for k in kept], [view.series[k] for k in kept])
    around = View(np.arange(family.customers))
    if member.parent != family.root.table.name:
        own = view_own(family.root)
        for each, values in zip(own.columns, own.series, strict=True):
            around.add(each, values, f"{family.root.table.name}.{each.name}")
    for other in family.children:
        if other is not member:
            summarise_into(around, other, family.customers, levels)
    whose = pl.Series(view.owner)
    for each, values in zip(around.columns, around.series, strict=True):
        view.add(each, values.gather(whose))
    return view
