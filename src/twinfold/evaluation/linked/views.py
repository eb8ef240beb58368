"""Linked tables as single ones that the findings of one table can be asked of: customers, rows of a history, counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from twinfold.evaluation.alignment import ROWS, Aligned, align
from twinfold.evaluation.linked.family import Family, Member
from twinfold.synthesis.clock import DAYS
from twinfold.synthesis.past import Rows
from twinfold.synthesis.summaries import summarise
from twinfold.tables.dataset import Dataset
from twinfold.tables.keys import sort_rows
from twinfold.tables.layout import Layout
from twinfold.tables.schema import Column, Kind, Schema, Table
from twinfold.tables.values import from_values

if TYPE_CHECKING:
    import numpy.typing as npt

    Places = npt.NDArray[np.int64]

GAP, PLACE, COUNT = "(gap)", "(place)", "(rows)"
"""Features of a history that are no columns: the time since the row before, the number of rows before, how many."""

TOP_LEVELS = 5
"""Levels of a category whose shares among a customer's rows are told, the most frequent."""

Levels = dict[tuple[str, str], list[str]]
"""The levels that are told, by table and column."""


@dataclass
class View:
    """A table made to be compared: its columns, and the place of the customer whose each row is, (rows,)."""

    owner: Places
    columns: list[Column] = field(default_factory=list)
    series: list[pl.Series] = field(default_factory=list)

    def add(self, column: Column, values: pl.Series, name: str | None = None) -> None:
        """Add a column as it is stored, under its own or another name."""
        self.columns.append(column.model_copy(update={"name": name or column.name}))
        self.series.append(values.alias(name or column.name))

    def add_number(self, name: str, values: npt.NDArray[np.float64], kind: Kind = Kind.DECIMAL) -> None:
        """Add a number that was computed, NaN where there is none; a time in the unit of its kind."""
        physical = {Kind.INTEGER: "Int64", Kind.DATE: "Date", Kind.DATETIME: "Datetime(time_unit='us', time_zone=None)"}
        column = Column(name=name, kind=kind, physical=physical.get(kind, "Float64"))
        self.add(column, from_values(pl.Series(values).fill_nan(None), column))

    def dataset(self, min_count: int) -> Dataset:
        """The view as a dataset of one table."""
        table = Table(name="view", columns=tuple(self.columns))
        frame = pl.DataFrame(self.series)
        return Dataset({"view": frame}, Schema(tables=(table,), min_count=min_count), {"view": Layout(source="polars")})


def align_views(views: Sequence[View], min_count: int, rng: np.random.Generator) -> Aligned:
    """The views of train, holdout and synthetic tables on the same features."""
    train, holdout, synthetic = (view.dataset(min_count) for view in views)
    return align(train, holdout, synthetic, rng=rng, owners=tuple(view.owner for view in views))


def thin(member: Member, rng: np.random.Generator) -> Places:
    """The places of a table's rows, of `ROWS` drawn at random where there are more: as many customers as can be had."""
    rows = member.frame.height
    return np.sort(rng.choice(rows, ROWS, replace=False)) if rows > ROWS else np.arange(rows)


def view_own(member: Member, rows: Places | None = None) -> View:
    """The columns of a table themselves; of some of its rows, by their places, or of all."""
    rows = np.arange(member.frame.height) if rows is None else rows
    view = View(member.owner[rows])
    for column in member.columns:
        view.add(column, member.frame[column.name].gather(rows))
    return view


def view_counts(family: Family, child: Member) -> View:
    """One row for each possible parent: its own columns, and how many rows of a child table it has."""
    parent = family.members[child.parent]
    view = view_own(parent)
    view.add_number(COUNT, np.bincount(child.place, minlength=parent.frame.height).astype(np.float64), Kind.INTEGER)
    return view


def view_steps(family: Family, name: str, rows: Places) -> View:
    """Rows of a child table, by their places: their columns, the parent's, and of a table with a time also the columns
    of the row before, the gap to it, the place, and whether each column repeats."""
    member = family.members[name]
    view = view_own(member, rows)
    parent = family.members[member.parent]
    for column in parent.columns:
        view.add(column, parent.frame[column.name].gather(member.place[rows]), f"{parent.table.name}.{column.name}")
    if member.time is None:
        return view
    first = np.r_[True, member.place[1:] != member.place[:-1]] if len(member.place) else np.zeros(0, bool)
    begin = np.flatnonzero(first)
    place = np.arange(len(first)) - begin[np.cumsum(first) - 1]
    view.add_number(PLACE, place[rows].astype(np.float64), Kind.INTEGER)
    whole = member.table.time is not None and member.table[member.table.time].kind is not Kind.DATETIME
    view.add_number(GAP, gaps(member, first)[rows], Kind.INTEGER if whole else Kind.DECIMAL)
    begins = pl.Series(first[rows])
    for column in member.columns:
        values = member.frame[column.name].gather(rows)
        before = member.frame[column.name].gather(np.maximum(rows - 1, 0))
        view.add(column, before.set(begins, None), before_name(column.name))
        repeats = Column(name=repeats_name(column.name), kind=Kind.BOOLEAN, physical="Boolean")
        view.add(repeats, values.eq_missing(before).set(begins, None))
    return view


def gaps(member: Member, first: Any) -> npt.NDArray[np.float64]:
    """The time since the row before, in days or in the steps of a numbered time; NaN for the first of a parent."""
    assert member.time is not None
    assert member.table.time is not None
    unit = DAYS.get(member.table[member.table.time].kind, 1.0)
    return np.where(first, np.nan, np.diff(member.time, prepend=np.nan)) / unit


def before_name(column: str) -> str:
    """The feature of a column's value in the row before."""
    return f"{column} (before)"


def repeats_name(column: str) -> str:
    """The feature of whether a column's value is that of the row before."""
    return f"{column} (repeats)"


def choose_levels(family: Family, min_count: int) -> Levels:
    """Of every category of a child table, the most frequent levels that enough customers hold."""
    found: Levels = {}
    for member in family.children:
        for column in member.columns:
            if not column.kind.numeric:
                held = pl.DataFrame({"level": member.texts(column.name), "owner": member.owner})
                counts = held.group_by("level").agg(pl.len().alias("rows"), pl.col("owner").n_unique().alias("owners"))
                counts = counts.filter(pl.col("owners") >= min_count).sort("rows", "level", descending=[True, False])
                found[member.table.name, column.name] = counts["level"][:TOP_LEVELS].to_list()
    return found


def view_customers(family: Family, levels: Levels) -> View:
    """One row a customer: its own columns, and what its rows in each table, children of children too, amount to.

    Of numbers the mean, spread, least, most, first and last; of categories the shares of `levels`, and how many
    different ones; how many rows, and the times between them.
    """
    view = view_own(family.root)
    for member in family.children:
        summarise_into(view, member, family.customers, levels)
    return view


def summarise_into(view: View, member: Member, customers: int, levels: Levels) -> None:
    """Add to a view of so many customers what their rows in a table amount to; see `view_customers`."""
    name, order = member.table.name, sort_rows(member.owner, member.time)
    owner, time = member.owner[order], None if member.time is None else member.time[order]
    own = [column for column in member.columns if column.name != member.table.time]
    numbers = {column.name: member.numbers(column.name)[order] for column in own if column.kind.numeric}
    found = summarise(Rows(owner, time, numbers, {}), customers)
    for summary, values in found.items():
        view.add_number(f"{name}: {summary}", values)
    count = found["count"]
    for column in own:
        if column.kind.numeric:
            continue
        texts = member.texts(column.name)
        with np.errstate(invalid="ignore"):
            for level in levels[name, column.name]:
                held = np.bincount(member.owner, weights=(texts == level).to_numpy(), minlength=customers)
                view.add_number(f"{name}: {column.name} = {level}", held / count)
        different = pl.DataFrame({"level": texts, "owner": member.owner}).unique()["owner"].to_numpy()
        view.add_number(f"{name}: {column.name} levels", np.bincount(different, minlength=customers).astype(np.float64))
