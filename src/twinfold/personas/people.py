"""The people among whom personas are sought: one row each, with what their rows in other tables amount to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from twinfold.errors import DataError, unknown_name
from twinfold.evaluation.alignment import MISSING, text
from twinfold.evaluation.linked.family import Family, Member, gather, is_moment
from twinfold.evaluation.linked.views import choose_levels, view_customers
from twinfold.synthesis.clock import DAYS
from twinfold.synthesis.hierarchy import arrange
from twinfold.tables.dataset import Dataset
from twinfold.tables.schema import Column, Kind, Table, Treatment
from twinfold.tables.values import to_numbers, to_values

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

LEAST = 200
"""People among whom personas can be told, at least."""

ENDS = {"least": "first", "most": "last"}
"""How the ends of times are called."""


@dataclass(frozen=True)
class Feature:
    """One thing that is known of everybody.

    Attributes:
        name: of a column of their own, or of what their rows in a table amount to ("trans: amount mean"); label: the
            same as people say it ("mean amount of trans").
        block: the table that it comes from.
        own: whether it is a column of the people's own table, which conditions may name.
        column: how its values are written.
        numbers: (people,), NaN where missing; None of a category. levels: (people,), of a category.
    """

    name: str
    label: str
    block: str
    own: bool
    column: Column
    numbers: Floats | None
    levels: pl.Series | None


@dataclass(frozen=True)
class People:
    """Everybody, and what is known of them.

    Attributes:
        table: their own; frame: its rows as they are stored, in the order of `features`' values.
        features: what they are told apart by; every: all that is known of them.
        family: with all that hangs on them, where there are several tables.
    """

    table: Table
    frame: pl.DataFrame
    features: tuple[Feature, ...]
    every: tuple[Feature, ...]
    family: Family | None

    @property
    def count(self) -> int:
        """How many there are."""
        return self.frame.height


def read_people(dataset: Dataset, *, columns: list[str] | None = None, seed: int = 0) -> People:
    """The people of a dataset.

    Args:
        dataset: one table with a row for each, or several that hang on one.
        columns: names of features to tell them apart by; None is all that say something.
        seed: of the order in which people of several tables stand.

    Raises `DataError` where there are too few of them, or nothing tells them apart.
    """
    if len(dataset.tables) == 1:
        table, frame, _ = dataset.single()
        made = [_feature(column, frame[column.name], table.name, own=True) for column in _shown(table)]
        family = None
    else:
        tree = arrange(dataset).trees[0]
        family = gather(dataset, tree.root, list(tree.branches), rng=np.random.default_rng(seed))
        table, frame = tree.root, family.root.frame
        view = view_customers(family, choose_levels(family, dataset.schema.min_count))
        own = {column.name for column in family.root.columns}
        made = [
            _feature(column, series, table.name, own=True)
            if column.name in own
            else _summary(column, series, _block(column.name, family))
            for column, series in zip(view.columns, view.series, strict=True)
        ]
    if frame.height < LEAST:
        raise DataError(f"{table.name} has {frame.height} rows; personas take {LEAST} people or more")
    known = [feature for feature in made if _says_something(feature)]
    if columns is not None:
        names = {name for feature in known for name in (feature.name, feature.label)}
        for name in columns:
            if name not in names:
                raise DataError(unknown_name("column", name, sorted(names), among=f"what tells {table.name} apart"))
        known = [feature for feature in known if {feature.name, feature.label} & {*columns}]
    if not known:
        raise DataError(f"no column of {table.name} tells people apart; give a table with a column that varies")
    return People(table, frame, tuple(known), tuple(made), family)


def numbers_of(people: People) -> dict[str, Floats]:
    """All that is a number, by its name and as people say it: the people's own columns, and what their rows amount to;
    NaN where missing."""
    known: dict[str, Floats] = {}
    for feature in people.every:
        values = feature.numbers
        if feature.levels is not None:  # 0 and 1 may stand for no and yes
            read = feature.levels.replace(MISSING, None).cast(pl.Float64, strict=False)
            if read.null_count() == (feature.levels == MISSING).sum():
                values = read.fill_null(float("nan")).to_numpy()
        if values is not None:
            known |= {feature.name: values, feature.label: values}
    return known


def _feature(column: Column, series: pl.Series, block: str, *, own: bool) -> Feature:
    values = to_values(series, column)
    if column.kind.numeric:
        return Feature(column.name, column.name, block, own, column, to_numbers(values), None)
    return Feature(column.name, column.name, block, own, column, None, text(values))


def _summary(column: Column, series: pl.Series, member: Member) -> Feature:
    """What people's rows in a table amount to in one regard; a moment as the date that it is."""
    numbers, time = to_numbers(to_values(series, column)), member.table.time
    what = column.name.removeprefix(f"{member.table.name}: ")
    if what in ("time mean", "time least", "time most") and time is not None and is_moment(member.table[time]):
        column = Column(name=column.name, kind=Kind.DATE, physical="Date")
        numbers = numbers / DAYS[member.table[time].kind]
    return Feature(column.name, _label(what, member.table.name), member.table.name, False, column, numbers, None)


def _label(what: str, table: str) -> str:
    """A summary as people say it.

    >>> [_label(each, "payments") for each in ("count", "shop = fuel", "shop levels")]
    ['number of payments', 'share of payments with shop fuel', 'different shop in payments']
    >>> [_label(each, "payments") for each in ("amount mean", "time most", "gap least")]
    ['mean amount of payments', 'last date of payments', 'least time between payments']
    """
    if what == "count":
        return f"number of {table}"
    column, sign, level = what.partition(" = ")
    if sign:
        return f"share of {table} with {column} {level}"
    column, _, kind = what.rpartition(" ")
    if kind == "levels":
        return f"different {column} in {table}"
    if column == "time":
        return f"{ENDS.get(kind, kind)} date of {table}"
    if column == "gap":
        return f"{kind} time between {table}"
    return f"{kind} {column} of {table}"


def _shown(table: Table) -> list[Column]:
    """The columns of a single table that are learned and no key."""
    return [column for column in table if column.treatment is Treatment.LEARN and column.name != table.key]


def _block(name: str, family: Family) -> Member:
    """The table that a summary comes from."""
    return next(member for member in family.children if name.startswith(f"{member.table.name}: "))


def _says_something(feature: Feature) -> bool:
    """Whether at least one in a hundred people differ in it from the others."""
    if feature.numbers is not None:
        known = feature.numbers[~np.isnan(feature.numbers)]
        most = int(np.unique(known, return_counts=True)[1].max(initial=0))
        return len(feature.numbers) - max(most, len(feature.numbers) - len(known)) >= 0.01 * len(feature.numbers)
    assert feature.levels is not None
    return int(feature.levels.value_counts(sort=True)["count"][0]) <= 0.99 * len(feature.levels)
