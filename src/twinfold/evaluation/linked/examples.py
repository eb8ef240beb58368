"""Synthetic customers with their histories, ready to be shown: what they are, and a timeline over all their tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from twinfold.evaluation.examples import CANDIDATES, EXAMPLES, distances, facts, medoids, stands_for, written
from twinfold.evaluation.examples import shown_columns as shown_of_table
from twinfold.evaluation.finding import ExampleCustomer
from twinfold.evaluation.linked.family import Family, Member
from twinfold.evaluation.linked.views import Levels, view_customers
from twinfold.evaluation.privacy import comparable
from twinfold.synthesis.clock import DAYS
from twinfold.tables.schema import Column, Kind
from twinfold.tables.values import format_value

if TYPE_CHECKING:
    import numpy.typing as npt

    Hashes = npt.NDArray[np.uint64]

EVENTS, SPANS = 12, 24
"""Rows of a timeline that are shown, and spans of time in which rows are counted."""

_COPIED_ROWS = 2
"""Rows of a history that can be called copied: a single one is often had by chance."""


def choose_customers(train: Family, synthetic: Family, levels: Levels, *, seed: int) -> tuple[ExampleCustomer, ...]:
    """Six synthetic customers that show the spread of all by what they are and what their histories amount to.

    Who repeats a learned customer with all rows, or a learned customer's history in a table, is never chosen.

    Args:
        train: the learned customers with their rows.
        synthetic: the customers to choose from, in any order; of many the first 800 after a shuffle are looked at.
        levels: those whose shares among a customer's rows count, as of `views.choose_levels`.
        seed: of the shuffle; the same seed gives the same customers.
    """
    view = view_customers(synthetic, levels).dataset(min_count=1)
    table, frame, _ = view.single()
    fresh = ~_copied(train, synthetic)
    candidates = np.random.default_rng(seed).permutation(np.flatnonzero(fresh))[:CANDIDATES]
    chosen = medoids(distances(table.columns, frame[candidates]), EXAMPLES)
    return tuple(show_customer(synthetic, int(candidates[place]), stands_for(share)) for place, share in chosen)


def _copied(train: Family, synthetic: Family) -> npt.NDArray[np.bool_]:
    """Which synthetic customers repeat a learned one, whole or in a table of histories, (customers,)."""
    whole: list[Hashes] = [_sums(family.root, family.customers)[0] for family in (train, synthetic)]
    copied = np.zeros(synthetic.customers, bool)
    for member in synthetic.children:
        mine, rows = _sums(member, synthetic.customers)
        learned, learned_rows = _sums(train.members[member.table.name], train.customers)
        if not member.alone:
            copied |= (rows >= _COPIED_ROWS) & np.isin(mine, learned[learned_rows >= _COPIED_ROWS])
        whole = [side * np.uint64(0x9E3779B97F4A7C15) + sums for side, sums in zip(whole, (learned, mine), strict=True)]
    return copied | np.isin(whole[1], whole[0])


def _sums(member: Member, customers: int) -> tuple[Hashes, npt.NDArray[np.int64]]:
    """The sum of the hashes of each customer's rows of a table, whatever their order, and their number: (customers,)
    each."""
    sums = np.zeros(customers, np.uint64)
    if member.columns and member.frame.height:
        np.add.at(sums, member.owner, comparable(list(member.columns), member.frame).hash_rows().to_numpy())
    return sums, np.bincount(member.owner, minlength=customers)


class _Event(NamedTuple):
    """A row of a timeline: when, in days, NaN where there is no time, and where it stands."""

    day: float
    member: Member
    row: int


def show_customer(family: Family, customer: int, title: str) -> ExampleCustomer:
    """A customer by their place, under a title: what they are, and some of their rows in time order."""
    known = list(facts(shown_columns(family.root), family.root.frame, customer))
    events: list[list[_Event]] = []
    for member in family.children:
        rows = range(*np.searchsorted(member.owner, [customer, customer + 1]).tolist())
        if member.alone and len(rows) == 1:
            own = facts(shown_columns(member), member.frame, rows[0])
            known += [(f"{member.table.name}: {label}", value) for label, value in own]
        else:
            events.append([_Event(_day(member, row), member, row) for row in rows])
    every = [event for rows in events for event in rows]
    shown = sorted(_thin(events), key=lambda event: (np.isnan(event.day), event.day))
    days = np.array([event.day for event in every if not np.isnan(event.day)])
    activity = np.histogram(days, SPANS)[0].tolist() if len(days) > 1 and days.min() < days.max() else []
    return ExampleCustomer(
        title,
        tuple(known),
        tuple((_date(event.day), event.member.table.name, _said(event)) for event in shown),
        more=len(every) - len(shown),
        activity=tuple(activity),
        span=(_date(days.min()), _date(days.max())) if activity else ("", ""),
    )


def shown_columns(member: Member) -> list[Column]:
    """The columns of a table that may be shown, without those that only say whose row it is."""
    linking = {column for link in member.table.links for column in link.columns}
    return [column for column in shown_of_table(member.table, linking) if column.name != member.table.time]


def _thin(events: Sequence[Sequence[_Event]]) -> list[_Event]:
    """At most `EVENTS` rows: as many of each table as go round, evenly spread over its rows."""
    left, shown = EVENTS, []
    tables = sorted(events, key=len)
    for place, rows in enumerate(tables):
        count = min(len(rows), left // (len(tables) - place))
        shown += [rows[i] for i in np.linspace(0, len(rows) - 1, count).round().astype(int)]
        left -= count
    return shown


def _day(member: Member, row: int) -> float:
    """When a row was, in days since 1970; NaN where its table has no times, only an order."""
    time = member.table.time
    if member.time is None or time is None or member.table[time].kind not in (Kind.DATE, Kind.DATETIME):
        return float("nan")
    return float(member.time[row]) / DAYS.get(member.table[time].kind, 1.0)


def _date(day: float) -> str:
    if np.isnan(day):
        return ""
    return format_value(day, Column(name="day", kind=Kind.DATE, physical="Date"))


def _said(event: _Event) -> str:
    """What a row says, without what is missing."""
    member, row = event.member, event.row
    said = [(column.name, written(member.frame, column, row)) for column in shown_columns(member)]
    return ", ".join(f"{name} {value}" for name, value in said if value)
