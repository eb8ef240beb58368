"""Orders that hold in every row, found: of two dates of a row, or of a row's date and its parent's."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from twinfold.tables.column_names import CALENDAR, TIME, speaks_of
from twinfold.tables.formulas import LEAST_ROWS
from twinfold.tables.keys import find_places, is_one_to_one, values_of
from twinfold.tables.rules import Order
from twinfold.tables.schema import Column, Kind, Link, Table, Treatment
from twinfold.tables.values import DAY, decimals_of, to_numbers, to_values

Array = npt.NDArray[Any]

LEAST_SURPRISE, LEAST_NUMBERS_SURPRISE = 0.01, 0.1
"""Rows in which an order must fail where the two dates, or numbers, are dealt at random, as a share, for it to say
something."""

YEARS = (1800, 2100)
"""Whole numbers that may be years."""

_DATES, _AMOUNTS = (Kind.DATE, Kind.DATETIME), (Kind.INTEGER, Kind.DECIMAL)


def in_unit_of(target: Column, numbers: Array, column: Column, sign: int = 1) -> npt.NDArray[np.float64]:
    """Numbers of a column, days or microseconds, in another's unit; both of shape (rows,).

    A whole number beside a date is a year: of a date its year, of a year its first day, or the last where `sign` is -1.
    """
    if column.kind is Kind.INTEGER and target.kind in _DATES:
        days = _days_before(numbers + (sign < 0)) - (sign < 0)
        return days * DAY if target.kind is Kind.DATETIME else days
    if target.kind is Kind.INTEGER and column.kind in _DATES:
        return _years(numbers / (DAY if column.kind is Kind.DATETIME else 1))
    if column.kind is Kind.DATE and target.kind is Kind.DATETIME:
        return numbers * DAY
    if column.kind is Kind.DATETIME and target.kind is Kind.DATE:
        return np.floor(numbers / DAY)
    return numbers


def _days_before(years: Array) -> npt.NDArray[np.float64]:
    """The day since 1970 on which years begin, NaN and infinite ones as they are; (rows,)."""
    known = np.where(np.isfinite(years), years.clip(-9_999, 9_999), 1970).astype(np.int64)
    days = (known - 1970).astype("datetime64[Y]").astype("datetime64[D]").astype(np.float64)
    return np.where(np.isfinite(years), days, years)


def _years(days: Array) -> npt.NDArray[np.float64]:
    """The years of days since 1970, NaN and infinite ones as they are; (rows,)."""
    known = np.floor(np.where(np.isfinite(days), days, 0)).astype(np.int64).astype("datetime64[D]")
    years = known.astype("datetime64[Y]").astype(np.int64) + 1970.0
    return np.where(np.isfinite(days), years, days)


def find_number_orders(frame: pl.DataFrame, table: Table, said: Collection[str]) -> list[tuple[Order, float]]:
    """The orders of two numbers that hold in all rows of a stored table: for each, the one with the nearest lower one.

    Beside each, its surprise, as in `find_orders`. Of the columns that are `said` another rule says what they are.
    """
    amounts = [c for c in table if c.kind in _AMOUNTS and c.treatment is Treatment.LEARN and c.name not in said]
    numbers = {c.name: _numbers(frame, c) for c in amounts if c.name != table.time}
    found: list[tuple[Order, float]] = []
    bases: dict[str, str] = {}
    for name, values in numbers.items():
        options = [
            _look(name, Order(other, name), base, values)
            for other, base in numbers.items()
            if other != name
            and decimals_of(table[other]) == decimals_of(table[name])
            and not _leads(bases, other, name)
        ]
        holding = [option for option in options if option is not None and option[2] >= LEAST_NUMBERS_SURPRISE]
        if holding:
            _, order, surprise = min(holding, key=lambda option: option[0])
            bases[name] = order.low
            found.append((order, surprise))
    return found


def find_orders(frames: Mapping[str, pl.DataFrame], tables: Sequence[Table]) -> dict[str, list[tuple[Order, float]]]:
    """For each table, the orders that hold in all its rows: for each date, the one with the nearest other date or year.

    Beside each, its surprise: the share of rows in which it would fail, were the two dates dealt at random. A row
    whose parent is missing is not asked.
    """
    known = {table.name: table for table in tables if not table.reference}
    return {name: _orders_of(table, known, frames) for name, table in known.items()}


def _orders_of(
    table: Table, known: Mapping[str, Table], frames: Mapping[str, pl.DataFrame]
) -> list[tuple[Order, float]]:
    own = {column.name: _numbers(frames[table.name], column) for column in _dates(table, frames)}
    above = _dates_above(table, known, frames) if own else {}
    found: list[tuple[Order, float]] = []
    bases: dict[str, str] = {}
    for name, values in own.items():
        options = [
            _look(name, order, in_unit_of(table[name], numbers, column, 1 if order.high == name else -1), values)
            for base, (column, numbers) in above.items()
            if _says_day(table[name], column)
            for order in (Order(base, name), *([Order(name, base)] if name != table.time else []))
        ]
        for other, numbers in own.items():
            if other == name or name == table.time or _leads(bases, other, name):
                continue
            if not _says_day(table[name], table[other]):
                continue
            base = in_unit_of(table[name], numbers, table[other])
            options.append(_look(name, Order(other, name), base, values))
            if other == table.time:
                base = in_unit_of(table[name], numbers, table[other], -1)
                options.append(_look(name, Order(name, other), base, values))
        holding = [option for option in options if option is not None]
        if holding:
            _, order, surprise = min(holding, key=lambda option: option[0])
            bases[name] = order.low if order.high == name else order.high
            found.append((order, surprise))
    return found


def _look(name: str, order: Order, base: Array, values: Array) -> tuple[float, Order, float] | None:
    """An order with its median distance and its surprise; None where it does not hold for all values of a column.

    `base`: what the order compares them with, (rows,) as they are.
    """
    known = ~np.isnan(values) & ~np.isinf(base)
    base, values = base[known], values[known]
    low, high = (base, values) if order.high == name else (values, base)
    if len(values) < LEAST_ROWS or np.isnan(base).any() or (low > high).any():
        return None
    surprise = float((np.random.default_rng(0).permutation(low) > high).mean())
    return (float(np.median(high - low)), order, surprise) if surprise >= LEAST_SURPRISE else None


def _leads(bases: Mapping[str, str], start: str, end: str) -> bool:
    """Whether a column is said by way of another."""
    while start in bases:
        start = bases[start]
        if start == end:
            return True
    return False


def _says_day(one: Column, other: Column) -> bool:
    """Whether one of two columns is a date: years alone are numbers."""
    return one.kind in _DATES or other.kind in _DATES


def _dates(table: Table, frames: Mapping[str, pl.DataFrame]) -> list[Column]:
    """The dates and the years of a table."""
    learned = [c for c in table if c.treatment is Treatment.LEARN]
    return [c for c in learned if c.kind in _DATES or (c.kind is Kind.INTEGER and _is_year(frames[table.name], c))]


def _is_year(frame: pl.DataFrame, column: Column) -> bool:
    """Whether whole numbers are years by their size, and by the name of the column."""
    known = _numbers(frame, column)
    known = known[~np.isnan(known)]
    called = speaks_of(column.name, CALENDAR) or speaks_of(column.name, TIME)
    return called and len(known) > 0 and bool((known >= YEARS[0]).all() and (known <= YEARS[1]).all())


def _numbers(frame: pl.DataFrame, column: Column) -> npt.NDArray[np.float64]:
    return to_numbers(to_values(frame[column.name], column))


def _dates_above(
    table: Table, known: Mapping[str, Table], frames: Mapping[str, pl.DataFrame]
) -> dict[str, tuple[Column, Array]]:
    """By "table.column", the dates of a table's parents and of theirs, for each of its rows; -inf without a parent."""
    out: dict[str, tuple[Column, Array]] = {}
    links = [link for link in table.links if link.table in known and link.table != table.name]
    for link in links:
        values, parents = values_of(frames[table.name], link.columns), frames[link.table]
        keys = values_of(parents, link.targets)
        if len(links) > 1 and is_one_to_one(values, keys):
            continue  # such a parent is drawn after its child
        if out:
            break  # what else rows point to is dealt to them once both are drawn
        rest = {name: other for name, other in known.items() if name != table.name}
        dates = {f"{link.table}.{c.name}": (c, _numbers(parents, c)) for c in _dates(known[link.table], frames)}
        dates |= _dates_above(known[link.table], rest, frames)
        place = find_places(values, keys)
        out |= {name: (column, np.append(numbers, -np.inf)[place]) for name, (column, numbers) in dates.items()}
    for child, link in _turned(table, known, frames) if not links else ():
        rest = {name: other for name, other in known.items() if name != table.name}
        own = frames[child.name]
        dates = {f"{child.name}.{c.name}": (c, _numbers(own, c)) for c in _dates(child, frames)}
        dates |= _dates_above(child, rest, frames)
        place = find_places(frames[table.name][link.to], own[link.column])
        out |= {name: (column, np.append(numbers, -np.inf)[place]) for name, (column, numbers) in dates.items()}
    return out


def _turned(
    table: Table, known: Mapping[str, Table], frames: Mapping[str, pl.DataFrame]
) -> Iterator[tuple[Table, Link]]:
    """The table that points to each row of one that points to none itself, and to others: it is drawn before that."""
    for child in known.values():
        links = [link for link in child.links if link.table in known or link.table == table.name]
        alone = [link for link in links if is_one_to_one(frames[child.name][link.column], frames[link.table][link.to])]
        for link in alone[: len(links) - 1]:
            if link.table == table.name:
                yield child, link
